//! One token bucket: all that go through it are together no faster than the link's profile.
//!
//! Bytes are let through in turns of one tick's worth, so that connections share the link fairly, as on a real one.

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::profile::Profile;

/// A turn: what the link carries in this time goes through at once.
const TICK: Duration = Duration::from_millis(10);
/// What a busy sender may catch up of time it lost to coarse timers and a busy machine.
const LATE: Duration = Duration::from_millis(20);
/// No turn is smaller, so that a very slow link does not cost a timer per byte.
const LEAST_TURN: usize = 256;

/// The link that all connections share.
#[derive(Debug)]
pub struct Bucket {
    state: Mutex<State>,
    /// Counts changes of the profile, for who waits for a link that stands still.
    changes: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    profile: Profile,
    /// When the profile's time zero was.
    origin: Instant,
    /// Until when the link is spoken for.
    busy_until: Instant,
}

impl Bucket {
    /// Makes an idle link whose profile started at `origin`.
    pub fn new(profile: Profile, origin: Instant) -> Self {
        let state = State { profile, origin, busy_until: Instant::now() };
        Self { state: Mutex::new(state), changes: watch::Sender::new(0) }
    }

    /// Replaces the profile, whose time starts at `origin`. Turns that were given are kept.
    pub fn set(&self, profile: Profile, origin: Instant) {
        let mut state = self.lock();
        (state.profile, state.origin) = (profile, origin);
        drop(state);
        self.changes.send_modify(|count| *count += 1);
    }

    /// Waits for the next turn and gives how many of `wanted` bytes may be sent in it: at least 1, unless none is wanted.
    pub async fn take(&self, wanted: usize) -> usize {
        if wanted == 0 {
            return 0;
        }
        let mut changes = self.changes.subscribe();
        loop {
            changes.borrow_and_update();
            if let Some((granted, until)) = self.reserve(wanted) {
                sleep_until(until).await;
                return granted;
            }
            // The link stands still for ever, or until somebody changes it. The sender lives as long as `self`.
            let _ = changes.changed().await;
        }
    }

    /// Speaks for one turn; gives its size and when it is through.
    fn reserve(&self, wanted: usize) -> Option<(usize, Instant)> {
        let mut state = self.lock();
        let now = Instant::now();
        // A sender that woke a little late goes on where its last turn ended; an idle link has saved up nothing.
        let late = now.saturating_duration_since(state.busy_until) <= LATE;
        let start = if late { state.busy_until } else { now }.max(state.origin);
        let at = start - state.origin;
        let per_tick = u128::from(state.profile.rate_bps(at)) * TICK.as_micros() / 8_000_000;
        let turn = usize::try_from(per_tick).unwrap_or(usize::MAX).max(LEAST_TURN);
        let granted = wanted.min(turn);
        let finish = state.profile.finish(at, granted as u64)?;
        state.busy_until = state.origin + finish;
        Some((granted, state.busy_until))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the lock")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn idle(profile: Profile) -> Bucket {
        Bucket::new(profile, Instant::now())
    }

    async fn carry(bucket: &Bucket, bytes: usize) -> Duration {
        let started = Instant::now();
        let mut left = bytes;
        while left > 0 {
            left -= bucket.take(left).await;
        }
        started.elapsed()
    }

    fn about(took: Duration, wanted_ms: u64) {
        let wanted = Duration::from_millis(wanted_ms);
        assert!(took.abs_diff(wanted) <= Duration::from_millis(25), "took {took:?}, not {wanted:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_load_takes_the_time_of_the_rate() {
        about(carry(&idle(Profile::steady(8_000)), 10_000_000).await, 10_000);
    }

    #[tokio::test(start_paused = true)]
    async fn two_loads_share_the_rate_and_end_together() {
        let bucket = Arc::new(idle(Profile::steady(8_000)));
        let other = tokio::spawn({
            let bucket = Arc::clone(&bucket);
            async move { carry(&bucket, 1_000_000).await }
        });
        about(carry(&bucket, 1_000_000).await, 2_000);
        about(other.await.unwrap(), 2_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_small_load_is_not_stuck_behind_a_large_one() {
        let bucket = Arc::new(idle(Profile::steady(8_000)));
        let large = tokio::spawn({
            let bucket = Arc::clone(&bucket);
            async move { carry(&bucket, 5_000_000).await }
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        // 100 kB need 100 ms alone, 200 ms beside another.
        about(carry(&bucket, 100_000).await, 200);
        about(large.await.unwrap(), 5_100);
    }

    #[tokio::test(start_paused = true)]
    async fn steps_are_followed_and_idle_time_is_not_saved_up() {
        let steps =
            [(Duration::from_secs(10), 20_000), (Duration::from_secs(10), 1_000), (Duration::from_secs(1), 20_000)];
        let bucket = idle(Profile::steps(steps).unwrap());
        tokio::time::sleep(Duration::from_secs(9)).await;
        // One second at 20 Mbit/s carries 2.5 MB, the next at 1 Mbit/s 125 kB.
        about(carry(&bucket, 2_500_000 + 125_000).await, 2_000);
        tokio::time::sleep(Duration::from_secs(12)).await;
        about(carry(&bucket, 2_500_000).await, 1_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_link_that_stands_still_goes_on_when_it_is_changed() {
        let bucket = Arc::new(idle(Profile::steady(0)));
        let load = tokio::spawn({
            let bucket = Arc::clone(&bucket);
            async move { carry(&bucket, 1_000_000).await }
        });
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert!(!load.is_finished());
        bucket.set(Profile::steady(8_000), Instant::now());
        about(load.await.unwrap(), 6_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slower_link_is_felt_within_a_tick() {
        let bucket = idle(Profile::steady(20_000));
        carry(&bucket, 2_500_000).await;
        bucket.set(Profile::steady(1_000), Instant::now());
        about(carry(&bucket, 125_000).await, 1_000);
    }
}
