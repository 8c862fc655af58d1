use std::{fmt, str};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, schema::Type},
};

const DAY: i64 = 86_400_000;
/// 0000-01-01T00:00:00.000Z
const FIRST: i64 = -62_167_219_200_000;
/// 9999-12-31T23:59:59.999Z
const LAST: i64 = 253_402_300_799_999;

/// A moment as clients see it: RFC 3339 in UTC with exactly three decimals and `Z`, so that equal
/// moments are equal texts and later ones sort later.
///
/// Held as milliseconds since 1970-01-01T00:00:00Z. RFC 3339 knows the years 0000 to 9999; what lies
/// outside is written as the first or the last moment of those.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Reads the one spelling in which moments are written; `None` for any other, and for a day or time
    /// that no calendar or clock has.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = |from: usize, to: usize| -> Option<i64> {
            let part = text.get(from..to)?;
            part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?
        };
        let day = days(digits(0, 4)?, digits(5, 7)?, digits(8, 10)?);
        let in_day = ((digits(11, 13)? * 60 + digits(14, 16)?) * 60 + digits(17, 19)?) * 1000
            + digits(20, 23)?;
        let moment = Self(day * DAY + in_day);
        // Whatever was out of its range or not where it belongs does not read back.
        (moment.text() == text.as_bytes()).then_some(moment)
    }

    /// The 24 characters `YYYY-MM-DDTHH:MM:SS.mmmZ`.
    fn text(self) -> [u8; 24] {
        let millis = self.0.clamp(FIRST, LAST);
        let (day, in_day) = (millis.div_euclid(DAY), millis.rem_euclid(DAY));
        let (year, month, day) = civil(day);
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let [
            y3,
            y2,
            y1,
            y0,
            _,
            mo1,
            mo0,
            _,
            d1,
            d0,
            _,
            h1,
            h0,
            _,
            mi1,
            mi0,
            _,
            s1,
            s0,
            _,
            ms2,
            ms1,
            ms0,
            _,
        ] = &mut text;
        write([y3, y2, y1, y0], year);
        write([mo1, mo0], month);
        write([d1, d0], day);
        write([h1, h0], in_day / 3_600_000);
        write([mi1, mi0], in_day / 60_000 % 60);
        write([s1, s0], in_day / 1000 % 60);
        write([ms2, ms1, ms0], in_day % 1000);
        text
    }
}

/// Year, month and day of a day counted from 1970-01-01 in the Gregorian calendar, by Howard
/// Hinnant's `civil_from_days` (<https://howardhinnant.github.io/date_algorithms.html>).
const fn civil(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let day_of_era = day.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day_of_month)
}

/// The day of a date counted from 1970-01-01, by Howard Hinnant's `days_from_civil`. For a date that no
/// calendar has, some day.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Writes a number into places of decimal digits, the last one first.
fn write<const N: usize>(places: [&mut u8; N], mut number: i64) {
    for place in places.into_iter().rev() {
        *place = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.text()).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(str::from_utf8(&self.text()).map_err(serde::ser::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Time;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a moment such as 2026-03-01T09:30:00.125Z")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Time, E> {
                Time::parse(text)
                    .ok_or_else(|| E::custom("must be a moment such as 2026-03-01T09:30:00.125Z"))
            }
        }

        deserializer.deserialize_str(Visitor)
    }
}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("RFC 3339, UTC, exactly three decimals."))
            .examples(["2026-03-01T09:30:00.125Z"])
            .into()
    }
}

impl ToSchema for Time {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::{OffsetDateTime, format_description::well_known::Rfc3339};

    use super::*;

    #[test]
    fn known_moments_are_written_as_known() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_772_357_400_125, "2026-03-01T09:30:00.125Z"),
            (FIRST, "0000-01-01T00:00:00.000Z"),
            (LAST, "9999-12-31T23:59:59.999Z"),
            (i64::MIN, "0000-01-01T00:00:00.000Z"),
            (i64::MAX, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Time::from_millis(millis).to_string(), text);
            assert_eq!(
                serde_json::to_string(&Time::from_millis(millis)).unwrap(),
                format!("\"{text}\"")
            );
        }
    }

    #[test]
    fn other_spellings_of_a_moment_are_refused() {
        for other in [
            "",
            "2026-03-01",
            "2026-03-01T09:30:00Z",
            "2026-03-01T09:30:00.125+00:00",
            "2026-03-01t09:30:00.125z",
            "2026-02-30T09:30:00.125Z",
            "2026-13-01T09:30:00.125Z",
            "2026-03-01T24:00:00.000Z",
            "2026-03-01T09:60:00.125Z",
            "+026-03-01T09:30:00.125Z",
            "２026-03-01T09:30:00.12Z",
        ] {
            assert_eq!(Time::parse(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn every_moment_reads_back_as_the_same(millis in FIRST..=LAST) {
            let text = Time::from_millis(millis).to_string();
            let read = OffsetDateTime::parse(&text, &Rfc3339).unwrap();
            prop_assert_eq!(read.unix_timestamp_nanos(), i128::from(millis) * 1_000_000);
            prop_assert_eq!(text.len(), 24);
            prop_assert!(text.ends_with('Z'));
            prop_assert_eq!(Time::parse(&text), Some(Time::from_millis(millis)));
        }
    }
}
