//! What is live: joined long after it began, through caches that do not agree.

use std::time::Duration;

use mock_origin::log::Entry;
use serde::Deserialize;
use serde_json::json;
use system_tests::browser::{until, until_within};

use crate::Room;

fn live(network: &str, faults: &str) -> String {
    format!(
        "[network]
        rate_kbps = 20_000
        latency_ms = 20
        {network}

        [[presentations]]
        name = 'live'
        segment_s = 2
        audio = ['en']
        ladder = [{{ kbps = 300, width = 320, height = 180 }}, {{ kbps = 900, width = 640, height = 360 }}]
        live = {{ window = 6 }}
        {faults}"
    )
}

/// Writes down where the element stood for want of media after it had played.
const WATCH: &str = "
    window.waits = [];
    const video = document.querySelector('video');
    video.addEventListener('waiting', () => { if (video.played.length) waits.push(video.currentTime); });
    return null";

#[derive(Debug, Deserialize)]
struct Watched {
    failed: Option<String>,
    /// Where it has played, s.
    played: Vec<(f64, f64)>,
    waits: Vec<f64>,
    /// Where the browser lets a viewer go, s.
    seekable: Vec<(f64, f64)>,
    width: u32,
}

impl Room {
    /// Until the first segments of the stream have left its window.
    async fn has_moved_on(&self) {
        self.browser.open(&self.page).await.unwrap();
        self.has_moved_to(4).await;
    }

    /// Until the playlist begins with a segment of this number or a later one.
    async fn has_moved_to(&self, first: u64) {
        let playlist = self.origin.play_urls()[0].replace("main.m3u8", "video-0/playlist.m3u8");
        let moved = until_within(Duration::from_secs(90), "a window that has moved on", async || {
            let fetch = "return fetch(arguments[0]).then((answer) => answer.text())";
            let text: String = self.browser.js(fetch, vec![json!(playlist)]).await?;
            let number = text.lines().find_map(|line| line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:"));
            let number: u64 = number.unwrap_or("0").parse()?;
            Ok((number >= first).then_some(()))
        });
        moved.await.unwrap();
    }

    /// Plays so many seconds of it.
    async fn watch_live(&self, seconds: f64) -> Watched {
        self.run(WATCH).await;
        self.play_here("{}").await;
        let look = "const video = document.querySelector('video');
            const list = (ranges) => [...Array(ranges.length).keys()].map((n) => [ranges.start(n), ranges.end(n)]);
            return { failed: seen.failed, waits, width: video.videoWidth,
                played: list(video.played), seekable: list(video.seekable) }";
        let look = async || self.browser.js::<Watched>(look, vec![]).await;
        let watched = until("the stream to be watched", async || {
            let watched = look().await?;
            anyhow::ensure!(watched.failed.is_none(), "{watched:?}");
            let seen: f64 = watched.played.iter().map(|(from, to)| to - from).sum();
            Ok(Some(watched).filter(|_| seen >= seconds))
        });
        match watched.await {
            Ok(watched) => Watched { played: without_splits(watched.played), ..watched },
            Err(error) => panic!("{error:#}: {:?}, {:#?}", look().await, tail(&self.origin.log())),
        }
    }
}

/// Stretches that are less than a frame or two apart as one: tracks do not begin at the same moment, so where a stream is
/// joined anew, playback may begin with the sound and go on with both.
fn without_splits(played: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let mut joined: Vec<(f64, f64)> = Vec::new();
    for (from, to) in played {
        match joined.last_mut().filter(|last| from - last.1 < 0.1) {
            Some(last) => last.1 = to,
            None => joined.push((from, to)),
        }
    }
    joined
}

fn tail(log: &[Entry]) -> Vec<String> {
    log.iter().rev().take(60).rev().map(|entry| format!("{} {}", entry.status, entry.path)).collect()
}

#[tokio::test]
async fn a_live_stream_is_joined_long_after_it_began() {
    let Some(room) = Room::open("a_live_stream_is_joined_long_after_it_began", &live("", "")).await else { return };
    room.has_moved_on().await;
    let watched = room.watch_live(12.0).await;
    assert_eq!((watched.waits.as_slice(), watched.width), ([].as_slice(), 640), "{watched:?}");
    // What the server offers and what is buffered; if nobody says what is offered, it begins at 0.
    let [(oldest, newest)] = watched.seekable[..] else { panic!("{watched:?}") };
    assert!(oldest >= 4.0 && newest - oldest >= 11.5, "{watched:?}");
    // It began three segments before the end of a window of six, and nothing was jumped over.
    let [(from, to)] = watched.played[..] else { panic!("{watched:?}") };
    assert!((4.0..8.5).contains(&from) && to - from >= 12.0, "{watched:?}: {:#?}", tail(&room.origin.log()));
    room.browser.close().await.unwrap();
}

#[tokio::test]
async fn caches_that_do_not_agree_do_not_stop_a_live_stream() {
    let backward = "[[faults]]
        kind = 'backward'
        changes = 2
        url = '**/playlist.m3u8'
        probability = 0.4";
    let Some(room) = Room::open("caches_that_do_not_agree_do_not_stop_a_live_stream", &live("", backward)).await else {
        return;
    };
    room.has_moved_on().await;
    let watched = room.watch_live(16.0).await;
    assert!(watched.waits.is_empty() && watched.played.len() == 1 && watched.played[0].0 >= 4.0, "{watched:?}");
    room.browser.close().await.unwrap();
}

#[tokio::test]
async fn a_live_stream_that_has_moved_on_is_joined_anew() {
    // Longer than what is buffered and what is offered together.
    let outage = "stalls = [{ at_s = 25, length_s = 24 }]";
    let Some(room) = Room::open("a_live_stream_that_has_moved_on_is_joined_anew", &live(outage, "")).await else {
        return;
    };
    room.has_moved_on().await;
    let watched = room.watch_live(26.0).await;
    let [(from, dry), (on, to)] = watched.played[..] else { panic!("{watched:?}") };
    assert!(dry - from > 3.0 && on - dry > 5.0 && to - on > 3.0, "{watched:?}");
    room.browser.close().await.unwrap();
}

#[tokio::test]
async fn segments_that_come_after_their_playlist_are_waited_for() {
    let late = "[[faults]]
        kind = 'status'
        code = 404
        url = '**/*.m4s'
        nth = [9, 14, 15, 21]";
    let Some(room) = Room::open("segments_that_come_after_their_playlist_are_waited_for", &live("", late)).await else {
        return;
    };
    room.has_moved_on().await;
    room.origin.reset();
    let watched = room.watch_live(20.0).await;
    let log = room.origin.log();
    let missed: Vec<_> = log.iter().filter(|entry| entry.status == 404 && entry.path.ends_with(".m4s")).collect();
    assert_eq!(missed.len(), 4, "{:#?}", tail(&log));
    // Each came a moment later, and nobody has noticed.
    let came = |path: &str| log.iter().any(|entry| entry.status == 200 && entry.path == path);
    assert!(missed.iter().all(|entry| came(&entry.path)), "{:#?}", tail(&log));
    assert!(watched.waits.is_empty() && watched.played.len() == 1, "{watched:?}: {:#?}", tail(&log));
    assert_eq!(room.look().await.unwrap().notices, [""; 0]);
    room.browser.close().await.unwrap();
}

#[tokio::test]
async fn a_quality_that_stands_still_is_left_for_one_that_goes_on() {
    let frozen = "[[faults]]
        kind = 'frozen'
        url = '**/video-1/playlist.m3u8'
        from_s = 20";
    let test = "a_quality_that_stands_still_is_left_for_one_that_goes_on";
    let Some(room) = Room::open(test, &live("", frozen)).await else { return };
    room.has_moved_on().await;
    let watched = room.watch_live(24.0).await;
    let log = room.origin.log();
    assert_eq!(watched.width, 320, "{watched:?}: {:#?}", tail(&log));
    assert!(watched.waits.is_empty() && watched.played.len() == 1, "{watched:?}: {:#?}", tail(&log));
    let notices = room.look().await.unwrap().notices;
    assert!(matches!(&notices[..], [one] if one.starts_with("This quality has a fault")), "{notices:?}");
    // It was the better one until then.
    let last_of =
        |stream: &str| log.iter().rposition(|entry| entry.path.contains(stream) && entry.path.ends_with(".m4s"));
    let (before, after) = (last_of("/video-1/"), last_of("/video-0/"));
    assert!(before.is_some() && before < after, "{:#?}", tail(&log));
    room.browser.close().await.unwrap();
}

#[tokio::test]
async fn after_a_long_pause_a_live_stream_goes_on_where_it_is_now() {
    let test = "after_a_long_pause_a_live_stream_goes_on_where_it_is_now";
    let Some(room) = Room::open(test, &live("", "")).await else { return };
    room.has_moved_on().await;
    room.watch_live(3.0).await;
    // With little ahead, so that the pause need not be longer than this test.
    room.run("player.saveData(true); document.querySelector('video').pause(); return null").await;
    room.has_moved_to(24).await;
    let paused: f64 = room.browser.js("return document.querySelector('video').currentTime", vec![]).await.unwrap();
    room.run("document.querySelector('video').play(); return null").await;
    let seen = room.see("the stream as it is now", |seen| seen.position_s > paused + 20.0).await;
    assert!(
        seen.notices.iter().any(|notice| notice.starts_with("The live programme has moved on")),
        "{:?}",
        seen.notices
    );
    room.browser.close().await.unwrap();
}
