//! Which decoder a track gets: hardware where there is some and it works, software otherwise.
//!
//! GStreamer's own choice (`decodebin3`) fails with sources like ours, so this chooses in the same way, by the ranks of
//! what is installed. The environment variable `GST_PLUGIN_FEATURE_RANK` therefore works here as it does elsewhere.

use std::fmt;

use gstreamer as gst;
use gstreamer::prelude::*;

use super::SinkError;
use super::coding::Coding;

/// So often hardware may fail: once is bad luck (a driver that lost its device), twice is a habit.
const HARDWARE_MAY_FAIL: u8 = 2;

/// What may decode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decoding {
    /// Hardware where it is present and works, software otherwise.
    #[default]
    Automatic,
    /// Software alone.
    Software,
}

/// The decoder that is used. Its `Display` is for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoder {
    /// GStreamer's name of it, such as `avdec_h264`.
    pub name: String,
    /// Whether it is a device rather than a program.
    pub hardware: bool,
}

impl fmt::Display for Decoder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.name, if self.hardware { "hardware" } else { "software" })
    }
}

/// Chooses decoders, and remembers how hardware did.
#[derive(Debug)]
pub(super) struct Decoders {
    decoding: Decoding,
    failures: u8,
}

impl Decoders {
    pub(super) fn new(decoding: Decoding) -> Self {
        Self { decoding, failures: 0 }
    }

    /// A decoder of hardware failed while it played.
    pub(super) fn hardware_failed(&mut self) {
        self.failures = self.failures.saturating_add(1);
    }

    /// The best decoder that can be opened.
    pub(super) fn choose(&self, coding: Coding) -> Result<(gst::Element, Decoder), SinkError> {
        let hardware_allowed = self.decoding == Decoding::Automatic && self.failures < HARDWARE_MAY_FAIL;
        candidates(coding, hardware_allowed)
            .iter()
            .find_map(|factory| {
                let element = factory.create().build().ok()?;
                // A device that is listed may still be missing, or taken: it is opened on the way to `Ready`.
                let opens = element.set_state(gst::State::Ready).is_ok();
                // Opened again with the rest of the pipeline.
                let _ = element.set_state(gst::State::Null);
                let decoder = Decoder { name: factory.name().to_string(), hardware: is_hardware(factory) };
                opens.then_some((element, decoder))
            })
            .ok_or(SinkError::NoDecoder(coding))
    }
}

/// Loads what most films need, which takes GStreamer a tenth of a second and more, while the playlists are on their way.
/// Nothing is opened: a device may serve one at a time.
pub(super) fn warm_up(decoding: Decoding) {
    // Without the thread, or before it is done, the first buffers take longer: that is all.
    let _ = std::thread::Builder::new().name("warm-up".to_owned()).spawn(move || {
        for coding in [Coding::H264, Coding::Aac] {
            let best = candidates(coding, decoding == Decoding::Automatic).into_iter().next();
            for factory in best.into_iter().chain(gst::ElementFactory::find(coding.parser())) {
                let _ = factory.load();
            }
        }
    });
}

/// Whether anything that is installed decodes this.
pub(super) fn is_decodable(coding: Coding) -> bool {
    !candidates(coding, true).is_empty()
}

/// Everything installed that decodes this, the best first: hardware before software, then by rank.
fn candidates(coding: Coding, hardware_allowed: bool) -> Vec<gst::ElementFactory> {
    let caps = coding.kind();
    let decoders = gst::ElementFactory::factories_with_type(gst::ElementFactoryType::DECODER, gst::Rank::MARGINAL);
    let mut fitting: Vec<gst::ElementFactory> = decoders
        .into_iter()
        .filter(|factory| factory.can_sink_any_caps(&caps) && (hardware_allowed || !is_hardware(factory)))
        .collect();
    // By name at last, so that two of one rank (avdec_aac and its fixed-point twin) do not take turns.
    fitting.sort_by_key(|factory| (!is_hardware(factory), std::cmp::Reverse(factory.rank()), factory.name()));
    fitting
}

fn is_hardware(factory: &gst::ElementFactory) -> bool {
    factory.has_type(gst::ElementFactoryType::HARDWARE)
}
