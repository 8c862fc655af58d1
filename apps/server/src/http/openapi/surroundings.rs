//! What the server answers besides the API's endpoints.

use utoipa::openapi::{
    ContentBuilder, OpenApi, ResponseBuilder,
    path::{Operation, OperationBuilder},
    schema::{ObjectBuilder, Type},
    security::SecurityRequirement,
};

use super::problems;
use crate::http::problem::ProblemCode;

/// What a WebSocket is for, and where to read on.
const SOCKET: &str = "\
Upgrades to a WebSocket (RFC 6455) of JSON text frames `{\"event\": …, \"data\": …}`: commands with an \
`id` up, `ack` and `error` with the same `id` down, and `entry` for each change of one's \
conversations as it happens.

Authenticate with the header `Authorization: Bearer …`, or, where a browser cannot set it, with the \
first frame `{\"event\":\"auth\",\"data\":{\"token\":\"…\"}}` within 5 s. A page of another host needs \
its origin to be allowed by the configuration.

`docs/WS.md` describes the protocol: frames, resume with `sync`, close codes and when to reconnect. \
This page cannot try it out.";

pub(super) fn describe(document: &mut OpenApi) {
    let mut socket = OperationBuilder::new()
        .tag("live")
        .operation_id(Some("openSocket"))
        .summary(Some("Live delivery"))
        .description(Some(SOCKET))
        .response("101", ResponseBuilder::new().description("The socket is open."))
        .security(SecurityRequirement::new("bearer", Vec::<String>::new()))
        .security(SecurityRequirement::default())
        .build();
    problems::add(
        &mut socket,
        [
            ProblemCode::AuthTokenInvalid,
            ProblemCode::AuthTokenExpired,
            ProblemCode::AuthSessionEnded,
            ProblemCode::RequestOriginRefused,
            ProblemCode::RequestInvalid,
            ProblemCode::RequestUpgradeRequired,
            ProblemCode::ServiceFailure,
            ProblemCode::ServiceUnavailable,
            ProblemCode::ServiceOverloaded,
            ProblemCode::ServiceDraining,
        ],
    );
    problems::insert(document, "/v1/ws", socket);

    let live = health("getLive", "Whether the process lives", "It answers for as long as it runs.");
    problems::insert(document, "/health/live", live);
    let mut ready = health(
        "getReady",
        "Whether to send requests here",
        "The database answers, and nobody has told the server to end.",
    );
    problems::add(&mut ready, [ProblemCode::ServiceUnavailable, ProblemCode::ServiceDraining]);
    problems::insert(document, "/health/ready", ready);
}

fn health(id: &str, summary: &str, description: &str) -> Operation {
    let status = ObjectBuilder::new()
        .property("status", ObjectBuilder::new().schema_type(Type::String).examples(["live"]));
    let content = ContentBuilder::new().schema(Some(status)).build();
    OperationBuilder::new()
        .tag("operations")
        .operation_id(Some(id))
        .summary(Some(summary))
        .description(Some(description))
        .response(
            "200",
            ResponseBuilder::new().description("Yes.").content("application/json", content),
        )
        .build()
}
