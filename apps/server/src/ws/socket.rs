//! A socket whose user is known: what commands act on.

use std::sync::Arc;

use kabar_realtime::{Attach, Connection};
use kabar_users::Identity;

use super::{Gateway, GatewayServices};

/// A socket whose user is known.
pub(super) struct Socket {
    pub(super) gateway: Arc<Gateway>,
    pub(super) attach: Attach,
    pub(super) identity: Identity,
}

impl Socket {
    pub(super) fn services(&self) -> &GatewayServices {
        &self.gateway.services
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.attach.device().connection
    }
}
