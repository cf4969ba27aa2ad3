//! A live variant, or a sound, to whose playlist nothing is added any more while others go on: its encoder has died, or a
//! cache keeps an old copy. It is left for one that goes on. Where all stand still, as when a programme pauses, nothing is
//! held against any.

use std::time::Duration;

use media_model::{MediaDuration, MediaTime};

use super::lane::Role;
use super::{Player, Purpose};
use crate::error::Setback;
use crate::load::next_segment;
use crate::playlist::{StreamId, Timeline};

/// Others are preferred for so long; each time for twice as long.
const AVOIDED: Duration = Duration::from_secs(30);

impl Player {
    /// Nothing more is listed of what a lane plays: whether another variant is to be taken. Which ones go on is found out by
    /// reading their playlists, one after the other.
    pub(super) fn goes_on_elsewhere(&mut self, role: Role) -> bool {
        let Some(stream) = self.halted(role) else { return false };
        if self.health.get(&stream).is_some_and(|health| health.is_avoided(self.now)) {
            return self.has_another(stream);
        }
        let others = self.works_beside(stream);
        let lists_more = |other: &StreamId| self.timeline(*other).is_some_and(|one| self.lists_more(role, one));
        if let Some(other) = others.iter().copied().find(lists_more) {
            if !self.is_confirmed_beside(stream, other) {
                return false;
            }
            let health = self.health.entry(stream).or_default();
            health.avoid(self.now, AVOIDED);
            if health.avoided == 1 {
                self.setback(Setback::OtherVariant);
            }
            return true;
        }
        let is_due = |timeline: &Timeline| timeline.reload_at.is_some_and(|at| at <= self.now);
        if let Some(other) = others.into_iter().find(|&other| self.timeline(other).is_none_or(is_due)) {
            self.load_playlist(other);
        }
        false
    }

    /// What a lane plays stands still, and of what could be played with it or instead nothing goes on and one has ended: then
    /// the programme is over, and only this playlist does not say so.
    pub(super) fn ends_with_others(&mut self, role: Role) {
        let Some(stream) = self.lane(role).and_then(|lane| lane.stream) else { return };
        let Some(own) = self.timeline(stream).filter(|own| own.stands_still(self.now)) else { return };
        let mut others = if role == Role::Variant { self.works_beside(stream) } else { Vec::new() };
        others.extend(self.lanes.iter().filter_map(|lane| lane.stream).filter(|other| *other != stream));
        let others: Option<Vec<_>> = others.into_iter().map(|other| self.timeline(other)).collect();
        let is_over = others.is_some_and(|others| {
            others.iter().all(|one| one.ended || one.stands_still(self.now))
                && others.iter().any(|one| one.has_ended_beside(own))
        });
        let presentation = self.presentation.as_mut().filter(|_| is_over);
        if let Some(timeline) = presentation.and_then(|one| one.stream_mut(stream)?.timeline.as_mut()) {
            timeline.ends_here();
        }
    }

    /// The sound stands still while pictures go on, and what is buffered of it is played soon: another one is heard.
    pub(super) fn hears_what_goes_on(&mut self) {
        let stream = |role| self.lane(role).and_then(|lane| lane.stream);
        let (Some(sound), Some(pictures)) = (stream(Role::Rendition), stream(Role::Variant)) else { return };
        let (Some(own), Some(other)) = (self.timeline(sound), self.timeline(pictures)) else { return };
        let is_halted = own.stands_still(self.now) && own.is_overdue_beside(other);
        if is_halted && self.is_soon_played(Role::Rendition, own) && self.is_confirmed_beside(sound, pictures) {
            self.hears_another(Some(sound));
        }
    }

    /// Whether a stream still had nothing new half a target duration after another one had: after a pause of the programme
    /// all go on, and not all in the same moment. For that it is read once more, out of turn; a cache that answers with less
    /// than is known is not asked again.
    fn is_confirmed_beside(&mut self, stream: StreamId, other: StreamId) -> bool {
        let (Some(own), Some(other)) = (self.timeline(stream), self.timeline(other)) else { return false };
        let settled = other.grown_at() + own.pace() / 2;
        if self.now < settled {
            return false;
        }
        if own.read_at() >= settled {
            return true;
        }
        let is_asked = self.loads.values().any(|load| load.purpose == Purpose::Playlist(stream));
        let health = self.health.entry(stream).or_default();
        if health.reread.is_some_and(|at| at >= settled) {
            return !is_asked;
        }
        health.reread = Some(self.now);
        self.load_playlist(stream);
        false
    }

    /// The variant of this lane, if its server answers and has nothing new.
    fn halted(&self, role: Role) -> Option<StreamId> {
        let stream = self.lane(role).filter(|_| role == Role::Variant)?.stream?;
        let timeline = self.timeline(stream)?;
        let is_halted = timeline.stands_still(self.now) || self.is_left_behind(role, timeline);
        (is_halted && !self.lists_more(role, timeline)).then_some(stream)
    }

    /// It ends where another one has long gone on, and there is no time to see whether more comes.
    fn is_left_behind(&self, role: Role, timeline: &Timeline) -> bool {
        let mut variants = self.presentation.iter().flat_map(|one| one.variants_of_group());
        self.is_soon_played(role, timeline)
            && variants.any(|(id, _)| {
                self.timeline(StreamId::Variant(id)).is_some_and(|other| timeline.is_overdue_beside(other))
            })
    }

    /// Whether what is buffered lasts for less than a target duration.
    fn is_soon_played(&self, role: Role, timeline: &Timeline) -> bool {
        let ahead = self.lane(role).map_or(MediaDuration::ZERO, |lane| lane.buffer.level(self.position()));
        ahead < timeline.target_duration
    }

    fn lists_more(&self, role: Role, timeline: &Timeline) -> bool {
        let forever = MediaTime::from_micros(i64::MAX);
        self.lane(role).is_some_and(|lane| next_segment(timeline, &lane.covered(), self.position(), forever).is_some())
    }

    /// Other variants that can be asked for now, those first that viewer, page and device let through.
    fn works_beside(&self, stream: StreamId) -> Vec<StreamId> {
        let usable = self.usable_variants();
        let all = self.presentation.iter().flat_map(|one| one.variants_of_group()).map(|(id, _)| id);
        let mut others: Vec<_> = all.filter(|&id| StreamId::Variant(id) != stream).collect();
        others.sort_by_key(|id| !usable.contains(id));
        let works = |stream: &StreamId| {
            self.health.get(stream).is_none_or(|health| !health.is_avoided(self.now) && !health.waits(self.now))
        };
        others.into_iter().map(StreamId::Variant).filter(works).collect()
    }
}

#[cfg(test)]
mod tests;
