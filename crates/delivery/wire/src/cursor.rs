use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

/// Where a list goes on. Opaque: a client hands back what it was given and reads nothing into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

impl PartialSchema for Cursor {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(128))
            .description(Some("Where the list goes on; hand back `next` as it was given."))
            .examples(["AAABmlY2kH0BmMDeAABwAIAAAAAAAAAB"])
            .into()
    }
}

impl ToSchema for Cursor {}
