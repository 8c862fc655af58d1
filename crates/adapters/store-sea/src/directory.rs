//! Which accounts may be talked to and made members.

use async_trait::async_trait;
use kabar_chats::ports::People;
use kabar_groups::ports::Directory;
use kabar_kernel::{PortResult, UserId};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect, prelude::Uuid};

use crate::{
    entity::user,
    failure::{Failure, OrPort},
    store::SeaStore,
};

impl SeaStore {
    async fn active_among(&self, users: &[UserId]) -> Result<Vec<UserId>, Failure> {
        let ids = users.iter().map(UserId::as_uuid);
        let found = user::Entity::find()
            .select_only()
            .column(user::Column::Id)
            .filter(user::Column::Id.is_in(ids).and(user::Column::DeactivatedAt.is_null()))
            .into_tuple::<Uuid>()
            .all(&self.db.reads);
        Ok(self.db.at_home(found).await?.into_iter().map(UserId::new).collect())
    }
}

#[async_trait]
impl People for SeaStore {
    async fn active(&self, user: UserId) -> PortResult<bool> {
        let found = self.active_among(&[user]).await.or_port("look an account up")?;
        Ok(!found.is_empty())
    }
}

#[async_trait]
impl Directory for SeaStore {
    async fn active(&self, users: &[UserId]) -> PortResult<Vec<UserId>> {
        self.active_among(users).await.or_port("look accounts up")
    }
}
