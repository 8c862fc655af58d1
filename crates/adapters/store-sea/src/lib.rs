//! The stores of Kabar on PostgreSQL (15 and later) and SQLite, through SeaORM.
//!
//! [`SeaStore`] answers every port of storage of the domains: accounts and sessions, conversations
//! and their logs, rosters and groups. One code serves both databases; where their SQL differs, the
//! difference is in `dialect`. Rows and entities are private, and nothing public names the ORM.
//!
//! Messages are appended by *lanes* (`log::lane`): each is a task that commits whatever is waiting in
//! one transaction, so that many callers share one flush of the disk. Everything that is announced to
//! a feed is announced after its commit, from work that a dropped caller does not cancel.

mod codec;
mod connect;
mod conversations;
mod cursors;
mod dialect;
mod directory;
mod entity;
mod failure;
mod group_tx;
mod groups;
mod inbox;
mod log;
mod message_tx;
mod options;
#[cfg(test)]
mod plans;
mod preferences;
mod presence;
mod rosters;
mod sessions;
mod store;
mod users;

pub use options::SeaOptions;
pub use store::SeaStore;
