//! What players tell of their playbacks, as metrics (requirement N02).

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use server_api as dto;

/// Upper bounds in seconds; 3 s is one, so that the share of starts within it can be asked for.
const START_BUCKETS: [f64; 12] = [0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0];

/// Names of rungs that get a series of their own; players of others could make any number.
const RUNGS: [&str; 9] = ["144p", "240p", "360p", "480p", "540p", "720p", "1080p", "1440p", "2160p"];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RungLabel {
    rung: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

/// Seconds and others that are no whole numbers.
type Amount = Counter<f64, AtomicU64>;

/// The figures of all playbacks together. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Playbacks {
    starts: Histogram,
    watched: Amount,
    stalls: Counter,
    stalled: Amount,
    seeks: Counter,
    seeking: Amount,
    switches: Counter,
    rungs: Family<RungLabel, Amount>,
    dropped_frames: Counter,
    loaded: Counter,
    wasted: Counter,
    setbacks: Counter,
    outcomes: Family<OutcomeLabel, Counter>,
}

impl Playbacks {
    /// Starts at zero.
    pub(super) fn register(registry: &mut Registry) -> Self {
        let all = Self {
            starts: Histogram::new(START_BUCKETS),
            watched: Amount::default(),
            stalls: Counter::default(),
            stalled: Amount::default(),
            seeks: Counter::default(),
            seeking: Amount::default(),
            switches: Counter::default(),
            rungs: Family::default(),
            dropped_frames: Counter::default(),
            loaded: Counter::default(),
            wasted: Counter::default(),
            setbacks: Counter::default(),
            outcomes: Family::default(),
        };
        registry.register("video_start_time_seconds", "From asking to the first frame", all.starts.clone());
        registry.register("video_watched_seconds", "Time in which frames moved", all.watched.clone());
        registry.register("video_stalls", "Times playback stood still for lack of media", all.stalls.clone());
        registry.register("video_stalled_seconds", "Time in stalls", all.stalled.clone());
        registry.register("video_seeks", "Seeks after which frames moved", all.seeks.clone());
        registry.register("video_seeking_seconds", "Time from seeks to moving frames", all.seeking.clone());
        registry.register("video_switches", "Changes of the rung on screen", all.switches.clone());
        registry.register("video_rung_seconds", "Time on screen by rung", all.rungs.clone());
        registry.register("video_dropped_frames", "Frames too late to be shown", all.dropped_frames.clone());
        registry.register("video_loaded_bytes", "Media that players loaded", all.loaded.clone());
        registry.register("video_wasted_bytes", "Media that players threw away", all.wasted.clone());
        registry.register("video_setbacks", "What went wrong, and was overcome", all.setbacks.clone());
        registry.register("video_playbacks", "Playbacks that are over, by how", all.outcomes.clone());
        all
    }

    /// Adds a report, which has been checked.
    pub(super) fn add(&self, report: &dto::PlaybackReport) {
        if let Some(startup) = report.startup_s {
            self.starts.observe(startup);
        }
        for (amount, more) in
            [(&self.watched, report.watched_s), (&self.stalled, report.stalled_s), (&self.seeking, report.seeking_s)]
        {
            amount.inc_by(more);
        }
        for (counter, more) in [
            (&self.stalls, u64::from(report.stalls)),
            (&self.seeks, u64::from(report.seeks)),
            (&self.switches, u64::from(report.switches)),
            (&self.setbacks, u64::from(report.setbacks)),
            (&self.dropped_frames, report.dropped_frames),
            (&self.loaded, report.loaded_bytes),
            (&self.wasted, report.wasted_bytes),
        ] {
            counter.inc_by(more);
        }
        for one in &report.rungs {
            // Of rungs with the same number of lines, the menu names the rate as well.
            let lines = one.rung.split(' ').next().unwrap_or_default();
            let rung = RUNGS.into_iter().find(|known| *known == lines).unwrap_or("other");
            self.rungs.get_or_create(&RungLabel { rung }).inc_by(one.watched_s);
        }
        let outcome = report.outcome.map(|outcome| match outcome {
            dto::PlaybackOutcome::Ended => "ended",
            dto::PlaybackOutcome::Left => "left",
            dto::PlaybackOutcome::Failed => "failed",
        });
        if let Some(outcome) = outcome {
            self.outcomes.get_or_create(&OutcomeLabel { outcome }).inc();
        }
    }
}
