//! A client as an app would have it.

mod http;
mod inbox;
mod log;
pub mod reference;
mod socket;

pub use self::{
    http::{Account, Answer, HttpClient, PASSWORD},
    inbox::{Closed, Event},
    log::LogCheck,
    socket::{Auth, Reply, Upgrade, WsClient, raw_socket},
};
