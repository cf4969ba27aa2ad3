//! The rule of every player of ours. Looks ahead over several segments and over what the link may do meanwhile, and takes
//! the rung with the best experience to be expected; how, is told in `abr/value.rs`. Buffered segments of lower rungs are
//! loaded again in the order in which they play, if all can be here in time and it is worth what it costs the buffer;
//! downloads are given up when another rung, begun anew, is expected to be better.
//!
//! Before anything has been shown, and where the server must make what it sends, the rule in `abr/rate.rs` decides: a
//! chain for the link knows nothing of encoders.
//!
//! The figures in constants here, in `abr/value.rs` and in `abr/outlook.rs` were found by search over public traces: 43 of
//! 52 of 3G, 20 of 24 of 4G, a sixth of the FCC ones; a few (`CHANGE_COST`, `INTERRUPTION`, the means, `OUTAGES`,
//! `NEARER`) were set with a look at all of them. `FARTHEST_NOW` and `USUAL_WEIGHT` were found on every other one.

use std::time::Duration;

use media_model::ByteCount;

use super::outlook::Rates;
use super::value::{Course, Load, MOST_AHEAD, MOST_RUNGS, Values};
use super::{Candidate, Choice, Decide, Download, Outcome, Place, Signals, rate, weight};
use crate::message::VariantId;

/// A segment is replaced in time with this much to spare, s, at a rate so many spreads below the middle, ...
const TO_SPARE: f64 = 0.4644;
const PESSIMISM: f64 = 0.48;
/// ... and for no less than this share of the rung's bit rate.
const LEAST_GAIN: f64 = 0.4222;
/// A download is looked at when its rest takes this share of the buffer, has lasted this long, and no more often than
/// this.
const AT_RISK: f64 = 0.7;
const JUDGE_AFTER: Duration = Duration::from_millis(500);
const JUDGE_EVERY: Duration = Duration::from_millis(200);
/// A replacement is late if it arrives this much, s, after what it is to replace begins.
const LATE: f64 = 0.05;

/// It remembers only when the download under way was looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LookAhead {
    looked: Duration,
}

/// The segments to come, as the signals tell.
fn course(signals: &Signals<'_>) -> Course {
    let rungs = signals.candidates.len().min(MOST_RUNGS);
    let media = signals.segment.as_seconds();
    let (mut bitrates, mut usual) = ([0.0; MOST_RUNGS], [0.0; MOST_RUNGS]);
    for (rung, candidate) in signals.candidates.iter().enumerate().take(rungs) {
        bitrates[rung] = candidate.declared.get() as f64 / 1e6;
        usual[rung] = candidate.average.get() as f64 / 1e6 * media;
    }
    let mut sizes = [usual; MOST_AHEAD];
    for (sizes, known) in sizes.iter_mut().zip(signals.coming) {
        for (size, known) in sizes.iter_mut().zip(known).filter(|(_, known)| known.get() > 0) {
            *size = known.bits() as f64 / 1e6;
        }
    }
    let length = signals.lasts(signals.segment);
    Course {
        rungs,
        bitrates,
        sizes,
        usual,
        left: signals.count.map_or(usize::MAX, |count| count.saturating_sub(signals.index)).max(1),
        length,
        // With a second or less in the buffer the player loads even what is over its limit.
        limit: signals.lasts(signals.limit).max(length + 1.0),
        latency: signals.latency.as_secs_f64(),
    }
}

/// The size of the segment on its way tells those of the same segment in variants whose sizes no playlist tells.
fn weigh(course: &mut Course, signals: &Signals<'_>, rung: usize, size: ByteCount) {
    let told =
        |rung: usize| signals.coming.first().and_then(|sizes| sizes.get(rung)).is_some_and(|size| size.get() > 0);
    if told(rung) {
        return;
    }
    let weight = weight(size, course.sizes[0][rung]);
    for (_, size) in course.sizes[0].iter_mut().enumerate().filter(|(other, _)| !told(*other)) {
        *size *= weight;
    }
}

/// Rungs beyond [`MOST_RUNGS`] are not reckoned with.
fn position(signals: &Signals<'_>, id: VariantId) -> Option<usize> {
    signals.candidates.iter().take(MOST_RUNGS).position(|candidate| candidate.id == id)
}

/// The server is what limits: it must make what it sends.
fn is_made(candidate: &Candidate) -> bool {
    !candidate.making.is_zero() || !candidate.entry.is_zero()
}

/// Which of the buffered segments is loaded again, and in which rung. From it on to the end of the buffer all lower ones
/// would be replaced, in the order in which they play, each in time, and it must be worth what it costs the buffer.
fn replacement(course: &Course, values: &Values, signals: &Signals<'_>, rates: Rates) -> Option<(usize, usize)> {
    let (played, level) = (signals.lasts(signals.played), signals.lasts(signals.level));
    let held: Vec<Option<usize>> =
        signals.held.iter().map(|held| held.and_then(|held| position(signals, held))).collect();
    let slow = rates.middle / 1e6 * libm::exp(-PESSIMISM * rates.spread);
    let mut best = (0.0, None);
    for rung in 1..course.rungs {
        let (new, megabits) = (course.bitrates[rung], course.usual[rung]);
        let is_lower = |index: usize| held[index].is_some_and(|held| held < rung);
        let rate_of = |index: usize| held[index].map_or(new, |held| course.bitrates[held]);
        for start in (1..held.len()).filter(|start| is_lower(*start)) {
            let (mut time, mut count, mut gain) = (0.0, 0.0, 0.0);
            let mut in_time = true;
            let (mut before, mut after) = (rate_of(start - 1), rate_of(start - 1));
            for index in start..held.len() {
                let old = rate_of(index);
                let shown = if is_lower(index) { new } else { old };
                gain += (before - old).abs() - (after - shown).abs();
                (before, after) = (old, shown);
                if is_lower(index) {
                    time += course.latency + megabits / slow;
                    count += 1.0;
                    gain += new - old;
                    in_time &= time + TO_SPARE <= index as f64 * course.length - played;
                }
            }
            gain += (before - new).abs() - (after - new).abs();
            let least = (LEAST_GAIN * new).max(best.0);
            if in_time && gain > least {
                let all = Load { rung, megabits: count * megabits, latency: count * course.latency };
                let worth = gain - values.cost_of(all, level);
                best = if worth > least { (worth, Some((rung, start))) } else { best };
            }
        }
    }
    best.1
}

impl Decide for LookAhead {
    fn choose(&mut self, signals: &Signals<'_>) -> Option<Choice> {
        let simple = || rate::choose(signals).map(Choice::next);
        let Some(rates) = signals.rates else { return simple() };
        if !signals.started || signals.candidates.len() < 2 || signals.candidates.iter().any(is_made) {
            return simple();
        }
        let course = course(signals);
        let values = Values::new(&course, rates);
        let level = signals.lasts(signals.level);
        let last = signals.before.or(signals.current).and_then(|id| position(signals, id)).unwrap_or(0);
        let worth = |rung: usize| {
            let load = Load { rung, megabits: course.sizes[0][rung], latency: course.latency };
            values.of(load, level, course.bitrates[last])
        };
        let best = (0..course.rungs)
            .map(|rung| (worth(rung), rung))
            .fold((f64::NEG_INFINITY, 0), |best, one| if one.0 > best.0 { one } else { best });
        let (rung, place) = match replacement(&course, &values, signals, rates) {
            Some((rung, start)) => (rung, Place::Instead(start)),
            None => (best.1, Place::Next),
        };
        Some(Choice { place, ..Choice::next(signals.candidates.get(rung)?.id) })
    }

    fn judge(&mut self, signals: &Signals<'_>, download: &Download) -> Outcome {
        let Some(rates) = signals.rates else { return Outcome::Complete };
        let left = download.size.get().saturating_sub(download.got.get());
        let megabits = left as f64 * 8e-6;
        let time = megabits / (rates.middle / 1e6);
        if download.is_replacement {
            return if time > signals.lasts(download.to_start) + LATE { Outcome::Late } else { Outcome::Complete };
        }
        let Some(rung) = position(signals, download.variant) else { return Outcome::Complete };
        let level = signals.lasts(signals.level);
        let is_soon = download.took < self.looked + JUDGE_EVERY && download.took >= self.looked;
        if rung == 0
            || !signals.started
            || time < AT_RISK * level
            || download.took < JUDGE_AFTER
            || is_soon
            || signals.candidates.iter().any(is_made)
        {
            return Outcome::Complete;
        }
        self.looked = download.took;
        let mut course = course(signals);
        weigh(&mut course, signals, rung, download.size);
        let values = Values::new(&course, rates);
        let last = signals.before.and_then(|id| position(signals, id)).unwrap_or(rung);
        let last = course.bitrates[last];
        let stay = values.of(Load { rung, megabits, latency: 0.0 }, level, last);
        let mut best = (stay, None);
        for other in 0..rung {
            let anew = Load { rung: other, megabits: course.sizes[0][other], latency: course.latency };
            let worth = values.of(anew, level, last);
            if worth > best.0 {
                best = (worth, Some(other));
            }
        }
        best.1.map_or(Outcome::Complete, Outcome::GivenUpFor)
    }

    fn ended(&mut self, _signals: &Signals<'_>, _download: &Download, _outcome: Outcome) {
        self.looked = Duration::ZERO;
    }

    fn waited(&mut self, _time: Duration) {}

    fn copy(&self) -> Box<dyn Decide> {
        Box::new(*self)
    }
}
