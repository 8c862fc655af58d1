//! What a law is tried on.

use std::{any::Any, fmt, future::Future, sync::Arc, time::Duration};

use kabar_chats::ports::{ConversationStore, CursorStore, LogStore, People, PresenceStore, Roster};
use kabar_groups::ports::{Directory, GroupStore};
use kabar_notifications::ports::{InboxStore, PreferenceStore};
use kabar_users::ports::{CredentialStore, PrivacyStore, SessionStore, UserStore};

use crate::RecordedFeed;

/// How long a law waits for something that has to happen: 60 s; a whole law may take twice that.
/// Long enough for a busy machine; whatever takes longer hangs.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Fresh, empty stores of one adapter, and the feed they announce to.
pub struct Stores {
    /// Accounts.
    pub users: Arc<dyn UserStore>,
    /// Password hashes of those accounts.
    pub credentials: Arc<dyn CredentialStore>,
    /// Sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// What users show of themselves.
    pub privacy: Arc<dyn PrivacyStore>,
    /// Conversations.
    pub conversations: Arc<dyn ConversationStore>,
    /// How far members have received and read.
    pub cursors: Arc<dyn CursorStore>,
    /// Logs.
    pub log: Arc<dyn LogStore>,
    /// Who may do what.
    pub roster: Arc<dyn Roster>,
    /// Whether an account may be talked to.
    pub people: Arc<dyn People>,
    /// When people were last there, and who may know.
    pub presence: Arc<dyn PresenceStore>,
    /// Groups.
    pub groups: Arc<dyn GroupStore>,
    /// Which accounts may be made members.
    pub directory: Arc<dyn Directory>,
    /// What concerned every user.
    pub inbox: Arc<dyn InboxStore>,
    /// What users decided about being told.
    pub preferences: Arc<dyn PreferenceStore>,
    /// The feed that the stores above were given as `LiveFeed` and as `SessionFeed`.
    pub heard: Arc<RecordedFeed>,
    /// Whatever must live as long as the test; dropped after the stores.
    pub keep_alive: Box<dyn Any + Send + Sync>,
}

impl Stores {
    /// Of one struct that answers every port.
    pub fn of<S>(
        store: Arc<S>,
        heard: Arc<RecordedFeed>,
        keep_alive: impl Any + Send + Sync,
    ) -> Self
    where
        S: UserStore
            + CredentialStore
            + SessionStore
            + PrivacyStore
            + ConversationStore
            + CursorStore
            + LogStore
            + Roster
            + People
            + PresenceStore
            + GroupStore
            + Directory
            + InboxStore
            + PreferenceStore
            + 'static,
    {
        Self {
            users: store.clone(),
            credentials: store.clone(),
            sessions: store.clone(),
            privacy: store.clone(),
            conversations: store.clone(),
            cursors: store.clone(),
            log: store.clone(),
            roster: store.clone(),
            people: store.clone(),
            presence: store.clone(),
            groups: store.clone(),
            directory: store.clone(),
            inbox: store.clone(),
            preferences: store,
            heard,
            keep_alive: Box::new(keep_alive),
        }
    }
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stores").finish_non_exhaustive()
    }
}

/// Runs a law to its end, or fails when it hangs.
pub async fn within_deadline(law: impl Future<Output = ()>) {
    let law = Box::pin(law);
    assert!(tokio::time::timeout(DEADLINE * 2, law).await.is_ok(), "the law hangs");
}
