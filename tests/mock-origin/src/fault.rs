//! Faults by rule. Pure: which rules hold for a request follows from the request, its counts, the time and the seed.
//!
//! Whether a rule with a probability holds is a hash of (seed, rule, URL, attempt), never a shared random stream: what
//! happens to one request does not depend on which others came before it.

mod counts;
mod token;

use std::time::Duration;

use globset::GlobMatcher;

use crate::hash::Seed;

pub(crate) use counts::Counts;
pub(crate) use token::{Tokens, without_token};

/// A rule: what goes wrong, and when.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What it is called in the log, and in the hash.
    pub name: String,
    /// When it holds.
    pub when: When,
    /// What it does.
    pub fault: Fault,
}

/// When a rule holds: all that is given must be true.
#[derive(Clone, Debug, Default)]
pub struct When {
    /// The path is like this.
    pub url: Option<GlobMatcher>,
    /// It is the n-th request, from 1, of those whose path is like that.
    pub nth: Vec<u64>,
    /// It is every n-th of them.
    pub every: Option<u64>,
    /// It comes at this time since the start or the last reset, or later.
    pub from: Option<Duration>,
    /// It comes before this time.
    pub until: Option<Duration>,
    /// The hash says so, in this share of cases.
    pub probability: Option<f64>,
    /// This URL was asked for less than so many times before.
    pub attempts: Option<u64>,
}

/// A place in a reply's body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// After so many bytes.
    Bytes(u64),
    /// After this share of it, 0 to 1.
    Share(f64),
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Another status instead of the reply.
    Status {
        /// Which one.
        code: u16,
        /// `Retry-After`, in seconds.
        retry_after: Option<u64>,
    },
    /// The connection is reset (HTTP/2: the stream).
    Reset(Place),
    /// The reply ends before its declared length.
    Truncate(Place),
    /// The reply is complete, but the file is shorter.
    Shorten(Place),
    /// So many bytes of the body are others.
    Corrupt(u32),
    /// The first byte comes later.
    SlowFirstByte(Duration),
    /// Nothing moves for a while.
    Pause(Place, Duration),
    /// Another content type.
    ContentType(String),
    /// A playlist as it was this long ago.
    Stale(Duration),
    /// A playlist as it was when the rule's time began: nothing is added any more.
    Frozen,
    /// A playlist as it was so many changes ago.
    Backward(usize),
    /// 404, at every attempt.
    Missing,
    /// `Date` and `EXT-X-PROGRAM-DATE-TIME` go wrong by so many milliseconds.
    ClockSkew(i64),
    /// Addresses in playlists carry a token that is good for this long; without one that is good: 403.
    Expire(Duration),
}

/// A request, as rules see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// Path and query.
    pub(crate) url: &'a str,
    /// How often this URL has been asked for, this time included.
    pub(crate) attempt: u64,
    /// Since the start or the last reset.
    pub(crate) at: Duration,
}

impl Asked<'_> {
    fn path(&self) -> &str {
        self.url.split('?').next().unwrap_or_default()
    }
}

impl Rule {
    /// Whether the path is one that this rule is about.
    pub(crate) fn is_about(&self, path: &str) -> bool {
        self.when.url.as_ref().is_none_or(|glob| glob.is_match(path.trim_start_matches('/')))
    }

    /// Whether it holds for a request that is the `nth` of those it is about.
    fn holds(&self, seed: Seed, asked: Asked<'_>, nth: u64) -> bool {
        let When { url: _, nth: numbers, every, from, until, probability, attempts } = &self.when;
        let counted = (numbers.is_empty() && every.is_none())
            || numbers.contains(&nth)
            || every.is_some_and(|every| nth.is_multiple_of(every));
        // A file that is missing is missing whenever it is asked for.
        let attempt = if self.fault == Fault::Missing { 0 } else { asked.attempt };
        let url = without_token(asked.url);
        let chance = || seed.fraction(&[b"fault", self.name.as_bytes(), url.as_bytes(), &attempt.to_be_bytes()]);
        counted
            && from.is_none_or(|from| asked.at >= from)
            && until.is_none_or(|until| asked.at < until)
            && attempts.is_none_or(|attempts| asked.attempt <= attempts)
            && probability.is_none_or(|probability| chance() < probability)
    }
}

/// What is to go wrong with one reply: of faults of one kind the first rule's counts, delays add up.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Verdict {
    /// Names of the rules that hold.
    pub(crate) rules: Vec<String>,
    /// Wait before the first byte.
    pub(crate) delay: Duration,
    /// Another status instead of the reply.
    pub(crate) refusal: Option<Refusal>,
    pub(crate) reset: Option<Place>,
    pub(crate) truncate: Option<Place>,
    pub(crate) shorten: Option<Place>,
    /// How many bytes, and what their places follow from.
    pub(crate) corrupt: Option<(u32, u64)>,
    pub(crate) pause: Option<(Place, Duration)>,
    pub(crate) content_type: Option<String>,
    pub(crate) stale: Option<Staleness>,
    pub(crate) backward: Option<usize>,
    pub(crate) skew_ms: i64,
}

/// Which playlist of the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Staleness {
    /// Of so long ago.
    By(Duration),
    /// Of this time since the start or the last reset.
    As(Duration),
}

impl Staleness {
    /// How long ago that is.
    pub(crate) fn age(self, now: Duration) -> Duration {
        match self {
            Self::By(age) => age,
            Self::As(at) => now.saturating_sub(at),
        }
    }
}

/// Another status instead of the reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    pub(crate) retry_after: Option<u64>,
}

/// Decides on a request. `nth` says of each rule the how many-th of its requests this is.
pub(crate) fn judge(seed: Seed, rules: &[Rule], asked: Asked<'_>, nth: &[u64]) -> Verdict {
    let mut verdict = Verdict::default();
    let about = rules.iter().zip(nth).filter(|(rule, _)| rule.is_about(asked.path()));
    for (rule, _) in about.filter(|(rule, nth)| rule.holds(seed, asked, **nth)) {
        if verdict.take(seed, rule, asked) {
            verdict.rules.push(rule.name.clone());
        }
    }
    verdict
}

impl Verdict {
    /// Takes a rule that holds into account; says whether it does anything to this request.
    fn take(&mut self, seed: Seed, rule: &Rule, asked: Asked<'_>) -> bool {
        let refuse = |slot: &mut Option<Refusal>, code, retry_after| {
            slot.get_or_insert(Refusal { code, retry_after });
        };
        match &rule.fault {
            Fault::Status { code, retry_after } => refuse(&mut self.refusal, *code, *retry_after),
            Fault::Missing => refuse(&mut self.refusal, 404, None),
            Fault::Expire(_) => {
                if Tokens::of(seed, rule).accepts(asked) {
                    return false;
                }
                refuse(&mut self.refusal, 403, None);
            }
            Fault::Reset(place) => _ = self.reset.get_or_insert(*place),
            Fault::Truncate(place) => _ = self.truncate.get_or_insert(*place),
            Fault::Shorten(place) => _ = self.shorten.get_or_insert(*place),
            Fault::Corrupt(bytes) => {
                let places = seed.hash(&[b"corrupt", rule.name.as_bytes(), without_token(asked.url).as_bytes()]);
                self.corrupt.get_or_insert((*bytes, places));
            }
            Fault::SlowFirstByte(delay) => self.delay += *delay,
            Fault::Pause(place, length) => _ = self.pause.get_or_insert((*place, *length)),
            Fault::ContentType(name) => _ = self.content_type.get_or_insert_with(|| name.clone()),
            Fault::Stale(by) => _ = self.stale.get_or_insert(Staleness::By(*by)),
            Fault::Frozen => _ = self.stale.get_or_insert(Staleness::As(rule.when.from.unwrap_or_default())),
            Fault::Backward(changes) => _ = self.backward.get_or_insert(*changes),
            Fault::ClockSkew(millis) => self.skew_ms += millis,
        }
        true
    }
}

impl Place {
    /// The byte of a body of this length; `None` where a share is asked of a body of unknown length.
    pub(crate) fn in_body(self, length: Option<u64>) -> Option<u64> {
        match (self, length) {
            (Self::Bytes(bytes), Some(length)) => Some(bytes.min(length)),
            (Self::Bytes(bytes), None) => Some(bytes),
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a share of a length is no longer than it, and bodies are far below 2^53 bytes"
            )]
            (Self::Share(share), Some(length)) => Some(((length as f64 * share) as u64).min(length)),
            (Self::Share(_), None) => None,
        }
    }
}

#[cfg(test)]
mod tests;
