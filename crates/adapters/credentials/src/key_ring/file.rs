//! Files that only the server's account may read.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use super::KeyRingError;

/// What the names of files end with that are not yet complete.
const UNFINISHED: &str = "unfinished";
/// Permission bits of anybody but the owner.
const OTHERS: u32 = 0o077;
const PERMISSIONS: u32 = 0o777;
/// No key is larger: a key file that is cannot be one.
const MAX_BYTES: u64 = 4096;

/// A folder of keys, locked against other processes that open it, until this value is dropped.
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder if it is not there, and waits until no other process has it.
    pub(super) fn lock(path: &Path) -> Result<Self, KeyRingError> {
        let failed = failed("open the key folder", path);
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(&failed)?;
        let lock = File::open(path).map_err(&failed)?;
        lock.lock().map_err(&failed)?;
        let folder = Self { path: path.to_owned(), _lock: lock };
        for name in folder.names_ending_with(UNFINISHED)? {
            let stale = folder.path(&format!("{name}.{UNFINISHED}"));
            fs::remove_file(&stale).map_err(self::failed("remove", &stale))?;
        }
        Ok(folder)
    }

    /// Where a file of this folder is.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Whether there is such a file.
    pub(super) fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// The names, without the ending, of the files that have this ending; in ascending order.
    pub(super) fn names_ending_with(&self, ending: &str) -> Result<Vec<String>, KeyRingError> {
        let failed = failed("list", &self.path);
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(&failed)? {
            let path = PathBuf::from(entry.map_err(&failed)?.file_name());
            if path.extension().is_some_and(|found| found == ending) {
                names.push(path.with_extension("").to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Reads a key, which must be closed to others.
    pub(super) fn read(&self, name: &str) -> Result<Vec<u8>, KeyRingError> {
        let path = self.path(name);
        let failed = failed("read", &path);
        // Asked of the open file, so that it is this one's mode and not that of a replacement.
        let file = File::open(&path).map_err(&failed)?;
        let mode = file.metadata().map_err(&failed)?.permissions().mode() & PERMISSIONS;
        if mode & OTHERS != 0 {
            return Err(KeyRingError::Exposed { path: path.clone(), mode });
        }
        let mut key = Vec::new();
        file.take(MAX_BYTES).read_to_end(&mut key).map_err(&failed)?;
        Ok(key)
    }

    /// Writes a key: after a crash at any moment it is there whole or not at all.
    pub(super) fn write(&self, name: &str, key: &[u8]) -> Result<(), KeyRingError> {
        let path = self.path(name);
        let unfinished = self.path(&format!("{name}.{UNFINISHED}"));
        let write = || {
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
            file.write_all(key)?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)?;
            File::open(&self.path)?.sync_all()
        };
        write().map_err(failed("write", &path))
    }
}

fn failed<'a>(action: &'static str, path: &'a Path) -> impl Fn(io::Error) -> KeyRingError + 'a {
    move |source| KeyRingError::Io { action, path: path.to_owned(), source }
}
