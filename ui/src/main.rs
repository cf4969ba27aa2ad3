//! The Leptos app: one code for browser, desktop and TV. [`open_app`] mounts [`app::App`] on the page.
//!
//! Pages lay out, `components` are views without calls, `state` is pure, `client` talks to the server, `player` owns
//! the playback, `shell` is the only file that knows of the desktop app, `i18n` has every word.
//!
//! Tests find things by `data-testid`: `movie-card`, `unplayable`, `search`, `add-folder`, `folder-path`,
//! `folder-submit`, `folder-trouble`, `scan-button`, `scan-progress`, `skeletons`, `notice`, `forget-missing`,
//! `lan-banner` in the library;
//! `title-page`, `play-title` on a title; `watch`, `video`, `play-button`, `seek-bar`, `chapter-mark`, `position`,
//! `mute`, `unmute`, `volume`, `quality-menu`, `quality-option`, `audio-menu`, `audio-option`, `subtitles-menu`,
//! `subtitles-option`, `fullscreen`, `ring`,
//! `wait`, `stats`, `save-recording`, `help`, `error-card`, `retry`, `big-play`, `back` on the watch page.

#![expect(unreachable_pub, reason = "the component macro makes its items pub")]

mod app;
mod beacon;
mod client;
mod components;
mod download;
mod i18n;
mod library;
mod pages;
mod player;
mod remembered;
mod shell;
mod state;

/// Loading the wasm does nothing: a page says what it wants, this or a [`player_web::MatineePlayer`].
fn main() {}

/// Puts the whole app on the page.
#[wasm_bindgen::prelude::wasm_bindgen(js_name = openApp)]
pub fn open_app() {
    leptos::mount::mount_to_body(app::App);
    // Once there is a picture of the page: somebody will want to see a film.
    leptos::prelude::request_animation_frame(|| leptos::task::spawn_local(player_web::rehearse()));
}
