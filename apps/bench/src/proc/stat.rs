//! Parsers of the files of `/proc/<pid>`.

use std::time::Duration;

/// Length of a clock tick in `/proc`: Linux shows user space 100 a second on every architecture it
/// is used on (`USER_HZ`).
const TICK: Duration = Duration::from_millis(10);

/// The fields of `/proc/<pid>/stat` that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stat {
    /// The parent's process id.
    pub(super) parent: u32,
    /// CPU of all its threads, ended ones too; whole ticks.
    pub(super) own: Duration,
    /// CPU of its ended and awaited children; whole ticks.
    pub(super) awaited: Duration,
}

/// Parses `/proc/<pid>/stat` (proc_pid_stat(5)). The name in parentheses may hold anything, spaces
/// and parentheses too.
pub(super) fn parse_stat(text: &str) -> Option<Stat> {
    let (_, after_name) = text.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace();
    // Field 3 is the first after the name; 4 is the parent, 14 to 17 are utime, stime, cutime, cstime.
    let parent = fields.nth(1)?.parse().ok()?;
    let mut ticks = fields.skip(9).map_while(|field| field.parse::<u32>().ok());
    let own = TICK * ticks.next()?.checked_add(ticks.next()?)?;
    let awaited = TICK * ticks.next()?.checked_add(ticks.next()?)?;
    Some(Stat { parent, own, awaited })
}

/// Parses `/proc/<pid>/task/<tid>/schedstat`: the thread's time on a CPU in ns.
pub(super) fn parse_schedstat(text: &str) -> Option<Duration> {
    text.split_ascii_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// The resident memory in bytes, from `/proc/<pid>/status`.
pub(super) fn parse_rss(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_is_parsed_behind_any_name() {
        for name in ["kabar", "a b", "tricky) R 1 (", "()"] {
            let text = format!(
                "23357 ({name}) S 42 23347 19324 0 -1 4194304 105 0 0 0 120 30 7 3 20 0 1 0 167261"
            );
            let stat = Stat {
                parent: 42,
                own: Duration::from_millis(1_500),
                awaited: Duration::from_millis(100),
            };
            assert_eq!(parse_stat(&text), Some(stat), "{name}");
        }
        assert_eq!(parse_stat("23357 (cut off) S 42 1 1"), None);
        assert_eq!(parse_stat(""), None);
    }

    #[test]
    fn schedstat_and_memory_are_parsed() {
        assert_eq!(parse_schedstat("1234567 89 3\n"), Some(Duration::from_nanos(1_234_567)));
        assert_eq!(parse_schedstat(""), None);
        let status = "Name:\tkabar\nVmPeak:\t  9000 kB\nVmRSS:\t  1024 kB\nThreads:\t3\n";
        assert_eq!(parse_rss(status), Some(1024 * 1024));
        assert_eq!(parse_rss("Name:\tkthreadd\n"), None);
    }
}
