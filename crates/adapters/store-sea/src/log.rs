//! The log of every conversation: appended by lanes, read in one statement each.

mod closing;
pub(crate) mod fast;
mod insert;
mod lane;
mod lanes;
pub(crate) mod notices;
mod outcome;
pub(crate) mod read;
mod set;
pub(crate) mod slow;

pub(crate) use self::{
    closing::Committer,
    lanes::Lanes,
    outcome::Place,
    set::{ids, texts},
};
