use std::fmt::Write;

use super::ProblemCode;

/// Every problem as Markdown: what `docs/PROBLEMS.md` holds.
pub fn catalogue() -> String {
    let mut text = String::from(
        "# Problems\n\n\
         Generated from the code; a test compares.\n\n\
         A request that is not done is answered with `application/problem+json` (RFC 9457).\n\
         Decide by `code`: it is stable, `title` and `detail` are for people.\n\
         `errors` names the values that are to blame, each with `field`, `code` and `message`.\n\
         Over WebSocket the same object is the `data` of an `error` frame.\n\n\
         | code | status | title | what to do |\n|---|---|---|---|\n",
    );
    for code in ProblemCode::ALL {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} |",
            code.as_str(),
            code.status(),
            code.title(),
            code.detail()
        );
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_committed_catalogue_is_what_the_code_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/PROBLEMS.md");
        let expected = super::catalogue();
        if std::env::var_os("KABAR_WRITE_GENERATED").is_some() {
            std::fs::write(path, &expected).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(
            committed, expected,
            "docs/PROBLEMS.md is outdated: run this test with KABAR_WRITE_GENERATED=1"
        );
    }
}
