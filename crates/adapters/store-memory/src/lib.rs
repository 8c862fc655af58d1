//! The stores of Kabar in memory: a real adapter, with locks and rollback, that keeps nothing.
//!
//! [`MemoryStore`] answers every port of storage of the users, chats, groups and notifications
//! domains, for tests of use cases and for trying things out. It keeps the same laws as the
//! databases: the tests of this crate are those of `kabar-contracts`.
//!
//! Everything lies behind one lock that is held for moments and never across an `.await`, so every
//! read is a snapshot and every write is one step. Besides, each conversation has a *turn*, which
//! does what the lock of its row does in a database: an open transaction of a group or of a message
//! holds it, and an append waits for it. It is kept until what was committed has been announced, which is what keeps
//! the announcements of one conversation in order.
//!
//! An operation whose caller goes away has either not begun or is complete: there is no `.await`
//! between its first change and its announcement.

mod accounts;
mod announce;
mod conversation;
mod conversations;
mod cursors;
mod group_tx;
mod groups;
mod inbox;
mod log;
mod message_tx;
mod passwords;
mod people;
mod preferences;
mod presence;
mod privacy;
mod roster;
mod session_rows;
mod state;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use kabar_chats::ports::LiveFeed;
use kabar_users::ports::SessionFeed;

pub use announce::Unheard;

use state::State;

/// All stores in one. Made by [`MemoryStore::new`]; coerces to an `Arc` of any of its ports.
pub struct MemoryStore {
    shared: Arc<Shared>,
}

impl MemoryStore {
    /// An empty store that announces to these feeds ([`Unheard`] when nobody listens).
    ///
    /// Its epoch is `memory`. Nothing outlives the store, so a client of one that was started anew
    /// is told so by its positions, which are past every head; where that is not enough, name each
    /// start with [`MemoryStore::with_epoch`].
    #[must_use]
    pub fn new(feed: Arc<dyn LiveFeed>, sessions: Arc<dyn SessionFeed>) -> Arc<Self> {
        Self::with_epoch(feed, sessions, "memory".to_owned())
    }

    /// An empty store whose log is named `epoch`.
    #[must_use]
    pub fn with_epoch(
        feed: Arc<dyn LiveFeed>,
        sessions: Arc<dyn SessionFeed>,
        epoch: String,
    ) -> Arc<Self> {
        let state = Mutex::new(State::default());
        Arc::new(Self { shared: Arc::new(Shared { state, feed, sessions, epoch }) })
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        self.shared.change(|state| look(state))
    }

    fn change<T>(&self, make: impl FnOnce(&mut State) -> T) -> T {
        self.shared.change(make)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

/// What the store and its open transactions share.
struct Shared {
    state: Mutex<State>,
    feed: Arc<dyn LiveFeed>,
    sessions: Arc<dyn SessionFeed>,
    epoch: String,
}

impl Shared {
    /// Runs a change in one step. It takes a closure so that the lock cannot be held any longer.
    /// No feed is called within, so nobody else's panic can leave a change half made.
    fn change<T>(&self, make: impl FnOnce(&mut State) -> T) -> T {
        make(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
