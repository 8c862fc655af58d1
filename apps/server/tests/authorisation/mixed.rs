//! Ids of two conversations in one request, by somebody who may do anything in one of them.

use anyhow::{Context as _, bail, ensure};
use kabar_testkit::client::{Account, Answer, HttpClient};
use serde_json::json;

use crate::{
    cast::{Cast, post},
    operations::{Ids, Operation},
    over_http::NOTHING,
    server::{Flaws, ensure_alike, walk},
    table::{Actor, MixedRow, Of, Table},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_of_two_conversations_are_never_taken_together_on_sqlite() -> anyhow::Result<()> {
    walk(false, every_mixture).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_of_two_conversations_are_never_taken_together_on_postgres() -> anyhow::Result<()> {
    walk(true, every_mixture).await
}

/// Two groups of the caller's, and what stands in the second and elsewhere.
struct Scene<'a> {
    owner: &'a Account,
    group: String,
    other_group: String,
    /// The caller's own, in the other group.
    own_message: String,
    /// Of a conversation that the caller is not in.
    foreign_message: String,
    /// Who is a member of the other group only.
    member: &'a Account,
}

async fn every_mixture(http: &HttpClient) -> anyhow::Result<()> {
    let cast = Cast::gather(http).await?;
    let owner = cast.actor(Actor::Owner).context("an owner")?;
    let (stranger, member) = (cast.other(Of::Other)?, cast.other(Of::Moderator)?);
    let group = owner.http.create_group("Climbing", &[&stranger.id]).await?;
    let other_group = owner.http.create_group("Diving", &[&member.id]).await?;
    let own_message = post(owner, &other_group).await?;
    let notes = stranger.http.open_direct(&stranger.id).await?;
    let foreign_message = post(stranger, &notes).await?;
    let scene = Scene { owner, group, other_group, own_message, foreign_message, member };
    let operations = Operation::all()?;
    let mut flaws = Flaws::default();
    for row in Table::read()?.mixed {
        let operation = operations.get(&row.operation).context("an operation")?;
        let place = format!("{} with {}", row.operation, row.what);
        flaws.note(&place, scene.mix(operation, &row).await);
    }
    flaws.none()
}

impl Scene<'_> {
    async fn mix(&self, operation: &Operation, row: &MixedRow) -> anyhow::Result<()> {
        let before = self.state().await?;
        let mixed_in = match row.what.as_str() {
            what if what.ends_with("message of another conversation of one's own") => {
                &self.own_message
            }
            what if what.ends_with("message of a conversation of others") => &self.foreign_message,
            "member of another group of one's own" => &self.member.id,
            other => bail!("{other} is not known here"),
        };
        let answer = self.attempt(operation, mixed_in).await?;
        let code = row.expected.code.as_deref().unwrap_or_default();
        ensure!(
            (answer.status, answer.code()) == (row.expected.status, code),
            "expected {code}, got {}",
            answer.text
        );
        ensure_alike(&answer, &self.attempt(operation, NOTHING).await?)?;
        ensure!(self.state().await? == before, "it was refused, and done");
        Ok(())
    }

    async fn attempt(&self, operation: &Operation, mixed_in: &str) -> anyhow::Result<Answer> {
        let ids = Ids {
            conversation: self.group.clone(),
            message: mixed_in.to_owned(),
            user: mixed_in.to_owned(),
            source: (self.group.clone(), mixed_in.to_owned()),
            ..Ids::default()
        };
        let reply = json!({"body": "hello", "reply_to": mixed_in});
        let body = (operation.name == "sendMessage").then_some(&reply);
        operation.attempt(&self.owner.http, &ids, body).await
    }

    /// All that a mixture could have changed.
    async fn state(&self) -> anyhow::Result<Vec<String>> {
        let mut state = Vec::new();
        for group in [&self.group, &self.other_group] {
            for path in [
                format!("/v1/groups/{group}"),
                format!("/v1/groups/{group}/members"),
                format!("/v1/conversations/{group}/messages"),
                format!("/v1/conversations/{group}/pins"),
            ] {
                state.push(self.owner.http.get(&path).await?.text);
            }
        }
        Ok(state)
    }
}
