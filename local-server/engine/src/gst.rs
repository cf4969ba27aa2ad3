//! The only folder with GStreamer: one typed builder per element or pipeline, run in a worker process only.
//!
//! Nothing of GStreamer's leaves it: [`demux`] and [`decode`] give frames and sound with presentation times,
//! [`encode_video`] and [`encode_audio`] take them and give coded units.

pub(crate) mod decode;
pub(crate) mod demux;
mod describe;
mod elements;
pub(crate) mod encode_audio;
pub(crate) mod encode_video;
mod stamps;
pub(crate) mod still;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;

/// Why a pipeline gave up. The file is at fault in all but the first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// An element that we count on is not installed, or refuses what it must take.
    #[error("GStreamer lacks {0}")]
    Missing(String),
    /// The file has no such stream.
    #[error("the file has no such stream")]
    NoStream,
    /// Nothing decodes this codec.
    #[error("there is no decoder for {0}")]
    NoDecoder(String),
    /// The demuxer does not seek in this file.
    #[error("the file cannot be seeked in")]
    NotSeekable,
    /// The stream has not one frame that can be decoded.
    #[error("nothing in the stream can be decoded")]
    Nothing,
    /// What an element reported.
    #[error("{0}")]
    Element(String),
}

/// Loads GStreamer's registry. Only worker processes call it.
pub(crate) fn init() -> Result<(), Fault> {
    gst::init().map_err(|error| Fault::Missing(error.to_string()))
}

/// Loads the plugins that most films need, ahead of a job: what is missing or not needed does no harm.
pub(crate) fn load_usual() {
    for name in elements::USUAL {
        if let Some(factory) = gst::ElementFactory::find(name) {
            let _ = factory.load();
        }
    }
}

/// The first error that a pipeline reported, for whoever waits on it.
#[derive(Clone, Debug, Default)]
struct Faults(Arc<(Mutex<Option<Fault>>, Condvar)>);

impl Faults {
    /// Notes the errors of `pipeline` from now on.
    fn watch(&self, pipeline: &gst::Pipeline) {
        let faults = self.clone();
        let bus = pipeline.bus().expect("a pipeline has a bus");
        bus.set_sync_handler(move |_, message| {
            if let gst::MessageView::Error(error) = message.view() {
                let text = error.error().to_string();
                let debug = error.debug().map(|debug| debug.to_string()).unwrap_or_default();
                let detail = debug.lines().last().unwrap_or_default().trim().to_owned();
                faults.report(Fault::Element(if detail.is_empty() { text } else { format!("{text} ({detail})") }));
            }
            gst::BusSyncReply::Drop
        });
    }

    fn report(&self, fault: Fault) {
        locked(&self.0.0).get_or_insert(fault);
        self.0.1.notify_all();
    }

    fn check(&self) -> Result<(), Fault> {
        match &*locked(&self.0.0) {
            Some(fault) => Err(fault.clone()),
            None => Ok(()),
        }
    }
}

/// Locks; a thread that panicked with the lock held leaves plain data behind, which is good enough to end with.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn play(pipeline: &gst::Pipeline, faults: &Faults) -> Result<(), Fault> {
    pipeline.set_state(gst::State::Playing).map(|_| ()).map_err(|_| match faults.check() {
        Err(fault) => fault,
        Ok(()) => Fault::Element("the pipeline does not start".to_owned()),
    })
}
