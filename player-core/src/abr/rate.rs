//! The throughput rule: the best variant that the link carries with a margin, the margin being wide while the buffer is
//! short. Time the server spends encoding counts as time, never as a slow link.

use media_model::{BitsPerSecond, MediaDuration};

use super::{Candidate, Signals};
use crate::message::VariantId;

/// Share of the estimate, in thousandths, that a variant may need: from 70 % with an empty buffer to 95 % with 10 s.
/// hls.js stays at 70 % for going up and so leaves a third of a steady link unused.
const EMPTY_SHARE: u64 = 700;
const FULL_SHARE: u64 = 950;
const FULL_AT: MediaDuration = MediaDuration::from_secs(10);
/// The variant played now may need this much more, in thousandths of the estimate, so that noise does not switch it.
const STAY_BONUS: u64 = 80;
/// Less media than this ahead, and the picture does not get better until there is more.
const UP_LEVEL: MediaDuration = MediaDuration::from_secs(4);
/// From this level on the average bit rate counts, below it the peak counts more and more.
const AVERAGE_AT: MediaDuration = MediaDuration::from_secs(12);

pub(super) fn choose(signals: &Signals<'_>) -> Option<VariantId> {
    let best = signals.candidates.iter().rev().find(|candidate| fits(signals, candidate));
    // If nothing fits, what arrives first is best: the lowest on a slow link, a copy on a slow encoder.
    best.or_else(|| signals.candidates.iter().min_by_key(|candidate| signals.fetch_time(candidate)))
        .map(|candidate| candidate.id)
}

fn fits(signals: &Signals<'_>, candidate: &Candidate) -> bool {
    let is_up = signals.current.is_some_and(|current| candidate.id > current);
    if is_up && signals.started && signals.level < UP_LEVEL {
        return false;
    }
    let bonus = if signals.current == Some(candidate.id) { STAY_BONUS } else { 0 };
    let share = between(EMPTY_SHARE, FULL_SHARE, signals.level, FULL_AT) + bonus;
    if demand(candidate, signals.level) > signals.throughput.scaled(share, 1_000) {
        return false;
    }
    // A variant that the server makes more slowly than it plays eats the buffer: not with a short one, and not to go up.
    let drains = MediaDuration::from_std(signals.fetch_time(candidate)) > signals.segment;
    !(drains && !candidate.making.is_zero() && (is_up || signals.level < FULL_AT))
}

/// The bit rate to reckon with: the peak with an empty buffer, the average with a full one.
fn demand(candidate: &Candidate, level: MediaDuration) -> BitsPerSecond {
    BitsPerSecond::new(between(candidate.peak.get(), candidate.average.get(), level, AVERAGE_AT))
}

/// Goes from `at_zero` to `at_full` as `level` goes from nothing to `full`.
fn between(at_zero: u64, at_full: u64, level: MediaDuration, full: MediaDuration) -> u64 {
    let (part, whole) = (u128::from(level.min(full).as_micros()), u128::from(full.as_micros()));
    let mixed = (u128::from(at_zero) * (whole - part) + u128::from(at_full) * part) / whole;
    u64::try_from(mixed).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
