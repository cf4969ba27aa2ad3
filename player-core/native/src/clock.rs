//! Time for the core, which goes on while the device sleeps: that is how the core notices it did.

use std::time::{Duration, Instant};

use player_core::Now;

/// A clock whose origin is its making.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Duration);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(since_boot())
    }

    pub(crate) fn now(self) -> Now {
        Now::new(since_boot().saturating_sub(self.0))
    }

    /// The same moment for timers, if the device does not sleep until then.
    pub(crate) fn instant(self, at: Now) -> Instant {
        Instant::now() + at.since(self.now()).min(FAR)
    }
}

/// Far enough for any timer, near enough for `Instant`.
const FAR: Duration = Duration::from_secs(100 * 365 * 24 * 3_600);

/// With the time that the device slept, which `Instant` leaves out (`CLOCK_MONOTONIC`).
#[cfg(target_os = "linux")]
fn since_boot() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    // It never goes below zero.
    Duration::try_from(now).unwrap_or_default()
}

/// Elsewhere `Instant` is as good as it gets.
#[cfg(not(target_os = "linux"))]
fn since_boot() -> Duration {
    static ORIGIN: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    ORIGIN.elapsed()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn sleep_counts() {
        // What the kernel says of itself counts sleep as well.
        let uptime = || -> f64 {
            let all = std::fs::read_to_string("/proc/uptime").unwrap();
            all.split(' ').next().unwrap().parse().unwrap()
        };
        let (before, now, after) = (uptime(), since_boot().as_secs_f64(), uptime());
        assert!((before - 0.02..after + 0.02).contains(&now), "{before} <= {now} <= {after}");
    }

    #[test]
    fn timers_and_the_core_mean_the_same_moment() {
        let clock = Clock(since_boot().saturating_sub(Duration::from_secs(60)));
        let (before, now) = (Instant::now(), clock.now());
        assert!(now.since_origin() >= Duration::from_secs(60));
        let timer = clock.instant(now + Duration::from_secs(10));
        // The two clocks are read one after the other.
        assert!(timer <= Instant::now() + Duration::from_secs(10) && timer >= before, "{:?}", timer - before);
        assert_eq!(clock.instant(Now::new(Duration::ZERO)).elapsed().as_secs(), 0, "what is over is due at once");
    }
}
