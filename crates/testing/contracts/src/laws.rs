//! The laws, by what they are about.

pub mod accounts;
pub mod appends;
pub mod changes;
pub mod cursors;
pub mod delivery;
pub mod direct;
pub mod groups;
pub mod histories;
pub mod inbox;
pub mod lists;
pub mod marks;
pub mod preferences;
pub mod present;
pub mod privacy;
pub mod races;
pub mod reads;
pub mod receipts;
pub mod removals;
pub mod sessions;
pub mod transactions;
