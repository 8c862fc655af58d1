use std::fmt;

use serde::{Deserialize, Deserializer, de};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

/// How many items a page shall hold: 1 to 100, 50 for who does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimit(u16);

impl PageLimit {
    /// Most items of a page.
    pub const MAX: u16 = 100;

    /// The number of items.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl Default for PageLimit {
    fn default() -> Self {
        Self(50)
    }
}

impl<'de> Deserialize<'de> for PageLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = PageLimit;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number from 1 to 100")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<PageLimit, E> {
                u16::try_from(number)
                    .ok()
                    .filter(|number| (1..=PageLimit::MAX).contains(number))
                    .map(PageLimit)
                    .ok_or_else(|| E::custom("must be a whole number from 1 to 100"))
            }
        }

        deserializer.deserialize_u64(Visitor)
    }
}

impl PartialSchema for PageLimit {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1_usize))
            .maximum(Some(usize::from(Self::MAX)))
            .default(Some(50.into()))
            .into()
    }
}

impl ToSchema for PageLimit {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_holds_one_to_a_hundred_items() {
        for (text, limit) in [("1", 1), ("100", 100)] {
            assert_eq!(serde_json::from_str::<PageLimit>(text).unwrap().get(), limit);
        }
        for wrong in ["0", "101", "1000000000", "-1", "1.5", "\"5\"", "null"] {
            assert!(serde_json::from_str::<PageLimit>(wrong).is_err(), "{wrong}");
        }
    }
}
