//! What playback was like over all sources of a title.

use std::time::Duration;

use player_core::Summary;

use super::{Inner, LOOK_EVERY, Session};
use crate::clock::WebClock;
use crate::element;
use crate::stats::Counters;

impl Inner {
    /// Counts the time in which a file plays.
    pub(super) fn count_watched(&self) {
        let (counted, watched) = self.watched.get();
        let now = WebClock.now();
        // Looked at four times a second: a longer time is one in which the device slept.
        let length = now.since(counted).min(LOOK_EVERY * 8);
        let more = if element::is_moving(&self.video) { length } else { Duration::ZERO };
        self.watched.set((now, watched + more));
    }

    /// Up to now.
    pub(super) fn summary(&self) -> Summary {
        let here = match &*self.session.borrow() {
            Session::None => Summary::default(),
            Session::Direct(direct) => {
                let Counters { stalls, stalled, .. } = direct.counters(WebClock.now());
                let dropped_frames = element::dropped_frames(&self.video);
                Summary { watched: self.watched.get().1, stalls, stalled, dropped_frames, ..Summary::default() }
            }
            Session::Adaptive(adaptive) => adaptive.summary(),
        };
        let all = self.before.borrow().clone() + here;
        Summary { state: self.state(), startup: self.startup.get(), ..all }
    }
}
