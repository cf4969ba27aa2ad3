//! Pure: coded units -> init sections and media segments of encoded streams.

use bytes::Bytes;
use media_container::cmaf::write;
use media_container::track::{CodecConfig, Sample, TrackConfig, decode_times_within};
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
    let dts = decode_times_within(&pts, composition_shift);
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

#[cfg(test)]
mod tests {
    use super::*;
    use media_container::cmaf::read;

    fn unit(pts: i64, key: bool) -> Unit {
        Unit { segment: 3, pts, key, data: Bytes::from_static(b"unit") }
    }

    #[test]
    fn a_segment_begins_at_its_first_frame_and_ends_where_the_next_begins() {
        let mut video = crate::facts::example::film().video.unwrap();
        video.frames_per_1000_s = 25_000;
        let plan = VideoPlan::new(&video, crate::stream_name::RungName::SOURCE);
        let avcc = Bytes::from_static(&[1, 100, 0, 40, 255, 225, 0, 4, 0x67, 100, 0, 40, 1, 0, 2, 0x68, 0xee]);
        let init = read::init_section(&video_init(&plan, avcc)).unwrap();
        assert_eq!(init.composition_shift, 7_200);
        let units = vec![unit(180_000, true), unit(190_800, false), unit(183_600, false), unit(187_200, false)];
        let segment = segment(1, plan.composition_shift(), units, 194_400);
        let samples = read::media_segment(&init, &segment).unwrap();
        // The edit list takes the shift out of what a reader sees.
        let decoded: Vec<i64> = samples.iter().map(|sample| sample.dts + init.composition_shift).collect();
        assert_eq!(decoded, [180_000, 183_600, 187_200, 190_800]);
        assert_eq!(samples.iter().map(|sample| sample.pts).collect::<Vec<_>>(), [180_000, 190_800, 183_600, 187_200]);
        assert_eq!(samples.iter().map(|sample| i64::from(sample.duration)).sum::<i64>(), 194_400 - 180_000);
        assert_eq!(samples.iter().map(|sample| sample.sync).collect::<Vec<_>>(), [true, false, false, false]);
    }
}
