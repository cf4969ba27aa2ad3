//! The media playlist: the segments of one variant stream or rendition.

use std::sync::Arc;

use super::{DateRange, Definition, Keys, Part, PreloadHint, RenditionReport, ServerControl, Skip, Start};
use crate::{BitsPerSecond, ByteCount, MediaDuration};

/// A media playlist (RFC 8216 §4.3.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MediaPlaylist {
    /// `EXT-X-VERSION`; 1 if absent.
    pub version: u16,
    /// `EXT-X-TARGETDURATION`: no segment is longer, rounded to seconds. Written in whole seconds, rounded up.
    pub target_duration: MediaDuration,
    /// `EXT-X-MEDIA-SEQUENCE`: number of the first segment.
    pub media_sequence: u64,
    /// `EXT-X-DISCONTINUITY-SEQUENCE`: discontinuities before the first segment.
    pub discontinuity_sequence: u64,
    /// `EXT-X-PLAYLIST-TYPE`.
    pub kind: Option<PlaylistKind>,
    /// `EXT-X-INDEPENDENT-SEGMENTS`.
    pub independent_segments: bool,
    /// `EXT-X-ENDLIST`: no segment will be added.
    pub ended: bool,
    /// Segments in order. Shared with the playlist before where they are the same, so that a reload of a long live playlist
    /// costs what is new of it.
    pub segments: Vec<Arc<Segment>>,
    /// What is known of the segment after the last one: its parts and tags. Its address is empty, its duration zero.
    pub pending: Option<Box<Segment>>,
    /// `EXT-X-I-FRAMES-ONLY`: each segment is one keyframe (RFC 8216 §4.3.3.6).
    pub i_frames_only: bool,
    /// `EXT-X-START`.
    pub start: Option<Start>,
    /// `EXT-X-DEFINE`; what is read is expanded already.
    pub definitions: Vec<Definition>,
    /// `EXT-X-SERVER-CONTROL`.
    pub server_control: Option<ServerControl>,
    /// `EXT-X-PART-INF`: no part is longer (rfc8216bis §4.4.3.7).
    pub part_target: Option<MediaDuration>,
    /// `EXT-X-SKIP`: this is a delta update that was read without the playlist before it; `segments` begins after what was
    /// skipped.
    pub skip: Option<Skip>,
    /// `EXT-X-DATERANGE`, one for each `ID`.
    pub date_ranges: Vec<DateRange>,
    /// `EXT-X-PRELOAD-HINT`.
    pub preload_hints: Vec<PreloadHint>,
    /// `EXT-X-RENDITION-REPORT`.
    pub rendition_reports: Vec<RenditionReport>,
}

impl MediaPlaylist {
    /// Whether no segment will be added: it has ended, or never changes (RFC 8216 §4.3.3.5), whether its end is marked or not.
    pub fn is_final(&self) -> bool {
        self.ended || self.kind == Some(PlaylistKind::Vod)
    }

    /// Whether there is nothing to play, and never will be.
    pub fn has_nothing(&self) -> bool {
        self.is_final() && self.segments.iter().all(|segment| segment.gap)
    }
}

/// What a server promises about changes of a media playlist (RFC 8216 §4.3.3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaylistKind {
    /// Segments are only added.
    Event,
    /// Nothing changes.
    Vod,
}

/// One media segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// Address, as written. May be empty only if `gap` is set.
    pub uri: String,
    /// `EXTINF`.
    pub duration: MediaDuration,
    /// `EXT-X-BYTERANGE`, with its offset resolved.
    pub range: Option<ByteRange>,
    /// `EXT-X-DISCONTINUITY` before this segment.
    pub discontinuity: bool,
    /// `EXT-X-MAP` in force: the init section it needs. Shared by all segments after one tag.
    pub init: Option<Arc<InitSection>>,
    /// `EXT-X-PROGRAM-DATE-TIME` of its first sample, as written (ISO 8601); see [`wall_clock`](super::wall_clock).
    pub program_date_time: Option<String>,
    /// `EXT-X-GAP`: its media is missing and must not be loaded.
    pub gap: bool,
    /// What follows the comma of `EXTINF`, for people.
    pub title: Option<String>,
    /// `EXT-X-BITRATE` in force, exact to 1,000 bit/s (rfc8216bis §4.4.4.8). It is not that of a segment with a range.
    pub bitrate: Option<BitsPerSecond>,
    /// `EXT-X-KEY` in force, one for each format. Shared by all segments after one tag.
    pub keys: Option<Keys>,
    /// `EXT-X-PART`: parts it was announced in.
    pub parts: Vec<Part>,
}

impl Segment {
    /// How many bytes a load of it will bring, as far as the playlist tells: exactly by its range, about by its bit rate.
    pub fn expected_size(&self) -> Option<ByteCount> {
        if let Some(range) = self.range {
            return Some(ByteCount::new(range.length));
        }
        let bits = u128::from(self.bitrate?.get()) * u128::from(self.duration.as_micros()) / 1_000_000;
        Some(ByteCount::new(u64::try_from(bits / 8).unwrap_or(u64::MAX)))
    }
}

/// An init section (`EXT-X-MAP`, RFC 8216 §4.3.2.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InitSection {
    /// Address, as written.
    pub uri: String,
    /// Which bytes of it; all if absent.
    pub range: Option<ByteRange>,
    /// What it is encrypted with: the keys in force where its tag stands.
    pub keys: Option<Keys>,
}

/// A stretch of a resource. 64 bits, also where a `usize` has 32: films are larger than 4 GB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteRange {
    /// First byte.
    pub offset: u64,
    /// Number of bytes.
    pub length: u64,
}
