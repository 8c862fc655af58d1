//! What every socket needs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use kabar_chats::{Chats, Presences};
use kabar_kernel::Clock;
use kabar_notifications::Notifications;
use kabar_realtime::{Hub, QueueLimits};
use kabar_users::{Privacies, Sessions};

use crate::rate_limits::RateLimits;

/// Bounds of the endpoint.
#[derive(Debug, Clone)]
pub(crate) struct GatewaySettings {
    /// Most bytes of a frame, and of a fragmented message.
    pub(crate) max_frame: usize,
    /// Most bytes of a message's text.
    pub(crate) max_message: usize,
    /// How long a socket may stay without a user.
    pub(crate) auth_timeout: Duration,
    /// Seconds between pings.
    pub(crate) heartbeat_seconds: u32,
    /// Most sockets at once.
    pub(crate) max_connections: usize,
    /// What may wait for a socket.
    pub(crate) queue: QueueLimits,
    /// Origins that browsers may connect from; the server's own host when empty.
    pub(crate) origins: Vec<String>,
}

/// What commands are carried out by.
pub(crate) struct GatewayServices {
    /// Who is connected.
    pub(crate) hub: Arc<Hub>,
    /// Conversations.
    pub(crate) chats: Arc<Chats>,
    /// Who is there.
    pub(crate) presences: Arc<Presences>,
    /// By which rules users are told.
    pub(crate) notifications: Arc<Notifications>,
    /// What users show of themselves.
    pub(crate) privacies: Arc<Privacies>,
    /// Who is at the other end.
    pub(crate) sessions: Arc<Sessions>,
    /// How often what may be done.
    pub(crate) rates: Arc<RateLimits>,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
}

/// The endpoint's services and bounds, shared by all sockets.
pub(crate) struct Gateway {
    pub(super) services: GatewayServices,
    pub(super) settings: GatewaySettings,
    open: AtomicUsize,
}

impl Gateway {
    pub(crate) const fn new(services: GatewayServices, settings: GatewaySettings) -> Self {
        Self { services, settings, open: AtomicUsize::new(0) }
    }

    /// How many sockets are open, with a user or without.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// A place for one more socket, given back when it is dropped; `None` when all are taken.
    pub(super) fn admit(self: &Arc<Self>) -> Option<Place> {
        let before = self.open.fetch_add(1, Ordering::Relaxed);
        let place = Place(Arc::clone(self));
        (before < self.settings.max_connections).then_some(place)
    }
}

/// One of the places for sockets.
pub(super) struct Place(Arc<Gateway>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}
