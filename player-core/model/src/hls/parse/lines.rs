//! A playlist as lines (RFC 8216 §4.1): tags and addresses, without blank lines and comments.

#[derive(Clone, Copy, Debug)]
pub(in crate::hls) enum Line<'a> {
    /// `#NAME` and what follows the colon.
    Tag(&'a str, &'a str),
    Uri(&'a str),
}

impl Line<'_> {
    /// `Some(true)` if this line occurs only in multivariant playlists, `Some(false)` if only in media playlists.
    pub(in crate::hls) fn decides(self) -> Option<bool> {
        match self {
            Line::Tag("#EXT-X-STREAM-INF" | "#EXT-X-MEDIA" | "#EXT-X-I-FRAME-STREAM-INF", _) => Some(true),
            Line::Tag(
                "#EXTINF" | "#EXT-X-TARGETDURATION" | "#EXT-X-MEDIA-SEQUENCE" | "#EXT-X-ENDLIST" | "#EXT-X-PART",
                _,
            ) => Some(false),
            Line::Tag(..) | Line::Uri(_) => None,
        }
    }
}

/// Lines with their numbers, counted from 1. A byte order mark is passed over.
#[derive(Clone)]
pub(in crate::hls) struct Lines<'a>(std::iter::Enumerate<std::str::Lines<'a>>);

impl<'a> Lines<'a> {
    pub(in crate::hls) fn new(text: &'a str) -> Self {
        Self(text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate())
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, Line<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        for (index, line) in self.0.by_ref() {
            // A control character before a tag would hide it from us, and not from whoever drops such characters.
            let is_blank = |character: char| character.is_whitespace() || character.is_control();
            let (number, line) = (index + 1, line.trim_matches(is_blank));
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
