use std::sync::Arc;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize, de::IgnoredAny};

use super::Bench;
use crate::{
    account::Account,
    api::{Api, Conversation},
    cli::Group,
    load::{self, Plan, Setting},
    report::Measured,
    seat::Place,
    verify::{Base, Ledger},
};

/// Members that are added by one request.
const ADDED_AT_ONCE: usize = 100;

#[derive(Serialize)]
struct CreateGroup<'a> {
    name: &'a str,
}

#[derive(Deserialize)]
struct Created {
    id: String,
}

#[derive(Serialize)]
struct AddMembers<'a> {
    user_ids: &'a [&'a str],
}

impl Bench {
    /// One group: a few send, everybody receives.
    pub(super) async fn group(&mut self, asked: &Group) -> anyhow::Result<Measured> {
        ensure!(asked.senders <= asked.members, "a group has no more senders than members");
        let accounts = self.accounts.take(asked.members.into()).await?;
        let (owner, others) = accounts.split_first().context("a group has an owner")?;
        let others: Vec<&str> = others.iter().map(|account| account.id.as_str()).collect();
        let conversation =
            gather(&self.api, &format!("Bench {}", self.run), owner, &others).await?;
        let base = Base { pos: conversation.head, seq: conversation.last_seq };
        let ledger = Arc::new(Ledger::new(conversation.id, base));
        let place = |(number, account): (u16, &Account)| Place {
            account: account.clone(),
            ledger: Arc::clone(&ledger),
            sender: (number < asked.senders).then_some(number),
        };
        let places = (0_u16..).zip(accounts).map(place).collect();
        let reader = accounts.last().context("a group has members")?;
        let conversations = vec![(Arc::clone(&ledger), reader.token.clone())];
        let setting =
            Setting { api: &self.api, run: self.run, probe: &self.probe, traffic: &asked.traffic };
        let outcome = load::run(setting, Plan { places, conversations }).await?;
        Ok(Measured::Group {
            members: asked.members,
            senders: asked.senders,
            sending: (&asked.traffic).into(),
            outcome,
        })
    }
}

/// Makes a group of this owner and these users; returns its conversation.
pub(super) async fn gather(
    api: &Api,
    name: &str,
    owner: &Account,
    others: &[&str],
) -> anyhow::Result<Conversation> {
    let created: Created =
        api.post("/v1/groups", Some(&owner.token), &CreateGroup { name }).await?;
    for some in others.chunks(ADDED_AT_ONCE) {
        let path = format!("/v1/groups/{}/members", created.id);
        let _added: IgnoredAny =
            api.post(&path, Some(&owner.token), &AddMembers { user_ids: some }).await?;
    }
    api.get(&format!("/v1/conversations/{}", created.id), &owner.token).await
}
