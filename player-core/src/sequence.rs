//! Presentations one after the other on one media element, without a gap between them.
//!
//! A [`Player`] plays one presentation. A [`Sequence`] has one that plays and, once everything of that is appended, a second
//! that fills the same buffers behind it (`sequence/gate.rs` lets one of them at a buffer at a time). When the playhead
//! gets there, the second takes over (`sequence/following.rs`). Where the next one cannot join, because its buffers are others or its playlists
//! cannot be had, it is opened when the one before has ended: then there is a gap, but it goes on.
//!
//! The driver knows one timeline, that of its media element. Each presentation has its own, from which it is moved by a
//! [`Shift`] (`sequence/shift.rs`); nothing but times differs from driving a [`Player`].

mod following;
mod gate;
mod shift;

use media_model::{MediaDuration, MediaTime, Ranges, TimeRange};
use url::Url;

use crate::abr::why::Account;
use crate::clock::Now;
use crate::config::PlayerConfig;
use crate::message::{Command, Event, Input, LoadKind, Output, Step, Track};
use crate::player::Player;
use crate::qoe::{PlaybackState, Stats, Summary};
use gate::{Gate, Number};
pub use shift::Shift;

/// Loads of one player; the next one's numbers begin behind them.
const LOADS_EACH: u64 = 1 << 32;
/// A playhead that stands this near to the next presentation has arrived there: browsers stop within a frame of the end of
/// what they have.
const ARRIVED: MediaDuration = MediaDuration::from_millis(100);
/// Further ahead than this nothing is buffered.
const BEYOND: MediaDuration = MediaDuration::from_secs(24 * 3_600);

/// Plays a presentation, and after it others that the page names while it plays. Driven as a [`Player`] is.
#[derive(Clone, Debug)]
pub struct Sequence {
    now: Now,
    current: Item,
    following: Following,
    gate: Gate,
    seen: Seen,
    /// What was decided in the last step.
    accounts: Vec<Account>,
    /// The number of the player that was made last: none is used twice, as loads are numbered by it.
    newest: Number,
    /// The driver was told that everything is appended.
    end_told: bool,
    /// The buffers were seen since the present one is complete: it is known where it ends.
    end_seen: bool,
}

/// One presentation, and where it lies on the media element.
#[derive(Clone, Debug)]
struct Item {
    number: Number,
    player: Player,
    shift: Shift,
    /// Everything of it is appended.
    is_complete: bool,
    /// Frames dropped before it began.
    dropped_before: u64,
}

/// What comes after the present one.
#[derive(Clone, Debug)]
enum Following {
    /// Nothing that is known of.
    Nothing,
    /// This, as soon as all of the present one is appended.
    Waits(Url),
    /// This is loaded, and joins the present one.
    Joins(Box<Next>),
    /// This cannot join: it is opened when the present one has ended.
    AtEnd(Url),
}

/// The player that fills the buffers behind the present one.
#[derive(Clone, Debug)]
struct Next {
    url: Url,
    item: Item,
    /// Where it begins on the media element, once its buffers are known.
    joins_at: Option<MediaTime>,
    /// Where its playhead waits, in its own presentation.
    at: MediaTime,
    /// What concerns the page, until it takes over.
    held: Vec<Output>,
}

/// Whether the next player can fill the buffers that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Joining {
    GoesOn,
    Refused,
}

/// What the driver said of its element last.
#[derive(Clone, Debug, Default)]
struct Seen {
    at: MediaTime,
    video: Ranges,
    audio: Ranges,
    moving: bool,
    dropped_frames: Option<u64>,
}

impl Sequence {
    /// A sequence with nothing open.
    pub fn new(config: PlayerConfig) -> Self {
        let current = Item::new(0, Player::new(config));
        Self {
            now: Now::default(),
            current,
            following: Following::Nothing,
            gate: Gate::default(),
            seen: Seen::default(),
            accounts: Vec::new(),
            newest: 0,
            end_told: false,
            end_seen: false,
        }
    }

    /// Takes one fact and returns everything there is to do now; see [`Player::step`].
    pub fn step(&mut self, now: Now, input: Input) -> Step {
        self.now = self.now.max(now);
        let mut outputs = Vec::new();
        self.accounts.clear();
        self.take(input, &mut outputs);
        self.settle(&mut outputs);
        let waking = [Some(&self.current), self.next().map(|next| &next.item)];
        let wake_at = waking.into_iter().flatten().filter_map(|item| item.player.promised()).min();
        Step { outputs, wake_at }
    }

    /// Of what plays now; positions are in its presentation.
    pub fn stats(&self) -> Stats {
        self.current.player.stats()
    }

    /// What the playback of what plays now was like up to now.
    pub fn summary(&self) -> Summary {
        self.current.player.summary()
    }

    /// What was decided about variants in the last step, and why.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// Where what plays now lies on the media element.
    pub fn shift(&self) -> Shift {
        self.current.shift
    }

    fn next(&self) -> Option<&Next> {
        match &self.following {
            Following::Joins(next) => Some(next),
            Following::Nothing | Following::Waits(_) | Following::AtEnd(_) => None,
        }
    }

    fn take(&mut self, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Command(command) => self.obey(command, out),
            Input::FirstByte { id, .. }
            | Input::Progress { id, .. }
            | Input::Playlist { id, .. }
            | Input::Loaded { id, .. }
            | Input::Starts { id, .. }
            | Input::Codecs { id, .. }
            | Input::LoadFailed { id, .. } => {
                let number = id.0 / LOADS_EACH;
                self.tell(number, input, out);
            }
            Input::Appended { track } | Input::AppendFailed { track, .. } | Input::Evicted { track } => {
                // What nobody asked for is about a buffer that could not be made for the present player.
                let unasked = (!self.gate.is_busy(track)).then_some(self.current.number);
                if let Some(number) = self.gate.answered(track).or(unasked) {
                    self.tell(number, input, out);
                }
            }
            Input::Playhead { at, video, audio, moving, dropped_frames } => {
                // A decoder that was made anew counts from zero, and so what was before it is none of its own.
                if let (Some(now), Some(before)) = (dropped_frames, self.seen.dropped_frames)
                    && now < before
                {
                    self.current.dropped_before = 0;
                }
                self.seen = Seen { at, video, audio, moving, dropped_frames };
                self.end_seen = self.current.is_complete;
                self.tell_playhead(out);
            }
            // The next one hears of its first frame when it takes over.
            Input::FirstFrame
            | Input::PlayedOut
            | Input::DecodeFailed
            | Input::PlayRefused
            | Input::Decodes { .. }
            | Input::Renewed { .. } => self.tell(self.current.number, input, out),
            Input::Online | Input::Tick => self.tell_both(&input, out),
        }
    }

    fn obey(&mut self, command: Command, out: &mut Vec<Output>) {
        match &command {
            Command::Open { .. } => {
                // All buffers go, and what the next one has in them.
                self.leave_next(out);
                (self.current.shift, self.current.is_complete) = (Shift::default(), false);
                self.start_over();
            }
            Command::Seek(to) => {
                match self.next().map(|next| next.joins_at) {
                    Some(Some(joins_at)) if *to >= joins_at => self.take_over(out),
                    // What is far back has to be loaded once more; the end will come again.
                    Some(_) if !self.holds(*to) => self.drop_and_put_off_next(out),
                    Some(_) | None => {}
                }
                let seek = Command::Seek(self.current.shift.of_element(*to));
                return self.tell(self.current.number, Input::Command(seek), out);
            }
            Command::FollowWith(url) => return self.follow_with(url.clone(), out),
            Command::SetSpeed(_)
            | Command::LimitResolution(_)
            | Command::LimitBandwidth { .. }
            | Command::SaveData(_)
            | Command::SetVisible(_)
            | Command::SetStreaming(_) => return self.tell_both(&Input::Command(command), out),
            Command::SetPlaying(_)
            | Command::LockVariant(_)
            | Command::SelectAudio(_)
            | Command::SelectText(_)
            | Command::Retry => {}
        }
        self.tell(self.current.number, Input::Command(command), out);
    }

    /// Whether every buffer has media at this position of the element.
    fn holds(&self, at: MediaTime) -> bool {
        self.gate.tracks().into_iter().all(|track| self.seen.of(track).around(at, MediaDuration::ZERO).is_some())
    }

    fn tell_both(&mut self, input: &Input, out: &mut Vec<Output>) {
        self.tell(self.current.number, input.clone(), out);
        if let Some(number) = self.next().map(|next| next.item.number) {
            self.tell(number, input.clone(), out);
        }
    }

    /// Steps the player of this number, if it is there. Times are those of its presentation.
    fn tell(&mut self, number: Number, input: Input, out: &mut Vec<Output>) {
        let now = self.now;
        if number == self.current.number {
            let step = self.current.player.step(now, input);
            self.accounts.extend_from_slice(self.current.player.accounts());
            self.ordered_by_current(step.outputs, out);
        } else if let Following::Joins(next) = &mut self.following
            && next.item.number == number
        {
            let step = next.item.player.step(now, input);
            self.accounts.extend_from_slice(next.item.player.accounts());
            self.ordered_by_next(step, out);
        }
    }

    /// The present player wants all of this done.
    fn ordered_by_current(&mut self, wanted: Vec<Output>, out: &mut Vec<Output>) {
        // It leaves when all that it wanted is done: what it began to load is given up then.
        let has_ended = wanted.iter().any(|output| matches!(output, Output::Event(Event::Ended)));
        wanted.into_iter().for_each(|output| self.ordered(output, out));
        if has_ended {
            self.open_next(out);
        }
    }

    /// The next player wants all of this done.
    fn ordered_by_next(&mut self, step: Step, out: &mut Vec<Output>) {
        let mut is_refused = false;
        for output in step.outputs {
            // What it began to load is given up with the rest, so the driver must have heard of it.
            if is_about_load(&output) || !is_refused {
                is_refused |= self.ordered_next(output, out) == Joining::Refused;
            }
        }
        if is_refused {
            self.next_at_end(out);
        }
    }

    fn tell_playhead(&mut self, out: &mut Vec<Output>) {
        // Without buffers it stands where the presentation before has ended.
        if self.gate.is_empty() {
            return;
        }
        let joins_at = self.next().and_then(|next| next.joins_at);
        let arrived = joins_at.is_some_and(|joins_at| {
            self.seen.at >= joins_at || (!self.seen.moving && self.seen.at + ARRIVED >= joins_at)
        });
        if arrived {
            return self.take_over(out);
        }
        let end = joins_at.unwrap_or(self.seen.at + BEYOND);
        let input = self.seen.playhead(&self.current, None, end);
        self.tell(self.current.number, input, out);
        let Some(next) = self.next() else { return };
        let input = self.seen.playhead(&next.item, Some(next.at), self.seen.at + BEYOND);
        self.tell(next.item.number, input, out);
    }

    /// The present player wants this done.
    fn ordered(&mut self, output: Output, out: &mut Vec<Output>) {
        let number = self.current.number;
        if matches!(output, Output::Prepare { .. }) {
            self.current.shift = Shift::default();
        }
        match self.current.shift.output(output) {
            Output::EndOfStream => (self.current.is_complete, self.end_seen) = (true, false),
            Output::Prepare { buffers, duration } => {
                // Buffers begin anew, and nothing of the next one is in them.
                self.put_off_next(out);
                self.gate.reset(number, &buffers);
                (self.current.is_complete, self.end_told) = (false, false);
                out.push(Output::Prepare { buffers, duration });
            }
            order @ (Output::Append { track, .. } | Output::Evict { track, .. } | Output::ChangeType { track, .. }) => {
                if matches!(order, Output::Append { .. }) {
                    (self.current.is_complete, self.end_told) = (false, false);
                }
                self.gate.order(Some(number), track, order, out);
            }
            failed @ Output::Event(Event::Failed(_)) => {
                // What of it is in the buffers is laid over when it comes once more.
                self.put_off_next(out);
                out.push(failed);
            }
            other @ (Output::Load { .. }
            | Output::Cancel(_)
            | Output::Forget(_)
            | Output::AskStart { .. }
            | Output::AskDecoder(_)
            | Output::MoveTo(_)
            | Output::Seekable(_)
            | Output::RenewAddress
            | Output::Text(_)
            | Output::Event(_)) => self.pass_load(other, out),
        }
    }

    fn has_failed(&self) -> bool {
        self.stats().state == PlaybackState::Failed
    }

    /// The next player wants this done. It may be that it cannot join.
    fn ordered_next(&mut self, output: Output, out: &mut Vec<Output>) -> Joining {
        let end = self.end();
        let Following::Joins(next) = &mut self.following else { return Joining::GoesOn };
        let number = next.item.number;
        match output {
            Output::Prepare { buffers, .. } => {
                let Some(end) = end.filter(|_| self.gate.share(number, &buffers)) else { return Joining::Refused };
                next.at = next.item.player.place();
                next.item.shift = Shift::between(next.at, end);
                next.joins_at = Some(end);
            }
            Output::EndOfStream => next.item.is_complete = true,
            Output::MoveTo(at) => next.at = at,
            Output::Seekable(range) => {
                next.held.retain(|held| !matches!(held, Output::Seekable(_)));
                next.held.push(Output::Seekable(range));
            }
            Output::Event(Event::Failed(_)) => return Joining::Refused,
            held @ (Output::Event(_) | Output::Text(_) | Output::AskDecoder(_) | Output::RenewAddress) => {
                next.held.push(held);
            }
            order @ (Output::Append { track, .. } | Output::Evict { track, .. } | Output::ChangeType { track, .. }) => {
                if matches!(order, Output::Append { .. }) {
                    next.item.is_complete = false;
                    self.end_told = false;
                }
                let order = next.item.shift.output(order);
                self.gate.order(Some(number), track, order, out);
            }
            other @ (Output::Load { .. } | Output::Cancel(_) | Output::Forget(_) | Output::AskStart { .. }) => {
                self.pass_load(other, out);
            }
        }
        Joining::GoesOn
    }

    fn pass_load(&mut self, output: Output, out: &mut Vec<Output>) {
        match &output {
            Output::Load { id, kind: LoadKind::Init, .. } => self.gate.note_init(*id),
            Output::Cancel(id) | Output::Forget(id) => self.gate.forget(*id),
            Output::Load { .. }
            | Output::AskStart { .. }
            | Output::AskDecoder(_)
            | Output::Prepare { .. }
            | Output::Append { .. }
            | Output::Evict { .. }
            | Output::ChangeType { .. }
            | Output::MoveTo(_)
            | Output::Seekable(_)
            | Output::RenewAddress
            | Output::EndOfStream
            | Output::Text(_)
            | Output::Event(_) => {}
        }
        out.push(output);
    }
}

/// Whether the driver hears from it of a load.
fn is_about_load(output: &Output) -> bool {
    matches!(output, Output::Load { .. } | Output::Cancel(_) | Output::Forget(_))
}

impl Item {
    fn new(number: Number, player: Player) -> Self {
        Self { number, player, shift: Shift::default(), is_complete: false, dropped_before: 0 }
    }
}

impl Seen {
    fn of(&self, track: Track) -> &Ranges {
        match track {
            Track::Video => &self.video,
            Track::Audio => &self.audio,
        }
    }

    /// What the player of `item` hears of the element, up to `end`. One that waits stands still, at `waits_at` of its own
    /// presentation, and what lies before it is not its own.
    fn playhead(&self, item: &Item, waits_at: Option<MediaTime>, end: MediaTime) -> Input {
        let begin = waits_at.map_or(self.at - BEYOND, |at| item.shift.onto_element(at));
        let ranges = |ranges| {
            TimeRange::new(begin, end).map_or_else(Ranges::default, |window| item.shift.ranges(ranges, window))
        };
        Input::Playhead {
            at: waits_at.unwrap_or_else(|| item.shift.of_element(self.at)),
            video: ranges(&self.video),
            audio: ranges(&self.audio),
            moving: self.moving && waits_at.is_none(),
            dropped_frames: self.dropped_frames.map(|frames| frames.saturating_sub(item.dropped_before)),
        }
    }
}

#[cfg(test)]
mod tests;
