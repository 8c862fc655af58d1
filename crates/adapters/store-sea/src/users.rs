//! Accounts and the hashes of their passwords.

use async_trait::async_trait;
use kabar_kernel::{Page, PageSize, PortResult, Timestamp, UserId};
use kabar_users::{
    DisplayName, ProfileChange, User, Username,
    ports::{CreateUser, CredentialStore, HashedPassword, UserStore},
};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};

use crate::{
    entity::{credential, user},
    failure::{Failure, OrPort},
    store::SeaStore,
};

fn row_of(user: &User) -> user::ActiveModel {
    user::Model {
        id: user.id.as_uuid(),
        username: user.username.as_str().to_owned(),
        display_name: user.display_name.as_str().to_owned(),
        created_at: user.created_at.as_millis(),
        deactivated_at: user.deactivated_at.map(Timestamp::as_millis),
    }
    .into()
}

fn user_of(row: &user::Model) -> Result<User, Failure> {
    Ok(User {
        id: UserId::new(row.id),
        username: Username::parse(&row.username).map_err(|_| Failure::Unreadable("username"))?,
        display_name: DisplayName::parse(&row.display_name)
            .map_err(|_| Failure::Unreadable("display name"))?,
        created_at: Timestamp::from_millis(row.created_at),
        deactivated_at: row.deactivated_at.map(Timestamp::from_millis),
    })
}

/// The first text beyond all usernames with this prefix: no username has a character that sorts
/// after the last one there is. `None` when no username can have the prefix.
fn end_of_prefix(prefix: &str) -> Option<String> {
    let possible = prefix.len() <= Username::MAX
        && prefix.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'));
    possible.then(|| format!("{prefix}{}", char::MAX))
}

impl SeaStore {
    async fn create_user(
        &self,
        user: &User,
        password: &HashedPassword,
    ) -> Result<CreateUser, Failure> {
        let tx = self.db.begin().await?;
        let inserted = user::Entity::insert(row_of(user))
            .on_conflict(OnConflict::column(user::Column::Username).do_nothing().to_owned())
            .exec_without_returning(&tx)
            .await?;
        if inserted == 0 {
            tx.rollback().await?;
            return Ok(CreateUser::UsernameTaken);
        }
        let row = credential::Model {
            user_id: user.id.as_uuid(),
            password_hash: password.as_str().to_owned(),
        };
        credential::Entity::insert(credential::ActiveModel::from(row))
            .exec_without_returning(&tx)
            .await?;
        tx.commit().await?;
        Ok(CreateUser::Created)
    }

    async fn users_where(
        &self,
        condition: impl sea_orm::sea_query::IntoCondition,
    ) -> Result<Vec<User>, Failure> {
        let found = user::Entity::find().filter(condition).all(&self.db.reads);
        let rows = self.db.at_home(found).await?;
        rows.iter().map(user_of).collect()
    }
}

#[async_trait]
impl UserStore for SeaStore {
    async fn create(&self, user: &User, password: &HashedPassword) -> PortResult<CreateUser> {
        self.create_user(user, password).await.or_port("create an account")
    }

    async fn by_id(&self, user: UserId) -> PortResult<Option<User>> {
        let found = self.users_where(user::Column::Id.eq(user.as_uuid())).await;
        Ok(found.or_port("read an account")?.pop())
    }

    async fn by_ids(&self, users: &[UserId]) -> PortResult<Vec<User>> {
        let ids = users.iter().map(UserId::as_uuid);
        self.users_where(user::Column::Id.is_in(ids)).await.or_port("read accounts")
    }

    async fn by_username(&self, username: &Username) -> PortResult<Option<User>> {
        let found = self.users_where(user::Column::Username.eq(username.as_str())).await;
        Ok(found.or_port("read an account by its username")?.pop())
    }

    async fn change_profile(
        &self,
        user: UserId,
        change: &ProfileChange,
    ) -> PortResult<Option<User>> {
        if let Some(name) = &change.display_name {
            let changed = user::Entity::update_many()
                .col_expr(user::Column::DisplayName, Expr::value(name.as_str()))
                .filter(user::Column::Id.eq(user.as_uuid()))
                .exec(&self.db.writes);
            self.db.at_home(changed).await.or_port("change an account")?;
        }
        UserStore::by_id(self, user).await
    }

    async fn search(
        &self,
        prefix: &str,
        after: Option<Username>,
        size: PageSize,
    ) -> PortResult<Page<User>> {
        let Some(end) = end_of_prefix(prefix) else {
            return Ok(Page::default());
        };
        // A range, not LIKE: it uses the index and knows no wildcards.
        let mut found = user::Entity::find()
            .filter(user::Column::Username.gte(prefix).and(user::Column::Username.lt(end)))
            .order_by_asc(user::Column::Username)
            .limit(size.overfetch());
        if let Some(after) = after {
            found = found.filter(user::Column::Username.gt(after.as_str()));
        }
        let found = found.all(&self.db.reads);
        let rows = self.db.at_home(found).await.or_port("search accounts")?;
        let users: Result<Vec<User>, Failure> = rows.iter().map(user_of).collect();
        Ok(Page::from_overfetch(users.or_port("search accounts")?, size))
    }
}

#[async_trait]
impl CredentialStore for SeaStore {
    async fn password_hash(&self, user: UserId) -> PortResult<Option<HashedPassword>> {
        let found = credential::Entity::find_by_id(user.as_uuid()).one(&self.db.reads);
        let row = self.db.at_home(found).await.or_port("read a password hash")?;
        Ok(row.map(|row| HashedPassword::new(row.password_hash)))
    }

    async fn replace(
        &self,
        user: UserId,
        expected: &HashedPassword,
        new: &HashedPassword,
    ) -> PortResult<bool> {
        let replaced = credential::Entity::update_many()
            .col_expr(credential::Column::PasswordHash, Expr::value(new.as_str()))
            .filter(
                credential::Column::UserId
                    .eq(user.as_uuid())
                    .and(credential::Column::PasswordHash.eq(expected.as_str())),
            )
            .exec(&self.db.writes);
        let done = self.db.at_home(replaced).await.or_port("replace a password hash")?;
        Ok(done.rows_affected > 0)
    }
}
