use async_trait::async_trait;
use kabar_chats::ports::{PresenceStore, Seen};
use kabar_kernel::{PortResult, Timestamp, UserId};

/// Presence switched off: nobody may know of anybody, and nothing is noted.
pub(super) struct NobodyThere;

#[async_trait]
impl PresenceStore for NobodyThere {
    async fn visible(&self, _: UserId, _: &[UserId]) -> PortResult<Vec<Seen>> {
        Ok(Vec::new())
    }

    async fn entitled(&self, _: UserId, _: &[UserId]) -> PortResult<Vec<UserId>> {
        Ok(Vec::new())
    }

    async fn note(&self, _: &[(UserId, Timestamp)]) -> PortResult<()> {
        Ok(())
    }
}
