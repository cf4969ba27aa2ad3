//! A live variant to whose playlist nothing is added any more while others go on: its encoder has died, or a cache keeps an
//! old copy. It is left for one that goes on. Where all stand still, as when a programme pauses, nothing is held against any.

use std::time::Duration;

use media_model::{MediaDuration, MediaTime};

use super::Player;
use super::lane::Role;
use crate::error::Setback;
use crate::load::next_segment;
use crate::playlist::{LEAST_WAIT, StreamId, Timeline};

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
        for other in self.works_beside(stream) {
            match self.timeline(other) {
                // Both may have gone on together.
                Some(timeline) if self.lists_more(role, timeline) && self.is_older(stream, timeline) => {
                    self.read_again(stream, timeline.target_duration);
                    return false;
                }
                Some(timeline) if self.lists_more(role, timeline) => {
                    let health = self.health.entry(stream).or_default();
                    health.avoid(self.now, AVOIDED);
                    if health.avoided == 1 {
                        self.setback(Setback::OtherVariant);
                    }
                    return true;
                }
                Some(timeline) if timeline.reload_at.is_some_and(|at| at > self.now) => {}
                Some(_) | None => {
                    self.load_playlist(other);
                    return false;
                }
            }
        }
        false
    }

    /// Out of turn, and not at once again: a cache that answers with less than is known leaves it as old as it is.
    fn read_again(&mut self, stream: StreamId, pause: MediaDuration) {
        let health = self.health.entry(stream).or_default();
        if health.reread.is_none_or(|at| self.now.since(at) >= pause.to_std().max(LEAST_WAIT)) {
            health.reread = Some(self.now);
            self.load_playlist(stream);
        }
    }

    /// The variant of this lane, if its server answers and has nothing new.
    fn halted(&self, role: Role) -> Option<StreamId> {
        let stream = self.lane(role).filter(|_| role == Role::Variant)?.stream?;
        let timeline = self.timeline(stream)?;
        let is_halted = timeline.stands_still(self.now) || self.is_left_behind(role, timeline);
        (is_halted && !self.lists_more(role, timeline)).then_some(stream)
    }

    /// It was read only now, and ends where another one has long gone on; there is no time to see whether more comes.
    fn is_left_behind(&self, role: Role, timeline: &Timeline) -> bool {
        let ahead = self.lane(role).map_or(MediaDuration::ZERO, |lane| lane.buffer.level(self.position()));
        let mut variants = self.presentation.iter().flat_map(|one| one.variants_of_group());
        ahead < timeline.target_duration
            && variants.any(|(id, _)| {
                self.timeline(StreamId::Variant(id)).is_some_and(|other| timeline.is_overdue_beside(other))
            })
    }

    /// Whether what is known of a stream was read before another one went on.
    fn is_older(&self, stream: StreamId, other: &Timeline) -> bool {
        self.timeline(stream).is_some_and(|timeline| timeline.read_at() < other.grown_at())
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
