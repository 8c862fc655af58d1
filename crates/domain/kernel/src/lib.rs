//! The words that every Kabar domain shares.
//!
//! A *conversation* is a gapless, append-only log.
//! Every durable change in it is one *entry* at the next [`Pos`]; a message carries a [`Seq`] besides.
//! The members of a conversation are its *roster*, whose changes are counted by [`RosterVersion`];
//! each member has a [`Role`].
//! An account is named by [`UserId`], one login of one device by [`SessionId`].
//!
//! Time, ids and randomness come in through [`Clock`], [`IdSource`] and [`SecretSource`], so that a
//! test can fix them; [`SystemClock`], [`SystemIds`] and [`SystemSecrets`] are the real ones.
//! A port that cannot do its work answers with a [`PortError`].
//!
//! Pure: no serialisation, no runtime, no I/O but the operating system's clock and random numbers.

mod failure;
mod ids;
mod log;
mod page;
mod roster;
mod source;
mod text;
mod time;

pub use failure::{PortError, PortResult};
pub use ids::{ConversationId, InvalidId, MessageId, SessionId, UserId};
pub use log::{Pos, RosterVersion, Seq};
pub use page::{InvalidPageSize, Page, PageSize};
pub use roster::{Role, UnknownRole};
pub use source::{Clock, IdSource, SecretSource, SystemClock, SystemIds, SystemSecrets};
pub use text::{TextFlaw, check_block, check_line};
pub use time::Timestamp;
