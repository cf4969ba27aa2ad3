//! The player alone, for pages that are not ours: `new MatineePlayer(video, url, failed, options)` in JavaScript.
//!
//! Whatever wasm this crate is linked into has it: that of the watch page, which comparisons with other players load, and a
//! small one for anybody's own page (`examples/matinee_player.rs`).

mod objects;
mod request;
mod texts;

use std::cell::RefCell;

use js_sys::{Array, Function, Reflect};
use media_model::BitsPerSecond;
use player_core::message::{AudioId, StallCause, TextId, VariantId};
use url::Url;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlVideoElement;

use crate::{Beginning, Failure, Languages, PlaySource, PlayerEvent, WebClock, WebPlayer};
use texts::Texts;

/// An HLS presentation that plays on a media element until `free()` is called.
#[wasm_bindgen]
pub struct MatineePlayer {
    /// Plays as long as it is held.
    player: WebPlayer,
}

#[wasm_bindgen]
impl MatineePlayer {
    /// Plays the playlist at `url`, in full, on `video`, at once. `failed` is called with a sentence when nothing plays
    /// any more. Of `options`, all can be left out:
    ///
    /// - `request(url, kind)` is called before each request (`kind` is `playlist`, `init`, `segment`, `text` or `probe`) and
    ///   may give `{ url, headers, credentials }`, or a promise of that; what it throws is told to the viewer.
    /// - `languages`, `textLanguages`: to hear and to read, the dearest first; else those of the browser.
    /// - `record`: whether the play is written down, for `recording()`.
    /// - `next()` is called when the playlist of `playNext` has taken over.
    /// - `ready(choices)` is called with what there is to choose, `{ variants, audio }`: `variants` lowest first, each
    ///   `{ id, label, width, height, bandwidth }`; `audio` each `{ id, name, language }`. Again when that changes.
    /// - `notice(sentence)` is called when something went wrong that the player works on, or was mended.
    /// - `blocked()` is called when the browser lets nothing play before the viewer does something: show a button that calls
    ///   `video.play()`. `muted()`, when it plays, but only without sound.
    /// - `triesAgain()` is called after `failed`, when the network is back and it tries again by itself.
    /// - `stalled(why)` is called when the buffer has run dry: `slow-link`, `slow-server`, `offline`, `decoder` or `nothing-new`.
    /// - `texts(list, shown)` is called with the subtitles there are and the `id` of those that are shown, or null.
    ///
    /// # Errors
    /// When `url` is no URL.
    #[wasm_bindgen(constructor)]
    pub fn new(
        video: &HtmlVideoElement,
        url: &str,
        failed: Option<Function>,
        options: &JsValue,
    ) -> Result<Self, JsError> {
        let url = Url::parse(url)?;
        let beginning = Beginning { start: None, asked: WebClock.now() };
        let option = |name: &str| Reflect::get(options, &name.into()).ok();
        let function = |name: &str| option(name)?.dyn_into::<Function>().ok();
        let texts = RefCell::new(function("texts").map(Texts::told_to));
        let (next, ready, notice) = (function("next"), function("ready"), function("notice"));
        let (blocked, muted, stalled) = (function("blocked"), function("muted"), function("stalled"));
        let tries_again = function("triesAgain");
        let player = WebPlayer::new(video, vec![PlaySource::Hls(url)], beginning, move |event| {
            if let Some(texts) = &mut *texts.borrow_mut() {
                texts.hear(&event);
            }
            let tell = |whom: &Option<Function>, what: JsValue| {
                // What a page throws is its own affair.
                let _ = whom.as_ref().map(|whom| whom.call1(&JsValue::NULL, &what));
            };
            match event {
                PlayerEvent::Failed(failure) => tell(&failed, sentence(failure).into()),
                PlayerEvent::Degraded(sentence) => tell(&notice, sentence.into()),
                PlayerEvent::Ready { variants, audio, .. } => tell(&ready, objects::choices(&variants, &audio)),
                PlayerEvent::NextBegan => tell(&next, JsValue::UNDEFINED),
                PlayerEvent::Blocked => tell(&blocked, JsValue::UNDEFINED),
                PlayerEvent::Muted => tell(&muted, JsValue::UNDEFINED),
                PlayerEvent::TriesAgain => tell(&tries_again, JsValue::UNDEFINED),
                PlayerEvent::Stalled(why) => tell(&stalled, cause(why).into()),
                PlayerEvent::Changed
                | PlayerEvent::Source(_)
                | PlayerEvent::AudioChosen(_)
                | PlayerEvent::TextChosen(_) => {}
            }
        });
        if let Some(function) = function("request") {
            player.on_request(request::hook(function));
        }
        if option("record").is_some_and(|records| records.is_truthy()) {
            player.record();
        }
        let list = |name: &str| {
            let list = option(name)?.dyn_into::<Array>().ok()?;
            Some(list.iter().filter_map(|language| language.as_string()).collect())
        };
        let browsers = Languages::of_browser();
        player.prefer(Languages {
            audio: list("languages").unwrap_or(browsers.audio),
            text: list("textLanguages").unwrap_or(browsers.text),
        });
        Ok(Self { player })
    }

    /// Plays the playlist at `url` after the present one, without a gap if it has the same kinds of tracks; `undefined` takes
    /// that back. One at a time: when it has taken over (`next`), the one after it can be named.
    ///
    /// # Errors
    /// When `url` is no URL.
    #[wasm_bindgen(js_name = playNext)]
    pub fn play_next(&self, url: Option<String>) -> Result<(), JsError> {
        let url = url.map(|url| Url::parse(&url)).transpose()?;
        self.player.follow_with(url);
        Ok(())
    }

    /// Position in the present playlist, s. After `playNext` it is not the element's `currentTime`, which goes on counting.
    #[wasm_bindgen(getter)]
    pub fn position(&self) -> f64 {
        self.player.snapshot().position_s
    }

    /// Length of the present playlist, s; `undefined` until it is known, and of a live stream.
    #[wasm_bindgen(getter)]
    pub fn duration(&self) -> Option<f64> {
        self.player.snapshot().duration_s
    }

    /// Moves the playhead to this position of the present playlist, s.
    pub fn seek(&self, seconds: f64) {
        self.player.seek(seconds);
    }

    /// Plays the variant with this `id` and no other; `undefined` leaves the choice to the player again.
    #[wasm_bindgen(js_name = lockVariant)]
    pub fn lock_variant(&self, id: Option<u32>) {
        self.player.lock_variant(id.map(VariantId));
    }

    /// Plays the sound with this `id`.
    #[wasm_bindgen(js_name = selectAudio)]
    pub fn select_audio(&self, id: u32) {
        self.player.select_audio(AudioId(id));
    }

    /// What playback is like: `{ state, position_s, buffered_s, rendition, throughput_bps, startup_ms, stalls, stalled_ms,
    /// switches, dropped_frames }`; what is not known yet is null. `rendition` is `{ id, width, height, bitrate_bps }`.
    pub fn stats(&self) -> JsValue {
        objects::stats(&self.player.stats())
    }

    /// The play so far, as a file that `matinee-lab replay` reads, in a `Uint8Array`; `undefined` without the option `record`.
    /// It holds the addresses that were loaded, and the playlists.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn recording(&self) -> Result<Option<Vec<u8>>, JsError> {
        Ok(self.player.recording().transpose()?)
    }

    /// Shows the subtitles with this `id`, or none.
    #[wasm_bindgen(js_name = selectText)]
    pub fn select_text(&self, id: Option<u32>) {
        self.player.select_text(id.map(TextId));
    }

    /// The automatic choice stays within these bounds of `BANDWIDTH`, bit/s, where it can; `undefined` is no bound.
    #[wasm_bindgen(js_name = limitBandwidth)]
    pub fn limit_bandwidth(&self, least: Option<f64>, most: Option<f64>) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and NaN is no rate")]
        let rate = |rate: f64| BitsPerSecond::new(rate as u64);
        self.player.limit_bandwidth(least.map(rate), most.map(rate));
    }

    /// Whether nothing larger than the element on screen is of use. Only for elements that have their size from the style
    /// sheet.
    #[wasm_bindgen(js_name = fitElement)]
    pub fn fit_element(&self, fits: bool) {
        self.player.fit_element(fits);
    }

    /// Whether bytes are dear to the viewer: no more than 480 lines, little ahead, nothing loaded twice.
    #[wasm_bindgen(js_name = saveData)]
    pub fn save_data(&self, saves: bool) {
        self.player.save_data(saves);
    }

    /// `find` is called when the server does not answer the playlist's addresses any more, as one does whose signatures
    /// expire; it returns a fresh URL of the playlist, or a promise of one. Without it, the old URL is read again.
    #[wasm_bindgen(js_name = onExpired)]
    pub fn on_expired(&self, find: Function) {
        self.player.on_expired(move || {
            let answer = find.call0(&JsValue::NULL);
            Box::pin(async move {
                // `Promise.resolve` takes a URL as well as a promise of one.
                let fresh = JsFuture::from(js_sys::Promise::resolve(&answer.ok()?)).await.ok()?;
                Url::parse(&fresh.as_string()?).ok()
            })
        });
    }
}

/// Does once, beforehand, what the first start would have to wait for: browsers compile a function when it is called first. To be
/// called when the page has nothing better to do; it takes some hundredths of a second, a little at a time, and loads, shows
/// and remembers nothing.
#[wasm_bindgen]
pub async fn rehearse() {
    crate::rehearsal::rehearse().await;
}

/// Names for scripts.
fn cause(cause: StallCause) -> &'static str {
    match cause {
        StallCause::SlowLink => "slow-link",
        StallCause::SlowServer => "slow-server",
        StallCause::Offline => "offline",
        StallCause::Decoder => "decoder",
        StallCause::NothingNew => "nothing-new",
    }
}

/// The watch page has words of its own for these; a script gets plain English.
fn sentence(failure: Failure) -> String {
    match failure {
        Failure::Told(sentence) => sentence,
        Failure::Network => "The film could not be loaded.".to_owned(),
        Failure::Decode => "The browser could not decode the film.".to_owned(),
        Failure::Unsupported => "The browser has no Media Source Extensions.".to_owned(),
    }
}
