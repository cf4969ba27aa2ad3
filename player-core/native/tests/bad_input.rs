//! What a person reads who gives `matinee-play` something that cannot be played.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use mock_origin::{Origin, OriginConfig, Scenario};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Serves the first text as `film.m3u8` and the second under every other name, as long as the test lasts; returns the
/// address of the first.
async fn serving(kind: &'static str, film: &'static str, others: &'static str) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/film.m3u8", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4_096];
            let length = stream.read(&mut request).await.unwrap_or_default();
            let is_film = request[..length].starts_with(b"GET /film.m3u8 ");
            let text = if is_film { film } else { others };
            let length = text.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            );
            let _ = stream.write_all((head + text).as_bytes()).await;
        }
    });
    url
}

async fn play(arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_matinee-play"));
    program.arg("--headless").args(arguments).stdin(Stdio::null());
    tokio::task::spawn_blocking(move || program.output().unwrap()).await.unwrap()
}

/// It fails with this exit status, and its last line is this sentence.
async fn fails(arguments: &[&str], status: i32, sentence: &str) {
    let output = play(arguments).await;
    let complained = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{complained}");
    assert!(complained.trim_end().ends_with(sentence), "{complained}");
    assert!(output.stdout.is_empty());
}

#[tokio::test]
async fn an_origin_that_is_not_there() {
    // Bound and let go: nobody listens there.
    let port = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}/film.m3u8");
    fails(&[&url], 1, "matinee-play: The server cannot be reached. Check the network and try again.").await;
}

#[tokio::test]
async fn an_address_of_another_protocol() {
    let refused = "matinee-play: This title may not be loaded: this player does not load from rtmp: addresses.";
    fails(&["rtmp://127.0.0.1/film"], 1, refused).await;
    // In a playlist as well.
    let url = serving("", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nrtmp://127.0.0.1/film\n", "").await;
    fails(&[&url], 1, refused).await;
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for() {
    let scenario = "[[presentations]]\nname = \"film\"\ncontent = \"bytes\"\nduration_s = 4\naudio = []\n\
                    ladder = [{ kbps = 900, width = 480, height = 270 }]\n";
    let scenario = Scenario::read(scenario, Path::new(".")).unwrap();
    let origin = Origin::start(OriginConfig { tls: true, ..OriginConfig::of(scenario) }).await.unwrap();
    let refused = "matinee-play: This title may not be loaded: this device does not trust the server's certificate.";
    fails(&[&origin.play_urls()[0]], 1, refused).await;
}

#[tokio::test]
async fn a_page_that_is_no_playlist() {
    let url = serving("text/html", "<!doctype html><title>Films</title><p>Not found", "").await;
    fails(
        &[&url],
        1,
        "matinee-play: The server's playlist cannot be used: not a playlist: the first line is not #EXTM3U.",
    )
    .await;
}

#[tokio::test]
async fn a_codec_that_nobody_knows() {
    let film = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000000,CODECS=\"xyz1.42\"\nvideo.m3u8\n";
    let video = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:4,\n0.m4s\n\
                 #EXT-X-ENDLIST\n";
    let url = serving("application/vnd.apple.mpegurl", film, video).await;
    fails(&[&url], 1, "matinee-play: This device cannot play the formats of this title.").await;
}

#[tokio::test]
async fn an_address_that_is_none_and_a_file_that_is_none() {
    let output = play(&["film.m3u8"]).await;
    assert_eq!(output.status.code(), Some(2));
    fails(&["--ca", "/nowhere/ca.pem", "https://127.0.0.1/film.m3u8"], 1, "No such file or directory (os error 2)")
        .await;
}

#[tokio::test]
async fn a_window_where_there_is_no_display() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_matinee-play"));
    program.arg("http://127.0.0.1/film.m3u8").env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    let output = tokio::task::spawn_blocking(move || program.output().unwrap()).await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(complained.contains("there is no display to show pictures on (try --headless)"), "{complained}");
}
