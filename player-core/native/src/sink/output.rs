//! Where pictures and sound come out.

use gstreamer as gst;
use gstreamer::prelude::*;
use player_core::message::Track;

use super::SinkError;
use super::chain::make;

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
}

impl Output {
    /// One of the numbers a sink keeps (`rendered`, `dropped`), if it keeps them.
    pub(super) fn count(&self, name: &str) -> Option<u64> {
        count(&self.last, name)
    }
}

impl Surface {
    /// Puts the output of a track into the pipeline.
    pub(super) fn output(self, pipeline: &gst::Pipeline, track: Track) -> Result<Output, SinkError> {
        let elements = match (self, track) {
            (Self::Nowhere, Track::Video) => vec![nowhere("fakevideosink")?],
            (Self::Nowhere, Track::Audio) => vec![nowhere("fakeaudiosink")?],
            (Self::Window, Track::Video) => vec![make("queue")?, make("videoconvertscale")?, make("autovideosink")?],
            (Self::Window, Track::Audio) => {
                vec![make("queue")?, make("audioconvert")?, make("audioresample")?, speakers()?]
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
        ends.map(|(first, last)| Output { first, last }).ok_or(SinkError::Pipeline("no output"))
    }
}

fn nowhere(name: &'static str) -> Result<gst::Element, SinkError> {
    let sink = make(name)?;
    sink.set_property("sync", true);
    Ok(sink)
}

/// The speakers, or silence where there are none.
fn speakers() -> Result<gst::Element, SinkError> {
    let sink = make("autoaudiosink")?;
    // Some devices are only opened on the way to `Paused`, and one that is not there must not stop the pictures.
    let works = sink.set_state(gst::State::Paused).is_ok() && sink.set_state(gst::State::Ready).is_ok();
    if works {
        return Ok(sink);
    }
    tracing::warn!("no sound: there is no audio output");
    // It never started; letting it go is all there is to do.
    let _ = sink.set_state(gst::State::Null);
    nowhere("fakeaudiosink")
}

fn count(sink: &gst::Element, name: &str) -> Option<u64> {
    if sink.has_property("stats") {
        return sink.property::<gst::Structure>("stats").get(name).ok();
    }
    // The automatic sinks hold the one they chose.
    let chosen = sink.downcast_ref::<gst::Bin>()?.iterate_sinks().next().ok()??;
    count(&chosen, name)
}
