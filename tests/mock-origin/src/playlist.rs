//! What faults do to the text of a playlist. Pure; lines that are of no interest stay as they are, byte for byte.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::calendar;
use crate::fault::Tokens;

/// Versions of one playlist that are kept.
const KEPT: usize = 64;

/// Versions of playlists as they went out, for those who get an older one.
#[derive(Debug, Default)]
pub(crate) struct Versions(HashMap<String, VecDeque<(Duration, String)>>);

impl Versions {
    /// Remembers what a path's playlist is now.
    pub(crate) fn learn(&mut self, path: &str, now: Duration, text: &str) {
        let versions = self.0.entry(path.to_owned()).or_default();
        if versions.back().is_some_and(|(_, newest)| newest == text) {
            return;
        }
        if versions.len() == KEPT {
            versions.pop_front();
        }
        versions.push_back((now, text.to_owned()));
    }

    /// What it was at this time; the oldest known if that is newer.
    pub(crate) fn as_of(&self, path: &str, at: Duration) -> Option<&str> {
        let versions = self.0.get(path)?;
        versions.iter().rev().find(|(since, _)| *since <= at).or(versions.front()).map(|(_, text)| text.as_str())
    }

    /// What it was so many changes ago; the oldest known if there were fewer.
    pub(crate) fn before(&self, path: &str, changes: usize) -> Option<&str> {
        let versions = self.0.get(path)?;
        versions.iter().rev().nth(changes).or(versions.front()).map(|(_, text)| text.as_str())
    }
}

/// Whether a reply is a playlist.
pub(crate) fn is_playlist(path: &str, content_type: Option<&str>) -> bool {
    let by_type = content_type.is_some_and(|name| name.to_ascii_lowercase().contains("mpegurl"));
    by_type || path.to_ascii_lowercase().ends_with(".m3u8")
}

/// Moves every `EXT-X-PROGRAM-DATE-TIME` by so many milliseconds. Dates that cannot be read stay.
pub(crate) fn skewed(text: &str, millis: i64) -> String {
    each_line(text, |line| {
        let date = line.strip_prefix("#EXT-X-PROGRAM-DATE-TIME:")?;
        let moved = calendar::parse_millis(date.trim())?.saturating_add(millis);
        Some(format!("#EXT-X-PROGRAM-DATE-TIME:{}", calendar::iso(moved)))
    })
}

/// Puts tokens on the addresses that a rule is about. `path` is the playlist's own.
pub(crate) fn signed(text: &str, path: &str, now: Duration, tokens: Tokens<'_>) -> String {
    let sign = |uri: &str| tokens.sign(uri, &resolved(path, uri)?, now);
    each_line(text, |line| {
        if !line.starts_with('#') {
            return if line.trim().is_empty() { None } else { sign(line.trim()) };
        }
        let (before, rest) = line.split_once("URI=\"")?;
        let (uri, after) = rest.split_once('"')?;
        Some(format!("{before}URI=\"{}\"{after}", sign(uri)?))
    })
}

/// The path that an address in a playlist leads to, if it is on this origin.
fn resolved(path: &str, uri: &str) -> Option<String> {
    let base = url::Url::parse("http://origin.invalid").ok()?.join(path).ok()?;
    let target = base.join(uri).ok()?;
    (target.origin() == base.origin()).then(|| target.path().to_owned())
}

fn each_line(text: &str, change: impl Fn(&str) -> Option<String>) -> String {
    let line = |line| {
        let bare = str::trim_end_matches(line, ['\r', '\n']);
        match change(bare) {
            Some(changed) => Cow::Owned(changed + &line[bare.len()..]),
            None => Cow::Borrowed(line),
        }
    };
    text.split_inclusive('\n').map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{Fault, Rule, When};
    use crate::hash::Seed;

    const MEDIA: &str = "#EXTM3U\r\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXT-X-PROGRAM-DATE-TIME:2024-02-29T23:59:59.500Z\n\
                         #EXTINF:4,\n0.m4s\nhttp://elsewhere.example/1.m4s\n\n#EXT-X-ENDLIST";

    #[test]
    fn dates_are_moved_and_nothing_else() {
        let text = skewed(MEDIA, 1_500);
        assert_eq!(text, MEDIA.replace("2024-02-29T23:59:59.500Z", "2024-03-01T00:00:01.000Z"));
        assert_eq!(skewed("#EXT-X-PROGRAM-DATE-TIME:soon\n", 5), "#EXT-X-PROGRAM-DATE-TIME:soon\n");
    }

    #[test]
    fn addresses_of_this_origin_get_tokens() {
        let rule = Rule { name: "t".to_owned(), when: When::default(), fault: Fault::Expire(Duration::from_secs(1)) };
        let text = signed(MEDIA, "/v/playlist.m3u8", Duration::ZERO, Tokens::of(Seed::default(), &rule));
        assert!(text.contains("URI=\"init.mp4?token=3e8-") && text.contains("\n0.m4s?token=3e8-"), "{text}");
        assert!(text.contains("\nhttp://elsewhere.example/1.m4s\n\n#EXT-X-ENDLIST"), "{text}");
        assert_eq!(resolved("/v/playlist.m3u8", "../a/1.m4s?x=1"), Some("/a/1.m4s".to_owned()));
    }

    #[test]
    fn older_versions_are_known() {
        let mut versions = Versions::default();
        for (second, text) in [(1, "a"), (2, "b"), (2, "b"), (3, "c")] {
            versions.learn("/p", Duration::from_secs(second), text);
        }
        let as_of = |second| versions.as_of("/p", Duration::from_secs(second));
        assert_eq!((as_of(0), as_of(2), as_of(9)), (Some("a"), Some("b"), Some("c")));
        assert_eq!((versions.before("/p", 1), versions.before("/p", 9)), (Some("b"), Some("a")));
        assert_eq!(versions.before("/q", 1), None);
    }

    #[test]
    fn a_playlist_is_known_by_its_type_or_its_name() {
        assert!(is_playlist("/a", Some("application/vnd.apple.mpegURL")) && is_playlist("/a.M3U8", Some("text/plain")));
        assert!(!is_playlist("/a.m4s", Some("video/mp4")) && !is_playlist("/a", None));
    }
}
