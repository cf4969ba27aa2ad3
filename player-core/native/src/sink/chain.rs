//! The elements that turn one track's access units into pictures or sound: source, parser, decoder, output.

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSrc;

use super::SinkError;
use super::coding::Coding;
use super::decoder::{Decoder, Decoders};

/// Source, parser and decoder of one track, linked to its output.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) coding: Coding,
    pub(super) source: AppSrc,
    /// What decodes.
    pub(super) decoder: Decoder,
    decoding: gst::Element,
    elements: Vec<gst::Element>,
}

impl Chain {
    /// Puts the elements into the pipeline, in front of `output`.
    pub(super) fn build(
        pipeline: &gst::Pipeline,
        decoders: &Decoders,
        coding: Coding,
        output: &gst::Element,
    ) -> Result<Self, SinkError> {
        let source = AppSrc::builder()
            .format(gst::Format::Time)
            .stream_type(gstreamer_app::AppStreamType::Seekable)
            .block(false)
            .max_bytes(0)
            .build();
        // A seek reaches the source from inside our own call to seek, which then fills it anew.
        source.set_callbacks(gstreamer_app::AppSrcCallbacks::builder().seek_data(|_, _| true).build());
        let (decoding, decoder) = decoders.choose(coding)?;
        let elements = vec![source.clone().upcast::<gst::Element>(), make(coding.parser())?, decoding.clone()];
        pipeline.add_many(&elements).map_err(|_| SinkError::Pipeline("cannot add elements"))?;
        gst::Element::link_many(elements.iter().chain([output])).map_err(|_| SinkError::Pipeline("cannot link"))?;
        Ok(Self { coding, source, decoder, decoding, elements })
    }

    /// Whether the decoder, or something inside it, is what speaks.
    pub(super) fn is_decoder(&self, speaker: &gst::Object) -> bool {
        speaker == self.decoding.upcast_ref::<gst::Object>() || speaker.has_as_ancestor(&self.decoding)
    }

    /// Takes the elements out of the pipeline, which must stand still.
    pub(super) fn remove(&self, pipeline: &gst::Pipeline) -> Result<(), SinkError> {
        remove(pipeline, &self.elements)
    }
}

/// Takes elements out of a pipeline that stands still.
pub(super) fn remove(pipeline: &gst::Pipeline, elements: &[gst::Element]) -> Result<(), SinkError> {
    for element in elements {
        // One that does not stop is taken out all the same.
        let _ = element.set_state(gst::State::Null);
    }
    pipeline.remove_many(elements).map_err(|_| SinkError::Pipeline("cannot remove elements"))
}

/// One element by the name of its factory.
pub(super) fn make(name: &'static str) -> Result<gst::Element, SinkError> {
    gst::ElementFactory::make(name).build().map_err(|_| SinkError::Missing(name))
}
