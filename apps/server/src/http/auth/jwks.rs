use actix_web::{
    HttpResponse,
    http::header::{CacheControl, CacheDirective},
    web::Data,
};
use serde_json::Value;

use crate::http::problem::ProblemCode;

/// The public keys that access tokens are checked with: a JWK set (RFC 7517).
#[derive(Debug, Clone)]
pub struct Jwks(pub Value);

pub(crate) const PROBLEMS: &[ProblemCode] = &[];

/// The public keys of the access tokens
///
/// A JWK set (RFC 7517) with which other services check access tokens themselves. A token of a
/// session that was ended stays valid by its signature until it expires: who must know asks the API.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    operation_id = "getKeys",
    tag = "auth",
    responses((status = 200, description = "The keys.", body = Value, example = json!({
        "keys": [{
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
            "kid": "2f1c3f6e8a4d4c1b", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
        }]
    }))),
)]
pub(crate) async fn endpoint(keys: Data<Jwks>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(CacheControl(vec![CacheDirective::Public, CacheDirective::MaxAge(300)]))
        .json(&keys.0)
}
