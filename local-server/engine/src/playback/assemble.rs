//! Pure: coded units -> init sections and media segments of encoded streams.

use bytes::Bytes;
use media_container::cmaf::write;
use media_container::track::{CodecConfig, Sample, TrackConfig};
use media_model::Resolution;

use super::PlaybackError;
use crate::facts::MediaFacts;
use crate::plan::{AudioPlan, VIDEO_TIMESCALE, VideoPlan};
use crate::stream_name::StreamName;
use crate::worker::protocol::Unit;

/// The init section of an encoded video stream.
pub(super) fn video_init(plan: &VideoPlan, avcc: Bytes) -> Bytes {
    let Resolution { width, height } = plan.size;
    let codec = CodecConfig::Avc { avcc, resolution: Resolution { width, height } };
    let track = TrackConfig { timescale: VIDEO_TIMESCALE, codec, language: None, pixel_aspect: None };
    write::init_section(&track, plan.composition_shift())
}

/// The init section of an encoded audio stream.
pub(super) fn audio_init(facts: &MediaFacts, index: u16, stream: StreamName) -> Result<Bytes, PlaybackError> {
    let facts = facts.audio.get(usize::from(index)).ok_or(PlaybackError::NoSuchStream(stream))?;
    let plan = AudioPlan::new(facts);
    let codec = CodecConfig::Aac {
        asc: Bytes::copy_from_slice(&plan.specific_config()),
        channels: AudioPlan::CHANNELS,
        sample_rate: plan.sample_rate,
    };
    let track = TrackConfig { timescale: plan.sample_rate, codec, language: None, pixel_aspect: None };
    Ok(write::init_section(&track, 0))
}

/// One media segment. `units` are in decode order and all of it; `end` is where the next one begins, in ticks.
pub(super) fn segment(number: u32, composition_shift: u32, units: Vec<Unit>, end: i64) -> Bytes {
    let pts: Vec<i64> = units.iter().map(|unit| unit.pts).collect();
    let dts = decode_times(&pts, composition_shift);
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
    write::media_segment(number.saturating_add(1), composition_shift, &samples)
}

/// The i-th unit is decoded at the i-th smallest presentation time, or earlier where that would be more than
/// `shift` after the unit is shown: frames far apart, which the encoder reordered all the same.
fn decode_times(pts: &[i64], shift: u32) -> Vec<i64> {
    let mut dts = media_container::track::decode_times(pts);
    let (mut shown, mut later) = (i64::MAX, i64::MAX);
    for (at, &pts) in dts.iter_mut().zip(pts).rev() {
        shown = shown.min(pts.saturating_add(i64::from(shift)));
        *at = (*at).min(shown).min(later);
        later = at.saturating_sub(1);
    }
    dts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn even_frames_decode_at_sorted_times() {
        assert_eq!(decode_times(&[0, 30, 10, 20], 20), [0, 10, 20, 30]);
    }

    #[test]
    fn frames_far_apart_decode_in_time_to_be_shown() {
        let pts = [0, 10_300, 100, 10_100];
        let dts = decode_times(&pts, 166);
        assert_eq!(dts, [0, 100, 266, 10_266]);
    }

    proptest! {
        /// Any order that x264 makes of frames any distance apart: at most two frames are moved back.
        #[test]
        fn times_rise_and_no_unit_is_late(gaps in proptest::collection::vec(1i64..100_000, 1..20), shift in 6u32..9_000) {
            let shown: Vec<i64> = gaps.iter().scan(0, |at, gap| { *at += gap; Some(*at - gaps[0]) }).collect();
            let mut coded = vec![shown[0]];
            for group in shown[1..].chunks(4) {
                coded.extend(group.last());
                coded.extend(group[..group.len() - 1].get(1));
                coded.extend(group[..group.len() - 1].iter().enumerate().filter(|(place, _)| *place != 1).map(|(_, at)| at));
            }
            let dts = decode_times(&coded, shift);
            prop_assert_eq!(dts[0], shown[0]);
            prop_assert!(dts.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(coded.iter().zip(&dts).all(|(pts, dts)| pts - dts + i64::from(shift) >= 0));
        }
    }
}
