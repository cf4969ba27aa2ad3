//! Why a cheaper way was not possible.

use std::fmt;

use media_model::{AudioCodec, CodecString, VideoCodec};

/// One reason: [`Reason::code`] for programs, `Display` for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The client does not play files of this kind.
    ContainerNotSupported {
        /// The container.
        container: String,
    },
    /// Samples of this container are not read by the server itself.
    ContainerNotRead,
    /// The client has no decoder for the video.
    VideoCodecNotSupported {
        /// The codec, if we know it.
        codec: Option<VideoCodec>,
    },
    /// The client's decoder does not do this profile.
    VideoProfileNotSupported {
        /// What the stream needs.
        stream: Option<CodecString>,
    },
    /// The stream is larger or faster than the client's decoder promises to manage.
    VideoLevelTooHigh {
        /// What the stream needs.
        stream: Option<CodecString>,
    },
    /// The server does not copy this codec into segments.
    VideoCodecNotCopied {
        /// The codec, if we know it.
        codec: Option<VideoCodec>,
    },
    /// The picture is taller than the client wants.
    TooTall {
        /// Rows as shown.
        height: u32,
        /// What the client wants at most.
        most: u32,
    },
    /// Fields are interlaced; browsers do not deinterlace.
    Interlaced,
    /// The picture has to be turned, which segments cannot say.
    Rotated {
        /// Clockwise.
        degrees: u16,
    },
    /// The file does not tell where decoding can begin.
    KeyframesUnknown,
    /// It tells, but they are so far apart that segments would be too long.
    KeyframesFarApart,
    /// The file lacks the parameter sets that a decoder needs at the start.
    ParametersMissing,
    /// Groups of pictures need pictures of the group before.
    OpenGop,
    /// The client has no decoder for an audio stream.
    AudioCodecNotSupported {
        /// Which audio stream, from 0.
        stream: usize,
        /// The codec, if we know it.
        codec: Option<AudioCodec>,
    },
    /// The server copies stereo AAC-LC only.
    AudioNotStereoAac {
        /// Which audio stream, from 0.
        stream: usize,
        /// The codec, if we know it.
        codec: Option<AudioCodec>,
        /// Number of its channels.
        channels: u16,
    },
}

impl Reason {
    /// Machine readable name; never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ContainerNotSupported { .. } => "container_not_supported",
            Self::ContainerNotRead => "container_not_read",
            Self::VideoCodecNotSupported { .. } => "video_codec_not_supported",
            Self::VideoProfileNotSupported { .. } => "video_profile_not_supported",
            Self::VideoLevelTooHigh { .. } => "video_level_too_high",
            Self::VideoCodecNotCopied { .. } => "video_codec_not_copied",
            Self::TooTall { .. } => "too_tall",
            Self::Interlaced => "interlaced",
            Self::Rotated { .. } => "rotated",
            Self::KeyframesUnknown => "keyframes_unknown",
            Self::KeyframesFarApart => "keyframes_far_apart",
            Self::ParametersMissing => "parameters_missing",
            Self::OpenGop => "open_gop",
            Self::AudioCodecNotSupported { .. } => "audio_codec_not_supported",
            Self::AudioNotStereoAac { .. } => "audio_not_stereo_aac",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContainerNotSupported { container } => write!(out, "This device does not play {container} files."),
            Self::ContainerNotRead => write!(out, "Streams of this kind of file cannot be copied."),
            Self::VideoCodecNotSupported { codec } => {
                write!(out, "This device does not decode {}.", video_name(*codec))
            }
            Self::VideoProfileNotSupported { stream } => {
                write!(out, "This device does not decode the profile of the video{}.", Noted(stream))
            }
            Self::VideoLevelTooHigh { stream } => {
                write!(out, "The video is larger or faster than this device can decode{}.", Noted(stream))
            }
            Self::VideoCodecNotCopied { codec } => {
                write!(out, "{} is not copied into segments.", capitalised(video_name(*codec)))
            }
            Self::TooTall { height, most } => {
                write!(out, "The picture has {height} rows and this device wants at most {most}.")
            }
            Self::Interlaced => write!(out, "The video is interlaced."),
            Self::Rotated { degrees } => write!(out, "The picture has to be turned by {degrees} degrees."),
            Self::KeyframesUnknown => write!(out, "The file does not say where decoding can begin."),
            Self::KeyframesFarApart => write!(out, "Keyframes are too far apart to cut the video at them."),
            Self::ParametersMissing => write!(out, "The file does not tell what a decoder has to know of the video."),
            Self::OpenGop => write!(out, "The video cannot be cut at its keyframes."),
            Self::AudioCodecNotSupported { stream, codec } => {
                write!(out, "This device does not decode {} (audio stream {}).", audio_name(*codec), stream + 1)
            }
            Self::AudioNotStereoAac { stream, codec, channels } => write!(
                out,
                "Audio stream {} is {} with {channels} channel{}; only mono and stereo AAC is copied.",
                stream + 1,
                audio_name(*codec),
                if *channels == 1 { "" } else { "s" }
            ),
        }
    }
}

/// A codec string in brackets, if there is one.
struct Noted<'a>(&'a Option<CodecString>);

impl fmt::Display for Noted<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |codec| write!(out, " ({codec})"))
    }
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn video_name(codec: Option<VideoCodec>) -> &'static str {
    match codec {
        Some(VideoCodec::H264) => "H.264",
        Some(VideoCodec::Hevc) => "HEVC",
        Some(VideoCodec::Av1) => "AV1",
        Some(VideoCodec::Vp8) => "VP8",
        Some(VideoCodec::Vp9) => "VP9",
        Some(VideoCodec::Mpeg2) => "MPEG-2 video",
        Some(VideoCodec::Mpeg4) => "MPEG-4 part 2 video",
        Some(VideoCodec::Vc1) => "VC-1",
        None => "this video codec",
    }
}

fn audio_name(codec: Option<AudioCodec>) -> &'static str {
    match codec {
        Some(AudioCodec::Aac) => "AAC",
        Some(AudioCodec::Mp3) => "MP3",
        Some(AudioCodec::Mp2) => "MP2",
        Some(AudioCodec::Ac3) => "Dolby Digital",
        Some(AudioCodec::Eac3) => "Dolby Digital Plus",
        Some(AudioCodec::Opus) => "Opus",
        Some(AudioCodec::Vorbis) => "Vorbis",
        Some(AudioCodec::Flac) => "FLAC",
        Some(AudioCodec::Alac) => "Apple Lossless",
        Some(AudioCodec::Dts) => "DTS",
        Some(AudioCodec::TrueHd) => "Dolby TrueHD",
        Some(AudioCodec::Pcm) => "PCM",
        None => "this audio codec",
    }
}
