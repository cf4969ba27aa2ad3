//! HLS playlists: one set of types for everybody who reads or writes them.
//!
//! Reading ([`parse()`], [`Reading`]) is lenient: what a player can do without is skipped with a [`Warning`].
//! [`check()`] is the strict mode: it says which rules a text breaks. Writing ([`write_multivariant`], [`write_media`]) cannot fail.
//!
//! All tags and attributes of RFC 8216 are read and written, and those of its second edition as of
//! draft-pantos-hls-rfc8216bis-17, called "rfc8216bis" here. Attribute values and tags are those of `hls_m3u8` where it
//! covers them; the rest is ours. URIs stay as they are written, relative ones too: whoever loads them joins them with the
//! address the playlist came from.

mod attributes;
mod date;
mod date_range;
mod define;
mod key;
mod low_latency;
pub mod media;
pub mod multivariant;
mod parse;
mod rules;
mod tags;
mod values;
mod write;

pub use date::wall_clock;
pub use date_range::{ClientValue, DateRange, Interstitial};
pub use define::{Definition, DefinitionSource, Variables};
pub use key::{Key, KeyMethod, Keys};
pub use low_latency::{HintKind, Part, PreloadHint, RenditionReport, ServerControl, Skip};
pub use media::{ByteRange, InitSection, MediaPlaylist, PlaylistKind, Segment};
pub use multivariant::{
    ContentSteering, FrameRate, MultivariantPlaylist, Rendition, SessionContent, SessionData, VariantStream,
};
pub use parse::{ParseError, Parsed, Reading, Warning, WarningKind, parse};
pub use rules::{Checked, Fault, Rule, check, check_together};
pub use tags::{Document, Section};
pub use values::{AllowedCpc, ClosedCaptions, HdcpLevel, Score, Start, SupplementalCodec, VideoRange};
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
