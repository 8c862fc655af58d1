use kabar_kernel::{ConversationId, PortError, PortResult, UserId};

use super::Notifications;
use crate::{Preferences, QuietHours, Rules};

/// Why preferences were not read or set.
#[derive(Debug, thiserror::Error)]
pub enum PreferencesError {
    /// There is no such conversation, or the user is not a member: not told apart.
    #[error("find the conversation")]
    ConversationNotFound,
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Notifications {
    /// What the user decided for a conversation.
    ///
    /// # Errors
    /// [`PreferencesError`]
    pub async fn preferences(
        &self,
        conversation: ConversationId,
        user: UserId,
    ) -> Result<Preferences, PreferencesError> {
        let preferences = self.preferences.preferences(conversation, user).await?;
        preferences.ok_or(PreferencesError::ConversationNotFound)
    }

    /// Replaces what the user decided for a conversation.
    ///
    /// # Errors
    /// [`PreferencesError`]
    pub async fn set_preferences(
        &self,
        conversation: ConversationId,
        user: UserId,
        preferences: Preferences,
    ) -> Result<(), PreferencesError> {
        if !self.preferences.set_preferences(conversation, user, preferences).await? {
            return Err(PreferencesError::ConversationNotFound);
        }
        self.feed.rules(user, self.rules(user).await?);
        self.feed.preferences(user, conversation, preferences);
        Ok(())
    }

    /// When the user wants to be left alone.
    ///
    /// # Errors
    /// A port failed.
    pub async fn quiet_hours(&self, user: UserId) -> PortResult<Option<QuietHours>> {
        self.preferences.quiet_hours(user).await
    }

    /// Replaces when the user wants to be left alone.
    ///
    /// # Errors
    /// A port failed.
    pub async fn set_quiet_hours(&self, user: UserId, hours: Option<QuietHours>) -> PortResult<()> {
        self.preferences.set_quiet_hours(user, hours).await?;
        self.feed.rules(user, self.rules(user).await?);
        Ok(())
    }

    /// All by which the user is told, for whoever delivers.
    ///
    /// # Errors
    /// A port failed.
    pub async fn rules(&self, user: UserId) -> PortResult<Rules> {
        self.preferences.rules(user, self.clock.now()).await
    }
}
