//! Rules of both kinds of playlist: which tags may stand where and how often, versions, variables.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use super::attributes;
use super::values::integer;
use super::{Faults, Rule};
use crate::hls::attributes::Attributes;
use crate::hls::define::is_name_byte;
use crate::hls::tags::{self, Place, Tag};

/// What is known of the lines so far.
pub(super) struct Shared<'a> {
    base: &'a Url,
    is_multivariant: bool,
    version: Option<u64>,
    seen: BTreeSet<&'static str>,
    /// Versions that are needed: the first line that needs each.
    needs: BTreeMap<Rule, (u64, usize)>,
    /// Names of variables.
    variables: BTreeSet<&'a str>,
    pub(super) last_line: usize,
}

impl<'a> Shared<'a> {
    pub(super) fn new(base: &'a Url, is_multivariant: bool) -> Self {
        Self {
            base,
            is_multivariant,
            version: None,
            seen: BTreeSet::new(),
            needs: BTreeMap::new(),
            variables: BTreeSet::new(),
            last_line: 1,
        }
    }

    pub(super) fn has_seen(&self, tag: &str) -> bool {
        self.seen.contains(tag)
    }

    /// Notes that a playlist of this `version` is needed.
    pub(super) fn need(&mut self, version: u64, line: usize, rule: Rule) {
        self.needs.entry(rule).or_insert((version, line));
    }

    /// Checks a tag; what comes back is known and belongs into this kind of playlist.
    pub(super) fn tag(&mut self, line: usize, name: &str, value: &'a str, faults: &mut Faults) -> Option<&'static Tag> {
        self.last_line = line;
        let tag = tags::find(name)?;
        let belongs = match tag.place {
            Place::Both => true,
            Place::Multivariant => self.is_multivariant,
            Place::Media | Place::Segment => !self.is_multivariant,
        };
        if !belongs {
            faults.add(line, Rule::OneKind, tag.name);
            return None;
        }
        let is_new = self.seen.insert(tag.name);
        if let Some(rule) = once(tag).filter(|_| !is_new) {
            faults.add(line, rule, tag.name);
        }
        attributes::check(line, tag.name, value, faults);
        match tag.name {
            "#EXT-X-VERSION" => {
                faults.unless(integer(value).is_some(), line, Rule::VersionValue, value);
                self.version = integer(value).or(Some(u64::MAX));
            }
            "#EXT-X-DEFINE" => self.define(line, value, faults),
            _ => {}
        }
        let list = Attributes::read(value).0;
        let quoted = list.iter().map(|(_, value)| value).filter(|value| value.starts_with('"'));
        quoted.for_each(|value| self.references(line, value, faults));
        if list.iter().any(|(name, _)| name.starts_with("REQ-")) {
            self.need(12, line, Rule::VersionRequired);
        }
        Some(tag)
    }

    /// Checks the variables of a text.
    pub(super) fn references(&self, line: usize, text: &str, faults: &mut Faults) {
        // Without a definition, `{$` is text like any other.
        if self.variables.is_empty() {
            return;
        }
        for (at, _) in text.match_indices("{$") {
            let inner = &text[at + 2..];
            let end = inner.bytes().position(|byte| !is_name_byte(byte)).unwrap_or(inner.len());
            if inner.as_bytes().get(end) == Some(&b'}') {
                let name = &inner[..end];
                faults.unless(self.variables.contains(name), line, Rule::VariableUndefined, name);
            }
        }
    }

    fn define(&mut self, line: usize, value: &'a str, faults: &mut Faults) {
        self.need(8, line, Rule::VersionVariables);
        let list = Attributes::read(value).0;
        let names: Vec<_> =
            ["NAME", "IMPORT", "QUERYPARAM"].iter().filter_map(|source| Some((*source, list.get(source)?))).collect();
        let [(source, name)] = names.as_slice() else {
            return faults.add(line, Rule::DefineOne, "");
        };
        faults.unless(name.bytes().all(is_name_byte) && !name.is_empty(), line, Rule::DefineName, name);
        faults.unless(self.variables.insert(name), line, Rule::DefineRepeated, name);
        match *source {
            "NAME" => faults.unless(list.get("VALUE").is_some(), line, Rule::DefineValue, name),
            "IMPORT" => faults.unless(!self.is_multivariant, line, Rule::DefineImport, name),
            _ => {
                self.need(11, line, Rule::VersionQuery);
                let is_there = self.base.query_pairs().any(|(known, _)| known == *name);
                faults.unless(is_there, line, Rule::DefineQuery, name);
            }
        }
    }

    /// Checks what is only known at the end.
    pub(super) fn end(self, faults: &mut Faults) {
        let version = self.version.unwrap_or(1);
        for (rule, (needed, line)) in self.needs {
            faults.unless(version >= needed, line, rule, format_args!("version {version}"));
        }
    }
}

/// The rule that is broken if this tag comes twice.
fn once(tag: &Tag) -> Option<Rule> {
    match (tag.name, tag.place) {
        ("#EXT-X-VERSION", _) => Some(Rule::VersionRepeated),
        ("#EXT-X-INDEPENDENT-SEGMENTS" | "#EXT-X-START", _) => Some(Rule::SharedRepeated),
        ("#EXT-X-CONTENT-STEERING", _) => Some(Rule::SteeringRepeated),
        ("#EXT-X-PRELOAD-HINT" | "#EXT-X-RENDITION-REPORT", _) => None,
        (_, Place::Media) => Some(Rule::TagRepeated),
        (_, Place::Both | Place::Segment | Place::Multivariant) => None,
    }
}
