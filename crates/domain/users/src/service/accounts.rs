use std::sync::Arc;

use kabar_kernel::{Clock, IdSource};

use crate::{
    Sessions,
    ports::{PasswordHasher, UserStore},
};

/// Registering, one's own profile, and looking others up.
pub struct Accounts {
    pub(super) users: Arc<dyn UserStore>,
    pub(super) hasher: Arc<dyn PasswordHasher>,
    pub(super) sessions: Arc<Sessions>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdSource>,
}

impl Accounts {
    /// The service over its ports.
    pub fn new(
        users: Arc<dyn UserStore>,
        hasher: Arc<dyn PasswordHasher>,
        sessions: Arc<Sessions>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self { users, hasher, sessions, clock, ids }
    }
}
