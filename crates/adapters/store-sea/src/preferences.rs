//! What users decided about being told.

use async_trait::async_trait;
use kabar_kernel::{ConversationId, PortResult, Timestamp, UserId};
use kabar_notifications::{
    Level, MinuteOfDay, Preferences, QuietHours, Rules, ports::PreferenceStore,
};
use sea_orm::QueryResult;

use crate::{
    codec::Columns,
    failure::{Failure, OrPort},
    store::SeaStore,
};

/// What the user `$2` decided for `$1`.
pub(crate) const PREFERENCES: &str =
    "SELECT level, muted_until FROM members WHERE conversation_id = $1 AND user_id = $2";

const SET_PREFERENCES: &str = "UPDATE members SET level = $3, muted_until = $4 \
    WHERE conversation_id = $1 AND user_id = $2 RETURNING user_id";

/// All that the user `$1` decided for conversations and that holds at `$2`.
pub(crate) const DECIDED: &str = "SELECT conversation_id, level, \
        CASE WHEN muted_until > $2 THEN muted_until END AS muted_until \
    FROM members WHERE user_id = $1 AND (level IS NOT NULL OR muted_until > $2)";

/// When the user `$1` wants to be left alone.
pub(crate) const QUIET_HOURS: &str =
    "SELECT quiet_zone, quiet_from, quiet_to FROM users WHERE id = $1";

const SET_QUIET_HOURS: &str =
    "UPDATE users SET quiet_zone = $2, quiet_from = $3, quiet_to = $4 WHERE id = $1";

/// Nothing of the conversation stands in the inbox, as `members.level` holds it.
pub(crate) const NO_LEVEL: i16 = 0;

const fn level_code(level: Level) -> i16 {
    match level {
        Level::None => NO_LEVEL,
        Level::Mentions => 1,
        Level::All => 2,
    }
}

const fn level(code: i16) -> Result<Level, Failure> {
    match code {
        NO_LEVEL => Ok(Level::None),
        1 => Ok(Level::Mentions),
        2 => Ok(Level::All),
        _ => Err(Failure::Unreadable("level")),
    }
}

/// Reads `level, muted_until`.
fn preferences_of(columns: &mut Columns<'_>) -> Result<Preferences, Failure> {
    let level = columns.next::<Option<i16>>()?.map(level).transpose()?;
    let muted_until = columns.next::<Option<i64>>()?.map(Timestamp::from_millis);
    Ok(Preferences { level, muted_until })
}

/// Reads a row of [`QUIET_HOURS`].
fn hours_of(row: &QueryResult) -> Result<Option<QuietHours>, Failure> {
    let columns = &mut Columns::of(row);
    let zone: Option<String> = columns.next()?;
    let from: Option<i16> = columns.next()?;
    let to: Option<i16> = columns.next()?;
    let (Some(zone), Some(from), Some(to)) = (zone, from, to) else {
        return Ok(None);
    };
    let minute = |stored: i16| MinuteOfDay::new(u16::try_from(stored).unwrap_or(u16::MAX));
    minute(from)
        .and_then(|from| QuietHours::new(&zone, from, minute(to)?))
        .map(Some)
        .map_err(|_| Failure::Unreadable("time of quiet hours"))
}

impl SeaStore {
    async fn read_preferences(
        &self,
        conversation: ConversationId,
        user: UserId,
    ) -> Result<Option<Preferences>, Failure> {
        let values = [conversation.as_uuid().into(), user.as_uuid().into()];
        let row = self.db.one(PREFERENCES, values).await?;
        row.map(|row| preferences_of(&mut Columns::of(&row))).transpose()
    }

    async fn write_preferences(
        &self,
        conversation: ConversationId,
        user: UserId,
        preferences: Preferences,
    ) -> Result<bool, Failure> {
        let values = [
            conversation.as_uuid().into(),
            user.as_uuid().into(),
            preferences.level.map(level_code).into(),
            preferences.muted_until.map(Timestamp::as_millis).into(),
        ];
        Ok(!self.db.write(SET_PREFERENCES, values).await?.is_empty())
    }

    async fn read_quiet_hours(&self, user: UserId) -> Result<Option<QuietHours>, Failure> {
        let row = self.db.one(QUIET_HOURS, [user.as_uuid().into()]).await?;
        row.map_or(Ok(None), |row| hours_of(&row))
    }

    async fn read_rules(&self, user: UserId, now: Timestamp) -> Result<Rules, Failure> {
        let quiet = self.read_quiet_hours(user).await?;
        let values = [user.as_uuid().into(), now.as_millis().into()];
        let rows = self.db.all(DECIDED, values).await?;
        let decided = rows.iter().map(|row| {
            let columns = &mut Columns::of(row);
            Ok((ConversationId::new(columns.next()?), preferences_of(columns)?))
        });
        Ok(Rules { quiet, conversations: decided.collect::<Result<_, Failure>>()? })
    }
}

#[async_trait]
impl PreferenceStore for SeaStore {
    async fn preferences(
        &self,
        conversation: ConversationId,
        user: UserId,
    ) -> PortResult<Option<Preferences>> {
        self.read_preferences(conversation, user).await.or_port("read preferences")
    }

    async fn set_preferences(
        &self,
        conversation: ConversationId,
        user: UserId,
        preferences: Preferences,
    ) -> PortResult<bool> {
        self.write_preferences(conversation, user, preferences).await.or_port("set preferences")
    }

    async fn quiet_hours(&self, user: UserId) -> PortResult<Option<QuietHours>> {
        self.read_quiet_hours(user).await.or_port("read quiet hours")
    }

    async fn set_quiet_hours(&self, user: UserId, hours: Option<QuietHours>) -> PortResult<()> {
        let minute = |minute: MinuteOfDay| i16::try_from(minute.get()).unwrap_or(i16::MAX);
        let values = [
            user.as_uuid().into(),
            hours.as_ref().map(|hours| hours.zone().to_owned()).into(),
            hours.as_ref().map(|hours| minute(hours.from())).into(),
            hours.as_ref().map(|hours| minute(hours.to())).into(),
        ];
        self.db.write(SET_QUIET_HOURS, values).await.or_port("set quiet hours").map(drop)
    }

    async fn rules(&self, user: UserId, now: Timestamp) -> PortResult<Rules> {
        self.read_rules(user, now).await.or_port("read by what rules somebody is told")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_read_back_as_they_were_written() {
        for each in [Level::None, Level::Mentions, Level::All] {
            assert_eq!(level(level_code(each)).unwrap(), each);
        }
        assert!(level(3).is_err());
    }
}
