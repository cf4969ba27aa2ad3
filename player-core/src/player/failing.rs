//! What becomes of a load that failed: a wait, another copy, another variant, or trouble.

use std::collections::BTreeMap;
use std::time::Duration;

use media_model::hls::{ParseError, Playlist};
use media_model::{ByteCount, MediaDuration};
use url::Url;

use super::lane::{Health, Role, Wanted};
use super::{Player, Purpose};
use crate::clock::Now;
use crate::error::{Setback, Trouble};
use crate::message::{Command, LoadFailure, Output, RequestId};
use crate::playlist::{Presentation, StreamId, Timeline};
use crate::retry::{Remedy, backoff, remedy};

/// A server that has been asking to wait this long is worth a word, ...
const PATIENCE: Duration = Duration::from_secs(5);
/// ... if this is all the viewer has left.
const SHORT: MediaDuration = MediaDuration::from_secs(10);
/// A segment that a live playlist names is asked for again so often before it is missed.
const EDGE_TRIES: u32 = 4;
/// In between, half a target duration passes, within these.
const SHORTEST_EDGE_WAIT: Duration = Duration::from_millis(250);
const LONGEST_EDGE_WAIT: Duration = Duration::from_secs(2);
/// A place whose copies failed is left alone for so long; each time for twice as long.
const LEAVE_ALONE: Duration = Duration::from_secs(30);
/// Where every place has failed, one of them may be tried again after this part of that.
const LEAST_REST: u32 = 10;
/// With so much loaded, a place that failed may be tried again.
const SAFE: MediaDuration = MediaDuration::from_secs(8);
/// The driver gets so long to find a fresh address.
const RENEWAL_PATIENCE: Duration = Duration::from_secs(20);
/// A variant that the server has no room for is asked for at least this often.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

impl Player {
    pub(super) fn load_failed(&mut self, id: RequestId, cause: LoadFailure) {
        let Some(load) = self.loads.remove(&id) else { return };
        if load.first_byte.is_some() {
            self.link.ends(self.now);
        }
        self.note_torn(&load);
        if let Purpose::Init(key, _) = &load.purpose {
            self.inits.remove(key);
        }
        // What a copy that has been left does is no news.
        if self.presentation.as_ref().is_some_and(|presentation| presentation.place() != load.place) {
            return;
        }
        if let Purpose::Segment(role, wanted) = &load.purpose {
            self.note_stuck(*role, wanted.span);
            if self.live_window_moves(*role, wanted, &cause) {
                return;
            }
        }
        let is_vital = !matches!(load.purpose, Purpose::Renewal | Purpose::Text(_) | Purpose::Probe);
        if is_vital && is_expired(&cause) && self.renew_address() {
            return;
        }
        if let Purpose::Playlist(stream) = load.purpose
            && self.goes_without_updates(stream, load.is_update, &cause)
        {
            return;
        }
        match load.purpose {
            // The rule goes on with what it knows.
            Purpose::Probe => {}
            Purpose::Root => self.root_failed(cause),
            // The driver is asked again when it matters.
            Purpose::Renewal if cause == LoadFailure::Network => self.renewal = Renewal::Unneeded,
            Purpose::Renewal => self.renewal = Renewal::Tried,
            Purpose::Init(_, stream) => {
                self.stream_failed(stream, &cause);
                if self.health.get(&stream).is_some_and(|health| health.is_avoided(self.now)) {
                    self.drop_loaded(stream);
                }
            }
            Purpose::Text(segment) => self.text_failed(segment.text, Some(segment), &cause),
            Purpose::Playlist(stream) | Purpose::Segment(_, Wanted { stream, .. }) => {
                self.stream_failed(stream, &cause);
            }
        }
    }

    /// A segment of a live playlist that the server does not have: at one end it comes in a moment, at the other it is gone
    /// with the window. Either way the playlist is read again, and nothing is held against the stream. Whether that is so. It is
    /// not for one behind the playhead, which was to tell where the stream is: most likely an old playlist named it, and
    /// another variant is at hand.
    fn live_window_moves(&mut self, role: Role, wanted: &Wanted, cause: &LoadFailure) -> bool {
        let is_missing = matches!(cause, LoadFailure::Status { code: 404 | 410, .. });
        let failures = self.stuck.get(&role).map_or(0, |stuck| stuck.failures);
        if wanted.span.end() <= self.position() && self.has_another(wanted.stream) {
            return false;
        }
        let timeline = self.presentation.as_mut().and_then(|one| one.stream_mut(wanted.stream)?.timeline.as_mut());
        let Some(timeline) = timeline.filter(|one| one.is_live_at(self.now) && is_missing && failures <= EDGE_TRIES)
        else {
            return false;
        };
        let wait = (timeline.target_duration.to_std() / 2).clamp(SHORTEST_EDGE_WAIT, LONGEST_EDGE_WAIT);
        let soon = self.now + wait;
        timeline.reload_at = timeline.reload_at.map(|at| at.min(soon));
        self.health.entry(wanted.stream).or_default().not_before = Some(soon);
        true
    }

    /// After a delta update that the server refuses, or that does not fit, the whole playlist is asked for, and no update any
    /// more (rfc8216bis §6.3.7). Whether that is so.
    pub(super) fn goes_without_updates(&mut self, stream: StreamId, is_update: bool, cause: &LoadFailure) -> bool {
        let is_refused = match cause {
            // These two ask for patience, whatever was asked for.
            LoadFailure::Status { code: 408 | 429, .. } | LoadFailure::Network | LoadFailure::TimedOut => false,
            // The page would refuse the whole playlist as well.
            LoadFailure::Refused(_) => false,
            LoadFailure::Status { code, .. } => (400..500).contains(code) || *code == 501,
            LoadFailure::Corrupt => true,
        };
        let known = self.presentation.as_mut().and_then(|presentation| presentation.stream_mut(stream));
        let Some(known) = known.filter(|_| is_update && is_refused) else { return false };
        known.no_updates = true;
        true
    }

    fn root_failed(&mut self, cause: LoadFailure) {
        let health = &mut self.root_health;
        let wait = match remedy(&cause, health.failures) {
            // Before anything was shown a person is better told than left waiting for over a quarter of a minute.
            Remedy::Unreachable(wait) if health.failures < 5 => wait,
            Remedy::RetryAfter(wait) => wait,
            Remedy::AskedToWait(wait) => {
                self.server_asks_to_wait(None, wait, &cause);
                return;
            }
            Remedy::Unreachable(_) | Remedy::Avoid(_) => {
                self.fail(&Trouble::Load(cause));
                return;
            }
        };
        health.failures = health.failures.saturating_add(1);
        health.not_before = Some(self.now + wait);
        // Once is an accident.
        if health.failures == 2 {
            self.setback(Setback::Unanswered);
        }
    }

    /// A stream failed in one way or another: waits, or looks for another one.
    pub(super) fn stream_failed(&mut self, stream: StreamId, cause: &LoadFailure) {
        if let StreamId::Text(text) = stream {
            return self.text_failed(text, None, cause);
        }
        let failures = self.health.entry(stream).or_default().failures;
        self.lanes.iter_mut().for_each(|lane| lane.plan = lane.plan.filter(|plan| plan.stream != stream));
        let wait = match remedy(cause, failures) {
            Remedy::AskedToWait(wait) => {
                self.server_asks_to_wait(Some(stream), wait, cause);
                return;
            }
            Remedy::Unreachable(_) | Remedy::Avoid(_) if self.fail_over(stream, cause, failures) => return,
            Remedy::Unreachable(_) if failures > 1 && self.fail_over_again(stream) => return,
            Remedy::Unreachable(wait) => {
                if failures > 1 {
                    self.setback(Setback::Offline);
                }
                wait
            }
            Remedy::RetryAfter(wait) => wait,
            // A server that says nothing says nothing of other variants either.
            Remedy::Avoid(_) if *cause == LoadFailure::TimedOut && self.fail_over_again(stream) => return,
            Remedy::Avoid(time) if self.has_another(stream) => {
                let health = self.health.entry(stream).or_default();
                health.avoid(self.now, time);
                health.failures = 0;
                if health.avoided == 1 {
                    self.setback(Setback::OtherVariant);
                }
                return;
            }
            Remedy::Avoid(_) if self.fail_over_again(stream) => return,
            // Nothing was ever heard of it: nobody has to wait until what is buffered has been played.
            Remedy::Avoid(_) if self.is_unheard(stream) && self.hears_another(Some(stream)) => return,
            // The server may only be gone for a while; a timeout is no statement about the title.
            Remedy::Avoid(_) if *cause == LoadFailure::TimedOut => {
                self.setback(Setback::Offline);
                backoff(failures)
            }
            Remedy::Avoid(_) => {
                self.trouble = Some(Trouble::Load(cause.clone()));
                backoff(failures.saturating_add(1))
            }
        };
        let health = self.health.entry(stream).or_default();
        health.failures = failures.saturating_add(1);
        health.asked_to_wait = false;
        health.not_before = Some(self.now + wait);
    }

    fn server_asks_to_wait(&mut self, stream: Option<StreamId>, wait: Duration, cause: &LoadFailure) {
        let served_otherwise = stream.is_some_and(|stream| self.has_willing_other(stream));
        let is_short = self.lanes.iter().any(|lane| self.loaded_ahead(lane) < SHORT);
        let health = match stream {
            Some(stream) => self.health.entry(stream).or_default(),
            None => &mut self.root_health,
        };
        // While another variant plays, there is no hurry to bother the server again.
        let pause = if served_otherwise { wait.max(health.waited).min(LONGEST_PAUSE) } else { wait };
        health.not_before = Some(self.now + pause);
        health.asked_to_wait = true;
        health.waited = health.waited.saturating_add(pause);
        if health.waited >= PATIENCE && !served_otherwise && (stream.is_none() || is_short) {
            let detail = match cause {
                LoadFailure::Status { problem: Some(problem), .. } => Some(problem.detail.clone()),
                LoadFailure::Status { problem: None, .. }
                | LoadFailure::Network
                | LoadFailure::TimedOut
                | LoadFailure::Corrupt
                | LoadFailure::Refused(_) => None,
            };
            self.setback(Setback::ServerBusy(detail));
        }
    }

    /// Goes on with the redundant copies at another place, if there are some that did not fail lately.
    fn fail_over(&mut self, stream: StreamId, cause: &LoadFailure, failures: u32) -> bool {
        // A single connection that breaks is an accident.
        if *cause == LoadFailure::Network && failures == 0 {
            return false;
        }
        let next = self.other_places(stream).into_iter().find(|&place| !self.failover.is_left(place, self.now));
        self.leave_for(next)
    }

    /// All places failed lately, and so does this one: before anything is gone without, the one that has been left alone
    /// longest is tried again, but for one that has failed only just now.
    fn fail_over_again(&mut self, stream: StreamId) -> bool {
        let places = self.other_places(stream).into_iter().filter(|&place| self.failover.has_rested(place, self.now));
        let next = places.min_by_key(|&place| self.failover.left_since(place));
        self.leave_for(next)
    }

    /// Places other than the present one that have a copy of this stream.
    fn other_places(&self, stream: StreamId) -> Vec<usize> {
        let Some(presentation) = &self.presentation else { return Vec::new() };
        let Some(known) = presentation.stream(stream) else { return Vec::new() };
        let has_copy = |place: &usize| *place != presentation.place() && known.has_copy(*place);
        (0..presentation.places()).filter(has_copy).collect()
    }

    fn leave_for(&mut self, next: Option<usize>) -> bool {
        let from = self.presentation.as_ref().map(Presentation::place);
        let (Some(next), Some(from)) = (next, from) else { return false };
        self.failover.leave(from, self.now);
        self.use_place(next);
        // Without a network, where it is missed is no news.
        if self.setback != Some(Setback::Offline) {
            self.report_setback(Setback::OtherServer);
        }
        true
    }

    /// Goes back to a copy that comes before the present one in the playlist, once it has been left alone for a while and
    /// there is enough in the buffer to find out whether it works.
    pub(super) fn return_to_first(&mut self) {
        let Some(from) = self.presentation.as_ref().map(Presentation::place).filter(|&place| place > 0) else { return };
        let is_safe = self.lanes.iter().all(|lane| self.loaded_ahead(lane) >= SAFE)
            && !self.lanes.iter().all(|lane| self.is_complete(lane));
        if let Some(better) = (0..from).find(|&place| !self.failover.is_left(place, self.now)).filter(|_| is_safe) {
            self.use_place(better);
            self.report_setback(Setback::FirstServer);
        }
    }

    fn use_place(&mut self, place: usize) {
        let Some(presentation) = &mut self.presentation else { return };
        presentation.go_to(place);
        self.health.values_mut().for_each(Health::pardon);
        self.lanes.iter_mut().for_each(|lane| lane.plan = None);
        let unheard = self.loads.iter().filter(|(_, load)| load.first_byte.is_none());
        let unheard: Vec<_> = unheard.map(|(id, _)| *id).collect();
        unheard.into_iter().for_each(|id| self.cancel(id));
    }

    /// Asks the driver for a fresh address. Whether the answer is worth waiting for.
    fn renew_address(&mut self) -> bool {
        match self.renewal {
            Renewal::Tried => return false,
            Renewal::Asked(_) | Renewal::Loading => return true,
            Renewal::Unneeded => {}
        }
        self.renewal = Renewal::Asked(self.now);
        // What else is under way has the same old signature.
        let loads: Vec<_> = self.loads.keys().copied().collect();
        loads.into_iter().for_each(|id| self.cancel(id));
        self.out.push(Output::RenewAddress);
        self.report_setback(Setback::AddressExpired);
        true
    }

    /// Whether nothing is to be loaded before there is a fresh address.
    pub(super) fn waits_for_address(&mut self) -> bool {
        match self.renewal {
            Renewal::Asked(when) if self.now.since(when) < RENEWAL_PATIENCE => true,
            Renewal::Asked(_) => {
                self.renewal = Renewal::Tried;
                false
            }
            Renewal::Loading => true,
            Renewal::Unneeded | Renewal::Tried => false,
        }
    }

    /// The driver's answer.
    pub(super) fn renewed(&mut self, fresh: Option<Url>) {
        if !matches!(self.renewal, Renewal::Asked(_)) || !self.phase.is_active() {
            return;
        }
        self.renewal = Renewal::Tried;
        let Some(fresh) = fresh else { return };
        match &mut self.root {
            Some((url, _)) if self.presentation.is_none() => *url = fresh,
            Some(_) | None => {
                self.renewal = Renewal::Loading;
                self.begin(Purpose::Renewal, fresh, None, ByteCount::default());
            }
        }
    }

    /// The presentation at its fresh address: goes on where it was.
    pub(super) fn addresses_arrived(&mut self, url: &Url, parsed: Result<Playlist, ParseError>) {
        self.renewal = Renewal::Tried;
        let fresh = match parsed {
            Ok(Playlist::Multivariant(playlist)) => Presentation::multivariant(playlist, url),
            Ok(Playlist::Media(playlist)) => {
                let known = self.presentation.as_ref().and_then(Presentation::any_timeline);
                let timeline = Timeline::new(playlist, url.clone(), self.now, known, &[]);
                Some(Presentation::single(url.clone(), timeline))
            }
            Err(_) => None,
        };
        let (Some(fresh), Some(presentation)) = (fresh, &mut self.presentation) else { return };
        if presentation.readdress(fresh) {
            self.health.values_mut().for_each(Health::pardon);
            self.lanes.iter_mut().for_each(|lane| lane.plan = None);
        } else {
            // Another title, or made anew: there is nothing to go on with but the position.
            let start = self.position();
            self.obey(Command::Open { url: url.clone(), start: Some(start) });
        }
    }

    /// There is a network again: what waits because the server could not be reached is tried at once.
    pub(super) fn back_online(&mut self) {
        for health in self.health.values_mut().chain([&mut self.root_health]) {
            if !health.asked_to_wait {
                health.not_before = None;
            }
        }
    }
}

/// Whether a server answers like this once the signature in an address has expired.
fn is_expired(cause: &LoadFailure) -> bool {
    matches!(cause, LoadFailure::Status { code: 401 | 403 | 410, .. })
}

/// Whether the addresses are still good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Renewal {
    /// As far as is known.
    #[default]
    Unneeded,
    /// The driver has been asked for a fresh one.
    Asked(Now),
    /// What it said is being read.
    Loading,
    /// It was asked, and no segment has arrived since: asking again would not help.
    Tried,
}

impl Renewal {
    /// Whether there will be a fresh one.
    pub(super) fn is_under_way(self) -> bool {
        matches!(self, Self::Asked(_) | Self::Loading)
    }

    /// A segment has arrived.
    pub(super) fn succeeded(&mut self) {
        if *self == Self::Tried {
            *self = Self::Unneeded;
        }
    }
}

/// Which places of redundant copies failed.
#[derive(Clone, Debug, Default)]
pub(super) struct Failover(BTreeMap<usize, Left>);

/// A place that failed.
#[derive(Clone, Copy, Debug, Default)]
struct Left {
    since: Now,
    /// It is left alone so long, ...
    until: Now,
    /// ... which was decided so often.
    times: u32,
}

impl Failover {
    fn is_left(&self, place: usize, now: Now) -> bool {
        self.0.get(&place).is_some_and(|left| now < left.until)
    }

    fn leave(&mut self, place: usize, now: Now) {
        let left = self.0.entry(place).or_default();
        left.since = now;
        left.until = now + LEAVE_ALONE.saturating_mul(1 << left.times.min(4));
        left.times = left.times.saturating_add(1);
    }

    /// Whether a tenth of the time for which it is left alone has passed.
    fn has_rested(&self, place: usize, now: Now) -> bool {
        self.0.get(&place).is_none_or(|left| now.since(left.since) >= left.until.since(left.since) / LEAST_REST)
    }

    fn left_since(&self, place: usize) -> Now {
        self.0.get(&place).map_or(Now::default(), |left| left.since)
    }
}
