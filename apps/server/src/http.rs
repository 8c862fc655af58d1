//! The HTTP API: one endpoint a file, each of which takes what it needs out of the request, calls
//! one use case and presents what came of it. Everything that goes wrong is a [`problem`].

mod auth;
mod complete;
mod conversations;
pub(crate) mod extract;
mod groups;
pub(crate) mod guard;
pub mod health;
mod messages;
pub(crate) mod middleware;
mod notifications;
pub mod openapi;
mod pins;
pub mod problem;
mod routes;
mod unknown;
mod users;

use actix_web::web::ServiceConfig;

pub use self::auth::jwks::Jwks;
pub(crate) use self::{complete::complete, guard::Caller, messages::MessageLimit};

/// All routes, the API document with its user interface, and an answer to everything else.
///
/// Needs as application data the services, the rate limits, [`Jwks`] and a `PayloadConfig`.
pub(crate) fn configure(config: &mut ServiceConfig) {
    routes::register(config);
    openapi::register(config);
    config.default_service(actix_web::web::to(unknown::route));
}
