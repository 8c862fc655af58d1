use std::{collections::HashSet, sync::Arc};

use anyhow::Context;
use serde::Deserialize;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::{account::Account, api::Api, drill::Drill, seat::Command, verify::Violation};

/// Pages that may wait to be asked for by one worker.
const WAITING: usize = 64;

/// Asks for one page of a group's members after the other, and begins anew at the end.
pub(super) struct Walker {
    drill: Arc<Drill>,
    api: Api,
    token: String,
    username: String,
    path: String,
    /// How many members there are.
    members: usize,
    /// Where the next page begins.
    next: Option<String>,
    /// Who was on the pages before it.
    seen: HashSet<String>,
    commands: Receiver<Command>,
}

/// One page of `GET /v1/groups/{id}/members`.
#[derive(Deserialize)]
struct Page {
    items: Vec<Member>,
    #[serde(default)]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Member {
    user_id: String,
}

impl Walker {
    pub(super) fn new(
        drill: Arc<Drill>,
        api: Api,
        account: &Account,
        group: &str,
        members: usize,
    ) -> (Self, Sender<Command>) {
        let (orders, commands) = channel(WAITING);
        let walker = Self {
            drill,
            api,
            token: account.token.clone(),
            username: account.username.clone(),
            path: format!("/v1/groups/{group}/members?limit=100"),
            members,
            next: None,
            seen: HashSet::new(),
            commands,
        };
        (walker, orders)
    }

    /// Asks when it is told to, until nobody can tell it any more.
    pub(super) async fn run(mut self) {
        while let Some(command) = self.commands.recv().await {
            match command {
                Command::Send { due } => {
                    self.drill.begin();
                    match self.page().await {
                        Ok(()) => self.drill.answered(due),
                        Err(error) => self.drill.refused(format!("{error:#}")),
                    }
                }
                Command::Stop => self.drill.rest(),
                Command::Start { .. } | Command::Drop | Command::Finish => {}
            }
        }
    }

    async fn page(&mut self) -> anyhow::Result<()> {
        let path = match &self.next {
            Some(next) => format!("{}&after={next}", self.path),
            None => self.path.clone(),
        };
        let body = self.api.get_bytes(&path, &self.token).await?;
        let page: Page = serde_json::from_slice(&body).context("a page of members")?;
        for member in page.items {
            if !self.seen.insert(member.user_id) {
                self.wrong("the same member twice".to_owned());
            }
        }
        self.next = page.next;
        if self.next.is_none() {
            let (seen, members) = (self.seen.len(), self.members);
            if seen != members {
                self.wrong(format!("a list of {seen} members of a group of {members}"));
            }
            self.seen.clear();
        }
        Ok(())
    }

    fn wrong(&self, problem: String) {
        self.drill.violated(Violation::Protocol { reader: self.username.clone(), problem });
    }
}
