//! HLS playlists: one set of types for everybody who reads or writes them.
//!
//! Reading ([`parse()`]) is lenient: what a player can do without is skipped with a [`Warning`]. Writing
//! ([`write_multivariant`], [`write_media`]) cannot fail. Attribute values and tags are those of `hls_m3u8` where it
//! covers them (RFC 8216); the document level and what the second edition adds (`EXT-X-GAP`) are ours. URIs stay as they
//! are written, relative ones too: whoever loads them joins them with the address the playlist came from.

mod attributes;
pub mod media;
pub mod multivariant;
mod parse;
mod write;

pub use media::{ByteRange, InitSection, MediaPlaylist, PlaylistKind, Segment};
pub use multivariant::{AudioRendition, FrameRate, MultivariantPlaylist, VariantStream};
pub use parse::{ParseError, Parsed, Warning, WarningKind, parse};
pub use write::{write_media, write_multivariant};

/// Either kind of playlist.
#[derive(Clone, Debug, PartialEq)]
pub enum Playlist {
    /// Lists variant streams and renditions.
    Multivariant(MultivariantPlaylist),
    /// Lists segments.
    Media(MediaPlaylist),
}

#[cfg(test)]
mod tests;
