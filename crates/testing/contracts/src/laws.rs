//! The laws, by what they are about.

pub mod accounts;
pub mod appends;
pub mod cursors;
pub mod delivery;
pub mod direct;
pub mod groups;
pub mod histories;
pub mod lists;
pub mod reads;
pub mod removals;
pub mod sessions;
pub mod transactions;
