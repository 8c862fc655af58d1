//! What is measured.

mod crowd;
mod direct;
mod group;
mod idle;

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{
    account::{AT_ONCE, Account, Accounts},
    api::Api,
    cli::{Cli, Crowd, Direct, Group, Idle, Scenario, Traffic},
    proc::{Probe, listening_pid, machine},
    report::{Measured, Report},
    tag::RunId,
};

/// What all scenarios of one process share.
#[derive(Debug)]
struct Bench {
    api: Api,
    run: RunId,
    accounts: Accounts,
    probe: Probe,
}

/// Runs what the command line asks for.
///
/// # Errors
/// The set-up fails: the server does not answer, refuses, or breaks its contract so that nothing
/// can be measured.
pub async fn run(cli: &Cli) -> anyhow::Result<Report> {
    let api = Api::new(&cli.url)?;
    let run = RunId::random();
    let accounts = Accounts::open(api.clone(), run, cli.users_file.clone())?;
    let server = cli.pid.or_else(|| find_server(&api));
    let probe = Probe { server, database: cli.db_pid };
    let mut bench = Bench { api, run, accounts, probe };
    let mut measured = Vec::new();
    for scenario in steps(&cli.scenario) {
        measured.push(bench.step(&scenario).await?);
    }
    Ok(Report { machine: machine(), url: cli.url.clone(), measured })
}

impl Bench {
    async fn step(&mut self, scenario: &Scenario) -> anyhow::Result<Measured> {
        // A run of its own, so that no scenario takes the messages of another for its own.
        self.run = RunId::random();
        match scenario {
            Scenario::Direct(asked) => self.direct(asked).await,
            Scenario::Group(asked) => self.group(asked).await,
            Scenario::Crowd(asked) => self.crowd(asked).await,
            Scenario::Idle(asked) => self.idle(asked).await,
            Scenario::All => anyhow::bail!("all is not one scenario"),
        }
    }
}

/// The scenarios that one on the command line stands for.
fn steps(asked: &Scenario) -> Vec<Scenario> {
    if !matches!(asked, Scenario::All) {
        return vec![asked.clone()];
    }
    let traffic = |rate, resume| Traffic {
        seconds: Duration::from_secs(5),
        warm_up: Duration::from_secs(1),
        rate,
        in_flight: 1,
        body_bytes: 64,
        calls_all: false,
        resume,
        drain: Duration::from_secs(15),
    };
    vec![
        // First, since memory that the others made the server free would be used again.
        Scenario::Idle(Idle { connections: 500, users: 100, hold: Duration::from_secs(3) }),
        Scenario::Direct(Direct { pairs: 50, traffic: traffic(None, false) }),
        Scenario::Direct(Direct { pairs: 50, traffic: traffic(Some(300), false) }),
        Scenario::Direct(Direct { pairs: 50, traffic: traffic(Some(300), true) }),
        Scenario::Group(Group { members: 100, senders: 5, traffic: traffic(None, false) }),
        Scenario::Crowd(Crowd {
            members: vec![50, 200],
            online: 50,
            rate: 100,
            seconds: Duration::from_secs(3),
            warm_up: Duration::from_secs(1),
            body_bytes: 64,
            drain: Duration::from_secs(15),
        }),
    ]
}

/// The server's process, when it listens on this machine.
fn find_server(api: &Api) -> Option<u32> {
    let authority = api.authority().ok()?;
    let (host, port) = authority.rsplit_once(':')?;
    let local = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    if local { listening_pid(port.parse().ok()?) } else { None }
}

/// Does something for each account, a few at once, in order.
async fn for_each<'a, T, F>(
    accounts: impl IntoIterator<Item = T>,
    act: impl Fn(T) -> F + 'a,
) -> anyhow::Result<Vec<F::Ok>>
where
    F: futures_util::TryFuture<Error = anyhow::Error> + Future<Output = Result<F::Ok, F::Error>>,
{
    stream::iter(accounts.into_iter().map(act)).buffered(AT_ONCE).try_collect().await
}

/// Two accounts who talk to each other.
fn pairs(accounts: &[Account]) -> impl Iterator<Item = (&Account, &Account)> {
    accounts.as_chunks::<2>().0.iter().map(|[one, other]| (one, other))
}
