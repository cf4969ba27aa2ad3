//! The rule for starts, and for servers that make what they send: the best variant that the link carries with a margin,
//! the margin being wide while the buffer is short. Time the server spends encoding counts as time, never as a slow link.

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
/// What must be left when the first segment of another variant arrives.
const RESERVE: MediaDuration = MediaDuration::from_millis(500);
/// From this level on the average bit rate counts, below it the peak counts more and more.
const AVERAGE_AT: MediaDuration = MediaDuration::from_secs(12);

/// The variant for the next segment.
pub(super) fn choose(signals: &Signals<'_>) -> Option<VariantId> {
    let carried: Vec<_> = signals.candidates.iter().filter(|candidate| is_carried(signals, candidate)).collect();
    let affordable = carried.iter().rev().copied().find(|candidate| is_affordable(signals, candidate));
    affordable
        // The server is the brake: what it makes most quickly, and of those it was never asked for, the highest, which
        // may be a copy that it need not make.
        .or_else(|| carried.iter().rev().copied().min_by_key(|candidate| candidate.making))
        // The link is the brake: what arrives first.
        .or_else(|| signals.candidates.iter().min_by_key(|candidate| signals.fetch_time(candidate)))
        .map(|candidate| candidate.id)
}

/// Whether the link carries this variant, with a margin.
fn is_carried(signals: &Signals<'_>, candidate: &Candidate) -> bool {
    let bonus = if signals.current == Some(candidate.id) { STAY_BONUS } else { 0 };
    let share = between(EMPTY_SHARE, FULL_SHARE, signals.level, FULL_AT) + bonus;
    signals.speed.need(demand(candidate, signals.level)) <= signals.throughput.scaled(share, 1_000)
}

/// Whether the buffer lasts while this variant is changed to and made.
fn is_affordable(signals: &Signals<'_>, candidate: &Candidate) -> bool {
    let is_up = signals.current.is_some_and(|current| candidate.id > current);
    if is_up && signals.started && signals.level < UP_LEVEL {
        return false;
    }
    let fetch_time = signals.fetch_time(candidate);
    let level = MediaDuration::from_std(signals.speed.time_for(signals.level));
    if signals.current.is_some() && !candidate.entry.is_zero() {
        let first = MediaDuration::from_std(fetch_time.saturating_add(candidate.entry));
        if level < first + RESERVE {
            return false;
        }
    }
    // A variant that the server makes more slowly than it plays eats the buffer: not with a short one, and not to go up.
    let drains = fetch_time > signals.speed.time_for(signals.segment);
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
