//! Tags and values that occur in both kinds of playlist.

use super::super::attributes::Attributes;
use super::super::{Definition, DefinitionSource, Key, KeyMethod, Start};
use super::notes::undefined;
use super::{Notes, WarningKind};
use crate::{MediaDuration, MediaTime};

/// No segment is a day long: a longer one is a mistake that would spoil the timeline.
pub(super) const MAX_DURATION: MediaDuration = MediaDuration::from_secs(86_400);

/// The attributes of a tag, with a warning if some could not be read.
pub(super) fn attributes<'t>(line: usize, tag: &'static str, list: &'t str, notes: &mut Notes<'_>) -> Attributes<'t> {
    let (attributes, complete) = Attributes::read(list);
    if !complete {
        notes.add(line, WarningKind::BadTag(tag));
    }
    attributes
}

/// An attribute that may be absent, read by `read`; a warning if it is there and cannot be read.
pub(super) fn optional<T>(
    line: usize,
    (tag, name): (&'static str, &'static str),
    attributes: &Attributes<'_>,
    notes: &mut Notes<'_>,
    read: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let value = read(attributes.get(name)?);
    notes.keep(line, value, WarningKind::BadAttribute(tag, name))
}

/// Decimal seconds, not negative.
pub(super) fn seconds(text: &str) -> Option<MediaDuration> {
    MediaDuration::from_seconds(text.trim().parse().ok()?)
}

/// Decimal seconds of something that is no longer than a segment may be.
pub(super) fn segment_seconds(text: &str) -> Option<MediaDuration> {
    seconds(text).filter(|&length| length <= MAX_DURATION)
}

pub(super) fn whole<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.trim().parse().ok()
}

/// `EXT-X-VERSION`; 1 if it cannot be read.
pub(super) fn version(line: usize, value: &str, notes: &mut Notes<'_>) -> u16 {
    notes.keep(line, whole(value), WarningKind::BadTag("EXT-X-VERSION")).unwrap_or(1).max(1)
}

pub(super) fn start(line: usize, list: &str, notes: &mut Notes<'_>) -> Option<Start> {
    const TAG: &str = "EXT-X-START";
    let attributes = attributes(line, TAG, list, notes);
    let offset = attributes.get("TIME-OFFSET").and_then(|text| MediaTime::from_seconds(text.parse().ok()?));
    let offset = notes.keep(line, offset, WarningKind::BadAttribute(TAG, "TIME-OFFSET"))?;
    Some(Start { offset, precise: attributes.says_yes("PRECISE") })
}

/// A variable; it is known from here on.
pub(super) fn define(line: usize, list: &str, notes: &mut Notes<'_>) -> Option<Definition> {
    const TAG: &str = "EXT-X-DEFINE";
    let attributes = attributes(line, TAG, list, notes);
    let (name, value, source) = if let Some(name) = attributes.get("NAME") {
        (name, notes.text(line, attributes.get("VALUE")).or(Some(String::new())), DefinitionSource::Given)
    } else if let Some(name) = attributes.get("IMPORT") {
        (name, notes.importable.and_then(|known| known.get(name)).cloned(), DefinitionSource::Imported)
    } else if let Some(name) = attributes.get("QUERYPARAM") {
        let value = notes.base.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
        (name, value, DefinitionSource::QueryParameter)
    } else {
        notes.add(line, WarningKind::BadTag(TAG));
        return None;
    };
    let value = notes.keep(line, value, undefined(name))?;
    notes.define(line, name, &value)?;
    Some(Definition { name: name.to_owned(), value, source })
}

/// Whether a key says that nothing is encrypted.
pub(super) fn is_clear(list: &str) -> bool {
    Attributes::read(list).0.get("METHOD").is_some_and(|method| method.eq_ignore_ascii_case("NONE"))
}

/// A key; `None` for `METHOD=NONE`, and (with a warning) for one that cannot be read.
pub(super) fn key(line: usize, tag: &'static str, list: &str, notes: &mut Notes<'_>) -> Option<Key> {
    let attributes = attributes(line, tag, list, notes);
    let method = notes.keep(line, attributes.get("METHOD"), WarningKind::BadAttribute(tag, "METHOD"))?;
    if is_clear(list) {
        return None;
    }
    let uri = notes.keep(line, attributes.get("URI"), WarningKind::BadAttribute(tag, "URI"))?;
    let iv = optional(line, (tag, "IV"), &attributes, notes, |text| {
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
        u128::from_str_radix(digits, 16).ok()
    });
    let versions = optional(line, (tag, "KEYFORMATVERSIONS"), &attributes, notes, |text| {
        text.split('/').map(whole).collect::<Option<Vec<u32>>>()
    });
    Some(Key {
        method: KeyMethod::new(method),
        uri: notes.expand(line, uri).into_owned(),
        iv,
        format: notes.text(line, attributes.get("KEYFORMAT")),
        format_versions: versions.unwrap_or_default(),
    })
}

/// `length[@offset]` (RFC 8216 §4.3.2.2). The type of `hls_m3u8` overflows on large numbers.
pub(super) fn byte_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (length, offset) = match text.split_once('@') {
        Some((length, offset)) => (length, Some(offset.trim().parse().ok()?)),
        None => (text, None),
    };
    let length = length.trim().parse().ok()?;
    offset.unwrap_or(0u64).checked_add(length)?;
    Some((length, offset))
}
