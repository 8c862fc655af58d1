//! What is printed.

use std::fmt::{self, Display};

use serde::Serialize;

use crate::{cli::Traffic, drill::Done, load::Outcome, meter::Percentiles, proc::Spent};

/// Everything that one call measured.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The machine of the generator.
    pub machine: String,
    /// The server.
    pub url: String,
    /// One for each scenario.
    pub measured: Vec<Measured>,
}

/// How messages were sent.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Sending {
    /// Messages a second in total, when there was a rate.
    pub rate: Option<u32>,
    /// Else: unanswered messages a sender.
    pub in_flight: u16,
    /// Bytes of text a message.
    pub body_bytes: u16,
}

/// What one scenario measured.
#[derive(Debug, Serialize)]
#[serde(tag = "scenario", rename_all = "snake_case")]
pub enum Measured {
    /// Pairs in direct conversations.
    Direct {
        /// How many pairs.
        pairs: u16,
        /// How messages were sent.
        sending: Sending,
        /// What came of it.
        outcome: Outcome,
    },
    /// One group.
    Group {
        /// How many members.
        members: u16,
        /// How many of them sent.
        senders: u16,
        /// How messages were sent.
        sending: Sending,
        /// What came of it.
        outcome: Outcome,
    },
    /// Groups of whom a part is connected.
    Crowd {
        /// How many members of each were connected.
        online: u16,
        /// How often a second each operation was done.
        rate: u32,
        /// Bytes of text a message.
        body_bytes: u16,
        /// One for each group.
        groups: Vec<CrowdOutcome>,
    },
    /// Connections that do nothing.
    Idle {
        /// How many connections.
        connections: u32,
        /// How many accounts shared them.
        users: u32,
        /// What came of it.
        outcome: IdleOutcome,
    },
}

/// What operations cost in a group of this size.
#[derive(Debug, Serialize)]
pub struct CrowdOutcome {
    /// How many members it has, connected or not.
    pub members: u16,
    /// A message.
    pub send: Outcome,
    /// A message that calls everybody.
    pub call_all: Outcome,
    /// A read marker.
    pub read: Done,
    /// A page of 100 members.
    pub page: Done,
}

/// What connections cost that do nothing.
#[derive(Debug, Serialize)]
pub struct IdleOutcome {
    /// Resident memory of the server before they were opened, in bytes.
    pub rss_before: Option<u64>,
    /// And when all were open, in bytes.
    pub rss_after: Option<u64>,
    /// Connections that ended by themselves.
    pub lost: u32,
    /// How long they were held, in seconds.
    pub hold_seconds: f64,
    /// CPU that was spent in that time.
    pub spent: Spent,
}

impl From<&Traffic> for Sending {
    fn from(traffic: &Traffic) -> Self {
        Self { rate: traffic.rate, in_flight: traffic.in_flight, body_bytes: traffic.body_bytes }
    }
}

impl Report {
    /// Whether everything that was promised held, and something was measured.
    pub fn holds(&self) -> bool {
        self.measured.iter().all(|measured| match measured {
            Measured::Direct { outcome, .. } | Measured::Group { outcome, .. } => {
                outcome.violations == 0 && outcome.acked > 0
            }
            Measured::Crowd { groups, .. } => groups.iter().all(CrowdOutcome::holds),
            Measured::Idle { outcome, .. } => outcome.lost == 0,
        })
    }
}

impl CrowdOutcome {
    fn holds(&self) -> bool {
        let sent = [&self.send, &self.call_all];
        let done = [&self.read, &self.page];
        sent.iter().all(|outcome| outcome.violations == 0 && outcome.acked > 0)
            && done.iter().all(|done| done.violations == 0 && done.count > 0)
    }
}

impl Outcome {
    fn acked_a_second(&self) -> f64 {
        float(self.acked) / self.seconds
    }

    fn delivered_a_second(&self) -> f64 {
        float(self.delivered) / self.seconds
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "machine: {}", self.machine)?;
        self.measured.iter().try_for_each(|measured| write!(f, "\n{measured}"))
    }
}

impl Display for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rate {
            Some(rate) => write!(f, "{rate} messages/s in total")?,
            None => write!(f, "{} in flight a sender", self.in_flight)?,
        }
        write!(f, ", {} bytes a message", self.body_bytes)
    }
}

impl Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct { pairs, sending, outcome } => {
                writeln!(f, "direct: {pairs} pairs, {sending}")?;
                writeln!(f, "  acked         {:.0} messages/s", outcome.acked_a_second())?;
                loaded(f, outcome, ("message", outcome.acked))
            }
            Self::Group { members, senders, sending, outcome } => {
                writeln!(f, "group: {members} members, {senders} senders, {sending}")?;
                writeln!(
                    f,
                    "  delivered     {:.0} entries/s of {:.0} messages/s",
                    outcome.delivered_a_second(),
                    outcome.acked_a_second()
                )?;
                loaded(f, outcome, ("delivery", outcome.delivered))
            }
            Self::Crowd { online, rate, body_bytes, groups } => {
                writeln!(
                    f,
                    "crowd: {online} members connected, {rate} operations/s, {body_bytes} bytes a message"
                )?;
                groups.iter().try_for_each(|group| write!(f, "{group}"))
            }
            Self::Idle { connections, users, outcome } => {
                writeln!(f, "idle: {connections} connections of {users} users")?;
                idle(f, *connections, outcome)
            }
        }
    }
}

impl Display for CrowdOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  a group of {}", self.members)?;
        for (what, outcome) in [("send", &self.send), ("send @all", &self.call_all)] {
            let Outcome { spent, acked, ack, .. } = outcome;
            cost(f, what, spent, *acked, ack.as_ref())?;
            percentiles(f, "  … → receive", outcome.delivery.as_ref())?;
            trouble(f, outcome)?;
        }
        for (what, done) in [("read marker", &self.read), ("member page", &self.page)] {
            cost(f, what, &done.spent, done.count, done.latency.as_ref())?;
            too_slow(f, done.skipped, "operations were due and not begun")?;
            refused(f, done.refused, done.first_refusal.as_deref(), "operations")?;
            violations(f, done.violations, &done.violation_details)?;
        }
        Ok(())
    }
}

/// The CPU and latency of one operation.
fn cost(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    spent: &Spent,
    count: u64,
    latency: Option<&Percentiles>,
) -> fmt::Result {
    let each = |micros: Option<u64>| match micros {
        Some(micros) if count > 0 => format!("{:.1} µs", float(micros) / float(count)),
        _ => "n/a".to_owned(),
    };
    let (server, database) = (each(spent.server_us), each(spent.database_us));
    writeln!(f, "    {what:<11} server CPU {server}, database CPU {database}, {count} times")?;
    percentiles(f, "  … → answer", latency)
}

fn too_slow(f: &mut fmt::Formatter<'_>, skipped: u64, what: &str) -> fmt::Result {
    if skipped == 0 {
        return Ok(());
    }
    writeln!(f, "  TOO SLOW      {skipped} {what}")
}

fn refused(f: &mut fmt::Formatter<'_>, count: u64, first: Option<&str>, what: &str) -> fmt::Result {
    let Some(first) = first else { return Ok(()) };
    writeln!(f, "  REFUSED       {count} {what}, the first with {first}")
}

fn violations(f: &mut fmt::Formatter<'_>, count: u64, details: &[String]) -> fmt::Result {
    if count == 0 {
        return Ok(());
    }
    writeln!(f, "  VIOLATIONS    {count}")?;
    details.iter().try_for_each(|detail| writeln!(f, "    {detail}"))
}

/// What did not go as it should in a run with messages.
fn trouble(f: &mut fmt::Formatter<'_>, outcome: &Outcome) -> fmt::Result {
    too_slow(f, outcome.skipped, "messages were due and not sent")?;
    refused(f, outcome.refused, outcome.first_refusal.as_deref(), "messages")?;
    violations(f, outcome.violations, &outcome.violation_details)
}

/// The lines of a run with messages; CPU is divided by `unit`.
fn loaded(f: &mut fmt::Formatter<'_>, outcome: &Outcome, unit: (&str, u64)) -> fmt::Result {
    let (name, count) = unit;
    percentiles(f, "ack", outcome.ack.as_ref())?;
    percentiles(f, "send→receive", outcome.delivery.as_ref())?;
    if outcome.lag.is_some() {
        percentiles(f, "sent late by", outcome.lag.as_ref())?;
    }
    let spent = &outcome.spent;
    for (who, micros) in [
        ("server CPU", spent.server_us),
        ("database CPU", spent.database_us),
        ("generator CPU", spent.generator_us),
    ] {
        match micros {
            Some(micros) if count > 0 => {
                let share = float(micros) / 10_000.0 / outcome.seconds;
                let each = float(micros) / float(count);
                writeln!(f, "  {who:<13} {each:.1} µs a {name} ({share:.0} % of a core)")?;
            }
            _ => writeln!(f, "  {who:<13} n/a")?,
        }
    }
    writeln!(f, "  server RSS    {}", mebibytes(outcome.server_rss))?;
    if outcome.resumes > 0 {
        let (resumes, gaps) = (outcome.resumes, outcome.gaps);
        writeln!(f, "  resumed       {resumes} connections, {gaps} of them over a gap")?;
    }
    trouble(f, outcome)?;
    if outcome.violations > 0 {
        return Ok(());
    }
    let (verified, twice) = (outcome.verified, outcome.duplicates);
    writeln!(
        f,
        "  verified      {verified} messages: all there, in order, once ({twice} repeats dropped)"
    )
}

fn idle(f: &mut fmt::Formatter<'_>, connections: u32, outcome: &IdleOutcome) -> fmt::Result {
    writeln!(f, "  server RSS    {} before", mebibytes(outcome.rss_before))?;
    writeln!(f, "                {} after", mebibytes(outcome.rss_after))?;
    match (outcome.rss_before, outcome.rss_after) {
        (Some(before), Some(after)) => {
            let each = float(after.saturating_sub(before)) / f64::from(connections);
            writeln!(f, "  a connection  {each:.0} bytes ({:.1} KiB)", each / 1024.0)?;
        }
        _ => writeln!(f, "  a connection  n/a")?,
    }
    if let Some(micros) = outcome.spent.server_us {
        let seconds = outcome.hold_seconds;
        writeln!(f, "  server CPU    {:.1} ms in {seconds} s", float(micros) / 1000.0)?;
    }
    if outcome.lost > 0 {
        writeln!(f, "  LOST          {} connections ended by themselves", outcome.lost)?;
    }
    Ok(())
}

fn percentiles(f: &mut fmt::Formatter<'_>, of: &str, found: Option<&Percentiles>) -> fmt::Result {
    let Some(Percentiles { p50_us, p90_us, p99_us, max_us, .. }) = found else {
        return writeln!(f, "  {of:<13} n/a");
    };
    let ms = |micros: &u64| format!("{:.2} ms", float(*micros) / 1000.0);
    writeln!(
        f,
        "  {of:<13} p50 {}  p90 {}  p99 {}  max {}",
        ms(p50_us),
        ms(p90_us),
        ms(p99_us),
        ms(max_us)
    )
}

fn mebibytes(bytes: Option<u64>) -> String {
    bytes.map_or("n/a".to_owned(), |bytes| format!("{:.1} MiB", float(bytes / 1024) / 1024.0))
}

/// A count as a number to divide; counts of a run stay far below 2^32, larger ones are cut off.
fn float(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
