//! Rules of media playlists.

use url::Url;

use super::date_ranges::DateRanges;
use super::low_latency::LowLatency;
use super::shared::Shared;
use super::values::{byte_range, hexadecimal, integer, seconds};
use super::{Faults, Rule};
use crate::MediaDuration;
use crate::hls::attributes::Attributes;
use crate::hls::parse::lines::{Line, Lines};
use crate::hls::tags::Place;
use crate::hls::wall_clock;

pub(super) fn check(text: &str, base: &Url, faults: &mut Faults) {
    let mut checker = Checker {
        shared: Shared::new(base, false),
        dates: DateRanges::default(),
        low_latency: LowLatency::default(),
        segments: 0,
        target: None,
        lengths: Vec::new(),
        announced: None,
        timed: false,
        range: None,
        last_range: None,
        method: None,
        map: None,
        removed: false,
    };
    for (number, line) in Lines::new(text) {
        match line {
            Line::Tag(name, value) => checker.tag(number, name, value, faults),
            Line::Uri(uri) => checker.segment(number, uri, faults),
        }
    }
    checker.end(faults);
}

struct Checker<'a> {
    shared: Shared<'a>,
    dates: DateRanges<'a>,
    low_latency: LowLatency<'a>,
    segments: usize,
    target: Option<u64>,
    /// Line and length of each segment: the target duration may come after it.
    lengths: Vec<(usize, MediaDuration)>,
    /// The first tag that only the next segment is told of by, and its line.
    announced: Option<(usize, &'static str)>,
    timed: bool,
    /// Whether the next segment is a range, and whether that says where it begins.
    range: Option<(usize, bool)>,
    /// Which resource the last segment was a range of.
    last_range: Option<&'a str>,
    /// `METHOD` of the key in force, and whether it has an IV.
    method: Option<(&'a str, bool)>,
    /// Line of the first init section.
    map: Option<usize>,
    /// Whether the first segment is not the first that there was.
    removed: bool,
}

impl<'a> Checker<'a> {
    fn tag(&mut self, line: usize, name: &str, value: &'a str, faults: &mut Faults) {
        let Some(tag) = self.shared.tag(line, name, value, faults) else { return };
        if tag.place == Place::Segment && matches!(tag.name, "#EXTINF" | "#EXT-X-BYTERANGE" | "#EXT-X-GAP") {
            self.announced.get_or_insert((line, tag.name));
        }
        let whole = |rule, faults: &mut Faults| {
            faults.unless(integer(value).is_some(), line, rule, value);
            integer(value)
        };
        match tag.name {
            "#EXTINF" => self.extinf(line, value, faults),
            "#EXT-X-BYTERANGE" => {
                self.shared.need(4, line, Rule::VersionByteRange);
                let range = byte_range(value);
                faults.unless(range.is_some(), line, Rule::ByteRangeValue, value);
                self.range = Some((line, range.is_none_or(|(_, offset)| offset.is_some())));
            }
            "#EXT-X-KEY" => self.key(line, value, faults),
            "#EXT-X-MAP" => {
                self.map.get_or_insert(line);
                let is_open = self.method.is_some_and(|(method, has_iv)| method == "AES-128" && !has_iv);
                faults.unless(!is_open, line, Rule::MapIv, "EXT-X-MAP");
            }
            "#EXT-X-PROGRAM-DATE-TIME" => {
                faults.unless(wall_clock(value).is_some(), line, Rule::DateTimeValue, value);
            }
            "#EXT-X-DATERANGE" => self.dates.add(line, value, faults),
            "#EXT-X-TARGETDURATION" => self.target = whole(Rule::TargetDurationValue, faults).or(self.target),
            "#EXT-X-MEDIA-SEQUENCE" => {
                self.removed = whole(Rule::MediaSequenceValue, faults).is_some_and(|first| first > 0);
                faults.unless(self.segments == 0, line, Rule::MediaSequenceLate, "");
            }
            "#EXT-X-DISCONTINUITY-SEQUENCE" => {
                whole(Rule::DiscontinuitySequenceValue, faults);
                let is_late = self.segments > 0 || self.shared.has_seen("#EXT-X-DISCONTINUITY");
                faults.unless(!is_late, line, Rule::DiscontinuitySequenceLate, "");
            }
            "#EXT-X-PLAYLIST-TYPE" => {
                faults.unless(matches!(value, "EVENT" | "VOD"), line, Rule::PlaylistTypeValue, value);
            }
            "#EXT-X-I-FRAMES-ONLY" => self.shared.need(4, line, Rule::VersionByteRange),
            "#EXT-X-BITRATE" => _ = whole(Rule::BitrateValue, faults),
            "#EXT-X-SKIP" => {
                self.shared.need(9, line, Rule::VersionSkip);
                if Attributes::read(value).0.get("RECENTLY-REMOVED-DATERANGES").is_some() {
                    self.shared.need(10, line, Rule::VersionSkipDates);
                }
            }
            _ => self.low_latency.tag(line, tag.name, value),
        }
    }

    fn extinf(&mut self, line: usize, value: &str, faults: &mut Faults) {
        let (duration, has_comma) = value.split_once(',').map_or((value, false), |(duration, _)| (duration, true));
        let length = seconds(duration);
        faults.unless(length.is_some() && has_comma, line, Rule::ExtinfValue, value);
        if duration.contains('.') {
            self.shared.need(3, line, Rule::VersionDecimal);
        }
        self.lengths.extend(length.map(|length| (line, length)));
        self.timed = true;
    }

    fn key(&mut self, line: usize, value: &'a str, faults: &mut Faults) {
        let list = Attributes::read(value).0;
        self.method = list.get("METHOD").map(|method| (method, list.get("IV").is_some()));
        let is_none = list.get("METHOD") == Some("NONE");
        faults.unless(!is_none || list.iter().count() == 1, line, Rule::KeyNone, value);
        faults.unless(is_none || list.get("URI").is_some(), line, Rule::KeyUri, "EXT-X-KEY");
        key_versions(line, &list, &mut self.shared, faults);
    }

    fn segment(&mut self, line: usize, uri: &'a str, faults: &mut Faults) {
        self.shared.last_line = line;
        self.shared.references(line, uri, faults);
        faults.unless(self.timed, line, Rule::ExtinfMissing, uri);
        let range = self.range.take();
        if let Some((line, has_offset)) = range {
            // What is before the first segment of a delta update is not known.
            let follows = self.last_range == Some(uri) || (self.segments == 0 && self.shared.has_seen("#EXT-X-SKIP"));
            faults.unless(has_offset || follows, line, Rule::ByteRangeOffset, uri);
        }
        self.last_range = range.map(|_| uri);
        (self.announced, self.timed) = (None, false);
        self.segments += 1;
        self.low_latency.segment_ends();
    }

    fn end(mut self, faults: &mut Faults) {
        if let Some(line) = self.map {
            let version = if self.shared.has_seen("#EXT-X-I-FRAMES-ONLY") { 5 } else { 6 };
            self.shared.need(version, line, Rule::VersionMap);
        }
        let last = self.shared.last_line;
        if let Some((line, tag)) = self.announced {
            faults.add(line, Rule::SegmentUri, tag);
        }
        let hints = self.shared.has_seen("#EXT-X-PRELOAD-HINT");
        faults.unless(!hints || !self.shared.has_seen("#EXT-X-ENDLIST"), last, Rule::HintEnded, "");
        faults.unless(self.shared.has_seen("#EXT-X-TARGETDURATION"), last, Rule::TargetDurationMissing, "");
        if let Some(target) = self.target {
            let length = self.lengths.iter().fold(0, |sum: u64, (_, length)| sum.saturating_add(length.as_micros()));
            let is_long = length >= target.saturating_mul(3_000_000);
            let is_whole = ["#EXT-X-ENDLIST", "#EXT-X-SKIP"].iter().any(|tag| self.shared.has_seen(tag));
            let is_right = is_long || is_whole || !self.removed;
            faults.unless(
                is_right,
                last,
                Rule::LiveShort,
                format_args!("{} s", MediaDuration::from_micros(length).as_seconds()),
            );
            for (line, length) in self.lengths {
                let rounded = (length.as_micros() + 500_000) / 1_000_000;
                faults.unless(rounded <= target, line, Rule::SegmentTooLong, format_args!("{} s", length.as_seconds()));
            }
        }
        self.dates.end(self.shared.has_seen("#EXT-X-PROGRAM-DATE-TIME"), faults);
        self.low_latency.end(self.target, faults);
        self.shared.end(faults);
    }
}

/// What both kinds of key need.
pub(super) fn key_versions(line: usize, list: &Attributes<'_>, shared: &mut Shared<'_>, faults: &mut Faults) {
    if let Some(iv) = list.get("IV") {
        shared.need(2, line, Rule::VersionIv);
        let bits = hexadecimal(iv).map(|digits| digits.len() * 4);
        faults.unless(bits.is_none_or(|bits| bits == 128), line, Rule::KeyIv, iv);
    }
    if list.get("KEYFORMAT").or(list.get("KEYFORMATVERSIONS")).is_some() {
        shared.need(5, line, Rule::VersionKeyFormat);
    }
    if let Some(versions) = list.get("KEYFORMATVERSIONS") {
        let is_right = versions.split('/').all(|version| integer(version).is_some_and(|version| version > 0));
        faults.unless(is_right, line, Rule::KeyFormatVersions, versions);
    }
}
