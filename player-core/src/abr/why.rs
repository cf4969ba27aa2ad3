//! Why a variant was chosen or given up, told from what the rule saw: plain data that reads as a sentence.
//!
//! Rules answer with a choice and no more, so the reason is reckoned beside them: what stood against the next better variant.
//! It explains any rule, the classics too, in terms of the core's own estimate; what a rule weighed in secret it cannot know.

use std::fmt;
use std::time::Duration;

use media_model::{BitsPerSecond, ByteCount, MediaDuration};

use super::{Candidate, Choice, Download, Outcome, Place, Signals};
use crate::message::VariantId;

/// A variant as sentences name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    /// Which one.
    pub id: VariantId,
    /// Lines of its picture, if declared.
    pub height: Option<u32>,
    /// What it takes on average, as declared.
    pub declared: BitsPerSecond,
    /// What its next segment takes while it is played.
    pub needs: BitsPerSecond,
    /// How long that segment takes to come.
    pub fetch: Duration,
}

impl Rung {
    fn of(signals: &Signals<'_>, index: usize) -> Option<Self> {
        let candidate: &Candidate = signals.candidates.get(index)?;
        let known = signals.coming.first().and_then(|sizes| sizes.get(index)).filter(|size| size.get() > 0);
        let exact = known.and_then(|&size| BitsPerSecond::measured(size, signals.segment.to_std()));
        let needs = exact.unwrap_or(candidate.average);
        let fetch = signals.fetch_time(&Candidate { average: needs, ..*candidate });
        Some(Self { id: candidate.id, height: candidate.height, declared: candidate.declared, needs, fetch })
    }

    fn named(signals: &Signals<'_>, id: VariantId) -> Option<Self> {
        Self::of(signals, signals.candidates.iter().position(|candidate| candidate.id == id)?)
    }
}

/// Its height, or its kbit/s where that is not declared.
impl fmt::Display for Rung {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.height {
            Some(height) => write!(out, "{height}p"),
            None => write!(out, "{}k", self.declared.get() / 1_000),
        }
    }
}

/// What stood against a better variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Only this one may be loaded.
    Only,
    /// Nothing has been measured.
    Guess,
    /// There is no better one.
    Best,
    /// There is a better one, but it may not be chosen: viewer, page, screen or device do not let it through, it was given up a
    /// moment ago, or it has failed.
    Allowed,
    /// The server has no room to make this one, which would have been chosen.
    Busy(Rung),
    /// There is none that takes less.
    Least,
    /// It takes more than the link brings, which the buffer makes up for.
    Buffered,
    /// The next better one takes more than the link brings.
    Link(Rung),
    /// The next better one would come after the buffer has run dry.
    Buffer(Rung),
    /// Nothing but the margin that the rule keeps.
    Margin(Rung),
}

/// What was decided once, and what it rested on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// What was decided.
    pub what: Verdict,
    /// Number of the segment in its timeline.
    pub segment: usize,
    /// Media ahead of the playhead.
    pub level: MediaDuration,
    /// What the link is expected to carry.
    pub throughput: BitsPerSecond,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A segment is loaded.
    Load {
        /// From where.
        rung: Rung,
        /// What stood against a better one.
        cause: Cause,
        /// It is asked for only after this.
        wait: Duration,
    },
    /// A segment that is buffered is loaded once more.
    Replace {
        /// What comes.
        rung: Rung,
        /// Which of the segments ahead, from the playhead on.
        ahead: usize,
    },
    /// The link is measured first.
    Probe(ByteCount),
    /// A load is given up.
    GiveUp {
        /// Which variant.
        rung: Rung,
        /// What was here, and what would have come in all.
        got: ByteCount,
        /// See `got`.
        size: ByteCount,
        /// The rest would have taken this long.
        rest: Duration,
        /// What comes instead, if another variant is the reason.
        instead: Option<Rung>,
    },
}

impl Account {
    /// The account of a choice; `None` if it is none of the candidates.
    pub fn of_choice(signals: &Signals<'_>, choice: &Choice) -> Option<Self> {
        let index = signals.candidates.iter().position(|candidate| candidate.id == choice.variant)?;
        let rung = Rung::of(signals, index)?;
        let what = match choice.place {
            Place::Probe(size) => Verdict::Probe(size),
            Place::Instead(ahead) => Verdict::Replace { rung, ahead },
            Place::Next => Verdict::Load { rung, cause: cause(signals, index, rung), wait: choice.wait },
        };
        Some(Self::with(signals, what))
    }

    /// The same where better variants were kept from the rule.
    #[must_use]
    pub fn with_others_left_out(mut self) -> Self {
        if let Verdict::Load { cause: cause @ Cause::Best, .. } = &mut self.what {
            *cause = Cause::Allowed;
        }
        self
    }

    /// What is loaded in place of this choice, from a variant that the server need not make; `None` if it is no candidate.
    pub fn instead(self, signals: &Signals<'_>, other: VariantId) -> Option<Self> {
        let (Verdict::Load { rung: chosen, .. } | Verdict::Replace { rung: chosen, .. }) = self.what else {
            return None;
        };
        let rung = Rung::named(signals, other)?;
        Some(Self::with(signals, Verdict::Load { rung, cause: Cause::Busy(chosen), wait: Duration::ZERO }))
    }

    /// The account of a download that is given up; `None` if its variant is none of the candidates.
    pub fn of_end(signals: &Signals<'_>, download: &Download, outcome: Outcome) -> Option<Self> {
        let rung = Rung::named(signals, download.variant)?;
        let left = ByteCount::new(download.size.get().saturating_sub(download.got.get()));
        let what = Verdict::GiveUp {
            rung,
            got: download.got,
            size: download.size,
            rest: signals.throughput.time_for(left).unwrap_or(Duration::MAX),
            instead: match outcome {
                Outcome::GivenUpFor(index) => Rung::of(signals, index),
                Outcome::Late | Outcome::Complete => None,
            },
        };
        Some(Self::with(signals, what))
    }

    fn with(signals: &Signals<'_>, what: Verdict) -> Self {
        Self { what, segment: signals.index, level: signals.level, throughput: signals.throughput }
    }
}

fn cause(signals: &Signals<'_>, index: usize, rung: Rung) -> Cause {
    let above = Rung::of(signals, index + 1);
    if signals.candidates.len() == 1 {
        return Cause::Only;
    }
    if signals.rates.is_none() {
        return Cause::Guess;
    }
    match above {
        _ if rung.needs > signals.throughput && index > 0 => Cause::Buffered,
        _ if rung.needs > signals.throughput => Cause::Least,
        None => Cause::Best,
        Some(above) if above.needs > signals.throughput => Cause::Link(above),
        Some(above) if MediaDuration::from_std(above.fetch) > signals.level => Cause::Buffer(above),
        Some(above) => Cause::Margin(above),
    }
}

struct Rate(BitsPerSecond);

impl fmt::Display for Rate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.get() {
            bits @ ..1_000_000 => write!(out, "{} kbit/s", bits / 1_000),
            bits => write!(out, "{:.1} Mbit/s", bits as f64 / 1e6),
        }
    }
}

/// Seconds with one digit; far too long is "for ever".
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs_f64() {
            seconds if seconds > 3_600.0 => out.write_str("hours"),
            seconds => write!(out, "{seconds:.1} s"),
        }
    }
}

/// The sentence.
impl fmt::Display for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (level, link) = (Seconds(self.level.to_std()), Rate(self.throughput));
        match &self.what {
            Verdict::Load { rung, cause, wait } => {
                let (needs, fetch) = (Rate(rung.needs), Seconds(rung.fetch));
                match cause {
                    Cause::Only => write!(out, "{rung} is the only one that may be loaded")?,
                    Cause::Guess => {
                        write!(out, "{rung} on a guess: nothing is measured, and the link is taken for {link}")?
                    }
                    Cause::Best => write!(out, "{rung} is the best there is: it needs {needs} of {link}")?,
                    Cause::Allowed => {
                        write!(out, "{rung} is the best that may be chosen now: it needs {needs} of {link}")?
                    }
                    Cause::Busy(chosen) => write!(out, "{rung}, for the server has no room to make {chosen} now")?,
                    Cause::Least => {
                        write!(out, "{rung} is the least there is, and needs {needs} where {link} are expected")?
                    }
                    Cause::Buffered => {
                        write!(
                            out,
                            "{rung} needs {needs} of {link}, but comes in {fetch}, and {level} are in the buffer"
                        )?;
                    }
                    Cause::Link(above) => {
                        write!(out, "{rung}, for {above} needs {} and the link brings {link}", Rate(above.needs))?;
                    }
                    Cause::Buffer(above) => {
                        let takes = Seconds(above.fetch);
                        write!(out, "{rung}, for {above} would take {takes}, and {level} are in the buffer")?;
                    }
                    Cause::Margin(above) => {
                        let takes = Seconds(above.fetch);
                        write!(out, "{rung} with a margin: {above} would take {takes} of the {level} in the buffer")?;
                    }
                }
                if wait.is_zero() { Ok(()) } else { write!(out, "; it is asked for in {}", Seconds(*wait)) }
            }
            Verdict::Replace { rung, ahead } => {
                let fetch = Seconds(rung.fetch);
                write!(
                    out,
                    "{rung} in place of what is buffered {ahead} segments ahead: it comes in {fetch}, before that plays"
                )
            }
            Verdict::Probe(size) => write!(out, "measures the link with {} kB before it chooses", size.get() / 1_000),
            Verdict::GiveUp { rung, got, size, rest, instead } => {
                let share = got.get().saturating_mul(100).checked_div(size.get()).unwrap_or(0);
                write!(out, "gives {rung} up with {share} % here: the rest would take {}", Seconds(*rest))?;
                match instead {
                    Some(other) => {
                        write!(out, ", {other} takes {}, and {level} are in the buffer", Seconds(other.fetch))
                    }
                    None => write!(out, ", and {level} are in the buffer"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abr::outlook::Outlook;

    /// What is told of a moment.
    fn told<T>(level_s: u64, kbps: u64, is_measured: bool, tell: impl FnOnce(&Signals<'_>) -> T) -> T {
        let rates = [(Some(360), 1_000), (Some(720), 3_000), (Some(1_080), 6_000)];
        let candidate = |(index, (height, kbps))| Candidate {
            id: VariantId(index),
            height,
            peak: BitsPerSecond::from_kbps(kbps),
            declared: BitsPerSecond::from_kbps(kbps),
            average: BitsPerSecond::from_kbps(kbps),
            making: Duration::ZERO,
            entry: Duration::ZERO,
        };
        let candidates: Vec<_> = (0..).zip(rates).map(candidate).collect();
        let mut outlook = Outlook::default();
        outlook.saw(100_000, Duration::from_secs(1));
        let signals = Signals {
            candidates: &candidates,
            current: None,
            level: MediaDuration::from_secs(level_s),
            limit: MediaDuration::from_secs(30),
            started: true,
            before: None,
            throughput: BitsPerSecond::from_kbps(kbps),
            rates: if is_measured { outlook.rates() } else { None },
            latency: Duration::ZERO,
            segment: MediaDuration::from_secs(3),
            index: 7,
            count: Some(100),
            speed: crate::clock::Speed::NORMAL,
            coming: &[],
            held: &[],
            played: MediaDuration::ZERO,
        };
        tell(&signals)
    }

    fn sentence(level_s: u64, kbps: u64, chosen: u32, place: Place, is_measured: bool) -> String {
        let choice = Choice { place, ..Choice::next(VariantId(chosen)) };
        told(level_s, kbps, is_measured, |signals| Account::of_choice(signals, &choice).unwrap().to_string())
    }

    #[test]
    fn every_choice_has_its_sentence() {
        let next = |level, kbps, chosen| sentence(level, kbps, chosen, Place::Next, true);
        assert_eq!(next(12, 4_000, 1), "720p, for 1080p needs 6.0 Mbit/s and the link brings 4.0 Mbit/s");
        assert_eq!(next(1, 4_000, 0), "360p, for 720p would take 2.2 s, and 1.0 s are in the buffer");
        assert_eq!(next(9, 4_000, 0), "360p with a margin: 720p would take 2.2 s of the 9.0 s in the buffer");
        assert_eq!(
            next(20, 4_000, 2),
            "1080p needs 6.0 Mbit/s of 4.0 Mbit/s, but comes in 4.5 s, and 20.0 s are in the buffer"
        );
        assert_eq!(next(20, 40_000, 2), "1080p is the best there is: it needs 6.0 Mbit/s of 40.0 Mbit/s");
        assert_eq!(next(2, 400, 0), "360p is the least there is, and needs 1.0 Mbit/s where 400 kbit/s are expected");
        assert_eq!(
            sentence(0, 4_000, 1, Place::Next, false),
            "720p on a guess: nothing is measured, and the link is taken for 4.0 Mbit/s"
        );
        assert_eq!(
            sentence(20, 9_000, 2, Place::Instead(4), true),
            "1080p in place of what is buffered 4 segments ahead: it comes in 2.0 s, before that plays"
        );
        let best = |signals: &Signals<'_>| Account::of_choice(signals, &Choice::next(VariantId(2))).unwrap();
        assert_eq!(
            told(20, 40_000, true, |signals| best(signals).with_others_left_out().to_string()),
            "1080p is the best that may be chosen now: it needs 6.0 Mbit/s of 40.0 Mbit/s"
        );
        assert_eq!(
            told(20, 40_000, true, |signals| best(signals).instead(signals, VariantId(0)).unwrap().to_string()),
            "360p, for the server has no room to make 1080p now"
        );
        let probe = Place::Probe(ByteCount::new(1_000_000));
        assert_eq!(sentence(0, 9_000, 0, probe, true), "measures the link with 1000 kB before it chooses");
    }
}
