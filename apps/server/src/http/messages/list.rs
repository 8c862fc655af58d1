use actix_web::web::{self, Data};
use kabar_chats::{Chats, ReadLogError, ReadMessages, Window};
use kabar_kernel::Seq;

use crate::{
    http::{
        Caller,
        extract::{ConversationPath, Query, page_size},
        problem::{Problem, ProblemCode},
    },
    present,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[ProblemCode::ChatConversationNotFound];

/// Messages of a conversation
///
/// In ascending order of `seq`: the last ones, or those before, after or around one. At most one of
/// `before`, `after` and `around` may be given. Each message is shown as it is now, with its reactions.
#[utoipa::path(
    get,
    path = "/v1/conversations/{conversation}/messages",
    operation_id = "listMessages",
    tag = "messages",
    params(
        ("conversation" = kabar_wire::Id, Path, description = "The conversation."),
        kabar_wire::ReadMessages,
    ),
    responses((status = 200, description = "A page of messages.", body = kabar_wire::MessagePage)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: ConversationPath,
    query: Query<kabar_wire::ReadMessages>,
    chats: Data<Chats>,
) -> Result<web::Json<kabar_wire::MessagePage>, Problem> {
    let window = window(&query.0)?;
    let page = chats
        .messages(ReadMessages {
            conversation: path.conversation,
            reader: caller.user,
            window,
            size: page_size(query.0.limit),
        })
        .await?;
    Ok(web::Json(kabar_wire::MessagePage {
        items: page.items.iter().map(present::message).collect(),
        has_more: match window {
            Window::Latest | Window::Before(_) => page.has_before,
            Window::After(_) => page.has_after,
            Window::Around(_) => page.has_before || page.has_after,
        },
        has_before: page.has_before,
        has_after: page.has_after,
        head: present::pos(page.head),
    }))
}

fn window(query: &kabar_wire::ReadMessages) -> Result<Window, Problem> {
    let seq = |seq: kabar_wire::Seq| Seq::new(seq.get());
    match (query.before, query.after, query.around) {
        (None, None, None) => Ok(Window::Latest),
        (Some(before), None, None) => Ok(Window::Before(seq(before))),
        (None, Some(after), None) => Ok(Window::After(seq(after))),
        (None, None, Some(around)) => Ok(Window::Around(seq(around))),
        _ => Err(Problem::field(
            if query.before.is_some() { "before" } else { "after" },
            "conflict",
            "at most one of before, after and around may be given",
        )),
    }
}

impl From<ReadLogError> for Problem {
    fn from(error: ReadLogError) -> Self {
        match error {
            ReadLogError::ConversationNotFound => Self::new(ProblemCode::ChatConversationNotFound),
            ReadLogError::MessageNotFound => Self::new(ProblemCode::ChatMessageNotFound),
            ReadLogError::Port(error) => error.into(),
        }
    }
}
