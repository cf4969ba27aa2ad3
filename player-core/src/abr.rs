//! Which variant the next segment should come from.
//!
//! The player builds [`Signals`] and [`Download`], plain facts; a [`Controller`] answers. A rule sees nothing else, so
//! rules can be swapped and compared. Must not know loads, buffers or playlists. The estimator is in `abr/throughput.rs`,
//! each rule in a file of its own.

mod classic;
mod look_ahead;
pub mod outlook;
mod rate;
pub mod throughput;
mod value;
pub mod why;

use std::fmt;
use std::time::Duration;

use media_model::{BitsPerSecond, ByteCount, MediaDuration};

use crate::clock::Speed;
use crate::message::VariantId;
pub use classic::{Aim, Averaging, Classic, Name};
pub(crate) use value::MOST_RUNGS;

/// The rules there are. Written and read by name, as in `matinee`, `bola-e` or `dynamic-u-sw`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    /// The rule of every player of ours.
    #[default]
    Matinee,
    /// One to compare it with.
    Classic(Classic),
}

impl std::str::FromStr for Rule {
    type Err = UnknownRule;

    fn from_str(text: &str) -> Result<Self, UnknownRule> {
        match text {
            "matinee" => Ok(Self::Matinee),
            _ => Classic::named(text).map(Self::Classic),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Matinee => out.write_str("matinee"),
            Self::Classic(classic) => classic.fmt(out),
        }
    }
}

/// No rule has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownRule {
    /// No rule is called so.
    #[error(
        "no rule is called {0}; there are matinee, throughput, bola, bola-e, dynamic, dynamic-dash, robust-mpc, bba, \
         seed-s1, seed-s2, seed-s2-mobile and lowest, most with some of the options -o, -u, -fs, -sw, -basic and -noibr"
    )]
    Name(String),
    /// There is such a rule, but this option does nothing for it.
    #[error("{rule} takes no option -{option}; it takes {}", Taken(takes))]
    Option {
        /// Its name.
        rule: &'static str,
        /// As it was asked for, without the dash.
        option: String,
        /// What would do something, without the dash.
        takes: &'static [&'static str],
    },
}

/// Options as a sentence has them.
struct Taken(&'static [&'static str]);

impl fmt::Display for Taken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((first, rest)) = self.0.split_first() else { return out.write_str("none") };
        write!(out, "-{first}")?;
        rest.iter().try_for_each(|option| write!(out, ", -{option}"))
    }
}

/// One variant that may be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which one.
    pub id: VariantId,
    /// Lines of its picture, if declared.
    pub height: Option<u32>,
    /// Its declared upper bound.
    pub peak: BitsPerSecond,
    /// What its segments take on average, as declared.
    pub declared: BitsPerSecond,
    /// The same, as declared or as seen so far.
    pub average: BitsPerSecond,
    /// How long the server needs to make each segment before it can send it; zero if not known to need any.
    pub making: Duration,
    /// What changing to it is feared to cost once, because the server starts another encoder; zero for the variant that
    /// is played now.
    pub entry: Duration,
}

/// What a rule may look at.
#[derive(Clone, Debug, PartialEq)]
pub struct Signals<'a> {
    /// Variants that may be chosen, lowest bandwidth first; never empty.
    pub candidates: &'a [Candidate],
    /// The variant of the segment before, if it is among the candidates.
    pub current: Option<VariantId>,
    /// Media ahead of the playhead.
    pub level: MediaDuration,
    /// The most media that may be ahead.
    pub limit: MediaDuration,
    /// Whether something has been shown already.
    pub started: bool,
    /// The variant that plays where the segment begins that is on its way.
    pub before: Option<VariantId>,
    /// What the link carries.
    pub throughput: BitsPerSecond,
    /// The same as a distribution, once measured.
    pub rates: Option<outlook::Rates>,
    /// Time from request to first byte, without the server's own work.
    pub latency: Duration,
    /// Length of the next segment.
    pub segment: MediaDuration,
    /// Its number in the timeline, from zero.
    pub index: usize,
    /// How many there are; `None` while more are to come.
    pub count: Option<usize>,
    /// What the next segments weigh, one entry for each, with a size for each candidate, where the playlists tell it.
    pub coming: &'a [Vec<ByteCount>],
    /// Variants of the segments ahead, from the one at the playhead on; `None` where it is not known.
    pub held: &'a [Option<VariantId>],
    /// How much of the first of them has been played.
    pub played: MediaDuration,
    /// How fast the viewer lets it play.
    pub speed: Speed,
}

impl Signals<'_> {
    /// How long these media last the viewer, in seconds.
    pub fn lasts(&self, media: MediaDuration) -> f64 {
        self.speed.time_for(media).as_secs_f64()
    }

    /// How long the next segment of this candidate takes from request to last byte.
    pub fn fetch_time(&self, candidate: &Candidate) -> Duration {
        let bits = u128::from(candidate.average.get()) * u128::from(self.segment.as_micros());
        let micros = bits / u128::from(self.throughput.get().max(1));
        let transfer = Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX));
        self.latency.saturating_add(candidate.making).saturating_add(transfer)
    }
}

/// Which segment is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The one that continues what is there.
    Next,
    /// In place of the one with this index in [`Signals::held`].
    Instead(usize),
    /// None yet: so many bytes that are no media are loaded first, to measure the link, and the rule is asked again.
    Probe(ByteCount),
}

/// What a rule decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The variant to load from.
    pub variant: VariantId,
    /// What to load.
    pub place: Place,
    /// How long not to ask for it yet.
    pub wait: Duration,
}

impl Choice {
    /// The next segment, at once.
    pub const fn next(variant: VariantId) -> Self {
        Self { variant, place: Place::Next, wait: Duration::ZERO }
    }

    /// So many bytes to measure the link with, before it is known whether this variant comes next.
    pub const fn probe(variant: VariantId, size: ByteCount) -> Self {
        Self { variant, place: Place::Probe(size), wait: Duration::ZERO }
    }
}

/// A segment on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Download {
    /// Where it comes from.
    pub variant: VariantId,
    /// All of it, as far as can be told.
    pub size: ByteCount,
    /// What is here.
    pub got: ByteCount,
    /// Time since the request.
    pub took: Duration,
    /// Of this, until the first byte.
    pub to_first_byte: Duration,
    /// It takes the place of one that is buffered.
    pub is_replacement: bool,
    /// Media between the playhead and where it will play.
    pub to_start: MediaDuration,
}

/// How much more a segment weighs than is usual in its variant, of which the size is given in megabits: in others it does
/// as well, because a scene is hard to code. None is so much easier or harder than the mean as not to be believed.
pub(crate) fn weight(size: ByteCount, usual: f64) -> f64 {
    if usual > 0.0 { (size.bits() as f64 / 1e6 / usual).clamp(0.2, 5.0) } else { 1.0 }
}

/// What becomes of a download.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on, or has come to its end.
    Complete,
    /// It is given up because the candidate with this index is better.
    GivenUpFor(usize),
    /// It is given up because what it was to replace begins to play.
    Late,
}

/// A rule at work, with what it remembers.
trait Decide: fmt::Debug + Send + Sync {
    fn choose(&mut self, signals: &Signals<'_>) -> Option<Choice>;

    /// More of a download has arrived: what becomes of it.
    fn judge(&mut self, signals: &Signals<'_>, download: &Download) -> Outcome;

    /// A download has ended.
    fn ended(&mut self, signals: &Signals<'_>, download: &Download, outcome: Outcome);

    /// A probe has brought its bytes at this rate, the wait for the first one included.
    fn probed(&mut self, _rate: BitsPerSecond) {}

    /// Nothing was loaded for this long because the buffer was full.
    fn waited(&mut self, time: Duration);

    fn copy(&self) -> Box<dyn Decide>;
}

/// Decides for one playback.
#[derive(Debug)]
pub struct Controller(Box<dyn Decide>);

impl Clone for Controller {
    fn clone(&self) -> Self {
        Self(self.0.copy())
    }
}

impl Controller {
    /// One that follows this rule and remembers nothing yet.
    pub fn new(rule: Rule) -> Self {
        Self(match rule {
            Rule::Matinee => Box::<look_ahead::LookAhead>::default(),
            Rule::Classic(classic) => classic.decider(),
        })
    }

    /// What to load; `None` only if there are no candidates.
    pub fn choose(&mut self, signals: &Signals<'_>) -> Option<Choice> {
        self.0.choose(signals)
    }

    /// What becomes of a download of which more has arrived.
    pub fn judge(&mut self, signals: &Signals<'_>, download: &Download) -> Outcome {
        self.0.judge(signals, download)
    }

    /// Tells how a download ended.
    pub fn ended(&mut self, signals: &Signals<'_>, download: &Download, outcome: Outcome) {
        self.0.ended(signals, download, outcome);
    }

    /// Tells what a probe has measured.
    pub fn probed(&mut self, rate: BitsPerSecond) {
        self.0.probed(rate);
    }

    /// Tells that nothing was loaded for this long because the buffer was full.
    pub fn waited(&mut self, time: Duration) {
        self.0.waited(time);
    }
}
