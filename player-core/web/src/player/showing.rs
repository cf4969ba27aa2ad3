//! What a playback shows at the moment: its state, the element, statistics.

use media_model::{MediaDuration, MediaTime, Resolution};
use player_core::PlaybackState;

use super::{Inner, Session, Snapshot};
use crate::clock::WebClock;
use crate::element;
use crate::stats::{Shown, Stats};

impl Inner {
    pub(super) fn state(&self) -> PlaybackState {
        if self.failed.get() {
            return PlaybackState::Failed;
        }
        match &*self.session.borrow() {
            Session::None => PlaybackState::Loading,
            Session::Direct(direct) => {
                // Before the first frame an element that may play is "paused" only because nothing is there to play, and
                // one that says it plays has not shown anything yet.
                let waits = self.wanted.get() && !self.framed.get();
                let state = direct.state(WebClock.now());
                let waits = waits && matches!(state, PlaybackState::Paused | PlaybackState::Playing);
                if waits { PlaybackState::Loading } else { state }
            }
            Session::Adaptive(adaptive) => adaptive.stats().state,
        }
    }

    fn duration_s(&self) -> Option<f64> {
        let told = self.duration.get().map(MediaDuration::as_seconds);
        told.or_else(|| Some(self.video.duration()).filter(|seconds| seconds.is_finite() && *seconds > 0.0))
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let known = self.video.ready_state() >= web_sys::HtmlMediaElement::HAVE_METADATA;
        Snapshot {
            state: self.state(),
            position_s: self.position().as_seconds(),
            duration_s: self.duration_s(),
            buffered: element::ranges(&self.video.buffered())
                .iter()
                .map(|range| (self.of_element(range.start()).max(MediaTime::ZERO), self.of_element(range.end())))
                .filter(|(start, end)| start < end)
                .map(|(start, end)| (start.as_seconds(), end.as_seconds()))
                .collect(),
            paused: self.video.paused(),
            muted: self.video.muted(),
            volume: self.video.volume(),
            speed: element::speed(&self.video),
            has_picture: known.then(|| self.video.video_width() > 0),
        }
    }

    pub(super) fn stats(&self) -> Stats {
        let told = self.adaptive().map(|adaptive| adaptive.stats());
        let (width, height) = (self.video.video_width(), self.video.video_height());
        let variant = told.as_ref().and_then(|told| told.variant.clone());
        let shown = (width > 0 && self.framed.get()).then(|| Shown {
            resolution: Resolution { width, height },
            bandwidth: variant.as_ref().map(|variant| variant.bitrate),
            label: variant.map(|variant| variant.label),
        });
        Stats {
            state: self.state(),
            position_s: self.position().as_seconds(),
            buffered_s: element::ahead(&self.video).as_seconds(),
            shown,
            throughput: told.and_then(|told| told.throughput),
            startup: self.startup.get(),
            counters: self.summary().into(),
        }
    }
}
