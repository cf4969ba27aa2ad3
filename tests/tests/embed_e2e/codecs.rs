//! What only the media itself says of its codecs, and what a browser makes of it.

use serde_json::json;

use crate::Room;

const FILM: &str = "
    [network]
    rate_kbps = 20_000
    latency_ms = 20

    [[presentations]]
    name = 'film'
    duration_s = 8
    segment_s = 2
    audio = ['en']
    ladder = [{ kbps = 300, width = 320, height = 180 }, { kbps = 900, width = 640, height = 360 }]";

impl Room {
    /// The film's playlist with absolute addresses, changed by `change`, JavaScript of `text`, at an address of the page.
    async fn changed(&self, change: &str) -> String {
        let script = format!(
            "const [url] = arguments;
             const absolute = (text) => text.split('\\n').map((line) => line.startsWith('#') || !line
                 ? line.replace(/URI=\"([^\"]*)\"/, (_, uri) => `URI=\"${{new URL(uri, url)}}\"`)
                 : new URL(line, url).href).join('\\n');
             return fetch(url).then((answer) => answer.text()).then(absolute)
                 .then((text) => URL.createObjectURL(new Blob([{change}])))"
        );
        self.browser.js(&script, vec![json!(self.origin.play_urls()[0])]).await.unwrap()
    }

    /// Plays this playlist and waits for its end, with pictures or without.
    async fn plays_to_the_end(&self, url: &str, has_pictures: bool) {
        self.play_url(url, "{}").await;
        self.see(&format!("the end of {url}"), |seen| seen.position_s > 7.8).await;
        let width: u32 = self.browser.js("return document.querySelector('video').videoWidth", vec![]).await.unwrap();
        assert_eq!(width > 0, has_pictures, "{url}: {width} pixels");
        self.run("player.free(); return null").await;
    }
}

#[tokio::test]
async fn a_media_playlist_opened_directly_plays() {
    let Some(room) = Room::open("a_media_playlist_opened_directly_plays", FILM).await else { return };
    room.browser.open(&room.page).await.unwrap();
    let whole = &room.origin.play_urls()[0];
    let part = |folder: &str| url::Url::parse(whole).unwrap().join(&format!("{folder}/playlist.m3u8")).unwrap();
    room.plays_to_the_end(part("video-1").as_str(), true).await;
    room.plays_to_the_end(part("audio-en").as_str(), false).await;
    room.browser.close().await.unwrap();
}

#[tokio::test]
async fn a_multivariant_playlist_need_not_name_its_codecs() {
    let Some(room) = Room::open("a_multivariant_playlist_need_not_name_its_codecs", FILM).await else { return };
    room.browser.open(&room.page).await.unwrap();
    // Without any, and with two of sound, so that it is not said which one is whose.
    for change in ["text.replace(/,CODECS=\"[^\"]*\"/g, '')", "text.replace('mp4a.40.2', 'mp4a.40.5')"] {
        let playlist = room.changed(change).await;
        room.plays_to_the_end(&playlist, true).await;
    }
    room.browser.close().await.unwrap();
}

/// Media Capabilities that never answer, so that only buffers tell what cannot be played.
const NO_ANSWERS: &str = "navigator.mediaCapabilities.decodingInfo = () => new Promise(() => {}); return null";

#[tokio::test]
async fn a_buffer_that_the_browser_refuses_is_made_for_another_codec() {
    let Some(room) = Room::open("a_buffer_that_the_browser_refuses_is_made_for_another_codec", FILM).await else {
        return;
    };
    room.browser.open(&room.page).await.unwrap();
    room.run(NO_ANSWERS).await;
    // All are said to be in a codec that no browser has, but for one that is too dear to begin with.
    let lacking = "text.replace(/avc1/g, 'avc9').trimEnd() + '\\n'
        + text.trimEnd().split('\\n').slice(-2).join('\\n').replace(/BANDWIDTH=\\d+/g, 'BANDWIDTH=50000000')";
    let playlist = room.changed(lacking).await;
    let makes = "window.made = [];
        const add = MediaSource.prototype.addSourceBuffer;
        MediaSource.prototype.addSourceBuffer = function (type) { made.push(type); return add.call(this, type); };
        return null";
    room.run(makes).await;
    room.plays_to_the_end(&playlist, true).await;
    let made: Vec<String> = room.browser.js("return made", vec![]).await.unwrap();
    let pictures: Vec<_> = made.iter().filter(|mime| mime.starts_with("video")).collect();
    let (last, refused) = pictures.split_last().unwrap();
    assert!(
        last.contains("avc1") && !refused.is_empty() && refused.iter().all(|mime| mime.contains("avc9")),
        "{made:?}"
    );
    room.browser.close().await.unwrap();
}

#[tokio::test]
async fn sound_that_the_browser_lacks_gives_way_to_another_group() {
    let Some(room) = Room::open("sound_that_the_browser_lacks_gives_way_to_another_group", FILM).await else { return };
    room.browser.open(&room.page).await.unwrap();
    let lacks = "return !MediaSource.isTypeSupported('audio/mp4; codecs=\"ec-3\"')";
    assert!(room.browser.js::<bool>(lacks, vec![]).await.unwrap(), "this browser plays all of it");
    // Each variant once more, a little dearer, with a group in another codec.
    let both =
        "text.replace(/^#EXT-X-MEDIA:TYPE=AUDIO.*$/m, (line) => `${line}\\n${line.replace('\"audio\"', '\"dolby\"')}`)
        .replace(/^(#EXT-X-STREAM-INF.*)\\n(.*)$/gm, (own, line, uri) => own + '\\n' + line
            .replace(/:BANDWIDTH=(\\d+)/, (_, rate) => `:BANDWIDTH=${+rate + 100000}`)
            .replace(/mp4a.40.2/, 'ec-3').replace('\"audio\"', '\"dolby\"') + '\\n' + uri)";
    let playlist = room.changed(both).await;
    let text: String =
        room.browser.js("return fetch(arguments[0]).then((it) => it.text())", vec![json!(playlist)]).await.unwrap();
    assert!(text.matches("AUDIO=\"dolby\"").count() == 2 && text.matches("ec-3").count() == 2, "{text}");
    room.plays_to_the_end(&playlist, true).await;
    // Nor where the browser says nothing beforehand.
    room.run(NO_ANSWERS).await;
    room.run("MediaSource.isTypeSupported = () => true; return null").await;
    room.plays_to_the_end(&playlist, true).await;
    room.browser.close().await.unwrap();
}
