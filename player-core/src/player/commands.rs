//! What the viewer and the page want: open, seek, choose, try again.

use std::collections::VecDeque;

use media_model::{MediaDuration, MediaTime};
use url::Url;

use super::failing::Renewal;
use super::lane::{Busy, Health, Item, Lane, Role, Wanted};
use super::phase::Phase;
use super::recovery::Rescue;
use super::{Init, Load, Player, Purpose, Wishes};
use crate::clock::Speed;
use crate::home::is_home;
use crate::load::covered_until;
use crate::message::{AudioId, Command, Event, Output, VariantId};
use crate::playlist::StreamId;
use crate::qoe::Qoe;

/// A quality that the viewer chose shows this far ahead of the playhead: time to load its first segment.
pub(super) const LOCK_LEAD: MediaDuration = MediaDuration::from_secs(2);

impl Player {
    pub(super) fn obey(&mut self, command: Command) {
        match command {
            Command::Open { url, start } => self.open(url, start),
            Command::Seek(target) => self.seek(target),
            Command::SetPlaying(playing) => {
                self.wishes.playing = playing;
                if playing {
                    self.qoe.released(self.now);
                } else {
                    self.stall_ends();
                    self.qoe.rests();
                }
            }
            Command::SetSpeed(speed) => self.set_speed(speed),
            Command::LockVariant(variant) => self.lock_variant(variant),
            Command::SelectAudio(audio) => self.select_audio(audio),
            Command::SelectText(text) => self.select_text(text),
            Command::LimitResolution(limit) => self.wishes.limits.resolution = limit,
            Command::LimitBandwidth { least, most } => {
                (self.wishes.limits.least, self.wishes.limits.most) = (least, most);
            }
            Command::SaveData(saves) => self.wishes.limits.saves_data = saves,
            Command::SetVisible(visible) => self.set_visible(visible),
            Command::SetStreaming(streaming) => self.wishes.limits.rests = !streaming,
            Command::FollowWith(_) => {}
            Command::Retry => self.retry(),
        }
    }

    fn open(&mut self, url: Url, start: Option<MediaTime>) {
        let loads: Vec<_> = self.loads.keys().copied().collect();
        loads.into_iter().for_each(|id| self.cancel(id));
        self.forget_media();
        self.end_text();
        let wishes = Wishes { playing: true, limits: self.wishes.limits, ..Wishes::default() };
        let fresh = Self::new(self.config.clone());
        // Of the same link, what was learnt stays true; numbers of loads are never used twice.
        *self = Self {
            now: self.now,
            out: std::mem::take(&mut self.out),
            next_id: self.next_id,
            link: std::mem::take(&mut self.link),
            at_home: is_home(&url),
            root: Some((url, start)),
            wishes,
            // A start is like a seek.
            motion: self.motion.sought(MediaTime::ZERO),
            qoe: Qoe::opened(self.now),
            ..fresh
        };
        self.become_phase(Phase::Opening);
    }

    /// Until now the playhead went at the speed before.
    fn set_speed(&mut self, speed: Speed) {
        self.motion.at = self.position();
        self.motion.seen = self.now;
        self.motion.speed = speed;
    }

    /// Lets the driver drop all bytes it keeps for us.
    pub(super) fn forget_media(&mut self) {
        let inits = std::mem::take(&mut self.inits).into_values().filter_map(|init| match init {
            Init::Loaded(id) => Some(id),
            Init::Loading => None,
        });
        let segments = self.lanes.iter_mut().flat_map(Lane::restart).collect::<Vec<_>>();
        self.out.extend(inits.chain(segments).map(Output::Forget));
    }

    fn seek(&mut self, target: MediaTime) {
        if self.phase == Phase::Ended {
            self.become_phase(Phase::Running);
        }
        // While not all is read, it takes the place of where playback was to begin.
        if let Some((_, start)) = &mut self.root {
            *start = Some(target);
        }
        if self.phase == Phase::Opening {
            return;
        }
        self.stall_ends();
        self.qoe.sought(self.now);
        self.motion = self.motion.sought(target);
        for lane in &mut self.lanes {
            lane.forgive();
            lane.plan = None;
            lane.full_since = None;
            lane.crowded_until = None;
            lane.given_up = None;
            lane.torn = false;
            lane.replace_from = lane.replace_from.map(|_| target);
            lane.came_late = 0;
        }
        self.cancel_useless();
        // Who moves does not want to wait for the end of a pause that was made for nobody.
        self.back_online();
    }

    /// Who chooses a quality wants to see it now, not when the buffer is played out. The automatic choice takes over where
    /// the buffer ends.
    fn lock_variant(&mut self, variant: Option<VariantId>) {
        let before = std::mem::replace(&mut self.wishes.variant, variant);
        if variant == before {
            return;
        }
        if let Some(lane) = self.lane_mut(Role::Variant) {
            lane.replace_from = None;
            lane.plan = None;
        }
        let Some(chosen) = variant else { return };
        let exists = self.presentation.as_ref().is_some_and(|one| one.stream(StreamId::Variant(chosen)).is_some());
        if exists {
            self.replace_ahead(Role::Variant, StreamId::Variant(chosen), LOCK_LEAD);
        }
    }

    pub(super) fn select_audio(&mut self, audio: AudioId) {
        let exists = self.presentation.as_ref().is_some_and(|one| one.is_offered(audio));
        if !exists || self.wishes.audio == Some(audio) {
            return;
        }
        let is_heard = |lane: &Lane| lane.replace_from.is_none();
        if self.lane(Role::Rendition).is_some_and(is_heard) {
            self.wishes.audio_before = self.wishes.audio;
        }
        self.wishes.audio = Some(audio);
        // Who chooses it wants it to be tried now.
        self.health.entry(StreamId::Audio(audio)).or_default().pardon();
        self.replace_ahead(Role::Rendition, StreamId::Audio(audio), MediaDuration::ZERO);
        // Before that, all of it is told when the timelines are known.
        if self.root.is_none() {
            self.tell(Event::AudioChosen(audio));
            self.change_text();
        }
    }

    /// Loads another stream of a lane from `lead` ahead of the playhead on. What is on its way or waits to be appended is
    /// given up, except where it is needed before. As long as nothing is buffered, none of it is needed: playback begins with
    /// the choice.
    pub(super) fn replace_ahead(&mut self, role: Role, chosen: StreamId, lead: MediaDuration) {
        let at = self.position();
        let soon = at + lead;
        let Some(lane) = self.lane(role) else { return };
        let held = covered_until(&lane.buffer.covered(), at);
        let is_bare = lane.buffer.covered().is_empty() && lane.busy.is_none();
        let of_others = |wanted: &Wanted| wanted.stream != chosen;
        let useless = |wanted: &Wanted| {
            let is_late = wanted.span.end() <= held && held > at;
            wanted.span.start() > soon || (of_others(wanted) && (is_late || is_bare))
        };
        let useless_load = |load: &Load| match &load.purpose {
            Purpose::Segment(of, wanted) => *of == role && useless(wanted),
            Purpose::Playlist(stream) | Purpose::Init(_, stream) => *stream != chosen && stream.role() == Some(role),
            Purpose::Root | Purpose::Renewal | Purpose::Text(_) | Purpose::Probe => false,
        };
        let cancelled: Vec<_> = self.loads.iter().filter(|(_, load)| useless_load(load)).map(|(id, _)| *id).collect();
        cancelled.into_iter().for_each(|id| self.cancel(id));
        // What is kept of others is played before the choice.
        let coming: Vec<MediaTime> = self
            .loads
            .values()
            .filter_map(|load| load.purpose.segment_of(role).filter(|wanted| of_others(wanted)))
            .map(|wanted| wanted.span.end())
            .collect();
        let is_over = |from: MediaTime| {
            self.timeline(chosen).is_some_and(|timeline| timeline.ended && timeline.entry_at(from).is_none())
        };
        let from = coming.iter().copied().chain([soon]).max().filter(|&from| !is_over(from));
        let Some(lane) = self.lane_mut(role) else { return };
        let (forgotten, needed): (VecDeque<Item>, VecDeque<Item>) =
            lane.queue.drain(..).partition(|item| useless(&item.wanted));
        lane.queue = needed;
        let busy = lane.busy.iter().filter_map(|busy| match busy {
            Busy::Segment(item) => Some(item),
            Busy::Init(_) | Busy::Part(_) | Busy::Evict(_) => None,
        });
        // What is being appended further ahead goes with all else that is buffered there.
        let is_before = |item: &&Item| of_others(&item.wanted) && item.wanted.span.start() <= soon;
        let waiting = lane.queue.iter().chain(busy).filter(is_before);
        let from = from.and_then(|from| waiting.map(|item| item.wanted.span.end()).chain([from]).max());
        // Who fixes the quality that plays already wants nothing to be loaded again.
        let is_there = matches!(chosen, StreamId::Variant(id) if lane.buffer.holds_only(id, soon));
        lane.stream = Some(chosen);
        lane.plan = None;
        lane.replace_from = from.filter(|_| !is_there && !is_bare);
        lane.came_late = 0;
        lane.crowded_until = None;
        self.out.extend(forgotten.into_iter().map(|item| Output::Forget(item.id)));
    }

    pub(super) fn retry(&mut self) {
        if self.phase != Phase::Failed {
            return;
        }
        self.trouble = None;
        self.setback = None;
        self.root_health = Health::default();
        for health in self.health.values_mut() {
            health.pardon();
        }
        self.stuck.clear();
        self.lanes.iter_mut().for_each(Lane::forgive);
        (self.rescue, self.renewal) = (Rescue::default(), Renewal::default());
        if self.element_failed {
            self.restart_element(self.position());
        }
        self.become_phase(if self.presentation.is_some() { Phase::Running } else { Phase::Opening });
        self.tell(Event::TriesAgain);
    }
}
