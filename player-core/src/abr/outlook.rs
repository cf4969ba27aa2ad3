//! What the link will carry next: not a number but a distribution, log-normal around a middle. Must not know players.

use std::collections::VecDeque;
use std::time::Duration;

/// A stretch of transfer: bits and the time they took.
#[derive(Clone, Copy, Debug, Default)]
struct Stretch {
    bits: f64,
    seconds: f64,
}

impl Stretch {
    fn rate(self) -> f64 {
        self.bits / self.seconds.max(1e-6)
    }

    fn and(self, other: Self) -> Self {
        Self { bits: self.bits + other.bits, seconds: self.seconds + other.seconds }
    }
}

fn knob(name: &str, default: f64) -> f64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}
#[allow(missing_docs)]
#[derive(Clone,Copy,Debug)]
pub(crate) struct Knobs {pub(crate) ch_n: f64, pub(crate) ch_f: f64, pub(crate) quick: f64, pub(crate) slow: f64, pub(crate) share: f64, pub(crate) width: f64, pub(crate) prior: f64, pub(crate) prior_n: f64, pub(crate) h: f64, pub(crate) mu: f64, pub(crate) caution: f64, pub(crate) tau: f64, pub(crate) change: f64, pub(crate) wide: f64, pub(crate) r_z: f64, pub(crate) r_size: f64, pub(crate) r_skip: f64, pub(crate) r_level: f64, pub(crate) r_margin: f64, pub(crate) r_gain: f64, pub(crate) j_level: f64, pub(crate) j_after: f64, pub(crate) j_margin: f64, pub(crate) pow: f64, pub(crate) r_cost: f64, pub(crate) value: f64, pub(crate) dead: f64, pub(crate) clip: f64,}
pub(crate) static K: std::sync::LazyLock<Knobs> = std::sync::LazyLock::new(|| Knobs {ch_n: knob("CH_N", 3.0), ch_f: knob("CH_F", 2.5), quick: knob("QUICK", 2.0), slow: knob("SLOW", 20.0), share: knob("SHARE", 0.5), width: knob("WIDTH", 2.0), prior: knob("PRIOR", 0.35), prior_n: knob("PRIOR_N", 3.0), h: knob("H", 5.0), mu: knob("MU", 1.0), caution: knob("CAUTION", 0.6), tau: knob("TAU", 9.0), change: knob("CHANGE", 1.0), wide: knob("WIDE", 1.0), r_z: knob("R_Z", 1.0), r_size: knob("R_SIZE", 1.2), r_skip: knob("R_SKIP", 1.0), r_level: knob("R_LEVEL", 0.3), r_margin: knob("R_MARGIN", 0.5), r_gain: knob("R_GAIN", 0.3), j_level: knob("J_LEVEL", 0.7), j_after: knob("J_AFTER", 0.3), j_margin: knob("J_MARGIN", 0.1), pow: knob("POW", 1.0), r_cost: knob("R_COST", 1.0), value: knob("VALUE", 0.7), dead: knob("DEAD", 0.15), clip: knob("CLIP", 1.2),});

/// The link as it was lately.
#[derive(Clone, Debug, Default)]
pub struct Outlook {
    /// Oldest first.
    past: VecDeque<Stretch>,
    current: Stretch,
}

/// A distribution: ln(rate) is normal around ln(`middle`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// bit/s
    pub middle: f64,
    /// Standard deviation of ln(rate).
    pub spread: f64,
}

/// A stretch is complete with so many bits, if they took a moment, or after so much time, s.
const ENOUGH_BITS: f64 = 400_000.0;
const MOMENT: f64 = 0.02;
const ENOUGH_SECONDS: f64 = 0.5;
const MOST: usize = 60;

impl Outlook {
    /// Bits arrived in this time, or nothing did.
    pub fn saw(&mut self, bytes: u64, time: Duration) {
        self.current = self.current.and(Stretch { bits: bytes as f64 * 8.0, seconds: time.as_secs_f64() });
        let Stretch { bits, seconds } = self.current;
        if seconds >= ENOUGH_SECONDS || (bits >= ENOUGH_BITS && seconds >= MOMENT) {
            self.past.push_back(std::mem::take(&mut self.current));
            if self.past.len() > MOST {
                self.past.pop_front();
            }
            self.forget_another_link();
        }
    }

    /// In this time, which was told as one without bits, the server had nothing to send.
    pub fn was_no_transfer(&mut self, time: Duration) {
        self.current.seconds = (self.current.seconds - time.as_secs_f64()).max(0.0);
    }

    /// When the newest stretches are all much faster than what was before, the link has changed.
    fn forget_another_link(&mut self) {
        let news = K.ch_n as usize;
        let Some(older) = self.past.len().checked_sub(news).filter(|older| *older > 0) else { return };
        let before = self.past.iter().take(older).fold(Stretch::default(), |sum, one| sum.and(*one)).rate();
        let factor = K.ch_f;
        if self.past.iter().skip(older).all(|one| one.rate() > before * factor) {
            self.past.drain(..older);
        }
    }

    /// The rate over the newest so many seconds of transfer.
    fn newest(&self, seconds: f64) -> Option<f64> {
        let usable = (self.current.seconds >= 0.25).then_some(self.current);
        let mut sum = Stretch::default();
        for one in usable.into_iter().chain(self.past.iter().rev().copied()) {
            sum = sum.and(one);
            if sum.seconds >= seconds {
                break;
            }
        }
        (sum.seconds > 0.0).then(|| sum.rate())
    }

    /// What can be said of the time ahead; `None` before anything was seen.
    pub fn rates(&self) -> Option<Rates> {
        let quick = self.newest(K.quick)?.max(1.0);
        let slow = self.newest(K.slow)?.max(1.0);
        // An outage is no slow link: what it was before and will be after.
        let floor = K.dead * self.newest(60.0)?;
        let alive = self.past.iter().rev().filter(|one| one.rate() >= floor);
        let mut sum = Stretch::default();
        for one in alive {
            sum = sum.and(*one);
            if sum.seconds >= K.slow {
                break;
            }
        }
        let slow = if sum.seconds > 0.0 { slow.max(sum.rate()) } else { slow };
        let share = K.share;
        let middle = libm::exp(share * libm::log(quick) + (1.0 - share) * libm::log(slow));
        // The spread of stretches of a second or more around their mean, with what is known of links in general.
        let (mut sum, mut squares, mut count) = (0.0, 0.0, 0.0);
        let mut one = Stretch::default();
        let width = K.width;
        for stretch in &self.past {
            one = one.and(*stretch);
            if one.seconds >= width || one.bits >= ENOUGH_BITS * 8.0 {
                let value = (libm::log(one.rate().max(1.0)) - libm::log(slow)).clamp(-K.clip, K.clip);
                (sum, squares, count) = (sum + value, squares + value * value, count + 1.0);
                one = Stretch::default();
            }
        }
        let variance = if count > 1.0 { (squares - sum * sum / count).max(0.0) } else { 0.0 };
        let prior = K.prior;
        let weight = K.prior_n;
        let spread = libm::sqrt((variance + weight * prior * prior) / ((count - 1.0).max(0.0) + weight));
        Some(Rates { middle, spread: spread.min(1.2) })
    }
}
