//! The log of every conversation: appended by lanes, read in one statement each.

mod closing;
pub(crate) mod fast;
mod lane;
mod lanes;
mod outcome;
pub(crate) mod read;
mod set;
mod slow;

pub(crate) use self::{closing::Committer, lanes::Lanes};
