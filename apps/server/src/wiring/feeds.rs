//! What the domains announce, passed on to the devices it concerns.

use std::sync::Arc;

use kabar_kernel::{SessionId, UserId};
use kabar_realtime::{CloseCode, Hub};
use kabar_users::{
    Privacy,
    ports::{PrivacyFeed, SessionFeed},
};

/// Closes the sockets of sessions that ended (G8).
pub(super) struct SocketsOfEndedSessions(pub(super) Arc<Hub>);

impl SessionFeed for SocketsOfEndedSessions {
    fn ended(&self, user: UserId, session: SessionId) {
        self.0.close_session(user, session, CloseCode::Unauthenticated);
    }
}

/// Lets what users show of themselves hold for their devices at once. Receipts are not among it: every
/// cursor comes with whether it is shown.
pub(super) struct PrivacyOfDevices(pub(super) Arc<Hub>);

impl PrivacyFeed for PrivacyOfDevices {
    fn changed(&self, user: UserId, privacy: Privacy) {
        self.0.set_privacy(user, privacy.typing, privacy.presence);
    }
}
