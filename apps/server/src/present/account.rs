use kabar_users::{LoggedIn, Privacy, Tokens, User};

use super::{id, time};

/// An account, as everybody may see it.
pub(crate) fn user(user: &User) -> kabar_wire::User {
    kabar_wire::User {
        id: id(user.id),
        username: user.username.as_str().to_owned(),
        display_name: user.display_name.as_str().to_owned(),
        created_at: time(user.created_at),
    }
}

/// Tokens, for the client they were made for.
pub(crate) fn tokens(tokens: &Tokens) -> kabar_wire::Tokens {
    kabar_wire::Tokens {
        access_token: tokens.access.as_str().to_owned(),
        refresh_token: tokens.refresh.to_string(),
        token_type: "Bearer",
        expires_in: tokens.expires_in.as_secs(),
    }
}

/// An account with its tokens.
pub(crate) fn logged_in(logged_in: &LoggedIn) -> kabar_wire::LoggedIn {
    kabar_wire::LoggedIn { user: user(&logged_in.user), tokens: tokens(&logged_in.tokens) }
}

/// What an account shows of itself, for its own devices only.
pub(crate) const fn privacy(privacy: Privacy) -> kabar_wire::Privacy {
    kabar_wire::Privacy {
        receipts: privacy.receipts,
        typing: privacy.typing,
        presence: privacy.presence,
    }
}
