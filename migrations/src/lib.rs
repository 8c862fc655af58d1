//! The schema of Kabar: one set of migrations for PostgreSQL (15 and later) and SQLite (3.41 and later).
//!
//! Migrations are append-only: a released one is never edited, the next one changes what it made.
//! They are written as SQL, because most of what makes the schema hold cannot be said through the
//! builder: names of constraints, collations, fill factors, `STRICT` tables. Where the databases
//! differ in a word, `dialect` has both.
//!
//! Moments are `BIGINT` milliseconds since the Unix epoch, ids are native UUIDs (`blob` of 16 bytes
//! on SQLite), and every constraint that a store recognises by name has one.

use async_trait::async_trait;
use sea_orm_migration::{MigrationTrait, MigratorTrait};

mod dialect;
mod m0001_foundation;
mod m0002_conversations;

/// All migrations, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct Migrator;

#[async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m0001_foundation::Foundation), Box::new(m0002_conversations::Conversations)]
    }
}
