//! The log of every conversation: appended by lanes, read in one statement each.

mod fast;
mod lane;
mod lanes;
mod outcome;
mod read;
mod set;
mod slow;

pub(crate) use lanes::Lanes;
