//! The rules, applied to the repository.

use kabar_tidy::{Repository, dependencies, docs, layout};

/// Fails with all violations at once.
fn none(violations: impl IntoIterator<Item = String>) -> anyhow::Result<()> {
    let violations: Vec<_> = violations.into_iter().collect();
    anyhow::ensure!(violations.is_empty(), "\n  {}", violations.join("\n  "));
    Ok(())
}

#[test]
fn crates_depend_on_what_the_table_allows() -> anyhow::Result<()> {
    let (crates, edges) = dependencies::declared(Repository::open()?.root())?;
    none(dependencies::crates_off_the_table(&crates))?;
    none(dependencies::edges_off_the_table(&edges))
}

#[test]
fn only_what_belongs_there_lies_at_the_root() -> anyhow::Result<()> {
    none(layout::strangers_at_the_root(&Repository::open()?.top_level()))
}

#[test]
fn names_say_something() -> anyhow::Result<()> {
    let repository = Repository::open()?;
    none(layout::badly_named(repository.files()))?;
    none(repository.read(layout::is_source)?.iter().flat_map(layout::badly_named_modules))
}

#[test]
fn no_source_is_too_long() -> anyhow::Result<()> {
    none(Repository::open()?.read(layout::is_source)?.iter().filter_map(layout::too_long))
}

#[test]
fn no_source_contains_what_is_forbidden() -> anyhow::Result<()> {
    none(Repository::open()?.read(layout::is_source)?.iter().flat_map(layout::forbidden))
}

#[test]
fn every_crate_takes_what_the_workspace_sets() -> anyhow::Result<()> {
    let manifests = Repository::open()?.read(|path| path.ends_with("/Cargo.toml"))?;
    none(manifests.iter().flat_map(layout::on_their_own))
}

#[test]
fn every_path_in_the_documentation_exists() -> anyhow::Result<()> {
    let repository = Repository::open()?;
    let pages = repository
        .read(|path| path == "README.md" || (path.starts_with("docs/") && path.ends_with(".md")))?;
    anyhow::ensure!(!pages.is_empty(), "there is no documentation");
    none(pages.iter().flat_map(|page| {
        let missing = docs::named_paths(page).into_iter().filter(|path| !repository.has(path));
        missing.map(|path| format!("{} names {path}, which does not exist", page.path))
    }))
}
