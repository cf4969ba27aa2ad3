//! `matinee-play` plays what a real `matinee-server` makes of the films: copied, encoded, and over a link that narrows.
//!
//! Seen from outside, by the statistics it prints. Slow: only where `RUN_SLOW=1`.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use mock_origin::{Origin, OriginConfig, Profile, Scenario};
use reqwest::{StatusCode, Url};
use serde_json::Value;
use system_tests::browser::{programs_are_here, until};
use system_tests::server::{TestServer, built, slow_tests_run};
use tokio::process::Command;

/// A minute of film, and as long again for an encoder on a busy machine.
const PLAYING: Duration = Duration::from_secs(150);

/// What `matinee-play` said: its lines, the last of which is the summary.
struct Playback {
    lines: Vec<Value>,
}

impl Playback {
    fn summary(&self) -> &Value {
        self.lines.last().unwrap()
    }

    fn number(&self, name: &str) -> f64 {
        self.summary()[name].as_f64().unwrap_or_else(|| panic!("no {name} in {}", self.summary()))
    }

    /// Heights that were on screen.
    fn heights(&self) -> BTreeSet<u64> {
        self.lines.iter().filter_map(|line| line["rendition"]["height"].as_u64()).collect()
    }
}

/// Plays an address without a window, as if for the first time; it has to end with success.
async fn play(url: &str, more: &[&str]) -> Playback {
    let mut program = Command::new(built("matinee-play", "player-native").unwrap());
    program.args(["--fresh", url]).args(more);
    play_with(program).await
}

async fn play_with(mut program: Command) -> Playback {
    let running = program.args(["--headless", "--json"]).stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(PLAYING, running).await.expect("matinee-play does not end").unwrap();
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}: {complained}\n{said}", output.status);
    Playback { lines: said.lines().map(|line| serde_json::from_str(line).unwrap()).collect() }
}

/// Plays a film to its end and looks at what was shown.
async fn plays_to_the_end(title: &str, frames: f64) {
    let server = TestServer::start(&[test_films::films().unwrap()]).await.unwrap();
    let id = server.ready_movie(title).await.unwrap();
    let playback = play(&server.hls_url(&id).await.unwrap(), &[]).await;
    let length = f64::from(test_films::film(title).seconds);
    let summary = playback.summary();
    assert_eq!(summary["state"], "ended", "{summary}");
    assert!((playback.number("position_s") - length).abs() < 0.5, "{title} is {length} s long: {summary}");
    assert_eq!(summary["stalls"], 0, "{summary}");
    let shown = summary["summary"]["shown_frames"].as_f64().unwrap();
    let dropped = playback.number("dropped_frames");
    // A busy machine may come too late for some; none is shown twice and none is lost on the way.
    assert!((shown + dropped - frames).abs() <= 4.0, "{frames} frames were to be shown: {summary}");
    assert!(shown > frames * 0.7, "{summary}");
    server.stop().await.unwrap();
}

/// Asks for every segment of every stream once.
async fn make_all_segments(multivariant: &str) {
    let multivariant = Url::parse(multivariant).unwrap();
    for stream in addresses(&multivariant).await {
        for segment in addresses(&stream).await {
            let started = Instant::now();
            // 503: the encoders are busy, and the answer says when to come back.
            while reqwest::get(segment.clone()).await.unwrap().status() == StatusCode::SERVICE_UNAVAILABLE {
                assert!(started.elapsed() < PLAYING, "{segment} is not made");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

/// The addresses on the lines of a playlist.
async fn addresses(playlist: &Url) -> Vec<Url> {
    let text = reqwest::get(playlist.clone()).await.unwrap().error_for_status().unwrap().text().await.unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| playlist.join(line).unwrap()).collect()
}

#[tokio::test]
async fn a_copied_film_plays_to_its_end() {
    if slow_tests_run("a_copied_film_plays_to_its_end") {
        plays_to_the_end("Harbour Lights", 14.0 * 24.0).await;
    }
}

#[tokio::test]
async fn an_encoded_film_plays_to_its_end() {
    if slow_tests_run("an_encoded_film_plays_to_its_end") {
        plays_to_the_end("Paper Boats", 12.0 * 25.0).await;
    }
}

#[tokio::test]
async fn a_link_that_narrows_is_answered_by_a_smaller_picture_without_a_stall() {
    if !slow_tests_run("a_link_that_narrows_is_answered_by_a_smaller_picture_without_a_stall") {
        return;
    }
    let server = TestServer::start(&[test_films::films().unwrap()]).await.unwrap();
    let id = server.ready_movie("The Long Take").await.unwrap();
    let direct = server.hls_url(&id).await.unwrap();
    // This is about the link, so nothing is left to encode.
    make_all_segments(&direct).await;
    let steps = Profile::steps([(Duration::from_secs(10), 6_000), (Duration::from_secs(3_600), 1_200)]).unwrap();
    let upstream = Url::parse(&server.origin()).unwrap();
    let link = Origin::start(OriginConfig::before(upstream, steps, Duration::from_millis(10))).await.unwrap();
    let mut narrow = Url::parse(&direct).unwrap();
    narrow.set_host(Some("127.0.0.1")).unwrap();
    narrow.set_port(Some(link.address().port())).unwrap();
    let playback = play(narrow.as_str(), &["--max-seconds", "45"]).await;
    assert_eq!(playback.summary()["stalls"], 0, "{}", playback.summary());
    let heights = playback.heights();
    assert!(heights.contains(&720) && heights.iter().any(|&height| height < 720), "on screen were {heights:?}");
    assert!(playback.number("switches") >= 1.0, "{}", playback.summary());
    server.stop().await.unwrap();
}

const NARROW: &str = r#"
[network]
rate_kbps = 1_000
latency_ms = 20

[[presentations]]
duration_s = 8
audio = []
ladder = [{ kbps = 300, width = 320, height = 180 }, { kbps = 3_000, width = 640, height = 360 }]
"#;

#[tokio::test]
async fn the_next_start_knows_what_the_link_carries() {
    if !slow_tests_run("the_next_start_knows_what_the_link_carries") {
        return;
    }
    let scenario = Scenario::read(NARROW, Path::new(".")).unwrap();
    let origin = Origin::start(OriginConfig::of(scenario)).await.unwrap();
    let cache = tempfile::tempdir().unwrap();
    let rungs = async || {
        let before = origin.log().len();
        let mut program = Command::new(built("matinee-play", "player-native").unwrap());
        program.arg(&origin.play_urls()[0]).args(["--max-seconds", "4"]).env("XDG_CACHE_HOME", cache.path());
        play_with(program).await;
        let log = origin.log().split_off(before);
        let segments = log.into_iter().map(|entry| entry.path).filter(|path| path.ends_with(".m4s"));
        segments.map(|path| path.split('/').rev().nth(1).unwrap().to_owned()).collect::<Vec<_>>()
    };
    // An address of this house: at first, it is taken for a quick one.
    let (first, second) = (rungs().await, rungs().await);
    assert_ne!(first[0], second[0], "{first:?}, {second:?}");
    assert!(first[1..].iter().chain(&second).all(|rung| *rung == second[0]), "{first:?}, {second:?}");
    let kept = std::fs::read_to_string(cache.path().join("matinee/links.json")).unwrap();
    let kept: Value = serde_json::from_str(&kept).unwrap();
    let link = &kept[Url::parse(&origin.play_urls()[0]).unwrap().origin().ascii_serialization()];
    assert!((700_000.0..1_300_000.0).contains(&link["bits_per_second"].as_f64().unwrap()), "{kept}");
}

#[tokio::test]
async fn what_the_viewer_asks_for_at_the_start_is_kept_to() {
    if !slow_tests_run("what_the_viewer_asks_for_at_the_start_is_kept_to") {
        return;
    }
    let scenario = Scenario::read(&NARROW.replace("1_000\n", "20_000\n"), Path::new(".")).unwrap();
    let origin = Origin::start(OriginConfig::of(scenario)).await.unwrap();
    let url = &origin.play_urls()[0];
    let quick = play(url, &["--least-kbps", "1000", "--speed", "2"]).await;
    let positions: Vec<f64> = quick.lines.iter().filter_map(|line| line["position_s"].as_f64()).collect();
    assert!(positions.windows(2).any(|pair| pair[1] - pair[0] > 1.5), "two seconds in each: {positions:?}");
    assert_eq!(quick.heights(), BTreeSet::from([360]));
    for small in [["--lock", "200"], ["--most-kbps", "1000"]] {
        let played = play(url, &small).await;
        assert_eq!(
            (played.heights(), &played.summary()["state"]),
            (BTreeSet::from([180]), &"ended".into()),
            "{small:?}"
        );
    }
    // More than the link carries.
    let narrow = NARROW.replace("3_000", "1_600").replace("audio = []", "audio = []\nsegment_s = 2");
    let narrow = Origin::start(OriginConfig::of(Scenario::read(&narrow, Path::new(".")).unwrap())).await.unwrap();
    let played = play(&narrow.play_urls()[0], &["--lock", "360", "--max-seconds", "10"]).await;
    assert_eq!(played.heights(), BTreeSet::from([360]));
}

const LIVE: &str = r#"
[network]
rate_kbps = 20_000
latency_ms = 20

[[presentations]]
segment_s = 2
audio = ["en"]
ladder = [{ kbps = 300, width = 320, height = 180 }]
live = { window = 6 }
"#;

#[tokio::test]
async fn what_is_live_plays_and_is_written_down_for_a_replay() {
    if !slow_tests_run("what_is_live_plays_and_is_written_down_for_a_replay") {
        return;
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    let scenario = Scenario::read(LIVE, Path::new(".")).unwrap();
    let origin = Origin::start(OriginConfig::of(scenario)).await.unwrap();
    let multivariant = Url::parse(&origin.play_urls()[0]).unwrap();
    let media = addresses(&multivariant).await.remove(0);
    // Until its first segments have left the window: then its media begin at another time than its playlist.
    let moved_on = until("a window that has moved on", async || {
        let is_first_gone = !addresses(&media).await[0].path().ends_with("/0.m4s");
        Ok(is_first_gone.then_some(()))
    });
    moved_on.await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("live.play");
    let playback = play(multivariant.as_str(), &["--max-seconds", "12", "--record", file.to_str().unwrap()]).await;
    let summary = playback.summary();
    assert_eq!((&summary["state"], &summary["stalls"]), (&Value::from("playing"), &Value::from(0)), "{summary}");
    assert!(summary["summary"]["shown_frames"].as_f64().unwrap() > 200.0, "{summary}");
    let recording = player_recording::Recording::read(&std::fs::read(file).unwrap()).unwrap();
    recording.replay(|_, _, _| {}).unwrap();
    assert!(recording.moments.len() > 100);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_no_success_even_for_a_moment() {
    if !slow_tests_run("a_server_that_is_not_there_is_no_success_even_for_a_moment") {
        return;
    }
    let mut program = Command::new(built("matinee-play", "player-native").unwrap());
    // Nobody listens on the port that is for throwing away.
    program.args(["http://127.0.0.1:9/main.m3u8", "--headless", "--fresh", "--max-seconds", "2"]);
    let output = tokio::time::timeout(PLAYING, program.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains("matinee-play: The server does not answer"),
        "{}: {said}",
        output.status
    );
}

/// What ffmpeg makes if nobody says otherwise, and most packagers with it: one stream with both.
async fn muxed(folder: &Path) -> String {
    let both = "-f lavfi -i testsrc=size=320x180:rate=24:duration=6 -f lavfi -i sine=duration=6 -c:v libx264 -c:a aac -g 48 \
                -f hls -hls_time 2 -hls_playlist_type vod -hls_segment_type fmp4 film.m3u8";
    let made = Command::new("ffmpeg").args(both.split_whitespace()).current_dir(folder).output().await.unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    // Sound may be named first.
    let main =
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=400000,RESOLUTION=320x180,CODECS=\"mp4a.40.2,avc1.64000d\"\nfilm.m3u8\n";
    std::fs::write(folder.join("main.m3u8"), main).unwrap();
    let folder = folder.to_owned();
    let file = async |axum::extract::Path(name): axum::extract::Path<String>, folder: std::path::PathBuf| {
        tokio::fs::read(folder.join(name)).await.map_err(|_| StatusCode::NOT_FOUND)
    };
    let routes = axum::Router::new().route("/{name}", axum::routing::get(move |name| file(name, folder.clone())));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    // It ends with the test.
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

#[tokio::test]
async fn pictures_and_sound_in_one_stream_are_both_played() {
    let test = "pictures_and_sound_in_one_stream_are_both_played";
    if !slow_tests_run(test) || !programs_are_here(test, &["ffmpeg"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let address = muxed(folder.path()).await;
    for name in ["film", "main"] {
        let playback = play(&format!("{address}/{name}.m3u8"), &[]).await;
        let summary = playback.summary();
        assert_eq!((&summary["state"], &summary["stalls"]), (&Value::from("ended"), &Value::from(0)), "{summary}");
        assert!(summary["sound_decoder"]["name"].is_string(), "{summary}");
        assert!(summary["summary"]["shown_frames"].as_f64().unwrap() >= 130.0, "{summary}");
    }
}
