//! What is noticed while reading, and what all lines are read with: warnings, variables, the address.

use std::borrow::Cow;

use url::Url;

use super::super::define::{Unexpanded, expand};
use super::super::{Playlist, Variables, tags};
use super::{ParseError, Parsed, Reading, Warning, WarningKind};

/// Warnings kept for one playlist; what comes after is only counted, so that a hostile playlist cannot fill the memory.
const MAX_WARNINGS: usize = 100;

/// What variables may make of any playlist, however small, in bytes.
const SOME_TEXT: usize = 1 << 20;

pub(super) struct Notes<'a> {
    pub(super) base: &'a Url,
    /// What may be imported.
    pub(super) importable: Option<&'a Variables>,
    pub(super) variables: Variables,
    /// Bytes that variables may still make.
    budget: usize,
    inflated: Option<usize>,
    pub(super) encrypted: Option<usize>,
    /// Whether relative addresses can be joined.
    joins_plain: bool,
    /// Scheme and host of the last absolute address, with the slash after it.
    origin: String,
    kept: Vec<Warning>,
    dropped: usize,
}

impl<'a> Notes<'a> {
    pub(super) fn new(reading: &Reading<'a>, length: usize) -> Self {
        Self {
            base: reading.base,
            importable: reading.variables,
            variables: Variables::new(),
            budget: length.saturating_mul(4).saturating_add(SOME_TEXT),
            inflated: None,
            encrypted: None,
            joins_plain: !reading.base.cannot_be_a_base(),
            origin: String::new(),
            kept: Vec::new(),
            dropped: 0,
        }
    }

    /// What was read, and where encryption begins.
    pub(super) fn end(self, value: Playlist) -> Result<(Parsed<Playlist>, Option<usize>), ParseError> {
        match self.inflated {
            Some(line) => Err(ParseError::Inflated { line }),
            None => Ok((Parsed { value, warnings: self.kept, more_warnings: self.dropped }, self.encrypted)),
        }
    }

    pub(super) fn add(&mut self, line: usize, kind: WarningKind) {
        if self.kept.len() < MAX_WARNINGS {
            self.kept.push(Warning { line, kind });
        } else {
            self.dropped += 1;
        }
    }

    /// The value, or a warning in its place.
    pub(super) fn keep<T>(&mut self, line: usize, value: Option<T>, kind: WarningKind) -> Option<T> {
        if value.is_none() {
            self.add(line, kind);
        }
        value
    }

    /// A tag that does not belong into this kind of playlist, or that nobody knows.
    pub(super) fn unknown(&mut self, line: usize, name: &str) {
        let kind = match tags::find(name) {
            Some(tag) => WarningKind::BadTag(tag.name.trim_start_matches('#')),
            // 64 characters name any tag; a longer one is noise.
            None => WarningKind::UnknownTag(name.chars().take(64).collect()),
        };
        self.add(line, kind);
    }

    /// The text with variables replaced; as it is where one is not defined.
    pub(super) fn expand<'t>(&mut self, line: usize, text: &'t str) -> Cow<'t, str> {
        // Without a definition, `{$` is text like any other (rfc8216bis §4.3).
        if self.variables.is_empty() {
            return Cow::Borrowed(text);
        }
        match expand(text, &self.variables, &mut self.budget) {
            Ok(expanded) => expanded,
            Err(Unexpanded::Undefined(name)) => {
                self.add(line, undefined(name));
                Cow::Borrowed(text)
            }
            Err(Unexpanded::TooMuch) => {
                self.inflated.get_or_insert(line);
                Cow::Borrowed(text)
            }
        }
    }

    /// Makes a variable known, whose value was expanded already; `None` if that is too much.
    pub(super) fn define(&mut self, line: usize, name: &str, value: &str) -> Option<()> {
        // A value may be imported again and again, so it is paid for like an expansion.
        let Some(budget) = self.budget.checked_sub(value.len()) else {
            self.inflated.get_or_insert(line);
            return None;
        };
        self.budget = budget;
        self.variables.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        Some(())
    }

    /// An attribute's text with variables replaced.
    pub(super) fn text(&mut self, line: usize, text: Option<&str>) -> Option<String> {
        text.map(|text| self.expand(line, text).into_owned())
    }

    /// The address as written but for variables, if it can be resolved.
    pub(super) fn uri(&mut self, line: usize, uri: &str) -> Option<String> {
        let uri = self.expand(line, uri);
        let is_like_the_last = self.is_like_the_last(&uri);
        let resolves = is_like_the_last || self.base.join(&uri).is_ok();
        if resolves && !is_like_the_last {
            self.origin = origin(&uri).to_owned();
        }
        let uri = resolves.then(|| uri.into_owned());
        self.keep(line, uri, WarningKind::BadUri)
    }

    /// Whether an address is a plain path, or one after the same host as the last: such can always be joined, and parsing
    /// every address of a long playlist would take most of the time.
    fn is_like_the_last(&self, uri: &str) -> bool {
        let is_harmless = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/' | b'?' | b'=' | b'&' | b'%' | b'~')
        };
        match uri.strip_prefix(&self.origin).filter(|_| !self.origin.is_empty()) {
            Some(path) => path.bytes().all(is_harmless),
            None => self.joins_plain && !uri.starts_with("//") && uri.bytes().all(is_harmless),
        }
    }
}

/// A warning of a variable. 64 characters name any.
pub(super) fn undefined(name: &str) -> WarningKind {
    WarningKind::Undefined(name.chars().take(64).collect())
}

/// Scheme and host of an absolute address that can be resolved, with the slash after them; empty if it is relative.
fn origin(uri: &str) -> &str {
    let Some(host) = uri.find("://").map(|at| at + 3) else { return "" };
    let path = uri[host..].find('/').map_or(0, |at| host + at + 1);
    &uri[..path]
}
