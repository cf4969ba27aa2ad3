//! What the scan learned of one media file; stored, so that nothing is probed at play time.

use media_model::{AudioCodec, CodecString, MediaDuration, MediaTime, Resolution, VideoCodec};

/// One media file, described.
#[derive(Clone, Debug, PartialEq)]
pub struct MediaFacts {
    /// How the streams are wrapped.
    pub container: Container,
    /// Length of the presentation. Its timeline starts at zero: the container's own first timestamp is taken out.
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
    /// Frames per thousand seconds, mean; 0 if unknown.
    pub frames_per_1000_s: u32,
    /// Bits of a colour sample; `None` if unknown.
    pub bit_depth: Option<u8>,
    /// Whether fields are interlaced.
    pub interlaced: bool,
    /// Mean rate, bits per second; 0 if unknown.
    pub bitrate_bps: u64,
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
