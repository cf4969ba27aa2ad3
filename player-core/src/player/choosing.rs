//! Which stream a lane loads from: collects the facts for the ABR rule. Which variants it may choose from is in
//! `player/permitted.rs`.

use std::time::Duration;

use media_model::{BitsPerSecond, ByteCount, MediaDuration, TimeRange};

use super::Player;
use super::lane::{Health, Lane, Plan, Role, What};
use crate::abr::outlook::Rates;
use crate::abr::why::Account;
use crate::abr::{Candidate, MOST_RUNGS, Place, Signals};
use crate::clock::Speed;
use crate::message::VariantId;
use crate::playlist::{StreamId, Timeline};

/// A variant whose average is not declared is taken to need this share of its peak, in thousandths, until seen.
const USUAL_AVERAGE: u64 = 750;
/// With this much ahead, a variant that was slow in the making may be tried again.
const RELAXED: MediaDuration = MediaDuration::from_secs(15);

/// Share of an estimate, in thousandths, that a start in haste relies on: links begin with a burst.
const HASTY_SHARE: u64 = 850;

/// Segments that a rule is told the sizes of: no rule looks farther.
const LOOK_AHEAD: usize = 5;

/// How much of the state a rule needs to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Variants, link and level: while a segment arrives.
    Level,
    /// The segments ahead as well: to choose one.
    All,
}

/// The facts that [`Signals`] shows.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    candidates: Vec<Candidate>,
    current: Option<VariantId>,
    level: MediaDuration,
    limit: MediaDuration,
    started: bool,
    throughput: BitsPerSecond,
    rates: Option<Rates>,
    before: Option<VariantId>,
    latency: Duration,
    segment: MediaDuration,
    index: usize,
    count: Option<usize>,
    coming: Vec<Vec<ByteCount>>,
    /// Where the segments of `held` play.
    spans: Vec<TimeRange>,
    held: Vec<Option<VariantId>>,
    played: MediaDuration,
    speed: Speed,
}

impl Facts {
    pub(super) fn signals(&self) -> Signals<'_> {
        Signals {
            candidates: &self.candidates,
            current: self.current,
            level: self.level,
            limit: self.limit,
            started: self.started,
            throughput: self.throughput,
            rates: self.rates,
            before: self.before,
            latency: self.latency,
            segment: self.segment,
            index: self.index,
            count: self.count,
            coming: &self.coming,
            held: &self.held,
            played: self.played,
            speed: self.speed,
        }
    }
}

impl Player {
    /// What to load next into a lane; `None` while there is no stream to be used.
    pub(super) fn pick(&mut self, role: Role, segment: MediaDuration) -> Option<Plan> {
        let plan = |stream| Plan { stream, what: What::Missing, not_before: self.now };
        match role {
            Role::Rendition => self.wishes.audio.map(StreamId::Audio).map(plan),
            Role::Variant => self.pick_variant(segment),
        }
    }

    fn pick_variant(&mut self, segment: MediaDuration) -> Option<Plan> {
        let mut usable = self.usable_variants();
        if let Some(given_up) = self.lane(Role::Variant).and_then(|lane| lane.given_up)
            && usable.iter().any(|&id| id < given_up)
        {
            usable.retain(|&id| id < given_up);
        }
        let mut usable = self.soon_shown(usable, segment);
        // What replaces the rest of the buffer goes on until it has; what it replaces is there if it comes too slowly.
        let choice = self.lane(Role::Variant).filter(|lane| lane.replace_from.is_some()).and_then(|lane| lane.stream);
        if let Some(choice) = usable.iter().copied().find(|&id| choice == Some(StreamId::Variant(id))) {
            usable = vec![choice];
        }
        let full_since = self.lane_mut(Role::Variant).and_then(|lane| lane.full_since.take());
        if let Some(since) = full_since {
            self.controller.waited(self.now.since(since));
        }
        let facts = self.facts_of(&usable, segment, Scope::All);
        let choice = self.controller.choose(&facts.signals())?;
        let best = self.presentation.as_ref().and_then(|one| one.variants_of_group().map(|(id, _)| id).max());
        let is_whole = best.is_none_or(|best| usable.contains(&best));
        let account = Account::of_choice(&facts.signals(), &choice);
        let account = if is_whole { account } else { account.map(Account::with_others_left_out) };
        let what = match choice.place {
            Place::Next => What::Missing,
            Place::Instead(index) => facts.spans.get(index).copied().map_or(What::Missing, What::Instead),
            Place::Probe(size) => What::Probe(size),
        };
        let plan = Plan { stream: StreamId::Variant(choice.variant), what, not_before: self.now + choice.wait };
        let choice = choice.variant;
        let other = self.is_asked_to_wait(choice).then(|| self.willing_instead(usable, segment)).flatten();
        let Some(other) = other else {
            self.accounts.extend(account);
            return Some(plan);
        };
        self.accounts.extend(account.and_then(|account| account.instead(&facts.signals(), other)));
        Some(Plan { stream: StreamId::Variant(other), ..plan })
    }

    /// The server has no room to encode what was chosen now: one that it need not encode may be there at once.
    fn willing_instead(&self, mut others: Vec<VariantId>, segment: MediaDuration) -> Option<VariantId> {
        others.retain(|&id| !self.is_asked_to_wait(id));
        let other = self.would_choose(&others, segment)?;
        let is_carried = self.candidate(other).is_some_and(|candidate| candidate.average <= self.throughput());
        is_carried.then_some(other)
    }

    /// With nothing to play, only what can be shown while it comes: anything else would be given up for it a moment later.
    /// On a guess nothing is left out. The lowest is there always.
    pub(super) fn soon_shown(&self, mut usable: Vec<VariantId>, segment: MediaDuration) -> Vec<VariantId> {
        let dry = self.lane(Role::Variant).is_some_and(|lane| self.loaded_ahead(lane) == MediaDuration::ZERO);
        let measured = self.link.estimate().or(self.config.known_throughput);
        // Who waits for another presentation to end sees nothing yet, and has the time.
        let in_haste = self.config.appends_in_part && self.wishes.playing && dry;
        let Some(rate) = measured.filter(|_| in_haste).map(|rate| rate.scaled(HASTY_SHARE, 1_000)) else {
            return usable;
        };
        let lowest = usable.first().copied();
        usable.retain(|&id| {
            let stream = StreamId::Variant(id);
            let size = self.expected_size(stream, segment);
            let is_made = self.health.get(&stream).is_some_and(|health| !health.making(None, false).is_zero());
            Some(id) == lowest || is_made || self.is_shown_while_it_comes(rate, size, size, segment)
        });
        usable
    }

    /// Whether the rest of a segment arrives while what is there and its own beginning are played, so much in all, and the one
    /// after it as well: a start that runs dry at once is worse than one that comes a little later.
    pub(super) fn is_shown_while_it_comes(
        &self,
        rate: BitsPerSecond,
        rest: ByteCount,
        next: ByteCount,
        ahead: MediaDuration,
    ) -> bool {
        let time = |bytes| rate.time_for(bytes).unwrap_or(Duration::MAX);
        time(rest).saturating_add(time(next)).saturating_add(self.link.latency()) <= self.lasts(ahead)
    }

    /// What the rule would choose among these, without remembering it.
    pub(super) fn would_choose(&self, variants: &[VariantId], segment: MediaDuration) -> Option<VariantId> {
        let facts = self.facts_of(variants, segment, Scope::All);
        self.controller.clone().choose(&facts.signals()).map(|choice| choice.variant)
    }

    pub(super) fn facts(&self, segment: MediaDuration, scope: Scope) -> Facts {
        self.facts_of(&self.usable_variants(), segment, scope)
    }

    fn facts_of(&self, variants: &[VariantId], segment: MediaDuration, scope: Scope) -> Facts {
        let lane = self.lane(Role::Variant);
        let current = match lane.and_then(|lane| lane.stream) {
            Some(StreamId::Variant(id)) => Some(id),
            Some(StreamId::Audio(_) | StreamId::Text(_)) | None => None,
        };
        let shown = spread(self.different(variants, current), MOST_RUNGS, current);
        let candidates: Vec<_> = shown.into_iter().filter_map(|id| self.candidate(id)).collect();
        let mut facts = Facts {
            current: current.filter(|current| candidates.iter().any(|candidate| candidate.id == *current)),
            candidates,
            level: self.lanes.iter().map(|lane| self.loaded_ahead(lane)).min().unwrap_or_default(),
            limit: self.goal(),
            // With the first segment still on its way, nothing was known that a choice could rest on.
            started: self.qoe.startup.is_some() && lane.is_some_and(|lane| lane.buffer.has_segments()),
            throughput: self.throughput(),
            rates: self.link.rates(),
            before: lane.and_then(|lane| lane.last_held(self.position() + self.loaded_ahead(lane))),
            latency: self.link.latency(),
            segment,
            index: 0,
            count: None,
            coming: Vec::new(),
            spans: Vec::new(),
            held: Vec::new(),
            played: MediaDuration::ZERO,
            speed: self.motion.speed,
        };
        if scope == Scope::All {
            self.look_around(&mut facts);
        }
        facts
    }

    /// These, but only one of those that are the same stream beside other sound, which is chosen apart: the present one, or
    /// the lowest.
    pub(super) fn different(&self, variants: &[VariantId], current: Option<VariantId>) -> Vec<VariantId> {
        let url = |id| self.presentation.as_ref()?.stream(StreamId::Variant(id)).map(|stream| &stream.url);
        let mut different: Vec<VariantId> = Vec::with_capacity(variants.len());
        for &id in variants {
            match different.iter_mut().find(|known| url(**known) == url(id)) {
                Some(known) if current == Some(id) => *known = id,
                Some(_) => {}
                None => different.push(id),
            }
        }
        different.sort();
        different
    }

    /// Adds what lies ahead: the segments in the buffer, and those that come.
    fn look_around(&self, facts: &mut Facts) {
        let Some(lane) = self.lane(Role::Variant) else { return };
        let at = self.position();
        // Who saves data does not load anything twice.
        if !self.wishes.limits.saves_data {
            (facts.spans, facts.held) = lane.held(at).into_iter().unzip();
        }
        facts.played = facts.spans.first().map_or(MediaDuration::ZERO, |first| at.since(first.start()));
        let Some(timeline) = lane.stream.and_then(|stream| self.timeline(stream)) else { return };
        let next = timeline.index_at(at + self.loaded_ahead(lane));
        facts.index = next;
        facts.count = timeline.ended.then_some(timeline.entries.len());
        let timelines: Vec<_> = facts.candidates.iter().map(|one| self.timeline(StreamId::Variant(one.id))).collect();
        for entry in timeline.entries.iter().skip(next).take(LOOK_AHEAD) {
            let size = |one: &Option<&Timeline>| one.and_then(|one| one.told_size(entry.span)).unwrap_or_default();
            facts.coming.push(timelines.iter().map(size).collect());
        }
    }

    /// Media ahead of the playhead, with what waits to be appended.
    pub(super) fn loaded_ahead(&self, lane: &Lane) -> MediaDuration {
        let at = self.position();
        crate::load::covered_until(&lane.covered(), at).since(at)
    }

    /// What the link carries, as measured, remembered or guessed.
    pub(super) fn throughput(&self) -> BitsPerSecond {
        self.link.estimate().or(self.config.known_throughput).unwrap_or_else(|| {
            let quick = if self.at_home { self.config.home_latency } else { self.config.lan_latency };
            let near = self.link.fastest_answer().is_some_and(|answer| answer <= quick);
            if near { self.config.lan_throughput } else { self.config.start_throughput }
        })
    }

    pub(super) fn candidate(&self, id: VariantId) -> Option<Candidate> {
        let variant = self.presentation.as_ref()?.variant(id)?;
        let health = self.health.get(&StreamId::Variant(id));
        let sound = self.wishes.audio.and_then(|audio| self.health.get(&StreamId::Audio(audio))?.seen_rate());
        let seen = health.and_then(|health| health.seen_rate());
        let seen = seen.map(|rate| BitsPerSecond::new(rate.get().saturating_add(sound.unwrap_or_default().get())));
        let declared = variant.average_bandwidth.unwrap_or(variant.bandwidth.scaled(USUAL_AVERAGE, 1_000));
        let average = seen.map_or(declared, |seen| match variant.average_bandwidth {
            Some(declared) => seen.max(declared),
            None => seen,
        });
        let is_current = self.lane(Role::Variant).is_some_and(|lane| lane.stream == Some(StreamId::Variant(id)));
        Some(Candidate {
            id,
            height: variant.resolution.map(|size| size.height),
            peak: variant.bandwidth.max(average),
            declared,
            average,
            making: health.map_or(Duration::ZERO, |health| {
                // What was slow is tried again when there is enough to fall back on.
                let may_forget = self.lanes.iter().all(|lane| self.loaded_ahead(lane) >= RELAXED);
                health.making(may_forget.then_some(self.now), is_current)
            }),
            entry: if is_current || health.is_some_and(Health::is_at_hand) {
                Duration::ZERO
            } else {
                self.encoder_start
            },
        })
    }

    /// What a segment of this length will weigh, as far as can be told without its byte range.
    pub(super) fn expected_size(&self, stream: StreamId, length: MediaDuration) -> ByteCount {
        let seen = self.health.get(&stream).and_then(|health| health.seen_rate());
        let rate = match stream {
            StreamId::Variant(id) => seen.or_else(|| self.candidate(id).map(|candidate| candidate.average)),
            StreamId::Audio(_) | StreamId::Text(_) => seen,
        };
        let bits = u128::from(rate.unwrap_or_default().get()) * u128::from(length.as_micros()) / 1_000_000;
        ByteCount::new(u64::try_from(bits / 8).unwrap_or(u64::MAX))
    }

    fn is_asked_to_wait(&self, id: VariantId) -> bool {
        let health = self.health.get(&StreamId::Variant(id));
        health.is_some_and(|health| health.asked_to_wait && health.waits(self.now))
    }

    /// Whether there is another variant that the server does not ask to wait for.
    pub(super) fn has_willing_other(&self, stream: StreamId) -> bool {
        let others = self.usable_variants().into_iter().filter(|&id| StreamId::Variant(id) != stream);
        matches!(stream, StreamId::Variant(_)) && others.into_iter().any(|id| !self.is_asked_to_wait(id))
    }
}

/// As many of these as a rule reckons with, evenly from the lowest to the best, the present one among them.
fn spread(all: Vec<VariantId>, most: usize, current: Option<VariantId>) -> Vec<VariantId> {
    let (last, steps) = (all.len().saturating_sub(1), most.saturating_sub(1).max(1));
    if last <= steps {
        return all;
    }
    let mut shown: Vec<_> = (0..=steps).filter_map(|step| all.get(step * last / steps).copied()).collect();
    let place = current.filter(|current| !shown.contains(current)).and_then(|one| all.iter().position(|id| *id == one));
    // Of its neighbours the lower one makes way, but never the lowest.
    if let Some((place, id)) = place.zip(current)
        && let Some(shown) = shown.get_mut((place * steps / last).max(1))
    {
        *shown = id;
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_variants_a_rule_sees_the_lowest_the_present_and_the_best() {
        let all = |count| (0..count).map(VariantId).collect::<Vec<_>>();
        assert_eq!(spread(all(16), 16, None), all(16));
        for count in 17..60 {
            for current in (0..count).map(VariantId) {
                let shown = spread(all(count), 16, Some(current));
                assert_eq!((shown.len(), shown[0], shown[15]), (16, VariantId(0), VariantId(count - 1)));
                assert!(
                    shown.is_sorted_by(|one, other| one < other) && shown.contains(&current),
                    "{shown:?}, {current:?}"
                );
            }
        }
    }
}
