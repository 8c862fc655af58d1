use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use kabar_chats::ClientId;

use crate::http::problem::Problem;

/// The header that says the same as `client_id`.
const HEADER: &str = "Idempotency-Key";

/// The header `Idempotency-Key`: another way to give a message its client id.
#[derive(Debug, Clone)]
pub(crate) struct IdempotencyKey(Option<ClientId>);

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut values = request.headers().get_all(HEADER);
        ready(match (values.next(), values.next()) {
            (None, _) => Ok(Self(None)),
            (Some(key), None) => String::from_utf8(key.as_bytes().to_vec())
                .ok()
                .and_then(|key| ClientId::parse(key).ok())
                .map(|key| Self(Some(key)))
                .ok_or_else(|| {
                    Problem::field(HEADER, "invalid", "must be 1 to 64 visible ASCII characters")
                }),
            (Some(_), Some(_)) => Err(Problem::field(HEADER, "duplicate", "must be given once")),
        })
    }
}

impl IdempotencyKey {
    /// The client id, from the header or from the body.
    ///
    /// # Errors
    /// The one in the body is none, or both are given and differ.
    pub(crate) fn or(self, client_id: Option<String>) -> Result<Option<ClientId>, Problem> {
        let client_id = client_id
            .map(ClientId::parse)
            .transpose()
            .map_err(|flaw| Problem::flawed("client_id", &flaw))?;
        match (self.0, client_id) {
            (Some(key), Some(client_id)) if key != client_id => Err(Problem::field(
                "client_id",
                "conflict",
                "differs from the header Idempotency-Key",
            )),
            (key, client_id) => Ok(client_id.or(key)),
        }
    }
}
