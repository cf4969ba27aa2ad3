//! The driver of a simulated play: hands the core playlists at once and segments as the network brings them, moves the
//! playhead exactly, and tells the books.

use std::time::Duration;

use media_model::{ByteCount, MediaDuration, MediaTime, Ranges, TimeRange};
use player_core::message::{LoadKind, ServerTiming, Track};
use player_core::{Command, Input, Now, Output, Player, PlayerConfig, RequestId, Step};
use player_recording::{Driven, Recorder};
use url::Url;

use super::Setup;
use super::books::{Books, Figures};
use super::manner::Manner;
use super::movie::Movie;
use super::network::Network;
use crate::trace::Trace;

/// Times and sizes below this are rounding.
const NOTHING: f64 = 1e-6;
/// No play takes this many steps; one that does hangs.
const MOST_STEPS: u64 = 50_000_000;

/// A segment on its way.
struct Transfer {
    id: RequestId,
    /// Segment and rung; a probe is neither.
    what: Option<(usize, usize)>,
    bits: f64,
    got: f64,
    /// Part of the latency that is still to come, of one.
    latency_left: f64,
    /// What must come before progress is told again.
    quiet_bits: f64,
    quiet_millis: f64,
}

/// What the viewer's element holds, in milliseconds of media.
#[derive(Default)]
struct Element {
    at: f64,
    from: f64,
    end: f64,
    moving: bool,
    started: bool,
}

pub(super) struct Drive<'a> {
    movie: &'a Movie,
    segments: usize,
    sizes: bool,
    length: f64,
    network: Network,
    books: Books<'a>,
    config: PlayerConfig,
    player: Player,
    element: Element,
    transfer: Option<Transfer>,
    /// When progress is told.
    manner: Manner,
    /// Completed loads that the core may append.
    loaded: Vec<(RequestId, usize, usize)>,
    wake_at: Option<Now>,
    /// Changes of the network that the books have not heard of: rate, latency, time.
    changes: Vec<(f64, f64, f64)>,
    /// Network time up to which the books are kept.
    booked: f64,
    inputs: Vec<Input>,
    recorder: Option<Recorder>,
}

impl<'a> Drive<'a> {
    pub(super) fn new(trace: &Trace, movie: &'a Movie, setup: &Setup) -> Self {
        let segments = setup.max_segments.map_or(movie.len(), |most| most.clamp(1, movie.len()));
        let config = PlayerConfig {
            buffer_goal: setup.max_buffer,
            buffer_bytes: ByteCount::new(u64::MAX),
            // A network that is silent for minutes is a network, not a broken server.
            idle_timeout: Duration::from_secs(24 * 60 * 60),
            decoded_ahead: MediaDuration::ZERO,
            rule: setup.rule,
            ..PlayerConfig::default()
        };
        let network = Network::new(trace);
        let max_buffer = setup.max_buffer.as_seconds() * 1e3;
        let mut books = Books::new(movie, max_buffer, setup.ramp_rung, segments);
        books.network_changed(network.rate(), network.latency(), 0.0);
        Self {
            movie,
            segments,
            sizes: setup.sizes,
            length: movie.segment().as_seconds() * 1e3,
            network,
            books,
            player: Player::new(config.clone()),
            config,
            element: Element::default(),
            transfer: None,
            manner: Manner::new(setup.progress),
            loaded: Vec::new(),
            wake_at: None,
            changes: Vec::new(),
            booked: 0.0,
            inputs: Vec::new(),
            recorder: None,
        }
    }

    /// Writes the play down as well.
    pub(super) fn recorded(mut self) -> Self {
        self.recorder = Some(Recorder::new(Driven::Player, &self.config));
        self
    }

    pub(super) fn run(mut self) -> (Figures, Option<Recorder>) {
        let url = Url::parse("http://movie.test/").expect("a plain address");
        self.tell(Input::Command(Command::Open { url, start: None }));
        let all = self.length * self.segments as f64;
        let mut steps = 0_u64;
        while self.element.end < all - NOTHING {
            steps += 1;
            assert!(steps < MOST_STEPS, "the core does not get to the end");
            self.advance();
        }
        (self.books.close(), self.recorder)
    }

    /// Lets the network go on to the next thing that happens.
    fn advance(&mut self) {
        let now = self.network.now();
        let wake = self.wake_at.map_or(f64::INFINITY, |at| at.since_origin().as_secs_f64() * 1e3 - now);
        let dry = if self.element.moving { self.element.end - self.element.at } else { f64::INFINITY };
        let due = wake.min(dry).max(0.0);
        assert!(due.is_finite() || self.transfer.is_some(), "the core waits for nothing");
        let (millis, until) = match &self.transfer {
            None => (due, Until::Time),
            Some(transfer) => self.next_of(transfer, due),
        };
        let moved = self.network.pass(millis);
        if self.element.moving {
            self.element.at = (self.element.at + moved.millis).min(self.element.end);
        }
        if let Some(transfer) = &mut self.transfer {
            if transfer.latency_left > 0.0 {
                transfer.quiet_millis -= moved.millis;
            } else {
                transfer.got += moved.bits;
                transfer.quiet_bits -= moved.bits;
                transfer.quiet_millis -= moved.millis;
            }
        }
        if moved.changed {
            self.latency_passed(moved.millis, millis);
            self.changes.push((self.network.rate(), self.network.latency(), self.network.now()));
            // A wait is booked with the network as it was before it, as Sabre does.
            if self.transfer.is_some() {
                self.tell_changes();
            }
            // What would have happened at the end of the stretch is looked at anew.
            if moved.millis < millis - NOTHING {
                return;
            }
        } else {
            self.latency_passed(moved.millis, millis);
        }
        self.happens(until);
        if self.element.moving && self.element.end - self.element.at <= NOTHING {
            self.element.at = self.element.end;
            self.element.moving = false;
            self.tell_playhead();
        }
        if self.wake_at.is_some_and(|at| at <= self.now()) {
            self.tell(Input::Tick);
        }
    }

    /// When the next thing of a transfer happens, no later than `due`.
    fn next_of(&self, transfer: &Transfer, due: f64) -> (f64, Until) {
        if transfer.latency_left > 0.0 {
            let left = transfer.latency_left * self.network.latency();
            return if left <= due { (left, Until::FirstByte) } else { (due, Until::Time) };
        }
        let rate = self.network.rate();
        let left = transfer.bits - transfer.got;
        let for_bits = |bits: f64| {
            if bits <= 0.0 {
                0.0
            } else if rate > 0.0 {
                bits / rate
            } else {
                f64::INFINITY
            }
        };
        let progress = for_bits(transfer.quiet_bits).max(transfer.quiet_millis).max(0.0);
        let end = for_bits(left);
        if end <= progress && end <= due {
            (end, Until::End)
        } else if progress <= due {
            (progress, Until::Progress)
        } else {
            (due, Until::Time)
        }
    }

    fn latency_passed(&mut self, millis: f64, wanted: f64) {
        let latency = self.network.latency();
        if let Some(transfer) = self.transfer.as_mut().filter(|transfer| transfer.latency_left > 0.0) {
            let share = if latency > 0.0 { millis / latency } else { 1.0 };
            transfer.latency_left -= share;
            // At the end of the wait nothing may be left of it by rounding.
            if (millis - wanted).abs() < NOTHING && transfer.latency_left < NOTHING {
                transfer.latency_left = 0.0;
            }
            transfer.latency_left = transfer.latency_left.max(0.0);
        }
    }

    fn happens(&mut self, until: Until) {
        let Some(transfer) = &mut self.transfer else { return };
        let id = transfer.id;
        match until {
            Until::Time => {}
            Until::FirstByte => {
                transfer.latency_left = 0.0;
                let length = Some(body_size(transfer.bits));
                self.tell(Input::FirstByte { id, served: ServerTiming::default(), length });
            }
            Until::Progress => {
                (transfer.quiet_bits, transfer.quiet_millis) = self.manner.next();
                let bytes = whole_bytes(transfer.got);
                self.tell(Input::Progress { id, bytes });
            }
            Until::End => self.complete(),
        }
    }

    fn complete(&mut self) {
        let Some(transfer) = self.transfer.take() else { return };
        self.book();
        match transfer.what {
            Some((segment, rung)) => self.loaded.push((transfer.id, segment, rung)),
            // Nobody will see it.
            None => self.books.waste(transfer.bits),
        }
        self.tell(Input::Loaded { id: transfer.id, size: body_size(transfer.bits) });
    }

    /// The books are kept up to now.
    fn book(&mut self) {
        let millis = self.network.now() - self.booked;
        self.booked = self.network.now();
        if self.element.started { self.books.pass(millis) } else { self.books.start(millis) }
    }

    fn now(&self) -> Now {
        Now::new(Duration::from_nanos(whole(self.network.now() * 1e6)))
    }

    fn tell(&mut self, input: Input) {
        self.inputs.push(input);
        // Answers to what the core asks for come at once, in order.
        let mut next = 0;
        while let Some(input) = self.inputs.get(next).cloned() {
            next += 1;
            let now = self.now();
            let step = match &mut self.recorder {
                Some(recorder) => {
                    let step = self.player.step(now, input.clone());
                    recorder.note(now, &input, &step);
                    step
                }
                None => self.player.step(now, input),
            };
            self.obey(step);
        }
        self.inputs.clear();
    }

    fn tell_playhead(&mut self) {
        let playhead = self.playhead();
        self.tell(playhead);
    }

    fn playhead(&self) -> Input {
        let element = &self.element;
        let held = TimeRange::new(media_time(element.from), media_time(element.end));
        let video = Ranges::new(held.into_iter().collect());
        let (at, moving) = (media_time(element.at), element.moving);
        Input::Playhead { at, video, audio: Ranges::default(), moving, dropped_frames: None }
    }

    fn obey(&mut self, step: Step) {
        self.wake_at = step.wake_at;
        for output in step.outputs {
            match output {
                Output::Load { id, url, kind: LoadKind::Playlist, .. } => {
                    let text = match rung_of(&url) {
                        Some(rung) => self.movie.media(rung, self.segments, self.sizes),
                        None => self.movie.multivariant(self.segments),
                    };
                    self.inputs.push(Input::Playlist { id, url, text });
                }
                Output::Load { id, url, kind: LoadKind::Probe, .. } => {
                    let bytes = url.query().and_then(|query| query.strip_prefix("size=")?.parse::<u32>().ok());
                    self.begin(id, None, f64::from(bytes.unwrap_or(0)) * 8.0);
                }
                Output::Load { id, url, kind: LoadKind::Init | LoadKind::Segment | LoadKind::Text, .. } => {
                    if let Some((rung, segment)) = segment_of(&url) {
                        self.begin(id, Some((segment, rung)), self.movie.bits(segment, rung));
                    }
                }
                Output::Cancel(id) => {
                    if let Some(transfer) = self.transfer.take_if(|transfer| transfer.id == id) {
                        self.book();
                        self.books.waste(transfer.got);
                    }
                }
                Output::Append { id, .. } => self.append(id),
                // Synthetic segments are where their playlist says.
                Output::AskStart { id, .. } => self.inputs.push(Input::Starts { id, at: None }),
                Output::Evict { track, range } => {
                    self.element.from = range.end().as_micros() as f64 / 1e3;
                    self.inputs.push(Input::Evicted { track });
                }
                Output::Forget(id) => {
                    let place = self.loaded.iter().position(|(known, ..)| *known == id);
                    if let Some((_, segment, rung)) = place.map(|place| self.loaded.swap_remove(place)) {
                        self.books.waste(self.movie.bits(segment, rung));
                    }
                }
                Output::Prepare { .. }
                | Output::ChangeType { .. }
                | Output::MoveTo(_)
                | Output::Seekable(_)
                | Output::EndOfStream
                | Output::RenewAddress
                | Output::AskDecoder(_)
                | Output::Text(_)
                | Output::Event(_) => {}
            }
        }
    }

    fn tell_changes(&mut self) {
        for (rate, latency, at) in self.changes.drain(..) {
            self.books.network_changed(rate, latency, at);
        }
    }

    fn begin(&mut self, id: RequestId, what: Option<(usize, usize)>, bits: f64) {
        self.book();
        self.tell_changes();
        let (quiet_bits, quiet_millis) = self.manner.next();
        self.transfer = Some(Transfer { id, what, bits, got: 0.0, latency_left: 1.0, quiet_bits, quiet_millis });
    }

    fn append(&mut self, id: RequestId) {
        let Some(place) = self.loaded.iter().position(|(known, ..)| *known == id) else { return };
        let (_, segment, rung) = self.loaded.swap_remove(place);
        self.books.put(segment, rung);
        self.element.end = self.element.end.max((segment + 1) as f64 * self.length);
        let first = !std::mem::replace(&mut self.element.started, true);
        self.element.moving = true;
        self.inputs.push(Input::Appended { track: Track::Video });
        self.inputs.push(self.playhead());
        if first {
            self.inputs.push(Input::FirstFrame);
        }
    }
}

/// What a step of time leads to.
#[derive(Clone, Copy)]
enum Until {
    Time,
    FirstByte,
    Progress,
    End,
}

/// Rung and segment.
fn segment_of(url: &Url) -> Option<(usize, usize)> {
    let mut path = url.path_segments()?.filter_map(|part| part.parse().ok());
    path.next().zip(path.next())
}

fn rung_of(url: &Url) -> Option<usize> {
    url.path().strip_prefix('/')?.strip_suffix(".m3u8")?.parse().ok()
}

/// No body is empty.
fn body_size(bits: f64) -> ByteCount {
    ByteCount::new(whole_bytes(bits).get().max(1))
}

fn whole_bytes(bits: f64) -> ByteCount {
    ByteCount::new(whole(bits / 8.0))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded, and never below zero")]
fn whole(value: f64) -> u64 {
    value.round().max(0.0) as u64
}

#[expect(clippy::cast_possible_truncation, reason = "rounded; plays are shorter than 292,000 years")]
fn media_time(millis: f64) -> MediaTime {
    MediaTime::from_micros((millis * 1e3).round() as i64)
}
