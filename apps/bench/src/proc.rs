//! CPU and memory of processes, from Linux's `/proc`.

mod listener;
mod machine;
mod stat;
mod usage;

pub use listener::listening_pid;
pub use machine::machine;
pub use usage::{Probe, Spent, Usage};
