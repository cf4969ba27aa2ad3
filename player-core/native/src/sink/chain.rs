//! The elements that turn one track's access units into pictures or sound: source, parser, decoder, output.

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSrc;

use super::SinkError;
use super::coding::Coding;

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
