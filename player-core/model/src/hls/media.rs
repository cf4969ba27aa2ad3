//! The media playlist: the segments of one variant stream or rendition.

use std::sync::Arc;

use crate::MediaDuration;

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
    /// Segments in order.
    pub segments: Vec<Segment>,
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
    /// `EXT-X-PROGRAM-DATE-TIME` of its first sample, as written (ISO 8601).
    pub program_date_time: Option<String>,
    /// `EXT-X-GAP`: its media is missing and must not be loaded.
    pub gap: bool,
}

/// An init section (`EXT-X-MAP`, RFC 8216 §4.3.2.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InitSection {
    /// Address, as written.
    pub uri: String,
    /// Which bytes of it; all if absent.
    pub range: Option<ByteRange>,
}

/// A stretch of a resource. 64 bits, also where a `usize` has 32: films are larger than 4 GB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteRange {
    /// First byte.
    pub offset: u64,
    /// Number of bytes.
    pub length: u64,
}
