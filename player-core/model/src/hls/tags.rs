//! All tags there are: where each may stand, and where it is defined.

use std::fmt;

/// A document that defines HLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Document {
    /// HTTP Live Streaming, 2017.
    Rfc8216,
    /// Its second edition, draft-pantos-hls-rfc8216bis-17.
    SecondEdition,
}

/// A section of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Section {
    /// Of which document.
    pub document: Document,
    /// Its number, such as `4.3.3.1`.
    pub number: &'static str,
}

impl fmt::Display for Section {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.document {
            Document::Rfc8216 => write!(formatter, "RFC 8216 §{}", self.number),
            Document::SecondEdition => write!(formatter, "rfc8216bis §{}", self.number),
        }
    }
}

/// A section of RFC 8216.
pub(super) const fn rfc(number: &'static str) -> Section {
    Section { document: Document::Rfc8216, number }
}

/// A section of the second edition.
pub(super) const fn bis(number: &'static str) -> Section {
    Section { document: Document::SecondEdition, number }
}

/// Where a tag may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In both kinds of playlist.
    Both,
    /// In media playlists: about the whole playlist.
    Media,
    /// In media playlists: about one segment or all that follow.
    Segment,
    /// In multivariant playlists.
    Multivariant,
}

/// A tag.
#[derive(Debug)]
pub(super) struct Tag {
    /// With its `#`.
    pub(super) name: &'static str,
    pub(super) place: Place,
    pub(super) section: Section,
}

const fn tag(name: &'static str, place: Place, section: Section) -> Tag {
    Tag { name, place, section }
}

use Place::{Both, Media, Multivariant, Segment};

/// In the order of the documents.
const TAGS: &[Tag] = &[
    tag("#EXTM3U", Both, rfc("4.3.1.1")),
    tag("#EXT-X-VERSION", Both, rfc("4.3.1.2")),
    tag("#EXTINF", Segment, rfc("4.3.2.1")),
    tag("#EXT-X-BYTERANGE", Segment, rfc("4.3.2.2")),
    tag("#EXT-X-DISCONTINUITY", Segment, rfc("4.3.2.3")),
    tag("#EXT-X-KEY", Segment, rfc("4.3.2.4")),
    tag("#EXT-X-MAP", Segment, rfc("4.3.2.5")),
    tag("#EXT-X-PROGRAM-DATE-TIME", Segment, rfc("4.3.2.6")),
    tag("#EXT-X-DATERANGE", Segment, rfc("4.3.2.7")),
    tag("#EXT-X-TARGETDURATION", Media, rfc("4.3.3.1")),
    tag("#EXT-X-MEDIA-SEQUENCE", Media, rfc("4.3.3.2")),
    tag("#EXT-X-DISCONTINUITY-SEQUENCE", Media, rfc("4.3.3.3")),
    tag("#EXT-X-ENDLIST", Media, rfc("4.3.3.4")),
    tag("#EXT-X-PLAYLIST-TYPE", Media, rfc("4.3.3.5")),
    tag("#EXT-X-I-FRAMES-ONLY", Media, rfc("4.3.3.6")),
    tag("#EXT-X-MEDIA", Multivariant, rfc("4.3.4.1")),
    tag("#EXT-X-STREAM-INF", Multivariant, rfc("4.3.4.2")),
    tag("#EXT-X-I-FRAME-STREAM-INF", Multivariant, rfc("4.3.4.3")),
    tag("#EXT-X-SESSION-DATA", Multivariant, rfc("4.3.4.4")),
    tag("#EXT-X-SESSION-KEY", Multivariant, rfc("4.3.4.5")),
    tag("#EXT-X-INDEPENDENT-SEGMENTS", Both, rfc("4.3.5.1")),
    tag("#EXT-X-START", Both, rfc("4.3.5.2")),
    tag("#EXT-X-DEFINE", Both, bis("4.4.2.3")),
    tag("#EXT-X-PART-INF", Media, bis("4.4.3.7")),
    tag("#EXT-X-SERVER-CONTROL", Media, bis("4.4.3.8")),
    tag("#EXT-X-GAP", Segment, bis("4.4.4.7")),
    tag("#EXT-X-BITRATE", Segment, bis("4.4.4.8")),
    tag("#EXT-X-PART", Segment, bis("4.4.4.9")),
    tag("#EXT-X-SKIP", Media, bis("4.4.5.2")),
    tag("#EXT-X-PRELOAD-HINT", Media, bis("4.4.5.3")),
    tag("#EXT-X-RENDITION-REPORT", Media, bis("4.4.5.4")),
    tag("#EXT-X-CONTENT-STEERING", Multivariant, bis("4.4.6.6")),
    // Removed with version 7 of the protocol, and still written.
    tag("#EXT-X-ALLOW-CACHE", Both, rfc("7")),
];

/// The tag of this name, which begins with `#`; `None` if we do not know it.
pub(super) fn find(name: &str) -> Option<&'static Tag> {
    TAGS.iter().find(|tag| tag.name == name)
}
