use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, schema::Type},
};

/// The largest number that is accepted: 2^63 − 1, what a signed 64-bit column holds.
const MAX: u64 = i64::MAX.unsigned_abs();

struct Visitor;

impl de::Visitor<'_> for Visitor {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from 0 to {MAX}")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<u64, E> {
        if number > MAX {
            return Err(E::custom(format_args!("must be a whole number from 0 to {MAX}")));
        }
        Ok(number)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<u64, E> {
        u64::try_from(number)
            .map_err(|_| E::custom(format_args!("must be a whole number from 0 to {MAX}")))
    }
}

macro_rules! log_number {
    ($name:ident, $doc:literal, $example:literal) => {
        #[doc = $doc]
        ///
        /// In JSON a whole number from 0 to 2^63 − 1; nothing else is accepted, neither `1.0` nor
        /// `"1"` nor `-0`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// Wraps a number that came from a log, where it is below 2^63.
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// The number itself.
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_u64(Visitor).map(Self)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::Integer)
                    .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
                    .minimum(Some(0_usize))
                    .maximum(Some(i64::MAX))
                    .description(Some($doc))
                    .examples([$example])
                    .into()
            }
        }

        impl ToSchema for $name {}
    };
}

log_number! {
    Pos,
    "The position of an entry in its conversation's log: 1, 2, 3 … without holes; 0 is before the first.",
    42
}
log_number! {
    Seq,
    "The number of a message in its conversation: 1, 2, 3 … without holes; 0 is before the first.",
    17
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_below_two_to_the_63_are_accepted() {
        for (text, number) in [("0", 0), ("1", 1), ("9223372036854775807", MAX)] {
            let pos: Pos = serde_json::from_str(text).unwrap();
            assert_eq!(pos.get(), number);
            assert_eq!(serde_json::to_string(&pos).unwrap(), text);
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for wrong in [
            "9223372036854775808",
            "18446744073709551615",
            "18446744073709551616",
            "-1",
            "-0",
            "1.0",
            "1e3",
            "1e999",
            "NaN",
            "Infinity",
            "\"1\"",
            "null",
            "[]",
            "{}",
            "true",
        ] {
            assert!(serde_json::from_str::<Seq>(wrong).is_err(), "{wrong}");
        }
    }
}
