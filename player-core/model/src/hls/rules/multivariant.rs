//! Rules of multivariant playlists.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use super::channels::Audio;
use super::media::key_versions;
use super::shared::Shared;
use super::values::{integer, is_language};
use super::{Faults, Rule, attributes};
use crate::hls::attributes::Attributes;
use crate::hls::parse::lines::{Line, Lines};

pub(super) fn check(text: &str, base: &Url, faults: &mut Faults) {
    let mut checker = Checker::new(base);
    let mut announced = None;
    for (number, line) in Lines::new(text) {
        match line {
            Line::Tag(name, value) => {
                // The address is on the next line (RFC 8216 §4.3.4.2); other tags must not come between.
                if let Some(line) = announced.take() {
                    faults.add(line, Rule::StreamInfUri, name);
                }
                let Some(tag) = checker.shared.tag(number, name, value, faults) else { continue };
                if tag.name == "#EXT-X-STREAM-INF" {
                    announced = Some(number);
                }
                checker.tag(number, tag.name, value, faults);
            }
            Line::Uri(uri) => {
                checker.shared.last_line = number;
                checker.shared.references(number, uri, faults);
                faults.unless(announced.take().is_some(), number, Rule::StreamInfMissing, uri);
            }
        }
    }
    if let Some(line) = announced {
        faults.add(line, Rule::StreamInfUri, "");
    }
    checker.end(faults);
}

/// A group: its type and name.
type Group<'a> = (&'a str, &'a str);

/// What may differ between the renditions of one name, the second edition's own attributes among it.
const FREE: [&str; 7] =
    ["GROUP-ID", "URI", "CHANNELS", "BIT-DEPTH", "SAMPLE-RATE", "STABLE-RENDITION-ID", "PATHWAY-ID"];

/// A rendition as one of its group.
struct Member<'a> {
    group: &'a str,
    line: usize,
    attributes: BTreeMap<&'a str, &'a str>,
}

struct Checker<'a> {
    shared: Shared<'a>,
    /// Names in each group.
    groups: BTreeMap<Group<'a>, BTreeSet<&'a str>>,
    with_default: BTreeSet<Group<'a>>,
    /// What is told of the renditions of each type and name: the line in each group, and the attributes.
    members: BTreeMap<(&'a str, &'a str), Vec<Member<'a>>>,
    audio: Audio<'a>,
    /// Groups that are named, with the first line that names each.
    wanted: BTreeMap<Group<'a>, usize>,
    without_captions: Option<usize>,
    with_captions: bool,
    session_data: BTreeSet<(&'a str, Option<&'a str>)>,
    session_keys: BTreeSet<[Option<&'a str>; 5]>,
}

impl<'a> Checker<'a> {
    fn new(base: &'a Url) -> Self {
        Self {
            shared: Shared::new(base, true),
            groups: BTreeMap::new(),
            with_default: BTreeSet::new(),
            members: BTreeMap::new(),
            audio: Audio::default(),
            wanted: BTreeMap::new(),
            without_captions: None,
            with_captions: false,
            session_data: BTreeSet::new(),
            session_keys: BTreeSet::new(),
        }
    }

    fn tag(&mut self, line: usize, name: &str, value: &'a str, faults: &mut Faults) {
        let list = Attributes::read(value).0;
        match name {
            "#EXT-X-MEDIA" => self.rendition(line, &list, faults),
            "#EXT-X-STREAM-INF" => {
                resolution(line, &list, faults);
                self.variant(line, &list);
            }
            "#EXT-X-I-FRAME-STREAM-INF" => {
                resolution(line, &list, faults);
                faults.unless(list.get("URI").is_some(), line, Rule::IFrameUri, "");
                for name in attributes::OF_STREAMS_ONLY.iter().map(|(name, ..)| name) {
                    faults.unless(list.get(name).is_none(), line, Rule::IFrameAttributes, name);
                }
                self.want(line, "VIDEO", list.get("VIDEO"));
            }
            "#EXT-X-SESSION-DATA" => {
                let contents = [list.get("VALUE"), list.get("URI")].iter().flatten().count();
                let id = list.get("DATA-ID").unwrap_or_default();
                faults.unless(contents == 1, line, Rule::SessionDataContent, id);
                if let Some(language) = list.get("LANGUAGE") {
                    faults.unless(is_language(language), line, Rule::SessionDataLanguage, language);
                }
                let is_new = self.session_data.insert((id, list.get("LANGUAGE")));
                faults.unless(is_new, line, Rule::SessionDataRepeated, id);
            }
            "#EXT-X-SESSION-KEY" => {
                let is_none = list.get("METHOD") == Some("NONE");
                faults.unless(!is_none, line, Rule::SessionKeyNone, "");
                faults.unless(is_none || list.get("URI").is_some(), line, Rule::SessionKeyUri, "");
                let key = ["METHOD", "URI", "IV", "KEYFORMAT", "KEYFORMATVERSIONS"].map(|name| list.get(name));
                faults.unless(self.session_keys.insert(key), line, Rule::SessionKeyRepeated, "");
                key_versions(line, &list, &mut self.shared, faults);
            }
            _ => {}
        }
    }

    fn want(&mut self, line: usize, kind: &'a str, group: Option<&'a str>) {
        if let Some(group) = group {
            self.wanted.entry((kind, group)).or_insert(line);
        }
    }

    fn variant(&mut self, line: usize, list: &Attributes<'a>) {
        for kind in ["AUDIO", "VIDEO", "SUBTITLES"] {
            self.want(line, kind, list.get(kind));
        }
        self.audio.variant(list);
        if list.raw("CLOSED-CAPTIONS") == Some("NONE") {
            self.without_captions.get_or_insert(line);
        } else {
            self.with_captions = true;
            self.want(line, "CLOSED-CAPTIONS", list.get("CLOSED-CAPTIONS"));
        }
    }

    fn rendition(&mut self, line: usize, list: &Attributes<'a>, faults: &mut Faults) {
        let (kind, name) = (list.get("TYPE").unwrap_or_default(), list.get("NAME").unwrap_or_default());
        let group = (kind, list.get("GROUP-ID").unwrap_or_default());
        faults.unless(self.groups.entry(group).or_default().insert(name), line, Rule::GroupNames, name);
        let attributes = list.iter().filter(|(name, _)| !FREE.contains(name)).collect();
        self.members.entry((kind, name)).or_default().push(Member { group: group.1, line, attributes });
        for language in ["LANGUAGE", "ASSOC-LANGUAGE"].iter().filter_map(|name| list.get(name)) {
            faults.unless(is_language(language), line, Rule::Language, language);
        }
        if kind == "AUDIO" {
            self.audio.rendition(line, list);
        }
        if let Some(channels) = list.get("CHANNELS").filter(|_| kind == "AUDIO") {
            let count = channels.split('/').next().and_then(integer);
            faults.unless(count.is_some_and(|count| count > 0), line, Rule::Channels, channels);
        }
        if list.says_yes("DEFAULT") {
            faults.unless(self.with_default.insert(group), line, Rule::GroupDefault, group.1);
            faults.unless(list.get("AUTOSELECT") != Some("NO"), line, Rule::DefaultAutoselect, name);
        }
        let is_captions = kind == "CLOSED-CAPTIONS";
        match list.get("INSTREAM-ID") {
            Some(id) => {
                if !is_captions {
                    self.shared.need(13, line, Rule::InstreamOther);
                }
                faults.unless(!is_captions || is_instream_id(id), line, Rule::InstreamValue, id);
                if is_captions && id.starts_with("SERVICE") {
                    self.shared.need(7, line, Rule::VersionService);
                }
            }
            None => faults.unless(!is_captions, line, Rule::CaptionsInstream, name),
        }
        let has_uri = list.get("URI").is_some();
        faults.unless(!is_captions || !has_uri, line, Rule::CaptionsUri, name);
        faults.unless(kind != "SUBTITLES" || has_uri, line, Rule::SubtitlesUri, name);
        faults.unless(kind == "SUBTITLES" || list.get("FORCED").is_none(), line, Rule::ForcedOther, name);
    }

    /// Checks that groups of one type are alike.
    fn alike(&self, faults: &mut Faults) {
        let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
        self.groups.keys().for_each(|(kind, _)| *groups.entry(kind).or_default() += 1);
        for ((kind, name), members) in &self.members {
            let Some(first) = members.first() else { continue };
            let with_it: BTreeSet<_> = members.iter().map(|member| member.group).collect();
            let in_all = groups.get(kind) == Some(&with_it.len());
            faults.unless(in_all, first.line, Rule::GroupMembers, format_args!("{name} is in some {kind} groups only"));
            for member in members.iter().filter(|member| member.group != first.group) {
                let differs = |name: &&&str| member.attributes.get(**name) != first.attributes.get(**name);
                if let Some(other) = first.attributes.keys().chain(member.attributes.keys()).find(differs) {
                    faults.add(member.line, Rule::GroupAttributes, format_args!("{name}: {other}"));
                }
            }
        }
    }

    fn end(self, faults: &mut Faults) {
        self.alike(faults);
        self.audio.end(faults);
        for ((kind, name), line) in self.wanted {
            faults.unless(
                self.groups.contains_key(&(kind, name)),
                line,
                Rule::GroupMissing,
                format_args!("{kind} {name}"),
            );
        }
        if let Some(line) = self.without_captions.filter(|_| self.with_captions) {
            faults.add(line, Rule::CaptionsNone, "");
        }
        self.shared.end(faults);
    }
}

fn is_instream_id(id: &str) -> bool {
    if let Some(number) = id.strip_prefix("SERVICE") {
        return integer(number).is_some_and(|number| (1..=63).contains(&number));
    }
    matches!(id, "CC1" | "CC2" | "CC3" | "CC4")
}

/// Whether a picture has pixels; what is no resolution breaks another rule.
fn resolution(line: usize, list: &Attributes<'_>, faults: &mut Faults) {
    if let Some(text) = list.get("RESOLUTION") {
        let is_zero = |side: &str| integer(side) == Some(0);
        faults.unless(!text.split('x').any(is_zero), line, Rule::ResolutionZero, text);
    }
}
