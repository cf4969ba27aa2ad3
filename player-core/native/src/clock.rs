//! Monotonic time for the core.

use std::time::{Duration, Instant};

use player_core::Now;

/// A clock whose origin is its making.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now(self) -> Now {
        Now::new(self.0.elapsed())
    }

    /// The same moment for timers.
    pub(crate) fn instant(self, at: Now) -> Instant {
        self.0 + at.since_origin().min(FAR)
    }
}

/// Far enough for any timer, near enough for `Instant`.
const FAR: Duration = Duration::from_secs(100 * 365 * 24 * 3_600);
