//! One presentation after the other on the same element.

use player_recording::Recording;
use serde::Deserialize;
use serde_json::json;
use system_tests::browser::until;

use crate::Room;

const TWO: &str = r#"
[network]
rate_kbps = 8_000
latency_ms = 20

[[presentations]]
name = "film"
duration_s = 8
audio = ["en", "de"]
ladder = [{ kbps = 300, width = 320, height = 180 }]

[[presentations]]
name = "after"
duration_s = 4
audio = ["en", "de"]
ladder = [{ kbps = 300, width = 320, height = 180 }, { kbps = 600, width = 640, height = 360 }]
"#;

/// What the page saw of both.
#[derive(Debug, Deserialize)]
struct Evening {
    /// Position on the element and in the presentation when the next one began.
    began: Vec<(f64, f64)>,
    /// Times the element stood for want of media after its first frame.
    waits: u32,
    ended: u32,
    /// Buffered stretches, s.
    buffered: Vec<(f64, f64)>,
    /// Longest time between two frames around the seam, in media time and on the clock, s.
    gap: (f64, f64),
    position: f64,
    duration: Option<f64>,
    at: f64,
    failed: Option<String>,
}

const WATCH: &str = "
    const video = document.querySelector('video');
    Object.assign(seen, { began: [], waits: 0, ended: 0, frames: [] });
    video.addEventListener('waiting', () => { if (seen.frames.length) seen.waits += 1; });
    video.addEventListener('ended', () => { seen.ended += 1; });
    const frame = (now, { mediaTime }) => {
        seen.frames.push([mediaTime, now / 1000]);
        video.requestVideoFrameCallback(frame);
    };
    video.requestVideoFrameCallback(frame);
    player.playNext(arguments[0]);
    return null";

const LOOK: &str = "
    const video = document.querySelector('video'), { frames, began } = seen;
    const buffered = [...Array(video.buffered.length).keys()].map((n) => [video.buffered.start(n), video.buffered.end(n)]);
    const gap = [0, 0];
    const near = frames.filter(([at]) => began.length && Math.abs(at - began[0][0]) < 1);
    for (let n = 1; n < near.length; n++)
        for (const of of [0, 1]) gap[of] = Math.max(gap[of], near[n][of] - near[n - 1][of]);
    return { began, waits: seen.waits, ended: seen.ended, failed: seen.failed, buffered, gap,
        position: player.position, duration: player.duration, at: video.currentTime }";

impl Room {
    /// Until the element has ended so often.
    async fn watch_both(&self, ends: u32) -> Evening {
        let urls = self.origin.play_urls();
        self.play("{ record: true, next: () => seen.began.push([video.currentTime, player.position]) }").await;
        self.browser.js::<Option<()>>(WATCH, vec![json!(urls[1])]).await.unwrap();
        let look = async || self.browser.js::<Evening>(LOOK, vec![]).await;
        let end = until("the end of both", async || {
            let evening = look().await?;
            anyhow::ensure!(evening.failed.is_none(), "{evening:?}");
            Ok(Some(evening).filter(|evening| evening.ended >= ends))
        });
        match end.await {
            Ok(evening) => evening,
            Err(error) => panic!("{error}: {:?}", look().await),
        }
    }

    /// What the player wrote down in the browser is the same play here, answer by answer. Gives why each choice was made.
    async fn replays(&self) -> Vec<String> {
        let file: Vec<u8> = self.browser.js("return Array.from(player.recording())", vec![]).await.unwrap();
        let recording = Recording::read(&file).unwrap();
        let mut reasons = Vec::new();
        recording.replay(|_, _, core| reasons.extend(core.accounts().iter().map(ToString::to_string))).unwrap();
        reasons
    }
}

#[tokio::test]
async fn the_next_presentation_follows_without_a_gap() {
    let Some(room) = Room::open("the_next_presentation_follows_without_a_gap", TWO).await else { return };
    let evening = room.watch_both(1).await;
    let [(element, position)] = evening.began[..] else { panic!("{evening:?}") };
    assert!((7.9..9.0).contains(&element) && (0.0..1.0).contains(&position), "{evening:?}");
    // Nothing stood, nothing is missing, and it is one stretch up to the end of both.
    assert_eq!((evening.waits, evening.ended), (0, 1), "{evening:?}");
    let [(_, end)] = evening.buffered[..] else { panic!("{evening:?}") };
    assert!((11.8..12.3).contains(&end) && (11.8..12.3).contains(&evening.at), "{evening:?}");
    let length = evening.duration.unwrap_or_default();
    assert!([evening.position, length].iter().all(|at| (3.8..4.2).contains(at)), "{evening:?}");
    let reasons = room.replays().await;
    assert!(reasons.iter().any(|why| why.contains("360p")), "of both presentations: {reasons:#?}");
    // Shown for whoever reads the log: a machine that is busy drops frames.
    println!("between two frames at the seam: {:.3} s of media, {:.3} s", evening.gap.0, evening.gap.1);
    let log = room.origin.log();
    let first_of = |path: &str| log.iter().position(|entry| entry.path.starts_with(path));
    let last_of = |path: &str| log.iter().rposition(|entry| entry.path.starts_with(path));
    assert!(first_of("/after/") > last_of("/film/"), "the film that plays comes first");
    room.browser.close().await.unwrap();
}

#[tokio::test]
async fn a_next_presentation_of_other_tracks_begins_when_the_first_has_ended() {
    let scenario = TWO.replacen("audio = [\"en\", \"de\"]", "audio = []", 1);
    let test = "a_next_presentation_of_other_tracks_begins_when_the_first_has_ended";
    let Some(room) = Room::open(test, &scenario).await else { return };
    let evening = room.watch_both(2).await;
    assert_eq!((evening.began.len(), evening.ended), (1, 2), "{evening:?}");
    assert!((3.8..4.2).contains(&evening.at) && (3.8..4.2).contains(&evening.position), "{evening:?}");
    room.browser.close().await.unwrap();
}

#[tokio::test]
async fn a_refused_address_of_the_next_presentation_is_read_again_and_not_that_of_the_first() {
    let test = "a_refused_address_of_the_next_presentation_is_read_again_and_not_that_of_the_first";
    let refused = "
        [[faults]]
        kind = 'status'
        code = 403
        url = 'after/video-*/1.m4s'
        attempts = 1";
    let scenario = TWO.replace("duration_s = 4", "duration_s = 8") + refused;
    let Some(room) = Room::open(test, &scenario).await else { return };
    let evening = room.watch_both(1).await;
    assert!((15.8..16.3).contains(&evening.at) && evening.began.len() == 1, "{evening:?}");
    let log = room.origin.log();
    let paths: Vec<_> =
        room.origin.play_urls().iter().map(|url| url::Url::parse(url).unwrap().path().to_owned()).collect();
    let asked = |path: &String| log.iter().filter(|entry| entry.path.split('?').next() == Some(path.as_str())).count();
    assert_eq!(paths.iter().map(asked).collect::<Vec<_>>(), [1, 2], "{log:#?}");
    room.browser.close().await.unwrap();
}
