//! Connections and fan-out: who is connected, and how a committed entry reaches them.
//!
//! A [`Connection`] is one open socket: a bounded queue of frames that the socket's writer drains.
//! A [`Device`] is a connection whose user is known. The [`Hub`] knows the devices of every user and,
//! split over a few shards by conversation, which devices follow which conversation.
//!
//! The hub hears of commits as a [`LiveFeed`](kabar_chats::ports::LiveFeed), which may lose, repeat or
//! reorder. For each conversation it keeps the last position it sent (`fanned`): the next one goes
//! straight out, an older one is dropped, and anything else makes it read the log after `fanned`.
//! Nothing here waits for a socket: a full queue cuts its connection off.
//!
//! With an entry goes a [`Notice`] to those it concerns, by the rules their devices carry. What others
//! read and type goes to those who follow the conversation, and may be lost. Who comes and goes is told
//! to those who watch: the hub hands out [`Transitions`], somebody else says who may know.
//!
//! What a frame says is not known here: an [`Encoder`] makes it, once for all receivers.

mod connection;
mod device;
mod directory;
mod encoder;
pub mod frame;
mod hub;

pub use connection::{Connection, Noticed, QueueLimits};
pub use device::Device;
pub use encoder::{Encoder, Notice};
pub use frame::CloseCode;
pub use hub::{
    Attach, Heartbeat, Hub, HubSettings, HubStart, Shards, Transition, Transitions, WATCH_MAX,
};
