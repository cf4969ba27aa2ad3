//! What the scan learned of one media file; stored, so that nothing is probed at play time.
//!
//! [`encode`] and [`decode`] give the form in which it is stored. All times are on the presentation timeline, which
//! starts at zero with the first thing that is seen or heard.

#[cfg(test)]
pub(crate) mod example;
mod stored;

pub use stored::{decode, encode};

use media_model::{AudioCodec, CodecString, MediaDuration, MediaTime, Resolution, VideoCodec};

/// One media file, described.
#[derive(Clone, Debug, PartialEq)]
pub struct MediaFacts {
    /// How the streams are wrapped.
    pub container: Container,
    /// The container's own presentation time (edit lists and codec delays applied) of the timeline's zero.
    pub origin: MediaTime,
    /// Length of the presentation, from zero to the end of the stream that ends last.
    pub duration: MediaDuration,
    /// The video stream that is played, if there is one (attached pictures do not count).
    pub video: Option<VideoFacts>,
    /// Audio streams in file order.
    pub audio: Vec<AudioFacts>,
    /// Subtitle streams in file order.
    pub subtitles: Vec<SubtitleFacts>,
    /// Chapters in order.
    pub chapters: Vec<ChapterFacts>,
}

/// How the streams of a file are wrapped, and so who can read its samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Container {
    /// MP4 or MOV; read by our own code.
    Mp4,
    /// Matroska; read by our own code.
    Matroska,
    /// WebM, the profile of Matroska that browsers play; read by our own code.
    WebM,
    /// An audio file (FLAC, MP3, Ogg, WAV, ...), by name; described by symphonia.
    Audio(String),
    /// Anything else, by GStreamer's name; always transcoded.
    Other(String),
}

/// A video stream.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoFacts {
    /// Number of the track in its container.
    pub track: u32,
    /// Codec; `None` if we have no name for it.
    pub codec: Option<VideoCodec>,
    /// RFC 6381 string, from the parameter sets.
    pub codec_string: Option<CodecString>,
    /// Coded picture size.
    pub coded: Resolution,
    /// Picture size as shown: with the pixel aspect ratio and the rotation applied.
    pub shown: Resolution,
    /// Clockwise rotation for display, degrees: 0, 90, 180 or 270.
    pub rotation: u16,
    /// When its first frame is shown.
    pub start: MediaTime,
    /// Frames per thousand seconds, mean; 0 if unknown.
    pub frames_per_1000_s: u32,
    /// Whether frames are known not to be shown for the same time each.
    pub variable_frame_rate: bool,
    /// Bits of a colour sample; `None` if unknown.
    pub bit_depth: Option<u8>,
    /// Whether fields are interlaced.
    pub interlaced: bool,
    /// Mean rate, bits per second; 0 if unknown.
    pub bitrate_bps: u64,
    /// Peak segment bit rate (RFC 8216 §4.1) of the copied stream, or a bound of it, with the boxes of CMAF; bits per
    /// second, 0 if unknown.
    pub peak_bps: u64,
    /// Where decoding can begin, in order. Empty if unknown: such a stream is not copied.
    pub keyframes: Vec<MediaTime>,
    /// Whether all groups of pictures are known to be closed, so that it may be cut at keyframes and copied.
    pub closed_gops: bool,
}

/// An audio stream.
#[derive(Clone, Debug, PartialEq)]
pub struct AudioFacts {
    /// Number of the track in its container.
    pub track: u32,
    /// Codec; `None` if we have no name for it.
    pub codec: Option<AudioCodec>,
    /// RFC 6381 string.
    pub codec_string: Option<CodecString>,
    /// Number of channels.
    pub channels: u16,
    /// Samples per second.
    pub sample_rate: u32,
    /// Mean rate, bits per second; 0 if unknown.
    pub bitrate_bps: u64,
    /// Peak segment bit rate (RFC 8216 §4.1) of the copied stream, or a bound of it, with the boxes of CMAF; bits per
    /// second, 0 if unknown.
    pub peak_bps: u64,
    /// Sample of the timeline at which the grid of its packets begins, below 1024; see [`crate::grid::PacketGrid`]. Of
    /// interest for AAC only.
    pub phase: u32,
    /// Language code as in the file.
    pub language: Option<String>,
    /// Name in the file.
    pub title: Option<String>,
    /// Whether the file marks it as the default.
    pub default: bool,
}

/// A subtitle stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubtitleFacts {
    /// Number of the track in its container.
    pub track: u32,
    /// Codec as in the file, such as `subrip`.
    pub codec: String,
    /// Language code as in the file.
    pub language: Option<String>,
    /// Name in the file.
    pub title: Option<String>,
    /// Whether the file marks it as forced.
    pub forced: bool,
}

/// A chapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChapterFacts {
    /// Where it starts.
    pub start: MediaTime,
    /// Its name.
    pub title: Option<String>,
}

impl VideoFacts {
    /// Whether its samples may be written into CMAF as they are: a codec that we copy, cut points that are known, and
    /// nothing that a decoder has to be told beside the samples.
    pub fn copyable(&self) -> bool {
        let codec = matches!(self.codec, Some(VideoCodec::H264 | VideoCodec::Hevc));
        codec && self.codec_string.is_some() && !self.keyframes.is_empty() && self.closed_gops && self.rotation == 0
    }
}

impl AudioFacts {
    /// Whether its access units may be written into CMAF as they are: AAC-LC with one or two channels.
    pub fn copyable(&self) -> bool {
        let low_complexity = self.codec_string.as_ref().is_some_and(|codec| codec.as_str() == "mp4a.40.2");
        self.codec == Some(AudioCodec::Aac) && low_complexity && matches!(self.channels, 1 | 2)
    }
}

impl Container {
    /// Whether our own readers give samples of it.
    pub fn is_read_natively(&self) -> bool {
        match self {
            Self::Mp4 | Self::Matroska | Self::WebM => true,
            Self::Audio(_) | Self::Other(_) => false,
        }
    }
}
