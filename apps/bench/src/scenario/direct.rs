use std::sync::Arc;

use serde::Serialize;

use super::{Bench, for_each, pairs};
use crate::{
    api::{Api, Conversation},
    cli::Direct,
    load::{self, Plan, Setting},
    report::Measured,
    seat::Place,
    verify::{Base, Ledger},
};

#[derive(Serialize)]
struct OpenDirect<'a> {
    user_id: &'a str,
}

impl Bench {
    /// Pairs in direct conversations: the first of each pair sends, both receive.
    pub(super) async fn direct(&mut self, asked: &Direct) -> anyhow::Result<Measured> {
        let accounts = self.accounts.take(2 * usize::from(asked.pairs)).await?;
        let api = &self.api;
        let opened = for_each(pairs(accounts), |(one, other)| open(api, &one.token, &other.id));
        let mut plan = Plan { places: Vec::new(), conversations: Vec::new() };
        for (conversation, (one, other)) in opened.await?.into_iter().zip(pairs(accounts)) {
            let base = Base { pos: conversation.head, seq: conversation.last_seq };
            let ledger = Arc::new(Ledger::new(conversation.id, base));
            plan.conversations.push((Arc::clone(&ledger), other.token.clone()));
            for (account, sender) in [(one, Some(0)), (other, None)] {
                let ledger = Arc::clone(&ledger);
                plan.places.push(Place { account: account.clone(), ledger, sender });
            }
        }
        let setting = Setting { api, run: self.run, probe: &self.probe, traffic: &asked.traffic };
        let outcome = load::run(setting, plan).await?;
        Ok(Measured::Direct { pairs: asked.pairs, sending: (&asked.traffic).into(), outcome })
    }
}

async fn open(api: &Api, token: &str, other: &str) -> anyhow::Result<Conversation> {
    api.post("/v1/conversations/direct", Some(token), &OpenDirect { user_id: other }).await
}
