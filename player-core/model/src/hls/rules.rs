//! The strict mode: which rules of RFC 8216 and its second edition a text breaks, and on which line.
//!
//! It looks at the text, not at what the lenient parser made of it, so that nothing is mended before it is seen. Linear
//! in the length of the text. The rules are listed in `rules/list.rs`; what they are about is spread over the files
//! beside it: characters and lines, attributes, media playlists, multivariant playlists, playlists together.

mod attributes;
mod channels;
mod characters;
mod date_ranges;
mod list;
mod low_latency;
mod media;
mod multivariant;
mod shared;
mod together;
mod values;

use std::fmt::{self, Write as _};

use url::Url;

use super::parse::lines::Lines;
use super::tags::Section;

pub use list::Rule;
pub use together::check_together;

/// Faults kept for one playlist; what comes after is only counted.
const MAX_FAULTS: usize = 1_000;

/// What [`check()`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Broken rules by line, at most 1,000.
    pub faults: Vec<Fault>,
    /// How many faults more there would have been.
    pub more_faults: usize,
}

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line, counted from 1; the last one for what is missing in the whole playlist.
    pub line: usize,
    /// Which rule.
    pub rule: Rule,
    /// What breaks it: a tag, an attribute or a value.
    pub subject: String,
}

impl Fault {
    /// Where the rule is written.
    pub fn section(&self) -> Section {
        self.rule.section()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.subject.is_empty() {
            return formatter.write_str(self.rule.sentence());
        }
        write!(formatter, "{}: {}", self.subject, self.rule.sentence())
    }
}

/// Says which rules the text of a playlist breaks that was loaded from `base`.
pub fn check(text: &str, base: &Url) -> Checked {
    let mut faults = Faults::default();
    characters::check(text, &mut faults);
    let is_multivariant = Lines::new(text).are_multivariant().unwrap_or(false);
    if is_multivariant {
        multivariant::check(text, base, &mut faults);
    } else {
        media::check(text, base, &mut faults);
    }
    let mut checked = faults.0;
    checked.faults.sort_by_key(|fault| (fault.line, fault.rule));
    checked
}

/// 80 characters name any tag and value; a longer one is noise.
const SUBJECT: usize = 80;

/// The beginning of a text. The rest is not looked at: it may be long, and told of in many faults.
struct Short {
    text: String,
    left: usize,
}

impl fmt::Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            self.text.push(character);
        }
        Ok(())
    }
}

#[derive(Default)]
struct Faults(Checked);

impl Faults {
    fn add(&mut self, line: usize, rule: Rule, subject: impl fmt::Display) {
        if self.0.faults.len() < MAX_FAULTS {
            let mut short = Short { text: String::new(), left: SUBJECT };
            // It ends early where the subject is long, which is no error.
            let _ = write!(short, "{subject}");
            self.0.faults.push(Fault { line, rule, subject: short.text });
        } else {
            self.0.more_faults += 1;
        }
    }

    fn unless(&mut self, holds: bool, line: usize, rule: Rule, subject: impl fmt::Display) {
        if !holds {
            self.add(line, rule, subject);
        }
    }
}
