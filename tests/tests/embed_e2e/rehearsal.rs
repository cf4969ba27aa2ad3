//! What is done before anybody plays anything.

use serde::Deserialize;

use crate::Room;

const FILM: &str = "[[presentations]]\nduration_s = 8\nladder = [{ kbps = 300, width = 320, height = 180 }]\n";

/// What a rehearsal left on the page.
#[derive(Debug, PartialEq, Deserialize)]
struct Left {
    /// Addresses that were asked for meanwhile.
    asked: Vec<String>,
    /// Of the page's own element.
    source: String,
    stored: u32,
    /// What the browser complained of.
    complaints: Vec<String>,
}

#[tokio::test]
async fn a_rehearsal_leaves_nothing_behind_and_the_film_plays() {
    let Some(room) = Room::open("a_rehearsal_leaves_nothing_behind_and_the_film_plays", FILM).await else { return };
    room.browser.open(&room.page).await.unwrap();
    let [script, wasm] = &room.player;
    let rehearse = format!(
        "const complaints = [], complain = (event) => complaints.push(String(event.reason ?? event.message));
         for (const kind of ['error', 'unhandledrejection']) window.addEventListener(kind, complain);
         const {{ default: init, rehearse }} = await import('/{script}');
         await init({{ module_or_path: '/{wasm}' }});
         performance.clearResourceTimings();
         await rehearse();
         // A second time is no harm, and what the first one began has come to its end.
         await rehearse();
         const asked = performance.getEntriesByType('resource').map((load) => load.name);
         return {{ asked, source: document.querySelector('video').src, stored: localStorage.length, complaints }}"
    );
    let left: Left = room.browser.js(&format!("return (async () => {{ {rehearse} }})()"), vec![]).await.unwrap();
    assert_eq!(left, Left { asked: vec![], source: String::new(), stored: 0, complaints: vec![] });
    assert_eq!(room.origin.log().len(), 0, "nothing was loaded");
    room.play_here("{}").await;
    room.see("the film plays", |seen| seen.position_s > 0.5).await;
}
