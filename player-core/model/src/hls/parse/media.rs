//! Reads the lines of a media playlist. Tags about date ranges and other streams are in `parse/metadata.rs`.

use std::sync::Arc;

use hls_m3u8::types::PlaylistType;

use super::super::attributes::Attributes;
use super::super::{ByteRange, InitSection, Key, Keys, MediaPlaylist, Part, PlaylistKind, Segment};
use super::metadata::DateRanges;
use super::shared::{
    MAX_DURATION, attributes, byte_range, define, is_clear, key, optional, segment_seconds, start, version, whole,
};
use super::{Line, Lines, Notes, ParseError, WarningKind, metadata};
use crate::{BitsPerSecond, MediaDuration};

const MAP: &str = "EXT-X-MAP";
const PART: &str = "EXT-X-PART";

/// What the tags since the last address say of the next segment.
#[derive(Default)]
struct Announced {
    /// As far as it is known.
    segment: Segment,
    /// Whether an `EXTINF` was there, even if it could not be read.
    timed: bool,
    /// Whether the `EXTINF` could be read.
    measured: bool,
    /// Length and, if given, offset.
    range: Option<(u64, Option<u64>)>,
}

pub(super) fn read(
    lines: Lines<'_>,
    notes: &mut Notes<'_>,
    previous: Option<&MediaPlaylist>,
) -> Result<MediaPlaylist, ParseError> {
    let mut reader =
        Reader { playlist: MediaPlaylist { version: 1, ..MediaPlaylist::default() }, previous, ..Reader::default() };
    for (number, line) in lines {
        match line {
            Line::Tag(name, value) => reader.tag(number, name, value, notes)?,
            Line::Uri(uri) => reader.segment(number, uri, notes),
        }
    }
    Ok(reader.end())
}

#[derive(Default)]
struct Reader<'p> {
    playlist: MediaPlaylist,
    previous: Option<&'p MediaPlaylist>,
    next: Announced,
    init: Option<Arc<InitSection>>,
    keys: Option<Keys>,
    bitrate: Option<BitsPerSecond>,
    /// Where the range of the last part ended, and of which address.
    part_end: Option<(String, u64)>,
    dates: DateRanges,
    /// Whether there was an `EXT-X-SKIP`.
    skips: bool,
}

impl Reader<'_> {
    fn tag(&mut self, number: usize, name: &str, value: &str, notes: &mut Notes<'_>) -> Result<(), ParseError> {
        match name {
            "#EXTINF" => self.duration(number, value, notes),
            "#EXT-X-BYTERANGE" => {
                self.next.range = notes.keep(number, byte_range(value), WarningKind::BadTag("EXT-X-BYTERANGE"));
                // Without its range it must not be loaded: the resource may be the whole film.
                self.next.segment.gap |= self.next.range.is_none();
            }
            "#EXT-X-DISCONTINUITY" => self.next.segment.discontinuity = true,
            "#EXT-X-GAP" => self.next.segment.gap = true,
            "#EXT-X-PROGRAM-DATE-TIME" => self.next.segment.program_date_time = Some(value.to_owned()),
            "#EXT-X-BITRATE" => {
                let rate = whole(value).and_then(|kbps: u64| kbps.checked_mul(1_000)).map(BitsPerSecond::new);
                self.bitrate = notes.keep(number, rate, WarningKind::BadTag("EXT-X-BITRATE"));
            }
            "#EXT-X-MAP" => self.init = self.map(number, value, notes).map(Arc::new).or(self.init.take()),
            "#EXT-X-KEY" => self.key(number, value, notes),
            "#EXT-X-PART" => self.part(number, value, notes),
            // There is one: another one must not bring everything again.
            "#EXT-X-SKIP" if self.skips => notes.add(number, WarningKind::BadTag("EXT-X-SKIP")),
            "#EXT-X-SKIP" => {
                self.skips = true;
                self.playlist.skip = metadata::skip(number, value, notes);
                self.complete(number)?;
            }
            "#EXT-X-DATERANGE" => self.dates.add(metadata::date_range(number, value, notes)),
            "#EXT-X-DEFINE" => self.playlist.definitions.extend(define(number, value, notes)),
            "#EXT-X-START" => self.playlist.start = start(number, value, notes),
            "#EXT-X-SERVER-CONTROL" => self.playlist.server_control = Some(metadata::control(number, value, notes)),
            "#EXT-X-PART-INF" => self.playlist.part_target = metadata::part_target(number, value, notes),
            "#EXT-X-PRELOAD-HINT" => self.playlist.preload_hints.extend(metadata::hint(number, value, notes)),
            "#EXT-X-RENDITION-REPORT" => self.playlist.rendition_reports.extend(metadata::report(number, value, notes)),
            _ => self.heading(number, name, value, notes),
        }
        Ok(())
    }

    /// Tags about the whole playlist, those of RFC 8216.
    fn heading(&mut self, number: usize, name: &str, value: &str, notes: &mut Notes<'_>) {
        let playlist = &mut self.playlist;
        let number_of =
            |name, notes: &mut Notes<'_>| notes.keep(number, whole(value), WarningKind::BadTag(name)).unwrap_or(0u64);
        match name {
            "#EXT-X-VERSION" => playlist.version = version(number, value, notes),
            "#EXT-X-TARGETDURATION" => {
                // An integer by the rules, a decimal in the wild.
                let length = value.parse().ok().and_then(MediaDuration::from_seconds);
                let length = notes.keep(number, length, WarningKind::BadTag("EXT-X-TARGETDURATION"));
                playlist.target_duration = length.unwrap_or_default().min(MAX_DURATION);
            }
            "#EXT-X-MEDIA-SEQUENCE" => playlist.media_sequence = number_of("EXT-X-MEDIA-SEQUENCE", notes),
            "#EXT-X-DISCONTINUITY-SEQUENCE" => {
                playlist.discontinuity_sequence = number_of("EXT-X-DISCONTINUITY-SEQUENCE", notes);
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
            "#EXT-X-I-FRAMES-ONLY" => playlist.i_frames_only = true,
            "#EXT-X-ENDLIST" => playlist.ended = true,
            "#EXT-X-ALLOW-CACHE" | "#EXTM3U" => {}
            _ => notes.unknown(number, name),
        }
    }

    fn duration(&mut self, number: usize, value: &str, notes: &mut Notes<'_>) {
        let (duration, title) = value.split_once(',').unwrap_or((value, ""));
        // Lists of stations write attributes of their own between the duration and the comma.
        let duration = duration.split_whitespace().next().and_then(segment_seconds);
        let duration = notes.keep(number, duration, WarningKind::BadTag("EXTINF"));
        self.next.measured = duration.is_some();
        self.next.segment.duration = duration.unwrap_or_default();
        self.next.segment.title = Some(title.trim()).filter(|title| !title.is_empty()).map(str::to_owned);
        self.next.timed = true;
    }

    fn segment(&mut self, number: usize, uri: &str, notes: &mut Notes<'_>) {
        let Announced { mut segment, timed, measured, range } = std::mem::take(&mut self.next);
        if !timed {
            notes.add(number, WarningKind::Unpaired);
            // A discontinuity must not get lost with the address.
            self.next.segment.discontinuity = segment.discontinuity;
            return;
        }
        let address = notes.uri(number, uri);
        segment.range = range.and_then(|(length, offset)| {
            let offset = offset.or_else(|| self.range_end(address.as_deref()));
            // Without any to go on from it can only be meant from the beginning, as other players have it.
            let offset = notes.keep(number, offset, WarningKind::BadTag("EXT-X-BYTERANGE")).unwrap_or(0);
            let range = offset.checked_add(length).map(|_| ByteRange { offset, length });
            notes.keep(number, range, WarningKind::BadTag("EXT-X-BYTERANGE"))
        });
        // What cannot be loaded keeps its place on the timeline as a gap.
        segment.gap |= address.is_none() || (range.is_some() && segment.range.is_none());
        segment.uri = address.unwrap_or_default();
        if !measured {
            segment.duration = self.playlist.target_duration;
        }
        self.put_in_force(&mut segment);
        let segment = self.known(&segment).map_or_else(|| Arc::new(segment), Arc::clone);
        self.playlist.segments.push(segment);
    }

    /// The next segment as the playlist before had it, if it is the same.
    fn known(&self, next: &Segment) -> Option<&Arc<Segment>> {
        let previous = self.previous?;
        let number = self.playlist.media_sequence.checked_add(self.playlist.segments.len() as u64)?;
        let before = previous.segments.get(usize::try_from(number.checked_sub(previous.media_sequence)?).ok()?)?;
        (**before == *next).then_some(before)
    }

    /// What tags before it say of all that follow.
    fn put_in_force(&self, segment: &mut Segment) {
        segment.init.clone_from(&self.init);
        segment.keys.clone_from(&self.keys);
        segment.bitrate = self.bitrate;
    }

    /// Where a range without an offset goes on: at the end of that before it, if it was of the same resource.
    fn range_end(&self, uri: Option<&str>) -> Option<u64> {
        let before = self.playlist.segments.last().filter(|last| Some(last.uri.as_str()) == uri)?;
        before.range.map(|range| range.offset.saturating_add(range.length))
    }

    fn map(&self, number: usize, list: &str, notes: &mut Notes<'_>) -> Option<InitSection> {
        let attributes = attributes(number, MAP, list, notes);
        let uri = notes.keep(number, attributes.get("URI"), WarningKind::BadAttribute(MAP, "URI"))?;
        let uri = notes.uri(number, uri)?;
        let range = optional(number, (MAP, "BYTERANGE"), &attributes, notes, |text| {
            byte_range(text).map(|(length, offset)| ByteRange { offset: offset.unwrap_or(0), length })
        });
        Some(InitSection { uri, range, keys: self.keys.clone() })
    }

    fn key(&mut self, number: usize, list: &str, notes: &mut Notes<'_>) {
        if is_clear(list) {
            self.keys = None;
            return;
        }
        // One without a method, which other players pass over, says nothing.
        if Attributes::read(list).0.get("METHOD").is_some() {
            notes.encrypted.get_or_insert(number);
        }
        let Some(key) = key(number, "EXT-X-KEY", list, notes) else { return };
        // Keys of different formats stand beside each other for different clients; there are a handful.
        let mut keys: Vec<Arc<Key>> = self.keys.iter().flat_map(|keys| keys.iter()).cloned().collect();
        match keys.iter().position(|known| known.format() == key.format()) {
            Some(at) => keys[at] = Arc::new(key),
            None if keys.len() < MAX_KEY_FORMATS => keys.push(Arc::new(key)),
            None => notes.add(number, WarningKind::BadTag("EXT-X-KEY")),
        }
        self.keys = Some(keys.into());
    }

    fn part(&mut self, number: usize, list: &str, notes: &mut Notes<'_>) {
        let attributes = attributes(number, PART, list, notes);
        let bad = |name| WarningKind::BadAttribute(PART, name);
        let uri = notes.keep(number, attributes.get("URI"), bad("URI"));
        let uri = uri.and_then(|uri| notes.uri(number, uri));
        let duration = attributes.get("DURATION").and_then(segment_seconds);
        let Some(duration) = notes.keep(number, duration, bad("DURATION")) else { return };
        let announced = attributes.get("BYTERANGE");
        let range = announced.and_then(|text| {
            let end = self.part_end.as_ref().filter(|(of, _)| Some(of) == uri.as_ref()).map(|&(_, end)| end);
            let range = byte_range(text).and_then(|(length, offset)| {
                let offset = offset.or(end)?;
                offset.checked_add(length).map(|_| ByteRange { offset, length })
            });
            notes.keep(number, range, bad("BYTERANGE"))
        });
        self.part_end = range.zip(uri.clone()).map(|(range, uri)| (uri, range.offset.saturating_add(range.length)));
        self.next.segment.parts.push(Part {
            gap: attributes.says_yes("GAP") || uri.is_none() || (announced.is_some() && range.is_none()),
            uri: uri.unwrap_or_default(),
            duration,
            range,
            independent: attributes.says_yes("INDEPENDENT"),
        });
    }

    /// Puts in what a delta update leaves out, and what was in force at the end of it.
    fn complete(&mut self, line: usize) -> Result<(), ParseError> {
        let (Some(previous), Some(skip)) = (self.previous, &self.playlist.skip) else { return Ok(()) };
        let unrelated = ParseError::Unrelated { line };
        if previous.skip.is_some() || !self.playlist.segments.is_empty() {
            return Err(unrelated);
        }
        let from = self.playlist.media_sequence.checked_sub(previous.media_sequence).ok_or(unrelated)?;
        let from = usize::try_from(from).map_err(|_| unrelated)?;
        let until = usize::try_from(skip.segments).ok().and_then(|count| from.checked_add(count)).ok_or(unrelated)?;
        let skipped = previous.segments.get(from..until).ok_or(unrelated)?;
        // Parts are only listed close to the live edge, and what is skipped is far from it (rfc8216bis §4.4.3.8).
        let without_parts = |segment: &Arc<Segment>| match segment.parts.is_empty() {
            true => Arc::clone(segment),
            false => Arc::new(Segment { parts: Vec::new(), ..Segment::clone(segment) }),
        };
        self.playlist.segments.extend(skipped.iter().map(without_parts));
        if let Some(last) = skipped.last() {
            self.init.clone_from(&last.init);
            self.keys.clone_from(&last.keys);
            self.bitrate = last.bitrate;
        }
        if let Some(removed) = &skip.removed_date_ranges {
            self.dates.inherit(&previous.date_ranges, removed);
        }
        self.playlist.skip = None;
        Ok(())
    }

    fn end(mut self) -> MediaPlaylist {
        let mut pending = std::mem::take(&mut self.next.segment);
        let has_news = !pending.parts.is_empty() || pending.discontinuity || pending.program_date_time.is_some();
        if has_news {
            (pending.duration, pending.title) = (MediaDuration::ZERO, None);
            self.put_in_force(&mut pending);
            self.playlist.pending = Some(Box::new(pending));
        }
        let mut playlist = self.playlist;
        playlist.date_ranges = self.dates.end();
        if playlist.target_duration == MediaDuration::ZERO {
            let longest = playlist.segments.iter().map(|segment| segment.duration).max().unwrap_or_default();
            playlist.target_duration = MediaDuration::from_secs(longest.as_micros().div_ceil(1_000_000).max(1));
        }
        playlist
    }
}

/// There are a handful of DRM systems; keys of more formats at once would make reading quadratic.
const MAX_KEY_FORMATS: usize = 16;
