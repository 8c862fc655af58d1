use std::sync::Arc;

use kabar_kernel::UserId;

use super::ProfileError;
use crate::{
    Privacy, PrivacyChange,
    ports::{PrivacyFeed, PrivacyStore},
};

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
        self.feed.changed(user, privacy);
        Ok(privacy)
    }
}
