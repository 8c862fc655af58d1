//! A migration that is written as SQL.

use async_trait::async_trait;
use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager,
    sea_orm::{ConnectionTrait, DbErr},
};

use crate::dialect::translate;

/// Statements that are run one after the other, all of them or none.
pub(crate) struct Written {
    /// What the databases remember it by: never to be changed once it is released.
    pub(crate) name: &'static str,
    pub(crate) statements: &'static [&'static str],
}

impl MigrationName for Written {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait]
impl MigrationTrait for Written {
    /// On SQLite too, so that a migration that was cut off half-way leaves nothing.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    #[expect(
        elided_lifetimes_in_paths,
        reason = "the trait's own spelling, or the lifetimes do not match"
    )]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in self.statements {
            let sql = translate(statement, manager.get_database_backend());
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }
}
