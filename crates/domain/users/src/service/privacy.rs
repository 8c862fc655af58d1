use std::sync::Arc;

use kabar_kernel::UserId;

use super::ProfileError;
use crate::{
    Privacy, PrivacyChange,
    ports::{PrivacyFeed, PrivacyStore},
};

/// How often one change is fed at most, while others are made too.
const MAX_TELLINGS: usize = 4;

/// What users show of themselves.
pub struct Privacies {
    store: Arc<dyn PrivacyStore>,
    feed: Arc<dyn PrivacyFeed>,
}

impl Privacies {
    /// The service over its ports.
    pub fn new(store: Arc<dyn PrivacyStore>, feed: Arc<dyn PrivacyFeed>) -> Self {
        Self { store, feed }
    }

    /// What a user shows of themselves.
    ///
    /// # Errors
    /// [`ProfileError`]
    pub async fn of(&self, user: UserId) -> Result<Privacy, ProfileError> {
        self.store.privacy(user).await?.ok_or(ProfileError::NotFound)
    }

    /// Changes what a user shows of themselves.
    ///
    /// # Errors
    /// [`ProfileError`]
    pub async fn change(
        &self,
        user: UserId,
        change: PrivacyChange,
    ) -> Result<Privacy, ProfileError> {
        let privacy = self.store.change_privacy(user, change).await?;
        let privacy = privacy.ok_or(ProfileError::NotFound)?;
        self.tell(user, privacy).await?;
        Ok(privacy)
    }

    /// Feeds what a user shows until what was fed is what is stored.
    ///
    /// To store and to feed are two steps, so of two changes at the same time the one that was stored
    /// first may feed last. Whoever feeds what is out of date reads afterwards and sees what is newer;
    /// and what is only stored after that is fed by whoever stored it. So the last to feed feeds what
    /// holds. Each further round takes another change meanwhile, so few are enough.
    async fn tell(&self, user: UserId, changed: Privacy) -> Result<(), ProfileError> {
        let mut privacy = changed;
        for _ in 0..MAX_TELLINGS {
            self.feed.changed(user, privacy);
            let stored = self.of(user).await?;
            if stored == privacy {
                break;
            }
            privacy = stored;
        }
        Ok(())
    }
}
