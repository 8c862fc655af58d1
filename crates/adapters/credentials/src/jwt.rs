//! Access tokens, as signed JWTs (RFC 9068 in shape, RFC 8725 in care).

use std::{sync::Arc, time::Duration};

use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header, encode};
use kabar_kernel::{Clock, IdSource, PortError, PortResult, SessionId, Timestamp, UserId};
use kabar_users::{
    AccessClaims, AccessToken,
    ports::{AccessTokens, TokenRejected},
};
use serde::{Deserialize, Serialize};

use crate::KeyRing;

/// The `typ` of an access token (RFC 9068 §2.1): no other kind of JWT passes for one.
pub const TOKEN_TYPE: &str = "at+jwt";
/// By how much the clocks of two nodes may differ.
pub const LEEWAY: Duration = Duration::from_secs(30);
/// A longer text is not looked at. One of our tokens has about 500 bytes.
pub const MAX_TOKEN_BYTES: usize = 4096;

/// The claims on the wire: all required, none of another type.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// Signs access tokens with the newest key of a ring and verifies them with any of its keys.
///
/// The algorithm is EdDSA and nothing a token says changes that; the key is chosen among the ring's
/// by `kid`, and what a token says about other keys (`jwk`, `jku`, `x5c`, `x5u`) is not looked at.
pub struct JwtAccessTokens {
    ring: Arc<KeyRing>,
    issuer: String,
    audience: String,
    validation: Validation,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl JwtAccessTokens {
    /// Tokens of this issuer (`iss`) for this audience (`aud`).
    pub fn new(
        ring: Arc<KeyRing>,
        issuer: String,
        audience: String,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&issuer]);
        validation.set_audience(&[&audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "nbf", "exp"]);
        // Times are compared with our own clock, below: the library would ask the system's.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self { ring, issuer, audience, validation, clock, ids }
    }

    fn check(&self, token: &str) -> Result<AccessClaims, Rejection> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Rejection::Invalid("too long"));
        }
        let header = decode_header(token).map_err(|_| Rejection::Invalid("malformed header"))?;
        if header.typ.as_deref() != Some(TOKEN_TYPE) {
            return Err(Rejection::Invalid("not an access token"));
        }
        // RFC 7515 §4.1.11: whoever does not understand every critical extension must refuse.
        if header.crit.is_some() {
            return Err(Rejection::Invalid("critical extension"));
        }
        let kid = header.kid.ok_or(Rejection::Invalid("no key named"))?;
        let key = self.ring.verifying(&kid).ok_or(Rejection::Invalid("unknown key"))?;
        let claims = decode::<Claims>(token, &key.decoding, &self.validation)
            .map_err(|_| Rejection::Invalid("signature or claims"))?
            .claims;

        let issued_at = moment(claims.iat)?;
        let not_before = moment(claims.nbf)?;
        let expires_at = moment(claims.exp)?;
        let user: UserId =
            claims.sub.parse().map_err(|_| Rejection::Invalid("subject is not an id"))?;
        let session: SessionId =
            claims.sid.parse().map_err(|_| Rejection::Invalid("session is not an id"))?;
        let now = self.clock.now();
        if now >= expires_at.after(LEEWAY) {
            return Err(Rejection::Expired);
        }
        if now.after(LEEWAY) < not_before {
            return Err(Rejection::Invalid("not valid yet"));
        }
        Ok(AccessClaims { user, session, issued_at, expires_at })
    }
}

impl AccessTokens for JwtAccessTokens {
    fn issue(&self, claims: &AccessClaims) -> PortResult<AccessToken> {
        let key = self.ring.signing();
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TOKEN_TYPE.to_owned());
        header.kid = Some(key.kid.clone());
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: claims.user.to_string(),
            sid: claims.session.to_string(),
            jti: self.ids.next_id().to_string(),
            iat: claims.issued_at.as_seconds(),
            nbf: claims.issued_at.as_seconds(),
            exp: claims.expires_at.as_seconds(),
        };
        encode(&header, &claims, &key.encoding)
            .map(AccessToken::new)
            .map_err(|error| PortError::new("sign an access token", error))
    }

    fn verify(&self, token: &str) -> Result<AccessClaims, TokenRejected> {
        self.check(token).map_err(|rejection| match rejection {
            Rejection::Expired => TokenRejected::Expired,
            Rejection::Invalid(reason) => {
                tracing::debug!(reason, "rejected an access token");
                TokenRejected::Invalid
            }
        })
    }
}

/// Why a token was rejected, in more detail than its bearer learns.
enum Rejection {
    Expired,
    Invalid(&'static str),
}

/// A `NumericDate` (RFC 7519 §2) as a moment.
fn moment(seconds: i64) -> Result<Timestamp, Rejection> {
    seconds
        .checked_mul(1000)
        .map(Timestamp::from_millis)
        .ok_or(Rejection::Invalid("a time out of range"))
}
