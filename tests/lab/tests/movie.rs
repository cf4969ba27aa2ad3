//! `matinee-lab movie` against a real origin: the sizes it serves, whatever it says of them, and what goes wrong with it.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::path::Path;
use std::process::{Output, Stdio};

use mock_origin::{Origin, OriginConfig, Scenario};
use player_lab::simulate::Movie;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

/// Bytes that mean nothing, in segments of 2 s of all sizes, with sound in a playlist of its own.
const FILM: &str = r#"
[[presentations]]
content = "bytes"
duration_s = 9
segment_s = 2
vary_percent = 60
ladder = [{ kbps = 900, width = 640, height = 360 }, { kbps = 300, width = 320, height = 180 }]
"#;

async fn origin(more: &str) -> Origin {
    let scenario = Scenario::read(&format!("{more}\n{FILM}"), Path::new(".")).unwrap();
    Origin::start(OriginConfig::of(scenario)).await.unwrap()
}

/// A fault of one segment.
async fn faulty(fault: &str) -> Origin {
    origin(&format!("[[faults]]\nname = \"f\"\nurl = \"/bytes/video-0/2.m4s\"\n{fault}")).await
}

async fn lab(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_matinee-lab"));
    command.arg("movie").args(arguments).stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn movie(output: &Output) -> Movie {
    assert!(output.status.success(), "{}", said(output));
    Movie::read(std::str::from_utf8(&output.stdout).unwrap()).unwrap()
}

async fn get(url: &str) -> Vec<u8> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::get(url).await.unwrap().error_for_status().unwrap().bytes().await.unwrap().to_vec()
}

/// A line for each segment, as a movie file has them: what a client gets, in bits, of the rungs in this order.
async fn served(origin: &Origin, streams: [usize; 2], segments: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for segment in 0..segments {
        let mut sizes = Vec::new();
        for stream in streams {
            let url = format!("{}/bytes/video-{stream}/{segment}.m4s", origin.url());
            sizes.push((get(&url).await.len() * 8).to_string());
        }
        lines.push(format!("[{}]", sizes.join(", ")));
    }
    lines
}

/// What the multivariant playlist says of bit rates, in kbit/s, lowest first.
async fn averages(origin: &Origin) -> Vec<f64> {
    let text = String::from_utf8(get(&origin.play_urls()[0]).await).unwrap();
    let after = text.split("AVERAGE-BANDWIDTH=").skip(1);
    let rates = after.map(|rest| rest.split([',', '\n']).next().unwrap().parse::<f64>().unwrap());
    let mut rates: Vec<f64> = rates.map(|rate| (rate / 1e3).round()).collect();
    rates.sort_by(f64::total_cmp);
    rates
}

fn lines(movie: &Movie) -> Vec<String> {
    let text = movie.to_json();
    let rows = text.lines().map(str::trim).filter(|line| line.starts_with('['));
    rows.map(|line| line.trim_end_matches(',').to_owned()).collect()
}

#[tokio::test]
async fn a_movie_has_the_sizes_that_are_served() {
    let origin = origin("").await;
    let made = lab(&[&origin.play_urls()[0]]).await;
    let movie = movie(&made);
    assert_eq!((movie.bitrates(), movie.segment().as_seconds()), (&averages(&origin).await[..], 2.0));
    // The last second is no segment.
    let log = origin.log();
    assert_eq!(lines(&movie), served(&origin, [1, 0], 4).await);
    // The server says how long segments are, so none is loaded, and neither is any sound.
    let loaded = log.iter().filter(|entry| entry.method == "GET" && entry.path.ends_with(".m4s"));
    assert_eq!((loaded.count(), log.iter().filter(|entry| entry.path.contains("audio")).count()), (0, 0));
    assert!(said(&made).ends_with(" kbit/s, 4 segments of 2 s; 0.0 MB of segments read\n"), "{}", said(&made));
}

#[tokio::test]
async fn a_movie_of_one_variant_is_written_where_it_is_wanted() {
    let origin = origin("").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("movie.json");
    let media = format!("{}/bytes/video-0/playlist.m3u8", origin.url());
    let made = lab(&[&media, "--segment-s", "3", "--json", file.to_str().unwrap()]).await;
    assert!(made.status.success() && made.stdout.is_empty(), "{}", said(&made));
    let movie = Movie::read(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!((movie.len(), movie.bitrates().len()), (3, 1), "9 s and one rung");
}

#[tokio::test]
async fn a_live_stream_is_what_is_listed_now() {
    let origin = origin("").await;
    let live = Scenario::read(&FILM.replace("duration_s = 9", "live = { window = 5 }"), Path::new(".")).unwrap();
    origin.set_scenario(live).await.unwrap();
    let made = lab(&[&origin.play_urls()[0]]).await;
    assert!((4..=5).contains(&movie(&made).len()) && said(&made).starts_with("the stream is live"), "{}", said(&made));
}

#[tokio::test]
async fn a_second_attempt_is_made_and_no_third_one() {
    // HEAD has attempts of its own.
    let once = faulty("kind = \"status\"\ncode = 500\nattempts = 1").await;
    let url = once.play_urls().remove(0);
    let film = movie(&lab(&[&url]).await);
    assert_eq!(lines(&film), served(&once, [1, 0], 4).await);
    let gone = faulty("kind = \"missing\"").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("movie.json");
    let made = lab(&[&gone.play_urls()[0], "--json", file.to_str().unwrap()]).await;
    let expected = format!(
        "segment 2 of {0}/bytes/video-0/playlist.m3u8 ({0}/bytes/video-0/2.m4s) cannot be measured: ",
        gone.url()
    );
    assert!(said(&made).starts_with(&expected) && said(&made).contains("status 404 Not Found"), "{}", said(&made));
    assert_eq!((made.status.code(), made.stdout.len(), file.exists()), (Some(1), 0, false));
}

#[tokio::test]
async fn a_variant_that_is_not_there_is_named() {
    let origin = origin("[[faults]]\nname = \"f\"\nurl = \"**/video-1/playlist.m3u8\"\nkind = \"missing\"").await;
    let made = lab(&[&origin.play_urls()[0]]).await;
    let variant = format!("the variant {}/bytes/video-1/playlist.m3u8 cannot be read", origin.url());
    assert!(made.status.code() == Some(1) && said(&made).starts_with(&variant), "{}", said(&made));
}

/// A server that says nothing of lengths at HEAD, as one that encodes on demand; it is busy at first, too.
async fn silent(playlist: String) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut is_busy = true;
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 2_048];
            let length = stream.read(&mut request).await.unwrap();
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            let mut words = request.split(' ');
            let reply = match (words.next().unwrap(), words.next().unwrap_or_default()) {
                ("GET", "/media.m3u8") => format!("200 OK\r\n\r\n{playlist}"),
                ("HEAD", _) => "200 OK\r\n\r\n".to_owned(),
                (_, path) if path.starts_with("/a") && std::mem::take(&mut is_busy) => {
                    "503 Service Unavailable\r\nRetry-After: 0\r\n\r\n".to_owned()
                }
                ("GET", path) => format!("200 OK\r\n\r\n{}", "x".repeat(path.len() * 100)),
                _ => "405 Method Not Allowed\r\n\r\n".to_owned(),
            };
            // Whoever has gone does not read it.
            let _ = stream
                .write_all(format!("HTTP/1.1 {}", reply.replacen("\r\n", "\r\nConnection: close\r\n", 1)).as_bytes())
                .await;
        }
    });
    format!("http://{address}/media.m3u8")
}

#[tokio::test]
async fn what_a_server_does_not_tell_is_counted_once() {
    let list = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\na\n#EXTINF:4,\nlonger\n#EXTINF:4,\na\n#EXT-X-ENDLIST\n";
    let made = lab(&[&silent(list.to_owned()).await]).await;
    let rows = lines(&movie(&made));
    assert_eq!(rows, ["[1600]", "[5600]", "[1600]"], "two letters, seven, two");
    assert!(said(&made).ends_with("3 segments of 4 s; 0.0 MB of segments read\n"), "{}", said(&made));
}

#[tokio::test]
async fn a_server_may_not_name_files() {
    let list = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n";
    let url = silent(list.to_owned()).await;
    let folder = tempfile::tempdir().unwrap();
    let main = folder.path().join("main.m3u8");
    std::fs::write(&main, format!("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{url}\n")).unwrap();
    // Not through a playlist of ours either.
    for target in [url.as_str(), main.to_str().unwrap()] {
        let made = lab(&[target]).await;
        assert_eq!(made.status.code(), Some(1));
        assert!(said(&made).contains("cannot be measured: addresses with file: are not loaded"), "{}", said(&made));
    }
}

#[tokio::test]
async fn results_go_where_they_are_wanted_and_are_held_against_what_is_expected() {
    let origin = origin("").await;
    let url = origin.play_urls().remove(0);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let text = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let (json, csv, html) = (file("movie.json"), file("movie.csv"), file("movie.html"));
    let made = lab(&[&url, "--json", &json, "--csv", &csv, "--html", &html]).await;
    assert!(made.status.success() && made.stdout.is_empty(), "{}", said(&made));
    // The file is a movie still: for the simulator, and for an origin, which serves it as it was.
    let film = Movie::read(&text("movie.json")).unwrap();
    assert_eq!(lines(&film), served(&origin, [1, 0], 4).await);
    let again = "[[presentations]]\ncontent = \"bytes\"\nmovie = \"movie.json\"\n";
    let again = Origin::start(OriginConfig::of(Scenario::read(again, folder.path()).unwrap())).await.unwrap();
    assert_eq!(lines(&film), served(&again, [0, 1], 4).await);
    let rows = text("movie.csv");
    let expected = "segment,at_s,\"video-1/playlist.m3u8\",\"video-0/playlist.m3u8\"\n0,0,";
    assert!(rows.starts_with(expected) && rows.lines().count() == 5, "{rows}");
    let page = text("movie.html");
    assert!(page.starts_with("<!doctype html>") && page.contains("<svg") && page.contains("video-1/playlist.m3u8"));
    let printed = lab(&[&url, "--csv", "-"]).await;
    assert_eq!(String::from_utf8(printed.stdout).unwrap().trim_end(), rows.trim_end(), "and no movie");

    let expect = file("expect.json");
    let expects = |text: &str| std::fs::write(&expect, text).unwrap();
    expects(r#"[{"rung":"video-1/playlist.m3u8","figure":"kbps","at_most":1},{"figure":"rungs","at_least":2}]"#);
    let made = lab(&[&url, "--json", &json, "--expect", &expect]).await;
    let missed = "video-1/playlist.m3u8: kbps is ";
    assert!(made.status.code() == Some(3) && said(&made).contains(missed), "{}", said(&made));
    expects(r#"[{"figure":"peak_kbps","at_least":10}]"#);
    let made = lab(&[&url, "--expect", &expect, "--against", &json]).await;
    let same = "| video-0/playlist.m3u8 | kbps | 1 | +0.0000 |";
    assert!(said(&made).contains(same) && lines(&movie(&made)).len() == 4, "{}", said(&made));
    let made = lab(&[&url, "--segment-s", "3", "--json", &json, "--against", &json]).await;
    assert!(said(&made).contains("the earlier run is another in segment_s: "), "{}", said(&made));
    expects(r#"[{"rung":"video-9/playlist.m3u8","figure":"kbps","at_most":1}]"#);
    let made = lab(&[&url, "--expect", &expect]).await;
    assert!(
        made.status.code() == Some(1) && said(&made).contains("of video-9/playlist.m3u8, which"),
        "{}",
        said(&made)
    );
    // A file that is none is known before anything is measured.
    let before = origin.log().len();
    expects("{}");
    let made = lab(&[&url, "--expect", &expect]).await;
    assert!(made.status.code() == Some(1) && said(&made).contains("expect.json: no list of"), "{}", said(&made));
    assert_eq!(origin.log().len(), before);
}

#[tokio::test]
async fn options_that_make_no_sense_are_refused() {
    for (value, status) in [("0", 2), ("-4", 2), ("x", 2), ("99999", 2), ("4", 1)] {
        let made = lab(&["none.m3u8", &format!("--segment-s={value}")]).await;
        assert_eq!(made.status.code(), Some(status), "{value}: {}", said(&made));
    }
    let made = lab(&["none.m3u8", "--xml", "-"]).await;
    assert!(made.status.code() == Some(2) && said(&made).contains("unexpected argument '--xml'"), "{}", said(&made));
}
