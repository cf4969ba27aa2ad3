//! The multivariant playlist: which variant streams and renditions there are.

use crate::{BitsPerSecond, CodecString, Resolution};

/// A multivariant playlist (RFC 8216 §4.3.4).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MultivariantPlaylist {
    /// `EXT-X-VERSION`; 1 if absent.
    pub version: u16,
    /// `EXT-X-INDEPENDENT-SEGMENTS`: every segment of every variant starts with a keyframe.
    pub independent_segments: bool,
    /// Variant streams in the order of the playlist; the first is the server's suggestion to start with.
    pub variants: Vec<VariantStream>,
    /// Audio renditions of all groups, in the order of the playlist.
    pub audio: Vec<AudioRendition>,
}

impl MultivariantPlaylist {
    /// The audio renditions of one group, in the order of the playlist.
    pub fn audio_group<'a>(&'a self, group: &'a str) -> impl Iterator<Item = &'a AudioRendition> + 'a {
        self.audio.iter().filter(move |rendition| rendition.group == group)
    }
}

/// A variant stream (`EXT-X-STREAM-INF`, RFC 8216 §4.3.4.2).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VariantStream {
    /// Address of the media playlist, as written.
    pub uri: String,
    /// `BANDWIDTH`: upper bound of the segment bit rate, with every rendition it is played with.
    pub bandwidth: BitsPerSecond,
    /// `AVERAGE-BANDWIDTH`.
    pub average_bandwidth: Option<BitsPerSecond>,
    /// `CODECS`, one entry each; empty if absent.
    pub codecs: Vec<CodecString>,
    /// `RESOLUTION`.
    pub resolution: Option<Resolution>,
    /// `FRAME-RATE`.
    pub frame_rate: Option<FrameRate>,
    /// `AUDIO`: the group of its audio renditions.
    pub audio_group: Option<String>,
}

/// An audio rendition (`EXT-X-MEDIA` of `TYPE=AUDIO`, RFC 8216 §4.3.4.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AudioRendition {
    /// `GROUP-ID`.
    pub group: String,
    /// `NAME`, for people.
    pub name: String,
    /// `LANGUAGE` (BCP 47).
    pub language: Option<String>,
    /// Address of the media playlist, as written; absent if the audio is muxed into the variant streams.
    pub uri: Option<String>,
    /// `DEFAULT`: played unless the viewer chooses otherwise.
    pub is_default: bool,
    /// `AUTOSELECT`: may be chosen by language.
    pub autoselect: bool,
    /// Number of channels out of `CHANNELS`.
    pub channels: Option<u32>,
}

/// Frames per second, exact to a thousandth, as `FRAME-RATE` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameRate(u32);

impl FrameRate {
    /// `frames` frames in 1,000 seconds: 23,976 for film on video.
    pub const fn from_thousandths(frames: u32) -> Self {
        Self(frames)
    }

    /// Frames in 1,000 seconds.
    pub const fn thousandths(self) -> u32 {
        self.0
    }

    /// Frames per second, for people and for `hls_m3u8`.
    #[expect(clippy::cast_possible_truncation, reason = "three decimals of a frame rate fit in a f32")]
    pub fn per_second(self) -> f32 {
        (f64::from(self.0) / 1e3) as f32
    }
}
