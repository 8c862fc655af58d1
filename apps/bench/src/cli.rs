//! The command line.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};

/// Measures a running Kabar over its public protocol, and verifies while it measures.
///
/// Start the server with KABAR__RATE_LIMITS__ENABLED=false: its limits are made to stop what this
/// does. The exit code is 0 only when everything that the server acknowledged was delivered to
/// everybody, in order, once, and is in the history.
#[derive(Debug, Clone, Parser)]
#[command(name = "kabar-bench", version)]
pub struct Cli {
    /// Where the server answers; http only.
    #[arg(long, global = true, default_value = "http://127.0.0.1:3000")]
    pub url: String,
    /// Process id of the server, for its CPU and memory; found by the port when the server runs here.
    #[arg(long, global = true)]
    pub pid: Option<u32>,
    /// Process id of the database's first process (PostgreSQL: the postmaster), for its CPU; its
    /// descendants are counted too.
    #[arg(long, global = true)]
    pub db_pid: Option<u32>,
    /// Worker threads that the connections share.
    #[arg(long, global = true, default_value_t = 1, value_parser = threads)]
    pub threads: usize,
    /// Keeps the accounts in this file and uses them again: registering costs the server a password
    /// hash each. The file holds passwords.
    #[arg(long, global = true)]
    pub users_file: Option<PathBuf>,
    /// Prints the report as JSON.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to measure.
    #[command(subcommand)]
    pub scenario: Scenario,
}

/// What to measure.
#[derive(Debug, Clone, Subcommand)]
pub enum Scenario {
    /// Pairs of people in direct conversations: one of each pair sends, both receive.
    Direct(Direct),
    /// One group, everybody connected: a few send, everybody receives.
    Group(Group),
    /// Large groups of whom a part is connected: what a message, a call of everybody, a read marker
    /// and a page of the members cost, one after the other, and how that grows with those who are not
    /// connected. Keep the accounts in a users file: each is a password hash once.
    Crowd(Crowd),
    /// Connections that do nothing, for the memory that each costs. Ask a server that was just
    /// started, with accounts from a users file: memory that it freed before is used again first.
    Idle(Idle),
    /// A short run of each.
    All,
}

/// Pairs of people in direct conversations.
#[derive(Debug, Clone, Args)]
pub struct Direct {
    /// Pairs, each with its own conversation and two connections.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub pairs: u16,
    /// How to send.
    #[command(flatten)]
    pub traffic: Traffic,
}

/// One group, everybody connected.
#[derive(Debug, Clone, Args)]
pub struct Group {
    /// Members of the group, each with one connection.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub members: u16,
    /// Members who send.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub senders: u16,
    /// How to send.
    #[command(flatten)]
    pub traffic: Traffic,
}

/// Large groups of whom a part is connected.
#[derive(Debug, Clone, Args)]
pub struct Crowd {
    /// Members of each group; the groups are measured one after the other.
    #[arg(
        long,
        value_delimiter = ',',
        default_values_t = [500, 2_000, 10_000],
        value_parser = clap::value_parser!(u16).range(1..=10_000),
    )]
    pub members: Vec<u16>,
    /// Members who are connected, in every group as many.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub online: u16,
    /// How often a second each operation is done, evenly spread, whether or not earlier ones were
    /// answered; latency counts from when each was due.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate: u32,
    /// Seconds that are measured of each operation.
    #[arg(long, default_value = "10", value_parser = |text: &str| seconds(text, 60.0))]
    pub seconds: Duration,
    /// Seconds of the same load before that, not measured.
    #[arg(long, default_value = "2", value_parser = |text: &str| seconds(text, 60.0))]
    pub warm_up: Duration,
    /// Bytes of text a message.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(8..=16_384))]
    pub body_bytes: u16,
    /// Seconds to wait for the last answers and deliveries.
    #[arg(long, default_value = "15", value_parser = |text: &str| seconds(text, 60.0))]
    pub drain: Duration,
}

/// Connections that do nothing.
#[derive(Debug, Clone, Args)]
pub struct Idle {
    /// Open connections.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=200_000))]
    pub connections: u32,
    /// Accounts that share them evenly, as several devices each.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub users: u32,
    /// Seconds to hold them open; above 25 the server's heartbeat is part of it.
    #[arg(long, default_value = "5", value_parser = |text: &str| seconds(text, 420.0))]
    pub hold: Duration,
}

/// How to send.
#[derive(Debug, Clone, Args)]
pub struct Traffic {
    /// Seconds that are measured. An access token lives 10 min, which bounds a run.
    #[arg(long, default_value = "10", value_parser = |text: &str| seconds(text, 420.0))]
    pub seconds: Duration,
    /// Seconds of the same load before that, not measured.
    #[arg(long, default_value = "2", value_parser = |text: &str| seconds(text, 60.0))]
    pub warm_up: Duration,
    /// Messages a second in total, evenly spread and sent whether or not earlier ones were
    /// answered; latency then counts from when each was due. Without it every sender sends its next
    /// message when one is acknowledged.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rate: Option<u32>,
    /// Unanswered messages a sender, when there is no rate.
    #[arg(long, default_value_t = 1, conflicts_with = "rate", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub in_flight: u16,
    /// Bytes of text a message.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=16_384))]
    pub body_bytes: u16,
    /// Every message calls everybody (`@all`), which its sender must be allowed to.
    #[arg(skip)]
    pub calls_all: bool,
    /// Some receivers drop their connection again and again and catch up with `sync`.
    #[arg(long)]
    pub resume: bool,
    /// Seconds to wait for the last answers and deliveries.
    #[arg(long, default_value = "15", value_parser = |text: &str| seconds(text, 60.0))]
    pub drain: Duration,
}

/// Reads a number of worker threads, 1 to 64.
fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=64) => Ok(count),
        _ => Err("must be 1 to 64".to_owned()),
    }
}

/// Reads a time in seconds, with a fraction or without, of at most `most`.
fn seconds(text: &str, most: f64) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds) if (0.0..=most).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(format!("must be 0 to {most} seconds")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn global_options_may_stand_before_and_after_the_scenario() {
        let cli = Cli::try_parse_from([
            "kabar-bench",
            "--pid",
            "7",
            "direct",
            "--pairs",
            "3",
            "--rate",
            "300",
            "--json",
        ])
        .unwrap();
        assert_eq!((cli.pid, cli.json, cli.threads), (Some(7), true, 1));
        let Scenario::Direct(direct) = cli.scenario else { panic!("direct was asked for") };
        assert_eq!((direct.pairs, direct.traffic.rate), (3, Some(300)));
    }

    #[test]
    fn times_may_have_fractions_and_have_bounds() {
        assert_eq!(seconds("0.25", 60.0), Ok(Duration::from_millis(250)));
        for wrong in ["", "-1", "61", "NaN", "inf", "1s"] {
            assert!(seconds(wrong, 60.0).is_err(), "{wrong}");
        }
    }

    #[test]
    fn crowds_are_of_several_sizes() {
        let crowd = |args: &[&str]| {
            let words = ["kabar-bench", "crowd"].iter().chain(args);
            let Scenario::Crowd(crowd) = Cli::try_parse_from(words).unwrap().scenario else {
                panic!("a crowd was asked for")
            };
            (crowd.members, crowd.online)
        };
        assert_eq!(crowd(&[]), (vec![500, 2000, 10_000], 500));
        assert_eq!(crowd(&["--members", "20,40", "--online", "10"]), (vec![20, 40], 10));
        assert!(Cli::try_parse_from(["kabar-bench", "crowd", "--members", "10001"]).is_err());
    }

    #[test]
    fn a_rate_and_a_number_in_flight_exclude_each_other() {
        let args = ["kabar-bench", "direct", "--rate", "300", "--in-flight", "4"];
        assert!(Cli::try_parse_from(args).is_err());
    }
}
