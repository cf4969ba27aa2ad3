//! Which variant the next segment should come from.
//!
//! The player builds [`Signals`], plain facts; [`choose`] answers. A rule sees nothing else, so rules can be swapped and
//! compared. Must not know loads, buffers or playlists. The estimator is in `abr/throughput.rs`, each rule in a file of
//! its own.

mod rate;
pub mod throughput;

use std::time::Duration;

use media_model::{BitsPerSecond, MediaDuration};

use crate::message::VariantId;

/// The rules there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    /// By throughput, with a margin that shrinks as the buffer fills; see `abr/rate.rs`.
    #[default]
    Rate,
    /// Always the lowest variant: the floor that other rules are measured against.
    Lowest,
}

/// One variant that may be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which one.
    pub id: VariantId,
    /// Its declared upper bound.
    pub peak: BitsPerSecond,
    /// What its segments take on average, as declared or as seen so far.
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
    /// Whether something has been shown already.
    pub started: bool,
    /// What the link carries.
    pub throughput: BitsPerSecond,
    /// Time from request to first byte, without the server's own work.
    pub latency: Duration,
    /// Length of the next segment.
    pub segment: MediaDuration,
}

impl Signals<'_> {
    /// How long the next segment of this candidate takes from request to last byte.
    pub fn fetch_time(&self, candidate: &Candidate) -> Duration {
        let bits = u128::from(candidate.average.get()) * u128::from(self.segment.as_micros());
        let micros = bits / u128::from(self.throughput.get().max(1));
        let transfer = Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX));
        self.latency.saturating_add(candidate.making).saturating_add(transfer)
    }
}

/// The candidate to load the next segment from; `None` only if there are no candidates.
pub fn choose(rule: Rule, signals: &Signals<'_>) -> Option<VariantId> {
    match rule {
        Rule::Rate => rate::choose(signals),
        Rule::Lowest => signals.candidates.first().map(|candidate| candidate.id),
    }
}
