//! What a browser and a network do to playback: a buffer without room, a segment that nobody has, media that is damaged, a
//! server that goes and comes back, addresses that expire, a browser that lets nothing play.

use mock_origin::log::Entry;
use serde::Deserialize;
use serde_json::json;
use system_tests::browser::until;

use crate::Room;

/// A small film on a good link, and what goes wrong.
pub(crate) fn film(seconds: u32, kbps: u32, faults: &str) -> String {
    format!(
        "[network]
        rate_kbps = 20_000
        latency_ms = 20

        [[presentations]]
        name = 'film'
        duration_s = {seconds}
        segment_s = 2
        audio = []
        ladder = [{{ kbps = {kbps}, width = 320, height = 180 }}]
        {faults}"
    )
}

/// Counts what buffers refuse, by name, and writes down the time of each frame that was shown and where playback stood for
/// want of media.
const WATCH: &str = "
    window.refused = {};
    window.frames = [];
    window.waits = [];
    const append = SourceBuffer.prototype.appendBuffer;
    SourceBuffer.prototype.appendBuffer = function (bytes) {
        try { return append.call(this, bytes); }
        catch (error) { refused[error.name] = (refused[error.name] ?? 0) + 1; throw error; }
    };
    const video = document.querySelector('video');
    video.addEventListener('waiting', () => { if (frames.length) waits.push(video.currentTime); });
    const frame = (_, { mediaTime }) => {
        frames.push(mediaTime);
        video.requestVideoFrameCallback(frame);
    };
    video.requestVideoFrameCallback(frame);
    return null";

/// What [`WATCH`] wrote down.
#[derive(Debug, Deserialize)]
struct Watched {
    full: u32,
    frames: Vec<f64>,
    waits: Vec<f64>,
}

impl Room {
    /// Opens the page and has it watched, plays nothing yet.
    async fn open_watched(&self) {
        self.browser.open(&self.page).await.unwrap();
        self.run(WATCH).await;
    }

    async fn watched(&self) -> Watched {
        let look = "return { full: refused.QuotaExceededError ?? 0, frames, waits }";
        self.browser.js(look, vec![]).await.unwrap()
    }

    /// What was asked of segments below this path.
    fn asked(&self, path: &str) -> Vec<Entry> {
        let log = self.origin.log().into_iter();
        log.filter(|entry| entry.path.starts_with(path) && entry.path.contains(".m4s")).collect()
    }

    async fn is_ended(&self) -> anyhow::Result<Option<()>> {
        let ended: bool = self.browser.js("return document.querySelector('video').ended", vec![]).await?;
        Ok(ended.then_some(()))
    }

    /// Waits for the end.
    async fn ends(&self) {
        let end = until("the end", async || {
            let seen = self.look().await?;
            anyhow::ensure!(seen.failed.is_none(), "{seen:?}");
            self.is_ended().await
        });
        if let Err(error) = end.await {
            panic!("{error:#}: {:?}, {:?}", self.look().await, self.watched().await);
        }
    }
}

/// Segments that the origin sent as a whole, by path without the query.
fn served(asked: &[Entry]) -> Vec<&str> {
    let whole = asked.iter().filter(|entry| entry.status == 200 && !entry.aborted);
    whole.map(|entry| entry.path.split('?').next().unwrap_or_default()).collect()
}

fn times(asked: &[Entry], status: u16) -> usize {
    asked.iter().filter(|entry| entry.status == status).count()
}

fn without_repeats<T: Ord + Clone>(all: &[T]) -> usize {
    let mut all = all.to_vec();
    all.sort_unstable();
    all.dedup();
    all.len()
}

#[tokio::test]
async fn a_buffer_that_is_full_costs_neither_time_nor_bytes() {
    let test = "a_buffer_that_is_full_costs_neither_time_nor_bytes";
    // Room for eight of the sixteen seconds.
    let room = Room::open_with(test, &film(16, 1_000, ""), &["--mse-video-buffer-size-limit-mb=1"]).await;
    let Some(room) = room else { return };
    room.open_watched().await;
    room.play_here("{}").await;
    room.ends().await;
    let (watched, asked) = (room.watched().await, room.asked("/film/"));
    assert!((1..60).contains(&watched.full), "refused for lack of room {} times", watched.full);
    assert_eq!(watched.waits, [0.0; 0], "stood still");
    let served = served(&asked);
    assert_eq!((served.len(), without_repeats(&served)), (8, 8), "{asked:#?}");
    room.browser.close().await.unwrap();
}

#[tokio::test]
async fn a_segment_that_nobody_has_is_passed_over() {
    let missing = "[[faults]]
        kind = 'missing'
        url = 'film/video-0/4.m4s'";
    let Some(room) = Room::open("a_segment_that_nobody_has_is_passed_over", &film(16, 300, missing)).await else {
        return;
    };
    room.open_watched().await;
    room.play_here("{}").await;
    room.ends().await;
    let (watched, asked) = (room.watched().await, room.asked("/film/"));
    assert!((1..10).contains(&times(&asked, 404)), "{asked:#?}");
    let gaps = watched.frames.windows(2).filter(|pair| pair[1] - pair[0] > 1.0);
    let gaps: Vec<(f64, f64)> = gaps.map(|pair| (pair[0], pair[1])).collect();
    let [(before, after)] = gaps[..] else { panic!("{gaps:?} in {:?}", watched.frames) };
    assert!((7.8..8.0).contains(&before) && (9.9..10.3).contains(&after), "{gaps:?}");
    room.browser.close().await.unwrap();
}

/// Three rungs of different levels, which browsers call different codecs. What each is damaged in, it is at each attempt:
/// 64 bytes of a segment are others.
const DAMAGED: &str = "
    [network]
    rate_kbps = 20_000
    latency_ms = 20

    [[presentations]]
    name = 'film'
    duration_s = 22
    segment_s = 2
    audio = []
    ladder = [
        { kbps = 300, width = 320, height = 180 },
        { kbps = 900, width = 640, height = 360 },
        { kbps = 2_500, width = 1280, height = 720 },
    ]

    [[faults]]
    name = 'best'
    kind = 'corrupt'
    bytes = 64
    url = 'film/video-2/{2,5,8}.m4s'

    [[faults]]
    name = 'second'
    kind = 'corrupt'
    bytes = 64
    url = 'film/video-1/8.m4s'

    [[faults]]
    name = 'lowest'
    kind = 'corrupt'
    bytes = 64
    url = 'film/video-0/8.m4s'";

#[tokio::test]
async fn what_is_damaged_is_played_in_another_variant_or_passed_over() {
    let test = "what_is_damaged_is_played_in_another_variant_or_passed_over";
    let Some(room) = Room::open(test, DAMAGED).await else { return };
    room.open_watched().await;
    let errors = "window.errors = [];
        const video = document.querySelector('video');
        video.addEventListener('error', () => errors.push(`${video.currentTime} ${video.error?.message}`));
        return null";
    room.run(errors).await;
    room.play_here("{}").await;
    room.ends().await;
    let errors: Vec<String> = room.browser.js("return errors", vec![]).await.unwrap();
    let frames = room.watched().await.frames;
    let shown_in = |from: f64| frames.iter().filter(|at| (from..from + 2.0).contains(at)).count();
    let shown: Vec<usize> = (0..11).map(|number| shown_in(f64::from(number) * 2.0)).collect();
    assert!(errors.len() >= 4, "met what is damaged: {errors:#?}");
    // A machine that is busy drops frames of the 48, and of a segment that is damaged later on some can be shown.
    let (damaged, others): (Vec<_>, Vec<_>) = (0..).zip(shown).partition(|(number, _)| *number == 8);
    assert!(others.iter().all(|(_, frames)| *frames >= 12), "{others:?}, {errors:#?}");
    assert!(damaged.iter().all(|(_, frames)| *frames < 40), "{damaged:?}, {errors:#?}");
    room.browser.close().await.unwrap();
}

#[tokio::test]
async fn a_second_server_plays_until_the_first_is_back() {
    let copy = "
        [[presentations]]
        name = 'copy'
        duration_s = 80
        segment_s = 2
        audio = []
        ladder = [{ kbps = 300, width = 320, height = 180 }]

        [[faults]]
        kind = 'status'
        code = 500
        url = 'film/**/*.m4s'
        from_s = 2
        until_s = 20";
    let Some(room) = Room::open("a_second_server_plays_until_the_first_is_back", &film(80, 300, copy)).await else {
        return;
    };
    room.open_watched().await;
    // One playlist that names both, the first one first.
    let both = "const lines = async (url) => (await (await fetch(url)).text()).trim().split('\\n')
            .map((line) => line.startsWith('#') ? line : new URL(line, url).href);
        return Promise.all(arguments[0].map(lines)).then(([first, second]) => {
            const copies = second.slice(second.findIndex((line) => line.startsWith('#EXT-X-STREAM-INF')));
            return URL.createObjectURL(new Blob([[...first, ...copies].join('\\n')]));
        })";
    let both: String = room.browser.js(both, vec![json!(room.origin.play_urls())]).await.unwrap();
    room.origin.reset();
    room.play_url(&both, "{}").await;
    // As far as the first one comes before it breaks, the second one goes on; then the first one again.
    let came_back = |first: &[Entry]| {
        let refused = first.iter().rposition(|entry| entry.status == 500);
        refused.is_some_and(|refused| served(&first[refused..]).len() >= 2)
    };
    let seen = room.see("the first server again", |_| came_back(&room.asked("/film/"))).await;
    let other = "The server has a fault; playing from another one.";
    assert!(seen.notices.iter().any(|notice| notice == other), "{seen:?}");
    let (first, second) = (room.asked("/film/"), room.asked("/copy/"));
    let left = first.iter().rev().find(|entry| entry.status == 500).unwrap().time_ms;
    let back = first.iter().find(|entry| entry.time_ms > left).unwrap().time_ms;
    assert!(back - left > 25_000, "left alone for a while: {left} to {back} ms");
    let meanwhile = second.iter().filter(|entry| (left..back).contains(&entry.time_ms)).count();
    assert!(meanwhile >= 5 && second.iter().all(|entry| entry.time_ms < back), "{second:#?}");
    assert_eq!(room.watched().await.waits, [0.0; 0], "stood still");
    room.browser.close().await.unwrap();
}

#[tokio::test]
async fn addresses_that_expire_are_asked_for_anew() {
    let expires = "[[faults]]
        kind = 'expired-token'
        valid_s = 4
        url = '**/*.m4s'";
    let Some(room) = Room::open("addresses_that_expire_are_asked_for_anew", &film(44, 300, expires)).await else {
        return;
    };
    room.open_watched().await;
    room.origin.reset();
    room.play_here("{}").await;
    let renew = "window.renewed = 0;
        const [playlist] = arguments;
        player.onExpired(() => Promise.resolve(`${playlist}?fresh=${++renewed}`));
        return null";
    room.browser.js::<Option<()>>(renew, vec![json!(room.origin.play_urls()[0])]).await.unwrap();
    // The thirty seconds that are wanted ahead come at once, the rest only with addresses that are fresh.
    room.see("all of it", |_| served(&room.asked("/film/")).len() == 22).await;
    let (asked, log) = (room.asked("/film/"), room.origin.log());
    let renewed: usize = room.browser.js("return renewed", vec![]).await.unwrap();
    let fresh = log.iter().filter(|entry| entry.path.contains("fresh=")).count();
    assert!((1..6).contains(&renewed) && fresh == renewed, "{renewed} times, {fresh} playlists");
    assert!((renewed..=3 * renewed).contains(&times(&asked, 403)), "{asked:#?}");
    assert_eq!(without_repeats(&served(&asked)), 22, "{asked:#?}");
    assert_eq!(room.watched().await.waits, [0.0; 0], "stood still");
    room.browser.close().await.unwrap();
}

/// Chromium's own rule for pages that nobody has touched.
const STRICT: [&str; 1] = ["--autoplay-policy=document-user-activation-required"];

#[derive(Debug, Deserialize)]
struct Element {
    paused: bool,
    muted: bool,
    position_s: f64,
    ahead_s: f64,
    /// Whether somebody has pressed something.
    touched: bool,
}

impl Room {
    async fn element(&self) -> Element {
        let look = "const video = document.querySelector('video'), { buffered, paused, muted } = video;
            const ahead_s = buffered.length ? buffered.end(buffered.length - 1) - video.currentTime : 0;
            const touched = navigator.userActivation.hasBeenActive;
            return { paused, muted, position_s: video.currentTime, ahead_s, touched }";
        self.browser.js(look, vec![]).await.unwrap()
    }
}

#[tokio::test]
async fn a_browser_that_allows_no_sound_yet_plays_without() {
    let test = "a_browser_that_allows_no_sound_yet_plays_without";
    let Some(room) = Room::open_with(test, &film(8, 300, ""), &STRICT).await else { return };
    room.open_watched().await;
    room.run("document.querySelector('video').muted = false; return null").await;
    room.play_here("{ muted: () => seen.notices.push('muted') }").await;
    room.see("moving pictures", |seen| seen.position_s > 0.5).await;
    let element = room.element().await;
    assert!(element.muted && !element.paused && !element.touched, "{element:?}");
    assert_eq!(room.look().await.unwrap().notices, ["muted"], "the page can say so");
    room.browser.close().await.unwrap();
}

#[tokio::test]
async fn a_player_that_is_gone_leaves_the_element_alone() {
    let test = "a_player_that_is_gone_leaves_the_element_alone";
    let Some(room) = Room::open_with(test, &film(8, 300, ""), &STRICT).await else { return };
    room.open_watched().await;
    // The browser refuses when the player has been freed.
    let late = "const video = document.querySelector('video');
        video.muted = false;
        window.plays = 0;
        video.play = () => new Promise((_, reject) => {
            plays += 1;
            window.refuse = () => reject(new DOMException('', 'NotAllowedError'));
        });
        return null";
    room.run(late).await;
    room.play_here("{}").await;
    let asked = until("it to be asked to play", async || {
        Ok(room.browser.js::<bool>("return plays === 1", vec![]).await?.then_some(()))
    });
    asked.await.unwrap();
    let after = "player.free(); refuse(); return new Promise((done) => setTimeout(done))
        .then(() => [plays, document.querySelector('video').muted])";
    let after: (u32, bool) = room.browser.js(after, vec![]).await.unwrap();
    assert_eq!(after, (1, false), "asked to play, without sound");
    room.browser.close().await.unwrap();
}

#[tokio::test]
async fn a_browser_that_allows_nothing_yet_is_waited_for() {
    let test = "a_browser_that_allows_nothing_yet_is_waited_for";
    let Some(room) = Room::open_with(test, &film(16, 300, ""), &STRICT).await else { return };
    room.open_watched().await;
    // Chromium allows everything without sound, so it is not let go.
    let insists = "const video = document.querySelector('video'), play = video.play;
        video.muted = false;
        Object.defineProperty(video, 'muted', { get: () => false, set: () => {} });
        window.refusals = [];
        video.play = () => play.call(video).catch((error) => { refusals.push(error.name); throw error; });
        video.onclick = () => video.play();
        return null";
    room.run(insists).await;
    room.play_here("{ blocked: () => seen.notices.push('blocked') }").await;
    // The time is used.
    let loaded = until("all of it", async || {
        let element = room.element().await;
        anyhow::ensure!(element.paused && element.position_s == 0.0, "{element:?}");
        Ok((element.ahead_s > 15.5).then_some(element))
    });
    let loaded = loaded.await.unwrap();
    let refusals: Vec<String> = room.browser.js("return refusals", vec![]).await.unwrap();
    assert_eq!(refusals, ["NotAllowedError"; 2], "with sound, then without; {loaded:?}");
    assert_eq!(room.look().await.unwrap().notices, ["blocked"], "the page can show a button");
    let asked = room.asked("/film/").len();

    room.browser.press_at(100.0, 100.0).await.unwrap();
    room.see("moving pictures", |seen| seen.position_s > 1.0).await;
    let element = room.element().await;
    assert!(element.touched && !element.paused, "{element:?}");
    assert_eq!(
        (room.watched().await.waits, room.asked("/film/").len()),
        (vec![], asked),
        "stood still, or loaded again"
    );
    room.browser.close().await.unwrap();
}
