//! The hub over the stores in memory: who is sent what, in which order, whatever hints do.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test whose scene cannot be set has to fail"
)]

mod closing;
mod hints;
mod lines;
mod members;
mod notices;
mod presence;
mod receipts;
mod replay;
mod stage;
mod typing;
mod wishes;
