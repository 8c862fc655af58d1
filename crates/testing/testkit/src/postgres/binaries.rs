//! Which PostgreSQL programs to run, and as whom.

use std::{
    env, fs,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail};

/// Where Debian and Ubuntu keep one folder of programs a major version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The folder that holds `initdb`, `pg_ctl` and `postgres`: that of the `initdb` on the PATH, else
/// the newest version under [`DEBIAN`].
pub(super) fn find() -> anyhow::Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path)
        .filter_map(|folder| fs::canonicalize(folder.join("initdb")).ok())
        .filter_map(|initdb| initdb.parent().map(Path::to_owned))
        .find(|folder| folder.join("pg_ctl").is_file());
    on_path.or_else(newest_of_debian).context(
        "no PostgreSQL: install it (apt-get install postgresql) or set KABAR_TEST_DATABASE_URL",
    )
}

fn newest_of_debian() -> Option<PathBuf> {
    fs::read_dir(DEBIAN)
        .ok()?
        .filter_map(|entry| {
            let folder = entry.ok()?.path();
            let version: u32 = folder.file_name()?.to_str()?.parse().ok()?;
            let programs = folder.join("bin");
            programs.join("initdb").is_file().then_some((version, programs))
        })
        .max()
        .map(|(_, programs)| programs)
}

/// Whom the server runs as: PostgreSQL refuses to run as root.
#[derive(Debug, Clone, Copy)]
pub(super) enum Account {
    /// Whoever runs the tests.
    Own,
    /// An unprivileged account, since root runs the tests.
    Other {
        /// Its user id.
        uid: u32,
        /// Its group id.
        gid: u32,
    },
}

impl Account {
    /// Whoever runs the tests; for root, the account `postgres` or else `nobody`.
    pub(super) fn choose() -> anyhow::Result<Self> {
        if id_number("-u", None)? != 0 {
            return Ok(Self::Own);
        }
        for name in ["postgres", "nobody"] {
            if let (Ok(uid), Ok(gid)) = (id_number("-u", Some(name)), id_number("-g", Some(name))) {
                return Ok(Self::Other { uid, gid });
            }
        }
        bail!("PostgreSQL does not run as root, and there is no account postgres or nobody")
    }

    /// Makes the command run as this account.
    pub(super) fn run(self, command: &mut Command) {
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
    }

    /// Gives a folder to this account.
    pub(super) fn own(self, folder: &Path) -> anyhow::Result<()> {
        if let Self::Other { uid, gid } = self {
            std::os::unix::fs::chown(folder, Some(uid), Some(gid))
                .with_context(|| format!("failed to give {} away", folder.display()))?;
        }
        Ok(())
    }
}

/// What `id -u` or `id -g` answers for an account, or for whoever runs this.
fn id_number(option: &str, account: Option<&str>) -> anyhow::Result<u32> {
    let output =
        Command::new("id").arg(option).args(account).output().context("failed to run id")?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().with_context(|| format!("there is no account {account:?}"))
}
