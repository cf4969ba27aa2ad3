//! Presentation times for MPEG-4 part 2 in AVI, whose frames have only a place in the file.
//!
//! A B-frame is shown when it is decoded; any other frame when the next such frame is decoded. Taking one frame from
//! both starts the stream at zero. The decoder gives frames in the order in which they are shown but forgets where each
//! came from, so the place is put on each frame as a reference timestamp, which decoders carry along.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use gstreamer as gst;
use gstreamer::prelude::*;

use super::demux::Wrapper;
use super::locked;

/// Places that are remembered; far more than any decoder holds.
const REMEMBERED: usize = 256;

static PLACE: LazyLock<gst::Caps> = LazyLock::new(|| gst::Caps::new_empty_simple("timestamp/x-matinee-place"));

/// The places of frames that went into a decoder, by decode time in nanoseconds, and whether each is a B-frame.
#[derive(Clone, Debug)]
pub(super) struct Stamps(Arc<Mutex<Places>>);

#[derive(Debug, Default)]
struct Places {
    frames: BTreeMap<u64, bool>,
    length: u64,
}

impl Stamps {
    /// Whether frames of this kind come without presentation times.
    pub(super) fn needed(wrapper: Wrapper, caps: &gst::Caps) -> bool {
        let version = caps.structure(0).and_then(|structure| structure.get::<i32>("mpegversion").ok());
        wrapper == Wrapper::Avi && version == Some(4)
    }

    /// Notes every frame that goes into `decoder`.
    pub(super) fn watch(decoder: &gst::Element) -> Self {
        let places = Arc::new(Mutex::new(Places::default()));
        let pad = decoder.static_pad("sink").expect("a decoder has a sink pad");
        pad.add_probe(gst::PadProbeType::BUFFER, {
            let places = Arc::clone(&places);
            move |_, info| {
                if let Some(gst::PadProbeData::Buffer(buffer)) = &mut info.data
                    && let Some(place) = buffer.dts()
                {
                    let is_b = buffer.map_readable().is_ok_and(|bytes| is_b_frame(&bytes));
                    let length = buffer.duration().map_or(0, gst::ClockTime::nseconds);
                    locked(&places).note(place.nseconds(), is_b, length);
                    gst::ReferenceTimestampMeta::add(buffer.make_mut(), &PLACE, place, gst::ClockTime::NONE);
                }
                gst::PadProbeReturn::Ok
            }
        });
        Self(places)
    }

    /// When a decoded frame is shown.
    pub(super) fn shown_at(&self, frame: &gst::BufferRef) -> Option<gst::ClockTime> {
        let mut places = frame.iter_meta::<gst::ReferenceTimestampMeta>();
        let place = places.find(|meta| meta.reference() == PLACE.as_ref())?.timestamp();
        locked(&self.0).shown_at(place.nseconds()).map(gst::ClockTime::from_nseconds)
    }
}

impl Places {
    fn note(&mut self, place: u64, is_b: bool, length: u64) {
        self.frames.insert(place, is_b);
        self.length = length.max(self.length);
        while self.frames.len() > REMEMBERED {
            self.frames.pop_first();
        }
    }

    fn shown_at(&self, place: u64) -> Option<u64> {
        let at = if *self.frames.get(&place)? {
            place
        } else {
            let next = self.frames.range(place + 1..).find(|(_, is_b)| !**is_b);
            // At the end of the file the last frame is shown after the B-frames before it.
            next.map_or_else(
                || self.frames.last_key_value().map(|(last, _)| last + self.length),
                |(next, _)| Some(*next),
            )?
        };
        Some(at.saturating_sub(self.length))
    }
}

/// Whether the first picture in the bytes is a B-VOP (ISO/IEC 14496-2 §6.2.5).
fn is_b_frame(bytes: &[u8]) -> bool {
    const VOP_START: [u8; 4] = [0, 0, 1, 0xb6];
    let start = bytes.windows(4).position(|window| window == VOP_START);
    start.and_then(|start| bytes.get(start + 4)).is_some_and(|kind| kind >> 6 == 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_shown_in_order_without_gap() {
        // I P B B P B B I B B P, as decoded.
        let kinds = "IPBBPBBIBBP";
        let mut places = Places::default();
        for (place, kind) in (0..).zip(kinds.chars()) {
            places.note(place * 40, kind == 'B', 40);
        }
        let mut shown: Vec<u64> = (0..kinds.len() as u64).map(|place| places.shown_at(place * 40).unwrap()).collect();
        assert_eq!(shown[..4], [0, 120, 40, 80]);
        shown.sort_unstable();
        assert_eq!(shown, (0..kinds.len() as u64).map(|place| place * 40).collect::<Vec<_>>());
    }

    #[test]
    fn without_b_frames_each_is_shown_when_decoded() {
        let mut places = Places::default();
        for place in 0..4 {
            places.note(place * 40, false, 40);
        }
        assert_eq!((0..4).map(|place| places.shown_at(place * 40).unwrap()).collect::<Vec<_>>(), [0, 40, 80, 120]);
    }

    #[test]
    fn the_kind_of_a_picture_is_read_from_its_first_bits() {
        assert!(is_b_frame(&[0, 0, 1, 0xb0, 1, 0, 0, 1, 0xb6, 0b1001_0000]));
        assert!(!is_b_frame(&[0, 0, 1, 0xb6, 0b0101_0000]));
        assert!(!is_b_frame(&[0, 0, 1]));
    }
}
