//! The file itself in `<video src>`: the browser loads, demuxes and buffers; the core's rule watches whether the link
//! carries it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use media_model::{MediaDuration, MediaTime};
use player_core::direct::{Advice, DirectWatch, Observation};
use player_core::{Now, PlaybackState};
use url::Url;
use web_sys::HtmlVideoElement;

use crate::clock::WebClock;
use crate::element::{self, Moment};
use crate::stats::{Counters, Seen, Stillness};

/// How close to the end of the file a buffer must reach to hold all of it; container and streams differ in length.
const ALL_BUT: MediaDuration = MediaDuration::from_millis(200);

/// A file on a media element; dropping it takes it off.
pub(crate) struct Direct {
    video: HtmlVideoElement,
    address: String,
    start: Option<MediaTime>,
    watch: RefCell<DirectWatch>,
    stillness: RefCell<Stillness>,
    /// Whether it has set off since it was opened.
    moved: Cell<bool>,
}

impl Direct {
    /// Hands the file to the element, to play from `start`.
    pub(crate) fn open(video: &HtmlVideoElement, url: &Url, start: Option<MediaTime>) -> Rc<Self> {
        video.set_src(url.as_str());
        let direct = Rc::new(Self {
            video: video.clone(),
            address: url.as_str().to_owned(),
            start,
            watch: RefCell::new(DirectWatch::new(WebClock.now())),
            stillness: RefCell::default(),
            moved: Cell::new(false),
        });
        direct.move_to_start();
        direct
    }

    /// Takes what the media element said. Some position if the adaptive source should go on from there.
    pub(crate) fn heard(&self, moment: Moment) -> Option<MediaTime> {
        // Set before the metadata is there, a position is only a wish that not every browser keeps.
        if moment == Moment::Metadata {
            self.move_to_start();
        }
        self.moved.set(self.moved.get() || element::is_moving(&self.video));
        let now = WebClock.now();
        self.stillness.borrow_mut().observe(now, self.seen());
        match self.watch.borrow_mut().observe(now, self.observation()) {
            Advice::Stay => None,
            Advice::Leave { at, .. } => Some(at),
        }
    }

    /// What the viewer would say it does.
    pub(crate) fn state(&self, now: Now) -> PlaybackState {
        self.stillness.borrow().state(now, self.seen())
    }

    /// Stalls up to now.
    pub(crate) fn counters(&self, now: Now) -> Counters {
        self.stillness.borrow().counters(now)
    }

    fn seen(&self) -> Seen {
        Seen {
            moving: element::is_moving(&self.video),
            paused: self.video.paused(),
            seeking: self.video.seeking(),
            ended: self.video.ended(),
            started: self.moved.get(),
        }
    }

    fn observation(&self) -> Observation {
        let at = element::position(&self.video);
        let ahead = element::ahead(&self.video);
        let end = MediaTime::from_seconds(self.video.duration());
        Observation {
            at,
            ahead,
            moving: element::is_moving(&self.video),
            paused: self.video.paused(),
            seeking: self.video.seeking(),
            complete: self.video.ended() || end.is_some_and(|end| at + ahead + ALL_BUT >= end),
        }
    }

    fn move_to_start(&self) {
        if let Some(start) = self.start
            && element::position(&self.video) != start
        {
            self.video.set_current_time(start.as_seconds());
        }
    }
}

impl Drop for Direct {
    fn drop(&mut self) {
        if self.video.src() == self.address {
            element::unload(&self.video);
        }
    }
}
