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
        self.tell_rules(user).await?;
        self.tell_preferences(user, conversation, preferences).await?;
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
        self.tell_rules(user).await
    }

    /// Feeds the rules of a user until those that were fed are those that are stored.
    ///
    /// To read and to feed are two steps, so of two changes at the same time the one that read first may
    /// feed last. Whoever feeds what is out of date reads again afterwards and sees what is newer; and
    /// what is only stored after that is fed by whoever stored it. So the last to feed feeds what holds.
    /// Each further round takes another change meanwhile, so few are enough.
    async fn tell_rules(&self, user: UserId) -> PortResult<()> {
        let mut rules = self.rules(user).await?;
        for _ in 0..Self::MAX_TELLINGS {
            self.feed.rules(user, rules.clone());
            let stored = self.rules(user).await?;
            if stored == rules {
                break;
            }
            rules = stored;
        }
        Ok(())
    }

    /// Feeds what the user decided for a conversation, in the same way.
    async fn tell_preferences(
        &self,
        user: UserId,
        conversation: ConversationId,
        decided: Preferences,
    ) -> PortResult<()> {
        let mut preferences = decided;
        for _ in 0..Self::MAX_TELLINGS {
            self.feed.preferences(user, conversation, preferences);
            match self.preferences.preferences(conversation, user).await? {
                Some(stored) if stored != preferences => preferences = stored,
                // Who is not a member any more has nothing to be told.
                Some(_) | None => break,
            }
        }
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
