//! The end of the server, announced: from the first signal on it is not ready, takes no new sockets,
//! closes the open ones, and lets requests finish (G10).

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Whether the server is about to end; one flag, shared by all who must know.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draining {
    announced: Arc<AtomicBool>,
}

impl Draining {
    /// Announces the end. Cannot be taken back.
    pub(crate) fn begin(&self) {
        self.announced.store(true, Ordering::Release);
    }

    /// Whether the end was announced: readiness answers 503 then, and no socket is opened.
    pub(crate) fn is_draining(&self) -> bool {
        self.announced.load(Ordering::Acquire)
    }
}
