//! What the media element and the core say, and what becomes of it.

use player_core::Setback;
use player_core::message::Event;
use wasm_bindgen_futures::spawn_local;

use super::{Failure, Inner, PlaySource, PlayerEvent};
use crate::clock::WebClock;
use crate::element::{self, Moment};

impl Inner {
    /// The element said something.
    pub(super) fn heard(&self, moment: Moment) {
        // Told a moment after the fact: what the element does now counts, or a pause that was taken back would pause again.
        let moment = match (moment, self.video.paused()) {
            // An element that gave up pauses, which is no wish of anybody.
            (Moment::Play | Moment::Pause, _) if self.video.error().is_some() => Moment::Changed,
            (Moment::Play, true) => Moment::Pause,
            (Moment::Pause, false) => Moment::Play,
            (moment, _) => moment,
        };
        match moment {
            Moment::Error if self.video.error().is_none() => return,
            Moment::Play => self.wanted.set(true),
            // Media keys and the browser itself pause too; only the end is nobody's wish.
            Moment::Pause => self.wanted.set(self.video.ended() && self.wanted.get()),
            Moment::Error
            | Moment::Metadata
            | Moment::Seeking
            | Moment::Speed
            | Moment::Changed
            | Moment::FirstFrame
            | Moment::Ended => {}
        }
        if let Some(adaptive) = self.adaptive() {
            adaptive.heard(moment);
        }
        if let Some(direct) = self.direct() {
            self.count_watched();
            if moment == Moment::Error {
                return self.give_up(self.element_failure());
            }
            let leave = direct.heard(moment);
            let adaptive = self.sources.iter().position(|source| matches!(source, PlaySource::Hls(_)));
            if let (Some(at), Some(index)) = (leave, adaptive) {
                return self.open(index, Some(at));
            }
        }
        // Sound alone and a hidden page have no frame that could be put on screen.
        // Firefox before 132 does not tell of frames.
        let untold = self.next_frame.borrow().is_none();
        let unseen = self.video.video_width() == 0 || element::is_page_hidden() || untold;
        if unseen && element::is_moving(&self.video) && self.video.current_time() > 0.0 {
            self.first_frame();
        }
        (self.tell)(PlayerEvent::Changed);
    }

    pub(super) fn element_failure(&self) -> Failure {
        match self.video.error().map(|error| error.code()) {
            Some(web_sys::MediaError::MEDIA_ERR_NETWORK) => Failure::Network,
            Some(web_sys::MediaError::MEDIA_ERR_DECODE) => Failure::Decode,
            Some(_) | None => Failure::Unsupported,
        }
    }

    pub(super) fn first_frame(&self) {
        if self.framed.replace(true) {
            return;
        }
        if self.startup.get().is_none() {
            self.startup.set(Some(WebClock.now().since(self.asked)));
        }
        if let Some(adaptive) = self.adaptive() {
            adaptive.heard(Moment::FirstFrame);
        }
        (self.tell)(PlayerEvent::Changed);
    }

    /// The core said something.
    pub(super) fn told(&self, event: Event) {
        match event {
            Event::Ready { variants, audio, text, duration } => {
                self.duration.set(duration);
                (self.tell)(PlayerEvent::Ready { variants, audio, text });
            }
            Event::NextBegan { before } => {
                let all = self.before.take() + *before;
                self.before.replace(all);
                self.duration.set(None);
                self.start.set(None);
                self.playing.replace(self.following.take());
                (self.tell)(PlayerEvent::NextBegan);
            }
            Event::AudioChosen(audio) => (self.tell)(PlayerEvent::AudioChosen(audio)),
            Event::TextChosen(text) => (self.tell)(PlayerEvent::TextChosen(text)),
            Event::Stalled(cause) => (self.tell)(PlayerEvent::Stalled(cause)),
            // Told as `Blocked`, whatever plays.
            Event::Degraded(Setback::WaitsForViewer) => {}
            Event::Degraded(setback) => (self.tell)(PlayerEvent::Degraded(setback.to_string())),
            // What the core counts of these is asked for with its statistics.
            Event::VariantChosen { .. }
            | Event::Throughput(_)
            | Event::Started { .. }
            | Event::Sought { .. }
            | Event::Shown(_)
            | Event::Dropped(_)
            | Event::Wasted(_)
            | Event::Resumed { .. }
            | Event::Ended => {}
            Event::TriesAgain => {
                self.failed.set(false);
                (self.tell)(PlayerEvent::TriesAgain);
            }
            Event::Failed(trouble) => {
                // Later: the core that speaks is part of the session that ends.
                let this = self.this.clone();
                spawn_local(async move {
                    if let Some(inner) = this.upgrade() {
                        inner.give_up(Failure::Told(trouble.to_string()));
                    }
                });
            }
        }
        (self.tell)(PlayerEvent::Changed);
    }
}
