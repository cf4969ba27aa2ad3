//! Reads the lines of a media playlist.

use std::sync::Arc;

use hls_m3u8::types::PlaylistType;

use super::super::attributes::Attributes;
use super::super::{ByteRange, InitSection, MediaPlaylist, PlaylistKind, Segment};
use super::{Line, Lines, ParseError, WarningKind, Warnings};
use crate::MediaDuration;

const MAP: &str = "EXT-X-MAP";

/// No segment is a day long: a longer one is a mistake that would spoil the timeline.
const MAX_DURATION: MediaDuration = MediaDuration::from_secs(86_400);

/// What the tags since the last address say of the next segment.
#[derive(Default)]
struct Announced {
    duration: Option<MediaDuration>,
    /// Whether an `EXTINF` was there, even if it could not be read.
    timed: bool,
    /// Length and, if given, offset.
    range: Option<(u64, Option<u64>)>,
    discontinuity: bool,
    date: Option<String>,
    gap: bool,
}

pub(super) fn read(lines: Lines<'_>, notes: &mut Warnings<'_>) -> Result<MediaPlaylist, ParseError> {
    let mut reader = Reader { playlist: MediaPlaylist { version: 1, ..MediaPlaylist::default() }, ..Reader::default() };
    for (number, line) in lines {
        match line {
            Line::Tag(name, value) => reader.tag(number, name, value, notes)?,
            Line::Uri(uri) => reader.segment(number, uri, notes),
        }
    }
    let mut playlist = reader.playlist;
    let longest = playlist.segments.iter().map(|segment| segment.duration).max().unwrap_or_default();
    if playlist.target_duration == MediaDuration::ZERO {
        playlist.target_duration = MediaDuration::from_secs(longest.as_micros().div_ceil(1_000_000).max(1));
    }
    Ok(playlist)
}

#[derive(Default)]
struct Reader {
    playlist: MediaPlaylist,
    next: Announced,
    init: Option<Arc<InitSection>>,
    /// Where the last byte range ended, and of which address.
    range_end: Option<(String, u64)>,
}

impl Reader {
    fn tag(&mut self, number: usize, name: &str, value: &str, notes: &mut Warnings<'_>) -> Result<(), ParseError> {
        let playlist = &mut self.playlist;
        let whole = |name, notes: &mut Warnings<'_>| {
            notes.keep(number, value.parse::<u64>().ok(), WarningKind::BadTag(name)).unwrap_or_default()
        };
        match name {
            "#EXTINF" => {
                let seconds = value.split(',').next().unwrap_or_default().trim().parse().ok();
                let duration = seconds.and_then(MediaDuration::from_seconds).filter(|&length| length <= MAX_DURATION);
                self.next.duration = notes.keep(number, duration, WarningKind::BadTag("EXTINF"));
                self.next.timed = true;
            }
            "#EXT-X-BYTERANGE" => {
                self.next.range = notes.keep(number, byte_range(value), WarningKind::BadTag("EXT-X-BYTERANGE"));
                // Without its range it must not be loaded: the resource may be the whole film.
                self.next.gap |= self.next.range.is_none();
            }
            "#EXT-X-DISCONTINUITY" => self.next.discontinuity = true,
            "#EXT-X-GAP" => self.next.gap = true,
            "#EXT-X-PROGRAM-DATE-TIME" => self.next.date = Some(value.to_owned()),
            "#EXT-X-MAP" => self.init = init(number, value, notes).map(Arc::new).or(self.init.take()),
            "#EXT-X-KEY" => {
                if Attributes::read(value).0.get("METHOD") != Some("NONE") {
                    return Err(ParseError::Encrypted { line: number });
                }
            }
            "#EXT-X-VERSION" => {
                playlist.version = u16::try_from(whole("EXT-X-VERSION", notes)).unwrap_or_default().max(1);
            }
            "#EXT-X-TARGETDURATION" => {
                // An integer by the rules, a decimal in the wild.
                let length = value.parse().ok().and_then(MediaDuration::from_seconds);
                let length = notes.keep(number, length, WarningKind::BadTag("EXT-X-TARGETDURATION"));
                playlist.target_duration = length.unwrap_or_default().min(MAX_DURATION);
            }
            "#EXT-X-MEDIA-SEQUENCE" => playlist.media_sequence = whole("EXT-X-MEDIA-SEQUENCE", notes),
            "#EXT-X-DISCONTINUITY-SEQUENCE" => {
                playlist.discontinuity_sequence = whole("EXT-X-DISCONTINUITY-SEQUENCE", notes);
            }
            "#EXT-X-PLAYLIST-TYPE" => {
                let kind = PlaylistType::try_from(format!("#EXT-X-PLAYLIST-TYPE:{value}").as_str()).ok();
                let kind = notes.keep(number, kind, WarningKind::BadTag("EXT-X-PLAYLIST-TYPE"));
                playlist.kind = kind.map(|kind| match kind {
                    PlaylistType::Event => PlaylistKind::Event,
                    PlaylistType::Vod => PlaylistKind::Vod,
                });
            }
            "#EXT-X-INDEPENDENT-SEGMENTS" => playlist.independent_segments = true,
            "#EXT-X-ENDLIST" => playlist.ended = true,
            // Known, and of no use to us so far.
            "#EXT-X-START" | "#EXT-X-BITRATE" | "#EXT-X-DATERANGE" | "#EXT-X-ALLOW-CACHE" | "#EXTM3U" => {}
            _ => notes.unknown(number, name),
        }
        Ok(())
    }

    fn segment(&mut self, number: usize, uri: &str, notes: &mut Warnings<'_>) {
        let next = std::mem::take(&mut self.next);
        if !next.timed {
            notes.add(number, WarningKind::Unpaired);
            // A discontinuity must not get lost with the address.
            self.next.discontinuity = next.discontinuity;
            return;
        }
        let range = next.range.and_then(|(length, offset)| {
            let before = self.range_end.as_ref().filter(|(of, _)| of == uri).map(|&(_, end)| end);
            let range = offset.or(before).map(|offset| ByteRange { offset, length });
            notes.keep(number, range, WarningKind::BadTag("EXT-X-BYTERANGE"))
        });
        self.range_end = range.map(|range| (uri.to_owned(), range.offset.saturating_add(range.length)));
        // What cannot be loaded keeps its place on the timeline as a gap.
        let address = notes.uri(number, uri);
        let lost = address.is_none() || (next.range.is_some() && range.is_none());
        self.playlist.segments.push(Segment {
            uri: address.unwrap_or_default(),
            duration: next.duration.unwrap_or(self.playlist.target_duration),
            range,
            discontinuity: next.discontinuity,
            init: self.init.clone(),
            program_date_time: next.date,
            gap: next.gap || lost,
        });
    }
}

fn init(number: usize, list: &str, notes: &mut Warnings<'_>) -> Option<InitSection> {
    let (attributes, _) = Attributes::read(list);
    let uri = notes.keep(number, attributes.get("URI"), WarningKind::BadAttribute(MAP, "URI"))?;
    let uri = notes.uri(number, uri)?;
    let range = attributes.get("BYTERANGE").and_then(|text| {
        let range = byte_range(text).map(|(length, offset)| ByteRange { offset: offset.unwrap_or(0), length });
        notes.keep(number, range, WarningKind::BadAttribute(MAP, "BYTERANGE"))
    });
    Some(InitSection { uri, range })
}

/// `length[@offset]` (RFC 8216 §4.3.2.2). The type of `hls_m3u8` overflows on large numbers.
fn byte_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (length, offset) = match text.split_once('@') {
        Some((length, offset)) => (length, Some(offset.trim().parse().ok()?)),
        None => (text, None),
    };
    let length = length.trim().parse().ok()?;
    offset.unwrap_or(0u64).checked_add(length)?;
    Some((length, offset))
}
