//! Accounts to send and receive with.

use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Context;
use futures_util::{StreamExt, TryStreamExt, stream};
use reqwest::StatusCode;
use serde::{Deserialize, Serialize};

use crate::{
    api::{Api, is_refused_with},
    tag::RunId,
};

/// Requests that are made at once while setting up. A registration costs the server a password
/// hash, and it makes only as many of those at once as it has cores.
pub const AT_ONCE: usize = 8;

/// Access tokens live 10 min; they are renewed before a run when they are older than this, so that
/// they outlive the longest run.
const FRESH: Duration = Duration::from_secs(45);

/// Accounts that are registered before the file is written again, so that whoever interrupts a long
/// registration has lost little.
const SAVED_AFTER: usize = 256;

/// One account, logged in.
#[derive(Debug, Clone)]
pub struct Account {
    /// The user's id.
    pub id: String,
    /// The name it was registered with.
    pub username: String,
    /// An access token.
    pub token: String,
    password: String,
    refresh_token: String,
    renewed: Instant,
}

/// An account in the users file.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    id: String,
    username: String,
    password: String,
    refresh_token: String,
}

#[derive(Serialize)]
struct Credentials<'a> {
    username: &'a str,
    password: &'a str,
}

#[derive(Deserialize)]
struct Session {
    user: User,
    access_token: String,
    refresh_token: String,
}

#[derive(Deserialize)]
struct User {
    id: String,
}

#[derive(Serialize)]
struct Refresh<'a> {
    refresh_token: &'a str,
}

#[derive(Deserialize)]
struct Refreshed {
    access_token: String,
    refresh_token: String,
}

impl Account {
    async fn register(api: &Api, username: String) -> anyhow::Result<Self> {
        // 122 random bits: nobody else gets into the account while the run goes on.
        let password = uuid::Uuid::new_v4().simple().to_string();
        let credentials = Credentials { username: &username, password: &password };
        let session = api.post("/v1/auth/register", None, &credentials).await?;
        Ok(Self::of(session, username, password))
    }

    fn of(session: Session, username: String, password: String) -> Self {
        Self {
            id: session.user.id,
            username,
            token: session.access_token,
            password,
            refresh_token: session.refresh_token,
            renewed: Instant::now(),
        }
    }

    fn kept(&self) -> Kept {
        Kept {
            id: self.id.clone(),
            username: self.username.clone(),
            password: self.password.clone(),
            refresh_token: self.refresh_token.clone(),
        }
    }

    /// Takes an account of an earlier run: by its refresh token, which is cheap; else by its
    /// password; else by registering the name again, when the server has lost it.
    async fn reuse(api: &Api, kept: Kept) -> anyhow::Result<Self> {
        let mut account = Self {
            id: kept.id,
            username: kept.username,
            token: String::new(),
            password: kept.password,
            refresh_token: kept.refresh_token,
            renewed: Instant::now(),
        };
        match account.renew(api).await {
            Err(error) if is_refused_with(&error, StatusCode::UNAUTHORIZED) => {}
            renewed => return renewed.map(|()| account),
        }
        let credentials = Credentials { username: &account.username, password: &account.password };
        match api.post("/v1/auth/login", None, &credentials).await {
            Ok(session) => Ok(Self::of(session, account.username, account.password)),
            Err(error) if is_refused_with(&error, StatusCode::UNAUTHORIZED) => {
                let session = api.post("/v1/auth/register", None, &credentials).await?;
                Ok(Self::of(session, account.username, account.password))
            }
            Err(error) => Err(error),
        }
    }

    async fn renew(&mut self, api: &Api) -> anyhow::Result<()> {
        let refresh = Refresh { refresh_token: &self.refresh_token };
        let refreshed: Refreshed = api.post("/v1/auth/refresh", None, &refresh).await?;
        self.token = refreshed.access_token;
        self.refresh_token = refreshed.refresh_token;
        self.renewed = Instant::now();
        Ok(())
    }
}

/// The accounts of this process; they are shared by its scenarios.
#[derive(Debug)]
pub struct Accounts {
    api: Api,
    run: RunId,
    file: Option<PathBuf>,
    kept: Vec<Kept>,
    ready: Vec<Account>,
}

impl Accounts {
    /// None yet; those of the file are taken first.
    ///
    /// # Errors
    /// The file exists and cannot be read.
    pub fn open(api: Api, run: RunId, file: Option<PathBuf>) -> anyhow::Result<Self> {
        let kept = match &file {
            Some(file) if file.exists() => {
                let text = fs::read(file).with_context(|| file.display().to_string())?;
                serde_json::from_slice(&text).with_context(|| file.display().to_string())?
            }
            _ => Vec::new(),
        };
        Ok(Self { api, run, file, kept, ready: Vec::new() })
    }

    /// This many accounts with fresh access tokens, always the same ones first.
    ///
    /// # Errors
    /// The server refuses, or the file cannot be written.
    pub async fn take(&mut self, count: usize) -> anyhow::Result<&[Account]> {
        let missing = count.saturating_sub(self.ready.len());
        let reused = self.kept.drain(..missing.min(self.kept.len())).collect::<Vec<_>>();
        let first = self.ready.len() + reused.len();
        let api = &self.api;
        let run = self.run;
        let stale = self.ready.iter_mut().take(count).filter(|a| a.renewed.elapsed() > FRESH);
        stream::iter(stale.map(|account| account.renew(api)))
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
        let reused = stream::iter(reused.into_iter().map(|kept| Account::reuse(api, kept)))
            .buffered(AT_ONCE)
            .try_collect::<Vec<_>>()
            .await?;
        self.ready.extend(reused);
        let names = (first..count).map(|number| format!("bench-{run}-{number}"));
        let registered = stream::iter(names.map(|name| Account::register(api, name)))
            .buffered(AT_ONCE)
            .try_collect::<Vec<_>>()
            .await?;
        self.ready.extend(registered);
        self.save()?;
        Ok(self.ready.get(..count).unwrap_or_default())
    }

    /// The ids of this many accounts, always the same ones first, those that [`Self::take`] gives
    /// among them. Asks nothing of the server for an account that was registered before, so the
    /// server must still have it.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub async fn ids(&mut self, count: usize) -> anyhow::Result<Vec<String>> {
        let mut registered = self.ready.len() + self.kept.len();
        while registered < count {
            let next = std::cmp::min(registered + SAVED_AFTER, count);
            let names = (registered..next).map(|number| format!("bench-{}-{number}", self.run));
            let accounts = stream::iter(names.map(|name| Account::register(&self.api, name)))
                .buffered(AT_ONCE)
                .try_collect::<Vec<_>>()
                .await?;
            self.kept.extend(accounts.iter().map(Account::kept));
            self.save()?;
            registered = next;
        }
        let ready = self.ready.iter().map(|account| &account.id);
        let kept = self.kept.iter().map(|kept| &kept.id);
        Ok(ready.chain(kept).take(count).cloned().collect())
    }

    /// Writes the file beside its place and moves it there, readable by its owner only.
    fn save(&self) -> anyhow::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let ready = self.ready.iter().map(Account::kept);
        let all: Vec<Kept> = ready.chain(self.kept.iter().cloned()).collect();
        write_private(file, &serde_json::to_vec(&all)?).with_context(|| file.display().to_string())
    }
}

fn write_private(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = file.with_extension("new");
    let _absent = fs::remove_file(&beside);
    let mut open = fs::OpenOptions::new();
    open.write(true).create_new(true).mode(0o600).open(&beside)?.write_all(bytes)?;
    fs::rename(&beside, file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_users_file_is_private_and_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("users.json");
        let api = Api::new("http://127.0.0.1:1").unwrap();
        let mut accounts =
            Accounts::open(api.clone(), RunId::random(), Some(file.clone())).unwrap();
        accounts.kept.push(Kept {
            id: "u1".to_owned(),
            username: "bench-0-0".to_owned(),
            password: "secret".to_owned(),
            refresh_token: "r".to_owned(),
        });
        accounts.save().unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let again = Accounts::open(api, RunId::random(), Some(file)).unwrap();
        assert_eq!(again.kept.len(), 1);
        assert_eq!(again.kept[0].username, "bench-0-0");
    }
}
