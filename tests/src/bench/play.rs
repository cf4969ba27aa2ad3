//! How long a person waits: from the press to the first frame, and from a seek to its picture, in Chromium.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use server_api::{Movie, MovieStatus, SourceKind};

use super::material;
use super::report::{Figure, Goal, Samples, Yardstick};
use super::{ready_with_posters, run};
use crate::browser::{Browser, until};
use crate::server::TestServer;

/// Presses for each kind and player.
const PRESSES: usize = 20;
/// How long a person watches before the seek, seconds.
const WATCHED_S: f64 = 3.0;
/// Where a seek goes, seconds: far beyond what is loaded or encoded by then.
const SEEK_TO_S: f64 = 41.3;

/// One way a film reaches the screen.
struct Kind {
    name: &'static str,
    file: PathBuf,
    goal_ms: f64,
    yardstick: &'static str,
    source: SourceKind,
}

/// Presses play on films that nobody asked for before (each press has its own copy), ours and a yardstick in turn.
///
/// # Errors
/// When a program is missing, or something does not play.
pub async fn measure(scratch: &Path) -> Result<Vec<Figure>> {
    let originals = scratch.join("play-originals");
    let library = scratch.join("play-library");
    std::fs::create_dir_all(&originals)?;
    std::fs::create_dir_all(&library)?;
    let kinds = kinds(&originals)?;
    for kind in &kinds {
        let extension = kind.file.extension().unwrap_or_default().to_string_lossy();
        for copy in 0..2 * PRESSES {
            std::fs::copy(&kind.file, library.join(format!("{} {copy:02} (2020).{extension}", kind.name)))?;
        }
    }
    let server = TestServer::start(&[&library]).await?;
    let movies = ready_with_posters(&server).await?;
    let hls_js = std::fs::read_to_string(hls_js_path()?)?;
    let mut figures = Vec::new();
    for kind in &kinds {
        figures.extend(press_all(&server, &movies, kind, &hls_js).await?);
    }
    server.stop().await?;
    Ok(figures)
}

async fn press_all(server: &TestServer, movies: &[Movie], kind: &Kind, hls_js: &str) -> Result<Vec<Figure>> {
    let (mut ours, mut theirs) = (Samples::default(), Samples::default());
    let (mut our_seeks, mut their_seeks) = (Samples::default(), Samples::default());
    // One browser for all presses, as a person has: the pages are warm, the films are not.
    let browser = Browser::start().await?;
    for press in 0..PRESSES {
        let id = movie_id(movies, kind, 2 * press)?;
        browser.open(&format!("{}/title/{id}", server.origin())).await?;
        browser.wait_for("play-title").await?;
        browser.js::<bool>(WATCH_PRESSES, vec![]).await?;
        browser.js::<bool>(PRESS, vec![json!(kind.source == SourceKind::Hls)]).await?;
        ours.0.push(waited(&browser, &id).await?);
        our_seeks.0.push(seek(&browser).await?);

        let id = movie_id(movies, kind, 2 * press + 1)?;
        browser.open(&format!("{}/title/{id}", server.origin())).await?;
        browser.js::<bool>(WATCH_PRESSES, vec![]).await?;
        let (script, url) = match kind.source {
            SourceKind::Direct => (
                BARE_VIDEO.to_owned(),
                server.source_url(&id, SourceKind::Direct, "video=avc1.640028&audio=mp4a.40.2&file=mp4").await?,
            ),
            SourceKind::Hls | SourceKind::Dash => (format!("{hls_js}\n{HLS_JS}"), server.hls_url(&id).await?),
        };
        browser.js::<bool>(&script, vec![json!(url)]).await?;
        theirs.0.push(waited(&browser, &id).await?);
        their_seeks.0.push(seek(&browser).await?);
    }
    browser.close().await?;
    let figure = |name: String, ours, theirs, goal| Figure {
        name,
        unit: "ms",
        ours,
        yardstick: Some(Yardstick { name: kind.yardstick.into(), samples: theirs }),
        goal,
        note: "Chromium on the same two cores, a film nobody asked for before each time".into(),
    };
    let seek_goal = if kind.name == "Transcode" { Goal::P95AtMost(1_000.0) } else { Goal::None };
    Ok(vec![
        figure(
            format!("press to first frame, {}", kind.name.to_lowercase()),
            ours,
            theirs,
            Goal::P95AtMost(kind.goal_ms),
        ),
        figure(format!("seek to picture, {}", kind.name.to_lowercase()), our_seeks, their_seeks, seek_goal),
    ])
}

/// Milliseconds from the press to the first frame.
async fn waited(browser: &Browser, id: &str) -> Result<f64> {
    let wait = until("the first frame", async || {
        browser
            .js::<Option<f64>>("return window.__first === null ? null : window.__first - window.__press", vec![])
            .await
    });
    match wait.await {
        Ok(milliseconds) => Ok(milliseconds),
        Err(error) => Err(error.context(format!("film {id}; console: {}", browser.console().await))),
    }
}

/// Milliseconds from a seek to the first frame at its place, after some seconds of watching.
async fn seek(browser: &Browser) -> Result<f64> {
    let position = "return document.querySelector('video').currentTime";
    until("some seconds of film", async || Ok((browser.js::<f64>(position, vec![]).await? >= WATCHED_S).then_some(())))
        .await?;
    browser.js::<bool>(SEEK, vec![json!(SEEK_TO_S)]).await?;
    until("the picture of a seek", async || browser.js::<Option<f64>>("return window.__seeked", vec![]).await).await
}

/// Notes the first click and the first frame of the first media element, whatever page of the app is shown.
const WATCH_PRESSES: &str = "
    window.__press = null; window.__first = null;
    document.addEventListener('click', () => { window.__press ??= performance.now(); }, true);
    const seen = new WeakSet();
    const attach = () => document.querySelectorAll('video').forEach(video => {
        if (seen.has(video)) return;
        seen.add(video);
        video.requestVideoFrameCallback(now => { window.__first ??= now; });
    });
    new MutationObserver(attach).observe(document, { childList: true, subtree: true });
    attach();
    return true";

/// Presses play; with the adaptive source even where the browser could play the file as it is.
const PRESS: &str = "
    const play = document.querySelector('[data-testid=play-title]');
    if (arguments[0]) play.href += '?source=hls';
    play.click();
    return true";

/// Yardstick: a media element on its own.
const BARE_VIDEO: &str = "
    window.__press = performance.now();
    const video = document.createElement('video');
    document.body.replaceChildren(video);
    video.src = arguments[0];
    video.play();
    return true";

/// Yardstick: hls.js with its defaults, its script loaded before the press.
const HLS_JS: &str = "
    const video = document.createElement('video');
    document.body.replaceChildren(video);
    const Player = globalThis.Hls ?? self.Hls;
    const hls = new Player({ enableWorker: false });
    window.__press = performance.now();
    hls.loadSource(arguments[0]);
    hls.attachMedia(video);
    hls.on(Player.Events.MANIFEST_PARSED, () => video.play());
    return true";

const SEEK: &str = "
    const video = document.querySelector('video');
    const target = arguments[0];
    window.__seeked = null;
    const begun = performance.now();
    const look = (now, frame) => {
        if (Math.abs(frame.mediaTime - target) < 1) window.__seeked = now - begun;
        else video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
    video.currentTime = target;
    return true";

/// A minute of moving picture for each way, a keyframe every two seconds.
fn kinds(folder: &Path) -> Result<Vec<Kind>> {
    let direct = folder.join("direct.mp4");
    material::film(&direct, &["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-movflags", "+faststart"])?;
    let remux = folder.join("remux.mkv");
    run(Command::new("ffmpeg").args(["-v", "error", "-y", "-i"]).arg(&direct).args(["-c", "copy"]).arg(&remux))?;
    let transcode = folder.join("transcode.mkv");
    material::film(
        &transcode,
        &["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error", "-c:a", "aac"],
    )?;
    Ok(vec![
        Kind {
            name: "Direct",
            file: direct,
            goal_ms: 300.0,
            yardstick: "bare <video src>",
            source: SourceKind::Direct,
        },
        Kind {
            name: "Remux",
            file: remux,
            goal_ms: 500.0,
            yardstick: "hls.js, same playlists",
            source: SourceKind::Hls,
        },
        Kind {
            name: "Transcode",
            file: transcode,
            goal_ms: 1_200.0,
            yardstick: "hls.js, same playlists",
            source: SourceKind::Hls,
        },
    ])
}

fn movie_id(movies: &[Movie], kind: &Kind, copy: usize) -> Result<String> {
    let title = format!("{} {copy:02}", kind.name);
    let movie = movies.iter().find(|movie| movie.title == title).with_context(|| format!("no title {title}"))?;
    ensure!(movie.status == MovieStatus::Ready, "{title}: {:?}", movie.problem);
    Ok(movie.id.clone())
}

fn hls_js_path() -> Result<PathBuf> {
    let modules = std::env::var_os("MATINEE_NODE_MODULES").context("MATINEE_NODE_MODULES is not set; run ./x bench")?;
    Ok(PathBuf::from(modules).join("hls.js/dist/hls.js"))
}
