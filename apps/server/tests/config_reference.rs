//! The committed reference of the settings is the one that the code makes.

use std::fs;

#[test]
fn the_reference_in_the_repository_is_up_to_date() {
    let committed =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/CONFIGURATION.md"))
            .unwrap();
    assert_eq!(
        committed,
        kabar_server::config::reference(),
        "run: cargo run -- config reference > docs/CONFIGURATION.md"
    );
}
