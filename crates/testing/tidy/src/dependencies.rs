//! Who may depend on whom.

use std::path::Path;

use anyhow::Context as _;
use cargo_metadata::{DependencyKind, MetadataCommand};

/// A dependency that a crate declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// The crate.
    pub from: String,
    /// What it depends on.
    pub to: String,
    /// Whether only its tests, examples and benches do.
    pub dev: bool,
}

/// What one of our crates may depend on.
struct Row {
    krate: &'static str,
    /// Our crates it may depend on.
    ours: &'static [&'static str],
    /// Our crates its tests may depend on besides.
    tests: &'static [&'static str],
    /// Others it must not depend on outside its tests: these, and all whose names go on with a
    /// hyphen or an underscore.
    never: &'static [&'static str],
}

const KERNEL: &str = "kabar-kernel";
const NOTIFICATIONS: &str = "kabar-notifications";
const DOMAINS: [&str; 5] = [KERNEL, "kabar-users", "kabar-chats", "kabar-groups", NOTIFICATIONS];

/// Who may depend on whom; a crate without a row, and an edge that its row does not name, is a
/// violation. A new edge needs an ADR beside its row.
const TABLE: &[Row] = &[
    Row { krate: KERNEL, ours: &[], tests: &[], never: PURE },
    // A domain's tests use its own mocks, which are behind a feature of its own, and set their scene
    // on store-memory, which speaks the words of all domains.
    Row { krate: "kabar-users", ours: &[KERNEL], tests: SCENE, never: PURE },
    Row { krate: "kabar-chats", ours: &[KERNEL], tests: SCENE, never: PURE },
    Row { krate: "kabar-groups", ours: &[KERNEL], tests: SCENE, never: PURE },
    Row { krate: NOTIFICATIONS, ours: &[KERNEL], tests: SCENE, never: PURE },
    // Brings its schema up to date when it opens a database.
    Row {
        krate: "kabar-store-sea",
        ours: &[
            KERNEL,
            "kabar-users",
            "kabar-chats",
            "kabar-groups",
            NOTIFICATIONS,
            "kabar-migrations",
        ],
        tests: &["kabar-contracts", "kabar-testkit", MEMORY],
        never: &["actix", "reqwest"],
    },
    Row {
        krate: MEMORY,
        ours: &DOMAINS,
        tests: &["kabar-contracts"],
        never: &["actix", "sea-orm", "sqlx"],
    },
    Row {
        krate: "kabar-credentials",
        ours: &[KERNEL, "kabar-users"],
        tests: &[],
        never: &["actix", "sea-orm", "sqlx"],
    },
    Row {
        krate: "kabar-realtime",
        ours: &[KERNEL, "kabar-chats", NOTIFICATIONS],
        tests: SCENE,
        never: &["actix", "sea-orm", "sqlx"],
    },
    Row {
        krate: "kabar-wire",
        ours: &[],
        tests: &[],
        never: &["actix", "sea-orm", "sqlx", "tokio"],
    },
    Row {
        krate: "kabar-contracts",
        ours: &DOMAINS,
        tests: &[],
        never: &["actix", "sea-orm", "sqlx"],
    },
    Row {
        krate: "kabar-testkit",
        ours: &[
            KERNEL,
            "kabar-users",
            "kabar-chats",
            "kabar-groups",
            NOTIFICATIONS,
            "kabar-store-sea",
            MEMORY,
            "kabar-credentials",
            "kabar-realtime",
            "kabar-wire",
            "kabar-migrations",
        ],
        tests: &[],
        never: &[],
    },
    Row { krate: "kabar-tidy", ours: &[], tests: &[], never: &[] },
    Row { krate: "kabar-migrations", ours: &[], tests: &["kabar-testkit"], never: &["actix"] },
    Row {
        krate: "kabar-server",
        ours: &[
            KERNEL,
            "kabar-users",
            "kabar-chats",
            "kabar-groups",
            NOTIFICATIONS,
            "kabar-store-sea",
            MEMORY,
            "kabar-credentials",
            "kabar-realtime",
            "kabar-wire",
        ],
        tests: &["kabar-testkit"],
        never: &["sea-orm", "sqlx"],
    },
    // Speaks the public protocol only, like any client.
    Row { krate: "kabar-bench", ours: &[], tests: &["kabar-testkit"], never: &["actix"] },
];

const MEMORY: &str = "kabar-store-memory";
const SCENE: &[&str] = &["kabar-users", "kabar-chats", "kabar-groups", NOTIFICATIONS, MEMORY];
/// What no domain knows: transport, serialisation, storage, a runtime, errors of any kind at all.
const PURE: &[&str] = &["actix", "anyhow", "sea-orm", "serde", "sqlx", "tokio"];

/// The dependencies that the workspace's crates declare.
///
/// # Errors
/// `cargo metadata` fails.
pub fn declared(root: &Path) -> anyhow::Result<(Vec<String>, Vec<Edge>)> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("failed to run cargo metadata")?;
    let mut crates = Vec::new();
    let mut edges = Vec::new();
    for package in &metadata.packages {
        crates.push(package.name.to_string());
        edges.extend(package.dependencies.iter().map(|dependency| Edge {
            from: package.name.to_string(),
            to: dependency.name.clone(),
            dev: dependency.kind == DependencyKind::Development,
        }));
    }
    Ok((crates, edges))
}

/// Crates without a row, and rows without a crate.
pub fn crates_off_the_table(crates: &[String]) -> Vec<String> {
    let unknown = crates.iter().filter(|name| row(name).is_none());
    let unknown = unknown.map(|name| format!("{name} has no row in the table of dependencies"));
    let gone = TABLE.iter().filter(|row| !crates.iter().any(|name| name == row.krate));
    let gone = gone.map(|row| format!("{} has a row but does not exist", row.krate));
    unknown.chain(gone).collect()
}

/// Edges that the table does not allow.
pub fn edges_off_the_table(edges: &[Edge]) -> Vec<String> {
    edges
        .iter()
        .filter(|edge| !allowed(edge))
        .map(|edge| {
            let kind = if edge.dev { "the tests of " } else { "" };
            format!("{kind}{} must not depend on {}", edge.from, edge.to)
        })
        .collect()
}

fn row(krate: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.krate == krate)
}

fn allowed(edge: &Edge) -> bool {
    let Some(from) = row(&edge.from) else { return false };
    let to = edge.to.as_str();
    if to.starts_with("kabar-") {
        return from.ours.contains(&to) || (edge.dev && from.tests.contains(&to));
    }
    let named = |never: &&str| {
        to.strip_prefix(*never).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
    };
    edge.dev || !from.never.iter().any(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(from: &str, to: &str, dev: bool) -> Edge {
        Edge { from: from.to_owned(), to: to.to_owned(), dev }
    }

    #[test]
    fn what_the_table_forbids_is_found() {
        for forbidden in [
            edge("kabar-chats", "kabar-users", false),
            edge("kabar-chats", "kabar-store-sea", true),
            edge("kabar-kernel", "serde", false),
            edge("kabar-chats", "serde_json", false),
            edge("kabar-chats", "sea-orm", false),
            edge("kabar-groups", "actix-web", false),
            edge("kabar-groups", "tokio", false),
            edge("kabar-users", "anyhow", false),
            edge("kabar-credentials", "kabar-store-sea", false),
            edge("kabar-server", "kabar-testkit", false),
            edge("kabar-server", "sea-orm-migration", false),
            edge("kabar-wire", "kabar-chats", false),
            edge("kabar-contracts", "kabar-store-memory", true),
            edge("kabar-bench", "kabar-server", false),
            edge("kabar-unheard-of", "uuid", false),
        ] {
            assert_eq!(
                edges_off_the_table(std::slice::from_ref(&forbidden)).len(),
                1,
                "{forbidden:?}"
            );
        }
    }

    #[test]
    fn what_the_table_allows_is_left_alone() {
        for allowed in [
            edge("kabar-chats", "kabar-kernel", false),
            edge("kabar-chats", "tokio", true),
            edge("kabar-chats", "kabar-store-memory", true),
            edge("kabar-wire", "serde", false),
            edge("kabar-server", "kabar-testkit", true),
            edge("kabar-credentials", "tokio", false),
            // Not tokio, and not serde, but names that begin alike.
            edge("kabar-chats", "tokiox", false),
        ] {
            assert_eq!(edges_off_the_table(std::slice::from_ref(&allowed)).len(), 0, "{allowed:?}");
        }
    }

    #[test]
    fn a_crate_needs_a_row_and_a_row_a_crate() {
        let mut crates: Vec<_> = TABLE.iter().map(|row| row.krate.to_owned()).collect();
        assert!(crates_off_the_table(&crates).is_empty());
        crates.push("kabar-unheard-of".to_owned());
        crates.remove(0);
        assert_eq!(crates_off_the_table(&crates).len(), 2);
    }
}
