//! The books of a play, kept as Sabre keeps them: averages are per segment length of play time, stalls dilute what was
//! played, start-up is play time but no stall. Time is booked download by download and wait by wait, not moment by moment,
//! which a few of the figures depend on.

use std::collections::VecDeque;

use serde::Serialize;

use super::movie::Movie;

/// What a stall costs in the score, per segment length.
const GAMMA_P: f64 = 5.0;

/// One play in figures. Rates in kbit/s, times in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Nominal bit rate on screen per segment length of play time.
    pub bitrate_kbps: f64,
    /// Share of play time that stood still.
    pub stall_pct: f64,
    /// Time that stood still.
    pub stall_s: f64,
    /// Stalls per hour of play time.
    pub events_per_hour: f64,
    /// Mean absolute change of the bit rate, per segment length.
    pub change_kbps: f64,
    /// Sum of ln(bit rate / lowest), less five times the stalls in segment lengths, per segment length.
    pub score: f64,
    /// Linear QoE: bit rate less change in Mbit/s, less the top rung's Mbit/s for each second of stalling, per segment.
    pub qoe: f64,
    /// Play time until a segment of the threshold rung begins; the movie's length if none does.
    pub rampup_s: f64,
    /// Sum of the delays after each rise of what the network carries, none counted for longer than the buffer.
    pub reaction_s: f64,
    /// Bytes of given up downloads and of replaced segments, of those played.
    pub bytes_wasted_pct: f64,
}

/// A rise of what the network carries.
struct Rise {
    at: f64,
    rung: usize,
    reached: Option<f64>,
}

/// The books.
pub(super) struct Books<'a> {
    movie: &'a Movie,
    max_buffer: f64,
    ramp_rung: Option<usize>,
    segments: usize,
    /// Rungs of the segments from the one that plays on.
    buffer: VecDeque<usize>,
    /// How much of the first of them has been played.
    played: f64,
    /// Index of the segment after the last.
    next: usize,
    total: f64,
    stalled: f64,
    stalls: f64,
    utility: f64,
    bitrate: f64,
    change: f64,
    last: Option<usize>,
    rampup: Option<f64>,
    carried: Option<usize>,
    rises: VecDeque<Rise>,
    reaction: f64,
    bits_played: f64,
    bits_wasted: f64,
}

impl<'a> Books<'a> {
    pub(super) fn new(movie: &'a Movie, max_buffer: f64, ramp_rung: Option<usize>, segments: usize) -> Self {
        Self {
            movie,
            max_buffer,
            ramp_rung,
            segments,
            buffer: VecDeque::new(),
            played: 0.0,
            next: 0,
            total: 0.0,
            stalled: 0.0,
            stalls: 0.0,
            utility: 0.0,
            bitrate: 0.0,
            change: 0.0,
            last: None,
            rampup: None,
            carried: None,
            rises: VecDeque::new(),
            reaction: 0.0,
            bits_played: 0.0,
            bits_wasted: 0.0,
        }
    }

    fn length(&self) -> f64 {
        self.movie.segment().as_seconds() * 1e3
    }

    /// The first segment took this long.
    pub(super) fn start(&mut self, millis: f64) {
        self.total += millis;
    }

    /// Plays for this long, ms, or stalls.
    pub(super) fn pass(&mut self, millis: f64) {
        let (mut left, length) = (millis, self.length());
        if self.buffer.is_empty() {
            self.stalled += left;
            self.total += left;
            return;
        }
        if self.played > 0.0 {
            if left + self.played < length {
                self.played += left;
                self.total += left;
                return;
            }
            left -= length - self.played;
            self.total += length - self.played;
            self.buffer.pop_front();
            self.played = 0.0;
        }
        while left > 0.0
            && let Some(&rung) = self.buffer.front()
        {
            self.begins(rung);
            if left >= length {
                self.buffer.pop_front();
                self.total += length;
                left -= length;
            } else {
                self.played = left;
                self.total += left;
                left = 0.0;
            }
        }
        if left > 0.0 {
            self.stalled += left;
            self.total += left;
            self.stalls += 1.0;
        }
        self.settle(self.total);
    }

    /// A segment of this rung begins to play.
    fn begins(&mut self, rung: usize) {
        let bitrates = self.movie.bitrates();
        self.utility += (bitrates[rung] / bitrates[0]).ln();
        self.bitrate += bitrates[rung];
        if let Some(last) = self.last {
            self.change += (bitrates[rung] - bitrates[last]).abs();
        }
        self.last = Some(rung);
        self.bits_played += self.movie.bits(self.next - self.buffer.len(), rung);
        if self.rampup.is_none() && rung >= self.ramp_rung.or(self.carried).unwrap_or(0) {
            self.rampup = Some(self.total);
        }
        for rise in self.rises.iter_mut().filter(|rise| rise.reached.is_none() && rung >= rise.rung) {
            rise.reached = Some(self.total);
        }
    }

    /// Reaction times that are old enough are summed up.
    fn settle(&mut self, now: f64) {
        while let Some(rise) = self.rises.pop_front_if(|rise| rise.at < now - self.max_buffer) {
            self.reaction += rise.reached.map_or(self.max_buffer, |reached| (reached - rise.at).min(self.max_buffer));
        }
    }

    /// From now on the network is like this. `now` is the network's time.
    pub(super) fn network_changed(&mut self, rate: f64, latency: f64, now: f64) {
        let effective = rate * (1.0 - latency / self.length());
        let bitrates = self.movie.bitrates().iter().skip(1);
        let carried = bitrates.take_while(|bitrate| **bitrate <= effective).count();
        let Some(before) = self.carried.replace(carried).filter(|before| *before != carried) else { return };
        self.settle(now);
        for rise in self.rises.iter_mut().filter(|rise| rise.reached.is_none() && rise.rung > carried) {
            rise.reached = Some(now);
        }
        let is_news = carried > before
            && self.buffer.iter().all(|rung| carried > *rung)
            && self.rises.iter().all(|rise| carried > rise.rung);
        if is_news {
            self.rises.push_back(Rise { at: now, rung: carried, reached: None });
        }
    }

    /// A segment is in the buffer.
    pub(super) fn put(&mut self, segment: usize, rung: usize) {
        if segment == self.next {
            self.buffer.push_back(rung);
            self.next += 1;
            return;
        }
        let from_end = self.next.saturating_sub(segment);
        let place = self.buffer.len().checked_sub(from_end);
        match place.and_then(|place| self.buffer.get_mut(place)) {
            Some(held) => {
                let before = std::mem::replace(held, rung);
                self.bits_wasted += self.movie.bits(segment, before);
            }
            None => self.waste(self.movie.bits(segment, rung)),
        }
    }

    /// Bits that nobody will see.
    pub(super) fn waste(&mut self, bits: f64) {
        self.bits_wasted += bits;
    }

    /// Plays what is left, and closes the books.
    pub(super) fn close(mut self) -> Figures {
        let level = self.buffer.len() as f64 * self.length() - self.played;
        self.pass(level);
        let count = self.total / self.length();
        let bitrates = self.movie.bitrates();
        let top = bitrates.last().copied().unwrap_or(0.0) / 1e3;
        let (bitrate, change) = (self.bitrate / count, self.change / count);
        Figures {
            bitrate_kbps: bitrate,
            stall_pct: self.stalled / self.total * 100.0,
            stall_s: self.stalled / 1e3,
            events_per_hour: self.stalls / (self.total / 3.6e6),
            change_kbps: change,
            score: (self.utility - GAMMA_P * self.stalled / self.length()) / count,
            qoe: (bitrate - change) / 1e3 - top * self.stalled / 1e3 / count,
            rampup_s: self.rampup.unwrap_or(self.segments as f64 * self.length()) / 1e3,
            reaction_s: self.reaction / 1e3,
            bytes_wasted_pct: self.bits_wasted / self.bits_played * 100.0,
        }
    }
}
