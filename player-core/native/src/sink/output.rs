//! Where pictures and sound come out.

use gstreamer as gst;
use gstreamer::prelude::*;
use player_core::message::Track;

use super::SinkError;
use super::chain::{make, remove};

/// A device that takes longer to open is not there.
const OPENING: gst::ClockTime = gst::ClockTime::from_seconds(5);

/// Where pictures and sound go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// A window of its own, and the speakers if there are any.
    Window,
    /// Nowhere, but at the pace of a clock: for tests and measurements.
    Nowhere,
}

/// The output of one track.
#[derive(Debug)]
pub(super) struct Output {
    /// What the decoder is linked to.
    pub(super) first: gst::Element,
    last: gst::Element,
    elements: Vec<gst::Element>,
    /// Sound that should be heard goes nowhere, as there is no audio output.
    pub(super) mute: bool,
}

impl Output {
    /// One of the numbers a sink keeps (`rendered`, `dropped`), if it keeps them.
    pub(super) fn count(&self, name: &str) -> Option<u64> {
        count(&self.last, name)
    }

    /// Whether one of its elements, or something inside one, is what speaks.
    pub(super) fn is_at(&self, speaker: &gst::Object) -> bool {
        let is = |element: &gst::Element| speaker == element.upcast_ref::<gst::Object>();
        self.elements.iter().any(|element| is(element) || speaker.has_as_ancestor(element))
    }

    /// Takes the elements out of the pipeline, which must stand still.
    pub(super) fn remove(&self, pipeline: &gst::Pipeline) -> Result<(), SinkError> {
        remove(pipeline, &self.elements)
    }
}

impl Surface {
    /// Whether there is such a thing. GStreamer's own search for a window crashes where there is no display.
    pub(super) fn is_there(self) -> bool {
        let has_display = || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
        match self {
            Self::Window => !cfg!(target_os = "linux") || has_display(),
            Self::Nowhere => true,
        }
    }

    /// Puts the output of a track into the pipeline; sound goes nowhere for now if it is not to be `heard`.
    pub(super) fn output(self, pipeline: &gst::Pipeline, track: Track, heard: bool) -> Result<Output, SinkError> {
        let mut mute = false;
        let elements = match (self, track) {
            (Self::Nowhere, Track::Video) => vec![nowhere("fakevideosink")?],
            (Self::Nowhere, Track::Audio) => vec![nowhere("fakeaudiosink")?],
            (Self::Window, Track::Video) => vec![make("queue")?, make("videoconvertscale")?, make("autovideosink")?],
            (Self::Window, Track::Audio) => {
                let speakers = heard.then(speakers).flatten();
                mute = speakers.is_none();
                if mute {
                    tracing::warn!("no sound: there is no audio output");
                }
                let end = speakers.map_or_else(|| nowhere("fakeaudiosink"), Ok)?;
                vec![make("queue")?, make("audioconvert")?, make("audioresample")?, end]
            }
        };
        if let Some(queue) = elements.first().filter(|element| element.has_property("max-size-buffers")) {
            // A few decoded frames smooth the decoder's pace; more would cost memory.
            queue.set_property("max-size-buffers", 4_u32);
            queue.set_property("max-size-bytes", 0_u32);
        }
        pipeline.add_many(&elements).map_err(|_| SinkError::Pipeline("cannot add outputs"))?;
        gst::Element::link_many(&elements).map_err(|_| SinkError::Pipeline("cannot link outputs"))?;
        let ends = elements.first().cloned().zip(elements.last().cloned());
        ends.map(|(first, last)| Output { first, last, elements, mute }).ok_or(SinkError::Pipeline("no output"))
    }
}

fn nowhere(name: &'static str) -> Result<gst::Element, SinkError> {
    let sink = make(name)?;
    sink.set_property("sync", true);
    Ok(sink)
}

/// The speakers, if there are any that can be opened.
fn speakers() -> Option<gst::Element> {
    let sink = make("autoaudiosink").ok()?;
    // Some devices are only opened on the way to `Paused`, and one that is not there must not stop the pictures.
    let opens = sink.set_state(gst::State::Paused).is_ok()
        && chosen(&sink).is_some_and(|chosen| !is_fake(&chosen))
        // A sound server without a device opens, and takes nothing.
        && sink.static_pad("sink").is_some_and(|pad| !pad.query_caps(None).is_empty());
    // What found nothing has nothing to let go of.
    let _ = sink.set_state(if opens { gst::State::Ready } else { gst::State::Null });
    opens.then_some(sink)
}

/// Whether sound comes out somewhere, found out by playing something.
pub(super) fn can_be_heard() -> bool {
    let pipeline = gst::Pipeline::new();
    let opens = || {
        let silence = gst::ElementFactory::make("audiotestsrc").property_from_str("wave", "silence").build().ok()?;
        let elements = [silence, make("audioconvert").ok()?, make("audioresample").ok()?, speakers()?];
        pipeline.add_many(&elements).ok()?;
        gst::Element::link_many(&elements).ok()?;
        pipeline.set_state(gst::State::Paused).ok()?;
        pipeline.state(OPENING).0.ok()
    };
    let opened = opens() == Some(gst::StateChangeSuccess::Success);
    // It was never meant to play.
    let _ = pipeline.set_state(gst::State::Null);
    opened
}

/// What an automatic sink chose.
fn chosen(sink: &gst::Element) -> Option<gst::Element> {
    sink.downcast_ref::<gst::Bin>()?.iterate_sinks().next().ok()?
}

/// An automatic sink that finds nothing takes this.
fn is_fake(sink: &gst::Element) -> bool {
    sink.factory().is_some_and(|factory| factory.name() == "fakesink")
}

fn count(sink: &gst::Element, name: &str) -> Option<u64> {
    if sink.has_property("stats") {
        return sink.property::<gst::Structure>("stats").get(name).ok();
    }
    // The automatic sinks hold the one they chose.
    count(&chosen(sink)?, name)
}
