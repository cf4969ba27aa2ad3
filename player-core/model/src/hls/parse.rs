//! Reads playlists leniently: a player must survive what is out there. Linear in the length of the text; never panics.
//!
//! The lines of one kind of playlist are read by `parse/multivariant.rs` and `parse/media.rs`; this file decides which,
//! and keeps the warnings.

mod media;
mod multivariant;

use std::fmt;

use thiserror::Error;
use url::Url;

use super::Playlist;

/// Warnings kept for one playlist; what comes after is only counted, so that a hostile playlist cannot fill the memory.
const MAX_WARNINGS: usize = 100;

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
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: ", self.line)?;
        match &self.kind {
            WarningKind::UnknownTag(name) => write!(formatter, "unknown tag {name}"),
            WarningKind::BadTag(name) => write!(formatter, "{name} cannot be read or does not belong here"),
            WarningKind::BadAttribute(tag, name) => write!(formatter, "{tag}: {name} is missing or cannot be read"),
            WarningKind::BadUri => formatter.write_str("address cannot be resolved"),
            WarningKind::Unpaired => formatter.write_str("tag and address do not come together"),
        }
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
}

/// Reads a playlist that was loaded from `base`.
///
/// # Errors
/// [`ParseError`] if there is nothing in it that could be played.
pub fn parse(text: &str, base: &Url) -> Result<Parsed<Playlist>, ParseError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = Lines::new(text);
    match lines.next() {
        Some((_, Line::Tag("#EXTM3U", _))) => {}
        _ => return Err(ParseError::NotAPlaylist),
    }
    let mut notes = Warnings { base, kept: Vec::new(), dropped: 0 };
    let multivariant = lines.clone().find_map(|(_, line)| line.decides()).ok_or(ParseError::Empty)?;
    let value = if multivariant {
        Playlist::Multivariant(multivariant::read(lines, &mut notes)?)
    } else {
        Playlist::Media(media::read(lines, &mut notes)?)
    };
    Ok(Parsed { value, warnings: notes.kept, more_warnings: notes.dropped })
}

#[derive(Clone, Copy)]
enum Line<'a> {
    /// `#NAME` and what follows the colon.
    Tag(&'a str, &'a str),
    Uri(&'a str),
}

impl Line<'_> {
    /// `Some(true)` if this line occurs only in multivariant playlists, `Some(false)` if only in media playlists.
    fn decides(self) -> Option<bool> {
        match self {
            Line::Tag("#EXT-X-STREAM-INF" | "#EXT-X-MEDIA", _) => Some(true),
            Line::Tag("#EXTINF" | "#EXT-X-TARGETDURATION" | "#EXT-X-MEDIA-SEQUENCE" | "#EXT-X-ENDLIST", _) => {
                Some(false)
            }
            Line::Tag(..) | Line::Uri(_) => None,
        }
    }
}

/// Lines with their numbers, without blank lines and comments.
#[derive(Clone)]
struct Lines<'a>(std::iter::Enumerate<std::str::Lines<'a>>);

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self(text.lines().enumerate())
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, Line<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        for (index, line) in self.0.by_ref() {
            let (number, line) = (index + 1, line.trim());
            if line.starts_with("#EXT") {
                let (name, value) = line.split_once(':').unwrap_or((line, ""));
                return Some((number, Line::Tag(name.trim_end(), value.trim())));
            }
            if !line.is_empty() && !line.starts_with('#') {
                return Some((number, Line::Uri(line)));
            }
        }
        None
    }
}

struct Warnings<'a> {
    base: &'a Url,
    kept: Vec<Warning>,
    dropped: usize,
}

impl Warnings<'_> {
    fn add(&mut self, line: usize, kind: WarningKind) {
        if self.kept.len() < MAX_WARNINGS {
            self.kept.push(Warning { line, kind });
        } else {
            self.dropped += 1;
        }
    }

    /// The value, or a warning in its place.
    fn keep<T>(&mut self, line: usize, value: Option<T>, kind: WarningKind) -> Option<T> {
        if value.is_none() {
            self.add(line, kind);
        }
        value
    }

    fn unknown(&mut self, line: usize, name: &str) {
        // 64 characters name any tag; a longer one is noise.
        self.add(line, WarningKind::UnknownTag(name.chars().take(64).collect()));
    }

    /// The address as written, if it can be resolved.
    fn uri(&mut self, line: usize, uri: &str) -> Option<String> {
        let uri = self.base.join(uri).is_ok().then(|| uri.to_owned());
        self.keep(line, uri, WarningKind::BadUri)
    }
}
