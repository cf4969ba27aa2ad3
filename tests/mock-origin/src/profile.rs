//! How fast the link is at which time. Pure: time comes in as an argument.

use std::time::Duration;

/// Rate of a link over time: steps one after the other, the last of which lasts for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// When each step ends, from the start, and its rate in bits per second; the last one's end is not looked at.
    steps: Vec<(Duration, u64)>,
}

/// Why steps make no profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// There is nothing to do.
    #[error("a link needs at least one step")]
    Empty,
    /// The sum of the lengths cannot be counted.
    #[error("step {0} ends beyond the end of time")]
    TooLong(usize),
    /// The rate in bits cannot be counted.
    #[error("step {0} is faster than can be counted")]
    TooFast(usize),
}

impl Profile {
    /// The same rate for ever; 0 lets nothing through.
    pub fn steady(kbps: u32) -> Self {
        Self { steps: vec![(Duration::MAX, u64::from(kbps) * 1_000)] }
    }

    /// Steps of (length, kbit/s).
    ///
    /// # Errors
    /// No step, or a sum that cannot be counted.
    pub fn steps(steps: impl IntoIterator<Item = (Duration, u64)>) -> Result<Self, ProfileError> {
        let mut end = Duration::ZERO;
        let mut made = Vec::new();
        for (index, (length, kbps)) in steps.into_iter().enumerate() {
            end = end.checked_add(length).ok_or(ProfileError::TooLong(index))?;
            made.push((end, kbps.checked_mul(1_000).ok_or(ProfileError::TooFast(index))?));
        }
        if made.is_empty() { Err(ProfileError::Empty) } else { Ok(Self { steps: made }) }
    }

    /// Rate at `at`, in bits per second.
    pub fn rate_bps(&self, at: Duration) -> u64 {
        self.span(at).1
    }

    /// When `bytes` that start at `start` are through; `None` if the link stands still for ever before that.
    pub fn finish(&self, start: Duration, bytes: u64) -> Option<Duration> {
        let mut at = start;
        // Bits times a billion: with rates in bits per second and times in nanoseconds nothing is rounded on the way.
        let mut left = u128::from(bytes) * 8 * 1_000_000_000;
        loop {
            let (end, rate) = self.span(at);
            let rate = u128::from(rate);
            let through = end.map(|end| rate * (end - at).as_nanos());
            match (end, through) {
                (Some(end), Some(through)) if through < left => {
                    left -= through;
                    at = end;
                }
                _ if rate == 0 => return None,
                _ => {
                    let took = u64::try_from(left.div_ceil(rate)).ok()?;
                    return at.checked_add(Duration::from_nanos(took));
                }
            }
        }
    }

    /// End (if there is one) and rate of the step at `at`.
    fn span(&self, at: Duration) -> (Option<Duration>, u64) {
        let (last, before) = self.steps.split_last().expect("a profile has a step by construction");
        before.iter().find(|(end, _)| at < *end).map_or((None, last.1), |&(end, rate)| (Some(end), rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_load_across_a_step_takes_the_time_of_both_rates() {
        let profile = Profile::steps([(s(10), 8_000), (s(5), 1_000), (s(1), 4_000)]).unwrap();
        // 1 MB at 8 Mbit/s is a second.
        assert_eq!(profile.finish(s(0), 1_000_000), Some(s(1)));
        // One second at 8 Mbit/s, then the other megabyte at 1 Mbit/s would need 8 s: 5 s carry 5/8, the rest at 4 Mbit/s.
        assert_eq!(profile.finish(s(9), 2_000_000), Some(s(15) + Duration::from_millis(750)));
        // The last step lasts for ever.
        assert_eq!(profile.finish(s(1_000), 500_000), Some(s(1_001)));
        assert_eq!(
            (profile.rate_bps(s(9)), profile.rate_bps(s(10)), profile.rate_bps(s(99))),
            (8_000_000, 1_000_000, 4_000_000)
        );
    }

    #[test]
    fn an_outage_is_waited_out_and_an_endless_one_never_ends() {
        let profile = Profile::steps([(s(1), 0), (s(1), 8_000), (s(1), 0)]).unwrap();
        assert_eq!(profile.finish(s(0), 1_000), Some(s(1) + Duration::from_millis(1)));
        assert_eq!(profile.finish(s(1), 1_000_001), None);
        assert_eq!(Profile::steady(0).finish(s(0), 1), None);
    }

    #[test]
    fn steps_that_make_no_sense_are_named() {
        assert_eq!(Profile::steps([]), Err(ProfileError::Empty));
        assert_eq!(Profile::steps([(s(1), 1), (s(1), u64::MAX)]), Err(ProfileError::TooFast(1)));
        assert_eq!(Profile::steps([(Duration::MAX, 1), (s(1), 1)]), Err(ProfileError::TooLong(1)));
    }
}
