//! Names of the streams of a source, as they stand in URLs and cache paths.

use std::fmt;
use std::str::FromStr;

use media_model::{Ladder, Rung};

/// One stream of a source that a player can ask for.
///
/// Written `original`, `1080p` (a rung), `source` (a rung at the source's own size), `audio-0` (copied) or `audio-0-aac`
/// (encoded).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamName {
    /// The video stream as it is in the file.
    Original,
    /// The video stream encoded by the rung of the ladder with this name, or `source`.
    Rung(RungName),
    /// An audio stream as it is in the file, by its place among the audio streams.
    Audio(u16),
    /// An audio stream encoded to stereo AAC, by its place among the audio streams.
    AudioAac(u16),
}

/// Name of a rung: one of the ladder's, or `source`. Only known names exist, so it is safe in a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RungName(&'static str);

impl RungName {
    /// The rung at the source's own size.
    pub const SOURCE: Self = Self("source");

    /// The name of a rung of the ladder.
    pub const fn of(rung: &Rung) -> Self {
        Self(rung.name)
    }

    /// The name as text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// The text names no stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a stream name")]
pub struct NotAStreamName;

impl FromStr for StreamName {
    type Err = NotAStreamName;

    /// Takes exactly what `Display` writes, so that every stream has one name.
    fn from_str(text: &str) -> Result<Self, NotAStreamName> {
        if text == "original" {
            return Ok(Self::Original);
        }
        if text == RungName::SOURCE.0 {
            return Ok(Self::Rung(RungName::SOURCE));
        }
        if let Some(rung) = Ladder::s1().rungs().iter().find(|rung| rung.name == text) {
            return Ok(Self::Rung(RungName::of(rung)));
        }
        let rest = text.strip_prefix("audio-").ok_or(NotAStreamName)?;
        let (digits, encoded) = rest.strip_suffix("-aac").map_or((rest, false), |digits| (digits, true));
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !plain || (digits.len() > 1 && digits.starts_with('0')) {
            return Err(NotAStreamName);
        }
        let index = digits.parse().map_err(|_| NotAStreamName)?;
        Ok(if encoded { Self::AudioAac(index) } else { Self::Audio(index) })
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Original => formatter.write_str("original"),
            Self::Rung(rung) => formatter.write_str(rung.0),
            Self::Audio(index) => write!(formatter, "audio-{index}"),
            Self::AudioAac(index) => write!(formatter, "audio-{index}-aac"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for text in ["original", "source", "1080p", "720p", "480p", "360p", "audio-0", "audio-12", "audio-3-aac"] {
            assert_eq!(text.parse::<StreamName>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn nothing_else_is_a_name() {
        for text in ["", "audio-", "audio-00", "audio-+1", "audio-70000", "audio--aac", "144p", "../720p", "720P"] {
            assert_eq!(text.parse::<StreamName>(), Err(NotAStreamName), "{text}");
        }
    }
}
