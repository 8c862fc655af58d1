//! The WebSocket endpoint `/v1/ws`: what NestJS calls a gateway. `docs/WS.md` is its contract.
//!
//! A socket is accepted ([`accept`]), its user recognised, and from then on its commands are answered
//! one after the other ([`connection`]), while the hub pushes what happens into its
//! queue. Commands call the same service methods as the HTTP endpoints.

mod accept;
mod answer;
mod authenticate;
mod body;
mod change;
mod command;
mod connection;
mod cursor;
mod encode;
mod forward;
mod frame_guard;
mod gateway;
mod incoming;
mod origin;
mod renew;
mod send;
mod socket;
mod sync;
mod typing;
mod watch;

pub(crate) use self::{
    accept::configure,
    encode::JsonEncoder,
    gateway::{Gateway, GatewayServices, GatewaySettings},
};
