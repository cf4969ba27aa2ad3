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

/// The link as it was lately.
#[derive(Clone, Debug, Default)]
pub struct Outlook {
    /// Oldest first.
    past: VecDeque<Stretch>,
    current: Stretch,
    outages: Outages,
    /// With less than this, bit/s, nothing can be played; if that is known.
    least: Option<f64>,
}

/// The outages that were seen; they stay true when the link changes.
#[derive(Clone, Copy, Debug, Default)]
struct Outages {
    count: f64,
    /// All of them together, s.
    seconds: f64,
    /// The one that lasts, s.
    silence: f64,
    /// All transfer, s.
    busy: f64,
}

/// A distribution: ln(rate) is normal around ln(`middle`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// bit/s
    pub middle: f64,
    /// Standard deviation of ln(rate).
    pub spread: f64,
    /// Where the rate is now, in spreads from the middle.
    pub deviation: f64,
    /// Usual length of an outage, s.
    pub outage: f64,
    /// Outages to reckon with in a minute of transfer.
    pub hazard: f64,
}

/// A stretch is complete with so many bits, if they took a moment, s, ...
const ENOUGH_BITS: f64 = 400_000.0;
const MOMENT: f64 = 0.02;
/// ... or after so much time, s. The one under way counts from half of it on.
const ENOUGH_SECONDS: f64 = 0.5;
/// By number, not by age: a fast link is known in a moment.
const MOST: usize = 160;
/// Seconds of transfer that the quick and the slow mean look at, and the weight of the quick one when it is the lower and
/// when it is the higher.
const QUICK: f64 = 2.392;
const SLOW: f64 = 17.82;
const WEIGHT_OF_LOWER: f64 = 0.2873;
const WEIGHT_OF_HIGHER: f64 = 0.2862;
/// The middle is no farther from the quick mean than this, in spreads.
const FARTHEST_NOW: f64 = 1.361;
/// So many stretches in a row that are so many times as fast as all before are another link.
const NEWS: usize = 2;
const FASTER: f64 = 2.0;
/// Of the long mean; below, a stretch is an outage, which says nothing of the link before and after it.
const OUTAGE: f64 = 0.05;
/// Below this share of the long mean, and of less use than the lowest rung needs, the link is silent; silence this long, s,
/// is an outage. Slower is not silent: what was played through is no reason to fear for the buffer ever after.
const SILENT: f64 = 0.2087;
const LEAST_OUTAGE: f64 = 1.518;
/// What outages are like in general: this long, s, and for how many of them that counts; and how long, s, a link is taken to
/// have been calm before it was seen.
const USUAL_OUTAGE: f64 = 4.572;
const USUAL_OUTAGES: f64 = 2.146;
const CALM: f64 = 63.85;
/// For the spread, stretches are taken together to this many seconds or bits ...
const SPREAD_SECONDS: f64 = 1.665;
const SPREAD_BITS: f64 = 3_200_000.0;
/// ... and none counts for more than this, in ln(rate).
const FARTHEST: f64 = 0.9;
/// What links are like in general: their spread, and for how many observations that counts.
const USUAL_SPREAD: f64 = 0.48;
const USUAL_WEIGHT: f64 = 0.87;

impl Outlook {
    /// Bits arrived in this time, or nothing did.
    pub fn saw(&mut self, bytes: u64, time: Duration) {
        self.current = self.current.and(Stretch { bits: bytes as f64 * 8.0, seconds: time.as_secs_f64() });
        let Stretch { bits, seconds } = self.current;
        if seconds >= ENOUGH_SECONDS || (bits >= ENOUGH_BITS && seconds >= MOMENT) {
            self.note_outage();
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

    /// With less than this, bit/s, nothing can be played: for a player, such a link is silent.
    pub fn needs(&mut self, least: f64) {
        self.least = Some(least);
    }

    fn note_outage(&mut self) {
        let usual = mean(self.past.iter().rev().copied(), f64::INFINITY).unwrap_or(0.0);
        let Stretch { seconds, .. } = self.current;
        let outages = &mut self.outages;
        outages.busy += seconds;
        if self.current.rate() < (usual * SILENT).min(self.least.unwrap_or(f64::INFINITY)) {
            outages.silence += seconds;
            return;
        }
        if outages.silence >= LEAST_OUTAGE {
            outages.count += 1.0;
            outages.seconds += outages.silence;
        }
        outages.silence = 0.0;
    }

    /// When the newest stretches are all much faster than what was before, the link has changed.
    fn forget_another_link(&mut self) {
        let Some(older) = self.past.len().checked_sub(NEWS).filter(|older| *older > 0) else { return };
        let before = self.past.iter().take(older).fold(Stretch::default(), |sum, one| sum.and(*one)).rate();
        if self.past.iter().skip(older).all(|one| one.rate() > before * FASTER) {
            self.past.drain(..older);
        }
    }

    /// The newest stretches first, with the one under way.
    fn backwards(&self) -> impl Iterator<Item = Stretch> {
        let usable = (self.current.seconds >= ENOUGH_SECONDS / 2.0).then_some(self.current);
        usable.into_iter().chain(self.past.iter().rev().copied())
    }

    /// What can be said of the time ahead; `None` before anything was seen.
    pub fn rates(&self) -> Option<Rates> {
        let quick = mean(self.backwards(), QUICK)?.max(1.0);
        let floor = mean(self.backwards(), f64::INFINITY)? * OUTAGE;
        let alive = mean(self.past.iter().rev().copied().filter(|one| one.rate() >= floor), SLOW);
        let slow = mean(self.backwards(), SLOW)?.max(alive.unwrap_or_default()).max(1.0);
        let spread = self.spread(slow);
        // In ln(rate) and spreads.
        let distance = (libm::log(quick) - libm::log(slow)) / spread;
        let weight = if distance < 0.0 { WEIGHT_OF_LOWER } else { WEIGHT_OF_HIGHER };
        let deviation = ((1.0 - weight) * distance).clamp(-FARTHEST_NOW, FARTHEST_NOW);
        let middle = libm::exp(libm::log(quick) - deviation * spread);
        let Outages { count, seconds, busy, .. } = self.outages;
        let outage = (USUAL_OUTAGES * USUAL_OUTAGE + seconds) / (USUAL_OUTAGES + count);
        let hazard = count / ((busy + CALM) / 60.0);
        Some(Rates { middle, spread, deviation, outage, hazard })
    }

    /// Of what was seen around its mean, mixed with what is known of links in general.
    fn spread(&self, around: f64) -> f64 {
        let (mut sum, mut squares, mut count) = (0.0, 0.0, 0.0);
        let mut one = Stretch::default();
        for stretch in &self.past {
            one = one.and(*stretch);
            if one.seconds >= SPREAD_SECONDS || one.bits >= SPREAD_BITS {
                let value = (libm::log(one.rate().max(1.0)) - libm::log(around)).clamp(-FARTHEST, FARTHEST);
                (sum, squares, count) = (sum + value, squares + value * value, count + 1.0);
                one = Stretch::default();
            }
        }
        let variance = if count > 1.0 { (squares - sum * sum / count).max(0.0) } else { 0.0 };
        let prior = USUAL_WEIGHT * USUAL_SPREAD * USUAL_SPREAD;
        libm::sqrt((variance + prior) / ((count - 1.0_f64).max(0.0) + USUAL_WEIGHT))
    }
}

/// The rate over the first stretches that fill so many seconds.
fn mean(stretches: impl Iterator<Item = Stretch>, seconds: f64) -> Option<f64> {
    let mut sum = Stretch::default();
    for one in stretches {
        sum = sum.and(one);
        if sum.seconds >= seconds {
            break;
        }
    }
    (sum.seconds > 0.0).then(|| sum.rate())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outlook(seconds_at_kbps: &[(u32, u64)]) -> Outlook {
        let mut outlook = Outlook::default();
        for &(seconds, kbps) in seconds_at_kbps {
            for _ in 0..seconds * 10 {
                outlook.saw(kbps * 1_000 / 8 / 10, Duration::from_millis(100));
            }
        }
        outlook
    }

    fn middle(outlook: &Outlook) -> f64 {
        outlook.rates().unwrap().middle / 1e3
    }

    #[test]
    fn a_steady_link_is_known_and_narrow() {
        let steady = outlook(&[(30, 2_000)]);
        assert!((middle(&steady) - 2_000.0).abs() < 1.0, "{}", middle(&steady));
        assert!(steady.rates().unwrap().spread < outlook(&[(2, 2_000)]).rates().unwrap().spread);
        assert!(outlook(&[(15, 4_000), (15, 500)]).rates().unwrap().spread > steady.rates().unwrap().spread);
        assert_eq!(Outlook::default().rates(), None);
    }

    #[test]
    fn a_faster_link_is_seen_within_a_second_and_a_slower_one_counts() {
        assert!(middle(&outlook(&[(30, 600), (1, 9_000)])) > 8_000.0);
        let slower = middle(&outlook(&[(30, 8_000), (2, 800)]));
        assert!(slower < 4_500.0, "{slower}");
    }

    #[test]
    fn outages_are_counted_and_their_length_is_learnt() {
        let calm = outlook(&[(60, 2_000)]).rates().unwrap();
        assert_eq!((calm.hazard, calm.outage), (0.0, USUAL_OUTAGE));
        let rough = outlook(&[(20, 2_000), (30, 0), (20, 2_000), (30, 0), (20, 2_000)]).rates().unwrap();
        assert!(rough.hazard > 0.5 && rough.outage > 15.0, "{rough:?}");
    }

    #[test]
    fn a_link_that_carries_the_lowest_rung_is_not_out() {
        let hazard = |least: f64| {
            let mut outlook = Outlook::default();
            outlook.needs(least);
            for kbps in [8_000, 700, 8_000] {
                (0..100).for_each(|_| outlook.saw(kbps * 1_000 / 8 / 10, Duration::from_millis(100)));
            }
            outlook.rates().unwrap().hazard
        };
        assert_eq!(hazard(470_000.0), 0.0);
        assert!(hazard(970_000.0) > 0.5, "{}", hazard(970_000.0));
    }

    #[test]
    fn after_an_outage_the_link_is_what_it_was() {
        let after = middle(&outlook(&[(20, 2_000), (20, 0), (2, 2_000)]));
        assert!((1_800.0..=2_001.0).contains(&after), "{after}");
    }
}
