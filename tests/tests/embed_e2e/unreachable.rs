//! What cannot be loaded at all: without a network, or because the browser forbids it.

use serde_json::json;
use system_tests::browser::until;

use crate::Room;
use crate::trouble::film;

/// A small film on a good link.
fn scenario() -> String {
    film(8, 300, "")
}

impl Room {
    async fn set_offline(&self, offline: bool) {
        self.browser.cdp("Network.enable", json!({})).await.unwrap();
        let conditions = json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.browser.cdp("Network.emulateNetworkConditions", conditions).await.unwrap();
    }

    /// The sentence with which it gives up.
    async fn fails(&self) -> String {
        until("it to give up", async || Ok(self.look().await?.failed)).await.unwrap()
    }
}

#[tokio::test]
async fn a_start_without_a_network_is_made_up_for_when_there_is_one() {
    let Some(room) = Room::open("a_start_without_a_network_is_made_up_for_when_there_is_one", &scenario()).await else {
        return;
    };
    room.browser.open(&room.page).await.unwrap();
    // The page itself is there before the network goes.
    let [script, wasm] = &room.player;
    let load = "return import(`/${arguments[0]}`)
        .then((module) => module.default({ module_or_path: `/${arguments[1]}` })).then(() => null)";
    room.browser.js::<Option<()>>(load, vec![json!(script), json!(wasm)]).await.unwrap();
    room.set_offline(true).await;
    room.play_here("{ triesAgain: () => { seen.failed = null; seen.notices.push('tries again'); } }").await;
    assert_eq!(room.fails().await, "The server cannot be reached. Check the network and try again.");
    room.set_offline(false).await;
    let seen = room.see("the film", |seen| seen.position_s > 2.0).await;
    assert_eq!(seen.notices, ["The server does not answer; trying again.", "tries again"], "{seen:?}");
    assert_eq!(seen.stats["state"], "playing", "{seen:?}");
    room.browser.close().await.unwrap();
}

#[tokio::test]
async fn what_the_browser_forbids_is_told() {
    let Some(room) = Room::open("what_the_browser_forbids_is_told", &scenario()).await else { return };
    room.browser.open(&room.page).await.unwrap();
    room.play_url("rtmp://127.0.0.1/film", "{}").await;
    assert_eq!(room.fails().await, "This title may not be loaded: a browser does not load from rtmp: addresses.");
    // A server that answers everybody but pages of other sites.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("film.m3u8"), "#EXTM3U\n").unwrap();
    let closed = crate::site(folder.path(), false).await;
    room.play_url(&format!("{closed}film.m3u8"), "{}").await;
    let forbidden = "This title may not be loaded: 127.0.0.1 does not let pages of other sites load from it (CORS).";
    assert_eq!(room.fails().await, forbidden);
    // One that is not there at all is no such case.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = format!("http://{}/film.m3u8", listener.local_addr().unwrap());
    drop(listener);
    room.play_url(&nowhere, "{}").await;
    assert_eq!(room.fails().await, "The server cannot be reached. Check the network and try again.");
    room.browser.close().await.unwrap();
}
