//! Facts and plans -> jobs for workers.

use media_model::Resolution;

use crate::facts::MediaFacts;
use crate::grid::Grid;
use crate::plan::{AudioPlan, SEGMENT, VideoPlan};
use crate::source::Source;
use crate::stream_name::{RungName, StreamName};
use crate::worker::protocol::{AudioJob, Job, Run, StillJob, StreamChoice, VideoJob, VideoSettings};

/// Widest poster, pixels.
const POSTER_WIDTH: u32 = 480;

/// Tallest poster, pixels: an upright film's picture is not made larger than a screen.
const POSTER_HEIGHT: u32 = 720;

/// Number of segments of every encoded stream of a source.
pub(super) fn segment_count(source: &Source) -> u32 {
    u32::try_from(Grid::fixed(source.facts.duration).len()).unwrap_or(u32::MAX)
}

/// The job of a head for `stream` from segment `first` on; `None` for a stream that is not encoded.
pub(super) fn head(source: &Source, stream: StreamName, first: u32) -> Option<Job> {
    let facts = &source.facts;
    let run = Run {
        first,
        end: segment_count(source),
        segment_ns: SEGMENT.as_micros() * 1_000,
        duration_ns: facts.duration.as_micros().saturating_mul(1_000),
    };
    match stream {
        StreamName::Rung(name) => {
            let video = facts.video.as_ref()?;
            let settings = video_settings(&VideoPlan::new(video, name));
            let stream = choice(facts, video.track, 0);
            Some(Job::Video(VideoJob {
                stream,
                origin_ns: facts.origin.as_micros().saturating_mul(1_000),
                run,
                settings,
            }))
        }
        StreamName::AudioAac(index) => {
            let audio = facts.audio.get(usize::from(index))?;
            let plan = AudioPlan::new(audio);
            Some(Job::Audio(AudioJob {
                stream: choice(facts, audio.track, index),
                origin_ns: facts.origin.as_micros().saturating_mul(1_000),
                run,
                sample_rate: plan.sample_rate,
                bitrate_bps: u32::try_from(plan.bitrate.get()).unwrap_or(u32::MAX),
            }))
        }
        StreamName::Original | StreamName::Audio(_) => None,
    }
}

/// The job that only finds out the codec configuration of a rung.
pub(super) fn video_config(plan: &VideoPlan) -> Job {
    Job::VideoConfig(video_settings(plan))
}

/// The plan of a rung; `None` without video.
pub(super) fn video_plan(source: &Source, name: RungName) -> Option<VideoPlan> {
    source.facts.video.as_ref().map(|video| VideoPlan::new(video, name))
}

/// The job of a poster and the size of the picture; `None` without video.
pub(crate) fn poster(source: &Source) -> Option<(Job, Resolution)> {
    let video = source.facts.video.as_ref()?;
    let size = video.shown.fit_inside(Resolution { width: POSTER_WIDTH, height: POSTER_HEIGHT });
    let job = StillJob {
        stream: choice(&source.facts, video.track, 0),
        rotation: video.rotation,
        width: size.width,
        height: size.height,
        duration_ns: source.facts.duration.as_micros().saturating_mul(1_000),
    };
    Some((Job::Still(job), size))
}

/// What an encoder of a rung is set to.
pub(super) fn video_settings(plan: &VideoPlan) -> VideoSettings {
    let kbps = plan.max_rate.get() / 1_000;
    VideoSettings {
        width: plan.size.width,
        height: plan.size.height,
        rotation: plan.rotation,
        frames: plan.frame_rate.0,
        seconds: plan.frame_rate.1,
        level: plan.level,
        max_kbps: u32::try_from(kbps).unwrap_or(u32::MAX),
        buffer_ms: u32::try_from(plan.rate_buffer.as_micros() / 1_000).unwrap_or(u32::MAX),
    }
}

/// GStreamer numbers tracks as our own readers do; elsewhere the place among its kind has to do.
fn choice(facts: &MediaFacts, track: u32, place: u16) -> StreamChoice {
    StreamChoice { track: facts.container.is_read_natively().then_some(track), place }
}
