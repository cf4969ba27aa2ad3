//! What bounds the choice: the page, the browser's answers about its decoder, a page that nobody sees; and a start from
//! what the link carried before.

use serde_json::json;
use system_tests::browser::until;

use crate::Room;

/// The link carries all three; the answer takes too long for a server in the house.
const LADDER: &str = r#"
[network]
rate_kbps = 20_000
latency_ms = 90

[[presentations]]
name = "film"
duration_s = 40
segment_s = 2
audio = []
ladder = [
    { kbps = 300, width = 320, height = 180 },
    { kbps = 900, width = 480, height = 270 },
    { kbps = 5_000, width = 640, height = 360 },
]
"#;

/// Heights on screen, in the order in which they came.
const WATCH: &str = "window.heights = [];
    const video = document.querySelector('video');
    const look = (_, { height }) => {
        if (heights.at(-1) !== height) heights.push(height);
        video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
    return null";

impl Room {
    /// Plays, watched, after something was done to the page.
    async fn play_after(&self, script: &str, options: &str) {
        self.browser.open(&self.page).await.unwrap();
        self.run(script).await;
        self.play_here(options).await;
        self.run(WATCH).await;
    }

    async fn heights(&self) -> Vec<u32> {
        self.browser.js("return heights", vec![]).await.unwrap()
    }

    async fn shows(&self, height: u32) {
        let what = format!("{height} lines");
        let shown = until(&what, async || {
            let heights: Vec<u32> = self.browser.js("return heights", vec![]).await?;
            Ok((heights.last() == Some(&height)).then_some(()))
        });
        if let Err(error) = shown.await {
            panic!("{error:#}: {:?}, {:?}", self.heights().await, self.look().await);
        }
    }
}

#[tokio::test]
async fn the_choice_stays_within_what_page_and_decoder_allow() {
    let Some(room) = Room::open("the_choice_stays_within_what_page_and_decoder_allow", LADDER).await else { return };
    // A decoder that says it drops frames of the largest picture.
    let rough = "const ask = navigator.mediaCapabilities.decodingInfo.bind(navigator.mediaCapabilities);
        navigator.mediaCapabilities.decodingInfo = async (asked) => {
            const { supported, powerEfficient } = await ask(asked);
            return { supported, powerEfficient, smooth: supported && asked.video.height < 360 };
        };
        return null";
    room.play_after(rough, "{}").await;
    room.shows(270).await;
    room.see("ten seconds", |seen| seen.position_s > 10.0).await;
    assert!(!room.heights().await.contains(&360), "{:?}", room.heights().await);

    // Asked for by the page, in bit/s; then no more.
    room.play_after("return null", "{}").await;
    room.run("player.limitBandwidth(undefined, 500_000); return null").await;
    room.shows(180).await;
    room.run("player.limitBandwidth(undefined, undefined); return null").await;
    room.shows(360).await;

    // Chosen by hand, out of what the page was told.
    let seen = room.look().await.unwrap();
    let variants = &seen.choices.as_ref().unwrap()["variants"];
    let heights: Vec<_> = variants.as_array().unwrap().iter().map(|one| one["height"].as_u64().unwrap()).collect();
    assert_eq!(heights, [180, 270, 360], "{seen:?}");
    room.browser
        .js::<Option<()>>("player.lockVariant(arguments[0]); return null", vec![variants[0]["id"].clone()])
        .await
        .unwrap();
    room.shows(180).await;
    let seen = room.see("what is shown among the figures", |seen| seen.stats["rendition"]["height"] == 180).await;
    assert!(seen.stats["startup_ms"].as_f64().unwrap() > 0.0 && seen.stats["state"] == "playing", "{seen:?}");
    room.run("player.lockVariant(undefined); return null").await;
    room.shows(360).await;

    // An element with a size of its own.
    let small = "document.querySelector('video').style = 'width: 460px; height: 259px'; return null";
    room.play_after(small, "{}").await;
    room.run("player.fitElement(true); return null").await;
    room.shows(270).await;
    room.browser.close().await.unwrap();
}

#[tokio::test]
async fn a_page_that_nobody_sees_gets_little_and_the_next_start_knows_the_link() {
    let test = "a_page_that_nobody_sees_gets_little_and_the_next_start_knows_the_link";
    let Some(room) = Room::open(test, LADDER).await else { return };
    room.play_after("localStorage.clear(); return null", "{}").await;
    room.shows(360).await;
    let first = room.heights().await[0];
    assert!(first < 360, "nothing was known: {first}");
    let hide = "Object.defineProperty(document, 'hidden', { value: arguments[0], configurable: true });
        document.dispatchEvent(new Event('visibilitychange')); return null";
    let hidden = async |is: bool| room.browser.js::<Option<()>>(hide, vec![json!(is)]).await.unwrap();
    hidden(true).await;
    let lowest = || room.origin.log().iter().filter(|entry| entry.path.contains("/video-0/")).count();
    let before = lowest();
    until("what nobody sees", async || Ok((lowest() > before + 2).then_some(()))).await.unwrap();
    hidden(false).await;
    room.shows(360).await;

    room.play_after("return null", "{}").await;
    room.shows(360).await;
    assert_eq!(room.heights().await, [360], "the link was known");
    room.browser.close().await.unwrap();
}

#[tokio::test]
async fn a_browser_that_manages_the_source_says_when_to_load() {
    let Some(room) = Room::open("a_browser_that_manages_the_source_says_when_to_load", LADDER).await else { return };
    // As on an iPhone there is no other source, and this one has a wish of its own.
    let managed = "window.streaming = false;
        Object.defineProperty(MediaSource.prototype, 'streaming', { get: () => streaming });
        window.ManagedMediaSource = MediaSource;
        delete window.MediaSource;
        return null";
    room.play_after(managed, "{}").await;
    let ahead = async || {
        let look = "const { buffered, currentTime } = document.querySelector('video');
            return buffered.length ? buffered.end(buffered.length - 1) - currentTime : 0";
        room.browser.js::<f64>(look, vec![]).await
    };
    let most = std::cell::Cell::new(0.0_f64);
    let played = until("five seconds", async || {
        most.set(most.get().max(ahead().await?));
        Ok((room.look().await?.position_s > 5.0).then_some(()))
    });
    played.await.unwrap();
    assert!((6.0..10.5).contains(&most.get()), "{} s were ahead", most.get());
    room.run("window.streaming = true; return null").await;
    until("more ahead", async || Ok((ahead().await? > 15.0).then_some(()))).await.unwrap();
    room.browser.close().await.unwrap();
}
