//! The classics of the literature, for comparison: each in a file of its own, with its paper.
//!
//! They are what Sabre (Spiteri, Sitaraman and Sparacio, MMSys 2018) makes of them, quirks kept, so that figures can be
//! compared with published ones; where Sabre has none, they are built from their papers. All reckon in milliseconds,
//! kilobits and kilobits per second, as the papers do. Must not know the player.

mod bba;
mod bola;
mod bola_e;
mod dynamic;
mod estimate;
mod lowest;
mod replace;
mod robust_mpc;
mod seed_s1;
mod seed_s2;
mod throughput_rule;

use std::fmt;

use super::{Choice, Decide, Download, Outcome, Place, Signals, UnknownRule};
use estimate::Estimate;

/// Which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// `abr/classic/throughput_rule.rs`
    Throughput,
    /// `abr/classic/bola.rs`
    Bola,
    /// `abr/classic/bola_e.rs`
    BolaE,
    /// `abr/classic/dynamic.rs`
    Dynamic,
    /// The same on BOLA-E with other thresholds, as dash.js once had it.
    DynamicDash,
    /// `abr/classic/robust_mpc.rs`
    RobustMpc,
    /// `abr/classic/bba.rs`
    Bba,
    /// `abr/classic/seed_s1.rs`
    SeedS1,
    /// `abr/classic/seed_s2.rs`
    SeedS2,
    /// The same on a mobile link.
    SeedS2Mobile,
    /// `abr/classic/lowest.rs`
    Lowest,
}

/// How throughput is averaged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Averaging {
    /// Exponentially, weighted by download time: half-lives of 3 and 8 s, the lower counts (dash.js).
    #[default]
    Exponential,
    /// The plain mean of the last three segments.
    LastThree,
}

/// What a rule on BOLA does when its buffer allows more than the link carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aim {
    /// BOLA-O: waits instead of asking for more than the link carries, so that the picture changes less.
    #[default]
    Calm,
    /// BOLA-U: takes one rung more than the link carries.
    Utility,
}

/// A classic and its options. Written and read as a name such as `bola-e-u-fs-sw`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Classic {
    /// Which one.
    pub name: Name,
    /// `-sw` for the last three.
    pub averaging: Averaging,
    /// `-o` or `-u`.
    pub aim: Aim,
    /// `-fs`: buffered segments of a lower rung are loaded again.
    pub replaces: bool,
    /// `-basic`: BOLA without its way of handling the beginning and the end.
    pub basic: bool,
    /// `-noibr`: without the insufficient buffer rule.
    pub trusts_buffer: bool,
}

/// How each is written, and the options that it heeds.
type Written = (&'static str, Name, &'static [&'static str]);

/// `-sw` does nothing for rules that look at the buffer alone, and `-fs` nothing for the lowest rung: no segment is lower.
const NAMES: [Written; 11] = [
    ("throughput", Name::Throughput, &["noibr", "fs", "sw"]),
    ("bola", Name::Bola, &["basic", "o", "u", "fs", "sw"]),
    ("bola-e", Name::BolaE, &["o", "u", "noibr", "fs", "sw"]),
    ("dynamic", Name::Dynamic, &["basic", "o", "u", "noibr", "fs", "sw"]),
    ("dynamic-dash", Name::DynamicDash, &["o", "u", "noibr", "fs", "sw"]),
    ("robust-mpc", Name::RobustMpc, &["fs", "sw"]),
    ("bba", Name::Bba, &["fs"]),
    // It measures for itself, and the runner below does not run it.
    ("seed-s1", Name::SeedS1, &[]),
    ("seed-s2", Name::SeedS2, &["fs", "sw"]),
    ("seed-s2-mobile", Name::SeedS2Mobile, &["fs", "sw"]),
    ("lowest", Name::Lowest, &[]),
];

impl Classic {
    /// A classic without options.
    pub const fn new(name: Name) -> Self {
        Self {
            name,
            averaging: Averaging::Exponential,
            aim: Aim::Calm,
            replaces: false,
            basic: false,
            trusts_buffer: false,
        }
    }

    /// Reads a name with options in any order. An option that would do nothing is refused: two names of one rule would
    /// look like two rules.
    pub(super) fn named(text: &str) -> Result<Self, UnknownRule> {
        let unknown = || UnknownRule::Name(text.to_owned());
        let (rule, name, takes) = NAMES
            .into_iter()
            .filter(|(rule, ..)| text.strip_prefix(rule).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')))
            .max_by_key(|(rule, ..)| rule.len())
            .ok_or_else(unknown)?;
        let mut classic = Self::new(name);
        for option in text.get(rule.len()..).unwrap_or_default().split('-').skip(1) {
            let refused = || UnknownRule::Option { rule, option: option.to_owned(), takes };
            match takes.iter().copied().find(|known| *known == option).ok_or_else(refused)? {
                "sw" => classic.averaging = Averaging::LastThree,
                "o" => classic.aim = Aim::Calm,
                "u" => classic.aim = Aim::Utility,
                "fs" => classic.replaces = true,
                "basic" => classic.basic = true,
                "noibr" => classic.trusts_buffer = true,
                _ => return Err(refused()),
            }
        }
        Ok(classic)
    }

    pub(super) fn decider(self) -> Box<dyn Decide> {
        let rule: Box<dyn Rule> = match self.name {
            Name::Throughput => Box::new(throughput_rule::ThroughputRule::new(self)),
            Name::Bola => Box::new(bola::Bola::new(self)),
            Name::BolaE => Box::new(bola_e::BolaE::new(self)),
            Name::Dynamic => Box::new(dynamic::Dynamic::new(self)),
            Name::DynamicDash => Box::new(dynamic::DynamicDash::new(self)),
            Name::RobustMpc => Box::new(robust_mpc::RobustMpc::default()),
            Name::Bba => Box::new(bba::Bba::default()),
            // It measures for itself.
            Name::SeedS1 => return Box::new(seed_s1::SeedS1::default()),
            Name::SeedS2 => Box::new(seed_s2::SeedS2(seed_s2::Link::Fixed)),
            Name::SeedS2Mobile => Box::new(seed_s2::SeedS2(seed_s2::Link::Mobile)),
            Name::Lowest => Box::new(lowest::Lowest),
        };
        Box::new(Runner { rule, estimate: Estimate::new(self.averaging), replaces: self.replaces })
    }
}

impl fmt::Display for Classic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.into_iter().find(|(_, name, _)| *name == self.name).map_or("", |(text, ..)| text);
        let on = |text, is_on| if is_on { text } else { "" };
        let options = [
            on("-basic", self.basic),
            on("-u", self.aim == Aim::Utility),
            on("-noibr", self.trusts_buffer),
            on("-fs", self.replaces),
            on("-sw", self.averaging == Averaging::LastThree),
        ];
        write!(out, "{name}{}", options.concat())
    }
}

/// What a classic sees. Rungs are counted from the lowest, zero.
struct View<'a> {
    /// kbit/s of each rung, as declared.
    bitrates: &'a [f64],
    /// Length of a segment, ms.
    segment: f64,
    /// Media ahead, ms.
    level: f64,
    /// The most that the buffer may hold, ms.
    limit: f64,
    /// Number of the segment to choose for, and how many there are.
    index: f64,
    count: f64,
    /// What comes, where sizes are known: kilobits of each rung, by segment.
    coming: &'a [Vec<f64>],
    /// kbit/s; `None` before the first segment.
    throughput: Option<f64>,
    /// ms
    latency: f64,
}

impl View<'_> {
    fn top(&self) -> usize {
        self.bitrates.len().saturating_sub(1)
    }

    /// The highest rung that arrives within its own length, the wait for its first byte included.
    fn carried_by(&self, throughput: f64) -> usize {
        let arrives = |bitrate: &f64| self.latency + self.segment * bitrate / throughput <= self.segment;
        self.bitrates.iter().skip(1).take_while(|bitrate| arrives(bitrate)).count()
    }

    /// ln(bitrate / lowest), and what is added to it.
    fn utility(&self, rung: usize, offset: f64) -> f64 {
        libm::log(self.bitrates[rung]) + (offset - libm::log(self.bitrates[0]))
    }
}

/// A download as the classics see it: rungs, milliseconds, kilobits.
struct Progress {
    rung: usize,
    /// All of it.
    size: f64,
    got: f64,
    /// Since the request.
    took: f64,
    to_first_byte: f64,
}

/// What one of them answers: a rung, and how long to wait before asking for it, ms.
struct Answer {
    rung: usize,
    wait: f64,
}

impl Answer {
    const fn now(rung: usize) -> Self {
        Self { rung, wait: 0.0 }
    }
}

trait Rule: fmt::Debug + Send + Sync {
    fn choose(&mut self, view: &View<'_>) -> Answer;

    /// The rung to give this download up for.
    fn judge(&mut self, _view: &View<'_>, _progress: &Progress) -> Option<usize> {
        None
    }

    /// A download ended; `given_up_for` what `judge` said. `level` with it.
    fn ended(&mut self, _view: &View<'_>, _progress: &Progress, _given_up_for: Option<usize>, _is_replacement: bool) {}

    /// Nothing was loaded for this long, ms, because the buffer was full.
    fn waited(&mut self, _time: f64) {}

    fn copy(&self) -> Box<dyn Rule>;
}

/// Runs one of them in the player.
#[derive(Debug)]
struct Runner {
    rule: Box<dyn Rule>,
    estimate: Estimate,
    replaces: bool,
}

impl Clone for Runner {
    fn clone(&self) -> Self {
        Self { rule: self.rule.copy(), estimate: self.estimate.clone(), replaces: self.replaces }
    }
}

/// Plain numbers of the signals.
struct Numbers {
    bitrates: Vec<f64>,
    coming: Vec<Vec<f64>>,
}

impl Numbers {
    fn new(signals: &Signals<'_>) -> Self {
        let bitrates = signals.candidates.iter().map(|candidate| candidate.declared.get() as f64 / 1e3).collect();
        let kilobits =
            |sizes: &Vec<media_model::ByteCount>| sizes.iter().map(|size| size.bits() as f64 / 1e3).collect();
        Self { bitrates, coming: signals.coming.iter().map(kilobits).collect() }
    }

    fn view<'a>(&'a self, signals: &Signals<'_>, estimate: &Estimate) -> View<'a> {
        let millis = |time: media_model::MediaDuration| time.as_micros() as f64 / 1e3;
        View {
            bitrates: &self.bitrates,
            coming: &self.coming,
            segment: millis(signals.segment),
            level: millis(signals.level),
            limit: millis(signals.limit),
            index: signals.index as f64,
            count: signals.count.map_or(f64::INFINITY, |count| count as f64),
            throughput: estimate.throughput(),
            latency: estimate.latency(),
        }
    }
}

fn progress_of(signals: &Signals<'_>, download: &Download) -> Option<Progress> {
    Some(Progress {
        rung: signals.candidates.iter().position(|candidate| candidate.id == download.variant)?,
        size: download.size.bits() as f64,
        got: download.got.bits() as f64,
        took: download.took.as_secs_f64() * 1e3,
        to_first_byte: download.to_first_byte.as_secs_f64() * 1e3,
    })
}

impl Decide for Runner {
    fn choose(&mut self, signals: &Signals<'_>) -> Option<Choice> {
        let lowest = signals.candidates.first()?;
        let numbers = Numbers::new(signals);
        let view = numbers.view(signals, &self.estimate);
        if view.throughput.is_none() {
            return Some(Choice::next(lowest.id));
        }
        let answer = self.rule.choose(&view);
        let variant = signals.candidates.get(answer.rung).unwrap_or(lowest).id;
        let instead = self.replaces.then(|| replace::earliest(signals, variant)).flatten();
        Some(match instead {
            Some(index) => Choice { place: Place::Instead(index), ..Choice::next(variant) },
            None => Choice { wait: std::time::Duration::from_secs_f64(answer.wait / 1e3), ..Choice::next(variant) },
        })
    }

    fn judge(&mut self, signals: &Signals<'_>, download: &Download) -> Outcome {
        if download.is_replacement {
            return if replace::comes_late(download) { Outcome::Late } else { Outcome::Complete };
        }
        let Some(progress) = progress_of(signals, download) else { return Outcome::Complete };
        let numbers = Numbers::new(signals);
        let instead = self.rule.judge(&numbers.view(signals, &self.estimate), &progress);
        instead.map_or(Outcome::Complete, Outcome::GivenUpFor)
    }

    fn ended(&mut self, signals: &Signals<'_>, download: &Download, outcome: Outcome) {
        let Some(progress) = progress_of(signals, download) else { return };
        let numbers = Numbers::new(signals);
        let view = numbers.view(signals, &self.estimate);
        let given_up_for = match outcome {
            Outcome::Complete => None,
            Outcome::GivenUpFor(rung) => Some(rung),
            Outcome::Late => Some(0),
        };
        // A rule knows no segment before its first choice.
        if view.throughput.is_some() {
            self.rule.ended(&view, &progress, given_up_for, download.is_replacement);
        }
        if outcome == Outcome::Complete {
            self.estimate.learn(&progress, view.segment);
        }
    }

    fn waited(&mut self, time: std::time::Duration) {
        self.rule.waited(time.as_secs_f64() * 1e3);
    }

    fn copy(&self) -> Box<dyn Decide> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests;
