//! Tags of media playlists about other things than segments: date ranges, what the server can do, what comes next.

use std::collections::{BTreeMap, BTreeSet};

use super::super::attributes::unquoted;
use super::super::{ClientValue, DateRange, HintKind, PreloadHint, RenditionReport, ServerControl, Skip};
use super::shared::{attributes, optional, seconds, segment_seconds, whole};
use super::{Notes, WarningKind};
use crate::MediaDuration;

/// Date ranges by `ID`.
#[derive(Default)]
pub(super) struct DateRanges {
    ranges: Vec<DateRange>,
    /// Where each is, and whether it is from the playlist before.
    known: BTreeMap<String, (usize, bool)>,
}

impl DateRanges {
    pub(super) fn add(&mut self, range: Option<DateRange>) {
        let Some(range) = range else { return };
        match self.known.get_mut(&range.id) {
            Some((at, inherited @ true)) => {
                *inherited = false;
                self.ranges[*at] = range;
            }
            Some((at, false)) => self.ranges[*at].complete(range),
            None => {
                self.known.insert(range.id.clone(), (self.ranges.len(), false));
                self.ranges.push(range);
            }
        }
    }

    /// Takes over those of the playlist before, without what was `removed`. What was read already is newer.
    pub(super) fn inherit(&mut self, before: &[DateRange], removed: &[String]) {
        let removed: BTreeSet<&str> = removed.iter().map(String::as_str).collect();
        let read = std::mem::take(self);
        for range in before.iter().filter(|range| !removed.contains(range.id.as_str())) {
            self.known.insert(range.id.clone(), (self.ranges.len(), true));
            self.ranges.push(range.clone());
        }
        read.ranges.into_iter().for_each(|range| self.add(Some(range)));
    }

    pub(super) fn end(self) -> Vec<DateRange> {
        self.ranges
    }
}

/// A date range; `None` (with a warning) if it has no name.
pub(super) fn date_range(line: usize, list: &str, notes: &mut Notes<'_>) -> Option<DateRange> {
    const TAG: &str = "EXT-X-DATERANGE";
    let list = attributes(line, TAG, list, notes);
    let id = notes.keep(line, list.get("ID"), WarningKind::BadAttribute(TAG, "ID"))?;
    let mut client = BTreeMap::new();
    for (name, value) in list.iter().filter(|(name, _)| name.starts_with("X-")) {
        client.entry(name.to_owned()).or_insert_with(|| match value.starts_with('"') {
            true => ClientValue::Text(notes.expand(line, unquoted(value)).into_owned()),
            false => ClientValue::Number(value.to_owned()),
        });
    }
    Some(DateRange {
        id: notes.expand(line, id).into_owned(),
        class: notes.text(line, list.get("CLASS")),
        start_date: notes.text(line, list.get("START-DATE")),
        cue: list.get("CUE").map(|text| text.split(',').map(|cue| cue.trim().to_owned()).collect()).unwrap_or_default(),
        end_date: notes.text(line, list.get("END-DATE")),
        duration: optional(line, (TAG, "DURATION"), &list, notes, seconds),
        planned_duration: optional(line, (TAG, "PLANNED-DURATION"), &list, notes, seconds),
        end_on_next: list.says_yes("END-ON-NEXT"),
        scte35_command: notes.text(line, list.get("SCTE35-CMD")),
        scte35_out: notes.text(line, list.get("SCTE35-OUT")),
        scte35_in: notes.text(line, list.get("SCTE35-IN")),
        client,
    })
}

pub(super) fn control(line: usize, list: &str, notes: &mut Notes<'_>) -> ServerControl {
    const TAG: &str = "EXT-X-SERVER-CONTROL";
    let list = attributes(line, TAG, list, notes);
    ServerControl {
        can_skip_until: optional(line, (TAG, "CAN-SKIP-UNTIL"), &list, notes, seconds),
        can_skip_date_ranges: list.says_yes("CAN-SKIP-DATERANGES"),
        hold_back: optional(line, (TAG, "HOLD-BACK"), &list, notes, seconds),
        part_hold_back: optional(line, (TAG, "PART-HOLD-BACK"), &list, notes, seconds),
        can_block_reload: list.says_yes("CAN-BLOCK-RELOAD"),
    }
}

pub(super) fn part_target(line: usize, list: &str, notes: &mut Notes<'_>) -> Option<MediaDuration> {
    const TAG: &str = "EXT-X-PART-INF";
    let target = attributes(line, TAG, list, notes).get("PART-TARGET").and_then(segment_seconds);
    notes.keep(line, target, WarningKind::BadAttribute(TAG, "PART-TARGET"))
}

pub(super) fn skip(line: usize, list: &str, notes: &mut Notes<'_>) -> Option<Skip> {
    const TAG: &str = "EXT-X-SKIP";
    let list = attributes(line, TAG, list, notes);
    let segments = list.get("SKIPPED-SEGMENTS").and_then(whole);
    let segments = notes.keep(line, segments, WarningKind::BadAttribute(TAG, "SKIPPED-SEGMENTS"))?;
    let removed_date_ranges = notes
        .text(line, list.get("RECENTLY-REMOVED-DATERANGES"))
        .map(|ids| ids.split('\t').filter(|id| !id.is_empty()).map(str::to_owned).collect());
    Some(Skip { segments, removed_date_ranges })
}

pub(super) fn hint(line: usize, list: &str, notes: &mut Notes<'_>) -> Option<PreloadHint> {
    const TAG: &str = "EXT-X-PRELOAD-HINT";
    let list = attributes(line, TAG, list, notes);
    let kind = match list.get("TYPE") {
        Some("PART") => Some(HintKind::Part),
        Some("MAP") => Some(HintKind::Map),
        _ => None,
    };
    let kind = notes.keep(line, kind, WarningKind::BadAttribute(TAG, "TYPE"))?;
    let uri = notes.keep(line, list.get("URI"), WarningKind::BadAttribute(TAG, "URI"))?;
    let uri = notes.uri(line, uri)?;
    let start: u64 = optional(line, (TAG, "BYTERANGE-START"), &list, notes, whole).unwrap_or(0);
    let length = optional(line, (TAG, "BYTERANGE-LENGTH"), &list, notes, |text| {
        whole(text).filter(|&length| start.checked_add(length).is_some())
    });
    Some(PreloadHint { kind, uri, start, length })
}

pub(super) fn report(line: usize, list: &str, notes: &mut Notes<'_>) -> Option<RenditionReport> {
    const TAG: &str = "EXT-X-RENDITION-REPORT";
    let list = attributes(line, TAG, list, notes);
    let uri = notes.keep(line, list.get("URI"), WarningKind::BadAttribute(TAG, "URI"))?;
    Some(RenditionReport {
        uri: notes.uri(line, uri)?,
        last_segment: optional(line, (TAG, "LAST-MSN"), &list, notes, whole),
        last_part: optional(line, (TAG, "LAST-PART"), &list, notes, whole),
    })
}
