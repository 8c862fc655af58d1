//! The Kabar chat server: configuration, wiring, HTTP, WebSocket.
//!
//! [`config`] reads what the operator wants, [`wiring`] makes the adapters and services of it, and
//! [`serve`] answers requests with them until it is told to stop. [`cli`] is the command line in
//! front of that. No other crate knows HTTP, and no module but `wiring` names an adapter.

pub mod cli;
pub mod config;
mod drain;
pub mod http;
mod presence;
mod present;
pub mod rate_limits;
pub mod serve;
mod session_cache;
pub mod telemetry;
pub mod wiring;
mod ws;
