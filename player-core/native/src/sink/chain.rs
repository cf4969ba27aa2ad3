//! The elements that turn one track's access units into pictures or sound: source, parser, decoder, output.

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSrc;
use media_container::{CodecConfig, TrackConfig};

use super::SinkError;

/// Which decoder a track needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    H264,
    H265,
    Aac,
}

impl Coding {
    pub(super) fn of(config: &TrackConfig) -> Self {
        match config.codec {
            CodecConfig::Avc { .. } => Self::H264,
            CodecConfig::Hevc { .. } => Self::H265,
            CodecConfig::Aac { .. } => Self::Aac,
        }
    }

    /// From a media type with its `codecs` parameter (RFC 6381).
    pub(super) fn of_mime(mime: &str) -> Option<Self> {
        let codecs = mime.split_once("codecs=")?.1.trim_matches(|sign| sign == '"' || sign == ' ');
        codecs.split(',').find_map(|codec| match codec.trim().split('.').next()? {
            "avc1" | "avc3" => Some(Self::H264),
            "hvc1" | "hev1" => Some(Self::H265),
            "mp4a" => Some(Self::Aac),
            _ => None,
        })
    }

    /// Parser and decoder. Named rather than found by rank: decodebin3 fails with these sources, and what was tried is
    /// what runs.
    fn elements(self) -> &'static [&'static str] {
        match self {
            Self::H264 => &["h264parse", "avdec_h264"],
            Self::H265 => &["h265parse", "avdec_h265"],
            Self::Aac => &["aacparse", "avdec_aac"],
        }
    }
}

/// What the decoder must know before the first unit.
pub(super) fn caps(config: &TrackConfig) -> gst::Caps {
    let buffer = |bytes: &bytes::Bytes| gst::Buffer::from_slice(bytes.clone());
    match &config.codec {
        CodecConfig::Avc { avcc, .. } => picture_caps("video/x-h264", "avc", buffer(avcc), config),
        CodecConfig::Hevc { hvcc, .. } => picture_caps("video/x-h265", "hvc1", buffer(hvcc), config),
        CodecConfig::Aac { asc, channels, sample_rate } => gst::Caps::builder("audio/mpeg")
            .field("mpegversion", 4_i32)
            .field("stream-format", "raw")
            .field("framed", true)
            .field("channels", i32::from(*channels))
            .field("rate", i32::try_from(*sample_rate).unwrap_or(i32::MAX))
            .field("codec_data", buffer(asc))
            .build(),
    }
}

fn picture_caps(name: &str, format: &str, codec_data: gst::Buffer, config: &TrackConfig) -> gst::Caps {
    let caps = gst::Caps::builder(name)
        .field("stream-format", format)
        .field("alignment", "au")
        .field("codec_data", codec_data);
    let aspect = config.pixel_aspect.and_then(|(x, y)| Some((i32::try_from(x).ok()?, i32::try_from(y).ok()?)));
    match aspect {
        Some((x, y)) if x > 0 && y > 0 => caps.field("pixel-aspect-ratio", gst::Fraction::new(x, y)).build(),
        Some(_) | None => caps.build(),
    }
}

/// Source, parser and decoder of one track, linked to its output.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) coding: Coding,
    pub(super) source: AppSrc,
    elements: Vec<gst::Element>,
}

impl Chain {
    /// Puts the elements into the pipeline, in front of `output`.
    pub(super) fn build(pipeline: &gst::Pipeline, coding: Coding, output: &gst::Element) -> Result<Self, SinkError> {
        let source = AppSrc::builder()
            .format(gst::Format::Time)
            .stream_type(gstreamer_app::AppStreamType::Seekable)
            .block(false)
            .max_bytes(0)
            .build();
        // A seek reaches the source from inside our own call to seek, which then fills it anew.
        source.set_callbacks(gstreamer_app::AppSrcCallbacks::builder().seek_data(|_, _| true).build());
        let mut elements = vec![source.clone().upcast::<gst::Element>()];
        for name in coding.elements() {
            elements.push(make(name)?);
        }
        pipeline.add_many(&elements).map_err(|_| SinkError::Pipeline("cannot add elements"))?;
        gst::Element::link_many(elements.iter().chain([output])).map_err(|_| SinkError::Pipeline("cannot link"))?;
        Ok(Self { coding, source, elements })
    }

    /// Takes another decoder in place of this one; the pipeline must stand still.
    pub(super) fn rebuild(
        &mut self,
        pipeline: &gst::Pipeline,
        coding: Coding,
        output: &gst::Element,
    ) -> Result<(), SinkError> {
        for element in &self.elements {
            // A decoder that does not stop is taken out all the same.
            let _ = element.set_state(gst::State::Null);
        }
        pipeline.remove_many(&self.elements).map_err(|_| SinkError::Pipeline("cannot remove elements"))?;
        *self = Self::build(pipeline, coding, output)?;
        Ok(())
    }
}

/// One element by the name of its factory.
pub(super) fn make(name: &'static str) -> Result<gst::Element, SinkError> {
    gst::ElementFactory::make(name).build().map_err(|_| SinkError::Missing(name))
}
