//! How fast the link is at which time. Pure: time comes in as an argument.

use std::time::Duration;

use network_traces::Trace;

/// Rate of a link over time: periods one after the other, the last of which lasts for ever or is followed by the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// In their order; never empty, and never all without length if they repeat.
    periods: Vec<Period>,
    repeats: bool,
    stalls: Vec<Stall>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Period {
    /// When it ends, from the start of the profile. That of a last one that lasts for ever is not looked at.
    end: Duration,
    rate_bps: u64,
    latency: Duration,
}

/// A time in which nothing moves, whatever the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stall {
    /// When it begins, from the start of the profile.
    pub at: Duration,
    /// How long it lasts.
    pub length: Duration,
    /// From one beginning to the next, if it comes again; longer than `length`.
    pub every: Option<Duration>,
}

/// Why periods make no profile.
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
    /// Steps that are to be repeated last no time, or carry nothing.
    #[error("steps that repeat need a length and at least one rate above zero")]
    NothingToRepeat,
    /// A stall that comes again before it is over.
    #[error("a stall has to end before it comes again")]
    EndlessStall,
}

impl Profile {
    /// The same rate for ever; 0 lets nothing through.
    pub fn steady(kbps: u32) -> Self {
        let period = Period { end: Duration::MAX, rate_bps: u64::from(kbps) * 1_000, latency: Duration::ZERO };
        Self { periods: vec![period], repeats: false, stalls: Vec::new() }
    }

    /// Steps of (length, kbit/s); the last lasts for ever.
    ///
    /// # Errors
    /// No step, or a sum that cannot be counted.
    pub fn steps(steps: impl IntoIterator<Item = (Duration, u64)>) -> Result<Self, ProfileError> {
        let mut end = Duration::ZERO;
        let mut periods = Vec::new();
        for (index, (length, kbps)) in steps.into_iter().enumerate() {
            end = end.checked_add(length).ok_or(ProfileError::TooLong(index))?;
            let rate_bps = kbps.checked_mul(1_000).ok_or(ProfileError::TooFast(index))?;
            periods.push(Period { end, rate_bps, latency: Duration::ZERO });
        }
        if periods.is_empty() {
            return Err(ProfileError::Empty);
        }
        Ok(Self { periods, repeats: false, stalls: Vec::new() })
    }

    /// A recorded network; it begins anew when it ends.
    ///
    /// # Errors
    /// A trace that is longer than can be counted.
    pub fn recorded(trace: &Trace) -> Result<Self, ProfileError> {
        let mut end = Duration::ZERO;
        let mut periods = Vec::with_capacity(trace.periods().len());
        for (index, period) in trace.periods().iter().enumerate() {
            end = end.checked_add(period.duration).ok_or(ProfileError::TooLong(index))?;
            periods.push(Period { end, rate_bps: period.rate.get(), latency: period.latency });
        }
        Self { periods, repeats: false, stalls: Vec::new() }.repeated()
    }

    /// The same steps over and over.
    ///
    /// # Errors
    /// Steps that last no time or carry nothing.
    pub fn repeated(mut self) -> Result<Self, ProfileError> {
        let mut start = Duration::ZERO;
        let carries = self.periods.iter().any(|period| {
            let length = period.end - std::mem::replace(&mut start, period.end);
            period.rate_bps > 0 && !length.is_zero()
        });
        if !carries {
            return Err(ProfileError::NothingToRepeat);
        }
        self.repeats = true;
        Ok(self)
    }

    /// The same link with times in which nothing moves.
    ///
    /// # Errors
    /// A stall that comes again before it is over.
    pub fn with_stalls(mut self, stalls: Vec<Stall>) -> Result<Self, ProfileError> {
        if stalls.iter().any(|stall| stall.every.is_some_and(|every| every <= stall.length)) {
            return Err(ProfileError::EndlessStall);
        }
        self.stalls = stalls;
        Ok(self)
    }

    /// Rate at `at`, in bits per second.
    pub fn rate_bps(&self, at: Duration) -> u64 {
        self.span(at).1
    }

    /// From request to first byte at `at`, as far as a trace says so.
    pub fn latency(&self, at: Duration) -> Duration {
        self.period(at).1.latency
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

    /// Until when (if not for ever) the link stays as it is at `at`, and its rate.
    fn span(&self, at: Duration) -> (Option<Duration>, u64) {
        let (mut end, period) = self.period(at);
        let mut rate = period.rate_bps;
        for stall in &self.stalls {
            let (edge, inside) = stall.next_edge(at);
            if inside {
                rate = 0;
            }
            // While one stall holds, the end of the period or another stall changes nothing but the end of the span.
            end = match (end, edge) {
                (Some(end), Some(edge)) => Some(end.min(edge)),
                (end, edge) => end.or(edge),
            };
        }
        (end, rate)
    }

    /// End (if there is one) of the period at `at`, and the period.
    fn period(&self, at: Duration) -> (Option<Duration>, &Period) {
        let (last, before) = self.periods.split_last().expect("a profile has a period by construction");
        // The time of a profile that does not repeat is one long round.
        let round = if self.repeats { whole_rounds(at, last.end) } else { Duration::ZERO };
        let index = before.partition_point(|period| period.end <= at - round);
        match before.get(index) {
            Some(period) => (Some(round + period.end), period),
            None => (self.repeats.then_some(round + last.end), last),
        }
    }
}

/// How much of `at` is in rounds that are over.
fn whole_rounds(at: Duration, round: Duration) -> Duration {
    let rounds = at.as_nanos() / round.as_nanos().max(1);
    Duration::from_nanos(u64::try_from(rounds * round.as_nanos()).unwrap_or(0))
}

impl Stall {
    /// When this stall next begins or ends after `at`, and whether it holds at `at`.
    fn next_edge(&self, at: Duration) -> (Option<Duration>, bool) {
        let Some(since) = at.checked_sub(self.at) else { return (Some(self.at), false) };
        let begun = self.every.map_or(self.at, |every| self.at + whole_rounds(since, every));
        let end = begun.saturating_add(self.length);
        if at < end { (Some(end), true) } else { (self.every.map(|every| begun + every), false) }
    }
}

#[cfg(test)]
mod tests;
