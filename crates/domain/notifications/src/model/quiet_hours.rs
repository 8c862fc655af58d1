use std::fmt;

use jiff::tz::TimeZone;
use kabar_kernel::Timestamp;

/// Why these are no quiet hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuietHours {
    /// Not a time of day.
    #[error("must be a time of day from 00:00 to 23:59")]
    Time,
    /// The time zone database (IANA) has no zone of this name.
    #[error("must be a time zone of the IANA database, such as Asia/Jakarta")]
    Zone,
    /// They begin when they end.
    #[error("must not begin and end at the same time")]
    Empty,
}

/// A minute of the day, 0 to 1 439.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MinuteOfDay(u16);

impl MinuteOfDay {
    const DAY: u16 = 24 * 60;

    /// A minute counted from midnight.
    ///
    /// # Errors
    /// The day has no such minute.
    pub const fn new(minute: u16) -> Result<Self, InvalidQuietHours> {
        if minute < Self::DAY { Ok(Self(minute)) } else { Err(InvalidQuietHours::Time) }
    }

    /// Reads `HH:MM`.
    ///
    /// # Errors
    /// The text is not a time of day.
    pub fn parse(text: &str) -> Result<Self, InvalidQuietHours> {
        let digits = |part: &str| {
            let valid = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<u16>().ok().filter(|_| valid)
        };
        let (hour, minute) = text.split_once(':').ok_or(InvalidQuietHours::Time)?;
        match (digits(hour), digits(minute)) {
            (Some(hour @ 0..24), Some(minute @ 0..60)) => Self::new(hour * 60 + minute),
            _ => Err(InvalidQuietHours::Time),
        }
    }

    /// The minute counted from midnight.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for MinuteOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// Hours of every day in which a user is told nothing, by the clock on their wall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuietHours {
    zone: TimeZone,
    from: MinuteOfDay,
    to: MinuteOfDay,
}

impl QuietHours {
    /// From one time of day up to another, past midnight when that is earlier, in a time zone of the
    /// IANA database. Where clocks are put forward or back they follow the clock.
    ///
    /// # Errors
    /// [`InvalidQuietHours`]
    pub fn new(zone: &str, from: MinuteOfDay, to: MinuteOfDay) -> Result<Self, InvalidQuietHours> {
        if from == to {
            return Err(InvalidQuietHours::Empty);
        }
        let zone = TimeZone::get(zone).map_err(|_| InvalidQuietHours::Zone)?;
        if zone.iana_name().is_none() {
            return Err(InvalidQuietHours::Zone);
        }
        Ok(Self { zone, from, to })
    }

    /// The name of the time zone.
    pub fn zone(&self) -> &str {
        self.zone.iana_name().unwrap_or_default()
    }

    /// When they begin.
    pub const fn from(&self) -> MinuteOfDay {
        self.from
    }

    /// When they end.
    pub const fn to(&self) -> MinuteOfDay {
        self.to
    }

    /// Whether this moment lies within them; the first minute does, the last does not.
    pub fn cover(&self, moment: Timestamp) -> bool {
        // A moment that no calendar has is in no hour.
        let Ok(moment) = jiff::Timestamp::from_millisecond(moment.as_millis()) else {
            return false;
        };
        let time = self.zone.to_datetime(moment).time();
        let minute = i32::from(time.hour()) * 60 + i32::from(time.minute());
        let (from, to) = (i32::from(self.from.0), i32::from(self.to.0));
        if from < to { (from..to).contains(&minute) } else { minute >= from || minute < to }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    fn hours(zone: &str, from: &str, to: &str) -> QuietHours {
        let minute = |text| MinuteOfDay::parse(text).unwrap();
        QuietHours::new(zone, minute(from), minute(to)).unwrap()
    }

    #[test]
    fn hours_past_midnight_are_by_the_clock_on_the_wall() {
        // UTC+7 all year.
        let night = hours("Asia/Jakarta", "22:00", "07:00");
        assert!(!night.cover(at("2026-03-01T14:59:59Z")));
        assert!(night.cover(at("2026-03-01T15:00:00Z")));
        assert!(night.cover(at("2026-03-01T23:59:59Z")));
        assert!(!night.cover(at("2026-03-02T00:00:00Z")));
    }

    #[test]
    fn hours_follow_the_clock_when_it_is_changed() {
        let noon = hours("Europe/Berlin", "12:00", "13:00");
        assert!(noon.cover(at("2026-01-15T11:30:00Z")), "winter, UTC+1");
        assert!(!noon.cover(at("2026-07-15T11:30:00Z")), "summer, UTC+2");
        assert!(noon.cover(at("2026-07-15T10:30:00Z")));
    }

    #[test]
    fn what_is_no_hours_is_refused() {
        for text in ["", "7:00", "24:00", "12:60", "+1:00", "12-00", "12:00:00"] {
            assert_eq!(MinuteOfDay::parse(text), Err(InvalidQuietHours::Time), "{text}");
        }
        let (a, b) = (MinuteOfDay::parse("01:00").unwrap(), MinuteOfDay::parse("02:00").unwrap());
        assert_eq!(QuietHours::new("Asia/Jakarta", a, a), Err(InvalidQuietHours::Empty));
        for zone in ["", "Mars/Olympus", "../../etc/passwd", "Asia/Jakarta\0"] {
            assert_eq!(QuietHours::new(zone, a, b), Err(InvalidQuietHours::Zone), "{zone}");
        }
        assert_eq!(a.to_string(), "01:00");
    }

    #[test]
    fn a_zone_is_kept_by_its_name_and_read_back() {
        for zone in ["Asia/Jakarta", "America/Argentina/Buenos_Aires", "Etc/UTC", "UTC"] {
            let kept = hours(zone, "22:00", "07:00");
            assert_eq!(kept.zone(), zone);
            assert_eq!(QuietHours::new(kept.zone(), kept.from(), kept.to()), Ok(kept));
        }
        // However it is written, it is kept as the database spells it.
        assert_eq!(hours("asia/jakarta", "22:00", "07:00").zone(), "Asia/Jakarta");
        let (a, b) = (MinuteOfDay::parse("01:00").unwrap(), MinuteOfDay::parse("02:00").unwrap());
        for zone in ["Etc/Unknown", "+07:00", "WIB-7", "posix/Asia/Jakarta", "localtime"] {
            assert_eq!(QuietHours::new(zone, a, b), Err(InvalidQuietHours::Zone), "{zone}");
        }
    }

    #[test]
    fn hours_that_the_clock_leaps_over_are_shorter_that_day() {
        // At 01:00 UTC clocks go from 02:00 to 03:00, and in autumn from 03:00 back to 02:00.
        let early = hours("Europe/Berlin", "02:15", "02:45");
        for minute in 0..60 {
            assert!(!early.cover(at(&format!("2026-03-29T01:{minute:02}:00Z"))), "{minute}");
        }
        assert!(early.cover(at("2026-10-25T00:30:00Z")), "the first 02:30");
        assert!(early.cover(at("2026-10-25T01:30:00Z")), "the second 02:30");
    }

    #[test]
    fn no_moment_is_too_far_away_to_be_asked_about() {
        let night = hours("Asia/Jakarta", "22:00", "07:00");
        for millis in [i64::MIN, i64::MAX] {
            assert!(!night.cover(Timestamp::from_millis(millis)));
        }
    }

    proptest! {
        #[test]
        fn a_time_of_day_is_read_as_it_is_written(minute in 0_u16..1440) {
            let minute = MinuteOfDay::new(minute).unwrap();
            prop_assert_eq!(MinuteOfDay::parse(&minute.to_string()), Ok(minute));
        }

        #[test]
        fn any_text_is_a_time_of_day_or_is_refused(text in "\\PC{0,8}") {
            let parsed = MinuteOfDay::parse(&text);
            prop_assert!(parsed.is_err() || parsed.unwrap().to_string() == text);
        }

        #[test]
        fn a_day_is_quiet_or_it_is_not(
            from in 0_u16..1440,
            to in 0_u16..1440,
            millis in 0_i64..4_000_000_000_000,
        ) {
            prop_assume!(from != to);
            let (from, to) = (MinuteOfDay::new(from).unwrap(), MinuteOfDay::new(to).unwrap());
            let quiet = QuietHours::new("America/New_York", from, to).unwrap();
            let loud = QuietHours::new("America/New_York", to, from).unwrap();
            let moment = Timestamp::from_millis(millis);
            prop_assert_ne!(quiet.cover(moment), loud.cover(moment));
        }
    }
}
