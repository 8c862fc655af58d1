//! A load generator for Kabar, over nothing but the public protocol.
//!
//! It registers accounts, opens conversations and sockets, sends at full speed or at a fixed rate,
//! and prints throughput, latency, and the CPU and memory that the server and its database spent on
//! it, read from `/proc`. While it measures it verifies: every acknowledged message reaches every
//! member's connection, in the order of `pos`, without hole or twin, and the history holds exactly
//! what was acknowledged. A run that finds otherwise fails, and says what it found.
//!
//! The generator shares the machine with what it measures, so its own CPU is kept small (own frame
//! codec, borrowed decoding, requests written into one buffer) and is printed beside the rest.
//!
//! - [`cli`]: the command line.
//! - [`scenario`]: what is measured; each builds seats and conversations and hands them to [`load`].
//! - [`load`]: one run: connect, warm up, measure, drain, verify. [`seat`] is one connection of it.
//! - [`drill`]: one operation, done again and again, that is no message.
//! - [`socket`], [`protocol`], [`api`], [`account`]: the client side of the protocol.
//! - [`verify`]: the ledger of a conversation and what every connection is checked against.
//! - [`proc`]: CPU and memory of processes. [`report`]: what is printed.

pub mod account;
pub mod api;
pub mod cli;
pub mod drill;
pub mod load;
pub mod meter;
pub mod pace;
pub mod proc;
pub mod protocol;
pub mod report;
pub mod scenario;
pub mod seat;
pub mod socket;
pub mod tag;
pub mod verify;
