//! How a recorded play went: what was decided and why, and what changed over time, read off a replay.

mod figures;

use std::collections::BTreeMap;
use std::ops::Range;

use player_core::abr::why::{Account, Rung, Verdict};
use player_core::{Input, Now, Output, PlaybackState, RequestId, Stats};
use player_recording::{Differs, Digest, Recording};

pub use figures::draw;

/// The state is looked at this often, in seconds.
const EVERY: f64 = 0.25;
/// What arrives is summed up over this many seconds.
const SUM_OVER: f64 = 1.0;

/// Something that was decided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decided {
    /// In seconds.
    pub at: f64,
    /// What, and why.
    pub account: Account,
}

impl Decided {
    /// The variant it is about; a probe is about none.
    pub fn rung(&self) -> Option<Rung> {
        match self.account.what {
            Verdict::Load { rung, .. } | Verdict::Replace { rung, .. } | Verdict::GiveUp { rung, .. } => Some(rung),
            Verdict::Probe(_) => None,
        }
    }
}

/// The state at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// In seconds.
    pub at: f64,
    /// Media ahead, in seconds.
    pub level: f64,
    /// The core's estimate, Mbit/s; `None` before the first.
    pub estimate: Option<f64>,
    /// BANDWIDTH of what is on screen, Mbit/s.
    pub shown: Option<f64>,
}

/// The course of a play.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// In order.
    pub decided: Vec<Decided>,
    /// In order.
    pub samples: Vec<Sample>,
    /// What arrived, Mbit/s, second by second.
    pub arrived: Vec<(f64, f64)>,
    /// When nothing moved, in seconds.
    pub stalls: Vec<Range<f64>>,
    /// The buffer goal, in seconds.
    pub goal: f64,
    /// At the end.
    pub stats: Stats,
    /// Of all answers.
    pub digest: Digest,
    /// How many there were.
    pub steps: usize,
    /// How long it lasted, in seconds.
    pub length: f64,
}

impl Course {
    /// Replays.
    ///
    /// # Errors
    /// When the core answers in another way now.
    pub fn of(recording: &Recording) -> Result<Self, Differs> {
        let mut watch = Watch::default();
        let mut stats = Stats::default();
        let mut decided = Vec::new();
        let mut last = f64::NEG_INFINITY;
        let mut samples = Vec::new();
        let digest = recording.replay(|moment, step, core| {
            let at = seconds(moment.now);
            decided.extend(core.accounts().iter().map(|&account| Decided { at, account }));
            watch.input(at, &moment.input);
            step.outputs.iter().for_each(|output| watch.output(output));
            let due = at - last >= EVERY;
            if due || !step.outputs.is_empty() {
                stats = core.stats();
                watch.state(at, stats.state);
            }
            if due {
                last = at;
                let mbit = |bits: u64| bits as f64 / 1e6;
                samples.push(Sample {
                    at,
                    level: stats.buffered.as_seconds(),
                    estimate: stats.throughput.map(|rate| mbit(rate.get())),
                    shown: stats.variant.as_ref().map(|variant| mbit(variant.bitrate.get())),
                });
            }
        })?;
        let length = recording.moments.last().map_or(0.0, |last| seconds(last.now));
        watch.state(length, PlaybackState::Ended);
        Ok(Self {
            decided,
            samples,
            arrived: watch.arrived(length),
            stalls: watch.stalls,
            goal: recording.config.buffer_goal.as_seconds(),
            stats,
            digest,
            steps: recording.moments.len(),
            length,
        })
    }
}

fn seconds(now: Now) -> f64 {
    now.since_origin().as_secs_f64()
}

/// What is summed up on the way.
#[derive(Default)]
struct Watch {
    /// Bytes so far of what is under way.
    under_way: BTreeMap<RequestId, u64>,
    /// Bytes by second.
    bytes: BTreeMap<u32, u64>,
    stalled_since: Option<f64>,
    stalls: Vec<Range<f64>>,
}

impl Watch {
    fn input(&mut self, at: f64, input: &Input) {
        if let Input::Progress { id, bytes } | Input::Loaded { id, size: bytes, .. } = input {
            self.news(at, *id, bytes.get());
        }
        if let Some(id) = input.ended() {
            self.under_way.remove(&id);
        }
    }

    fn output(&mut self, output: &Output) {
        if let Output::Cancel(id) = output {
            self.under_way.remove(id);
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "plays last less than a century")]
    fn news(&mut self, at: f64, id: RequestId, bytes: u64) {
        let before = self.under_way.insert(id, bytes).unwrap_or(0);
        *self.bytes.entry((at / SUM_OVER) as u32).or_default() += bytes.saturating_sub(before);
    }

    fn state(&mut self, at: f64, state: PlaybackState) {
        match (self.stalled_since, state == PlaybackState::Stalled) {
            (None, true) => self.stalled_since = Some(at),
            (Some(since), false) => {
                self.stalls.push(since..at);
                self.stalled_since = None;
            }
            (None, false) | (Some(_), true) => {}
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "plays last less than a century")]
    fn arrived(&self, length: f64) -> Vec<(f64, f64)> {
        let rate = |second: u32| {
            let bytes = self.bytes.get(&second).copied().unwrap_or(0);
            (f64::from(second) * SUM_OVER, bytes as f64 * 8e-6 / SUM_OVER)
        };
        (0..=(length / SUM_OVER) as u32).map(rate).collect()
    }
}
