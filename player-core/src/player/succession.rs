//! One player takes over from another on the same media element; see [`crate::Sequence`].

use media_model::MediaTime;
use url::Url;

use super::motion::Motion;
use super::{Player, Wishes};
use crate::clock::Now;
use crate::message::{Command, Input, Output, RequestId, Step};

impl Player {
    /// A player that opens `url` and fills buffers, but waits with playing until it is told to. It knows the link, the
    /// viewer's limits and the languages that the viewer chose, and numbers its loads from `first`.
    pub(crate) fn successor(&self, now: Now, url: Url, first: RequestId) -> (Self, Step) {
        let mut config = self.config.clone();
        let presentation = self.presentation.as_ref();
        let heard = presentation.and_then(|one| one.language_of(self.wishes.audio).map(str::to_owned));
        let read = self.text.shown.and_then(|text| presentation?.text_info(text)?.language);
        config.audio_languages.splice(0..0, heard);
        config.text_languages.splice(0..0, read);
        let mut successor = Self {
            next_id: first.0,
            link: self.link.clone(),
            wishes: Wishes { limits: self.wishes.limits, ..Wishes::default() },
            motion: Motion { speed: self.motion.speed, ..Motion::default() },
            ..Self::new(config)
        };
        successor.now = now;
        successor.obey(Command::Open { url, start: None });
        successor.wishes.playing = false;
        successor.qoe.held(now);
        successor.text.wish = self.text.wish.filter(Option::is_none);
        let step = successor.step(now, Input::Tick);
        (successor, step)
    }

    /// Ends everything: what the driver has to do about that.
    pub(crate) fn leave(&mut self) -> Vec<Output> {
        let loads: Vec<_> = self.loads.keys().copied().collect();
        loads.into_iter().for_each(|id| self.cancel(id));
        self.forget_media();
        self.end_text();
        std::mem::take(&mut self.out)
    }

    /// Whether the viewer wants it to play.
    pub(crate) fn wants_to_play(&self) -> bool {
        self.wishes.playing
    }

    /// Where it is in its presentation, or begins.
    pub(crate) fn place(&self) -> MediaTime {
        self.position()
    }
}
