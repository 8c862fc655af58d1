//! Passwords, by argon2id (RFC 9106).

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use argon2::{
    Algorithm, Argon2, Block, Params, PasswordHash, Version,
    password_hash::phc::{Output, ParamsString, Salt},
};
use async_trait::async_trait;
use kabar_kernel::{PortError, PortResult, SecretSource};
use kabar_users::{
    Password,
    ports::{HashedPassword, PasswordHasher, Verdict},
};
use tokio::{sync::Semaphore, task};

/// Bytes of a salt (RFC 9106 §3.1).
const SALT_BYTES: usize = 16;
/// Bytes of a hash.
const HASH_BYTES: usize = 32;
/// How many work areas are kept for the next hash: 38 MiB at the default cost. Fresh memory costs a
/// page fault every 4 KiB, and the system zeroes it first.
const KEPT_AREAS: usize = 2;

/// How much work a hash is and how many may be under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArgonSettings {
    /// Memory of one hash in KiB. By default 19 456, that is 19 MiB (OWASP Password Storage Cheat
    /// Sheet); less is for tests.
    pub memory_kib: u32,
    /// Passes over that memory. By default 2.
    pub passes: u32,
    /// Lanes, one after the other. By default 1.
    pub lanes: u32,
    /// How many hashes run at once. By default as many as there are processors.
    pub at_once: NonZeroUsize,
    /// How many more may wait; whoever comes then is turned away. By default 64.
    pub queue: usize,
}

impl Default for ArgonSettings {
    fn default() -> Self {
        Self {
            memory_kib: Params::DEFAULT_M_COST,
            passes: Params::DEFAULT_T_COST,
            lanes: Params::DEFAULT_P_COST,
            at_once: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            queue: 64,
        }
    }
}

/// Hashes passwords with argon2id on the runtime's threads for blocking work.
///
/// A hash that was begun is finished, and counts as running, also when its caller has gone.
pub struct ArgonPasswordHasher {
    /// A permit for each hash that runs or waits.
    admitted: Arc<Semaphore>,
    /// A permit for each hash that runs.
    running: Arc<Semaphore>,
    work: Arc<Work>,
    /// Stands for the hash of an account that does not exist: random, so nobody's.
    nobody: HashedPassword,
}

impl ArgonPasswordHasher {
    /// Makes a hasher.
    ///
    /// # Errors
    /// The cost is outside what argon2 allows, or there is no randomness to be had.
    pub fn new(settings: ArgonSettings, secrets: Arc<dyn SecretSource>) -> PortResult<Self> {
        let params = Params::new(settings.memory_kib, settings.passes, settings.lanes, None)
            .map_err(|error| failure("set the cost of password hashing", &error))?;
        let work = Work { params, secrets, areas: Mutex::new(Vec::new()) };
        let at_once = settings.at_once.get();
        let admitted = at_once.saturating_add(settings.queue).min(Semaphore::MAX_PERMITS);
        let nobody = work.phc(&work.salt()?, &work.secrets.secret()?)?;
        Ok(Self {
            admitted: Arc::new(Semaphore::new(admitted)),
            running: Arc::new(Semaphore::new(at_once.min(Semaphore::MAX_PERMITS))),
            work: Arc::new(work),
            nobody,
        })
    }

    /// Does one piece of work as soon as its turn comes.
    async fn run<T: Send + 'static>(
        &self,
        operation: &'static str,
        piece: impl FnOnce(&Work) -> PortResult<T> + Send + 'static,
    ) -> PortResult<T> {
        let admitted = Arc::clone(&self.admitted)
            .try_acquire_owned()
            .map_err(|_| PortError::transient(operation, "too many passwords wait to be hashed"))?;
        let running = Arc::clone(&self.running)
            .acquire_owned()
            .await
            .map_err(|error| PortError::new(operation, error))?;
        let work = Arc::clone(&self.work);
        task::spawn_blocking(move || {
            let done = piece(&work);
            drop((running, admitted));
            done
        })
        .await
        .map_err(|error| PortError::new(operation, error))?
    }
}

#[async_trait]
impl PasswordHasher for ArgonPasswordHasher {
    async fn hash(&self, password: &Password) -> PortResult<HashedPassword> {
        let password = password.clone();
        self.run("hash a password", move |work| {
            let salt = work.salt()?;
            let hash = work.digest(&work.params, password.as_bytes(), &salt, HASH_BYTES)?;
            work.phc(&salt, hash.as_bytes())
        })
        .await
    }

    async fn verify(
        &self,
        password: &Password,
        hash: Option<HashedPassword>,
    ) -> PortResult<Verdict> {
        let password = password.clone();
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        self.run("verify a password", move |work| {
            let verdict = work.compare(&password, &hash)?;
            Ok(if known { verdict } else { Verdict::Mismatch })
        })
        .await
    }
}

/// What the threads for blocking work share.
struct Work {
    params: Params,
    secrets: Arc<dyn SecretSource>,
    areas: Mutex<Vec<Vec<Block>>>,
}

impl Work {
    fn salt(&self) -> PortResult<[u8; SALT_BYTES]> {
        let [salt, _] = *self.secrets.secret()?.as_chunks::<SALT_BYTES>().0 else {
            return Err(PortError::new("draw a salt", "a secret is not twice a salt"));
        };
        Ok(salt)
    }

    fn digest(
        &self,
        params: &Params,
        password: &[u8],
        salt: &[u8],
        bytes: usize,
    ) -> PortResult<Output> {
        const COMPUTE: &str = "compute argon2id";
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        let mut area = self.areas.lock().unwrap_or_else(PoisonError::into_inner).pop();
        // The first pass overwrites every block, so what an earlier hash left does not matter.
        let mut blocks = area.take().unwrap_or_default();
        blocks.resize(params.block_count(), Block::new());
        let mut buffer = [0; Output::MAX_LENGTH];
        let out = buffer
            .get_mut(..bytes)
            .ok_or_else(|| PortError::new(COMPUTE, "the hash is longer than a hash may be"))?;
        let done = argon.hash_password_into_with_memory(password, salt, out, &mut blocks);
        let mut areas = self.areas.lock().unwrap_or_else(PoisonError::into_inner);
        if areas.len() < KEPT_AREAS {
            areas.push(blocks);
        }
        drop(areas);
        done.map_err(|error| failure(COMPUTE, &error))?;
        Output::new(out).map_err(|error| failure(COMPUTE, &error))
    }

    /// The PHC string of a hash made with the parameters in force.
    fn phc(&self, salt: &[u8], hash: &[u8]) -> PortResult<HashedPassword> {
        const ENCODE: &str = "encode a password hash";
        let encoded = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&self.params)
                .map_err(|error| failure(ENCODE, &error))?,
            salt: Some(Salt::new(salt).map_err(|error| failure(ENCODE, &error))?),
            hash: Some(Output::new(hash).map_err(|error| failure(ENCODE, &error))?),
        };
        Ok(HashedPassword::new(encoded.to_string()))
    }

    fn compare(&self, password: &Password, hash: &HashedPassword) -> PortResult<Verdict> {
        const READ: &str = "read a password hash";
        let stored = PasswordHash::new(hash.as_str()).map_err(|error| failure(READ, &error))?;
        let params = Params::try_from(&stored).map_err(|error| failure(READ, &error))?;
        let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else {
            return Err(PortError::new(READ, "it has no salt or no hash"));
        };
        if stored.algorithm != Algorithm::Argon2id.ident() {
            return Err(PortError::new(READ, "it was not made by argon2id"));
        }
        let digest = self.digest(&params, password.as_bytes(), &salt, expected.len())?;
        // In constant time: `Output` compares so.
        if digest != expected {
            return Ok(Verdict::Mismatch);
        }
        let in_force = stored.version == Some(Version::V0x13.into())
            && params.m_cost() == self.params.m_cost()
            && params.t_cost() == self.params.t_cost()
            && params.p_cost() == self.params.p_cost()
            && expected.len() == HASH_BYTES;
        Ok(if in_force { Verdict::Match } else { Verdict::MatchOutdated })
    }
}

/// The errors of argon2 and of its encoding tell nothing but their text.
fn failure(operation: &'static str, error: &impl ToString) -> PortError {
    PortError::new(operation, error.to_string())
}

#[cfg(test)]
mod tests {
    use kabar_kernel::SystemSecrets;

    use super::*;

    /// What decides how long a comparison takes: everything of a hash but its salt and itself, and
    /// their lengths.
    fn cost(hash: &HashedPassword) -> (String, usize, usize) {
        let parts: Vec<_> = hash.as_str().split('$').collect();
        (parts[..4].join("$"), parts[4].len(), parts[5].len())
    }

    #[tokio::test]
    async fn comparing_with_nobodys_hash_is_as_much_work_as_with_somebodys() {
        for settings in [
            ArgonSettings { memory_kib: 8, passes: 1, ..ArgonSettings::default() },
            ArgonSettings { memory_kib: 64, passes: 3, lanes: 2, ..ArgonSettings::default() },
        ] {
            let hasher = ArgonPasswordHasher::new(settings, Arc::new(SystemSecrets)).unwrap();
            let password = Password::attempt("correct horse".to_owned()).unwrap();
            let somebody = hasher.hash(&password).await.unwrap();
            assert_eq!(cost(&hasher.nobody), cost(&somebody));
            assert_ne!(hasher.nobody, somebody);
        }
    }
}
