//! The reference of all settings, made of their declarations.

use std::fmt::Write as _;

use super::{declare::Declared, declared, reader::FILE_SUFFIX};

const HEAD: &str = "# Configuration

<!-- Made by `kabar config reference`; change the declarations in apps/server/src/config.rs. -->

Kabar runs without any configuration.
Settings come from these places, and a later one wins: the defaults below, the file `kabar.toml` (or the one named by `--config`), the environment, and on the command line `--listen`.
In the file a setting stands in its section; in the environment its name is `KABAR__SECTION__KEY`.
A list is an array in the file, and separated by commas in the environment.
A time is written as `250ms`, `5s`, `10min`, `12h` or `30d`; a bare number is seconds.
A size is written as `512`, `64KiB`, `1MiB` or `1GiB`; a bare number is bytes.

Everything that is wrong is reported at once, names that are no settings included, and the server does not start.
`kabar config check` prints the values in force with secrets masked, says what is wrong or unwise, and exits with 1 when something is wrong.
";

/// The reference as Markdown: what `docs/CONFIGURATION.md` holds.
pub fn reference() -> String {
    let mut page = HEAD.to_owned();
    for section in declared() {
        let title = if section.key.is_empty() { "At the top" } else { section.key };
        let description =
            if section.key.is_empty() { "Before any section." } else { &section.description };
        // Writing into a String cannot fail.
        let _ = write!(page, "\n## {title}\n\n{}\n", sentences(description));
        for setting in &section.settings {
            let _ = write!(page, "\n{}", entry(setting));
        }
    }
    page
}

fn entry(setting: &Declared) -> String {
    let variable = format!("KABAR__{}", setting.name.to_uppercase().replace('.', "__"));
    let bounds = setting
        .bounds
        .as_ref()
        .map(|(least, greatest)| format!("; {least} to {greatest}"))
        .unwrap_or_default();
    let file = if setting.secret {
        format!(
            "- secret; or the path of a file that holds it: `{name}{FILE_SUFFIX}`, \
             `{variable}{suffix}`\n",
            name = setting.name,
            suffix = FILE_SUFFIX.to_uppercase(),
        )
    } else {
        String::new()
    };
    format!(
        "### `{}`\n\n{}\n\n- environment: `{variable}`\n- default: `{}`\n- {}{bounds}\n{file}",
        setting.name,
        sentences(&setting.description),
        setting.default,
        setting.kind,
    )
}

/// One sentence a line.
fn sentences(text: &str) -> String {
    text.replace(". ", ".\n")
}
