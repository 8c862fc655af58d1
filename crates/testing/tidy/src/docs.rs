//! Whether the documentation speaks of what exists.

use crate::TextFile;

/// What a path in the text of a page begins with.
const ROOTS: [&str; 4] = ["crates/", "apps/", "migrations/", "docs/"];

/// The paths from the root that a page names: in backticks, and as targets of links. Patterns and
/// placeholders are left out, and so is what stands in code blocks.
pub fn named_paths(page: &TextFile) -> Vec<String> {
    let mut paths = Vec::new();
    let mut in_block = false;
    for line in page.text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            let quoted = line.split('`').skip(1).step_by(2);
            paths.extend(quoted.filter(|text| is_path(text)).map(without_line_number));
            let links = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            paths.extend(links.filter_map(|link| target(&page.path, link)));
        }
    }
    paths
}

fn is_path(text: &str) -> bool {
    let pattern = |c: char| c.is_whitespace() || "*{}<>…?|$".contains(c);
    ROOTS.iter().any(|root| text.starts_with(root)) && !text.contains(pattern)
}

/// `crates/x/src/a.rs:12` without the line.
fn without_line_number(path: &str) -> String {
    let file = path.split(':').next().unwrap_or(path);
    file.to_owned()
}

/// What a link on a page points to, from the root; `None` when it leaves the repository or stays on
/// the page.
fn target(page: &str, link: &str) -> Option<String> {
    let path = link.split(['#', ' ']).next()?;
    if path.is_empty() || path.contains("://") || path.starts_with("mailto:") {
        return None;
    }
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(path: &str, text: &str) -> Vec<String> {
        named_paths(&TextFile { path: path.to_owned(), text: text.to_owned() })
    }

    #[test]
    fn paths_in_backticks_and_links_are_found() {
        let text = "see `crates/x/src/a.rs:12`, `docs/adr/` and [that](../README.md#run),\n\
                    not `cargo run`, `crates/*/src`, `apps/{name}`, [web](https://a.example/docs/)\n\
                    ```\n`crates/in/a/block`\n```\nbut [this](adr/0001-log.md \"title\").";
        assert_eq!(
            paths("docs/ARCHITECTURE.md", text),
            ["crates/x/src/a.rs", "docs/adr/", "README.md", "docs/adr/0001-log.md"]
        );
    }

    #[test]
    fn links_are_relative_to_their_page() {
        assert_eq!(
            paths("README.md", "[a](docs/WS.md) [b](./LICENSE-MIT)"),
            ["docs/WS.md", "LICENSE-MIT"]
        );
        assert_eq!(paths("docs/adr/0001.md", "[a](../WS.md) [b](#top)"), ["docs/WS.md"]);
    }
}
