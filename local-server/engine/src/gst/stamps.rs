//! Presentation times for MPEG-4 part 2 in AVI, whose frames have only a place in the file.
//!
//! A B-frame is shown when it is decoded; any other frame when the next such frame is decoded. Taking one frame from
//! both starts the stream at zero. The decoder gives frames in the order in which they are shown, so the next one out is
//! the one shown first of those that went in and are not out yet. The place is put on each frame as a reference
//! timestamp too, which decoders carry along, but avdec_mpeg4 mixes up neighbours around key frames: it only tells when
//! the decoder has left out damaged frames.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex};

use gstreamer as gst;
use gstreamer::prelude::*;

use super::demux::Wrapper;
use super::locked;

/// Places that are remembered; far more than any decoder holds.
const REMEMBERED: usize = 256;

/// The decoder mixes up neighbours only; frames that come out later than expected so often in a row are later.
const CERTAINLY_LATE: u32 = 12;

/// Frames that come out with a place so much later than expected follow others that the decoder left out.
const MIXED_UP: u64 = 4;

static PLACE: LazyLock<gst::Caps> = LazyLock::new(|| gst::Caps::new_empty_simple("timestamp/x-matinee-place"));

/// The frames that went into a decoder.
#[derive(Clone, Debug)]
pub(super) struct Stamps(Arc<Mutex<Places>>);

#[derive(Debug, Default)]
struct Places {
    /// By decode time in nanoseconds: whether it is a B-frame.
    frames: BTreeMap<u64, bool>,
    /// Those that are not out yet.
    inside: BTreeSet<u64>,
    /// Frames so far that others are predicted from.
    references: u32,
    /// Frames in a row that came out with a place later than expected.
    late: u32,
    length: u64,
}

impl Stamps {
    /// Whether frames of this kind come without presentation times.
    pub(super) fn needed(wrapper: Wrapper, caps: &gst::Caps) -> bool {
        let is_mpeg_4 = caps.structure(0).is_some_and(|structure| match structure.name().as_str() {
            "video/mpeg" => structure.get("mpegversion") == Ok(4),
            "video/x-divx" => structure.get::<i32>("divxversion").is_ok_and(|version| version >= 4),
            "video/x-xvid" => true,
            _ => false,
        });
        wrapper == Wrapper::Avi && is_mpeg_4
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

    /// When the next frame out of the decoder is shown.
    pub(super) fn shown_at(&self, frame: &gst::BufferRef) -> Option<gst::ClockTime> {
        let mut places = frame.iter_meta::<gst::ReferenceTimestampMeta>();
        let place = places.find(|meta| meta.reference() == PLACE.as_ref()).map(|meta| meta.timestamp().nseconds());
        locked(&self.0).next_out(place).map(gst::ClockTime::from_nseconds)
    }
}

impl Places {
    fn note(&mut self, place: u64, is_b: bool, length: u64) {
        self.length = length.max(self.length);
        if is_b && self.references < 2 {
            // It shows what lies before the first frame, from which the decoder cannot make it.
            return;
        }
        self.references = self.references.saturating_add(u32::from(!is_b));
        self.frames.insert(place, is_b);
        self.inside.insert(place);
        while self.frames.len() > REMEMBERED {
            self.frames.pop_first();
        }
        while self.inside.len() > REMEMBERED {
            self.inside.pop_first();
        }
    }

    /// `marked` is the place that the frame itself carries.
    fn next_out(&mut self, marked: Option<u64>) -> Option<u64> {
        let marked = marked.and_then(|place| self.shown_at(place));
        let mut shown: Vec<(u64, u64)> =
            self.inside.iter().filter_map(|&place| Some((self.shown_at(place)?, place))).collect();
        shown.sort_unstable();
        let expected = shown.first()?.0;
        let limit = expected.saturating_add(self.length.saturating_mul(MIXED_UP));
        self.late = if marked.is_some_and(|marked| marked > expected) { self.late.saturating_add(1) } else { 0 };
        let is_later = |marked: &u64| *marked > limit || self.late > CERTAINLY_LATE;
        let from = marked.filter(is_later).unwrap_or(expected);
        for (at, place) in shown {
            self.inside.remove(&place);
            if at >= from {
                return Some(at);
            }
        }
        marked
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

    /// What comes out if `kinds` went in, 40 apart; `marks` are the places that the frames carry.
    fn out(kinds: &str, marks: impl IntoIterator<Item = Option<u64>>) -> Vec<u64> {
        let mut places = Places::default();
        for (place, kind) in (0..).zip(kinds.chars()) {
            places.note(place * 40, kind == 'B', 40);
        }
        marks.into_iter().map_while(|marked| places.next_out(marked.map(|place| place * 40))).collect()
    }

    #[test]
    fn frames_are_shown_in_order_without_gap() {
        let all: Vec<u64> = (0..11).map(|place| place * 40).collect();
        assert_eq!(out("IPBBPBBIBBP", [None; 12]), all);
        assert_eq!(out("IPPPIPPPPIP", [None; 12]), all);
    }

    #[test]
    fn mixed_up_marks_change_nothing() {
        // The I-frame comes out with the mark of the B-frame before it, as avdec_mpeg4 does it.
        let marks = [0, 2, 3, 1, 5, 6, 4, 8, 9, 9, 7].map(Some);
        assert_eq!(out("IPBBPBBIBBP", marks), (0..11).map(|place| place * 40).collect::<Vec<_>>());
    }

    #[test]
    fn b_frames_before_the_first_frame_never_come_out() {
        assert_eq!(out("IBBPBBP", [None; 7]), [80, 120, 160, 200, 240]);
    }

    #[test]
    fn after_damage_the_marks_lead_back() {
        let marks = [0, 1, 2, 10, 11].map(Some);
        assert_eq!(out("IPPPPPPPPPPPP", marks), [0, 40, 80, 400, 440]);
    }

    #[test]
    fn the_kind_of_a_picture_is_read_from_its_first_bits() {
        assert!(is_b_frame(&[0, 0, 1, 0xb0, 1, 0, 0, 1, 0xb6, 0b1001_0000]));
        assert!(!is_b_frame(&[0, 0, 1, 0xb6, 0b0101_0000]));
        assert!(!is_b_frame(&[0, 0, 1]));
    }
}
