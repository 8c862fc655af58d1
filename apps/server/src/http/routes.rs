//! The one table of routes: what is registered, what the document describes, and what tests walk
//! through.

use actix_web::web::{self, ServiceConfig};

use super::{
    auth, conversations, groups, messages, notifications, pins, problem::ProblemCode, unknown,
    users,
};

/// One operation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    /// The method, in upper case.
    pub(crate) method: &'static str,
    /// The path, its ids in braces.
    pub(crate) path: &'static str,
    /// The problems it answers besides those that follow from its shape (see the API document).
    pub(crate) problems: &'static [ProblemCode],
}

/// Declares the table. Each endpoint is a module with `endpoint`, its handler, and `PROBLEMS`.
macro_rules! routes {
    ($($path:literal: $allow:literal { $($method:ident $verb:literal $area:ident::$module:ident),+ })+) => {
        /// Every operation.
        pub(crate) const ROUTES: &[Route] = &[$($(
            Route { method: $verb, path: $path, problems: $area::$module::PROBLEMS },
        )+)+];

        /// Registers every route.
        pub(super) fn register(config: &mut ServiceConfig) {
            $(
                config.service(
                    web::resource($path)
                        $(.route(web::$method().to($area::$module::endpoint)))+
                        .default_service(web::to(|| unknown::method($allow))),
                );
            )+
        }

        /// What `utoipa` gathers from the endpoints of the table, and the schemas that only
        /// parameters have, which it does not gather.
        #[derive(utoipa::OpenApi)]
        #[openapi(
            paths($($($area::$module::endpoint),+),+),
            components(schemas(kabar_wire::PageLimit, kabar_wire::OnlyUnread))
        )]
        pub(super) struct Endpoints;
    };
}

// More particular paths stand before those with an id in the same place.
routes! {
    "/.well-known/jwks.json": "GET" { get "GET" auth::jwks }
    "/v1/auth/register": "POST" { post "POST" auth::register }
    "/v1/auth/login": "POST" { post "POST" auth::log_in }
    "/v1/auth/refresh": "POST" { post "POST" auth::refresh }
    "/v1/auth/logout": "POST" { post "POST" auth::log_out }
    "/v1/users": "GET" { get "GET" users::search }
    "/v1/users/me": "GET, PATCH" { get "GET" users::me, patch "PATCH" users::change_me }
    "/v1/users/me/privacy": "GET, PATCH" { get "GET" users::privacy, patch "PATCH" users::change_privacy }
    "/v1/users/{user}": "GET" { get "GET" users::show }
    "/v1/users/{user}/presence": "GET" { get "GET" users::presence }
    "/v1/conversations": "GET" { get "GET" conversations::list }
    "/v1/conversations/direct": "POST" { post "POST" conversations::open_direct }
    "/v1/conversations/{conversation}": "GET" { get "GET" conversations::show }
    "/v1/conversations/{conversation}/entries": "GET" { get "GET" conversations::entries }
    "/v1/conversations/{conversation}/read": "PUT" { put "PUT" conversations::mark_read }
    "/v1/conversations/{conversation}/delivered": "PUT" { put "PUT" conversations::mark_delivered }
    "/v1/conversations/{conversation}/unread": "PUT" { put "PUT" conversations::mark_unread }
    "/v1/conversations/{conversation}/receipts": "GET" { get "GET" conversations::receipts }
    "/v1/conversations/{conversation}/settings": "GET, PUT" { get "GET" conversations::settings, put "PUT" conversations::change_settings }
    "/v1/conversations/{conversation}/messages": "GET, POST" { get "GET" messages::list, post "POST" messages::send }
    "/v1/conversations/{conversation}/messages/{message}": "GET, PATCH, DELETE" { get "GET" messages::show, patch "PATCH" messages::edit, delete "DELETE" messages::remove }
    "/v1/conversations/{conversation}/messages/{message}/receipts": "GET" { get "GET" messages::receipts }
    "/v1/conversations/{conversation}/messages/{message}/reactions/{emoji}": "PUT, DELETE" { put "PUT" messages::react, delete "DELETE" messages::unreact }
    "/v1/conversations/{conversation}/forwards": "POST" { post "POST" messages::forward }
    "/v1/conversations/{conversation}/pins": "GET" { get "GET" pins::list }
    "/v1/conversations/{conversation}/pins/{message}": "PUT, DELETE" { put "PUT" pins::pin, delete "DELETE" pins::unpin }
    "/v1/notifications": "GET" { get "GET" notifications::list }
    "/v1/notifications/read": "POST" { post "POST" notifications::mark_read }
    "/v1/notifications/settings": "GET, PUT" { get "GET" notifications::settings, put "PUT" notifications::change_settings }
    "/v1/groups": "POST" { post "POST" groups::create }
    "/v1/groups/{group}": "GET, PATCH" { get "GET" groups::show, patch "PATCH" groups::change }
    "/v1/groups/{group}/members": "GET, POST" { get "GET" groups::members, post "POST" groups::add_members }
    "/v1/groups/{group}/members/{user}": "PATCH, DELETE" { patch "PATCH" groups::change_role, delete "DELETE" groups::remove_member }
    "/v1/groups/{group}/leave": "POST" { post "POST" groups::leave }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn allow_names_exactly_the_methods_of_a_path() {
        let mut methods: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for route in ROUTES {
            methods.entry(route.path).or_default().push(route.method);
        }
        let mut config =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/http/routes.rs"))
                .unwrap();
        config.truncate(config.find("#[cfg(test)]").unwrap());
        for (path, methods) in methods {
            let allow = methods.join(", ");
            assert!(config.contains(&format!("\"{path}\": \"{allow}\" {{")), "{path}: {allow}");
        }
    }
}
