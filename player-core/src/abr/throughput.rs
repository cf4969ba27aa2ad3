//! What the link carries, measured while bytes arrive.
//!
//! All transfers at once make one measurement, because they share the link: bytes that arrived in the time in which at
//! least one body was under way. Waiting for a first byte is latency or the server's work and is no such time. Must not
//! know variants or what is loaded.

use std::collections::VecDeque;
use std::time::Duration;

use media_model::{BitsPerSecond, ByteCount};

use super::outlook::{Outlook, Rates};
use crate::clock::Now;

/// A measurement is complete with this many bytes, if they did not come within [`MIN_BUSY`]: enough to smooth bursts.
const ENOUGH_BYTES: u64 = 64 * 1024;
/// ... or after this time, so that a slow link is seen during the download.
const ENOUGH_TIME: Duration = Duration::from_millis(400);
/// Below this nothing can be said: progress events of a whole segment may come at once.
const MIN_BUSY: Duration = Duration::from_millis(4);
/// The one under way counts from here on.
const USABLE_TIME: Duration = Duration::from_millis(250);
/// Measurements of the quick and of the steady mean. By number, not by age: on a fast link they are a fraction of a
/// second, so that going up is quick, on a slow one a few seconds.
const QUICK: usize = 4;
const STEADY: usize = 20;
/// So many in a row that are three times as fast as all before are another link.
const NEW_LINK: usize = 5;
/// The quick mean takes no more than this, so that a collapse shows as soon as it lasted this long.
const QUICK_TIME: Duration = Duration::from_millis(800);
/// A pause this long in a body that is made while it is sent is the server's; the link did nothing meanwhile. A slow link
/// brings a little every few milliseconds, a server that encodes a fifth of a second of film at once takes longer.
const MAKING_PAUSE: Duration = Duration::from_millis(40);
/// No home link is faster; what looks faster came out of a cache.
const CEILING: BitsPerSecond = BitsPerSecond::from_kbps(1_000_000);

#[derive(Clone, Copy, Debug, Default)]
struct Measurement {
    bytes: u64,
    busy: Duration,
}

impl Measurement {
    fn and(self, other: Self) -> Self {
        Self { bytes: self.bytes.saturating_add(other.bytes), busy: self.busy.saturating_add(other.busy) }
    }

    fn rate(self) -> Option<BitsPerSecond> {
        BitsPerSecond::measured(ByteCount::new(self.bytes), self.busy)
    }

    fn is_complete(self) -> bool {
        self.busy >= ENOUGH_TIME || (self.bytes >= ENOUGH_BYTES && self.busy >= MIN_BUSY)
    }
}

/// The estimator.
#[derive(Clone, Debug, Default)]
pub struct Throughput {
    /// Bodies under way.
    under_way: usize,
    last: Now,
    current: Measurement,
    /// Newest at the back.
    complete: VecDeque<Measurement>,
    outlook: Outlook,
    latency: Option<Duration>,
    fastest_answer: Option<Duration>,
}

impl Throughput {
    /// The first byte of a body came `after` its request; `making` of that was the server's work.
    pub fn begins(&mut self, now: Now, after: Duration, making: Duration) {
        self.pass(now);
        self.under_way += 1;
        let answer = after.saturating_sub(making);
        self.fastest_answer = Some(self.fastest_answer.map_or(answer, |known| known.min(answer)));
        // A quarter of the news: one slow answer is an accident.
        self.latency = Some(self.latency.map_or(answer, |known| (known * 3 + answer) / 4));
    }

    /// With less than this nothing can be played.
    pub fn needs(&mut self, least: BitsPerSecond) {
        self.outlook.needs(least.get() as f64);
    }

    /// More of a body arrived, `pause` after the part before. `in_the_making`: the server produces it while sending.
    pub fn arrived(&mut self, now: Now, bytes: ByteCount, pause: Duration, in_the_making: bool) {
        self.pass(now);
        if in_the_making && self.under_way == 1 && pause >= MAKING_PAUSE {
            // What ended the pause was sent at an unknown speed.
            self.current.busy = self.current.busy.saturating_sub(pause);
            self.outlook.was_no_transfer(pause);
            return;
        }
        self.outlook.saw(bytes.get(), Duration::ZERO);
        self.current.bytes = self.current.bytes.saturating_add(bytes.get());
        if self.current.is_complete() {
            self.complete.push_back(std::mem::take(&mut self.current));
            if self.complete.len() > STEADY {
                self.complete.pop_front();
            }
            self.forget_slower_link();
        }
    }

    /// When all of the newest measurements are three times as fast as the ones before, the link has changed, and what was
    /// before does not count: with a full buffer it would hold the estimate down for a quarter of a minute.
    fn forget_slower_link(&mut self) {
        let Some(older) = self.complete.len().checked_sub(NEW_LINK).filter(|&older| older > 0) else { return };
        let before = self.complete.iter().take(older).fold(Measurement::default(), |sum, one| sum.and(*one));
        let before = before.rate().unwrap_or_default();
        let is_faster = |one: &Measurement| one.rate().is_none_or(|rate| rate >= before.scaled(3, 1));
        if self.complete.iter().skip(older).all(is_faster) {
            self.complete.drain(..older);
        }
    }

    /// A body that had begun is complete, failed or cancelled.
    pub fn ends(&mut self, now: Now) {
        self.pass(now);
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// Time passed.
    pub fn pass(&mut self, now: Now) {
        if self.under_way > 0 {
            self.current.busy += now.since(self.last);
            self.outlook.saw(0, now.since(self.last));
        }
        self.last = now;
    }

    /// What the link carries: the lower of a quick and a steady mean, so that it falls at once and rises when it lasts.
    /// `None` before the first measurement.
    pub fn estimate(&self) -> Option<BitsPerSecond> {
        let quick = self.mean(QUICK, QUICK_TIME)?;
        let steady = self.mean(STEADY, Duration::MAX)?;
        Some(quick.min(steady).min(CEILING))
    }

    /// The mean of the newest measurements: so many, or as many as it takes to fill `enough` time.
    fn mean(&self, count: usize, enough: Duration) -> Option<BitsPerSecond> {
        let under_way = (self.current.busy >= USABLE_TIME).then_some(self.current);
        let newest = under_way.into_iter().chain(self.complete.iter().rev().copied()).take(count);
        let mut sum = Measurement::default();
        for measurement in newest {
            if sum.busy >= enough {
                break;
            }
            sum = sum.and(measurement);
        }
        sum.rate()
    }

    /// What the link will carry, as a distribution; `None` before anything was seen.
    pub fn rates(&self) -> Option<Rates> {
        self.outlook.rates()
    }

    /// Time from request to first byte, without the server's own work; zero before the first answer.
    pub fn latency(&self) -> Duration {
        self.latency.unwrap_or_default()
    }

    /// The quickest answer so far: the nearest thing to the round trip time.
    pub fn fastest_answer(&self) -> Option<Duration> {
        self.fastest_answer
    }
}

#[cfg(test)]
mod tests;
