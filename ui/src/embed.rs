//! The player alone, for pages that are not ours: `new MatineePlayer(video, url, failed)` in JavaScript.
//!
//! It is the player of the watch page, from the same wasm file, without server and controls. Comparisons with other
//! players use it, and so may anybody's own page.

use player_web::{Beginning, Failure, PlaySource, PlayerEvent, WebClock, WebPlayer};
use url::Url;
use wasm_bindgen::prelude::*;
use web_sys::HtmlVideoElement;

/// An HLS presentation that plays on a media element until `free()` is called.
#[wasm_bindgen]
pub struct MatineePlayer {
    /// Plays as long as it is held.
    _player: WebPlayer,
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
        Ok(Self { _player: player })
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
