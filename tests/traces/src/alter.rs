//! The same network in another light, so that a rule cannot know a trace by heart.

use std::time::Duration;

use super::{Period, TraceError};

/// What is done to a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alteration {
    /// Played backwards.
    Reverse,
    /// Begun this long after its beginning; what is before comes at its end.
    Rotate(Duration),
    /// Every rate times this many thousandths.
    Scale(u64),
    /// Every rate times a random factor within this many thousandths up and down, the same for the same seed.
    Jitter {
        /// At most, of a thousand; the rate never falls below zero.
        most: u64,
        /// Which of the many.
        seed: u64,
    },
    /// The largest lasting change of the trace comes at this time: what is before it is cut short or played over again.
    MoveStep(Duration),
    /// Once in every so often the rate is this many thousandths of itself for a while.
    Bursts {
        /// From the beginning of one to that of the next.
        every: Duration,
        /// How long each lasts.
        length: Duration,
        /// What is left of the rate meanwhile, or what it becomes.
        share: u64,
    },
}

impl Alteration {
    pub(super) fn apply(self, periods: &[Period]) -> Result<Vec<Period>, TraceError> {
        Ok(match self {
            Self::Reverse => periods.iter().rev().copied().collect(),
            Self::Rotate(by) => rotated(periods, by),
            Self::Scale(share) => periods.iter().map(|&period| scaled(period, share)).collect(),
            Self::Jitter { most, seed } => jittered(periods, most, seed),
            Self::MoveStep(to) => step_moved(periods, to)?,
            Self::Bursts { every, length, share } => with_bursts(periods, every, length, share)?,
        })
    }
}

fn scaled(period: Period, share: u64) -> Period {
    Period { rate: period.rate.scaled(share, 1_000), ..period }
}

/// The two parts of a trace before and after `at`.
fn split(periods: &[Period], at: Duration) -> (Vec<Period>, Vec<Period>) {
    let (mut before, mut after, mut passed) = (Vec::new(), Vec::new(), Duration::ZERO);
    for &period in periods {
        let first = at.saturating_sub(passed).min(period.duration);
        let parts = [(&mut before, first), (&mut after, period.duration - first)];
        for (part, duration) in parts {
            if !duration.is_zero() {
                part.push(Period { duration, ..period });
            }
        }
        passed += period.duration;
    }
    (before, after)
}

fn rotated(periods: &[Period], by: Duration) -> Vec<Period> {
    let whole: Duration = periods.iter().map(|period| period.duration).sum();
    let by = by.as_nanos() % whole.as_nanos().max(1);
    let (before, mut after) = split(periods, Duration::from_nanos(u64::try_from(by).unwrap_or(0)));
    after.extend(before);
    after
}

fn jittered(periods: &[Period], most: u64, seed: u64) -> Vec<Period> {
    let most = most.min(1_000);
    let factor = |place: usize| {
        let random = mixed(seed ^ mixed(place as u64));
        1_000 - most + random % (2 * most + 1)
    };
    periods.iter().enumerate().map(|(place, &period)| scaled(period, factor(place))).collect()
}

/// SplitMix64 (Steele, Lea and Flood 2014): one step, used as a hash. What is random in simulations is drawn with it.
pub fn mixed(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// Where the means before and after differ the most, each weighted with its length: the split that leaves the least
/// variance within the two parts.
fn step_of(periods: &[Period]) -> Duration {
    let seconds = |period: &Period| period.duration.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "places are compared, not kept")]
    let bits = |period: &Period| period.rate.get() as f64 * period.duration.as_secs_f64();
    let (all_s, all_bits): (f64, f64) = (periods.iter().map(seconds).sum(), periods.iter().map(bits).sum());
    let (mut passed, mut before_bits, mut best) = (Duration::ZERO, 0.0, (0.0, Duration::ZERO));
    for period in periods {
        passed += period.duration;
        before_bits += bits(period);
        let (before_s, after_s) = (passed.as_secs_f64(), all_s - passed.as_secs_f64());
        if after_s <= 0.0 {
            break;
        }
        let change = before_bits / before_s - (all_bits - before_bits) / after_s;
        let between = change * change * before_s * after_s;
        if between > best.0 {
            best = (between, passed);
        }
    }
    best.1
}

fn step_moved(periods: &[Period], to: Duration) -> Result<Vec<Period>, TraceError> {
    let (before, after) = split(periods, step_of(periods));
    let mut moved = Vec::new();
    let mut missing = if before.is_empty() { Duration::ZERO } else { to };
    for period in before.iter().cycle() {
        let duration = period.duration.min(missing);
        if duration.is_zero() {
            break;
        }
        add(&mut moved, Period { duration, ..*period })?;
        missing -= duration;
    }
    moved.extend(after);
    Ok(moved)
}

/// A trace of more periods is a mistake in what was asked for: a step moved by a year, bursts in every moment of a week.
const MOST_PERIODS: usize = 2_000_000;

fn add(periods: &mut Vec<Period>, period: Period) -> Result<(), TraceError> {
    if periods.len() >= MOST_PERIODS {
        return Err(TraceError::TooLong);
    }
    periods.push(period);
    Ok(())
}

/// Shorter bursts are none: a link is not told to change more often than a packet of its takes.
const SHORTEST: Duration = Duration::from_millis(10);

fn with_bursts(periods: &[Period], every: Duration, length: Duration, share: u64) -> Result<Vec<Period>, TraceError> {
    let every = every.max(SHORTEST);
    let calm = every.saturating_sub(length);
    let mut altered = Vec::new();
    let mut phase = Duration::ZERO;
    for &period in periods {
        let mut rest = period.duration;
        while !rest.is_zero() {
            let (in_burst, until) = if phase < calm { (false, calm) } else { (true, every) };
            let duration = rest.min(until - phase);
            let share = if in_burst { share } else { 1_000 };
            add(&mut altered, scaled(Period { duration, ..period }, share))?;
            rest -= duration;
            phase += duration;
            if phase >= every {
                phase = Duration::ZERO;
            }
        }
    }
    Ok(altered)
}

#[cfg(test)]
mod tests;
