//! Pure: the coded units of one segment, as they come out of an encoder -> the chunks that it is sent in.
//!
//! A chunk (`moof`, `mdat`) is a run of units in decode order that is shown as a whole before anything that follows. It is
//! known to be one as soon as the units say so, so the first frames of a segment leave long before its last one is
//! encoded, and the chunks one after the other are the segment.

use bytes::Bytes;
use media_container::cmaf::write;
use media_container::track::{Sample, decode_times_within};

use crate::plan::{CHUNK, VIDEO_TIMESCALE};
use crate::worker::protocol::Unit;

/// The segment that is being made.
#[derive(Debug)]
pub(super) struct Chunks {
    number: u32,
    composition_shift: u32,
    /// Not yet in a chunk, in decode order.
    units: Vec<Unit>,
    /// Where the last chunk ended, in ticks; `None` before the first one.
    reached: Option<i64>,
}

impl Chunks {
    /// Segment `number` of a stream with this composition shift (see [`mod@write`]).
    pub(super) fn new(number: u32, composition_shift: u32) -> Self {
        Self { number, composition_shift, units: Vec::new(), reached: None }
    }

    /// Takes the next unit in decode order; gives a chunk if one is complete with it.
    pub(super) fn push(&mut self, unit: Unit) -> Option<Bytes> {
        self.units.push(unit);
        let (start, end) = self.closed()?;
        let least = i64::try_from(CHUNK.as_micros() * u64::from(VIDEO_TIMESCALE) / 1_000_000).unwrap_or(i64::MAX);
        (end.saturating_sub(start) >= least).then(|| self.write(end))
    }

    /// The last chunk, if anything is left for it; the segment after this one begins at `end`, in ticks.
    pub(super) fn end(mut self, end: i64) -> Option<Bytes> {
        (self.reached.is_none() || !self.units.is_empty()).then(|| self.write(end))
    }

    /// Where the units begin and end, in ticks, if none that follows is shown before their end.
    fn closed(&self) -> Option<(i64, i64)> {
        let mut shown: Vec<(i64, i64)> =
            self.units.iter().map(|unit| unit.next.map(|next| (unit.pts, next))).collect::<Option<_>>()?;
        shown.sort_unstable();
        let (start, end) = (shown.first()?.0, shown.last()?.1);
        let is_joined = shown.windows(2).all(|pair| pair[0].1 == pair[1].0);
        (is_joined && self.reached.is_none_or(|reached| reached == start)).then_some((start, end))
    }

    fn write(&mut self, end: i64) -> Bytes {
        let units = std::mem::take(&mut self.units);
        let pts: Vec<i64> = units.iter().map(|unit| unit.pts).collect();
        let dts = decode_times_within(&pts, self.composition_shift);
        let next = dts.iter().skip(1).copied().chain([end]);
        let samples: Vec<Sample> = units
            .into_iter()
            .zip(dts.iter().zip(next))
            .map(|(unit, (&dts, next))| Sample {
                pts: unit.pts,
                dts,
                duration: u32::try_from(next.saturating_sub(dts)).unwrap_or(0),
                sync: unit.key,
                data: unit.data,
            })
            .collect();
        // Sequence numbers begin at 1 (ISO/IEC 14496-12 §8.8.5).
        let sequence = self.number.saturating_add(1);
        if self.reached.replace(end).is_none() {
            write::media_segment(sequence, self.composition_shift, &samples)
        } else {
            write::chunk(sequence, self.composition_shift, &samples)
        }
    }
}

#[cfg(test)]
mod tests {
    use media_container::cmaf::read;
    use proptest::prelude::*;

    use super::*;
    use crate::plan::VideoPlan;
    use crate::playback::assemble::video_init;

    /// Ticks between two frames at 25 a second.
    const FRAME: i64 = 3_600;

    fn plan() -> VideoPlan {
        let mut video = crate::facts::example::film().video.unwrap();
        video.frames_per_1000_s = 25_000;
        VideoPlan::new(&video, crate::stream_name::RungName::SOURCE)
    }

    fn init() -> read::Init {
        let avcc = Bytes::from_static(&[1, 100, 0, 40, 255, 225, 0, 4, 0x67, 100, 0, 40, 1, 0, 2, 0x68, 0xee]);
        read::init_section(&video_init(&plan(), avcc)).unwrap()
    }

    /// Units that are shown in these places, which are all places from the first one on.
    fn units(places: &[i64], start: i64) -> Vec<Unit> {
        let unit = |&place: &i64| Unit {
            segment: 1,
            pts: start + place * FRAME,
            next: Some(start + (place + 1) * FRAME),
            key: place == 0,
            data: Bytes::from_static(b"unit"),
        };
        places.iter().map(unit).collect()
    }

    /// The chunks, and with how many units taken each was there.
    fn chunks(units: &[Unit], end: i64) -> Vec<(usize, Bytes)> {
        let mut chunks = Chunks::new(1, plan().composition_shift());
        let mut made = Vec::new();
        for (taken, unit) in units.iter().enumerate() {
            made.extend(chunks.push(unit.clone()).map(|chunk| (taken + 1, chunk)));
        }
        made.extend(chunks.end(end).map(|chunk| (units.len(), chunk)));
        made
    }

    #[test]
    fn a_chunk_leaves_as_soon_as_nothing_can_come_between() {
        // I, then groups of a P and three B-frames in a pyramid.
        let order = [0, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11];
        let made = chunks(&units(&order, 180_000), 180_000 + 13 * FRAME);
        assert_eq!(made.iter().map(|(taken, _)| *taken).collect::<Vec<_>>(), [5, 13]);
        let whole: Bytes = made.iter().flat_map(|(_, chunk)| chunk.clone()).collect();
        let init = init();
        let samples = read::media_segment(&init, &whole).unwrap();
        assert_eq!(init.composition_shift(), 7_200);
        // The edit list takes the shift out of what a reader sees.
        let decoded: Vec<i64> = samples.iter().map(|sample| sample.dts + init.composition_shift()).collect();
        assert_eq!(decoded, (0..13).map(|place| 180_000 + place * FRAME).collect::<Vec<_>>());
        let shown: Vec<i64> = samples.iter().map(|sample| (sample.pts - 180_000) / FRAME).collect();
        assert_eq!(shown, order);
        assert!(samples.iter().all(|sample| i64::from(sample.duration) == FRAME));
        assert_eq!(samples.iter().filter(|sample| sample.sync).count(), 1);
    }

    #[test]
    fn units_that_do_not_say_what_follows_leave_at_the_end() {
        let mut sound = units(&(0..20).collect::<Vec<_>>(), 0);
        sound.iter_mut().for_each(|unit| unit.next = None);
        assert_eq!(chunks(&sound, 20 * FRAME).len(), 1);
    }

    proptest! {
        /// However frames are spaced and reordered within groups, the chunks hold every unit once, in order, and join.
        #[test]
        fn chunks_are_the_segment(
            groups in proptest::collection::vec(
                proptest::collection::vec(prop_oneof![4 => 100i64..9_000, 1 => 9_000i64..60_000], 1..6), 1..12,
            ),
        ) {
            let mut at = 0;
            let mut units = Vec::new();
            for group in &groups {
                let mut shown: Vec<Unit> = group
                    .iter()
                    .map(|step| {
                        let pts = at;
                        at += step;
                        Unit { segment: 1, pts, next: Some(at), key: pts == 0, data: Bytes::from_static(b"u") }
                    })
                    .collect();
                // The frame that is shown last is decoded first.
                if !units.is_empty() {
                    shown.rotate_right(1);
                }
                units.extend(shown);
            }
            let (init, chunks) = (init(), chunks(&units, at));
            let mut ends = i64::MIN;
            for (_, chunk) in &chunks {
                let samples = read::media_segment(&init, chunk).unwrap();
                prop_assert!(samples.iter().all(|sample| sample.pts >= ends), "a chunk reaches back before {}", ends);
                ends = samples.iter().map(|sample| sample.pts).max().unwrap();
            }
            let whole: Bytes = chunks.iter().flat_map(|(_, chunk)| chunk.clone()).collect();
            let samples = read::media_segment(&init, &whole).unwrap();
            let pts: Vec<i64> = samples.iter().map(|sample| sample.pts).collect();
            prop_assert_eq!(pts, units.iter().map(|unit| unit.pts).collect::<Vec<_>>());
            prop_assert!(samples.windows(2).all(|pair| pair[0].dts + i64::from(pair[0].duration) >= pair[1].dts));
        }
    }
}
