use std::{collections::VecDeque, sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    time::timeout,
};

use crate::{
    account::Account,
    drill::Drill,
    protocol::{self, Event},
    seat::Command,
    socket::{Ended, Socket},
    verify::Violation,
};

/// Longest wait for `ready`.
const READY_WITHIN: Duration = Duration::from_secs(20);

/// Read markers that may wait to be set by one connection.
const WAITING: usize = 1024;

/// A member who is connected and moves their read cursor on when they are told to.
pub(super) struct Reader {
    socket: Socket,
    commands: Receiver<Command>,
    desk: Desk,
}

/// What a reader knows.
struct Desk {
    drill: Arc<Drill>,
    username: String,
    conversation: String,
    is_ready: bool,
    /// Up to which message to read next, and the last there is: that one again and again at the end.
    next: u64,
    last: u64,
    /// When each marker without an answer was due, and up to which message it is.
    open: VecDeque<(u64, u64)>,
}

impl Reader {
    /// Connects and waits for `ready`; markers will be up to one message after the other, from the
    /// first to the last of `unread`.
    ///
    /// # Errors
    /// The server refuses, or takes longer than 20 s.
    pub(super) async fn open(
        drill: Arc<Drill>,
        authority: &str,
        account: &Account,
        conversation: String,
        unread: (u64, u64),
    ) -> anyhow::Result<(Self, Sender<Command>)> {
        let username = account.username.clone();
        let mut desk = Desk {
            drill,
            username,
            conversation,
            is_ready: false,
            next: unread.0,
            last: unread.1,
            open: VecDeque::new(),
        };
        let connect = async {
            let mut socket = Socket::connect(authority, &account.token).await?;
            desk.take(&mut socket)?;
            while !desk.is_ready {
                socket.wait().await?;
                desk.take(&mut socket)?;
            }
            Ok::<_, anyhow::Error>(socket)
        };
        let connected = timeout(READY_WITHIN, connect).await;
        let socket = connected.context("no ready in time").flatten();
        let socket = socket.with_context(|| format!("connecting {}", account.username))?;
        let (orders, commands) = channel(WAITING);
        Ok((Self { socket, commands, desk }, orders))
    }

    /// Reads until it is told to leave or the connection ends.
    pub(super) async fn run(mut self) {
        match self.work().await {
            Ok(()) => self.socket.close(),
            Err(ended) => {
                let (reader, ended) = (self.desk.username.clone(), ended.to_string());
                self.desk.drill.violated(Violation::Connection { reader, ended });
                self.desk.drill.rest();
            }
        }
    }

    async fn work(&mut self) -> Result<(), Ended> {
        loop {
            self.socket.flush()?;
            tokio::select! {
                read = self.socket.wait() => {
                    read?;
                    self.desk.take(&mut self.socket)?;
                }
                command = self.commands.recv() => match command {
                    Some(Command::Send { due }) => self.desk.mark(due, &mut self.socket),
                    Some(Command::Stop) => self.desk.drill.rest(),
                    Some(Command::Start { .. } | Command::Drop) => {}
                    Some(Command::Finish) | None => return Ok(()),
                }
            }
        }
    }
}

impl Desk {
    fn mark(&mut self, due: u64, socket: &mut Socket) {
        let seq = self.next;
        self.next = std::cmp::min(seq + 1, self.last);
        self.drill.begin();
        self.open.push_back((due, seq));
        socket.outbox().text(protocol::read(seq, &self.conversation, seq).as_bytes());
    }

    /// Takes all frames that were read.
    fn take(&mut self, socket: &mut Socket) -> Result<(), Ended> {
        socket.take(|frame, _| match protocol::decode(frame) {
            Ok(Event::Ready { .. }) => self.is_ready = true,
            Ok(Event::Marked { read_seq }) => self.marked(read_seq),
            Ok(Event::Refused { problem }) => {
                self.open.pop_front();
                self.drill.refused(problem);
            }
            Ok(_) => {}
            Err(problem) => self.wrong(problem),
        })
    }

    /// The server answers the commands of one connection in their order.
    fn marked(&mut self, read_seq: u64) {
        match self.open.pop_front() {
            Some((due, seq)) => {
                // A cursor may have been further already, and never goes back.
                if read_seq < seq {
                    self.wrong(format!("a cursor at {read_seq} that was moved to {seq}"));
                }
                self.drill.answered(due);
            }
            None => self.wrong(format!("a cursor moved to {read_seq} without being asked")),
        }
    }

    fn wrong(&self, problem: String) {
        self.drill.violated(Violation::Protocol { reader: self.username.clone(), problem });
    }
}
