//! Owns the player of the watch page: turns its news into signals and the viewer's wishes into calls.

use leptos::leptos_dom::helpers::{IntervalHandle, set_interval_with_handle, set_timeout};
use leptos::prelude::*;
use leptos::task::spawn_local;
use media_model::MediaTime;
use player_web::{
    AudioId, Beginning, Capabilities, Now, PlaySource, PlaybackState, PlayerEvent, Speed, Stats, TextId, VariantId,
    WebClock, WebPlayer,
};
use serde::Serialize;
use server_api::{Decision, Source, SourceKind};
use std::time::Duration;
use url::Url;
use wasm_bindgen::prelude::*;
use web_sys::HtmlVideoElement;

use crate::beacon::{self, Beacon};
use crate::client::{self, CallError};
use crate::remembered;
use crate::state::keys::Action;
use crate::state::playback::{Menu, Panel, Playback, Trouble};

/// How often the page looks at the clock: ring, words and controls come and go by it.
const TICK: Duration = Duration::from_millis(100);

/// A film on the watch page. Copies are handles of the same film.
#[derive(Clone, Copy)]
pub(crate) struct Stage {
    pub(crate) playback: RwSignal<Playback>,
    /// Milliseconds of the page's clock.
    pub(crate) now: RwSignal<f64>,
    player: StoredValue<Option<WebPlayer>, LocalStorage>,
    asked: StoredValue<Now>,
    beacon: StoredValue<Option<Beacon>>,
    alive: StoredValue<bool>,
    /// Counts what was opened: the answer to an earlier question is nobody's any more.
    opened: StoredValue<u32>,
}

impl Stage {
    /// Begins a visit; it ends, with everything it holds, when the component that called goes.
    pub(crate) fn begin() -> Self {
        let stage = Self {
            playback: RwSignal::new(Playback::begin(WebClock.millis())),
            now: RwSignal::new(WebClock.millis()),
            player: StoredValue::new_local(None),
            asked: StoredValue::new(WebClock.now()),
            beacon: StoredValue::new(None),
            alive: StoredValue::new(true),
            opened: StoredValue::new(0),
        };
        let tick = set_interval_with_handle(move || stage.tick(), TICK).ok();
        let stats = Closure::<dyn Fn() -> JsValue>::new(move || stage.stats_object());
        set_global("matineeStats", stats.as_ref());
        let stats = StoredValue::new_local(stats);
        on_cleanup(move || {
            set_global("matineeStats", &JsValue::UNDEFINED);
            stats.dispose();
            tick.as_ref().map(IntervalHandle::clear);
            stage.tell_server(true);
            stage.player.try_set_value(None);
            stage.alive.try_set_value(false);
        });
        stage
    }

    fn tick(self) {
        self.now.set(WebClock.millis());
        self.observe();
        let is_due = |beacon: &Option<Beacon>| beacon.as_ref().is_some_and(|one| one.is_due(WebClock.millis()));
        if self.beacon.with_value(is_due) {
            self.tell_server(false);
        }
    }

    /// Tells the server what playback was like since it was told last, and, in the last report, how it ended.
    fn tell_server(self, is_last: bool) {
        let summary = self.player.try_with_value(|player| player.as_ref().map(WebPlayer::summary)).flatten();
        let source = self.playback.try_with_untracked(|one| one.source().map(|source| source.kind)).flatten();
        let mut report = None;
        self.beacon.try_update_value(|beacon| {
            if let (Some(beacon), Some(summary)) = (beacon.as_mut(), summary) {
                report = beacon.report(WebClock.millis(), summary, source, is_last);
            }
            if is_last {
                *beacon = None;
            }
        });
        report.as_ref().into_iter().for_each(beacon::send);
    }

    fn observe(self) {
        let snapshot = self.player.with_value(|player| player.as_ref().map(WebPlayer::snapshot));
        if let Some(snapshot) = snapshot {
            self.playback.update(|playback| playback.observe(WebClock.millis(), snapshot));
        }
    }

    /// Asks the server how to play a title and plays it, from `start_s` on.
    pub(crate) fn open(self, video: HtmlVideoElement, id: String, start_s: Option<f64>, adaptive_only: bool) {
        self.tell_server(true);
        self.player.set_value(None);
        self.opened.update_value(|opened| *opened += 1);
        self.beacon.set_value(Some(Beacon::new(id.clone(), WebClock.millis())));
        self.playback.update(|playback| {
            playback.start_over(WebClock.millis());
            playback.saves_data = remembered::saves_data();
        });
        self.ask(video, id, start_s, adaptive_only);
    }

    /// Asks as often as the server wants to be asked again, which it does of a film that it still examines.
    fn ask(self, video: HtmlVideoElement, id: String, start_s: Option<f64>, adaptive_only: bool) {
        let opened = self.opened.try_get_value();
        let is_wanted = move || self.alive.try_get_value() == Some(true) && self.opened.try_get_value() == opened;
        spawn_local(async move {
            let capabilities = Capabilities::of(&video);
            let found = client::sources(&id, &capabilities.query()).await;
            if !is_wanted() {
                return;
            }
            match found {
                Ok(found) => self.play_sources(
                    &video,
                    playable(found.sources, adaptive_only || remembered::saves_data()),
                    start_s,
                ),
                Err(CallError::Refused { problem, retry_after: Some(wait) }) => {
                    self.playback.update(|playback| playback.told = Some(problem.detail));
                    let again = move || {
                        if is_wanted() {
                            self.ask(video, id, start_s, adaptive_only);
                        }
                    };
                    set_timeout(again, wait);
                }
                Err(error) => self.fail(Trouble::Server(error.sentence())),
            }
        });
    }

    fn play_sources(self, video: &HtmlVideoElement, sources: Vec<(Source, PlaySource)>, start_s: Option<f64>) {
        let (shown, played): (Vec<_>, Vec<_>) = sources.into_iter().unzip();
        self.playback.update(|playback| playback.found(shown));
        let beginning = Beginning { start: start_s.and_then(MediaTime::from_seconds), asked: self.asked.get_value() };
        let (volume, muted) = remembered::volume();
        video.set_volume(volume);
        video.set_muted(muted);
        let player = WebPlayer::new(video, played, beginning, move |event| self.heard(event));
        player.save_data(remembered::saves_data());
        // Who finds something wrong only then asks how it came about.
        player.record();
        self.player.set_value(Some(player));
    }

    fn heard(self, event: PlayerEvent) {
        if self.alive.try_get_value() != Some(true) {
            return;
        }
        if event != PlayerEvent::Changed {
            self.playback.update(|playback| playback.apply(event));
        }
        self.observe();
    }

    fn fail(self, trouble: Trouble) {
        self.playback.update(|playback| playback.trouble = Some(trouble));
    }

    /// Lets go of the film, and of its connections; where it stood is kept.
    pub(crate) fn rest(self) {
        self.tell_server(true);
        self.player.set_value(None);
    }

    /// The next opening counts its startup from here.
    pub(crate) fn asked_now(self) {
        self.asked.set_value(WebClock.now());
    }

    fn with_player(self, act: impl FnOnce(&WebPlayer)) {
        self.player.with_value(|player| {
            if let Some(player) = player {
                act(player);
            }
        });
        self.observe();
    }

    /// The viewer moved the pointer or pressed a key.
    pub(crate) fn touch(self) {
        self.playback.update(|playback| playback.touch(WebClock.millis()));
    }

    /// Does what the player can do of an action; `false` for what the page has to do.
    pub(crate) fn act(self, action: Action) -> bool {
        let snapshot = self.playback.with_untracked(|playback| playback.snapshot.clone());
        match action {
            Action::TogglePlay => self.with_player(WebPlayer::toggle),
            Action::SeekBy(seconds) => self.seek(self.playback.with_untracked(|playback| playback.stepped(seconds))),
            Action::SeekToPart(part) => {
                if let Some(seconds) = self.playback.with_untracked(|playback| playback.seconds_at(part)) {
                    self.seek(seconds);
                }
            }
            Action::VolumeBy(part) => self.set_volume((snapshot.volume + part).clamp(0.0, 1.0), false),
            Action::ToggleMute => self.set_volume(snapshot.volume, !snapshot.muted),
            Action::ChangeSpeed { faster } => {
                self.set_speed(self.playback.with_untracked(|playback| playback.next_speed(faster)));
            }
            Action::ToggleSubtitles => self.select_text(self.playback.with_untracked(Playback::other_text)),
            Action::ToggleStats => self.playback.update(|playback| playback.toggle_panel(Panel::Stats)),
            Action::ToggleHelp => self.playback.update(|playback| playback.toggle_panel(Panel::Help)),
            Action::ToggleFullscreen | Action::Back => return false,
        }
        true
    }

    pub(crate) fn seek(self, seconds: f64) {
        self.with_player(|player| player.seek(seconds));
    }

    pub(crate) fn set_volume(self, volume: f64, muted: bool) {
        self.with_player(|player| player.set_volume(volume, muted));
        remembered::keep_volume(volume, muted);
    }

    /// Plays faster or slower.
    pub(crate) fn set_speed(self, speed: Speed) {
        self.with_player(|player| player.set_speed(speed));
        self.playback.update(|playback| playback.menu = None);
    }

    pub(crate) fn toggle_menu(self, menu: Menu) {
        self.playback.update(|playback| playback.toggle_menu(menu));
    }

    /// Plays one variant only, or picks by itself.
    pub(crate) fn lock_variant(self, variant: Option<VariantId>) {
        self.with_player(|player| player.lock_variant(variant));
        self.playback.update(|playback| {
            playback.locked = variant;
            playback.menu = None;
        });
    }

    /// Bytes are dear, or are not any more. A file has one size, so it is left for the adaptive source.
    pub(crate) fn save_data(self, saves: bool) {
        remembered::keep_saves_data(saves);
        self.with_player(|player| player.save_data(saves));
        self.playback.update(|playback| playback.saves_data = saves);
        if saves {
            self.lock_variant(None);
            if let Some(index) = self.playback.with_untracked(Playback::adaptive_instead) {
                self.change_source(index);
            }
        }
    }

    pub(crate) fn select_audio(self, audio: AudioId) {
        self.with_player(|player| player.select_audio(audio));
        self.playback.update(|playback| playback.menu = None);
    }

    /// Shows these subtitles, or none.
    pub(crate) fn select_text(self, text: Option<TextId>) {
        self.with_player(|player| player.select_text(text));
        self.playback.update(|playback| playback.menu = None);
    }

    /// Goes over to another source at the same position.
    pub(crate) fn change_source(self, index: usize) {
        self.with_player(|player| player.change_source(index));
        self.playback.update(|playback| playback.menu = None);
    }

    /// Statistics up to now, with the source they belong to.
    pub(crate) fn stats(self) -> Option<(Stats, Option<Source>)> {
        let stats = self.player.try_with_value(|player| player.as_ref().map(WebPlayer::stats)).flatten()?;
        let source = self.playback.try_with_untracked(|playback| playback.source().cloned()).flatten();
        Some((stats, source))
    }

    /// The play so far, for `matinee-lab replay`; `None` while no adaptive source plays.
    pub(crate) fn recording(self) -> Option<Vec<u8>> {
        self.player.try_with_value(|player| player.as_ref()?.recording()?.ok()).flatten()
    }

    fn stats_object(self) -> JsValue {
        let failed = self.playback.try_with_untracked(|playback| playback.trouble.is_some()).unwrap_or(false);
        let (stats, source) = self.stats().unwrap_or_default();
        let object = StatsObject::new(&stats, source.as_ref(), failed);
        let text = serde_json::to_string(&object).unwrap_or_default();
        js_sys::JSON::parse(&text).unwrap_or(JsValue::NULL)
    }
}

/// Says to the server that a title may be played in a moment: it gets ready, and nobody waits for that later.
pub(crate) fn expect_play(id: String) {
    let video = document().create_element("video").ok().and_then(|video| video.dyn_into::<HtmlVideoElement>().ok());
    let Some(video) = video else { return };
    spawn_local(async move {
        // Whatever is wrong is told when it is played.
        let _ = client::sources(&id, &Capabilities::of(&video).query()).await;
    });
}

/// Sources this page can play, each with its address in full.
fn playable(sources: Vec<Source>, adaptive_only: bool) -> Vec<(Source, PlaySource)> {
    let base = window().location().href().ok().and_then(|href| Url::parse(&href).ok());
    let full = |source: &Source| base.as_ref()?.join(&source.url).ok();
    sources
        .into_iter()
        .filter_map(|source| {
            let url = full(&source)?;
            match source.kind {
                SourceKind::Hls => Some((source, PlaySource::Hls(url))),
                SourceKind::Direct if !adaptive_only => Some((source, PlaySource::File(url))),
                SourceKind::Direct | SourceKind::Dash => None,
            }
        })
        .collect()
}

fn set_global(name: &str, value: &JsValue) {
    let _ = js_sys::Reflect::set(&window(), &name.into(), value);
}

/// What `window.matineeStats()` returns; scripts rely on these names.
#[derive(Serialize)]
struct StatsObject {
    state: &'static str,
    position_s: f64,
    buffered_s: f64,
    rendition: Option<RenditionObject>,
    throughput_bps: Option<u64>,
    startup_ms: Option<f64>,
    stalls: u32,
    stalled_ms: f64,
    switches: u32,
    dropped_frames: u64,
    decision: Option<&'static str>,
    source: Option<&'static str>,
}

#[derive(Serialize)]
struct RenditionObject {
    id: String,
    width: u32,
    height: u32,
    bitrate_bps: Option<u64>,
}

impl StatsObject {
    fn new(stats: &Stats, source: Option<&Source>, failed: bool) -> Self {
        let millis = |duration: Duration| duration.as_secs_f64() * 1e3;
        Self {
            state: if failed { PlaybackState::Failed } else { stats.state }.name(),
            position_s: stats.position_s,
            buffered_s: stats.buffered_s,
            rendition: stats.shown.as_ref().map(|shown| RenditionObject {
                id: shown.label.clone().unwrap_or_else(|| "file".to_owned()),
                width: shown.resolution.width,
                height: shown.resolution.height,
                bitrate_bps: shown.bandwidth.map(media_model::BitsPerSecond::get),
            }),
            throughput_bps: stats.throughput.map(media_model::BitsPerSecond::get),
            startup_ms: stats.startup.map(millis),
            stalls: stats.counters.stalls,
            stalled_ms: millis(stats.counters.stalled),
            switches: stats.counters.switches,
            dropped_frames: stats.counters.dropped_frames,
            decision: source.map(|source| match source.decision {
                Decision::Direct => "direct",
                Decision::Remux => "remux",
                Decision::Transcode => "transcode",
            }),
            source: source.map(|source| source_name(source.kind)),
        }
    }
}

/// The name of a kind of source for scripts.
pub(crate) fn source_name(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Hls => "hls",
        SourceKind::Dash => "dash",
        SourceKind::Direct => "direct",
    }
}
