mod reader;
mod walker;

use std::sync::Arc;

use anyhow::{Context, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::{sync::mpsc::Sender, task::JoinHandle};

use super::{Bench, group::gather};
use crate::{
    account::Account,
    api::Conversation,
    cli::{Crowd, Traffic},
    drill::{Done, Drill, Pace},
    load::{self, Outcome, Plan, Setting},
    report::{CrowdOutcome, Measured},
    seat::{Command, Place},
    tag::RunId,
    verify::{Base, Ledger},
};
use reader::Reader;
use walker::Walker;

/// Connections that are opened at once.
const OPENING_AT_ONCE: usize = 64;

/// Lists of members that are read at once.
const LISTS_AT_ONCE: usize = 4;

impl Bench {
    /// Groups of many members of whom as many are connected in each.
    pub(super) async fn crowd(&mut self, asked: &Crowd) -> anyhow::Result<Measured> {
        let fits = asked.members.iter().all(|members| *members >= asked.online);
        ensure!(fits, "no more members are connected than a group has");
        let mut groups = Vec::new();
        for members in &asked.members {
            groups.push(self.crowd_of(asked, *members).await?);
        }
        Ok(Measured::Crowd {
            online: asked.online,
            rate: asked.rate,
            body_bytes: asked.body_bytes,
            groups,
        })
    }

    async fn crowd_of(&mut self, asked: &Crowd, members: u16) -> anyhow::Result<CrowdOutcome> {
        let group = self.gather_crowd(asked, members).await?;
        let send = self.say(asked, &group, false).await?;
        let call_all = self.say(asked, &group, true).await?;

        let online = self.online(asked).await?;
        let owner = online.first().context("somebody is connected")?;
        let state: Conversation =
            self.api.get(&format!("/v1/conversations/{group}"), &owner.token).await?;
        ensure!(state.last_seq > 0, "no message was sent, so there is none to read");
        let pace = Pace {
            rate: asked.rate,
            warm_up: asked.warm_up,
            time: asked.seconds,
            drain: asked.drain,
        };
        // The same connections are open while members are listed.
        let drill = Drill::new()?;
        let readers = self.seat_readers(&drill, &state, &online, asked).await?;
        let orders = readers.iter().map(|(orders, _)| orders.clone()).collect();
        let read = drill.run(&self.probe, pace, orders).await?;
        let page = self.list_members(&group, owner, members, pace).await?;
        for (orders, task) in readers {
            // Closed when it ended early, which is among the violations.
            let _ended = orders.send(Command::Finish).await;
            task.await?;
        }
        Ok(CrowdOutcome { members, send, call_all, read, page })
    }

    /// The accounts that are connected, with tokens that outlive the next step.
    async fn online(&mut self, asked: &Crowd) -> anyhow::Result<Vec<Account>> {
        Ok(self.accounts.take(asked.online.into()).await?.to_vec())
    }

    /// Makes a group of so many members, those who will be connected first; answers its id.
    async fn gather_crowd(&mut self, asked: &Crowd, members: u16) -> anyhow::Result<String> {
        // Those who connect are made or found anew before the others are counted after them.
        self.online(asked).await?;
        let ids = self.accounts.ids(members.into()).await?;
        let online = self.online(asked).await?;
        let owner = online.first().context("a group has an owner")?;
        let others: Vec<&str> = ids.iter().skip(1).map(String::as_str).collect();
        let name = format!("Bench {}", self.run);
        let gathered = gather(&self.api, &name, owner, &others).await;
        let conversation = gathered.context(
            "gathering the group (does the users file hold accounts that this server has not?)",
        )?;
        Ok(conversation.id)
    }

    /// The owner sends, everybody who is connected receives.
    async fn say(
        &mut self,
        asked: &Crowd,
        group: &str,
        calls_all: bool,
    ) -> anyhow::Result<Outcome> {
        self.run = RunId::random();
        let online = self.online(asked).await?;
        let owner = online.first().context("somebody is connected")?;
        let state: Conversation =
            self.api.get(&format!("/v1/conversations/{group}"), &owner.token).await?;
        let base = Base { pos: state.head, seq: state.last_seq };
        let ledger = Arc::new(Ledger::new(state.id, base));
        let conversations = vec![(Arc::clone(&ledger), owner.token.clone())];
        let place = |(number, account): (usize, &Account)| Place {
            account: account.clone(),
            ledger: Arc::clone(&ledger),
            sender: (number == 0).then_some(0),
        };
        let places = online.iter().enumerate().map(place).collect();
        let traffic = Traffic {
            seconds: asked.seconds,
            warm_up: asked.warm_up,
            rate: Some(asked.rate),
            in_flight: 1,
            body_bytes: asked.body_bytes,
            calls_all,
            resume: false,
            drain: asked.drain,
        };
        let setting =
            Setting { api: &self.api, run: self.run, probe: &self.probe, traffic: &traffic };
        load::run(setting, Plan { places, conversations }).await
    }

    /// Connects everybody, each about to read the last messages one after the other.
    async fn seat_readers(
        &self,
        drill: &Arc<Drill>,
        state: &Conversation,
        online: &[Account],
        asked: &Crowd,
    ) -> anyhow::Result<Vec<(Sender<Command>, JoinHandle<()>)>> {
        let authority = self.api.authority()?;
        let unread = last_messages(asked, state.last_seq);
        let open = online.iter().map(|account| {
            let (drill, authority, account) =
                (Arc::clone(drill), authority.clone(), account.clone());
            let conversation = state.id.clone();
            async move {
                tokio::spawn(async move {
                    let (reader, orders) =
                        Reader::open(drill, &authority, &account, conversation, unread).await?;
                    Ok::<_, anyhow::Error>((orders, tokio::spawn(reader.run())))
                })
                .await?
            }
        });
        stream::iter(open).buffered(OPENING_AT_ONCE).try_collect().await
    }

    /// The owner lists the members, page after page, several times at once.
    async fn list_members(
        &self,
        group: &str,
        owner: &Account,
        members: u16,
        pace: Pace,
    ) -> anyhow::Result<Done> {
        let drill = Drill::new()?;
        let (orders, tasks): (Vec<_>, Vec<_>) = (0..LISTS_AT_ONCE)
            .map(|_| {
                let api = self.api.clone();
                let (walker, orders) =
                    Walker::new(Arc::clone(&drill), api, owner, group, usize::from(members));
                (orders, tokio::spawn(walker.run()))
            })
            .unzip();
        let done = drill.run(&self.probe, pace, orders).await?;
        // Their orders are gone, so they end.
        for task in tasks {
            task.await?;
        }
        Ok(done)
    }
}

/// The first and the last of as many messages as each of those who are connected will have turns, so
/// that every turn finds something to read.
fn last_messages(asked: &Crowd, last: u64) -> (u64, u64) {
    let turns = u128::from(asked.rate) * (asked.warm_up + asked.seconds).as_millis();
    let turns = turns.div_ceil(1000 * u128::from(asked.online)) + 1;
    let turns = u64::try_from(turns).unwrap_or(u64::MAX);
    ((last + 1).saturating_sub(turns).max(1), last)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_turn_of_a_reader_has_a_message_as_far_as_there_are_any() {
        let crowd = |rate, online, seconds| Crowd {
            members: vec![online],
            online,
            rate,
            seconds: Duration::from_secs(seconds),
            warm_up: Duration::from_secs(2),
            body_bytes: 64,
            drain: Duration::ZERO,
        };
        // 1 200 markers of 500 members: at most 3 turns each, and one to spare.
        assert_eq!(last_messages(&crowd(100, 500, 10), 2000), (1997, 2000));
        assert_eq!(last_messages(&crowd(100, 1, 10), 2000), (800, 2000));
        assert_eq!(last_messages(&crowd(100, 1, 60), 2000), (1, 2000));
    }
}
