//! What the viewer and the page want: open, seek, choose, try again.

use media_model::MediaTime;
use url::Url;

use super::lane::{Health, Lane, Role, Wanted};
use super::phase::Phase;
use super::{Init, Load, Motion, Player, Purpose, Wishes};
use crate::message::{AudioId, Command, Event, Output};
use crate::playlist::StreamId;
use crate::qoe::Qoe;

impl Player {
    pub(super) fn obey(&mut self, command: Command) {
        match command {
            Command::Open { url, start } => self.open(url, start),
            Command::Seek(target) => self.seek(target),
            Command::SetPlaying(playing) => {
                self.wishes.playing = playing;
                if !playing {
                    self.stall_ends();
                }
            }
            Command::LockVariant(variant) => self.wishes.variant = variant,
            Command::SelectAudio(audio) => self.select_audio(audio),
            Command::LimitResolution(limit) => self.wishes.resolution = limit,
            Command::Retry => self.retry(),
        }
    }

    fn open(&mut self, url: Url, start: Option<MediaTime>) {
        let loads: Vec<_> = self.loads.keys().copied().collect();
        loads.into_iter().for_each(|id| self.cancel(id));
        self.forget_media();
        let wishes = Wishes { playing: true, variant: None, audio: None, ..self.wishes };
        let fresh = Self::new(self.config.clone());
        // Of the same link, what was learnt stays true; numbers of loads are never used twice.
        *self = Self {
            now: self.now,
            out: std::mem::take(&mut self.out),
            next_id: self.next_id,
            link: std::mem::take(&mut self.link),
            root: Some((url, start)),
            wishes,
            // A start is like a seek: what stands still until frames move is no stall.
            motion: Motion { seeking: true, ..Motion::default() },
            qoe: Qoe::opened(self.now),
            ..fresh
        };
        self.become_phase(Phase::Opening);
    }

    /// Lets the driver drop all bytes it keeps for us.
    fn forget_media(&mut self) {
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
        if self.phase == Phase::Opening {
            if let Some((_, start)) = &mut self.root {
                *start = Some(target);
            }
            return;
        }
        self.stall_ends();
        self.motion = Motion { at: target, seeking: true, ..Motion::default() };
        for lane in &mut self.lanes {
            lane.buffer.forgive();
            lane.crowded_until = None;
            lane.given_up = None;
        }
        self.cancel_useless();
    }

    fn select_audio(&mut self, audio: AudioId) {
        let exists = self.presentation.as_ref().is_some_and(|one| one.stream(StreamId::Audio(audio)).is_some());
        if !exists || self.wishes.audio == Some(audio) {
            return;
        }
        self.wishes.audio = Some(audio);
        let of_audio = |load: &Load| match &load.purpose {
            Purpose::Playlist(stream) | Purpose::Init(_, stream) | Purpose::Segment(_, Wanted { stream, .. }) => {
                matches!(stream, StreamId::Audio(_))
            }
            Purpose::Root => false,
        };
        let unwanted: Vec<_> = self.loads.iter().filter(|(_, load)| of_audio(load)).map(|(id, _)| *id).collect();
        unwanted.into_iter().for_each(|id| self.cancel(id));
        if let Some(lane) = self.lane_mut(Role::Rendition) {
            lane.stream = Some(StreamId::Audio(audio));
            lane.flush = true;
            lane.crowded_until = None;
            let unwanted: Vec<_> = lane.queue.drain(..).map(|item| Output::Forget(item.id)).collect();
            self.out.extend(unwanted);
        }
        self.tell(Event::AudioChosen(audio));
    }

    fn retry(&mut self) {
        if self.phase != Phase::Failed {
            return;
        }
        self.trouble = None;
        self.nuisance = None;
        self.root_health = Health::default();
        for health in self.health.values_mut() {
            health.pardon();
        }
        if std::mem::take(&mut self.element_failed) {
            self.forget_media();
            self.prepared = false;
            self.end_told = false;
            let at = self.motion.position();
            self.motion = Motion { at, seeking: true, ..Motion::default() };
        }
        self.become_phase(if self.presentation.is_some() { Phase::Running } else { Phase::Opening });
    }
}
