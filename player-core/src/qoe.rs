//! What the viewer gets: startup time, stalls, switches. Counts only; decides nothing.

use std::time::Duration;

use media_model::{BitsPerSecond, MediaDuration, MediaTime, Resolution};

use crate::clock::Now;
use crate::message::VariantId;

/// What playback is doing, in one word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlaybackState {
    /// Nothing was shown yet, or a seek is under way.
    #[default]
    Loading,
    /// Frames are moving.
    Playing,
    /// The viewer paused.
    Paused,
    /// The buffer ran dry.
    Stalled,
    /// The end was reached.
    Ended,
    /// Nothing helps; see `Event::Failed`.
    Failed,
}

/// The variant on screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownVariant {
    /// Which one.
    pub id: VariantId,
    /// As in menus, such as `720p`.
    pub label: String,
    /// Picture size, if declared.
    pub resolution: Option<Resolution>,
    /// Declared bit rate.
    pub bitrate: BitsPerSecond,
}

/// Playback statistics at one moment, the same for every driver.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    /// What playback is doing.
    pub state: PlaybackState,
    /// The playhead.
    pub position: MediaTime,
    /// Media ahead of the playhead in all buffers.
    pub buffered: MediaDuration,
    /// What is on screen, if known.
    pub variant: Option<ShownVariant>,
    /// What the link carries, once measured.
    pub throughput: Option<BitsPerSecond>,
    /// Time from `Open` to the first frame.
    pub startup: Option<Duration>,
    /// Times the buffer ran dry; seeks and startup are not counted.
    pub stalls: u32,
    /// Time spent in stalls, one under way included.
    pub stalled: Duration,
    /// Changes of the variant on screen.
    pub switches: u32,
    /// Frames dropped, if the driver knows.
    pub dropped_frames: Option<u64>,
}

/// The counters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Qoe {
    opened: Now,
    pub(crate) startup: Option<Duration>,
    stalls: u32,
    stalled: Duration,
    stalled_since: Option<Now>,
    switches: u32,
    shown: Option<VariantId>,
    pub(crate) dropped_frames: Option<u64>,
}

impl Qoe {
    pub(crate) fn opened(now: Now) -> Self {
        Self { opened: now, ..Self::default() }
    }

    /// The first frame is there: startup time the first time, `None` later.
    pub(crate) fn first_frame(&mut self, now: Now) -> Option<Duration> {
        if self.startup.is_some() {
            return None;
        }
        self.startup = Some(now.since(self.opened));
        self.startup
    }

    pub(crate) fn is_stalled(&self) -> bool {
        self.stalled_since.is_some()
    }

    pub(crate) fn stall_begins(&mut self, since: Now) {
        self.stalls = self.stalls.saturating_add(1);
        self.stalled_since = Some(since);
    }

    /// Ends a stall: how long it was, `None` if there was none.
    pub(crate) fn stall_ends(&mut self, now: Now) -> Option<Duration> {
        let length = now.since(self.stalled_since.take()?);
        self.stalled = self.stalled.saturating_add(length);
        Some(length)
    }

    /// This variant is on screen.
    pub(crate) fn shows(&mut self, variant: VariantId) {
        if self.shown.replace(variant).is_some_and(|before| before != variant) {
            self.switches = self.switches.saturating_add(1);
        }
    }

    pub(crate) fn shown(&self) -> Option<VariantId> {
        self.shown
    }

    /// Fills in what is counted here.
    pub(crate) fn describe(&self, now: Now, stats: &mut Stats) {
        stats.startup = self.startup;
        stats.stalls = self.stalls;
        stats.stalled = self.stalled + self.stalled_since.map_or(Duration::ZERO, |since| now.since(since));
        stats.switches = self.switches;
        stats.dropped_frames = self.dropped_frames;
    }
}
