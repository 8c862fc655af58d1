//! How files are laid out, named and written.

use crate::TextFile;

/// The most lines of a source file. The aim is 250 without tests.
const MAX_LINES: usize = 600;

/// Names that say nothing.
const BANNED: [&str; 10] =
    ["util", "utils", "helper", "helpers", "manager", "common", "misc", "data", "info", "impl"];

/// What may lie at the root, besides dot files and licences.
const TOP_LEVEL: [&str; 9] = [
    "Cargo.toml",
    "Cargo.lock",
    "Makefile.toml",
    "deny.toml",
    "README.md",
    "apps",
    "crates",
    "docs",
    "migrations",
];

/// What no source may contain, and what to do instead. Split, so that this file does not.
const FORBIDDEN: [(&str, &str, &str); 8] = [
    ("#[all", "ow(", "say expect, with a reason"),
    ("#![all", "ow(", "say expect, with a reason"),
    ("#[igno", "re", "a test that does not run is no test"),
    ("#[should_pa", "nic", "assert on what is returned"),
    ("todo", "!(", "write it, or leave it out"),
    ("unimplemented", "!(", "write it, or leave it out"),
    ("TO", "DO", "write it, or leave it out"),
    ("FIX", "ME", "mend it"),
];

/// What lies at the root and should not.
pub fn strangers_at_the_root(names: &[&str]) -> Vec<String> {
    names
        .iter()
        .filter(|name| {
            !name.starts_with('.') && !name.starts_with("LICENSE-") && !TOP_LEVEL.contains(name)
        })
        .map(|name| format!("{name} does not belong at the root"))
        .collect()
}

/// Sources and folders whose names are banned or not how we name them.
pub fn badly_named(paths: &[String]) -> Vec<String> {
    let sources = paths.iter().filter(|path| is_source(path));
    sources.filter_map(|path| Some(format!("{path}: {}", flaw_of_name(path)?))).collect()
}

fn flaw_of_name(path: &str) -> Option<String> {
    if path.ends_with("/mod.rs") {
        return Some("a module lies in foo.rs, its children in foo/".to_owned());
    }
    let banned = path.split('/').find(|part| says_nothing(part.trim_end_matches(".rs")))?;
    Some(format!("{banned} says nothing"))
}

fn says_nothing(name: &str) -> bool {
    name.split(['_', '-']).any(|word| BANNED.contains(&word))
}

/// Modules that are declared with a banned name.
pub fn badly_named_modules(file: &TextFile) -> Vec<String> {
    let declared = file.text.lines().filter_map(|line| {
        let line = line.trim_start();
        let line = line.strip_prefix("pub").map_or(line, |rest| {
            let rest = rest.trim_start();
            rest.strip_prefix('(').and_then(|r| r.split_once(')')).map_or(rest, |(_, r)| r)
        });
        let name = line.trim_start().strip_prefix("mod ")?;
        name.split(|c: char| !c.is_alphanumeric() && c != '_').next()
    });
    declared
        .filter(|name| says_nothing(name))
        .map(|name| format!("{}: the module {name} says nothing", file.path))
        .collect()
}

/// Sources that are too long.
pub fn too_long(file: &TextFile) -> Option<String> {
    let lines = file.text.lines().count();
    (lines > MAX_LINES).then(|| format!("{} has {lines} lines, more than {MAX_LINES}", file.path))
}

/// Lines that contain what no source may contain.
pub fn forbidden(file: &TextFile) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        for (begin, end, instead) in FORBIDDEN {
            let pattern = format!("{begin}{end}");
            if line.contains(&pattern) {
                found.push(format!("{}:{number}: {pattern} ({instead})", file.path));
            }
        }
    }
    found
}

/// Crates that do not take the workspace's lints, MSRV or licence.
pub fn on_their_own(manifest: &TextFile) -> Vec<String> {
    let lines: Vec<_> = manifest.text.lines().map(str::trim).collect();
    let has_lints = lines.windows(2).any(|pair| pair == ["[lints]", "workspace = true"]);
    let mut missing = Vec::new();
    if !has_lints {
        missing.push("[lints]");
    }
    for inherited in ["rust-version", "edition", "license", "publish"] {
        if !lines.contains(&format!("{inherited}.workspace = true").as_str()) {
            missing.push(inherited);
        }
    }
    missing
        .into_iter()
        .map(|what| format!("{} does not take the workspace's {what}", manifest.path))
        .collect()
}

/// Whether a path is that of a Rust source.
pub fn is_source(path: &str) -> bool {
    path.ends_with(".rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> TextFile {
        TextFile { path: "crates/x/src/a.rs".to_owned(), text: text.to_owned() }
    }

    #[test]
    fn what_does_not_belong_at_the_root_is_found() {
        assert!(strangers_at_the_root(&["Cargo.toml", ".ci", "LICENSE-MIT", "docs"]).is_empty());
        assert_eq!(strangers_at_the_root(&["src", "notes.md", "LICENSE"]).len(), 3);
    }

    #[test]
    fn names_that_say_nothing_are_found() {
        let named = |path: &str| badly_named(&[path.to_owned()]).is_empty();
        assert!(named("crates/x/src/database.rs"));
        assert!(named("crates/x/src/information_desk.rs"));
        // Only sources are modules.
        assert!(named("crates/x/src/common_passwords.txt"));
        for path in ["utils.rs", "test_helpers.rs", "data/rows.rs", "common.rs", "model/mod.rs"] {
            assert!(!named(&format!("crates/x/src/{path}")), "{path}");
        }
    }

    #[test]
    fn modules_that_say_nothing_are_found() {
        assert!(badly_named_modules(&file("mod send;\npub mod page;\nmod tests {\n")).is_empty());
        for line in ["mod util;", "pub mod helpers;", "  pub(crate) mod info {", "mod row_data;"] {
            assert_eq!(badly_named_modules(&file(line)).len(), 1, "{line}");
        }
    }

    #[test]
    fn long_files_are_found() {
        assert_eq!(too_long(&file(&"\n".repeat(600))), None);
        assert!(too_long(&file(&"\n".repeat(601))).is_some());
    }

    #[test]
    fn what_no_source_may_contain_is_found() {
        assert!(forbidden(&file("#[expect(dead_code, reason = \"why\")]")).is_empty());
        for (begin, end, _) in FORBIDDEN {
            let line = format!("    {begin}{end} something");
            assert!(!forbidden(&file(&line)).is_empty(), "{line}");
        }
    }

    #[test]
    fn crates_on_their_own_are_found() {
        let inherited = "license.workspace = true\nedition.workspace = true\n\
                         rust-version.workspace = true\npublish.workspace = true\n";
        assert!(on_their_own(&file(&format!("{inherited}[lints]\nworkspace = true"))).is_empty());
        assert_eq!(on_their_own(&file(inherited)).len(), 1);
        assert_eq!(on_their_own(&file("[lints]\nworkspace = true")).len(), 4);
    }
}
