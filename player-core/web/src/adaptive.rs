//! Drives the core: carries out what [`Sequence::step`] asks for and reports what came of it.
//!
//! No decision about playback is made here. One queue feeds the core, so that work which answers at once (a refused
//! append) is stepped after, never inside, the step that ordered it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::{Rc, Weak};

use media_model::{MediaDuration, MediaTime};
use player_core::message::{Command, Event, Input, Output, Track};
use player_core::sequence::Shift;
use player_core::{Now, PlayerConfig, Sequence, Step};
use player_recording::{Driven, Recorder, RecordingError};
use url::Url;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlMediaElement, HtmlVideoElement};

use crate::clock::{Timer, WebClock};
use crate::decoder;
use crate::element::{self, Moment};
use crate::fetch::{Loads, Order};
use crate::listen::Listener;
use crate::media_source::{Buffers, Piece};
use crate::memory;
use crate::request::PageWishes;
use crate::subtitles::Subtitles;
use crate::surroundings::Surroundings;

/// A position this near to where the element was sent is that place: a frame is longer.
const SAME_PLACE: MediaDuration = MediaDuration::from_millis(5);

/// Adaptive presentations, one after the other, on a media element; dropping it ends every load and frees the buffers.
pub(crate) struct Adaptive {
    this: Weak<Self>,
    core: RefCell<Sequence>,
    /// Writes down what the core is told, if the page wants that.
    recorder: RefCell<Option<Recorder>>,
    inbox: RefCell<VecDeque<Input>>,
    stepping: Cell<bool>,
    video: HtmlVideoElement,
    loads: Rc<Loads>,
    buffers: RefCell<Rc<Buffers>>,
    subtitles: Subtitles,
    /// Where the element was sent to last, by the core or for the viewer.
    sent_to: Cell<Option<MediaTime>>,
    /// It was sent there and has not gone: before it has metadata, Chromium says that it is there and may forget it when they
    /// come; with nothing buffered it may have nowhere to go.
    waits_to_go: Cell<Option<MediaTime>>,
    /// Whether the viewer wants it to play; the element pauses for reasons of its own.
    wanted: Cell<bool>,
    /// Whether the browser wants media to be loaded, as the core was told.
    streaming: Cell<bool>,
    /// Whether its speed is 0.
    held: Cell<bool>,
    /// A frame was on screen, or sound in the room.
    framed: Cell<bool>,
    timer: RefCell<Option<(Now, Timer)>>,
    find_address: FindAddress,
    online: RefCell<Option<Listener>>,
    surroundings: Surroundings,
    server: Url,
    tell: Box<dyn Fn(Event)>,
}

/// Finds a fresh address of the presentation, for one that the server does not answer any more.
pub(crate) type FindAddress = Rc<dyn Fn() -> LocalBoxFuture<Option<Url>>>;

/// A future that stays on the page's only thread.
pub type LocalBoxFuture<T> = Pin<Box<dyn Future<Output = T>>>;

impl Adaptive {
    /// Opens a playlist and plays it from `start`. `None` if this browser has no Media Source Extensions.
    pub(crate) fn open(
        video: &HtmlVideoElement,
        url: Url,
        start: Option<MediaTime>,
        wishes: PageWishes,
        find_address: FindAddress,
        tell: impl Fn(Event) + 'static,
    ) -> Option<Rc<Self>> {
        let inlet: Rc<RefCell<Weak<Self>>> = Rc::default();
        let sink = sink(&inlet);
        let buffers = Buffers::attach(video, Rc::clone(&sink))?;
        let config = PlayerConfig {
            appends_in_part: true,
            shows_text: true,
            audio_languages: wishes.languages.audio,
            text_languages: wishes.languages.text,
            known_throughput: memory::known(&url),
            ..PlayerConfig::default()
        };
        let adaptive = Rc::new_cyclic(|this: &Weak<Self>| {
            inlet.replace(this.clone());
            Self {
                this: this.clone(),
                recorder: RefCell::new(wishes.records.then(|| Recorder::new(Driven::Sequence, &config))),
                core: RefCell::new(Sequence::new(config)),
                inbox: RefCell::default(),
                stepping: Cell::new(false),
                video: video.clone(),
                loads: Loads::new(sink, wishes.on_request),
                buffers: RefCell::new(buffers),
                subtitles: Subtitles::on(video),
                sent_to: Cell::default(),
                waits_to_go: Cell::default(),
                wanted: Cell::new(true),
                streaming: Cell::new(true),
                held: Cell::new(false),
                framed: Cell::new(false),
                timer: RefCell::default(),
                find_address,
                online: RefCell::default(),
                surroundings: Surroundings::of(video, wishes.limits),
                server: url.clone(),
                tell: Box::new(tell),
            }
        });
        adaptive.listen();
        adaptive.look_around();
        // An element that plays at this speed already tells of no change.
        adaptive.command(Command::SetSpeed(element::speed(video)));
        adaptive.command(Command::Open { url, start });
        Some(adaptive)
    }

    fn listen(&self) {
        let this = self.this.clone();
        let heard = move |_| {
            if let Some(adaptive) = this.upgrade() {
                adaptive.feed(Input::Online);
            }
        };
        *self.online.borrow_mut() = web_sys::window().map(|window| Listener::new(&window, "online", heard));
        let this = self.this.clone();
        self.surroundings.on_visibility(move || {
            if let Some(adaptive) = this.upgrade() {
                adaptive.look_around();
                // It may be the last that is heard of this page.
                adaptive.remember_link();
            }
        });
    }

    /// Tells the core what has changed around the player.
    pub(crate) fn look_around(&self) {
        self.surroundings.changes().into_iter().for_each(|command| self.command(command));
        // Looked at as often as all else: there is enough ahead for a moment more or less.
        let streaming = self.buffers.borrow().is_streaming();
        if self.streaming.replace(streaming) != streaming {
            self.command(Command::SetStreaming(streaming));
        }
    }

    fn remember_link(&self) {
        if let Some(rate) = self.stats().throughput {
            memory::remember(&self.server, rate);
        }
    }

    /// What playback was like.
    pub(crate) fn summary(&self) -> player_core::Summary {
        self.core.borrow().summary()
    }

    /// The browser waits for the viewer.
    pub(crate) fn play_refused(&self) {
        self.wanted.set(false);
        self.feed(Input::PlayRefused);
    }

    /// What the core counted.
    pub(crate) fn stats(&self) -> player_core::Stats {
        self.core.borrow().stats()
    }

    /// Passes on what the viewer wants.
    pub(crate) fn command(&self, command: Command) {
        if let Command::SetPlaying(playing) = command {
            self.wanted.set(playing);
        }
        self.feed(Input::Command(command));
    }

    /// Where what plays now lies on the element.
    pub(crate) fn shift(&self) -> Shift {
        self.core.borrow().shift()
    }

    /// Moves the playhead to this position of what plays now, for the viewer.
    pub(crate) fn seek(&self, to: MediaTime) {
        let to = self.shift().onto_element(to);
        self.send(to);
        self.command(Command::Seek(to));
    }

    fn send(&self, to: MediaTime) {
        self.sent_to.set(Some(to));
        self.video.set_current_time(to.as_seconds());
        self.waits_to_go.set(Some(to));
    }

    /// The position was set. By the controls of the browser or another script, it is a wish like any other.
    fn sought(&self) {
        let at = element::position(&self.video);
        let expected = self.sent_to.take();
        if expected.is_none_or(|to| !is_same_place(at, to)) {
            self.command(Command::Seek(at));
        }
        self.waits_to_go.set(None);
    }

    /// Passes on what the media element said; at least four times a second, whether it says anything or not.
    pub(crate) fn heard(&self, moment: Moment) {
        match moment {
            Moment::FirstFrame => self.framed.set(true),
            Moment::Ended => self.feed(Input::PlayedOut),
            Moment::Error => self.feed(Input::DecodeFailed),
            Moment::Play => self.command(Command::SetPlaying(true)),
            // The end pauses the element too, and that is no wish of the viewer.
            Moment::Pause if self.video.ended() => {}
            Moment::Pause => self.command(Command::SetPlaying(false)),
            Moment::Seeking => self.sought(),
            Moment::Speed => self.speed_changed(),
            Moment::Changed | Moment::Metadata => {}
        }
        self.look_around();
        self.report_playhead();
    }

    /// Some pages hold a film by the speed 0, which is a pause to the core.
    fn speed_changed(&self) {
        let holds = self.video.playback_rate() == 0.0;
        if self.held.replace(holds) != holds {
            self.command(Command::SetPlaying(!holds && !self.video.paused()));
        }
        if !holds {
            self.command(Command::SetSpeed(element::speed(&self.video)));
        }
    }

    /// Sends the element once more where it has not gone.
    fn send_again(&self) {
        if self.video.ready_state() == HtmlMediaElement::HAVE_NOTHING || self.video.seeking() {
            return;
        }
        if let Some(to) = self.waits_to_go.take()
            && !is_same_place(element::position(&self.video), to)
        {
            self.send(to);
        }
    }

    fn report_playhead(&self) {
        self.send_again();
        let moving = element::is_moving(&self.video);
        // Browsers show the first frame and set off a little later; to the core that time belongs to the start. Told
        // until the core has taken it.
        if self.framed.get() && (moving || self.video.paused()) && self.stats().startup.is_none() {
            self.feed(Input::FirstFrame);
        }
        let buffers = Rc::clone(&self.buffers.borrow());
        self.feed(Input::Playhead {
            at: self.waits_to_go.get().unwrap_or_else(|| element::position(&self.video)),
            video: buffers.buffered(Track::Video),
            audio: buffers.buffered(Track::Audio),
            moving,
            dropped_frames: element::dropped_frames(&self.video),
        });
    }

    fn feed(&self, input: Input) {
        let changes_buffers = matches!(input, Input::Appended { .. } | Input::Evicted { .. });
        self.inbox.borrow_mut().push_back(input);
        if !self.stepping.replace(true) {
            loop {
                let next = self.inbox.borrow_mut().pop_front();
                let Some(input) = next else { break };
                let step = self.step(input);
                for output in step.outputs {
                    self.carry_out(output);
                }
                self.wake_at(step.wake_at);
            }
            self.stepping.set(false);
        }
        if changes_buffers {
            self.report_playhead();
        }
    }

    fn step(&self, input: Input) -> Step {
        let (mut core, now) = (self.core.borrow_mut(), WebClock.now());
        match &mut *self.recorder.borrow_mut() {
            None => core.step(now, input),
            Some(recorder) => {
                let step = core.step(now, input.clone());
                recorder.note(now, &input, &step);
                step
            }
        }
    }

    /// What was written down, as a file; `None` if nothing is.
    pub(crate) fn recording(&self) -> Option<Result<Vec<u8>, RecordingError>> {
        self.recorder.borrow().as_ref().map(Recorder::finish)
    }

    fn carry_out(&self, output: Output) {
        let buffers = Rc::clone(&self.buffers.borrow());
        match output {
            Output::Load { id, url, range, kind, idle_timeout } => {
                self.loads.start(Order { id, url, range, kind, idle_timeout });
            }
            Output::Cancel(id) => self.loads.cancel(id),
            Output::Forget(id) => self.loads.forget(id),
            Output::AskStart { id, init } => {
                let at = self.loads.media_start(id, init);
                self.feed(Input::Starts { id, at });
            }
            Output::Prepare { buffers: setup, duration } => {
                if buffers.is_prepared() {
                    self.reattach();
                }
                let buffers = Rc::clone(&self.buffers.borrow());
                buffers.prepare(setup, duration);
            }
            Output::Append { track, id, offset_us } => match self.loads.take(id) {
                Some(taken) => buffers.append(track, Piece { id, taken, offset_us }),
                // The core asked for bytes it had let go of; it must hear an answer, or the track would wait forever.
                None => self.feed(Input::AppendFailed { track, cause: player_core::message::AppendFailure::Rejected }),
            },
            Output::Evict { track, range } => buffers.evict(track, range),
            Output::ChangeType { track, mime } => buffers.change_type(track, mime),
            Output::MoveTo(at) => self.send(at),
            Output::Seekable(range) => buffers.set_seekable(range),
            Output::RenewAddress => {
                let (found, this) = ((self.find_address)(), self.this.clone());
                spawn_local(async move {
                    let url = found.await;
                    if let Some(adaptive) = this.upgrade() {
                        adaptive.feed(Input::Renewed { url });
                    }
                });
            }
            Output::AskDecoder(questions) => {
                let this = self.this.clone();
                spawn_local(async move {
                    for question in questions {
                        let ease = decoder::ease_of(&question).await;
                        if let (Some(ease), Some(adaptive)) = (ease, this.upgrade()) {
                            adaptive.feed(Input::Decodes { variant: question.variant, ease });
                        }
                    }
                });
            }
            Output::EndOfStream => buffers.end(),
            Output::Text(order) => self.subtitles.obey(order, &self.loads),
            Output::Event(event) => (self.tell)(event),
        }
    }

    /// Starts over with a new MediaSource: after a decoder gave up, the old one takes nothing any more.
    fn reattach(&self) {
        let inlet = Rc::new(RefCell::new(self.this.clone()));
        let speed = self.video.playback_rate();
        if let Some(fresh) = Buffers::attach(&self.video, sink(&inlet)) {
            self.buffers.replace(fresh);
            element::set_speed(&self.video, speed);
            // Where to, the core says: a new source begins at its start.
            self.sent_to.set(None);
            self.waits_to_go.set(None);
            // The error or the new source has paused the element.
            if self.wanted.get() {
                let video = self.video.clone();
                spawn_local(async move { drop(element::try_play(&video).await) });
            }
        }
    }

    fn wake_at(&self, at: Option<Now>) {
        let mut timer = self.timer.borrow_mut();
        if timer.as_ref().map(|(set, _)| *set) == at {
            return;
        }
        *timer = at.and_then(|at| {
            let this = self.this.clone();
            let wake = Timer::after(at.since(WebClock.now()), move || {
                if let Some(adaptive) = this.upgrade() {
                    // The timer that calls is still held by `timer`; a later step replaces it.
                    let spent = adaptive.timer.borrow_mut().take();
                    adaptive.feed(Input::Tick);
                    drop(spent);
                }
            })?;
            Some((at, wake))
        });
    }
}

impl Drop for Adaptive {
    fn drop(&mut self) {
        self.remember_link();
    }
}

fn is_same_place(one: MediaTime, other: MediaTime) -> bool {
    one.since(other).max(other.since(one)) <= SAME_PLACE
}

/// Where loads and buffers put their news: into the inbox of whoever owns them, as long as it lives.
fn sink(inlet: &Rc<RefCell<Weak<Adaptive>>>) -> Rc<dyn Fn(Input)> {
    let inlet = Rc::clone(inlet);
    Rc::new(move |input| {
        let owner = inlet.borrow().upgrade();
        if let Some(adaptive) = owner {
            adaptive.feed(input);
        }
    })
}
