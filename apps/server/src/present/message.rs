use kabar_chats::{Forward, Message, Pin, Quote, Reaction};

use super::{id, pos, seq, time};

/// A message, in its present state.
pub(crate) fn message(message: &Message) -> kabar_wire::Message {
    kabar_wire::Message {
        id: id(message.id),
        conversation_id: id(message.conversation),
        seq: seq(message.seq),
        pos: pos(message.pos),
        author_id: id(message.author),
        client_id: message.client_id.as_str().to_owned(),
        body: message.body.as_str().to_owned(),
        reply_to: message.reply_to.map(id),
        quote: message.quote.as_deref().map(quote),
        forwarded: message.forward.map(forwarded),
        mentions: message.mentions.users.iter().copied().map(id).collect(),
        mentions_all: message.mentions.all,
        reactions: message.reactions.iter().map(reaction).collect(),
        created_at: time(message.created_at),
        edited_at: message.edited_at.map(time),
        deleted_at: message.deleted_at.map(time),
    }
}

fn quote(quote: &Quote) -> kabar_wire::Quote {
    kabar_wire::Quote {
        id: id(quote.id),
        seq: seq(quote.seq),
        author_id: id(quote.author),
        body: quote.excerpt.as_str().to_owned(),
        edited_at: quote.edited_at.map(time),
        deleted_at: quote.deleted_at.map(time),
    }
}

fn forwarded(forward: Forward) -> kabar_wire::Forwarded {
    kabar_wire::Forwarded { author_id: id(forward.author), created_at: time(forward.created_at) }
}

fn reaction(reaction: &Reaction) -> kabar_wire::Reaction {
    kabar_wire::Reaction {
        emoji: reaction.emoji.as_str().to_owned(),
        count: reaction.count,
        mine: reaction.mine,
    }
}

/// A pinned message.
pub(crate) fn pin(pin: &Pin) -> kabar_wire::Pin {
    kabar_wire::Pin { message: message(&pin.message), by: id(pin.by), at: time(pin.at) }
}
