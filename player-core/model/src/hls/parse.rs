//! Reads playlists leniently: a player must survive what is out there. Linear in the length of the text; never panics.
//!
//! The lines of one kind of playlist are read by `parse/multivariant.rs` and `parse/media.rs`; this file decides which.
//! `parse/notes.rs` keeps the warnings.

pub(super) mod lines;
mod media;
mod metadata;
mod multivariant;
mod notes;
mod shared;

use std::fmt;

use thiserror::Error;
use url::Url;

use super::tags::{self, Section, bis, rfc};
use super::{MediaPlaylist, Playlist, Variables};
use lines::{Line, Lines, has_old_ends};
use notes::Notes;

/// A value that could be read, and what had to be skipped to read it.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed<T> {
    /// What was read.
    pub value: T,
    /// What was skipped, at most 100 entries, by line.
    pub warnings: Vec<Warning>,
    /// How many warnings more there would have been.
    pub more_warnings: usize,
}

/// Something in a playlist that was skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Line, counted from 1.
    pub line: usize,
    /// What about it.
    pub kind: WarningKind,
}

/// What was skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WarningKind {
    /// A tag we do not know; its name.
    UnknownTag(String),
    /// A tag of the other kind of playlist, or a known tag that cannot be read; its name.
    BadTag(&'static str),
    /// An attribute that cannot be read or is missing; names of tag and attribute.
    BadAttribute(&'static str, &'static str),
    /// An address that cannot be resolved.
    BadUri,
    /// An address that no tag explains, or a tag that no address follows.
    Unpaired,
    /// A variable that is not defined; its name.
    Undefined(String),
    /// Lines end with a carriage return alone.
    LineEnds,
}

impl Warning {
    /// Where it is written how it should be; `None` for tags of nobody's standard.
    pub fn section(&self) -> Option<Section> {
        match &self.kind {
            WarningKind::UnknownTag(_) => None,
            WarningKind::BadTag(name) | WarningKind::BadAttribute(name, _) => {
                tags::find(&format!("#{name}")).map(|tag| tag.section)
            }
            WarningKind::BadUri | WarningKind::LineEnds => Some(rfc("4.1")),
            WarningKind::Unpaired => Some(rfc("4.3")),
            WarningKind::Undefined(_) => Some(bis("4.3")),
        }
    }
}

impl fmt::Display for WarningKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownTag(name) => write!(formatter, "unknown tag {name}"),
            Self::BadTag(name) => write!(formatter, "{name} cannot be read or does not belong here"),
            Self::BadAttribute(tag, name) => write!(formatter, "{tag}: {name} is missing or cannot be read"),
            Self::BadUri => formatter.write_str("address cannot be resolved"),
            Self::Unpaired => formatter.write_str("tag and address do not come together"),
            Self::Undefined(name) => write!(formatter, "the variable {name} is not defined"),
            Self::LineEnds => formatter.write_str("lines end with a carriage return alone"),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.kind)
    }
}

/// Why a text could not be read as a playlist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    /// It does not begin with `#EXTM3U` (RFC 8216 §4.3.1.1).
    #[error("not a playlist: the first line is not #EXTM3U")]
    NotAPlaylist,
    /// No tag says which kind of playlist it is.
    #[error("the playlist has no variant streams and no segments")]
    Empty,
    /// `EXT-X-KEY` asks for decryption, which is not supported.
    #[error("line {line}: the segments are encrypted, which is not supported")]
    Encrypted {
        /// Line, counted from 1.
        line: usize,
    },
    /// A delta update skips what is not known (rfc8216bis §6.3.7): the whole playlist must be loaded.
    #[error("line {line}: the update leaves out segments that are not known")]
    Unrelated {
        /// Line, counted from 1.
        line: usize,
    },
    /// Variables make much more text than the playlist has.
    #[error("line {line}: the variables of the playlist make too much text")]
    Inflated {
        /// Line, counted from 1.
        line: usize,
    },
}

impl ParseError {
    /// Where it is written how it should be.
    pub fn section(&self) -> Section {
        match self {
            Self::NotAPlaylist => rfc("4.3.1.1"),
            Self::Empty => rfc("4.1"),
            Self::Encrypted { .. } => rfc("4.3.2.4"),
            Self::Unrelated { .. } => bis("6.3.7"),
            Self::Inflated { .. } => bis("4.3"),
        }
    }

    /// The line it is about, counted from 1.
    pub fn line(&self) -> usize {
        match self {
            Self::NotAPlaylist | Self::Empty => 1,
            Self::Encrypted { line } | Self::Unrelated { line } | Self::Inflated { line } => *line,
        }
    }
}

/// Reads a playlist that was loaded from `base`, for a player that cannot decrypt and knows nothing else; see [`Reading`]
/// for all others.
///
/// # Errors
/// As [`Reading::parse_clear`].
pub fn parse(text: &str, base: &Url) -> Result<Parsed<Playlist>, ParseError> {
    Reading::new(base).parse_clear(text)
}

/// How to read a playlist: what is known beside its text.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// Where it came from after redirects.
    pub base: &'a Url,
    /// What a media playlist may import ([`MultivariantPlaylist::variables`](super::MultivariantPlaylist::variables)).
    pub variables: Option<&'a Variables>,
    /// The same media playlist as it was read before: a delta update is completed from it, so that what is read equals
    /// what the whole playlist would have given (rfc8216bis §6.3.7). Segments that are as they were are shared with it.
    pub previous: Option<&'a MediaPlaylist>,
}

impl<'a> Reading<'a> {
    /// Reading of what was loaded from `base`, with nothing else known.
    pub const fn new(base: &'a Url) -> Self {
        Self { base, variables: None, previous: None }
    }

    /// Reads a playlist, encrypted ones too.
    ///
    /// # Errors
    /// [`ParseError`] if there is nothing in it that could be played; never [`ParseError::Encrypted`].
    pub fn parse(&self, text: &str) -> Result<Parsed<Playlist>, ParseError> {
        self.read(text).map(|(parsed, _)| parsed)
    }

    /// Reads a playlist for a player that cannot decrypt.
    ///
    /// # Errors
    /// [`ParseError`] if there is nothing in it that could be played.
    pub fn parse_clear(&self, text: &str) -> Result<Parsed<Playlist>, ParseError> {
        let (parsed, encrypted) = self.read(text)?;
        encrypted.map_or(Ok(parsed), |line| Err(ParseError::Encrypted { line }))
    }

    /// Also says where encryption begins.
    fn read(&self, text: &str) -> Result<(Parsed<Playlist>, Option<usize>), ParseError> {
        let mut lines = Lines::new(text);
        match lines.next() {
            // Lists of stations write attributes of their own after it.
            Some((_, Line::Tag(name, _))) if name.starts_with("#EXTM3U") => {}
            _ => return Err(ParseError::NotAPlaylist),
        }
        let mut notes = Notes::new(self, text.len());
        if has_old_ends(text) {
            notes.add(1, WarningKind::LineEnds);
        }
        let multivariant = lines.are_multivariant().ok_or(ParseError::Empty)?;
        let value = if multivariant {
            Playlist::Multivariant(multivariant::read(lines, &mut notes)?)
        } else {
            Playlist::Media(media::read(lines, &mut notes, self.previous)?)
        };
        notes.end(value)
    }
}
