//! What became of a playback, counted the same way for every kind of source. Pure.

use std::time::Duration;

use media_model::{BitsPerSecond, MediaTime, Resolution};
use player_core::Now;
use player_core::message::VariantId;

/// What a viewer would say the player does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Before the first frame, and after a seek until frames move again.
    #[default]
    Loading,
    /// Frames move.
    Playing,
    /// Stopped by the viewer, or never allowed to begin.
    Paused,
    /// The buffer ran dry.
    Stalled,
    /// The end was reached.
    Ended,
    /// Nothing plays any more.
    Failed,
}

/// The variant on screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Name for people, such as `720p`.
    pub label: String,
    /// Size of the decoded picture.
    pub resolution: Resolution,
    /// Declared rate, if there is one.
    pub bandwidth: Option<BitsPerSecond>,
}

/// Statistics of a playback up to now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    /// What it does.
    pub state: State,
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
    /// How often the buffer ran dry.
    pub stalls: u32,
    /// For how long altogether, the present one included.
    pub stalled: Duration,
    /// How often the variant on screen changed.
    pub switches: u32,
    /// Frames that came too late to be shown.
    pub dropped_frames: u64,
}

/// Counts while a playback runs.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    asked: Now,
    startup: Option<Duration>,
    stalls: u32,
    stalled: Duration,
    stalled_since: Option<Now>,
    /// Which variant the buffer holds from which position on, in order.
    plan: Vec<(MediaTime, VariantId)>,
    shown: Option<VariantId>,
    switches: u32,
    pub(crate) throughput: Option<BitsPerSecond>,
    pub(crate) ended: bool,
    pub(crate) failed: bool,
}

impl Tally {
    /// Begins to count; the viewer asked at `asked`.
    pub(crate) fn new(asked: Now) -> Self {
        Self { asked, ..Self::default() }
    }

    /// The first frame is on screen. Only the first call counts.
    pub(crate) fn first_frame(&mut self, now: Now) {
        self.startup.get_or_insert(now.since(self.asked));
    }

    /// Whether a frame was ever on screen.
    pub(crate) fn has_started(&self) -> bool {
        self.startup.is_some()
    }

    /// The buffer ran dry.
    pub(crate) fn stall(&mut self, now: Now) {
        if self.stalled_since.is_none() {
            self.stalls += 1;
            self.stalled_since = Some(now);
        }
    }

    /// Frames move again, or the viewer does not wait any more.
    pub(crate) fn resume(&mut self, now: Now) {
        if let Some(since) = self.stalled_since.take() {
            self.stalled += now.since(since);
        }
    }

    /// From `from` on the buffer holds this variant; what was planned after that is replaced.
    pub(crate) fn plan(&mut self, variant: VariantId, from: MediaTime) {
        self.plan.retain(|&(start, _)| start < from);
        self.plan.push((from, variant));
    }

    /// Another source takes over: its variants have nothing to do with those before.
    pub(crate) fn change_source(&mut self, now: Now) {
        self.resume(now);
        self.plan.clear();
        self.shown = None;
    }

    /// Playback is at `at`: what is on screen follows from the plan.
    pub(crate) fn observe(&mut self, at: MediaTime) {
        let due = self.plan.iter().rev().find(|&&(from, _)| from <= at).or_else(|| self.plan.first());
        if let Some(&(_, variant)) = due
            && self.has_started()
        {
            self.switches += u32::from(self.shown.is_some_and(|shown| shown != variant));
            self.shown = Some(variant);
        }
    }

    /// The variant on screen.
    pub(crate) fn shown(&self) -> Option<VariantId> {
        self.shown
    }

    /// What the player does, given the element's own flags.
    pub(crate) fn state(&self, paused: bool, seeking: bool) -> State {
        match () {
            () if self.failed => State::Failed,
            () if self.ended => State::Ended,
            () if paused => State::Paused,
            () if !self.has_started() || seeking => State::Loading,
            () if self.stalled_since.is_some() => State::Stalled,
            () => State::Playing,
        }
    }

    /// The counters; what the element knows is filled in by the caller.
    pub(crate) fn stats(&self, now: Now) -> Stats {
        Stats {
            throughput: self.throughput,
            startup: self.startup,
            stalls: self.stalls,
            stalled: self.stalled + self.stalled_since.map_or(Duration::ZERO, |since| now.since(since)),
            switches: self.switches,
            ..Stats::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Now {
        Now::new(Duration::from_millis(millis))
    }

    fn second(seconds: i64) -> MediaTime {
        MediaTime::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn startup_counts_from_asking_and_only_once() {
        let mut tally = Tally::new(at(100));
        tally.first_frame(at(450));
        tally.first_frame(at(9_000));
        assert_eq!(tally.stats(at(9_000)).startup, Some(Duration::from_millis(350)));
    }

    #[test]
    fn a_stall_that_goes_on_is_one_stall_and_counts_already() {
        let mut tally = Tally::new(at(0));
        tally.stall(at(1_000));
        tally.stall(at(1_200));
        assert_eq!(tally.stats(at(1_500)).stalled, Duration::from_millis(500));
        tally.resume(at(2_000));
        tally.resume(at(3_000));
        let stats = tally.stats(at(9_000));
        assert_eq!((stats.stalls, stats.stalled), (1, Duration::from_millis(1_000)));
    }

    #[test]
    fn a_switch_counts_when_it_is_on_screen_not_when_it_is_loaded() {
        let mut tally = Tally::new(at(0));
        tally.plan(VariantId(0), second(0));
        tally.first_frame(at(300));
        tally.observe(second(0));
        tally.plan(VariantId(2), second(4));
        tally.observe(second(3));
        assert_eq!((tally.shown(), tally.switches), (Some(VariantId(0)), 0));
        tally.observe(second(5));
        tally.observe(second(6));
        assert_eq!((tally.shown(), tally.switches), (Some(VariantId(2)), 1));
    }

    #[test]
    fn a_new_choice_replaces_what_was_planned_behind_it() {
        let mut tally = Tally::new(at(0));
        tally.first_frame(at(1));
        tally.plan(VariantId(0), second(0));
        tally.plan(VariantId(1), second(10));
        tally.plan(VariantId(2), second(6));
        tally.observe(second(12));
        assert_eq!(tally.shown(), Some(VariantId(2)));
    }

    #[test]
    fn seeking_is_loading_and_not_a_stall() {
        let mut tally = Tally::new(at(0));
        assert_eq!(tally.state(false, false), State::Loading);
        tally.first_frame(at(1));
        assert_eq!(tally.state(false, true), State::Loading);
        assert_eq!(tally.state(false, false), State::Playing);
        tally.stall(at(2));
        assert_eq!(tally.state(false, false), State::Stalled);
        assert_eq!(tally.state(true, false), State::Paused);
        tally.failed = true;
        assert_eq!(tally.state(true, false), State::Failed);
    }

    #[test]
    fn another_source_is_not_a_switch() {
        let mut tally = Tally::new(at(0));
        tally.first_frame(at(1));
        tally.plan(VariantId(3), second(0));
        tally.observe(second(1));
        tally.stall(at(500));
        tally.change_source(at(700));
        tally.plan(VariantId(0), second(1));
        tally.observe(second(2));
        let stats = tally.stats(at(900));
        assert_eq!((stats.switches, stats.stalled), (0, Duration::from_millis(200)));
    }
}
