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
