//! What this browser plays, asked of the browser itself.

use web_sys::HtmlVideoElement;

use crate::media_source;

/// Codecs offered to MediaSource, each in the container a server would send it in. Profiles and levels are the ones
/// home films have; a browser that takes the higher one takes the lower too, but both are asked because none promises it.
const VIDEO: &[&str] = &[
    "avc1.42E01E",      // H.264 constrained baseline, level 3.0
    "avc1.4D401F",      // main 3.1
    "avc1.640028",      // high 4.0
    "avc1.640033",      // high 5.1
    "avc1.6E0028",      // high 10
    "hvc1.1.6.L120.90", // HEVC main 4.0
    "hvc1.1.6.L153.90", // main 5.1
    "hvc1.2.4.L120.90", // main 10, 4.0
    "hvc1.2.4.L153.90", // main 10, 5.1
    "av01.0.08M.08",    // AV1 main 4.0, 8 bit
    "av01.0.13M.10",    // main 5.1, 10 bit
    "vp09.00.41.08",    // VP9 profile 0
    "vp09.02.51.10",    // profile 2, 10 bit
];

const AUDIO: &[&str] = &["mp4a.40.2", "mp4a.40.5", "mp4a.69", "opus", "flac", "ac-3", "ec-3", "alac", "mp3", "vorbis"];

/// Containers the media element may play alone, with the type it is asked about.
const FILES: &[(&str, &str)] = &[
    ("mp4", "video/mp4"),
    ("webm", "video/webm"),
    ("mkv", "video/x-matroska"),
    ("mov", "video/quicktime"),
    ("ogg", "audio/ogg"),
    ("mp3", "audio/mpeg"),
    ("flac", "audio/flac"),
    ("wav", "audio/wav"),
    ("aac", "audio/aac"),
    ("m4a", "audio/mp4"),
];

/// What a browser plays, as lists of names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Video codecs MediaSource takes in MP4 (RFC 6381).
    pub video: Vec<String>,
    /// Audio codecs MediaSource takes in MP4 (RFC 6381).
    pub audio: Vec<String>,
    /// Containers the media element plays alone.
    pub file: Vec<String>,
}

impl Capabilities {
    /// Asks this browser.
    pub fn of(video: &HtmlVideoElement) -> Self {
        let taken = |kind: &str, codecs: &[&str]| {
            let fits = |codec: &&&str| media_source::supports(&format!("{kind}/mp4; codecs=\"{codec}\""));
            codecs.iter().filter(fits).map(|codec| (*codec).to_owned()).collect()
        };
        Self {
            video: taken("video", VIDEO),
            audio: taken("audio", AUDIO),
            file: FILES
                .iter()
                .filter(|(_, mime)| !video.can_play_type(mime).is_empty())
                .map(|(name, _)| (*name).to_owned())
                .collect(),
        }
    }

    /// As the query of a URL: `video=..&audio=..&file=..`, lists with commas. Codec names need no escaping.
    pub fn query(&self) -> String {
        let list = |name: &str, entries: &[String]| format!("{name}={}", entries.join(","));
        [list("video", &self.video), list("audio", &self.audio), list("file", &self.file)].join("&")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_names_every_list() {
        let capabilities = Capabilities {
            video: vec!["avc1.640028".into(), "hvc1.1.6.L120.90".into()],
            audio: vec!["mp4a.40.2".into()],
            file: Vec::new(),
        };
        assert_eq!(capabilities.query(), "video=avc1.640028,hvc1.1.6.L120.90&audio=mp4a.40.2&file=");
    }

    #[test]
    fn no_name_needs_escaping_in_a_query() {
        let safe = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
        assert!(VIDEO.iter().chain(AUDIO).copied().chain(FILES.iter().map(|(name, _)| *name)).all(safe));
    }
}
