//! What Linux says of a process: its memory and the time of cores that it has used. The texts are read by pure functions.

use std::time::Duration;

use media_model::ByteCount;

/// Ticks in a second in `/proc/PID/stat` (`USER_HZ`): 100 in the interface of every system that we build for.
const TICKS: u64 = 100;

/// A process at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    /// Since the player was started.
    pub(super) at: Duration,
    pub(super) memory: Memory,
    /// Time of cores, all that it has used so far.
    pub(super) cpu: Duration,
}

/// Resident memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) now: ByteCount,
    /// The most it has ever been.
    pub(super) peak: ByteCount,
}

/// The process as it is; `None` if it has ended.
pub(super) fn sample(pid: u32, at: Duration) -> Option<Sample> {
    let read = |file: &str| std::fs::read_to_string(format!("/proc/{pid}/{file}")).ok();
    Some(Sample { at, memory: memory(&read("status")?)?, cpu: cpu(&read("stat")?)? })
}

/// Out of `/proc/PID/status`. A process that has ended and was not waited for has none.
fn memory(status: &str) -> Option<Memory> {
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(ByteCount::new(kibibytes.checked_mul(1_024)?))
    };
    let now = bytes("VmRSS")?;
    Some(Memory { now, peak: bytes("VmHWM").unwrap_or(now).max(now) })
}

/// Out of `/proc/PID/stat`: fields 14 and 15, in user mode and in the kernel.
fn cpu(stat: &str) -> Option<Duration> {
    // The name of the program, field 2, is in parentheses and may hold anything.
    let mut rest = stat.get(stat.rfind(')')? + 1..)?.split_whitespace().skip(11);
    let mut ticks = || rest.next()?.parse::<u64>().ok();
    let ticks = ticks()?.checked_add(ticks()?)?;
    Some(Duration::from_millis(ticks.checked_mul(1_000 / TICKS)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str =
        "Name:\tVmRSS: 7 kB\nVmPeak:\t 9000 kB\nVmHWM:\t    1500 kB\nVmRSS:\t    1000 kB\nThreads:\t3\n";

    #[test]
    fn memory_is_read() {
        let (now, peak) = (ByteCount::new(1_024_000), ByteCount::new(1_536_000));
        assert_eq!(memory(STATUS), Some(Memory { now, peak }));
        assert_eq!(memory("VmRSS:\t1000 kB\n"), Some(Memory { now, peak: now }));
        for none in ["", "Name:\tx\nState:\tZ (zombie)\n", "VmRSS:\tmany kB\n", "VmRSS:\t18446744073709551615 kB\n"] {
            assert_eq!(memory(none), None, "{none}");
        }
    }

    #[test]
    fn time_of_cores_is_read_behind_any_name() {
        let fields = "S 1 2 3 4 5 6 7 8 9 10 250 50 70 80 20 0 3";
        assert_eq!(cpu(&format!("42 (a) b) c) {fields}")), Some(Duration::from_secs(3)));
        for none in ["", "42 (a", "42 (a)", "42 (a) S 1 2 3"] {
            assert_eq!(cpu(none), None, "{none}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_there_and_process_zero_is_not() {
        let own = sample(std::process::id(), Duration::ZERO).unwrap();
        assert!(own.memory.now.get() > 100_000 && own.memory.peak >= own.memory.now, "{own:?}");
        assert_eq!(sample(0, Duration::ZERO), None);
    }
}
