//! The player alone, for pages that are not ours: `new MatineePlayer(video, url, failed)` in JavaScript.
//!
//! It is the player of the watch page, from the same wasm file, without server and controls. Comparisons with other
//! players use it, and so may anybody's own page.

use media_model::BitsPerSecond;
use player_web::{Beginning, Failure, PlaySource, PlayerEvent, WebClock, WebPlayer};
use url::Url;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlVideoElement;

/// An HLS presentation that plays on a media element until `free()` is called.
#[wasm_bindgen]
pub struct MatineePlayer {
    /// Plays as long as it is held.
    player: WebPlayer,
}

#[wasm_bindgen]
impl MatineePlayer {
    /// Plays the playlist at `url`, in full, on `video`, at once. `failed` is called with a sentence when nothing plays
    /// any more.
    ///
    /// # Errors
    /// When `url` is no URL.
    #[wasm_bindgen(constructor)]
    pub fn new(video: &HtmlVideoElement, url: &str, failed: Option<js_sys::Function>) -> Result<Self, JsError> {
        let url = Url::parse(url)?;
        let beginning = Beginning { start: None, asked: WebClock.now() };
        let player = WebPlayer::new(video, vec![PlaySource::Hls(url)], beginning, move |event| {
            if let (PlayerEvent::Failed(failure), Some(failed)) = (event, &failed) {
                let _ = failed.call1(&JsValue::NULL, &sentence(failure).into());
            }
        });
        Ok(Self { player })
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
    pub fn on_expired(&self, find: js_sys::Function) {
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

/// The watch page has words of its own for these; a script gets plain English.
fn sentence(failure: Failure) -> String {
    match failure {
        Failure::Told(sentence) => sentence,
        Failure::Network => "The film could not be loaded.".to_owned(),
        Failure::Decode => "The browser could not decode the film.".to_owned(),
        Failure::Unsupported => "The browser has no Media Source Extensions.".to_owned(),
    }
}
