use std::{
    collections::{BTreeMap, HashMap},
    fs,
    time::Duration,
};

use serde::Serialize;

use super::stat::{Stat, parse_rss, parse_schedstat, parse_stat};

/// Reads the CPU of the server, of its database and of this process.
#[derive(Debug, Clone, Copy)]
pub struct Probe {
    /// The server's process, when it is known and runs here.
    pub server: Option<u32>,
    /// The database's first process, when it is known and runs here.
    pub database: Option<u32>,
}

/// CPU counters at one moment.
#[derive(Debug, Clone)]
pub struct Usage {
    server: Option<Process>,
    database: Option<Tree>,
    own: Option<Process>,
}

/// CPU that was spent between two moments, in µs; `None` where nothing could be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Spent {
    /// By the server.
    pub server_us: Option<u64>,
    /// By the database's processes.
    pub database_us: Option<u64>,
    /// By the generator itself.
    pub generator_us: Option<u64>,
}

/// The CPU of one process, counted in two ways.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Process {
    /// All threads, ended ones too, in whole ticks of 10 ms.
    ticks: Duration,
    /// Each living thread, to the ns.
    threads: BTreeMap<u32, Duration>,
}

/// The CPU of a process and of all its descendants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Tree {
    /// Of the living ones, to the ns.
    living: Duration,
    /// Of those that ended and were awaited, in whole ticks of 10 ms.
    awaited: Duration,
}

impl Probe {
    /// The counters now.
    pub fn usage(&self) -> Usage {
        Usage {
            server: self.server.and_then(Process::read),
            database: self.database.and_then(Tree::read),
            own: Process::read(std::process::id()),
        }
    }

    /// The server's resident memory in bytes.
    pub fn server_rss(&self) -> Option<u64> {
        parse_rss(&fs::read_to_string(format!("/proc/{}/status", self.server?)).ok()?)
    }
}

impl Usage {
    /// What was spent since an earlier moment.
    pub fn since(&self, earlier: &Self) -> Spent {
        let process = |now: &Option<Process>, before: &Option<Process>| {
            Some(micros(now.as_ref()?.since(before.as_ref()?)))
        };
        let tree = |now: &Option<Tree>, before: &Option<Tree>| {
            Some(micros(now.as_ref()?.total().saturating_sub(before.as_ref()?.total())))
        };
        Spent {
            server_us: process(&self.server, &earlier.server),
            database_us: tree(&self.database, &earlier.database),
            generator_us: process(&self.own, &earlier.own),
        }
    }
}

impl Process {
    fn read(pid: u32) -> Option<Self> {
        let stat = read_stat(pid)?;
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten();
        let threads = tasks
            .filter_map(|task| {
                let tid = task.file_name().to_str()?.parse().ok()?;
                let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
                Some((tid, parse_schedstat(&text)?))
            })
            .collect();
        Some(Self { ticks: stat.own, threads })
    }

    /// The threads' counters are exact but forget threads that ended meanwhile (and are missing in
    /// some kernels); the ticks forget nothing and are coarse. So: the exact ones, unless the ticks
    /// show that they miss something.
    fn since(&self, earlier: &Self) -> Duration {
        let exact: Duration = self
            .threads
            .iter()
            .map(|(tid, time)| {
                time.saturating_sub(earlier.threads.get(tid).copied().unwrap_or_default())
            })
            .sum();
        let ticks = self.ticks.saturating_sub(earlier.ticks);
        // Each reading is cut off to a tick, for user and for system time.
        let rounding = Duration::from_millis(20);
        if exact + rounding < ticks { ticks } else { exact }
    }
}

impl Tree {
    fn read(root: u32) -> Option<Self> {
        let stats: HashMap<u32, Stat> = fs::read_dir("/proc")
            .ok()?
            .flatten()
            .filter_map(|process| {
                let pid = process.file_name().to_str()?.parse().ok()?;
                Some((pid, read_stat(pid)?))
            })
            .collect();
        stats.get(&root)?;
        let mut tree = Self::default();
        for pid in descendants(root, &stats) {
            let Some(stat) = stats.get(&pid) else { continue };
            // Processes of PostgreSQL have one thread.
            let exact = fs::read_to_string(format!("/proc/{pid}/schedstat"));
            let exact = exact.ok().and_then(|text| parse_schedstat(&text));
            tree.living += exact.unwrap_or(stat.own);
            tree.awaited += stat.awaited;
        }
        Some(tree)
    }

    fn total(&self) -> Duration {
        self.living + self.awaited
    }
}

/// A process and all that come from it.
fn descendants(root: u32, stats: &HashMap<u32, Stat>) -> Vec<u32> {
    let mut found = vec![root];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        found.extend(stats.iter().filter(|(_, stat)| stat.parent == parent).map(|(pid, _)| *pid));
        at += 1;
    }
    found
}

fn read_stat(pid: u32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn process(ticks: u64, threads: &[(u32, u64)]) -> Process {
        let threads = threads.iter().map(|(tid, time)| (*tid, ms(*time))).collect();
        Process { ticks: ms(ticks), threads }
    }

    #[test]
    fn threads_count_exactly_and_ended_ones_are_not_forgotten() {
        let before = process(100, &[(1, 60), (2, 45)]);
        let new_thread = process(130, &[(1, 70), (2, 50), (3, 18)]);
        assert_eq!(new_thread.since(&before), ms(33));
        let one_ended = process(300, &[(1, 70), (2, 50)]);
        assert_eq!(one_ended.since(&before), ms(200));
    }

    #[test]
    fn all_descendants_are_found_and_nobody_else() {
        let stat = |parent| Stat { parent, own: ms(0), awaited: ms(0) };
        let stats = HashMap::from([
            (1, stat(0)),
            (10, stat(1)),
            (11, stat(10)),
            (12, stat(10)),
            (13, stat(12)),
            (20, stat(1)),
        ]);
        let mut found = descendants(10, &stats);
        found.sort_unstable();
        assert_eq!(found, [10, 11, 12, 13]);
    }

    #[test]
    fn the_cpu_that_this_process_burns_is_seen() {
        let probe = Probe { server: Some(std::process::id()), database: Some(std::process::id()) };
        let before = probe.usage();
        // The scheduler updates the counters a few hundred times a second: burn until it shows.
        let deadline = std::time::Instant::now() + Duration::from_secs(10);
        loop {
            let spent = probe.usage().since(&before);
            if spent.server_us > Some(20_000) && spent.generator_us > Some(20_000) {
                break;
            }
            assert!(std::time::Instant::now() < deadline, "{spent:?}");
        }
        assert!(probe.server_rss() > Some(100_000));
        let gone = Probe { server: Some(u32::MAX), database: None };
        assert_eq!(gone.usage().since(&gone.usage()).server_us, None);
    }
}
