//! A playlist as lines (RFC 8216 §4.1): tags and addresses, without blank lines and comments.

#[derive(Clone, Copy, Debug)]
pub(in crate::hls) enum Line<'a> {
    /// `#NAME` and what follows the colon.
    Tag(&'a str, &'a str),
    Uri(&'a str),
}

impl Line<'_> {
    /// `Some(true)` if this line occurs only in multivariant playlists, `Some(false)` if only in media playlists.
    fn decides(self) -> Option<bool> {
        match self {
            Line::Tag("#EXT-X-STREAM-INF" | "#EXT-X-MEDIA" | "#EXT-X-I-FRAME-STREAM-INF", _) => Some(true),
            Line::Tag("#EXTINF" | "#EXT-X-TARGETDURATION" | "#EXT-X-PART", _) => Some(false),
            Line::Tag(..) | Line::Uri(_) => None,
        }
    }

    /// Whether it belongs into a media playlist; some servers write it into multivariant ones as well.
    fn hints_at_media(self) -> bool {
        matches!(self, Line::Tag("#EXT-X-MEDIA-SEQUENCE" | "#EXT-X-ENDLIST", _))
    }
}

/// Lines with their numbers, counted from 1. A byte order mark is passed over.
#[derive(Clone)]
pub(in crate::hls) struct Lines<'a> {
    rest: &'a str,
    number: usize,
    old: bool,
}

impl<'a> Lines<'a> {
    pub(in crate::hls) fn new(text: &'a str) -> Self {
        Self { rest: text.strip_prefix('\u{feff}').unwrap_or(text), number: 0, old: has_old_ends(text) }
    }

    /// Whether these are of a multivariant playlist, told by the first line that is in one kind alone; `None` if no line tells.
    pub(in crate::hls) fn are_multivariant(&self) -> Option<bool> {
        let decided = self.clone().find_map(|(_, line)| line.decides());
        decided.or_else(|| self.clone().any(|(_, line)| line.hints_at_media()).then_some(false))
    }

    fn line(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        let end = if self.old { self.rest.find(['\r', '\n']) } else { self.rest.find('\n') };
        let (line, rest) = end.map_or((self.rest, ""), |end| (&self.rest[..end], &self.rest[end + 1..]));
        self.rest = rest;
        self.number += 1;
        Some(line)
    }
}

/// Whether lines end with a carriage return alone, as on old Macs: told by the first of them. RFC 8216 §4.1 knows no such
/// ends, and other players read them.
pub(in crate::hls) fn has_old_ends(text: &str) -> bool {
    let end = text.find(['\r', '\n']).unwrap_or(text.len());
    text[end..].starts_with('\r') && !text[end..].starts_with("\r\n")
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, Line<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(line) = self.line() {
            // A control character before a tag would hide it from us, and not from whoever drops such characters.
            let is_blank = |character: char| character.is_whitespace() || character.is_control();
            let (number, line) = (self.number, line.trim_matches(is_blank));
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
