//! Players that are not ours play what our server makes: a playlist that only our own player understands is a bug.
//!
//! `ffmpeg`, `mpv`, `gst-play-1.0` and hls.js play a film to its end without an error, and `ffprobe` reads the timeline
//! of segments that were asked for out of order. Slow: only where `RUN_SLOW=1`.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use reqwest::Url;
use serde::Deserialize;
use serde_json::json;
use system_tests::browser::{Browser, node_modules, programs_are_here, until};
use system_tests::server::{TestServer, slow_tests_run};
use tokio::process::Command;

/// One film that is copied with two languages, and one that is encoded.
const TITLES: [&str; 2] = ["Zwei Stimmen", "Paper Boats"];
/// A film plays for 16 s at most; an encoder on a busy machine may need as long again.
const PLAYING: Duration = Duration::from_secs(90);

async fn server(test: &str, programs: &[&str]) -> Option<TestServer> {
    if !slow_tests_run(test) || !programs_are_here(test, programs) {
        return None;
    }
    Some(TestServer::start(&[test_films::films().unwrap()]).await.unwrap())
}

async fn playlist(server: &TestServer, title: &str) -> String {
    let id = server.ready_movie(title).await.unwrap();
    server.hls_url(&id).await.unwrap()
}

async fn run(program: &str, arguments: &[&str]) -> Output {
    let running = Command::new(program).args(arguments).stdin(Stdio::null()).kill_on_drop(true).output();
    tokio::time::timeout(PLAYING, running).await.unwrap_or_else(|_| panic!("{program} does not end")).unwrap()
}

fn words(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn ffmpeg_decodes_every_variant_and_rendition_without_a_complaint() {
    let Some(server) = server("ffmpeg_decodes_every_variant_and_rendition_without_a_complaint", &["ffmpeg"]).await
    else {
        return;
    };
    for title in TITLES {
        let url = playlist(&server, title).await;
        // All streams of all variants, as fast as they come.
        let arguments = ["-nostdin", "-v", "warning", "-xerror", "-i", &url, "-map", "0", "-f", "null", "-"];
        let output = run("ffmpeg", &arguments).await;
        assert!(output.status.success(), "{title}: {}", words(&output));
        assert!(output.stderr.is_empty(), "{title}: {}", words(&output));
    }
    server.stop().await.unwrap();
}

#[tokio::test]
async fn mpv_plays_to_the_end() {
    let Some(server) = server("mpv_plays_to_the_end", &["mpv"]).await else { return };
    for title in TITLES {
        let url = playlist(&server, title).await;
        let film = test_films::film(title);
        let arguments = ["--no-config", "--vo=null", "--ao=null", "--term-status-msg=at ${=time-pos}", &url];
        let output = run("mpv", &arguments).await;
        let said = words(&output);
        assert!(output.status.success() && said.contains("Exiting... (End of file)"), "{title}: {said}");
        let last = said.rsplit("at ").find_map(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
        assert!(last.is_some_and(|at| at > f64::from(film.seconds) - 1.0), "{title} ended at {last:?}: {said}");
        for complaint in ["Error", "error", "Invalid", "Failed", "failed"] {
            assert!(!said.contains(complaint), "{title}: {said}");
        }
    }
    server.stop().await.unwrap();
}

#[tokio::test]
async fn gstreamer_plays_to_the_end() {
    let Some(server) = server("gstreamer_plays_to_the_end", &["gst-play-1.0"]).await else { return };
    for title in TITLES {
        let url = playlist(&server, title).await;
        let arguments = ["--no-interactive", "--videosink=fakesink sync=true", "--audiosink=fakesink sync=true", &url];
        let output = run("gst-play-1.0", &arguments).await;
        let said = words(&output);
        assert!(output.status.success() && said.contains("Reached end of play list"), "{title}: {said}");
        assert!(!said.contains("ERROR") && !said.contains("WARNING"), "{title}: {said}");
    }
    server.stop().await.unwrap();
}

#[tokio::test]
async fn hls_js_plays_to_the_end() {
    let test = "hls_js_plays_to_the_end";
    if !slow_tests_run(test) || !Browser::is_here(test) {
        return;
    }
    let Some(modules) = node_modules(test) else { return };
    let Some(server) = server(test, &[]).await else { return };
    let script = std::fs::read_to_string(modules.join("hls.js/dist/hls.js")).unwrap();
    let browser = Browser::start().await.unwrap();
    for title in TITLES {
        let url = playlist(&server, title).await;
        let film = test_films::film(title);
        // A page of the server's own origin, since it answers no other; ours is taken out of it.
        browser.open(&format!("{}/api/health", server.origin())).await.unwrap();
        let play = format!(
            "{script};
             document.body.innerHTML = '<video></video>';
             const seen = window.seen = {{ errors: [], levels: new Set() }};
             const hls = new window.Hls();
             hls.on('hlsError', (_, data) => seen.errors.push(`${{data.type}} ${{data.details}} ${{data.reason ?? ''}}`));
             hls.on('hlsLevelSwitched', (_, data) => seen.levels.add(data.level));
             hls.loadSource(arguments[0]);
             hls.attachMedia(document.querySelector('video'));
             document.querySelector('video').play();
             return null"
        );
        browser.js::<Option<()>>(&play, vec![json!(url)]).await.unwrap();
        let ended = until(title, async || {
            let seen: (bool, f64, Vec<String>) = browser
                .js(
                    "const video = document.querySelector('video');
                     return [video.ended, video.currentTime, window.seen.errors]",
                    vec![],
                )
                .await?;
            anyhow::ensure!(seen.2.is_empty(), "hls.js complains: {seen:?}");
            Ok(seen.0.then_some(seen.1))
        });
        let at = ended.await.unwrap();
        assert!((at - f64::from(film.seconds)).abs() < 0.3, "{title} ended at {at}");
    }
    browser.close().await.unwrap();
    server.stop().await.unwrap();
}

/// A packet as ffprobe reports it.
#[derive(Debug, Deserialize)]
struct Packet {
    pts_time: String,
    duration_time: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Packets {
    packets: Vec<Packet>,
}

/// One media playlist's init section and segments, loaded last first.
async fn backwards(url: &Url, folder: &Path) -> (PathBuf, Vec<PathBuf>) {
    let text = reqwest::get(url.clone()).await.unwrap().text().await.unwrap();
    let load = async |uri: &str| {
        let reply = reqwest::get(url.join(uri).unwrap()).await.unwrap().error_for_status().unwrap();
        reply.bytes().await.unwrap()
    };
    let map = text.lines().find_map(|line| line.strip_prefix("#EXT-X-MAP:URI=\"")?.split('"').next()).unwrap();
    let init = folder.join("init.mp4");
    let head = load(map).await;
    std::fs::write(&init, &head).unwrap();
    let uris: Vec<&str> = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let mut files = BTreeMap::new();
    for (number, uri) in uris.iter().enumerate().rev() {
        let file = folder.join(format!("{number:04}.mp4"));
        std::fs::write(&file, [&head[..], &load(uri).await[..]].concat()).unwrap();
        files.insert(number, file);
    }
    (init, files.into_values().collect())
}

/// Start and end of each segment on the presentation timeline, and the longest sample.
async fn spans(files: &[PathBuf]) -> (Vec<(f64, f64)>, f64) {
    let mut spans = Vec::new();
    let mut longest: f64 = 0.0;
    for file in files {
        let arguments = ["-v", "error", "-show_packets", "-of", "json", file.to_str().unwrap()];
        let output = run("ffprobe", &arguments).await;
        assert!(output.status.success() && output.stderr.is_empty(), "{}", words(&output));
        let packets: Packets = serde_json::from_slice(&output.stdout).unwrap();
        let times = packets.packets.iter().map(|packet| {
            let start: f64 = packet.pts_time.parse().unwrap();
            (start, packet.duration_time.as_ref().map_or(0.0, |length| length.parse().unwrap()))
        });
        let (mut first, mut end) = (f64::MAX, f64::MIN);
        for (start, length) in times {
            first = first.min(start);
            end = end.max(start + length);
            longest = longest.max(length);
        }
        spans.push((first, end));
    }
    (spans, longest)
}

#[tokio::test]
async fn segments_asked_for_out_of_order_make_one_timeline() {
    let Some(server) = server("segments_asked_for_out_of_order_make_one_timeline", &["ffprobe"]).await else { return };
    for title in ["Zwei Stimmen", "Paper Boats", "Harbour Lights", "Evening Broadcast"] {
        let main: Url = playlist(&server, title).await.parse().unwrap();
        let text = reqwest::get(main.clone()).await.unwrap().text().await.unwrap();
        let tagged = text.lines().filter_map(|line| line.split_once("URI=\"")?.1.split_once('"').map(|(uri, _)| uri));
        let plain = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut starts = Vec::new();
        let mut frame: f64 = 0.0;
        for uri in tagged.chain(plain) {
            let folder = tempfile::tempdir().unwrap();
            let (_, files) = backwards(&main.join(uri).unwrap(), folder.path()).await;
            assert!(files.len() > 1, "{title} {uri}");
            let (spans, longest) = spans(&files).await;
            for (number, pair) in spans.windows(2).enumerate() {
                let gap = pair[1].0 - pair[0].1;
                assert!(gap.abs() <= longest + 0.001, "{title} {uri}: {gap} s between segments {number} and the next");
            }
            let length = spans.last().unwrap().1 - spans[0].0;
            let wanted = f64::from(test_films::film(title).seconds);
            assert!((length - wanted).abs() < 0.15, "{title} {uri} lasts {length} s, not {wanted}");
            starts.push((uri.to_owned(), spans[0].0));
            frame = frame.max(longest);
        }
        let earliest = starts.iter().map(|(_, start)| *start).fold(f64::MAX, f64::min);
        for (uri, start) in &starts {
            assert!(start - earliest <= frame + 0.001, "{title} {uri} starts at {start}, others at {earliest}");
        }
        assert!(earliest.abs() <= frame, "{title} starts at {earliest}");
    }
    server.stop().await.unwrap();
}
