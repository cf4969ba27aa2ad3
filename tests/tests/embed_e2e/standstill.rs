//! What brings playback to a standstill where bytes are in order: a decoder that hangs, a page that is frozen as by a
//! device that sleeps, a pause that outlasts a live window, timestamps that leap, another codec.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use system_tests::browser::{programs_are_here, until};

use crate::Room;

/// A small film, and a second one that lasts half as long.
const FILMS: &str = "
    [network]
    rate_kbps = 20_000
    latency_ms = 20

    [[presentations]]
    name = 'film'
    duration_s = 24
    segment_s = 2
    audio = ['en']
    ladder = [{ kbps = 300, width = 320, height = 180 }]

    [[presentations]]
    name = 'break'
    duration_s = 12
    segment_s = 2
    audio = ['en']
    ladder = [{ kbps = 300, width = 320, height = 180 }]";

/// Writes down where frames were shown, where playback stood for want of media, and where it was sent.
const WATCH: &str = "
    window.frames = [];
    window.waits = [];
    window.moves = [];
    const video = document.querySelector('video');
    video.addEventListener('waiting', () => { if (frames.length) waits.push(video.currentTime); });
    video.addEventListener('seeking', () => { if (frames.length) moves.push(video.currentTime); });
    const frame = (_, { mediaTime }) => { frames.push(mediaTime); video.requestVideoFrameCallback(frame); };
    video.requestVideoFrameCallback(frame);
    return null";

#[derive(Debug, Deserialize)]
struct Watched {
    frames: Vec<f64>,
    waits: Vec<f64>,
    moves: Vec<f64>,
    ended: bool,
}

impl Room {
    async fn so_far(&self) -> Watched {
        let look = "return { frames, waits, moves, ended: document.querySelector('video').ended }";
        self.browser.js(look, vec![]).await.unwrap()
    }

    async fn open_and_watch(&self) {
        self.browser.open(&self.page).await.unwrap();
        self.run(WATCH).await;
    }

    async fn has_ended(&self) -> Watched {
        let ended = until("the end", async || {
            let seen = self.look().await?;
            anyhow::ensure!(seen.failed.is_none(), "{seen:?}");
            Ok(Some(self.so_far().await).filter(|watched| watched.ended))
        });
        match ended.await {
            Ok(watched) => watched,
            Err(error) => panic!("{error:#}: {:?}, {:?}", self.look().await, self.so_far().await),
        }
    }
}

#[tokio::test]
async fn a_decoder_that_hangs_is_pushed_on() {
    let Some(room) = Room::open("a_decoder_that_hangs_is_pushed_on", FILMS).await else { return };
    room.open_and_watch().await;
    // The element says that it plays, has all that it needs, and stays where it is until it is sent elsewhere.
    let hangs = "const video = document.querySelector('video');
        const { get, set } = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'currentTime');
        window.held = null;
        Object.defineProperty(video, 'currentTime', {
            get: () => held ?? get.call(video),
            set: (to) => { held = null; set.call(video, to); },
        });
        return null";
    room.run(hangs).await;
    room.play_here("{ stalled: (why) => seen.notices.push(why) }").await;
    room.see("a second of film", |seen| seen.position_s > 1.0).await;
    room.run("held = document.querySelector('video').currentTime; return null").await;
    let seen = room.see("playback further on", |seen| seen.position_s > 4.0).await;
    assert_eq!(seen.notices, ["decoder"], "{seen:?}");
    assert_eq!(seen.stats["stalls"], 1, "{seen:?}");
    let watched = room.so_far().await;
    assert_eq!(watched.moves.len(), 1, "pushed once: {watched:?}");
    room.browser.close().await.unwrap();
}

#[tokio::test]
async fn sleep_is_no_stall() {
    let Some(room) = Room::open("sleep_is_no_stall", FILMS).await else { return };
    room.open_and_watch().await;
    room.play_here("{ stalled: (why) => seen.notices.push(why) }").await;
    room.see("a second of film", |seen| seen.position_s > 1.0).await;
    room.browser.sleep(Duration::from_secs(13)).await.unwrap();
    room.has_ended().await;
    let seen = room.look().await.unwrap();
    assert_eq!((&seen.stats["stalls"], seen.notices.len()), (&json!(0), 0), "{seen:?}");
    room.browser.close().await.unwrap();
}

/// The media playlists of both films as one, with what they say of each other: the first half of the first film, the
/// second film, the rest of the first.
const JOINED: &str = "
    const [film, other, tag] = arguments;
    const read = async (url) => {
        const text = await (await fetch(url)).text(), lines = text.trim().split('\\n');
        const map = /URI=\"([^\"]*)\"/.exec(lines.find((line) => line.startsWith('#EXT-X-MAP')))[1];
        const segments = [];
        lines.forEach((line, at) => {
            if (line && !line.startsWith('#')) segments.push([lines[at - 1], new URL(line, url).href]);
        });
        return { map: `#EXT-X-MAP:URI=\"${new URL(map, url)}\"`, segments };
    };
    const track = async (name) => {
        const [first, second] = await Promise.all([film, other].map((url) => read(url.replace('main', name))));
        const part = ({ map, segments }, from, to) => [map, ...segments.slice(from, to).flat()];
        const half = first.segments.length / 2;
        const all = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-TARGETDURATION:3', ...part(first, 0, half), ...tag,
            ...part(second, 0), ...tag, ...part(first, half), '#EXT-X-ENDLIST'];
        return URL.createObjectURL(new Blob([all.join('\\n')]));
    };
    return Promise.all(['video-0/playlist', 'audio-en/playlist'].map(track)).then(([video, audio]) =>
        URL.createObjectURL(new Blob([`#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"English\",DEFAULT=YES,AUTOSELECT=YES,URI=\"${audio}\"
#EXT-X-STREAM-INF:BANDWIDTH=500000,CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"a\"
${video}`])))";

#[tokio::test]
async fn timestamps_that_leap_are_played_as_one_film() {
    let Some(room) = Room::open("timestamps_that_leap_are_played_as_one_film", FILMS).await else { return };
    // As a packager joins them.
    room.open_and_watch().await;
    let [film, other] = room.origin.play_urls().try_into().unwrap();
    let tagged = json!(["#EXT-X-DISCONTINUITY"]);
    let joined: String = room.browser.js(JOINED, vec![json!(film), json!(other), tagged]).await.unwrap();
    room.play_url(&joined, "{}").await;
    let watched = room.has_ended().await;
    assert_eq!((watched.waits.as_slice(), watched.moves.as_slice()), ([].as_slice(), [].as_slice()));
    // Each part lies where the playlist says, and none is left out.
    let shown_in = |from: f64| watched.frames.iter().filter(|at| (from..from + 2.0).contains(at)).count();
    let shown: Vec<usize> = (0..18).map(|number| shown_in(f64::from(number) * 2.0)).collect();
    assert!(shown.iter().all(|frames| *frames >= 12), "{shown:?}");
    // Back into the second film, whose clock is not the first one's.
    room.run("player.seek(14); return null").await;
    let back = |seen: &crate::Seen| (14.5..17.0).contains(&seen.position_s);
    room.see("the second film again", back).await;
    room.browser.close().await.unwrap();
}

#[tokio::test]
async fn another_codec_is_played_in_the_same_buffer() {
    let test = "another_codec_is_played_in_the_same_buffer";
    let Some(room) = Room::open(test, FILMS).await else { return };
    if !programs_are_here(test, &["ffmpeg"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let page = crate::site(folder.path(), true).await;
    // The same pictures in two codecs, both cut every second.
    let variants = [("h264", "libx264", "avc1.64001f"), ("vp9", "libvpx-vp9", "vp09.00.10.08")];
    let mut main = "#EXTM3U\n".to_owned();
    for (number, (name, encoder, codec)) in variants.into_iter().enumerate() {
        let run = std::process::Command::new("ffmpeg")
            .args([
                "-v",
                "error",
                "-f",
                "lavfi",
                "-i",
                "testsrc=size=320x180:rate=24:duration=24",
                "-pix_fmt",
                "yuv420p",
            ])
            .args(["-c:v", encoder, "-b:v", "300k", "-g", "24", "-keyint_min", "24", "-deadline", "realtime"])
            .args(["-f", "hls", "-hls_time", "1", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4"])
            .args(["-hls_fmp4_init_filename", &format!("{name}.mp4")])
            .arg(folder.path().join(format!("{name}.m3u8")))
            .output()
            .unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        let rate = 400_000 + number * 50_000;
        main += &format!("#EXT-X-STREAM-INF:BANDWIDTH={rate},RESOLUTION=320x180,CODECS=\"{codec}\"\n{name}.m3u8\n");
    }
    std::fs::write(folder.path().join("main.m3u8"), main).unwrap();
    room.open_and_watch().await;
    let changes = "window.types = [];
        const change = SourceBuffer.prototype.changeType;
        SourceBuffer.prototype.changeType = function (type) { types.push(type); return change.call(this, type); };
        return null";
    room.run(changes).await;
    room.play_url(&format!("{page}main.m3u8"), "{}").await;
    room.run("player.lockVariant(0); return null").await;
    room.see("the first codec", |seen| seen.position_s > 2.0).await;
    // A start may be in either.
    room.run("waits.length = 0; return null").await;
    room.run("player.lockVariant(1); return null").await;
    room.see("the second codec", |seen| seen.stats["rendition"]["bitrate_bps"] == 450_000).await;
    room.run("player.lockVariant(0); return null").await;
    room.see("the first codec again", |seen| seen.stats["rendition"]["bitrate_bps"] == 400_000).await;
    let watched = room.has_ended().await;
    let types: Vec<String> = room.browser.js("return types", vec![]).await.unwrap();
    let named = |codec: &str| types.iter().any(|kind| kind.contains(codec));
    assert!(named("vp09") && named("avc1"), "{types:?}");
    assert_eq!(watched.waits, [0.0; 0], "stood still");
    assert!(watched.frames.windows(2).all(|pair| pair[1] - pair[0] < 1.0), "left something out: {:?}", watched.frames);
    room.browser.close().await.unwrap();
}
