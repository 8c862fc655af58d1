use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Cursor, Id, PageLimit, Time};

/// An account, as everybody may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct User {
    /// Its id, for ever.
    pub id: Id,
    /// The name it is found by.
    #[schema(min_length = 3, max_length = 32, pattern = "^[a-z0-9._-]+$", example = "ayu.lestari")]
    pub username: String,
    /// The name others see.
    #[schema(min_length = 1, max_length = 128, example = "Ayu Lestari")]
    pub display_name: String,
    /// When it was made.
    pub created_at: Time,
}

/// What to change of one's own account; what is absent or `null` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeProfile {
    /// The new name others see: 1 to 128 bytes of one line.
    #[garde(length(bytes, min = 1, max = 128))]
    #[schema(min_length = 1, max_length = 128, example = "Ayu L.")]
    pub display_name: Option<String>,
}

/// Whom to look for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchUsers {
    /// What the username begins with; upper case is folded, nothing else has a meaning.
    #[garde(length(bytes, min = 1, max = 64))]
    #[param(min_length = 1, max_length = 64, example = "ayu")]
    pub query: String,
    /// `next` of the page before.
    #[garde(skip)]
    pub after: Option<Cursor>,
    /// How many at most: 1 to 100, 50 when not given.
    #[garde(skip)]
    pub limit: Option<PageLimit>,
}

/// Accounts by username.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UserPage {
    /// The accounts.
    pub items: Vec<User>,
    /// Whether there are more.
    pub has_more: bool,
    /// Where they go on; absent when there are no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next: Option<Cursor>,
}
