//! What is done before anybody plays anything.

use serde::Deserialize;

use crate::Room;

const FILM: &str = "[[presentations]]\nduration_s = 8\nladder = [{ kbps = 300, width = 320, height = 180 }]\n";

/// What a rehearsal did to the page.
#[derive(Debug, PartialEq, Deserialize)]
struct Left {
    /// What was fetched.
    fetched: Vec<String>,
    /// Object URLs and intervals that were made and not ended.
    urls: i32,
    intervals: i32,
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
        "const left = {{ fetched: [], urls: 0, intervals: 0, complaints: [] }};
         const complain = (event) => left.complaints.push(String(event.reason ?? event.message));
         for (const kind of ['error', 'unhandledrejection']) window.addEventListener(kind, complain);
         const on = (owner, name, note) => {{
             const real = owner[name];
             owner[name] = function (...given) {{ note(...given); return real.apply(this, given); }};
         }};
         const {{ default: init, rehearse }} = await import('/{script}');
         await init({{ module_or_path: '/{wasm}' }});
         on(window, 'fetch', (what) => left.fetched.push(what.url ?? what));
         on(URL, 'createObjectURL', () => {{ left.urls += 1; }});
         on(URL, 'revokeObjectURL', () => {{ left.urls -= 1; }});
         on(window, 'setInterval', () => {{ left.intervals += 1; }});
         on(window, 'clearInterval', () => {{ left.intervals -= 1; }});
         await rehearse();
         // A second time does nothing, and what the first one began has come to its end.
         await rehearse();
         return {{ ...left, stored: localStorage.length }}"
    );
    let left: Left = room.browser.js(&format!("return (async () => {{ {rehearse} }})()"), vec![]).await.unwrap();
    let fetched = vec!["data:,".to_owned()];
    assert_eq!(left, Left { fetched, urls: 0, intervals: 0, stored: 0, complaints: vec![] });
    room.play_here("{}").await;
    room.see("the film plays", |seen| seen.position_s > 0.5).await;
}
