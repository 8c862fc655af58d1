//! The repository as files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

/// What lies at the root and is not written but built or run.
const NOT_OURS: [&str; 3] = [".git", "target", "data"];

/// A file of the repository that is text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFile {
    /// Its path from the root, with slashes.
    pub path: String,
    /// What it says.
    pub text: String,
}

/// The repository that this crate is part of.
#[derive(Debug)]
pub struct Repository {
    root: PathBuf,
    files: Vec<String>,
}

impl Repository {
    /// Lists the repository's files.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open() -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
        let root = root.canonicalize().context("failed to find the root of the repository")?;
        let mut files = Vec::new();
        list(&root, "", &mut files)?;
        files.sort();
        Ok(Self { root, files })
    }

    /// The folder it lies in.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The paths of all files from the root, with slashes.
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// The names of what lies at the root, in order.
    pub fn top_level(&self) -> Vec<&str> {
        let mut names: Vec<_> =
            self.files.iter().filter_map(|path| path.split('/').next()).collect();
        names.dedup();
        names
    }

    /// Whether there is such a file or folder; the path may end with a slash.
    pub fn has(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    /// The files whose path satisfies this.
    ///
    /// # Errors
    /// One of them cannot be read as text.
    pub fn read(&self, wanted: impl Fn(&str) -> bool) -> anyhow::Result<Vec<TextFile>> {
        self.files
            .iter()
            .filter(|path| wanted(path))
            .map(|path| {
                let text = fs::read_to_string(self.root.join(path))
                    .with_context(|| format!("failed to read {path}"))?;
                Ok(TextFile { path: path.clone(), text })
            })
            .collect()
    }
}

fn list(folder: &Path, prefix: &str, files: &mut Vec<String>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("failed to list {prefix}"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if prefix.is_empty() && NOT_OURS.contains(&name.as_str()) {
            continue;
        }
        let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
