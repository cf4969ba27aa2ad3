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

/// Rungs beyond are not reckoned with; the player shows no more.
pub(crate) const MOST_RUNGS: usize = 16;
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
const INTERRUPTION: f64 = 0.67;
/// What a segment counts beside the one before it.
const DISCOUNT: f64 = 0.9757;
/// A second of media at the end of all that is looked at, in what the link brings meanwhile.
const END_WORTH: f64 = 0.4167;

/// The same in the last segments, which are looked at alone: that a film ends is a reason to use the buffer up, but not to
/// bet it on the link.
const LAST_WORTH: f64 = 1.25;

/// Where the rate can be, in spreads from its middle; after them comes the outage.
const STEPS: [f64; 5] = [-2.0, -1.0, 0.0, 1.0, 2.0];
const OUTAGE: usize = STEPS.len();
const STATES: usize = STEPS.len() + 1;
/// While the next segment comes, the rate is looked at more closely, at so many points to a spread, as far from the middle
/// as this; and it is so much less uncertain, as a variance, than over the segments after it.
const CLOSER: f64 = 4.0;
const FARTHEST: f64 = 2.5;
const POINTS: usize = 21;
const NEARER: f64 = 0.7;
/// How much of a deviation is left a segment later, and where the rate is after an outage.
const KEPT: f64 = 0.8033;
const AFTER_OUTAGE: f64 = -1.0;
/// Outages are reckoned with as often and as long as they were, times this: it is the long ones that hurt.
const OUTAGES: f64 = 0.95;
const OUTAGE_LENGTH: f64 = 3.2;
/// So much less likely than the likeliest is left out: it hardly ever changes a choice, and takes time.
const UNLIKELY: f64 = 0.005;

/// Levels are reckoned with in so many even steps: what a segment adds to a level is then so many steps for all levels
/// alike, and a row of them is worked out at once.
const LEVELS: usize = 12;

/// A value for each rung.
pub(super) type ByRung = [f64; MOST_RUNGS];
/// How likely each state of the link is.
type Chances = [f64; STATES];
/// A value for each level.
type ByLevel = [f64; LEVELS];
/// Values by state of the link, rung on screen and level.
type Table = [[ByLevel; MOST_RUNGS]; STATES];

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
    /// The same with another unit of time, s.
    fn timed_in(&self, unit: f64) -> Self {
        let Self { length, limit, latency, .. } = *self;
        Self { length: length / unit, limit: limit / unit, latency: latency / unit, ..self.clone() }
    }

    fn top(&self) -> f64 {
        self.bitrates[self.rungs - 1]
    }

    /// From what each rung is expected to be worth if it comes next, to the best that can follow each rung on screen. Rungs
    /// are in the order of their bit rates, so the cost of a change is a difference of two terms, and one pass up and one
    /// down will do.
    fn choose_best(&self, worth: &mut [ByLevel; MOST_RUNGS], segments: f64) {
        let bitrates = &self.bitrates[..self.rungs];
        let mut of_higher = [[f64::NEG_INFINITY; LEVELS]; MOST_RUNGS];
        let mut best = [f64::NEG_INFINITY; LEVELS];
        for (rung, bitrate) in bitrates.iter().enumerate().rev() {
            raise(&mut best, &worth[rung], (segments - CHANGE_COST) * bitrate);
            of_higher[rung] = best;
        }
        best = [f64::NEG_INFINITY; LEVELS];
        for (rung, bitrate) in bitrates.iter().enumerate() {
            raise(&mut best, &worth[rung], (segments + CHANGE_COST) * bitrate);
            let change = CHANGE_COST * bitrate;
            for ((worth, of_lower), of_higher) in worth[rung].iter_mut().zip(&best).zip(&of_higher[rung]) {
                *worth = larger(of_lower - change, of_higher + change);
            }
        }
    }
}

/// Lifts each level to what it is worth here, with so much more.
fn raise(best: &mut ByLevel, worth: &ByLevel, more: f64) {
    for (best, worth) in best.iter_mut().zip(worth) {
        *best = larger(*best, worth + more);
    }
}

/// `f64::max` looks for NaN, which takes several instructions; there is none here.
fn larger(one: f64, other: f64) -> f64 {
    if one > other { one } else { other }
}

fn smaller(one: f64, other: f64) -> f64 {
    if one < other { one } else { other }
}

/// The chain.
#[derive(Clone, Debug)]
struct Link {
    /// How many states can be reached: a link that never falls out need not be reckoned with as one that is out.
    states: usize,
    /// What it may do while the next segment comes: looked at closely, and by state; the outage is the last of each.
    closely: [Case; POINTS + 1],
    by_state: [Case; STATES],
    next: [Chances; STATES],
}

/// What a link may do while the next segment comes.
#[derive(Clone, Copy, Debug, Default)]
struct Case {
    chance: f64,
    /// Time for a Mbit, ...
    pace: f64,
    /// ... and before anything comes.
    delay: f64,
    /// The state below it, and how far it is on the way to the one above.
    below: usize,
    part: f64,
}

impl Link {
    /// For segments of this length, s, with time in this unit, s.
    fn new(rates: Rates, length: f64, unit: f64) -> Self {
        let usual = pace(rates, 0.0, unit);
        let outage = (rates.hazard * OUTAGES * length / 60.0).min(0.5);
        let mean = rates.deviation.clamp(-2.0, 2.0) * KEPT;
        let now = chances(mean, outage);
        let mut link = Self {
            states: if outage > 0.0 { STATES } else { OUTAGE },
            closely: [Case::default(); POINTS + 1],
            by_state: [Case::default(); STATES],
            next: [chances(AFTER_OUTAGE, outage); STATES],
        };
        for (state, step) in STEPS.into_iter().enumerate() {
            let pace = pace(rates, step, unit);
            link.by_state[state] = Case { chance: now[state], pace, delay: 0.0, below: state, part: 0.0 };
            link.next[state] = chances(step * KEPT, outage);
        }
        let delay = rates.outage * OUTAGE_LENGTH / unit;
        link.by_state[OUTAGE] = Case { chance: now[OUTAGE], pace: usual, delay, below: OUTAGE, part: 0.0 };
        link.closely = closely(rates, mean, unit, link.by_state[OUTAGE]);
        link
    }
}

/// Time for a Mbit so many spreads from the middle.
fn pace(rates: Rates, step: f64, unit: f64) -> f64 {
    libm::exp(-step * rates.spread) / (rates.middle / 1e6 * unit)
}

/// Normally distributed around `mean`, if there is no outage.
fn closely(rates: Rates, mean: f64, unit: f64, outage: Case) -> [Case; POINTS + 1] {
    let mut cases = [outage; POINTS + 1];
    let mut sum = 0.0;
    for (index, case) in cases.iter_mut().enumerate().take(POINTS) {
        let step = index as f64 / CLOSER - FARTHEST;
        let distance = step - mean;
        let chance = libm::exp(-0.5 * distance * distance / (NEARER * (1.0 - KEPT * KEPT)));
        let state = (step - STEPS[0]).clamp(0.0, STEPS[OUTAGE - 1] - STEPS[0]);
        let below = whole(state).min(OUTAGE - 2);
        *case = Case { chance, pace: pace(rates, step, unit), delay: 0.0, below, part: state - below as f64 };
        sum += chance;
    }
    for case in &mut cases[..POINTS] {
        case.chance *= (1.0 - outage.chance) / sum;
    }
    cases
}

/// Normally distributed around `mean`, if there is no outage.
fn chances(mean: f64, outage: f64) -> Chances {
    let mut chances = [0.0; STATES];
    let mut sum = 0.0;
    for (chance, step) in chances.iter_mut().zip(STEPS) {
        let distance = step - mean;
        let weight = libm::exp(-0.5 * distance * distance / (1.0 - KEPT * KEPT));
        *chance = if weight < UNLIKELY { 0.0 } else { weight };
        sum += *chance;
    }
    for chance in &mut chances {
        *chance *= (1.0 - outage) / sum;
    }
    chances[OUTAGE] = outage;
    chances
}

impl Case {
    /// How long so many Mbit take then.
    fn takes(&self, latency: f64, megabits: f64) -> f64 {
        latency + self.delay + megabits * self.pace
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

/// What segments that come so slowly do to the buffer, whatever is in it.
#[derive(Clone, Copy, Debug)]
struct Passage {
    /// With less than this playback stands still, until ...
    needed: f64,
    /// ... there is as much as this afterwards.
    after_stall: f64,
    /// Otherwise this is added.
    added: f64,
}

impl Passage {
    /// So many segments that take so long each.
    fn new(course: &Course, took: f64, segments: f64) -> Self {
        let needed = larger(took, segments * (took - course.length) + course.length);
        let added = segments * (course.length - took);
        Self { needed, after_stall: smaller(needed + added, course.limit), added }
    }
}

/// What there is to gain after the next segment. Within, time is counted in steps from level to level: nothing is divided
/// then where it is looked up.
#[derive(Clone, Debug)]
pub(super) struct Values {
    course: Course,
    link: Link,
    /// A step, s.
    step: f64,
    /// What standing still costs for a step of time, and that it does.
    stall_cost: f64,
    interruption: f64,
    after: Table,
}

impl Values {
    pub(super) fn new(course: &Course, rates: Rates) -> Self {
        let step = course.limit / (LEVELS - 1) as f64;
        let second = course.top() * STALL_COST;
        let mut values = Self {
            course: course.timed_in(step),
            link: Link::new(rates, course.length, step),
            step,
            stall_cost: second * step,
            interruption: second * INTERRUPTION,
            after: [[[0.0; LEVELS]; MOST_RUNGS]; STATES],
        };
        let rate = (rates.middle / 1e6).min(course.top());
        if course.left > MOST_AHEAD {
            values.go_to_the_end(END_WORTH * rate);
            (0..STRIDES).for_each(|_| values.step_back(&course.usual, STRIDE));
        } else {
            values.go_to_the_end(LAST_WORTH * rate);
        }
        for sizes in course.sizes.iter().skip(1).rev() {
            values.step_back(sizes, 1.0);
        }
        values
    }

    /// Behind the horizon a buffer is worth what need not be loaded again.
    fn go_to_the_end(&mut self, segment: f64) {
        let Course { length, limit, .. } = self.course;
        let mut worth = [0.0; LEVELS];
        for (index, worth) in worth.iter_mut().enumerate() {
            let level = index as f64;
            *worth = segment * level * (1.0 - 0.5 * level / limit) / length;
        }
        self.after = [[worth; MOST_RUNGS]; STATES];
    }

    /// From the values after so many segments of these sizes to the ones before.
    fn step_back(&mut self, sizes: &ByRung, segments: f64) {
        let rungs = self.course.rungs;
        let discount = libm::pow(DISCOUNT, segments);
        let mut loaded = [[[0.0; LEVELS]; MOST_RUNGS]; STATES];
        for (state, loaded) in loaded.iter_mut().enumerate().take(self.link.states) {
            let Case { pace, delay, .. } = self.link.by_state[state];
            let before = self.course.latency + delay / segments;
            for (rung, loaded) in loaded.iter_mut().enumerate().take(rungs) {
                let passage = Passage::new(&self.course, before + sizes[rung] * pace, segments);
                self.load(&self.after[state][rung], passage, discount, loaded);
            }
        }
        for (next, after) in self.link.next.iter().zip(&mut self.after).take(self.link.states) {
            for rung in 0..rungs {
                let mut expected = [0.0; LEVELS];
                for (chance, loaded) in next.iter().zip(&loaded).filter(|(chance, _)| **chance > 0.0) {
                    for (expected, loaded) in expected.iter_mut().zip(&loaded[rung]) {
                        *expected += chance * loaded;
                    }
                }
                after[rung] = expected;
            }
            self.course.choose_best(after, segments);
        }
    }

    /// What each level is worth before a passage, by what it is worth after it.
    fn load(&self, after: &ByLevel, passage: Passage, discount: f64, before: &mut ByLevel) {
        let Course { length, limit, .. } = self.course;
        let Passage { needed, after_stall, added } = passage;
        // Above this the player waits before it loads.
        let highest = limit - length;
        // Full afterwards, or as full as it gets.
        before.fill(discount * self.at(after, smaller(highest + added, limit)));
        let steps = libm::floor(added);
        let part = added - steps;
        let stalling = whole(libm::ceil(needed));
        let full = (whole(highest) + 1).min(LEVELS);
        // On a link that is as good as dead this is beyond all levels.
        #[expect(clippy::cast_possible_truncation, reason = "bounded")]
        let steps = steps.clamp(-(LEVELS as f64), LEVELS as f64) as isize;
        let first = stalling.max(steps.min(0).unsigned_abs());
        let last = full.min((LEVELS - 1).saturating_add_signed(-steps));
        if let (Some(before), Some(after)) =
            (before.get_mut(first..last), after.get(first.saturating_add_signed(steps)..))
        {
            for ((before, below), above) in before.iter_mut().zip(after).zip(after.iter().skip(1)) {
                *before = discount * (below * (1.0 - part) + above * part);
            }
        }
        if stalling > 0 {
            let stalled = discount * self.at(after, after_stall);
            for (index, before) in before.iter_mut().enumerate() {
                let level = smaller(index as f64, highest);
                if level < needed {
                    *before = stalled - self.stall_cost * (needed - level) - self.interruption;
                }
            }
        }
    }

    fn at(&self, values: &ByLevel, level: f64) -> f64 {
        let level = smaller(level, (LEVELS - 1) as f64);
        let below = whole(level).min(LEVELS - 2);
        let part = level - below as f64;
        values[below] * (1.0 - part) + values[below + 1] * part
    }

    /// What it is worth to load this now, at this level, s, after a segment of this bit rate.
    pub(super) fn of(&self, load: Load, level: f64, last: f64) -> f64 {
        let bitrate = self.course.bitrates[load.rung];
        let gain = bitrate - CHANGE_COST * (bitrate - last).abs();
        let level = smaller(level / self.step, self.course.limit - self.course.length);
        let latency = load.latency / self.step;
        let mut worth = gain;
        for case in self.link.closely.iter().filter(|case| case.chance > 0.0) {
            let Passage { needed, after_stall, added } =
                Passage::new(&self.course, case.takes(latency, load.megabits), 1.0);
            let then = if level < needed {
                self.worth_after(case, load.rung, after_stall) - self.stall_cost * (needed - level) - self.interruption
            } else {
                self.worth_after(case, load.rung, level + added)
            };
            worth += case.chance * then;
        }
        worth
    }

    /// What it costs to load this, at this level, s, without getting any further.
    pub(super) fn cost_of(&self, load: Load, level: f64) -> f64 {
        let (level, latency) = (level / self.step, load.latency / self.step);
        let mut cost = 0.0;
        for case in self.link.by_state.iter().filter(|case| case.chance > 0.0) {
            let took = case.takes(latency, load.megabits);
            let worth = |level: f64| self.worth_after(case, load.rung, level);
            let lost = worth(level) - worth((level - took).max(0.0));
            cost += case.chance * (lost + self.stall_cost * (took - level).max(0.0));
        }
        cost
    }

    /// What a level is worth after a case.
    fn worth_after(&self, case: &Case, rung: usize, level: f64) -> f64 {
        let worth = self.at(&self.after[case.below][rung], level);
        if case.part == 0.0 {
            return worth;
        }
        worth * (1.0 - case.part) + self.at(&self.after[case.below + 1][rung], level) * case.part
    }
}

/// The whole part of what is not negative.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, which is what is wanted")]
fn whole(number: f64) -> usize {
    number as usize
}

#[cfg(test)]
mod tests;
