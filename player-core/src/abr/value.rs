//! What a level of the buffer is worth: the experience that can be expected from there on, over all that the link may do,
//! if every later choice is made as well as this one. Dynamic programming backwards over the segments to come; the state
//! is the level, what the link does, and the rung on screen.
//!
//! Experience is the linear QoE of Yin et al. (SIGCOMM 2015) and Pensieve: bit rate on screen, less its changes, less
//! stalls at the price of the top rung. The link is a Markov chain, one step a segment: its rate wanders about the middle of
//! [`Rates`], and now and then it falls out. Must not know where these come from.
//!
//! Constants were found by search; see `abr/look_ahead.rs`.

use super::outlook::Rates;

/// Rungs beyond are not reckoned with.
pub(super) const MOST_RUNGS: usize = 16;
/// Segments that are looked at one by one; ...
pub(super) const MOST_AHEAD: usize = 5;
/// ... what comes after them is taken in so many strides of so many usual segments.
const STRIDES: usize = 2;
const STRIDE: f64 = 4.0;

/// What a second of stalling costs, in top bit rates, and a change, in its size. Both are dearer than the QoE has them,
/// because the link turns out worse and is seen less clearly than the chain has it.
const STALL_COST: f64 = 1.3;
const CHANGE_COST: f64 = 1.3;
/// That it stalls at all counts as so many seconds of it.
const INTERRUPTION: f64 = 0.5;
/// What a segment counts beside the one before it.
const DISCOUNT: f64 = 0.974;
/// A second of media at the end of all that is looked at, in what the link brings meanwhile.
const END_WORTH: f64 = 0.46;

/// Where the rate can be, in spreads from its middle; after them comes the outage.
const STEPS: [f64; 5] = [-2.0, -1.0, 0.0, 1.0, 2.0];
const OUTAGE: usize = STEPS.len();
const STATES: usize = STEPS.len() + 1;
/// How much of a deviation is left a segment later, and where the rate is after an outage.
const KEPT: f64 = 0.7;
const AFTER_OUTAGE: f64 = -1.0;
/// Outages are reckoned with as often and as long as they were, times this: it is the long ones that hurt.
const OUTAGES: f64 = 0.85;
const OUTAGE_LENGTH: f64 = 2.5;

/// The grid of levels: so many steps in the lower half, where they matter more, or in the first seconds, and some above.
const LEVELS: usize = 13;
const FINE_STEPS: usize = 8;
const FINE_SECONDS: f64 = 12.0;

/// A value for each rung.
pub(super) type ByRung = [f64; MOST_RUNGS];
/// How likely each state of the link is.
type Chances = [f64; STATES];
/// Values by level, state of the link and rung on screen.
type Table = [[ByRung; STATES]; LEVELS];

/// What is to be loaded. Megabits, Mbit/s, and seconds of the viewer's time: media that are played at double speed last
/// half as long.
#[derive(Clone, Debug)]
pub(super) struct Course {
    /// How many there are; at least one.
    pub(super) rungs: usize,
    /// By rung.
    pub(super) bitrates: ByRung,
    /// Weights of the next segments.
    pub(super) sizes: [ByRung; MOST_AHEAD],
    /// Weights of the segments after them.
    pub(super) usual: ByRung,
    /// Segments to come.
    pub(super) left: usize,
    /// Of a segment.
    pub(super) length: f64,
    /// The most media that may be ahead; more than a segment.
    pub(super) limit: f64,
    /// From request to first byte.
    pub(super) latency: f64,
}

impl Course {
    /// What a second of stalling costs.
    pub(super) fn stall_cost(&self) -> f64 {
        self.top() * STALL_COST
    }

    fn top(&self) -> f64 {
        self.bitrates[self.rungs - 1]
    }
}

/// The chain.
#[derive(Clone, Debug)]
struct Link {
    middle: f64,
    /// Mbit/s in each state, ...
    rates: Chances,
    /// ... and s before anything comes.
    delays: Chances,
    now: Chances,
    next: [Chances; STATES],
}

impl Link {
    fn new(rates: Rates, length: f64) -> Self {
        let middle = rates.middle / 1e6;
        let outage = (rates.hazard * OUTAGES * length / 60.0).min(0.5);
        let mut link = Self {
            middle,
            rates: [middle; STATES],
            delays: [0.0; STATES],
            now: chances(rates.deviation.clamp(-2.0, 2.0) * KEPT, outage),
            next: [chances(AFTER_OUTAGE, outage); STATES],
        };
        for (state, step) in STEPS.into_iter().enumerate() {
            link.rates[state] = middle * libm::exp(step * rates.spread);
            link.next[state] = chances(step * KEPT, outage);
        }
        link.delays[OUTAGE] = rates.outage * OUTAGE_LENGTH;
        link
    }
}

/// Normally distributed around `mean`, if there is no outage.
fn chances(mean: f64, outage: f64) -> Chances {
    let mut chances = [0.0; STATES];
    let mut sum = 0.0;
    for (chance, step) in chances.iter_mut().zip(STEPS) {
        let distance = step - mean;
        *chance = libm::exp(-0.5 * distance * distance / (1.0 - KEPT * KEPT));
        sum += *chance;
    }
    for chance in &mut chances {
        *chance *= (1.0 - outage) / sum;
    }
    chances[OUTAGE] = outage;
    chances
}

#[derive(Clone, Copy, Debug)]
struct Grid {
    fine: f64,
    coarse: f64,
}

impl Grid {
    fn new(limit: f64) -> Self {
        let turn = (limit / 2.0).min(FINE_SECONDS);
        Self { fine: turn / FINE_STEPS as f64, coarse: (limit - turn) / (LEVELS - 1 - FINE_STEPS) as f64 }
    }

    fn level(self, index: usize) -> f64 {
        self.fine * index.min(FINE_STEPS) as f64 + self.coarse * index.saturating_sub(FINE_STEPS) as f64
    }

    /// The index below a level, and how far it is on the way to the next one.
    fn between(self, level: f64) -> (usize, f64) {
        let turn = self.fine * FINE_STEPS as f64;
        let index = if level < turn { level / self.fine } else { FINE_STEPS as f64 + (level - turn) / self.coarse };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a level is never negative")]
        let below = (index as usize).min(LEVELS - 2);
        (below, (index - below as f64).min(1.0))
    }
}

/// A segment, or what is left of one, that could be loaded now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) rung: usize,
    pub(super) megabits: f64,
    /// s until its first byte
    pub(super) latency: f64,
}

/// What there is to gain after the next segment.
#[derive(Clone, Debug)]
pub(super) struct Values<'a> {
    course: &'a Course,
    link: Link,
    grid: Grid,
    after: Table,
}

impl<'a> Values<'a> {
    pub(super) fn new(course: &'a Course, rates: Rates) -> Self {
        let link = Link::new(rates, course.length);
        let grid = Grid::new(course.limit);
        let mut values = Self { course, link, grid, after: [[[0.0; MOST_RUNGS]; STATES]; LEVELS] };
        if course.left > MOST_AHEAD {
            values.go_to_the_end();
            (0..STRIDES).for_each(|_| values.step_back(&course.usual, STRIDE));
        }
        for sizes in course.sizes.iter().take(course.left).skip(1).rev() {
            values.step_back(sizes, 1.0);
        }
        values
    }

    /// Behind the horizon a buffer is worth what need not be loaded again.
    fn go_to_the_end(&mut self) {
        let Course { length, limit, .. } = *self.course;
        let rate = self.link.middle.min(self.course.top());
        for (index, by_state) in self.after.iter_mut().enumerate() {
            let level = self.grid.level(index);
            by_state.fill([END_WORTH * rate * level * (1.0 - 0.5 * level / limit) / length; MOST_RUNGS]);
        }
    }

    /// From the values after so many segments of these sizes to the ones before.
    fn step_back(&mut self, sizes: &ByRung, segments: f64) {
        let rungs = self.course.rungs;
        let discount = libm::pow(DISCOUNT, segments);
        let mut took = [[0.0; MOST_RUNGS]; STATES];
        for (state, took) in took.iter_mut().enumerate() {
            for (took, size) in took.iter_mut().zip(sizes).take(rungs) {
                *took = self.course.latency + self.link.delays[state] / segments + size / self.link.rates[state];
            }
        }
        let mut before: Table = [[[0.0; MOST_RUNGS]; STATES]; LEVELS];
        for (index, before) in before.iter_mut().enumerate() {
            let level = self.grid.level(index);
            let mut loaded = [[0.0; MOST_RUNGS]; STATES];
            for (state, loaded) in loaded.iter_mut().enumerate() {
                for (rung, loaded) in loaded.iter_mut().enumerate().take(rungs) {
                    let (level, stalling) = self.load(level, took[state][rung], segments);
                    *loaded = discount * self.at(level, state, rung) - stalling;
                }
            }
            for (next, before) in self.link.next.iter().zip(before) {
                let mut expected = [0.0; MOST_RUNGS];
                for (chance, loaded) in next.iter().zip(&loaded) {
                    for (expected, loaded) in expected.iter_mut().zip(loaded) {
                        *expected += chance * loaded;
                    }
                }
                self.choose_best(&expected, segments, before);
            }
        }
        self.after = before;
    }

    /// For each rung on screen the best that can follow. Rungs are in the order of their bit rates, so the cost of a change
    /// is a difference of two terms, and one pass up and one down will do.
    fn choose_best(&self, expected: &ByRung, segments: f64, best: &mut ByRung) {
        let Course { bitrates, rungs, .. } = self.course;
        let mut of_lower = f64::NEG_INFINITY;
        for rung in 0..*rungs {
            of_lower = of_lower.max(expected[rung] + (segments + CHANGE_COST) * bitrates[rung]);
            best[rung] = of_lower - CHANGE_COST * bitrates[rung];
        }
        let mut of_higher = f64::NEG_INFINITY;
        for rung in (0..*rungs).rev() {
            of_higher = of_higher.max(expected[rung] + (segments - CHANGE_COST) * bitrates[rung]);
            best[rung] = best[rung].max(of_higher + CHANGE_COST * bitrates[rung]);
        }
    }

    /// Level after so many segments that took so long each, and what it costs that playback stood still.
    fn load(&self, level: f64, took: f64, segments: f64) -> (f64, f64) {
        let Course { length, limit, .. } = *self.course;
        let level = level.min(limit - length);
        let stall = (took - level).max(segments * (took - length) + length - level).max(0.0);
        let level = (level + segments * (length - took) + stall).min(limit);
        (level, if stall > 0.0 { self.course.stall_cost() * (stall + INTERRUPTION) } else { 0.0 })
    }

    fn at(&self, level: f64, state: usize, rung: usize) -> f64 {
        let (below, part) = self.grid.between(level);
        self.after[below][state][rung] * (1.0 - part) + self.after[below + 1][state][rung] * part
    }

    /// What it is worth to load this now, at this level, after a segment of this bit rate.
    pub(super) fn of(&self, load: Load, level: f64, last: f64) -> f64 {
        let bitrate = self.course.bitrates[load.rung];
        let gain = bitrate - CHANGE_COST * (bitrate - last).abs();
        self.link.now.iter().enumerate().fold(gain, |sum, (state, chance)| {
            let took = load.latency + self.link.delays[state] + load.megabits / self.link.rates[state];
            let (after, stalling) = self.load(level, took, 1.0);
            sum + chance * (self.at(after, state, load.rung) - stalling)
        })
    }

    /// What it costs to load this without getting any further.
    pub(super) fn cost_of(&self, load: Load, level: f64) -> f64 {
        self.link.now.iter().enumerate().fold(0.0, |sum, (state, chance)| {
            let took = load.latency + self.link.delays[state] + load.megabits / self.link.rates[state];
            let lost = self.at(level, state, load.rung) - self.at((level - took).max(0.0), state, load.rung);
            sum + chance * (lost + self.course.stall_cost() * (took - level).max(0.0))
        })
    }
}

#[cfg(test)]
mod tests;
