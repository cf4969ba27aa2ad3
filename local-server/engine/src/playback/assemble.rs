//! Pure: plans and codec configurations -> init sections of encoded streams.

use bytes::Bytes;
use media_container::cmaf::write;
use media_container::track::{CodecConfig, TrackConfig};
use media_model::Resolution;

use super::PlaybackError;
use crate::facts::MediaFacts;
use crate::plan::{AudioPlan, VIDEO_TIMESCALE, VideoPlan};
use crate::stream_name::StreamName;

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
