//! Codecs, as they are named in playlists and asked for by clients.

use std::fmt;

/// A video codec we know by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VideoCodec {
    /// H.264 / AVC.
    H264,
    /// H.265 / HEVC.
    Hevc,
    /// AV1.
    Av1,
    /// VP8.
    Vp8,
    /// VP9.
    Vp9,
    /// MPEG-2 video.
    Mpeg2,
    /// MPEG-4 part 2 (DivX, Xvid).
    Mpeg4,
    /// VC-1.
    Vc1,
}

/// An audio codec we know by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AudioCodec {
    /// AAC, any profile.
    Aac,
    /// MPEG audio layer 3.
    Mp3,
    /// MPEG audio layer 2.
    Mp2,
    /// Dolby Digital.
    Ac3,
    /// Dolby Digital Plus.
    Eac3,
    /// Opus.
    Opus,
    /// Vorbis.
    Vorbis,
    /// FLAC.
    Flac,
    /// Apple Lossless.
    Alac,
    /// DTS, any kind.
    Dts,
    /// Dolby TrueHD.
    TrueHd,
    /// Linear PCM.
    Pcm,
}

/// One entry of a CODECS attribute or of a client's capability list, such as `avc1.640028` (RFC 6381).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodecString(String);

impl CodecString {
    /// Takes one trimmed entry as it stands.
    pub fn new(entry: impl Into<String>) -> Self {
        Self(entry.into())
    }

    /// The entry as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The video codec it names, if it names one.
    pub fn video(&self) -> Option<VideoCodec> {
        match self.family() {
            "avc1" | "avc3" => Some(VideoCodec::H264),
            "hvc1" | "hev1" => Some(VideoCodec::Hevc),
            "av01" => Some(VideoCodec::Av1),
            "vp08" | "vp8" => Some(VideoCodec::Vp8),
            "vp09" | "vp9" => Some(VideoCodec::Vp9),
            _ => None,
        }
    }

    /// The audio codec it names, if it names one.
    pub fn audio(&self) -> Option<AudioCodec> {
        match self.family() {
            "mp4a" if matches!(self.0.as_str(), "mp4a.69" | "mp4a.6B" | "mp4a.6b" | "mp4a.40.34") => {
                Some(AudioCodec::Mp3)
            }
            "mp4a" => Some(AudioCodec::Aac),
            "mp3" => Some(AudioCodec::Mp3),
            "ac-3" => Some(AudioCodec::Ac3),
            "ec-3" => Some(AudioCodec::Eac3),
            "opus" | "Opus" => Some(AudioCodec::Opus),
            "vorbis" => Some(AudioCodec::Vorbis),
            "flac" | "fLaC" => Some(AudioCodec::Flac),
            "alac" => Some(AudioCodec::Alac),
            _ => None,
        }
    }

    /// The part before the first dot.
    pub fn family(&self) -> &str {
        self.0.split('.').next().unwrap_or_default()
    }
}

impl fmt::Display for CodecString {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
