//! What the watch page shows: which controls, ring, words and cards, from the player's news and the clock.
//!
//! Times are milliseconds of the page's clock, handed in.

use player_web::{
    AudioId, AudioInfo, Failure, PlaybackState, PlayerEvent, Snapshot, Speed, StallCause, TextId, TextInfo, VariantId,
    VariantInfo,
};
use server_api::{Chapter, Decision, Source, SourceKind};

/// Controls go this long after the last input (look.md).
const CONTROLS_FOR_MS: f64 = 3_000.0;
/// A wait shorter than this shows nothing (look.md).
const RING_AFTER_MS: f64 = 400.0;
/// A wait longer than this is explained (look.md).
const WORDS_AFTER_MS: f64 = 4_000.0;

/// Speeds to choose from, slowest first, thousandths.
pub(crate) const SPEEDS: [u16; 7] = [500, 750, 1_000, 1_250, 1_500, 1_750, 2_000];

/// A menu of the controls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Menu {
    Quality,
    Speed,
    Audio,
    Subtitles,
}

/// A panel over the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Panel {
    Stats,
    Help,
}

/// What the browser let us do at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Autoplay {
    #[default]
    Free,
    /// Plays without sound until the viewer asks for it.
    Muted,
    /// Waits for the viewer.
    Blocked,
}

/// Why it takes so long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// The server makes the film ready for this device.
    Preparing,
    /// Why the buffer ran dry.
    Stalled(StallCause),
    /// In the server's or the player's own words.
    Told(String),
}

/// Why nothing plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The player gave up.
    Player(Failure),
    /// The server said no, or nothing.
    Server(String),
}

/// The watch page's state.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Playback {
    pub(crate) snapshot: Snapshot,
    pub(crate) sources: Vec<Source>,
    pub(crate) current: usize,
    pub(crate) variants: Vec<VariantInfo>,
    pub(crate) locked: Option<VariantId>,
    pub(crate) saves_data: bool,
    pub(crate) audio: Vec<AudioInfo>,
    pub(crate) audio_chosen: Option<AudioId>,
    /// Subtitles to choose from; what everybody has to read is none of them.
    pub(crate) text: Vec<TextInfo>,
    pub(crate) text_chosen: Option<TextId>,
    /// The subtitles that the viewer switched off last.
    text_before: Option<TextId>,
    pub(crate) autoplay: Autoplay,
    pub(crate) trouble: Option<Trouble>,
    pub(crate) menu: Option<Menu>,
    pub(crate) panel: Option<Panel>,
    /// Where the viewer drags the seek bar to, seconds.
    pub(crate) dragging: Option<f64>,
    last_input_ms: f64,
    waiting_since_ms: Option<f64>,
    stalled: Option<StallCause>,
    /// What the server or the player said of the wait.
    pub(crate) told: Option<String>,
}

impl Playback {
    /// The viewer came at `now`.
    pub(crate) fn begin(now: f64) -> Self {
        Self { last_input_ms: now, waiting_since_ms: Some(now), ..Self::default() }
    }

    /// Forgets all but the open panel: another attempt begins at `now`.
    pub(crate) fn start_over(&mut self, now: f64) {
        *self = Self { panel: self.panel, ..Self::begin(now) };
    }

    /// The server knows how the film can be played: nothing is waited for there any more.
    pub(crate) fn found(&mut self, sources: Vec<Source>) {
        self.sources = sources;
        self.told = None;
    }

    /// Takes what the element shows at `now`.
    pub(crate) fn observe(&mut self, now: f64, snapshot: Snapshot) {
        let waits = matches!(snapshot.state, PlaybackState::Loading | PlaybackState::Stalled);
        match (waits, self.waiting_since_ms) {
            (true, None) => self.waiting_since_ms = Some(now),
            (false, Some(_)) => {
                self.waiting_since_ms = None;
                self.told = None;
                self.stalled = None;
            }
            (true, Some(_)) | (false, None) => {}
        }
        if self.autoplay == Autoplay::Muted && !snapshot.muted {
            self.autoplay = Autoplay::Free;
        }
        if self.autoplay == Autoplay::Blocked && !snapshot.paused {
            self.autoplay = Autoplay::Free;
        }
        self.snapshot = snapshot;
    }

    /// Takes the player's news.
    pub(crate) fn apply(&mut self, event: PlayerEvent) {
        match event {
            PlayerEvent::Changed => {}
            PlayerEvent::Ready { variants, audio, text } => {
                self.variants = variants;
                self.audio = audio;
                self.text = text.into_iter().filter(|text| !text.forced).collect();
            }
            PlayerEvent::Source(index) => {
                self.current = index;
                self.forget_choices();
            }
            PlayerEvent::NextBegan => self.forget_choices(),
            PlayerEvent::AudioChosen(audio) => self.audio_chosen = Some(audio),
            PlayerEvent::TextChosen(text) => {
                let chosen = text.filter(|id| self.text.iter().any(|text| text.id == *id));
                let before = std::mem::replace(&mut self.text_chosen, chosen);
                self.text_before = before.or(self.text_before);
            }
            PlayerEvent::Muted => self.autoplay = Autoplay::Muted,
            PlayerEvent::Blocked => self.autoplay = Autoplay::Blocked,
            PlayerEvent::Stalled(cause) => self.stalled = Some(cause),
            PlayerEvent::Degraded(sentence) => self.told = Some(sentence),
            PlayerEvent::Failed(failure) => self.trouble = Some(Trouble::Player(failure)),
            PlayerEvent::TriesAgain => self.trouble = None,
        }
    }

    /// What there was to choose from is gone.
    fn forget_choices(&mut self) {
        self.variants.clear();
        self.audio.clear();
        self.text.clear();
        self.locked = None;
        self.audio_chosen = None;
        (self.text_chosen, self.text_before) = (None, None);
    }

    /// The viewer did something.
    pub(crate) fn touch(&mut self, now: f64) {
        self.last_input_ms = now;
    }

    /// Whether controls and pointer are there.
    pub(crate) fn shows_controls(&self, now: f64) -> bool {
        let busy = self.menu.is_some() || self.dragging.is_some() || self.panel == Some(Panel::Help);
        let still =
            !matches!(self.snapshot.state, PlaybackState::Playing | PlaybackState::Stalled | PlaybackState::Loading);
        self.trouble.is_none() && (busy || still || now - self.last_input_ms < CONTROLS_FOR_MS)
    }

    /// Whether a ring turns.
    pub(crate) fn shows_ring(&self, now: f64) -> bool {
        self.trouble.is_none() && self.autoplay != Autoplay::Blocked && self.waited(now) >= RING_AFTER_MS
    }

    /// Why it takes so long, once it does.
    pub(crate) fn wait(&self, now: f64) -> Option<Wait> {
        if !self.shows_ring(now) || self.waited(now) < WORDS_AFTER_MS {
            return None;
        }
        let transcodes = self.source().is_some_and(|source| source.decision == Decision::Transcode);
        Some(match (&self.told, self.stalled) {
            (Some(sentence), _) => Wait::Told(sentence.clone()),
            (None, Some(cause)) => Wait::Stalled(cause),
            (None, None) if transcodes => Wait::Preparing,
            (None, None) => Wait::Stalled(StallCause::SlowLink),
        })
    }

    fn waited(&self, now: f64) -> f64 {
        self.waiting_since_ms.map_or(0.0, |since| now - since)
    }

    /// Whether the paused picture shows title and remaining time.
    pub(crate) fn shows_pause_card(&self) -> bool {
        self.snapshot.state == PlaybackState::Paused && self.autoplay != Autoplay::Blocked && self.trouble.is_none()
    }

    /// The source that plays.
    pub(crate) fn source(&self) -> Option<&Source> {
        self.sources.get(self.current)
    }

    /// The subtitles to go over to: off, or those that were on before.
    pub(crate) fn other_text(&self) -> Option<TextId> {
        match self.text_chosen {
            Some(_) => None,
            None => self.text_before.or(self.text.first().map(|text| text.id)),
        }
    }

    /// The adaptive source, while another plays.
    pub(crate) fn adaptive_instead(&self) -> Option<usize> {
        let other = |source: &Source| source.kind == SourceKind::Hls;
        self.sources.iter().position(other).filter(|&index| index != self.current)
    }

    /// Position to show, seconds: where the bar is dragged to, or where the film is.
    pub(crate) fn shown_position_s(&self) -> f64 {
        self.dragging.unwrap_or(self.snapshot.position_s)
    }

    /// Part of the whole at `seconds`, 0 to 1.
    pub(crate) fn part(&self, seconds: f64) -> f64 {
        match self.snapshot.duration_s {
            Some(duration) if duration > 0.0 => (seconds / duration).clamp(0.0, 1.0),
            Some(_) | None => 0.0,
        }
    }

    /// Seconds at a part of the whole; `None` while the length is not known.
    pub(crate) fn seconds_at(&self, part: f64) -> Option<f64> {
        self.snapshot.duration_s.map(|duration| (part.clamp(0.0, 1.0) * duration).max(0.0))
    }

    /// Where a step of `seconds` leads to.
    pub(crate) fn stepped(&self, seconds: f64) -> f64 {
        let end = self.snapshot.duration_s.unwrap_or(f64::MAX);
        (self.snapshot.position_s + seconds).clamp(0.0, end)
    }

    /// The next speed up or down; the last one stays.
    pub(crate) fn next_speed(&self, faster: bool) -> Speed {
        let now = self.snapshot.speed.in_thousandths();
        let next = match faster {
            true => SPEEDS.into_iter().find(|&speed| speed > now),
            false => SPEEDS.into_iter().rfind(|&speed| speed < now),
        };
        next.map_or(self.snapshot.speed, Speed::thousandths)
    }

    /// Buffered stretches as parts of the whole: start and length.
    pub(crate) fn buffered_parts(&self) -> Vec<(f64, f64)> {
        let part = |&(start, end): &(f64, f64)| (self.part(start), self.part(end) - self.part(start));
        self.snapshot.buffered.iter().map(part).collect()
    }

    /// Closes what is open; `false` if nothing was.
    pub(crate) fn close(&mut self) -> bool {
        self.menu.take().is_some() || self.panel.take().is_some()
    }

    /// Opens a menu, or closes it if it is open.
    pub(crate) fn toggle_menu(&mut self, menu: Menu) {
        self.menu = if self.menu == Some(menu) { None } else { Some(menu) };
    }

    /// Opens a panel, or closes it if it is open.
    pub(crate) fn toggle_panel(&mut self, panel: Panel) {
        self.panel = if self.panel == Some(panel) { None } else { Some(panel) };
    }
}

/// The chapter at `seconds`: its number from 1 and its name.
pub(crate) fn chapter_at(chapters: &[Chapter], seconds: f64) -> Option<(usize, &Chapter)> {
    let number = chapters.partition_point(|chapter| chapter.start_s <= seconds);
    Some((number, chapters.get(number.checked_sub(1)?)?))
}

#[cfg(test)]
mod tests;
