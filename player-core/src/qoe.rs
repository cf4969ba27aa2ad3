//! What the viewer gets: startup time, stalls, switches, time at each rung. Counts only; decides nothing.

use std::collections::BTreeMap;
use std::ops::{Add, Sub};
use std::time::Duration;

use media_model::{BitsPerSecond, ByteCount, MediaDuration, MediaTime, Resolution};

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

impl PlaybackState {
    /// The name that scripts rely on.
    pub fn name(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Playing => "playing",
            Self::Paused => "paused",
            Self::Stalled => "stalled",
            Self::Ended => "ended",
            Self::Failed => "failed",
        }
    }
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

/// Time that one variant was on screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RungTime {
    /// Which one.
    pub variant: ShownVariant,
    /// For how long its frames moved.
    pub time: Duration,
}

/// What a playback was like, from `Open` to now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// What it does now.
    pub state: PlaybackState,
    /// Time from `Open` to the first frame; `None` if nobody saw one. What the browser waited for the viewer is not in it.
    pub startup: Option<Duration>,
    /// Time in which frames moved.
    pub watched: Duration,
    /// Times the buffer ran dry or the decoder stood; seeks and startup are not counted.
    pub stalls: u32,
    /// Time in stalls.
    pub stalled: Duration,
    /// Seeks after which frames moved, or, in a pause, there was one to show.
    pub seeks: u32,
    /// Time from these seeks to that.
    pub seeking: Duration,
    /// Changes of the variant on screen.
    pub switches: u32,
    /// Time on screen by variant, lowest first; none without pictures.
    pub rungs: Vec<RungTime>,
    /// Frames dropped, if the driver knows.
    pub dropped_frames: Option<u64>,
    /// Bytes of media that were loaded.
    pub loaded: ByteCount,
    /// Of these, what was thrown away: loads given up or failed, segments replaced or never appended.
    pub wasted: ByteCount,
    /// What went wrong on the way; see `Event::Degraded`.
    pub setbacks: u32,
}

impl Summary {
    /// Mean declared rate of what was on screen.
    pub fn mean_bitrate(&self) -> Option<BitsPerSecond> {
        let weighed = |rung: &RungTime| u128::from(rung.variant.bitrate.get()) * rung.time.as_micros();
        let time: u128 = self.rungs.iter().map(|rung| rung.time.as_micros()).sum();
        let bits = self.rungs.iter().map(weighed).sum::<u128>().checked_div(time)?;
        u64::try_from(bits).ok().map(BitsPerSecond::new)
    }
}

/// Adds up the playbacks of several sources of a title; state and startup are those of the later one.
impl Add for Summary {
    type Output = Self;

    fn add(mut self, later: Self) -> Self {
        for rung in later.rungs {
            match self.rungs.iter_mut().find(|known| known.variant == rung.variant) {
                Some(known) => known.time = known.time.saturating_add(rung.time),
                None => self.rungs.push(rung),
            }
        }
        let frames = [self.dropped_frames, later.dropped_frames].into_iter().flatten().reduce(u64::saturating_add);
        Self {
            state: later.state,
            startup: later.startup,
            watched: self.watched.saturating_add(later.watched),
            stalls: self.stalls.saturating_add(later.stalls),
            stalled: self.stalled.saturating_add(later.stalled),
            seeks: self.seeks.saturating_add(later.seeks),
            seeking: self.seeking.saturating_add(later.seeking),
            switches: self.switches.saturating_add(later.switches),
            rungs: self.rungs,
            dropped_frames: frames,
            loaded: self.loaded + later.loaded,
            wasted: self.wasted + later.wasted,
            setbacks: self.setbacks.saturating_add(later.setbacks),
        }
    }
}

/// What is new since an earlier summary of the same playback; startup only if it was not known then.
impl Sub for Summary {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        let time_before = |rung: &RungTime| {
            let known = earlier.rungs.iter().find(|known| known.variant == rung.variant);
            known.map_or(Duration::ZERO, |known| known.time)
        };
        let news = |rung: RungTime| {
            let time = rung.time.saturating_sub(time_before(&rung));
            (!time.is_zero()).then_some(RungTime { time, ..rung })
        };
        let bytes = |now: ByteCount, before: ByteCount| ByteCount::new(now.get().saturating_sub(before.get()));
        let frames = self.dropped_frames.map(|now| now.saturating_sub(earlier.dropped_frames.unwrap_or(0)));
        Self {
            state: self.state,
            startup: self.startup.filter(|_| earlier.startup.is_none()),
            watched: self.watched.saturating_sub(earlier.watched),
            stalls: self.stalls.saturating_sub(earlier.stalls),
            stalled: self.stalled.saturating_sub(earlier.stalled),
            seeks: self.seeks.saturating_sub(earlier.seeks),
            seeking: self.seeking.saturating_sub(earlier.seeking),
            switches: self.switches.saturating_sub(earlier.switches),
            rungs: self.rungs.into_iter().filter_map(news).collect(),
            dropped_frames: frames,
            loaded: bytes(self.loaded, earlier.loaded),
            wasted: bytes(self.wasted, earlier.wasted),
            setbacks: self.setbacks.saturating_sub(earlier.setbacks),
        }
    }
}

/// The counters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Qoe {
    opened: Now,
    pub(crate) startup: Option<Duration>,
    stalls: u32,
    stalled: Duration,
    stalled_since: Option<Now>,
    /// The viewer's last seek, while nothing could be seen of where it led.
    sought_at: Option<Now>,
    seeks: u32,
    seeking: Duration,
    switches: u32,
    shown: Option<VariantId>,
    pub(crate) dropped_frames: Option<u64>,
    /// What the present decoder counted, and those before it.
    counted_dropped: u64,
    dropped_before: u64,
    /// What the page was told of.
    told_wasted: ByteCount,
    told_dropped: (Now, u64),
    /// Time is counted up to here.
    counted: Now,
    watched: Duration,
    rungs: BTreeMap<VariantId, Duration>,
    /// Bytes of media that arrived with loads that have ended, and of these, what a buffer took.
    loaded: u64,
    used: u64,
    setbacks: u32,
    /// Since when the browser waits for the viewer.
    held_since: Option<Now>,
}

/// Dropped frames are told of this often at most.
const TELL_DROPPED_EVERY: Duration = Duration::from_secs(5);

impl Qoe {
    pub(crate) fn opened(now: Now) -> Self {
        Self { opened: now, counted: now, ..Self::default() }
    }

    /// Time has passed up to `now`, with frames moving or not.
    pub(crate) fn pass(&mut self, now: Now, moving: bool) {
        let length = now.since(self.counted);
        self.counted = now;
        if moving {
            self.watched = self.watched.saturating_add(length);
            if let Some(shown) = self.shown {
                let time = self.rungs.entry(shown).or_default();
                *time = time.saturating_add(length);
            }
        }
    }

    /// The device slept for so long: that is nobody's time.
    pub(crate) fn slept(&mut self, length: Duration) {
        let later = |time: &mut Now| *time = *time + length;
        later(&mut self.counted);
        self.stalled_since.iter_mut().chain(&mut self.sought_at).chain(&mut self.held_since).for_each(later);
        if self.startup.is_none() {
            later(&mut self.opened);
        }
    }

    /// The browser waits for the viewer.
    pub(crate) fn held(&mut self, now: Now) {
        self.held_since.get_or_insert(now);
    }

    /// The viewer has pressed play: what the browser waited for that is no startup.
    pub(crate) fn released(&mut self, now: Now) {
        if let Some(since) = self.held_since.take()
            && self.startup.is_none()
        {
            self.opened = self.opened + now.since(since);
        }
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

    /// The viewer moved the playhead.
    pub(crate) fn sought(&mut self, now: Now) {
        if self.startup.is_some() {
            self.sought_at = Some(now);
        }
    }

    /// The viewer pauses: nobody waits for a seek any more.
    pub(crate) fn rests(&mut self) {
        self.sought_at = None;
    }

    /// The place can be seen: how long after the last seek, the first time.
    pub(crate) fn seek_ends(&mut self, now: Now) -> Option<Duration> {
        let length = now.since(self.sought_at.take()?);
        self.seeks = self.seeks.saturating_add(1);
        self.seeking = self.seeking.saturating_add(length);
        Some(length)
    }

    /// This variant is on screen; whether that is news.
    pub(crate) fn shows(&mut self, variant: VariantId) -> bool {
        let before = self.shown.replace(variant);
        if before.is_some_and(|before| before != variant) {
            self.switches = self.switches.saturating_add(1);
        }
        before != Some(variant)
    }

    pub(crate) fn shown(&self) -> Option<VariantId> {
        self.shown
    }

    /// What was loaded for nothing, if so much still waits to be appended.
    fn wasted(&self, waiting: ByteCount) -> ByteCount {
        ByteCount::new(self.loaded.saturating_sub(self.used).saturating_sub(waiting.get()))
    }

    /// The same since this was asked last; what there is to tell.
    pub(crate) fn newly_wasted(&mut self, waiting: ByteCount) -> Option<ByteCount> {
        let wasted = self.wasted(waiting);
        let news = wasted.get().saturating_sub(self.told_wasted.get());
        self.told_wasted = self.told_wasted.max(wasted);
        (news > 0).then(|| ByteCount::new(news))
    }

    /// The driver counted so many dropped frames; what there is to tell. A decoder that was made anew counts from zero.
    pub(crate) fn dropped(&mut self, now: Now, counted: Option<u64>) -> Option<u64> {
        let frames = counted.map(|counted| {
            if counted < self.counted_dropped {
                self.dropped_before = self.dropped_before.saturating_add(self.counted_dropped);
            }
            self.counted_dropped = counted;
            self.dropped_before.saturating_add(counted)
        });
        self.dropped_frames = frames.or(self.dropped_frames);
        let (when, told) = self.told_dropped;
        let frames = frames.filter(|&frames| frames > told && now.since(when) >= TELL_DROPPED_EVERY)?;
        self.told_dropped = (now, frames);
        Some(frames)
    }

    /// A load of media ended with this much of it.
    pub(crate) fn loaded(&mut self, bytes: ByteCount) {
        self.loaded = self.loaded.saturating_add(bytes.get());
    }

    /// A buffer took this much of it ...
    pub(crate) fn used(&mut self, bytes: ByteCount) {
        self.used = self.used.saturating_add(bytes.get());
    }

    /// ... and gave this much away before it was played.
    pub(crate) fn unused(&mut self, bytes: ByteCount) {
        self.used = self.used.saturating_sub(bytes.get());
    }

    /// Something went wrong, and something was done about it.
    pub(crate) fn setback(&mut self) {
        self.setbacks = self.setbacks.saturating_add(1);
    }

    /// Fills in what is counted here.
    pub(crate) fn describe(&self, now: Now, stats: &mut Stats) {
        stats.startup = self.startup;
        stats.stalls = self.stalls;
        stats.stalled = self.stalled + self.stalled_since.map_or(Duration::ZERO, |since| now.since(since));
        stats.switches = self.switches;
        stats.dropped_frames = self.dropped_frames;
    }

    /// Sums up. `waiting` bytes are loaded and not appended yet; `name` tells what a variant is.
    pub(crate) fn sum_up(
        &self,
        now: Now,
        state: PlaybackState,
        waiting: ByteCount,
        name: impl Fn(VariantId) -> Option<ShownVariant>,
    ) -> Summary {
        let rung = |(&id, &time): (&VariantId, &Duration)| Some(RungTime { variant: name(id)?, time });
        Summary {
            state,
            startup: self.startup,
            watched: self.watched,
            stalls: self.stalls,
            stalled: self.stalled + self.stalled_since.map_or(Duration::ZERO, |since| now.since(since)),
            seeks: self.seeks,
            seeking: self.seeking,
            switches: self.switches,
            rungs: self.rungs.iter().filter_map(rung).collect(),
            dropped_frames: self.dropped_frames,
            loaded: ByteCount::new(self.loaded),
            wasted: self.wasted(waiting),
            setbacks: self.setbacks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Now {
        Now::new(Duration::from_millis(millis))
    }

    #[test]
    fn startup_stalls_and_seeks_are_counted_apart() {
        let mut qoe = Qoe::opened(at(1_000));
        assert_eq!(qoe.first_frame(at(1_300)), Some(Duration::from_millis(300)));
        qoe.sought(at(5_000));
        assert_eq!(qoe.seek_ends(at(5_200)), Some(Duration::from_millis(200)));
        assert_eq!(qoe.seek_ends(at(5_300)), None);
        qoe.stall_begins(at(6_000));
        let summary = qoe.sum_up(at(7_000), PlaybackState::Stalled, ByteCount::default(), |_| None);
        assert_eq!((summary.stalls, summary.stalled), (1, Duration::from_secs(1)), "one under way counts");
        assert_eq!((summary.seeks, summary.seeking), (1, Duration::from_millis(200)));
    }

    #[test]
    fn neither_sleep_nor_the_browsers_scruples_are_startup() {
        let mut qoe = Qoe::opened(at(0));
        qoe.slept(Duration::from_secs(3_600));
        qoe.held(at(3_601_000));
        qoe.released(at(3_609_000));
        assert_eq!(qoe.first_frame(at(3_609_500)), Some(Duration::from_millis(1_500)));
    }

    #[test]
    fn only_moving_frames_are_watched_and_each_variant_has_its_share() {
        let mut qoe = Qoe::opened(at(0));
        let name = |id| {
            let bitrate = BitsPerSecond::from_kbps(if id == VariantId(0) { 1_000 } else { 4_000 });
            Some(ShownVariant { id, label: String::new(), resolution: None, bitrate })
        };
        qoe.pass(at(500), false);
        assert!(qoe.shows(VariantId(0)));
        qoe.pass(at(2_500), true);
        assert!(qoe.shows(VariantId(1)) && !qoe.shows(VariantId(1)));
        qoe.pass(at(3_500), true);
        let summary = qoe.sum_up(at(4_000), PlaybackState::Paused, ByteCount::default(), name);
        let times: Vec<_> = summary.rungs.iter().map(|rung| rung.time.as_millis()).collect();
        assert_eq!((summary.watched.as_millis(), times), (3_000, vec![2_000, 1_000]));
        assert_eq!((summary.switches, summary.mean_bitrate()), (1, Some(BitsPerSecond::from_kbps(2_000))));
    }

    #[test]
    fn what_is_new_is_what_was_not_told_before() {
        let rung = |label: &str, seconds| {
            let variant = ShownVariant {
                id: VariantId(0),
                label: label.to_owned(),
                resolution: None,
                bitrate: BitsPerSecond::from_kbps(1_000),
            };
            RungTime { variant, time: Duration::from_secs(seconds) }
        };
        let startup = Some(Duration::from_millis(300));
        let first = Summary { startup, stalls: 1, rungs: vec![rung("360p", 5)], ..Summary::default() };
        let more = Summary { startup, stalls: 2, rungs: vec![rung("360p", 1), rung("720p", 4)], ..Summary::default() };
        let sum = first.clone() + more.clone();
        assert_eq!((sum.stalls, &sum.rungs), (3, &vec![rung("360p", 6), rung("720p", 4)]));
        let news = sum.clone() - first;
        assert_eq!((news.startup, news.stalls, news.rungs), (None, 2, more.rungs));
        assert_eq!(sum.clone() - sum, Summary::default());
    }

    #[test]
    fn a_decoder_that_was_made_anew_counts_from_zero() {
        let mut qoe = Qoe::default();
        for (second, counted, all) in [(0, 3, 3), (10, 7, 7), (20, 2, 9), (30, 4, 11)] {
            let _ = qoe.dropped(at(second), Some(counted));
            assert_eq!(qoe.dropped_frames, Some(all));
        }
    }

    #[test]
    fn what_waits_to_be_appended_is_not_wasted() {
        let mut qoe = Qoe::opened(at(0));
        qoe.loaded(ByteCount::new(100));
        qoe.used(ByteCount::new(60));
        qoe.unused(ByteCount::new(10));
        let summary = qoe.sum_up(at(1), PlaybackState::Playing, ByteCount::new(30), |_| None);
        assert_eq!((summary.loaded, summary.wasted), (ByteCount::new(100), ByteCount::new(20)));
        let told = [30, 30, 25].map(|waiting| qoe.newly_wasted(ByteCount::new(waiting)).map(ByteCount::get));
        assert_eq!(told, [Some(20), None, Some(5)], "what was told is not told again");
    }
}
