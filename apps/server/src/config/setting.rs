//! What a single setting may be, how it is read and how it is shown.

use std::{fmt, net::IpAddr, net::SocketAddr, path::PathBuf, time::Duration};

use figment::value::{Num, Value};

/// A type of setting.
pub(super) trait Setting: Sized {
    /// What to write, for the reference and for errors: "a whole number".
    const KIND: &'static str;
    /// Whether the value is never shown, and may be given by a file (`…_file`).
    const SECRET: bool = false;

    /// Reads it from the file (typed) or the environment (text).
    ///
    /// # Errors
    /// What is wrong, as a fragment that fits behind the setting's name: "must be …".
    fn read(value: &Value) -> Result<Self, String>;

    /// The value as an operator would write it; a secret masked.
    fn show(&self) -> String;
}

/// The value as text, whichever way it was written.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.clone()),
        Value::Char(_, c) => Some(c.to_string()),
        Value::Bool(_, truth) => Some(truth.to_string()),
        Value::Num(_, number) => Some(match number {
            Num::F32(number) => number.to_string(),
            Num::F64(number) => number.to_string(),
            number => match (number.to_u128(), number.to_i128()) {
                (Some(number), _) => number.to_string(),
                (None, Some(number)) => number.to_string(),
                (None, None) => return None,
            },
        }),
        Value::Empty(..) | Value::Dict(..) | Value::Array(..) => None,
    }
}

fn must_be<T: Setting>() -> String {
    format!("must be {}", T::KIND)
}

macro_rules! parsed {
    ($($type:ty, $kind:literal;)+) => {$(
        impl Setting for $type {
            const KIND: &'static str = $kind;

            fn read(value: &Value) -> Result<Self, String> {
                text(value).and_then(|text| text.parse().ok()).ok_or_else(must_be::<Self>)
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

parsed! {
    u16, "a whole number";
    u32, "a whole number";
    usize, "a whole number";
    bool, "true or false";
    IpAddr, "an IP address";
    SocketAddr, "an address with port, as in 127.0.0.1:9464";
    ByteSize, "a size in bytes, as in 65536 or 64KiB";
}

impl Setting for String {
    const KIND: &'static str = "a text";

    fn read(value: &Value) -> Result<Self, String> {
        match text(value) {
            Some(text) if !text.trim().is_empty() => Ok(text),
            _ => Err("must be a text that is not empty".to_owned()),
        }
    }

    fn show(&self) -> String {
        self.clone()
    }
}

impl Setting for PathBuf {
    const KIND: &'static str = "a path";

    fn read(value: &Value) -> Result<Self, String> {
        String::read(value).map(Self::from)
    }

    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl Setting for Duration {
    const KIND: &'static str = "a time, as in 5s, 250ms, 10min, 12h or 30d";

    fn read(value: &Value) -> Result<Self, String> {
        let text = text(value).ok_or_else(must_be::<Self>)?;
        let (number, unit) = split_unit(&text).ok_or_else(must_be::<Self>)?;
        let millis = match unit {
            "ms" => 1,
            // A bare number is seconds.
            "s" | "" => 1_000,
            "min" | "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(must_be::<Self>()),
        };
        number.checked_mul(millis).map(Self::from_millis).ok_or_else(must_be::<Self>)
    }

    fn show(&self) -> String {
        const UNITS: [(u128, &str); 4] =
            [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")];
        let millis = self.as_millis();
        UNITS.iter().find(|(unit, _)| millis >= *unit && millis.is_multiple_of(*unit)).map_or_else(
            || format!("{millis}ms"),
            |(unit, name)| format!("{}{name}", millis / unit),
        )
    }
}

impl<T: Setting> Setting for Option<T> {
    const KIND: &'static str = T::KIND;
    const SECRET: bool = T::SECRET;

    fn read(value: &Value) -> Result<Self, String> {
        // An empty variable of the environment means "not set" to everybody who writes one.
        if text(value).is_some_and(|text| text.is_empty()) {
            return Ok(None);
        }
        T::read(value).map(Some)
    }

    fn show(&self) -> String {
        self.as_ref().map_or_else(|| "(none)".to_owned(), T::show)
    }
}

/// A type of setting of which there may be several: an array in the file, commas in the environment.
pub(super) trait Listed: Setting {}

impl<T: Listed> Setting for Vec<T> {
    const KIND: &'static str = T::KIND;

    fn read(value: &Value) -> Result<Self, String> {
        if let Value::Array(_, items) = value {
            return items.iter().map(T::read).collect();
        }
        let list = text(value).ok_or_else(|| format!("must be a list, each {}", T::KIND))?;
        list.split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(|item| T::read(&Value::from(item)))
            .collect()
    }

    fn show(&self) -> String {
        if self.is_empty() {
            return "(none)".to_owned();
        }
        self.iter().map(T::show).collect::<Vec<_>>().join(", ")
    }
}

/// A number and what stands behind it: `64KiB` is (64, "KiB").
fn split_unit(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, unit.trim()))
}

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(usize);

impl ByteSize {
    /// So many bytes.
    pub const fn new(bytes: usize) -> Self {
        Self(bytes)
    }

    /// So many times 1 024 bytes; stays at the largest there is.
    pub const fn kib(number: usize) -> Self {
        Self(number.saturating_mul(1024))
    }

    /// The number of bytes.
    pub const fn get(self) -> usize {
        self.0
    }
}

impl std::str::FromStr for ByteSize {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (number, unit) = split_unit(text).ok_or(())?;
        let scale = match unit {
            "" | "B" => 1,
            "KiB" => 1024,
            "MiB" => 1024 * 1024,
            "GiB" => 1024 * 1024 * 1024,
            _ => return Err(()),
        };
        let bytes = number.checked_mul(scale).ok_or(())?;
        usize::try_from(bytes).map(Self).map_err(|_| ())
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(usize, &str); 3] =
            [(1024 * 1024 * 1024, "GiB"), (1024 * 1024, "MiB"), (1024, "KiB")];
        match UNITS.iter().find(|(unit, _)| self.0 >= *unit && self.0.is_multiple_of(*unit)) {
            Some((unit, name)) => write!(f, "{}{name}", self.0 / unit),
            None => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read<T: Setting>(text: &str) -> Result<T, String> {
        T::read(&Value::from(text))
    }

    #[test]
    fn times_and_sizes_are_read_with_their_units() {
        assert_eq!(read::<Duration>("5"), Ok(Duration::from_secs(5)));
        assert_eq!(read::<Duration>("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(read::<Duration>("10 min"), Ok(Duration::from_secs(600)));
        assert_eq!(read::<Duration>("30d").map(|span| span.show()), Ok("30d".to_owned()));
        assert_eq!(read::<ByteSize>("64KiB"), Ok(ByteSize::kib(64)));
        assert_eq!(read::<ByteSize>("65536").map(|size| size.show()), Ok("64KiB".to_owned()));
        for wrong in ["", "five", "-1", "5 parsecs", "1.5s", "99999999999999999999", "1e9"] {
            assert!(read::<Duration>(wrong).is_err(), "{wrong}");
            assert!(read::<ByteSize>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_typed_number_and_its_text_are_one_value() {
        assert_eq!(u16::read(&Value::from(3000_u16)), Ok(3000));
        assert_eq!(read::<u16>("3000"), Ok(3000));
        assert!(u16::read(&Value::from(-1)).is_err());
        assert!(read::<u16>("65536").is_err());
        assert!(u16::read(&Value::from(1.5)).is_err());
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(millis in 0_u64..u64::from(u32::MAX), bytes in 0_usize..1 << 40) {
            let span = Duration::from_millis(millis);
            prop_assert_eq!(read::<Duration>(&span.show()), Ok(span));
            let size = ByteSize::new(bytes);
            prop_assert_eq!(read::<ByteSize>(&size.show()), Ok(size));
        }
    }
}
