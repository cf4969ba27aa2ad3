//! What only shows in a browser of subtitles and of requests that a page has a say in: our player in Chromium on the mock
//! origin, as a page that is not ours would embed it.
//!
//! Slow: only where `RUN_SLOW=1`; needs the web page (`./x ui`) and GStreamer's programs, which encode the card once.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::path::{Path, PathBuf};

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use axum::{Router, extract};
use mock_origin::{Origin, OriginConfig, Scenario};
use serde::Deserialize;
use serde_json::{Value, json};
use system_tests::browser::{Browser, programs_are_here, until};
use system_tests::server::slow_tests_run;

const CARD: &str = r#"
[network]
rate_kbps = 5_000
latency_ms = 20

[[presentations]]
name = "film"
duration_s = 12
audio = ["en", "de"]
subtitles = ["fr", "de"]
ladder = [{ kbps = 300, width = 320, height = 180 }]
"#;

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

impl Room {
    #[expect(clippy::print_stderr, reason = "a skip must be seen")]
    async fn open(test: &str) -> Option<Self> {
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
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let page = format!("http://{}/", listener.local_addr().unwrap());
        // It ends with the test.
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let origin = Origin::start(OriginConfig::of(Scenario::read(CARD, Path::new(".")).unwrap())).await.unwrap();
        let player = [script, wasm];
        Some(Self { page, player, origin, browser: Browser::start().await.unwrap() })
    }

    /// Plays the origin's film with these options, JavaScript.
    async fn play(&self, options: &str) {
        self.browser.open(&self.page).await.unwrap();
        let [script, wasm] = &self.player;
        let play = format!(
            "const [url] = arguments, video = document.querySelector('video');
             const seen = window.seen = {{ shown: [], texts: null, chosen: null, failed: null }};
             video.textTracks.addEventListener('addtrack', ({{ track }}) => track.addEventListener('cuechange', () => {{
                 for (const cue of track.activeCues ?? []) seen.shown.push([video.currentTime, cue.text]);
             }}));
             const texts = (list, chosen) => Object.assign(seen, {{ texts: list, chosen }});
             import('/{script}').then(async ({{ default: init, MatineePlayer }}) => {{
                 await init({{ module_or_path: '/{wasm}' }});
                 window.player = new MatineePlayer(video, url, (why) => {{ seen.failed = why; }}, {{ texts, ...{options} }});
             }}).catch((error) => {{ seen.failed = String(error); }});
             return null"
        );
        self.browser.js::<Option<()>>(&play, vec![json!(self.origin.play_urls()[0])]).await.unwrap();
    }

    async fn look(&self) -> anyhow::Result<Seen> {
        let look = "const video = document.querySelector('video'), tracks = [...video.textTracks];
            const cues = tracks.flatMap((track) => [...track.activeCues ?? []].map((cue) => cue.text));
            return { ...seen, position_s: video.currentTime, cues, tracks: tracks.length }";
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

#[tokio::test]
async fn subtitles_come_at_their_time_in_the_viewers_language_and_go_when_they_are_switched_off() {
    let test = "subtitles_come_at_their_time_in_the_viewers_language_and_go_when_they_are_switched_off";
    let Some(room) = Room::open(test).await else { return };
    // English is heard, and who reads only German gets German subtitles.
    room.play("{ languages: ['en-GB'], textLanguages: ['de-CH'] }").await;
    let seen = room.see("the second second", |seen| seen.cues.iter().any(|cue| cue == "Sekunde 2 (de)")).await;
    assert!((2.0..3.0).contains(&seen.position_s), "{seen:?}");
    for (at, text) in &seen.shown {
        // A cue is shown from its second on, for 0.9 s; the event comes a moment later.
        let second: f64 = text.split(' ').nth(1).unwrap().parse().unwrap();
        assert!((second..second + 1.0).contains(at), "{text} at {at}");
    }
    let names: Vec<_> =
        seen.texts.iter().flat_map(|texts| texts.as_array().unwrap()).map(|text| &text["name"]).collect();
    assert_eq!((names, seen.chosen), (vec![&json!("Français"), &json!("Deutsch")], Some(1)));

    let select = async |id: Value| {
        let select = "player.selectText(arguments[0] ?? undefined); return null";
        room.browser.js::<Option<()>>(select, vec![id]).await.unwrap();
    };
    select(Value::Null).await;
    let off = room.see("nothing to read", |seen| seen.chosen.is_none() && seen.cues.is_empty()).await;
    assert_eq!(off.tracks, 0, "{off:?}");
    let quiet = room.see("a second without", |seen| seen.position_s > off.position_s + 1.2).await;
    assert_eq!(quiet.shown.len(), off.shown.len(), "{quiet:?}");

    select(json!(0)).await;
    let french = room.see("French", |seen| seen.cues.iter().any(|cue| cue.starts_with("Seconde"))).await;
    assert_eq!((french.chosen, french.tracks), (Some(0), 1));
    let log = room.origin.log();
    let loaded = |path: &str| log.iter().filter(|entry| entry.path.starts_with(path)).count();
    assert!(loaded("/film/subtitles-de/") > 0 && loaded("/film/audio-en/") > 0, "{log:?}");
    room.browser.close().await.unwrap();
}

#[tokio::test]
async fn a_page_has_a_say_in_every_request() {
    let Some(room) = Room::open("a_page_has_a_say_in_every_request").await else { return };
    room.play(
        "{ textLanguages: ['fr'], languages: ['en'], request: async (url, kind) => {
             (window.kinds ??= new Set()).add(kind);
             const changed = new URL(url);
             changed.searchParams.set('kind', kind);
             return { url: changed.href, credentials: 'omit', headers: new Headers({ 'x-viewer': 'me' }) };
           } }",
    )
    .await;
    room.see("French", |seen| seen.cues.iter().any(|cue| cue.starts_with("Seconde"))).await;
    let kinds: Vec<String> = room.browser.js("return [...kinds].sort()", vec![]).await.unwrap();
    assert_eq!(kinds, ["init", "playlist", "segment", "text"]);
    let log = room.origin.log();
    let plain: Vec<_> =
        log.iter().filter(|entry| entry.path != "/favicon.ico" && !entry.path.contains("kind=")).collect();
    assert!(plain.is_empty(), "{plain:?}");
    let is_signed =
        |headers: &[(String, String)]| headers.iter().any(|(name, value)| name == "x-viewer" && value == "me");
    let media: Vec<_> = log.iter().filter(|entry| entry.method == "GET" && entry.path != "/favicon.ico").collect();
    assert!(!media.is_empty() && media.iter().all(|entry| is_signed(&entry.request_headers)), "{media:?}");

    // What it throws is told.
    room.play("{ request: () => { throw new Error('you are not signed in') } }").await;
    let failed = until("the end", async || Ok(room.look().await?.failed)).await.unwrap();
    assert_eq!(failed, "The page does not let this title be loaded: you are not signed in.");
    room.browser.close().await.unwrap();
}
