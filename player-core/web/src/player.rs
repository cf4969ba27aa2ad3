//! One playback on one media element: picks the source, falls over to the next, counts, and tells the page.

mod hearing;
mod showing;
mod summing;

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use media_model::{BitsPerSecond, MediaDuration, MediaTime};
use player_core::message::{AudioId, AudioInfo, Command, StallCause, TextId, TextInfo, VariantId, VariantInfo};
use player_core::{Now, PlaybackState, Speed, Summary};
use player_recording::RecordingError;
use url::Url;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlVideoElement;

use crate::adaptive::{Adaptive, FindAddress, LocalBoxFuture};
use crate::clock::{Interval, WebClock};
use crate::direct::Direct;
use crate::element::{self, MOMENTS, Moment, NextFrame};
use crate::languages::Languages;
use crate::listen::Listener;
use crate::rehearsal;
use crate::request::{PageWishes, RequestHook};
use crate::stats::Stats;
use crate::surroundings::{Bounds, PageLimits};

/// How often the element is looked at between its events: one that stands still has none.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// One way to play a title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaySource {
    /// The media element plays this file alone.
    File(Url),
    /// An HLS playlist for the core.
    Hls(Url),
}

/// How to begin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Beginning {
    /// Where; the source's own start if absent.
    pub start: Option<MediaTime>,
    /// When the viewer asked; startup counts from here.
    pub asked: Now,
}

/// Why nothing plays any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// In the words of the core: what happened and what to do.
    Told(String),
    /// The file could not be loaded.
    Network,
    /// The browser could not decode the file.
    Decode,
    /// The browser does not take the file, or has no Media Source Extensions.
    Unsupported,
}

/// News for the page. Positions and flags are not sent: `Changed` says that [`WebPlayer::snapshot`] differs.
#[derive(Clone, Debug, PartialEq)]
pub enum PlayerEvent {
    /// Something in the snapshot or the statistics changed.
    Changed,
    /// The choices of an adaptive source are known.
    Ready {
        /// Lowest first.
        variants: Vec<VariantInfo>,
        /// In playlist order.
        audio: Vec<AudioInfo>,
        /// Subtitles, in playlist order.
        text: Vec<TextInfo>,
    },
    /// The source with this index plays from now on.
    Source(usize),
    /// The playlist of [`WebPlayer::follow_with`] has taken over: positions, choices and all that is told are of it.
    NextBegan,
    /// This audio rendition is loaded from now on.
    AudioChosen(AudioId),
    /// These subtitles are shown from now on, or none.
    TextChosen(Option<TextId>),
    /// The browser allows playback only without sound, so it plays without.
    Muted,
    /// The browser allows no playback before the viewer does something.
    Blocked,
    /// The buffer ran dry.
    Stalled(StallCause),
    /// Something went wrong, and the player works on it. A sentence for people.
    Degraded(String),
    /// Nothing plays any more.
    Failed(Failure),
    /// After [`PlayerEvent::Failed`], it tries again: the network is back.
    TriesAgain,
}

/// What the element shows now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// What the player does.
    pub state: PlaybackState,
    /// Position, seconds.
    pub position_s: f64,
    /// Length, seconds, once known.
    pub duration_s: Option<f64>,
    /// Buffered stretches, seconds.
    pub buffered: Vec<(f64, f64)>,
    /// Whether it is stopped.
    pub paused: bool,
    /// Whether it is silent.
    pub muted: bool,
    /// 0 to 1.
    pub volume: f64,
    /// How fast it plays.
    pub speed: Speed,
    /// Whether the source has a picture; `None` until it is known.
    pub has_picture: Option<bool>,
}

enum Session {
    None,
    Direct(Rc<Direct>),
    Adaptive(Rc<Adaptive>),
}

/// A playback in the browser. Dropping it stops loads, listeners and timers and frees the element.
pub struct WebPlayer(Rc<Inner>);

struct Inner {
    this: Weak<Inner>,
    video: HtmlVideoElement,
    sources: Vec<PlaySource>,
    current: Cell<usize>,
    session: RefCell<Session>,
    asked: Now,
    /// From asking to the first frame, of whichever source brought it.
    startup: Cell<Option<Duration>>,
    /// What playback was like with the sources that were left.
    before: RefCell<Summary>,
    /// What a file plays, which no core watches: until when it was counted, and for how long frames moved.
    watched: Cell<(Now, Duration)>,
    failed: Cell<bool>,
    /// Length as the playlist says; the element knows it later, and not exactly.
    duration: Cell<Option<MediaDuration>>,
    /// Whether the viewer wants it to play.
    wanted: Cell<bool>,
    /// Where the present source begins; the position until the element is there.
    start: Cell<Option<MediaTime>>,
    /// Whether the present source has put a frame on screen, or sound into the room.
    framed: Cell<bool>,
    next_frame: RefCell<Option<NextFrame>>,
    watch: RefCell<Option<Interval>>,
    listeners: RefCell<Vec<Listener>>,
    find_address: RefCell<Option<FindAddress>>,
    wishes: RefCell<PageWishes>,
    /// The playlist that the present adaptive source plays; what follows a presentation takes its place.
    playing: RefCell<Option<Url>>,
    /// What to play after the present source.
    following: RefCell<Option<Url>>,
    tell: Box<dyn Fn(PlayerEvent)>,
}

impl WebPlayer {
    /// Plays the first of `sources` that works on `video`, at once. `tell` hears news, never from inside a call to the
    /// player.
    pub fn new(
        video: &HtmlVideoElement,
        sources: Vec<PlaySource>,
        beginning: Beginning,
        tell: impl Fn(PlayerEvent) + 'static,
    ) -> Self {
        let inner = Rc::new_cyclic(|this: &Weak<Inner>| Inner {
            this: this.clone(),
            video: video.clone(),
            sources,
            current: Cell::new(0),
            session: RefCell::new(Session::None),
            asked: beginning.asked,
            startup: Cell::default(),
            before: RefCell::default(),
            watched: Cell::default(),
            failed: Cell::default(),
            duration: Cell::default(),
            wanted: Cell::new(true),
            start: Cell::default(),
            framed: Cell::new(false),
            next_frame: RefCell::default(),
            watch: RefCell::default(),
            listeners: RefCell::default(),
            find_address: RefCell::default(),
            wishes: RefCell::new(PageWishes { languages: Languages::of_browser(), ..PageWishes::default() }),
            playing: RefCell::default(),
            following: RefCell::default(),
            tell: Box::new(tell),
        });
        inner.listen();
        rehearsal::end_rehearsals();
        // Later, so that the caller holds the player before the first event.
        let this = Rc::downgrade(&inner);
        spawn_local(async move {
            if let Some(inner) = this.upgrade() {
                inner.open(0, beginning.start);
            }
        });
        Self(inner)
    }

    /// Opens the first source now and ends at once, before the element has begun to do anything.
    pub(crate) fn open_and_close(self) {
        self.0.wanted.set(false);
        self.0.open(0, None);
    }

    /// Plays.
    pub fn play(&self) {
        self.0.wanted.set(true);
        self.0.command(Command::SetPlaying(true));
        self.0.start_element();
    }

    /// Pauses.
    pub fn pause(&self) {
        self.0.wanted.set(false);
        self.0.command(Command::SetPlaying(false));
        let _ = self.0.video.pause();
    }

    /// Plays what rests and rests what plays; what has ended begins anew. It goes by what the viewer wished last, not by
    /// what the element shows, which comes a moment later: two quick presses undo each other.
    pub fn toggle(&self) {
        if self.0.state() == PlaybackState::Ended {
            self.seek(0.0);
        } else if self.0.wanted.get() {
            self.pause();
        } else {
            self.play();
        }
    }

    /// Moves the playhead to `seconds`.
    pub fn seek(&self, seconds: f64) {
        let Some(to) = MediaTime::from_seconds(seconds.max(0.0)) else { return };
        self.0.start.set(Some(to));
        if let Some(adaptive) = self.0.adaptive() {
            adaptive.seek(to);
        } else {
            self.0.video.set_current_time(to.as_seconds());
        }
        // A media element that played to its end is paused by nobody, yet does not go on alone after a seek.
        if self.0.wanted.get() && self.0.video.paused() {
            self.0.start_element();
        }
    }

    /// Sets loudness, 0 to 1, and whether there is sound at all.
    pub fn set_volume(&self, volume: f64, muted: bool) {
        self.0.video.set_volume(volume.clamp(0.0, 1.0));
        self.0.video.set_muted(muted);
    }

    /// Plays faster or slower, also what comes after this source.
    pub fn set_speed(&self, speed: Speed) {
        element::set_speed(&self.0.video, speed.factor());
    }

    /// Plays only this variant from the next segment on; `None` is automatic. A file goes over to the adaptive source
    /// for that, at the same position.
    pub fn lock_variant(&self, variant: Option<VariantId>) {
        self.0.command(Command::LockVariant(variant));
    }

    /// The automatic choice stays within these bounds of `BANDWIDTH` where it can.
    pub fn limit_bandwidth(&self, least: Option<BitsPerSecond>, most: Option<BitsPerSecond>) {
        self.0.limit(|limits| limits.bandwidth.set(Bounds { least, most }));
    }

    /// Whether nothing larger than the element on screen is of use. Only for elements that have their size from the style
    /// sheet: others take that of the video, and a small start would stay small.
    pub fn fit_element(&self, fits: bool) {
        self.0.limit(|limits| limits.fits_element.set(fits));
    }

    /// Whether bytes are dear to the viewer. What the browser was told (`navigator.connection.saveData`) holds as well.
    pub fn save_data(&self, saves: bool) {
        self.0.limit(|limits| limits.saves_data.set(saves));
    }

    /// Changes to another audio rendition.
    pub fn select_audio(&self, audio: AudioId) {
        self.0.command(Command::SelectAudio(audio));
    }

    /// Shows these subtitles, or none.
    pub fn select_text(&self, text: Option<TextId>) {
        self.0.command(Command::SelectText(text));
    }

    /// In which languages to hear and to read what is opened from now on. Without it, in those of the browser.
    pub fn prefer(&self, languages: Languages) {
        self.0.wishes.borrow_mut().languages = languages;
    }

    /// Asks the page before each request of what is opened from now on; see [`RequestHook`].
    pub fn on_request(&self, hook: RequestHook) {
        self.0.wishes.borrow_mut().on_request = Some(hook);
    }

    /// Writes down all that the core is told of what is opened from now on, for [`Self::recording`].
    pub fn record(&self) {
        self.0.wishes.borrow_mut().records = true;
    }

    /// The play of the present adaptive source so far, as a file that `matinee-lab replay` reads: it shows what was decided, and
    /// why. It holds the addresses that were loaded, and the playlists. `None` unless it is written down.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn recording(&self) -> Option<Result<Vec<u8>, RecordingError>> {
        self.0.adaptive()?.recording()
    }

    /// Plays this playlist after the adaptive source that plays now, without a gap if it has the same kinds of buffers; `None`
    /// takes that back. One at a time: the one after it is named at [`PlayerEvent::NextBegan`].
    pub fn follow_with(&self, url: Option<Url>) {
        self.0.following.replace(url.clone());
        self.0.command(Command::FollowWith(url));
    }

    /// Leaves the present source for the one with this index, at the same position.
    pub fn change_source(&self, index: usize) {
        if index != self.0.current.get() {
            self.0.open(index, Some(self.0.position()));
        }
    }

    /// How to find a fresh address of the adaptive source when the server does not answer the old one any more, as one
    /// does whose signature has expired. Without it, the playlist is read again from where it was.
    pub fn on_expired(&self, find: impl Fn() -> LocalBoxFuture<Option<Url>> + 'static) {
        self.0.find_address.replace(Some(Rc::new(find)));
    }

    /// What the element shows now.
    pub fn snapshot(&self) -> Snapshot {
        self.0.snapshot()
    }

    /// What playback was like up to now, over all sources.
    pub fn summary(&self) -> Summary {
        self.0.summary()
    }

    /// Statistics up to now.
    pub fn stats(&self) -> Stats {
        self.0.stats()
    }
}

impl Drop for WebPlayer {
    fn drop(&mut self) {
        self.0.listeners.borrow_mut().clear();
        self.0.session.replace(Session::None);
    }
}

impl Inner {
    fn listen(&self) {
        for &(name, moment) in MOMENTS {
            let this = self.this.clone();
            let listener = Listener::new(&self.video, name, move |_| {
                if let Some(inner) = this.upgrade() {
                    inner.heard(moment);
                }
            });
            self.listeners.borrow_mut().push(listener);
        }
        let this = self.this.clone();
        *self.watch.borrow_mut() = Interval::every(LOOK_EVERY, move || {
            if let Some(inner) = this.upgrade() {
                inner.heard(Moment::Changed);
            }
        });
    }

    /// Begins with the source of this index.
    fn open(&self, index: usize, start: Option<MediaTime>) {
        // The old session goes first: two of them would fight over the element.
        let before = self.summary();
        self.before.replace(before);
        let speed = self.video.playback_rate();
        self.watched.set((WebClock.now(), Duration::ZERO));
        self.session.replace(Session::None);
        self.failed.set(false);
        self.duration.set(None);
        self.current.set(index);
        self.start.set(start);
        let session = match self.sources.get(index) {
            None => None,
            Some(PlaySource::File(url)) => Some(Session::Direct(Direct::open(&self.video, url, start))),
            Some(PlaySource::Hls(url)) => {
                self.playing.replace(Some(url.clone()));
                let (this, asking) = (self.this.clone(), self.this.clone());
                let find = Rc::new(move || -> LocalBoxFuture<_> {
                    let Some(inner) = asking.upgrade() else { return Box::pin(async { None }) };
                    let (found, playing) = (inner.find_address.borrow().clone(), inner.playing.borrow().clone());
                    found.map_or_else(|| -> LocalBoxFuture<_> { Box::pin(async { playing }) }, |find| find())
                });
                let wishes = self.wishes.borrow().clone();
                Adaptive::open(&self.video, url.clone(), start, wishes, find, move |event| {
                    if let Some(inner) = this.upgrade() {
                        inner.told(event);
                    }
                })
                .map(Session::Adaptive)
            }
        };
        let Some(session) = session else {
            return self.give_up(Failure::Unsupported);
        };
        self.session.replace(session);
        element::set_speed(&self.video, speed);
        let following = self.following.borrow().clone();
        if following.is_some() {
            self.command(Command::FollowWith(following));
        }
        self.await_frame();
        (self.tell)(PlayerEvent::Source(index));
        if self.wanted.get() {
            self.start_element();
        }
    }

    fn await_frame(&self) {
        self.framed.set(false);
        let this = self.this.clone();
        let next = NextFrame::of(&self.video, move || {
            if let Some(inner) = this.upgrade() {
                inner.first_frame();
            }
        });
        self.next_frame.replace(next);
    }

    /// Where playback stands, or will begin.
    fn position(&self) -> MediaTime {
        let at = self.of_element(element::position(&self.video)).max(MediaTime::ZERO);
        match self.start.get() {
            Some(start) if !self.framed.get() && at == MediaTime::ZERO => start,
            Some(_) | None => at,
        }
    }

    /// A time of the element, in what plays now.
    fn of_element(&self, time: MediaTime) -> MediaTime {
        self.adaptive().map_or(time, |adaptive| adaptive.shift().of_element(time))
    }

    /// The present source is of no use any more: the next one, or the end.
    fn give_up(&self, failure: Failure) {
        let next = self.current.get() + 1;
        if next < self.sources.len() {
            return self.open(next, Some(self.position()));
        }
        self.failed.set(true);
        (self.tell)(PlayerEvent::Failed(failure));
    }

    fn limit(&self, set: impl FnOnce(&PageLimits)) {
        set(&self.wishes.borrow().limits);
        if let Some(adaptive) = self.adaptive() {
            adaptive.look_around();
        }
    }

    fn command(&self, command: Command) {
        let session = self.adaptive();
        if let Some(adaptive) = session {
            adaptive.command(command);
        }
    }

    fn adaptive(&self) -> Option<Rc<Adaptive>> {
        match &*self.session.borrow() {
            Session::Adaptive(adaptive) => Some(Rc::clone(adaptive)),
            Session::None | Session::Direct(_) => None,
        }
    }

    fn direct(&self) -> Option<Rc<Direct>> {
        match &*self.session.borrow() {
            Session::Direct(direct) => Some(Rc::clone(direct)),
            Session::None | Session::Adaptive(_) => None,
        }
    }

    /// Starts the element; without sound if the browser wants it so.
    fn start_element(&self) {
        let (this, video) = (self.this.clone(), self.video.clone());
        spawn_local(async move {
            // Between the wish and this moment the viewer may have paused again.
            if this.upgrade().is_none_or(|inner| !inner.wanted.get()) {
                return;
            }
            let Err(first) = element::try_play(&video).await else { return };
            // Meanwhile the viewer may have paused, or the player may be gone.
            let is_wanted = this.upgrade().is_some_and(|inner| inner.wanted.get());
            if element::error_name(&first) != "NotAllowedError" || !is_wanted {
                return;
            }
            if !video.muted() {
                video.set_muted(true);
                if element::try_play(&video).await.is_ok() {
                    if let Some(inner) = this.upgrade() {
                        (inner.tell)(PlayerEvent::Muted);
                    }
                    return;
                }
            }
            if let Some(inner) = this.upgrade() {
                inner.wanted.set(false);
                if let Some(adaptive) = inner.adaptive() {
                    adaptive.play_refused();
                }
                (inner.tell)(PlayerEvent::Blocked);
            }
        });
    }
}
