//! Our player in Chromium on the mock origin, as a page that is not ours would embed it: what only shows in a browser of
//! subtitles, of requests that a page has a say in, of what bounds the choice, and of what goes wrong.
//!
//! Slow: only where `RUN_SLOW=1`; needs the web page (`./x ui`) and GStreamer's programs, which encode the card once.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod codecs;
mod limits;
mod live;
mod next;
mod rehearsal;
mod standstill;
mod text;
mod trouble;
mod unreachable;

use std::path::{Path, PathBuf};

use axum::http::StatusCode;
use axum::response::{AppendHeaders, Html, IntoResponse};
use axum::routing::get;
use axum::{Router, extract};
use mock_origin::{Origin, OriginConfig, Scenario};
use serde::Deserialize;
use serde_json::{Value, json};
use system_tests::browser::{Browser, programs_are_here, until};
use system_tests::server::slow_tests_run;

/// What the page saw.
#[derive(Debug, Deserialize)]
struct Seen {
    position_s: f64,
    /// Text of the cues that are shown now.
    cues: Vec<String>,
    /// Every cue that was shown, with the position at that time.
    shown: Vec<(f64, String)>,
    /// What the page's menu would show.
    texts: Option<Value>,
    chosen: Option<u32>,
    tracks: u32,
    failed: Option<String>,
    /// What the player said of troubles.
    notices: Vec<String>,
    /// What there is to choose, as the player told the page.
    choices: Option<Value>,
    /// `player.stats()`.
    stats: Value,
}

/// The page with the player, an origin with subtitles, and a browser.
struct Room {
    page: String,
    /// Names of its script and its wasm.
    player: [String; 2],
    origin: Origin,
    browser: Browser,
}

/// Where the built page is.
fn dist() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/dist")
}

/// The name of the file in it that begins and ends like this.
fn built(prefix: &str, suffix: &str) -> Option<String> {
    let names = std::fs::read_dir(dist()).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.into_iter().find(|name| name.starts_with(prefix) && name.ends_with(suffix))
}

/// A file of the built page.
async fn file(extract::Path(name): extract::Path<String>) -> impl IntoResponse {
    let kind = if name.ends_with(".wasm") { "application/wasm" } else { "text/javascript" };
    tokio::fs::read(dist().join(name))
        .await
        .map(|bytes| ([("content-type", kind)], bytes))
        .map_err(|_| StatusCode::NOT_FOUND)
}

/// Serves the files of a folder as long as the test lasts, to pages of other sites or to none; returns its address.
async fn site(folder: &Path, is_open: bool) -> String {
    let folder = folder.to_owned();
    let answer = async move |extract::Path(name): extract::Path<String>| {
        let allows = is_open.then_some([("access-control-allow-origin", "*")]);
        tokio::fs::read(folder.join(name))
            .await
            .map(|bytes| (allows.map(AppendHeaders), bytes))
            .map_err(|_| StatusCode::NOT_FOUND)
    };
    serve(Router::new().route("/{*name}", get(answer))).await
}

async fn serve(routes: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    // It ends with the test.
    tokio::spawn(async move { axum::serve(listener, routes).await });
    url
}

impl Room {
    async fn open(test: &str, scenario: &str) -> Option<Self> {
        Self::open_with(test, scenario, &[]).await
    }

    /// With flags of the browser's.
    #[expect(clippy::print_stderr, reason = "a skip must be seen")]
    async fn open_with(test: &str, scenario: &str, flags: &[&str]) -> Option<Self> {
        if !slow_tests_run(test) || !Browser::is_here(test) || !programs_are_here(test, &["gst-launch-1.0"]) {
            return None;
        }
        let (Some(script), Some(wasm)) = (built("ui-", ".js"), built("ui_bg-", ".wasm")) else {
            let must = std::env::var_os("REQUIRE_BACKENDS").is_some_and(|value| value == "1");
            assert!(!must, "{test} needs the web page");
            eprintln!("SKIPPED {test}: the web page is not built");
            return None;
        };
        let routes = Router::new()
            .route("/", get(async || Html("<!doctype html><video muted></video>")))
            .route("/{*name}", get(file));
        let page = serve(routes).await;
        let origin = Origin::start(OriginConfig::of(Scenario::read(scenario, Path::new(".")).unwrap())).await.unwrap();
        let player = [script, wasm];
        Some(Self { page, player, origin, browser: Browser::start_with(flags).await.unwrap() })
    }

    /// Plays the origin's film with these options, JavaScript.
    async fn play(&self, options: &str) {
        self.browser.open(&self.page).await.unwrap();
        self.play_here(options).await;
    }

    /// The same, on the page that is open; returns when there is a player.
    async fn play_here(&self, options: &str) {
        self.play_url(&self.origin.play_urls()[0], options).await;
    }

    /// The same with any playlist.
    async fn play_url(&self, url: &str, options: &str) {
        let [script, wasm] = &self.player;
        let play = format!(
            "const [url] = arguments, video = document.querySelector('video');
             const seen = window.seen = {{ shown: [], notices: [], texts: null, chosen: null, failed: null, choices: null }};
             video.textTracks.addEventListener('addtrack', ({{ track }}) => track.addEventListener('cuechange', () => {{
                 for (const cue of track.activeCues ?? []) seen.shown.push([video.currentTime, cue.text]);
             }}));
             const texts = (list, chosen) => Object.assign(seen, {{ texts: list, chosen }});
             const ready = (choices) => {{ seen.choices = choices; }}, notice = (text) => seen.notices.push(text);
             return import('/{script}').then(async ({{ default: init, MatineePlayer }}) => {{
                 await init({{ module_or_path: '/{wasm}' }});
                 window.player = new MatineePlayer(video, url, (why) => {{ seen.failed = why; }},
                     {{ texts, ready, notice, ...{options} }});
             }}).catch((error) => {{ seen.failed = String(error); }})"
        );
        self.browser.js::<Option<()>>(&play, vec![json!(url)]).await.unwrap();
    }

    async fn run(&self, script: &str) {
        self.browser.js::<Option<()>>(script, vec![]).await.unwrap();
    }

    async fn look(&self) -> anyhow::Result<Seen> {
        let look = "const video = document.querySelector('video'), tracks = [...video.textTracks];
            const cues = tracks.flatMap((track) => [...track.activeCues ?? []].map((cue) => cue.text));
            return { ...seen, stats: window.player?.__wbg_ptr ? player.stats() : null, position_s: video.currentTime, cues, tracks: tracks.length }";
        self.browser.js(look, vec![]).await
    }

    /// Waits until this is seen; playing on is taken for granted.
    async fn see(&self, what: &str, is_seen: impl Fn(&Seen) -> bool) -> Seen {
        until(what, async || {
            let seen = self.look().await?;
            anyhow::ensure!(seen.failed.is_none(), "{seen:?}");
            Ok(Some(seen).filter(|seen| is_seen(seen)))
        })
        .await
        .unwrap()
    }
}
