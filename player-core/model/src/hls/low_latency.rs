//! What the second edition adds for playing close to the live edge.

use super::ByteRange;
use crate::MediaDuration;

/// What the server can do for a client that reloads (`EXT-X-SERVER-CONTROL`, rfc8216bis §4.4.3.8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerControl {
    /// `CAN-SKIP-UNTIL`: older segments than this, counted from the end, may be left out of a delta update.
    pub can_skip_until: Option<MediaDuration>,
    /// `CAN-SKIP-DATERANGES`: date ranges too.
    pub can_skip_date_ranges: bool,
    /// `HOLD-BACK`: how far from the end to play, without parts.
    pub hold_back: Option<MediaDuration>,
    /// `PART-HOLD-BACK`: how far from the end to play, with parts.
    pub part_hold_back: Option<MediaDuration>,
    /// `CAN-BLOCK-RELOAD`: a reload can be asked for before there is news, and is answered when there is.
    pub can_block_reload: bool,
}

/// A part of a segment (`EXT-X-PART`, rfc8216bis §4.4.4.9).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Address, as written. May be empty only if `gap` is set.
    pub uri: String,
    /// `DURATION`.
    pub duration: MediaDuration,
    /// `BYTERANGE`, with its offset resolved.
    pub range: Option<ByteRange>,
    /// `INDEPENDENT`: it has a keyframe.
    pub independent: bool,
    /// `GAP`: its media is missing and must not be loaded.
    pub gap: bool,
}

/// What will be needed next (`EXT-X-PRELOAD-HINT`, rfc8216bis §4.4.5.3). A load of it is answered when it exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreloadHint {
    /// What it is.
    pub kind: HintKind,
    /// Address, as written.
    pub uri: String,
    /// `BYTERANGE-START`.
    pub start: u64,
    /// `BYTERANGE-LENGTH`; absent, to the end of the resource.
    pub length: Option<u64>,
}

/// `TYPE` of a preload hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HintKind {
    /// The next part.
    Part,
    /// The init section of the next part.
    Map,
}

/// How far another rendition is (`EXT-X-RENDITION-REPORT`, rfc8216bis §4.4.5.4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RenditionReport {
    /// Address of its media playlist, as written.
    pub uri: String,
    /// `LAST-MSN`: media sequence number of its last segment, complete or not.
    pub last_segment: Option<u64>,
    /// `LAST-PART`: number of its last part in that segment.
    pub last_part: Option<u64>,
}

/// What a delta update leaves out (`EXT-X-SKIP`, rfc8216bis §4.4.5.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skip {
    /// `SKIPPED-SEGMENTS`: segments left out at the beginning.
    pub segments: u64,
    /// `RECENTLY-REMOVED-DATERANGES`: ids of date ranges that are gone. If present, date ranges that did not change are left
    /// out as well.
    pub removed_date_ranges: Option<Vec<String>>,
}
