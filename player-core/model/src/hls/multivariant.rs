//! The multivariant playlist: which variant streams and renditions there are.

use super::{
    AllowedCpc, ClosedCaptions, Definition, HdcpLevel, Key, Score, Start, SupplementalCodec, Variables, VideoRange,
};
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
    pub audio: Vec<Rendition>,
    /// Video renditions of all groups (other angles).
    pub video: Vec<Rendition>,
    /// Subtitles of all groups.
    pub subtitles: Vec<Rendition>,
    /// Closed captions of all groups: where in the video stream they are.
    pub closed_captions: Vec<Rendition>,
    /// `EXT-X-I-FRAME-STREAM-INF`: playlists of keyframes for trick play (RFC 8216 §4.3.4.3). They have no groups but
    /// `video_group`, and no frame rate.
    pub i_frames: Vec<VariantStream>,
    /// `EXT-X-SESSION-DATA`.
    pub session_data: Vec<SessionData>,
    /// `EXT-X-SESSION-KEY`: keys that media playlists will ask for (RFC 8216 §4.3.4.5).
    pub session_keys: Vec<Key>,
    /// `EXT-X-CONTENT-STEERING`.
    pub steering: Option<ContentSteering>,
    /// `EXT-X-START`.
    pub start: Option<Start>,
    /// `EXT-X-DEFINE`; what is read is expanded already.
    pub definitions: Vec<Definition>,
}

impl MultivariantPlaylist {
    /// The audio renditions of one group, in the order of the playlist.
    pub fn audio_group<'a>(&'a self, group: &'a str) -> impl Iterator<Item = &'a Rendition> + 'a {
        self.audio.iter().filter(move |rendition| rendition.group == group)
    }

    /// The variables that media playlists of this presentation may import (rfc8216bis §4.4.2.3).
    pub fn variables(&self) -> Variables {
        self.definitions.iter().map(|one| (one.name.clone(), one.value.clone())).collect()
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
    /// `VIDEO`: the group of its video renditions.
    pub video_group: Option<String>,
    /// `SUBTITLES`: the group of its subtitles.
    pub subtitle_group: Option<String>,
    /// `CLOSED-CAPTIONS`: the group of its closed captions.
    pub closed_captions: Option<ClosedCaptions>,
    /// `HDCP-LEVEL`.
    pub hdcp_level: Option<HdcpLevel>,
    /// `SCORE`.
    pub score: Option<Score>,
    /// `SUPPLEMENTAL-CODECS`.
    pub supplemental_codecs: Vec<SupplementalCodec>,
    /// `VIDEO-RANGE`; absent, it is SDR.
    pub video_range: Option<VideoRange>,
    /// `REQ-VIDEO-LAYOUT`: specifiers such as `CH-STEREO` that a client must know to show the picture, as written.
    pub required_layout: Option<String>,
    /// `ALLOWED-CPC`.
    pub allowed_cpc: Vec<AllowedCpc>,
    /// `PATHWAY-ID`; absent, it is `.`.
    pub pathway: Option<String>,
    /// `STABLE-VARIANT-ID`.
    pub stable_id: Option<String>,
    /// `NAME`: in no edition, and in many playlists.
    pub name: Option<String>,
}

impl VariantStream {
    /// Whether two variants differ in nothing but where they are and what is heard and read with them: redundant copies
    /// (RFC 8216 §6.2.4).
    pub fn is_alike(&self, other: &Self) -> bool {
        self.bandwidth == other.bandwidth
            && self.average_bandwidth == other.average_bandwidth
            && self.resolution == other.resolution
            && self.frame_rate == other.frame_rate
            && self.codecs == other.codecs
            && self.video_range == other.video_range
            && self.video_group == other.video_group
    }
}

/// A rendition (`EXT-X-MEDIA`, RFC 8216 §4.3.4.1). Its type is that of the list it stands in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendition {
    /// `GROUP-ID`.
    pub group: String,
    /// `NAME`, for people.
    pub name: String,
    /// `LANGUAGE` (BCP 47).
    pub language: Option<String>,
    /// Address of the media playlist, as written; absent if the rendition is in the variant streams.
    pub uri: Option<String>,
    /// `DEFAULT`: played unless the viewer chooses otherwise.
    pub is_default: bool,
    /// `AUTOSELECT`: may be chosen by language.
    pub autoselect: bool,
    /// Number of channels out of `CHANNELS`.
    pub channels: Option<u32>,
    /// What follows the number of channels, such as `JOC` or `-/BINAURAL`, as written (rfc8216bis §4.4.6.1).
    pub channel_details: Option<String>,
    /// `ASSOC-LANGUAGE`: spoken in the other form of the language.
    pub assoc_language: Option<String>,
    /// `FORCED`: subtitles for what everybody has to read.
    pub forced: bool,
    /// `INSTREAM-ID`: which closed captions.
    pub instream_id: Option<String>,
    /// `CHARACTERISTICS`: uniform type identifiers, such as `public.accessibility.describes-video`.
    pub characteristics: Vec<String>,
    /// `BIT-DEPTH` of audio samples (rfc8216bis §4.4.6.1).
    pub bit_depth: Option<u32>,
    /// `SAMPLE-RATE` in Hz (rfc8216bis §4.4.6.1).
    pub sample_rate_hz: Option<u32>,
    /// `STABLE-RENDITION-ID`.
    pub stable_id: Option<String>,
    /// `PATHWAY-ID`: renditions of one group may be on several pathways.
    pub pathway: Option<String>,
}

/// Anything about the presentation (`EXT-X-SESSION-DATA`, RFC 8216 §4.3.4.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionData {
    /// `DATA-ID`, a reverse domain name.
    pub id: String,
    /// What it says, or where.
    pub content: SessionContent,
    /// `LANGUAGE` (BCP 47).
    pub language: Option<String>,
}

/// What session data says, or where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionContent {
    /// `VALUE`.
    Value(String),
    /// `URI` of JSON, as written.
    Json(String),
    /// `URI` of bytes of any kind (`FORMAT=RAW`, rfc8216bis §4.4.6.4), as written.
    Raw(String),
}

/// Who is asked from where to load (`EXT-X-CONTENT-STEERING`, rfc8216bis §4.4.6.6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContentSteering {
    /// `SERVER-URI`, as written.
    pub server_uri: String,
    /// `PATHWAY-ID`: the pathway until it answers.
    pub pathway: Option<String>,
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
