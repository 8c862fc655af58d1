//! The end of the server, announced: from the first signal on it is not ready, takes no new sockets,
//! closes the open ones, and lets requests finish (G10).

use tokio::sync::watch;

/// Whether the server is about to end; one flag, shared by all who must know.
#[derive(Debug, Clone)]
pub struct Draining {
    flag: watch::Sender<bool>,
}

impl Default for Draining {
    fn default() -> Self {
        Self { flag: watch::Sender::new(false) }
    }
}

impl Draining {
    /// Announces the end. Cannot be taken back.
    pub fn begin(&self) {
        self.flag.send_replace(true);
    }

    /// Whether the end was announced: readiness answers 503 then, and no socket is opened.
    pub fn is_draining(&self) -> bool {
        *self.flag.borrow()
    }

    /// Waits until the end is announced; at once when it was.
    pub async fn announced(&self) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.flag.subscribe().wait_for(|draining| *draining).await;
    }
}
