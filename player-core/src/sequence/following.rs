//! What comes after the present one: when it begins to load, takes over, is put off or opened at the end.

use media_model::{MediaDuration, MediaTime, TimeRange};
use url::Url;

use super::gate::Gate;
use super::{BEYOND, Following, Item, LOADS_EACH, Next, Seen, Sequence, is_about_load};
use crate::message::{Command, Event, Input, Output, RequestId, Step};
use crate::qoe::PlaybackState;

/// Tracks that end this near to each other end together: the next presentation follows the shorter one, and what the other
/// has beyond is laid over. Where they end further apart, the element would stand still at the first end until the stream is
/// told to end, so nothing can follow before all of it has been played.
const SAME_END: MediaDuration = MediaDuration::from_millis(500);

impl Sequence {
    pub(super) fn follow_with(&mut self, url: Option<Url>, out: &mut Vec<Output>) {
        let known = match &self.following {
            Following::Nothing => None,
            Following::Waits(url) | Following::AtEnd(url) => Some(url),
            Following::Joins(next) => Some(&next.url),
        };
        if known == url.as_ref() {
            return;
        }
        self.drop_next(out);
        self.following = url.map_or(Following::Nothing, Following::Waits);
        if self.stats().state == PlaybackState::Ended {
            self.open_next(out);
        }
    }

    /// Where what is buffered of the present one ends, if all tracks end there.
    pub(super) fn end(&self) -> Option<MediaTime> {
        let end = |track| self.seen.of(track).iter().last().map_or(self.seen.at, TimeRange::end);
        let ends: Vec<_> = self.gate.tracks().into_iter().map(end).collect();
        let (first, last) = (ends.iter().min(), ends.iter().max());
        let (first, last) = (first.copied().unwrap_or(self.seen.at), last.copied().unwrap_or(self.seen.at));
        (last.since(first) <= SAME_END).then_some(first)
    }

    /// What is due whatever has happened: the next one begins to load, the end is told.
    pub(super) fn settle(&mut self, out: &mut Vec<Output>) {
        // After failing there is silence until somebody asks for more.
        if self.has_failed() {
            return;
        }
        self.gate.pass(out);
        if !self.current.is_complete {
            return;
        }
        if let Following::Waits(url) = &self.following
            && self.end_seen
        {
            let url = url.clone();
            match self.end() {
                Some(_) => self.begin_next(url, out),
                None => self.following = Following::AtEnd(url),
            }
        }
        let is_end = match &self.following {
            Following::Nothing | Following::AtEnd(_) => true,
            Following::Joins(next) => next.item.is_complete,
            Following::Waits(_) => false,
        };
        if is_end && !self.end_told && self.gate.is_idle() {
            self.end_told = true;
            out.push(Output::EndOfStream);
        }
    }

    pub(super) fn begin_next(&mut self, url: Url, out: &mut Vec<Output>) {
        let (item, step) = self.successor(url.clone());
        let next = Next { url, item, joins_at: None, at: MediaTime::ZERO, held: Vec::new() };
        self.following = Following::Joins(Box::new(next));
        self.ordered_by_next(step, out);
    }

    /// A player that opens this, and waits.
    fn successor(&mut self, url: Url) -> (Item, Step) {
        self.newest += 1;
        let first = RequestId(self.newest * LOADS_EACH);
        let (player, step) = self.current.player.successor(self.now, url, first);
        self.accounts.extend_from_slice(player.accounts());
        (Item::new(self.newest, player), step)
    }

    /// There are no buffers, and nothing follows.
    pub(super) fn start_over(&mut self) {
        self.gate = Gate::default();
        (self.following, self.seen) = (Following::Nothing, Seen::default());
        (self.end_told, self.end_seen) = (false, false);
    }

    /// The playhead has come to the next one.
    pub(super) fn take_over(&mut self, out: &mut Vec<Output>) {
        let Following::Joins(next) = std::mem::replace(&mut self.following, Following::Nothing) else { return };
        let plays = self.current.player.wants_to_play();
        let Next { mut item, held, .. } = *next;
        item.dropped_before = self.seen.dropped_frames.unwrap_or(0);
        let mut old = std::mem::replace(&mut self.current, item);
        let end = old.player.step(self.now, Input::PlayedOut);
        // What it began to load is given up below, so the driver must have heard of it.
        let told = |output: &Output| is_about_load(output) || matches!(output, Output::Event(_));
        end.outputs.into_iter().filter(told).for_each(|output| self.pass_load(output, out));
        let before = Box::new(old.player.summary());
        self.gate.leave(old.number);
        for output in old.player.leave() {
            self.pass_load(output, out);
        }
        out.push(Output::Event(Event::NextBegan { before }));
        self.ordered_by_current(held, out);
        self.tell(self.current.number, Input::Command(Command::SetPlaying(plays)), out);
        self.tell_playhead(out);
        if self.seen.moving {
            self.tell(self.current.number, Input::FirstFrame, out);
        }
    }

    /// The present one has ended before the next one could join: the next one is opened.
    pub(super) fn open_next(&mut self, out: &mut Vec<Output>) {
        let url = match &self.following {
            Following::Nothing => return,
            Following::Waits(url) | Following::AtEnd(url) => url.clone(),
            Following::Joins(next) => next.url.clone(),
        };
        self.drop_next(out);
        let before = Box::new(self.current.player.summary());
        for output in self.current.player.leave() {
            self.pass_load(output, out);
        }
        out.push(Output::Event(Event::NextBegan { before }));
        let (item, step) = self.successor(url);
        self.current = Item { dropped_before: self.seen.dropped_frames.unwrap_or(0), ..item };
        self.start_over();
        self.ordered_by_current(step.outputs, out);
        self.tell(self.current.number, Input::Command(Command::SetPlaying(true)), out);
    }

    /// The next one is loaded again when the present one is complete once more. What of it is in the buffers stays.
    pub(super) fn put_off_next(&mut self, out: &mut Vec<Output>) {
        let Some(url) = self.next().map(|next| next.url.clone()) else { return };
        self.leave_next(out);
        self.following = Following::Waits(url);
    }

    /// The same, and what of it is in the buffers makes room.
    pub(super) fn drop_and_put_off_next(&mut self, out: &mut Vec<Output>) {
        let Some(url) = self.next().map(|next| next.url.clone()) else { return };
        self.drop_next(out);
        self.following = Following::Waits(url);
    }

    /// The next one cannot join.
    pub(super) fn next_at_end(&mut self, out: &mut Vec<Output>) {
        let Some(url) = self.next().map(|next| next.url.clone()) else { return };
        self.drop_next(out);
        self.following = Following::AtEnd(url);
    }

    /// The next one goes, with what it has in the buffers.
    pub(super) fn drop_next(&mut self, out: &mut Vec<Output>) {
        let joins_at = self.next().and_then(|next| next.joins_at);
        self.leave_next(out);
        if let Some(joins_at) = joins_at {
            self.end_told = false;
            let range = TimeRange::of(joins_at, BEYOND);
            for track in self.gate.tracks() {
                self.gate.order(None, track, Output::Evict { track, range }, out);
            }
        }
    }

    /// The next one goes; what it has in the buffers stays.
    pub(super) fn leave_next(&mut self, out: &mut Vec<Output>) {
        let Following::Joins(mut next) = std::mem::replace(&mut self.following, Following::Nothing) else { return };
        self.gate.leave(next.item.number);
        let is_text = |output: &Output| matches!(output, Output::Text(_));
        for output in next.item.player.leave().into_iter().filter(|output| !is_text(output)) {
            self.pass_load(output, out);
        }
    }
}
