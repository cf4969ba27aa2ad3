//! Attribute lists (RFC 8216 §4.2): `NAME=value,NAME="quoted, value"`.
//!
//! `hls_m3u8` reads them too, but not in public, and it panics on a value that is a single quote character.

/// The attributes of one tag. A name that comes twice counts the first time.
pub(super) struct Attributes<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Attributes<'a> {
    /// Reads a list; also says whether all of it could be read. What comes after an unreadable part is still found if a
    /// comma separates it. Linear in the length of `list`.
    pub(super) fn read(list: &'a str) -> (Self, bool) {
        let (mut pairs, mut complete) = (Vec::new(), true);
        let mut rest = list.trim();
        while !rest.is_empty() {
            let end = end_of_pair(rest);
            let pair = rest[..end].trim();
            rest = rest.get(end + 1..).unwrap_or_default();
            match pair.split_once('=') {
                Some((name, value)) if !name.trim().is_empty() => pairs.push((name.trim(), value.trim())),
                _ => complete &= pair.is_empty(),
            }
        }
        (Self(pairs), complete)
    }

    /// The value of `name`, without quotes.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.raw(name).map(unquoted)
    }

    /// The value of `name`, with its quotes.
    pub(super) fn raw(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| *known == name).map(|&(_, value)| value)
    }

    /// Whether `name` says `YES`, in any letters.
    pub(super) fn says_yes(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("YES"))
    }

    /// All pairs in order, values with their quotes.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> + '_ {
        self.0.iter().copied()
    }
}

/// Where the pair at the start of `text` ends: at a comma outside quotes, or at the end.
pub(super) fn end_of_pair(text: &str) -> usize {
    let mut quoted = false;
    let ends = |byte| {
        quoted ^= byte == b'"';
        byte == b',' && !quoted
    };
    text.bytes().position(ends).unwrap_or(text.len())
}

/// A value without the quotes around it, if they are there.
pub(super) fn unquoted(value: &str) -> &str {
    let inner = value.strip_prefix('"').unwrap_or(value);
    inner.strip_suffix('"').unwrap_or(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_inside_quotes_do_not_separate() {
        let (attributes, complete) = Attributes::read(r#"CODECS="avc1.640028,mp4a.40.2", BANDWIDTH = 5 ,NAME="#);
        assert!(complete);
        assert_eq!(attributes.get("CODECS"), Some("avc1.640028,mp4a.40.2"));
        assert_eq!(attributes.raw("CODECS"), Some("\"avc1.640028,mp4a.40.2\""));
        assert_eq!(attributes.get("BANDWIDTH"), Some("5"));
        assert_eq!(attributes.get("NAME"), Some(""));
        assert_eq!(attributes.get("AUDIO"), None);
    }

    #[test]
    fn an_unreadable_part_is_reported_and_skipped() {
        let (attributes, complete) = Attributes::read(r#"junk,A=1,=2,B=""#);
        assert!(!complete);
        assert_eq!((attributes.get("A"), attributes.get("B")), (Some("1"), Some("")));
    }
}
