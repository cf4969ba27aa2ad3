//! Looks some segments ahead over several likely futures of the link, and takes the rung with the best expected
//! experience: bit rate on screen, less its changes, less stalls at the price of the top rung (the linear QoE of Yin et
//! al., SIGCOMM 2015, and Pensieve). In each future a rung is kept for a while, and then another one to the end. What a
//! buffer is worth at the end stands for all that comes later: bits that need not be fetched again, and stalls spared.
//! Buffered segments of lower rungs are loaded again in the order in which they play, if all can be here in time and it is
//! worth what it costs the buffer; downloads are given up when another rung, begun anew, is expected to be better.
//!
//! The figures in constants were found by search over half of the 3G and 4G traces and a tenth of the FCC ones.

use std::time::Duration;

use super::outlook::Rates;
use super::{Candidate, Choice, Decide, Download, Outcome, Place, Signals, rate};
use crate::message::VariantId;

const MOST_RUNGS: usize = 16;
const MOST_AHEAD: usize = 8;

/// What a second of stalling costs, in top bit rates; more than the QoE asks, because futures are worse than they look.
const STALL_COST: f64 = 1.3;
/// What the end of the look ahead is worth: per second of media in the buffer, in rates of the link, and against stalls, in
/// stall costs, of the spread and of the outages a minute that were seen; the latter falls by e with the media that an
/// outage takes.
const BUFFER_VALUE: f64 = 1.0;
const CAUTION: f64 = 0.45;
const OUTAGE_CAUTION: f64 = 3.0;
/// Futures are drawn from this share of the spread.
const FUTURE_SPREAD: f64 = 0.85;
/// A segment is replaced in time with this much to spare, s, at a rate so many deviations below the middle, ...
const TO_SPARE: f64 = 0.5;
const PESSIMISM: f64 = 0.5;
/// ... and for no less than this share of the rung's bit rate.
const LEAST_GAIN: f64 = 0.5;
/// A download is looked at when its rest takes this share of the buffer, has lasted this long, and is given up for no less
/// than this share of a second's stall cost.
const AT_RISK: f64 = 0.7;
const JUDGE_AFTER: Duration = Duration::from_millis(500);
const LEAST_RELIEF: f64 = 0.1;

/// Futures of the link: standard deviations from the middle, and how likely.
const FUTURES: [(f64, f64); 5] = [(-2.0, 0.08), (-1.0, 0.24), (0.0, 0.36), (1.0, 0.24), (2.0, 0.08)];

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LookAhead;

/// The next segment, or what is left of it, and where things stand when it is asked for.
struct First {
    rung: usize,
    megabits: f64,
    /// s until its first byte
    latency: f64,
    /// s of media
    level: f64,
    /// Mbit/s of the segment before
    last: f64,
}

/// What is reckoned with: megabits, seconds.
struct Ahead {
    rungs: usize,
    segments: usize,
    /// Mbit/s
    bitrates: [f64; MOST_RUNGS],
    /// Mbit of each rung, by segment.
    sizes: [[f64; MOST_RUNGS]; MOST_AHEAD],
    length: f64,
    limit: f64,
    latency: f64,
    stall_cost: f64,
}

impl Ahead {
    fn new(signals: &Signals<'_>) -> Self {
        let rungs = signals.candidates.len().min(MOST_RUNGS);
        let segments = signals.count.saturating_sub(signals.index).clamp(1, MOST_AHEAD);
        let length = signals.segment.as_seconds();
        let mut bitrates = [0.0; MOST_RUNGS];
        for (rate, candidate) in bitrates.iter_mut().zip(signals.candidates) {
            *rate = candidate.declared.get() as f64 / 1e6;
        }
        let mut sizes = [[0.0; MOST_RUNGS]; MOST_AHEAD];
        for (index, sizes) in sizes.iter_mut().enumerate().take(segments) {
            let known = signals.coming.get(index);
            for (rung, size) in sizes.iter_mut().enumerate().take(rungs) {
                let known = known.and_then(|known| known.get(rung)).map(|size| size.bits() as f64 / 1e6);
                let usual = signals.candidates[rung].average.get() as f64 / 1e6 * length;
                *size = known.filter(|size| *size > 0.0).unwrap_or(usual);
            }
        }
        Self {
            rungs,
            segments,
            bitrates,
            sizes,
            length,
            limit: signals.limit.as_seconds(),
            latency: signals.latency.as_secs_f64(),
            stall_cost: bitrates[rungs - 1] * STALL_COST,
        }
    }

    /// The next segment in this rung.
    fn whole(&self, rung: usize, level: f64, last: f64) -> First {
        First { rung, megabits: self.sizes[0][rung], latency: self.latency, level, last }
    }

    /// Loads one segment: level after it, and how long playback stood still.
    fn load(&self, level: f64, megabits: f64, rate: f64, latency: f64) -> (f64, f64) {
        let room = (level + self.length - self.limit).max(0.0);
        let level = level - room.min(level);
        let took = latency + megabits / rate;
        ((level - took).max(0.0) + self.length, (took - level).max(0.0))
    }

    fn gain(&self, rung: usize, last: f64, stall: f64) -> f64 {
        let bitrate = self.bitrates[rung];
        bitrate - (bitrate - last).abs() - self.stall_cost * stall
    }

    /// What a level at the end is worth: what it spares in stalls.
    fn end(&self, level: f64, rate: f64, rates: Rates) -> f64 {
        let risk = CAUTION * rates.spread + OUTAGE_CAUTION * rates.hazard;
        let used = rate.min(self.bitrates[self.rungs - 1]);
        BUFFER_VALUE * used * level * (1.0 - 0.5 * level / self.limit) / self.length
            - self.stall_cost * risk * libm::exp(-(level - self.length) / rates.outage)
    }

    /// The best that can come of a rung for the next segment in one future: it is kept for a while, and then another one.
    fn worth(&self, first: &First, rate: f64, rates: Rates) -> f64 {
        let &First { rung, megabits, latency, level, last } = first;
        let (mut level, stall) = self.load(level, megabits, rate, latency);
        let mut sum = self.gain(rung, last, stall);
        let mut best = f64::NEG_INFINITY;
        for kept in 1..=self.segments {
            if kept == self.segments {
                return best.max(sum + self.end(level, rate, rates));
            }
            for other in 0..self.rungs {
                if other != rung {
                    let (mut level, mut sum, mut last) = (level, sum, self.bitrates[rung]);
                    for segment in kept..self.segments {
                        let (after, stall) = self.load(level, self.sizes[segment][other], rate, self.latency);
                        sum += self.gain(other, last, stall);
                        (level, last) = (after, self.bitrates[other]);
                    }
                    best = best.max(sum + self.end(level, rate, rates));
                }
            }
            let (after, stall) = self.load(level, self.sizes[kept][rung], rate, self.latency);
            sum += self.gain(rung, self.bitrates[rung], stall);
            level = after;
        }
        best
    }

    fn expected(&self, first: &First, rates: Rates) -> f64 {
        FUTURES.iter().fold(0.0, |sum, (deviations, share)| {
            let rate = rates.middle / 1e6 * libm::exp(deviations * rates.spread * FUTURE_SPREAD);
            sum + share * self.worth(first, rate, rates)
        })
    }
}

/// Rungs beyond [`MOST_RUNGS`] are not reckoned with.
fn position(signals: &Signals<'_>, id: VariantId) -> Option<usize> {
    signals.candidates.iter().take(MOST_RUNGS).position(|candidate| candidate.id == id)
}

impl LookAhead {
    /// The server is what limits: it must make what it sends.
    fn is_made(candidate: &Candidate) -> bool {
        !candidate.making.is_zero() || !candidate.entry.is_zero()
    }

    /// The first of the buffered segments that are loaded again in this rung: from it on to the end of the buffer all lower
    /// ones would be replaced, in the order in which they play, each in time, and it must be worth what it costs the buffer.
    fn replacement(ahead: &Ahead, signals: &Signals<'_>, rung: usize, rates: Rates) -> Option<usize> {
        let (played, level) = (signals.played.as_seconds(), signals.level.as_seconds());
        let held: Vec<Option<usize>> =
            signals.held.iter().map(|held| held.and_then(|held| position(signals, held))).collect();
        let slow = rates.middle / 1e6 * libm::exp(-PESSIMISM * rates.spread);
        let new = ahead.bitrates[rung];
        let megabits = new * ahead.length;
        let is_lower = |index: usize| held[index].is_some_and(|held| held < rung);
        let rate_of = |index: usize| held[index].map_or(new, |held| ahead.bitrates[held]);
        let mut best = (LEAST_GAIN * new, None);
        for start in 1..held.len() {
            if !is_lower(start) {
                continue;
            }
            let (mut time, mut count, mut gain) = (0.0, 0.0, 0.0);
            let mut in_time = true;
            let (mut before, mut after) = (rate_of(start - 1), rate_of(start - 1));
            for index in start..held.len() {
                let old = rate_of(index);
                let shown = if is_lower(index) { new } else { old };
                gain += (before - old).abs() - (after - shown).abs();
                (before, after) = (old, shown);
                if is_lower(index) {
                    time += ahead.latency + megabits / slow;
                    count += 1.0;
                    gain += new - old;
                    in_time &= time + TO_SPARE <= index as f64 * ahead.length - played;
                }
            }
            gain += (before - new).abs() - (after - new).abs();
            if !in_time {
                continue;
            }
            let cost = FUTURES.iter().fold(0.0, |sum, (deviations, share)| {
                let rate = rates.middle / 1e6 * libm::exp(deviations * rates.spread * FUTURE_SPREAD);
                let took = count * (ahead.latency + megabits / rate);
                let left = (level - took).max(0.0);
                let stall = (took - level).max(0.0) * ahead.stall_cost;
                sum + share * (ahead.end(level, rate, rates) - ahead.end(left, rate, rates) + stall)
            });
            if gain - cost > best.0 {
                best = (gain - cost, Some(start));
            }
        }
        best.1
    }
}

impl Decide for LookAhead {
    fn choose(&mut self, signals: &Signals<'_>) -> Option<Choice> {
        let simple = || rate::choose(signals).map(Choice::next);
        let Some(rates) = signals.rates else { return simple() };
        if !signals.started || signals.candidates.len() < 2 || signals.candidates.iter().any(Self::is_made) {
            return simple();
        }
        let ahead = Ahead::new(signals);
        let level = signals.level.as_seconds();
        let last = signals.before.or(signals.current).and_then(|id| position(signals, id)).unwrap_or(0);
        let last = ahead.bitrates[last];
        let worth = |rung: usize| ahead.expected(&ahead.whole(rung, level, last), rates);
        let best = (0..ahead.rungs)
            .map(|rung| (worth(rung), rung))
            .fold((f64::NEG_INFINITY, 0), |best, one| if one.0 > best.0 { one } else { best });
        let variant = signals.candidates.get(best.1)?.id;
        let place = match Self::replacement(&ahead, signals, best.1, rates) {
            Some(index) => Place::Instead(index),
            None => Place::Next,
        };
        Some(Choice { place, ..Choice::next(variant) })
    }

    fn judge(&mut self, signals: &Signals<'_>, download: &Download) -> Outcome {
        let left = (download.size.get().saturating_sub(download.got.get()).max(download.got.get() / 50)) as f64 * 8e-6;
        if download.is_replacement {
            let Some(rates) = signals.rates else { return Outcome::Complete };
            let late = left / (rates.middle / 1e6) > download.to_start.as_seconds() + 0.05;
            return if late { Outcome::Late } else { Outcome::Complete };
        }
        let (Some(rates), Some(rung)) = (signals.rates, position(signals, download.variant)) else {
            return Outcome::Complete;
        };
        let level = signals.level.as_seconds();
        if rung == 0 || !signals.started || left / (rates.middle / 1e6) < AT_RISK * level {
            return Outcome::Complete;
        }
        if download.took < JUDGE_AFTER || signals.candidates.iter().any(Self::is_made) {
            return Outcome::Complete;
        }
        let ahead = Ahead::new(signals);
        let last = signals.before.and_then(|id| position(signals, id)).unwrap_or(rung);
        let last = ahead.bitrates[last];
        let rest = First { rung, megabits: left, latency: 0.0, level, last };
        let stay = ahead.expected(&rest, rates);
        let mut best = (stay + LEAST_RELIEF * ahead.stall_cost, None);
        for other in 0..rung {
            let worth = ahead.expected(&ahead.whole(other, level, last), rates);
            if worth > best.0 {
                best = (worth, Some(other));
            }
        }
        best.1.map_or(Outcome::Complete, Outcome::GivenUpFor)
    }

    fn ended(&mut self, _signals: &Signals<'_>, _download: &Download, _outcome: Outcome) {}

    fn waited(&mut self, _time: Duration) {}

    fn copy(&self) -> Box<dyn Decide> {
        Box::new(*self)
    }
}
