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
mod written;

use self::written::Written;

/// Every migration, oldest first.
const ALL: [Written; 2] = [
    Written { name: "m0001_foundation", statements: m0001_foundation::STATEMENTS },
    Written { name: "m0002_conversations", statements: m0002_conversations::STATEMENTS },
];

/// All migrations, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct Migrator;

#[async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        ALL.into_iter().map(|written| -> Box<dyn MigrationTrait> { Box::new(written) }).collect()
    }
}
