use std::fmt;

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::User;

/// A new account.
#[derive(Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// The name it is found by: 3 to 32 of `a-z0-9._-`. Upper case is folded.
    #[garde(length(chars, min = 3, max = 32))]
    #[schema(
        min_length = 3,
        max_length = 32,
        pattern = "^[A-Za-z0-9._-]+$",
        example = "ayu.lestari"
    )]
    pub username: String,
    /// Its password: 8 to 1 024 bytes of any text that is not among the most common ones.
    #[garde(length(bytes, min = 8, max = 1024))]
    #[schema(format = Password, min_length = 8, max_length = 1024, example = "correct horse battery")]
    pub password: String,
    /// The name others see: 1 to 128 bytes of one line; the username when not given.
    #[garde(length(bytes, min = 1, max = 128))]
    #[schema(min_length = 1, max_length = 128, example = "Ayu Lestari")]
    pub display_name: Option<String>,
}

/// An attempt to log in.
#[derive(Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    /// The username, as it was typed.
    #[garde(length(bytes, min = 1, max = 256))]
    #[schema(min_length = 1, max_length = 256, example = "ayu.lestari")]
    pub username: String,
    /// The password.
    #[garde(length(bytes, min = 1))]
    #[schema(format = Password, min_length = 1, max_length = 1024, example = "correct horse battery")]
    pub password: String,
}

/// A refresh token to exchange for new tokens.
#[derive(Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The refresh token of the last answer. It is good for one use.
    #[garde(length(bytes, min = 1, max = 1024))]
    #[schema(
        min_length = 1,
        max_length = 1024,
        example = "0198c0de-0000-7000-8000-000000000009.6f1d…"
    )]
    pub refresh_token: String,
}

/// What a client acts with.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Tokens {
    /// For the header `Authorization: Bearer …` of every request (a JWT).
    #[schema(example = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9…")]
    pub access_token: String,
    /// For the next tokens. Good for one use.
    #[schema(example = "0198c0de-0000-7000-8000-000000000009.6f1d…")]
    pub refresh_token: String,
    /// Always `Bearer`.
    #[schema(value_type = String, example = "Bearer")]
    pub token_type: &'static str,
    /// How many seconds the access token is good.
    #[schema(example = 600)]
    pub expires_in: u64,
}

/// The account and what its client acts with.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LoggedIn {
    /// The account.
    pub user: User,
    /// Its tokens.
    #[serde(flatten)]
    pub tokens: Tokens,
}

/// Everything but the secrets is shown by `Debug`.
macro_rules! hide_secrets {
    ($($name:ident { $($shown:ident),* }),+ $(,)?) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($shown), &self.$shown))*
                    .finish_non_exhaustive()
            }
        }
    )+};
}

hide_secrets! {
    Register { username, display_name },
    LogIn { username },
    Refresh {},
    Tokens { expires_in },
    LoggedIn { user },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_never_shown() {
        let log_in: LogIn =
            serde_json::from_str(r#"{"username":"ayu","password":"s3cret-s3cret"}"#).unwrap();
        assert!(!format!("{log_in:?}").contains("s3cret"));
        let refresh: Refresh = serde_json::from_str(r#"{"refresh_token":"s3cret"}"#).unwrap();
        assert!(!format!("{refresh:?}").contains("s3cret"));
    }
}
