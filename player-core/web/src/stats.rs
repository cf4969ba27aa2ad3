//! What became of a playback, over all the sources it went through. Pure.
//!
//! The core counts for adaptive sources; here is what it cannot see: the time before it was opened, files that the
//! element plays alone, and the sum over sources.

use std::time::Duration;

use media_model::{BitsPerSecond, Resolution};
use player_core::{Now, PlaybackState, Summary};

/// Standing still for this long is a stall; shorter stops are not seen.
const STALL: Duration = Duration::from_millis(300);

/// The picture on screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Name of the variant, such as `720p`; absent for a file.
    pub label: Option<String>,
    /// Size of the decoded picture.
    pub resolution: Resolution,
    /// Declared rate, if there is one.
    pub bandwidth: Option<BitsPerSecond>,
}

/// Statistics of a playback up to now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    /// What it does.
    pub state: PlaybackState,
    /// Where it is, seconds.
    pub position_s: f64,
    /// Media ahead of the playhead, seconds.
    pub buffered_s: f64,
    /// What is on screen, once something is.
    pub shown: Option<Shown>,
    /// The core's estimate of the link.
    pub throughput: Option<BitsPerSecond>,
    /// From asking to the first frame.
    pub startup: Option<Duration>,
    /// Counters over all sources.
    pub counters: Counters,
}

/// What is counted, and summed over sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// How often the buffer ran dry.
    pub stalls: u32,
    /// For how long altogether, the present one included.
    pub stalled: Duration,
    /// How often the variant on screen changed.
    pub switches: u32,
    /// Frames that came too late to be shown.
    pub dropped_frames: u64,
}

impl From<Summary> for Counters {
    fn from(summary: Summary) -> Self {
        let Summary { stalls, stalled, switches, dropped_frames, .. } = summary;
        Self { stalls, stalled, switches, dropped_frames: dropped_frames.unwrap_or_default() }
    }
}

/// What a file on the media element shows at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) moving: bool,
    pub(crate) paused: bool,
    pub(crate) seeking: bool,
    pub(crate) ended: bool,
    /// A frame was on screen before.
    pub(crate) started: bool,
}

/// Watches for stalls where the core does not: a file that the element plays alone.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stillness {
    still_since: Option<Now>,
    stalls: u32,
    stalled: Duration,
}

impl Stillness {
    /// Takes what is seen at `now`.
    pub(crate) fn observe(&mut self, now: Now, seen: Seen) {
        let waits = seen.started && !seen.moving && !seen.paused && !seen.seeking && !seen.ended;
        if waits {
            self.still_since.get_or_insert(now);
        } else if let Some(length) = self.running(now) {
            self.stalls += 1;
            self.stalled += length;
            self.still_since = None;
        } else {
            self.still_since = None;
        }
    }

    /// How long the stall under way is, if there is one.
    fn running(&self, now: Now) -> Option<Duration> {
        self.still_since.map(|since| now.since(since)).filter(|&length| length >= STALL)
    }

    /// The counters up to `now`.
    pub(crate) fn counters(&self, now: Now) -> Counters {
        let running = self.running(now);
        Counters {
            stalls: self.stalls + u32::from(running.is_some()),
            stalled: self.stalled + running.unwrap_or_default(),
            ..Counters::default()
        }
    }

    /// What the viewer would say it does.
    pub(crate) fn state(&self, now: Now, seen: Seen) -> PlaybackState {
        match () {
            () if seen.ended => PlaybackState::Ended,
            () if seen.paused => PlaybackState::Paused,
            () if !seen.started || seen.seeking => PlaybackState::Loading,
            () if self.running(now).is_some() => PlaybackState::Stalled,
            () => PlaybackState::Playing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Now {
        Now::new(Duration::from_millis(millis))
    }

    const MOVING: Seen = Seen { moving: true, paused: false, seeking: false, ended: false, started: true };
    const STILL: Seen = Seen { moving: false, ..MOVING };

    #[test]
    fn a_stall_that_goes_on_is_one_stall_and_counts_already() {
        let mut stillness = Stillness::default();
        stillness.observe(at(0), MOVING);
        stillness.observe(at(1_000), STILL);
        stillness.observe(at(1_250), STILL);
        assert_eq!(
            (stillness.counters(at(1_299)).stalls, stillness.state(at(1_299), STILL)),
            (0, PlaybackState::Playing)
        );
        assert_eq!(stillness.counters(at(1_500)).stalled, Duration::from_millis(500));
        assert_eq!(stillness.state(at(1_500), STILL), PlaybackState::Stalled);
        stillness.observe(at(2_000), MOVING);
        stillness.observe(at(3_000), MOVING);
        let counters = stillness.counters(at(9_000));
        assert_eq!((counters.stalls, counters.stalled), (1, Duration::from_millis(1_000)));
    }

    #[test]
    fn startup_seeks_and_pauses_are_no_stalls() {
        for quiet in [
            Seen { started: false, ..STILL },
            Seen { seeking: true, ..STILL },
            Seen { paused: true, ..STILL },
            Seen { ended: true, ..STILL },
        ] {
            let mut stillness = Stillness::default();
            stillness.observe(at(0), quiet);
            stillness.observe(at(5_000), quiet);
            stillness.observe(at(6_000), MOVING);
            assert_eq!(stillness.counters(at(9_000)), Counters::default(), "{quiet:?}");
        }
    }

    #[test]
    fn a_short_stop_is_not_seen() {
        let mut stillness = Stillness::default();
        stillness.observe(at(0), STILL);
        stillness.observe(at(200), MOVING);
        assert_eq!(stillness.counters(at(200)), Counters::default());
    }
}
