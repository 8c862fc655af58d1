//! Who tries what is in the table, and what they try it on: made anew for every cell, so that none of
//! them sees what another one did.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use kabar_kernel::{IdSource as _, SystemIds};
use kabar_testkit::client::{Account, HttpClient};
use serde_json::{Value, json};

use crate::{
    operations::{Ids, Operation},
    table::{Actor, Of, Place, Row},
};

/// Everybody. Those who try, and those whose things they try it on.
#[derive(Debug)]
pub(crate) struct Cast {
    pub(crate) http: HttpClient,
    actors: BTreeMap<Actor, Account>,
    others: BTreeMap<Of, Account>,
    newcomer: Account,
}

/// One cell's scene.
#[derive(Debug)]
pub(crate) struct Scene {
    /// Who tries; nobody's client has no token.
    pub(crate) client: HttpClient,
    pub(crate) ids: Ids,
}

impl Cast {
    pub(crate) async fn gather(http: &HttpClient) -> anyhow::Result<Self> {
        let mut actors = BTreeMap::new();
        for (actor, name) in [
            (Actor::Stranger, "stranger"),
            (Actor::FormerMember, "former"),
            (Actor::Member, "member"),
            (Actor::Moderator, "moderator"),
            (Actor::Administrator, "administrator"),
            (Actor::Owner, "owner"),
        ] {
            actors.insert(actor, http.register(name).await?);
        }
        let mut others = BTreeMap::new();
        for (of, name) in [
            (Of::Other, "other.member"),
            (Of::Moderator, "other.moderator"),
            (Of::Administrator, "other.administrator"),
            (Of::Owner, "other.owner"),
        ] {
            others.insert(of, http.register(name).await?);
        }
        let newcomer = http.register("newcomer").await?;
        let cast = Self { http: http.clone(), actors, others, newcomer };
        // Everybody has notes, knows the other member, and has something in their inbox.
        let everybody: Vec<_> = cast.actors.values().chain([cast.other(Of::Other)?]).collect();
        let members: Vec<_> = everybody.iter().map(|account| account.id.as_str()).collect();
        cast.newcomer.http.create_group("Everybody", &members).await?;
        for account in everybody {
            account.http.open_direct(&account.id).await?;
            account.http.open_direct(&cast.other(Of::Other)?.id).await?;
        }
        Ok(cast)
    }

    pub(crate) fn actor(&self, actor: Actor) -> Option<&Account> {
        self.actors.get(&actor)
    }

    pub(crate) fn other(&self, of: Of) -> anyhow::Result<&Account> {
        self.others.get(&of).with_context(|| format!("nobody plays {of:?}"))
    }

    /// Whose message or membership it is. What would be nobody's own is the other member's.
    fn whose(&self, of: Of, actor: Actor) -> anyhow::Result<&Account> {
        match (of, self.actor(actor)) {
            (Of::Own, Some(account)) => Ok(account),
            (Of::Own | Of::Nothing, _) => self.other(Of::Other),
            (other, _) => self.other(other),
        }
    }

    /// The scene of one cell.
    pub(crate) async fn set(
        &self,
        operation: &Operation,
        row: &Row,
        actor: Actor,
    ) -> anyhow::Result<Scene> {
        let account = self.actor(actor);
        let whose = self.whose(row.of, actor)?;
        let mut client = account.map_or_else(|| self.http.anonymous(), |it| it.http.clone());
        let mut ids = Ids {
            user: whose.id.clone(),
            newcomer: self.newcomer.id.clone(),
            name: account.unwrap_or(&self.newcomer).username.clone(),
            refresh_token: "nobody's".to_owned(),
            ..Ids::default()
        };
        match row.place {
            Place::Group => self.set_group(&mut ids, operation, row, actor).await?,
            Place::Direct => self.set_direct(&mut ids, operation, row, actor).await?,
            Place::Nowhere => {}
        }
        match operation.name.as_str() {
            "forwardMessage" => {
                let notes = whose.http.open_direct(&whose.id).await?;
                let message = post(whose, &notes).await?;
                ids.source = (notes, message);
            }
            "markNotificationsRead" => {
                let inbox = whose.http.get("/v1/notifications").await?.expect(200)?;
                ids.notification = text(&inbox, "/items/0/id")?;
            }
            "refresh" | "logOut" if account.is_some() => {
                let session = self.http.log_in(&ids.name).await?;
                ids.refresh_token.clone_from(&session.refresh_token);
                client = session.http;
            }
            _ => {}
        }
        Ok(Scene { client, ids })
    }

    async fn set_group(
        &self,
        ids: &mut Ids,
        operation: &Operation,
        row: &Row,
        actor: Actor,
    ) -> anyhow::Result<()> {
        let founder = self.other(Of::Owner)?;
        let account = self.actor(actor).filter(|_| actor != Actor::Stranger);
        let whose = self.whose(row.of, actor)?;
        let bystander = self.other(Of::Other)?;
        let mut members = vec![bystander.id.as_str()];
        if row.of != Of::Own {
            members.push(&whose.id);
        }
        members.extend(account.map(|account| account.id.as_str()));
        let group = founder.http.create_group("Climbing", &members).await?;
        let member = |account: &Account| format!("/v1/groups/{group}/members/{}", account.id);
        let role = match row.of {
            Of::Moderator => Some("moderator"),
            Of::Administrator => Some("admin"),
            Of::Nothing | Of::Own | Of::Other | Of::Owner => None,
        };
        if let Some(role) = role {
            founder.http.patch(&member(whose), &json!({"role": role})).await?.expect(200)?;
        }
        let role = match actor {
            Actor::Moderator => Some("moderator"),
            Actor::Administrator => Some("admin"),
            Actor::Owner => Some("owner"),
            Actor::Nobody | Actor::Stranger | Actor::FormerMember | Actor::Member => None,
        };
        if let (Some(role), Some(account)) = (role, account) {
            founder.http.patch(&member(account), &json!({"role": role})).await?.expect(200)?;
        }
        if operation.path.contains("{message}") {
            ids.message = self.write(whose, &group, row.of, actor).await?;
        }
        if let (Actor::FormerMember, Some(account)) = (actor, account) {
            founder.http.delete(&member(account)).await?.expect(204)?;
        }
        ids.conversation = group;
        Ok(())
    }

    async fn set_direct(
        &self,
        ids: &mut Ids,
        operation: &Operation,
        row: &Row,
        actor: Actor,
    ) -> anyhow::Result<()> {
        let member = self.actor(Actor::Member).context("a member")?;
        let direct = member.http.open_direct(&self.other(Of::Other)?.id).await?;
        if operation.path.contains("{message}") {
            let whose = self.whose(row.of, actor)?;
            ids.message = self.write(whose, &direct, row.of, actor).await?;
        }
        ids.conversation = direct;
        Ok(())
    }

    /// A message of somebody's in the conversation; a stranger's own stands in their notes.
    async fn write(
        &self,
        whose: &Account,
        conversation: &str,
        of: Of,
        actor: Actor,
    ) -> anyhow::Result<String> {
        if (of, actor) == (Of::Own, Actor::Stranger) {
            let notes = whose.http.open_direct(&whose.id).await?;
            return post(whose, &notes).await;
        }
        post(whose, conversation).await
    }

    /// The last position of a group's log.
    pub(crate) async fn head(&self, group: &str) -> anyhow::Result<u64> {
        let founder = self.other(Of::Owner)?;
        let group = founder.http.get(&format!("/v1/conversations/{group}")).await?.expect(200)?;
        group["head"].as_u64().context("a head")
    }
}

/// Posts a message and answers its id.
pub(crate) async fn post(by: &Account, conversation: &str) -> anyhow::Result<String> {
    let client_id = SystemIds.next_id().to_string();
    let message = by.http.post_message(conversation, &client_id, "hello").await?;
    text(&message, "/id")
}

pub(crate) fn text(body: &Value, pointer: &str) -> anyhow::Result<String> {
    let found = body.pointer(pointer).and_then(Value::as_str);
    let found = found.with_context(|| format!("no {pointer} in {body}"))?;
    ensure!(!found.is_empty(), "an empty {pointer} in {body}");
    Ok(found.to_owned())
}
