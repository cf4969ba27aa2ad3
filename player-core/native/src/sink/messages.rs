//! What the pipeline says, and what is mended without a word to the core.

use gstreamer as gst;
use gstreamer::prelude::*;
use player_core::message::Track;

use super::lane::{Fault, Lane};
use super::{Sink, SinkError, micros};

/// What happened in the pipeline since it was asked last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SinkNews {
    /// A frame is on screen, the first or the first after a seek.
    Ready,
    /// The last frame has been shown.
    PlayedOut,
    /// A decoder or an output failed.
    Failed,
}

impl Sink {
    /// What a message of the pipeline means.
    #[expect(clippy::wildcard_enum_match_arm, reason = "GStreamer's messages, of which few concern us")]
    pub(crate) fn hear(&mut self, message: &gst::Message) -> Option<SinkNews> {
        // One of a pipeline that was replaced.
        let ours = message.src().is_some_and(|source| {
            source == self.pipeline.upcast_ref::<gst::Object>() || source.has_as_ancestor(&self.pipeline)
        });
        if !ours {
            return None;
        }
        match message.view() {
            gst::MessageView::AsyncDone(_) => {
                self.seeking = None;
                Some(SinkNews::Ready)
            }
            gst::MessageView::Eos(_) => Some(SinkNews::PlayedOut),
            gst::MessageView::Error(error) => self.mend(error),
            gst::MessageView::ClockLost(_) => {
                // Chooses another with the next start, which follows from `run`.
                self.change_state(gst::State::Paused).and_then(|()| self.run()).err().map(|_| SinkNews::Failed)
            }
            gst::MessageView::Latency(_) => {
                // Fails only while elements come and go, and then it is asked for again.
                let _ = self.pipeline.recalculate_latency();
                None
            }
            gst::MessageView::Qos(quality) => {
                self.count_skipped(quality);
                None
            }
            gst::MessageView::Warning(warning) => {
                tracing::warn!(warning = %warning.error(), "the pipeline complains");
                None
            }
            _ => None,
        }
    }

    /// A decoder that is late leaves frames out before the output sees them.
    fn count_skipped(&mut self, quality: &gst::message::Qos) {
        let element = quality.src().and_then(|source| source.downcast_ref::<gst::Element>());
        let kind =
            element.and_then(gst::Element::factory).and_then(|factory| factory.metadata("klass").map(str::to_owned));
        let of_pictures = kind.is_some_and(|kind| kind.contains("Decoder/Video"));
        if let (true, gst::GenericFormattedValue::Buffers(Some(skipped))) = (of_pictures, quality.stats().1) {
            self.skipped_frames = *skipped;
        }
    }

    /// Makes anew what an error came from, if that helps.
    fn mend(&mut self, error: &gst::message::Error) -> Option<SinkNews> {
        let fault = error.src().and_then(|speaker| self.lanes.iter().find_map(|lane| lane.fault(speaker)));
        let Some(fault) = fault else {
            tracing::error!(error = %error.error(), debug = ?error.debug(), "the pipeline failed");
            return Some(SinkNews::Failed);
        };
        tracing::warn!(?fault, error = %error.error(), "a part of the pipeline is made anew");
        let fault = match fault {
            Fault::Speakers { .. } => Fault::Speakers { heard: self.silence.begins() },
            Fault::Hardware => fault,
        };
        self.repair(fault).err().map(|_| SinkNews::Failed)
    }

    /// Makes anew what has failed, and goes on from where playback stood. What was appended stays.
    pub(super) fn repair(&mut self, fault: Fault) -> Result<(), SinkError> {
        if fault == Fault::Hardware {
            self.decoders.hardware_failed();
        }
        // Not asked of the pipeline: one that has failed may answer anything.
        let position = self.seeking.unwrap_or(self.position);
        self.change_state(gst::State::Ready)?;
        let wanted = |lane: &&mut Lane| match fault {
            Fault::Speakers { .. } => lane.track == Track::Audio,
            Fault::Hardware => lane.decoder().hardware,
        };
        for lane in self.lanes.iter_mut().filter(wanted) {
            lane.repair(&self.pipeline, &self.decoders, self.surface, fault)?;
        }
        self.change_state(gst::State::Paused)?;
        self.seek(micros(position))
    }
}
