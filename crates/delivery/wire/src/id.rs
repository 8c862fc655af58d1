use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, SchemaFormat, schema::Type},
};
use uuid::Uuid;

/// The id of anything: a UUID in lower case with hyphens, and in no other spelling, so that ids can
/// be compared as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(Uuid);

impl Id {
    /// Wraps a UUID.
    pub const fn new(id: Uuid) -> Self {
        Self(id)
    }

    /// The UUID itself.
    pub const fn uuid(self) -> Uuid {
        self.0
    }

    /// Reads the one spelling; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Uuid::try_parse(text).ok()?;
        let mut buffer = Uuid::encode_buffer();
        (id.hyphenated().encode_lower(&mut buffer) == text).then_some(Self(id))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut buffer = Uuid::encode_buffer();
        serializer.serialize_str(self.0.hyphenated().encode_lower(&mut buffer))
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Id;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a UUID in lower case with hyphens")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Id, E> {
                Id::parse(text)
                    .ok_or_else(|| E::custom("must be a UUID in lower case with hyphens"))
            }
        }

        deserializer.deserialize_str(Visitor)
    }
}

impl PartialSchema for Id {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("uuid".to_owned())))
            .pattern(Some("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"))
            .min_length(Some(36))
            .max_length(Some(36))
            .description(Some("A UUID in lower case with hyphens; no other spelling is accepted."))
            .examples(["0198c0de-0000-7000-8000-000000000001"])
            .into()
    }
}

impl ToSchema for Id {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_of_an_id_is_accepted() {
        let canonical = "\"0198c0de-0000-7000-8000-00000000abcd\"";
        let id: Id = serde_json::from_str(canonical).unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), canonical);
        for other in [
            "\"0198C0DE-0000-7000-8000-00000000ABCD\"",
            "\"0198c0de00007000800000000000abcd\"",
            "\"{0198c0de-0000-7000-8000-00000000abcd}\"",
            "\"urn:uuid:0198c0de-0000-7000-8000-00000000abcd\"",
            "\" 0198c0de-0000-7000-8000-00000000abcd\"",
            "\"\"",
            "null",
            "1",
            "[]",
        ] {
            assert!(serde_json::from_str::<Id>(other).is_err(), "{other}");
        }
    }
}
