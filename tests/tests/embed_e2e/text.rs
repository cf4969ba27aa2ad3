//! Subtitles, and requests that a page has a say in.

use serde_json::{Value, json};
use system_tests::browser::until;

use crate::Room;

const CARD: &str = r#"
[network]
rate_kbps = 5_000
latency_ms = 20

[[presentations]]
name = "film"
duration_s = 12
audio = ["en", "de"]
subtitles = ["fr", "de"]
ladder = [{ kbps = 300, width = 320, height = 180 }]
"#;

#[tokio::test]
async fn subtitles_come_at_their_time_in_the_viewers_language_and_go_when_they_are_switched_off() {
    let test = "subtitles_come_at_their_time_in_the_viewers_language_and_go_when_they_are_switched_off";
    let Some(room) = Room::open(test, CARD).await else { return };
    // English is heard, and who reads only German gets German subtitles.
    room.play("{ languages: ['en-GB'], textLanguages: ['de-CH'] }").await;
    let seen = room.see("the second second", |seen| seen.cues.iter().any(|cue| cue == "Sekunde 2 (de)")).await;
    assert!((2.0..3.0).contains(&seen.position_s), "{seen:?}");
    for (at, text) in &seen.shown {
        // A cue is shown from its second on, for 0.9 s; the event comes a moment later.
        let second: f64 = text.split(' ').nth(1).unwrap().parse().unwrap();
        assert!((second..second + 1.0).contains(at), "{text} at {at}");
    }
    let names: Vec<_> =
        seen.texts.iter().flat_map(|texts| texts.as_array().unwrap()).map(|text| &text["name"]).collect();
    assert_eq!((names, seen.chosen), (vec![&json!("Français"), &json!("Deutsch")], Some(1)));

    let select = async |id: Value| {
        let select = "player.selectText(arguments[0] ?? undefined); return null";
        room.browser.js::<Option<()>>(select, vec![id]).await.unwrap();
    };
    select(Value::Null).await;
    let off = room.see("nothing to read", |seen| seen.chosen.is_none() && seen.cues.is_empty()).await;
    assert_eq!(off.tracks, 0, "{off:?}");
    let quiet = room.see("a second without", |seen| seen.position_s > off.position_s + 1.2).await;
    assert_eq!(quiet.shown.len(), off.shown.len(), "{quiet:?}");

    select(json!(0)).await;
    let french = room.see("French", |seen| seen.cues.iter().any(|cue| cue.starts_with("Seconde"))).await;
    assert_eq!((french.chosen, french.tracks), (Some(0), 1));
    let log = room.origin.log();
    let loaded = |path: &str| log.iter().filter(|entry| entry.path.starts_with(path)).count();
    assert!(loaded("/film/subtitles-de/") > 0 && loaded("/film/audio-en/") > 0, "{log:?}");
    room.browser.close().await.unwrap();
}

#[tokio::test]
async fn a_page_has_a_say_in_every_request() {
    let Some(room) = Room::open("a_page_has_a_say_in_every_request", CARD).await else { return };
    room.play(
        "{ textLanguages: ['fr'], languages: ['en'], request: async (url, kind) => {
             (window.kinds ??= new Set()).add(kind);
             const changed = new URL(url);
             changed.searchParams.set('kind', kind);
             return { url: changed.href, credentials: 'omit', headers: new Headers({ 'x-viewer': 'me' }) };
           } }",
    )
    .await;
    room.see("French", |seen| seen.cues.iter().any(|cue| cue.starts_with("Seconde"))).await;
    let kinds: Vec<String> = room.browser.js("return [...kinds].sort()", vec![]).await.unwrap();
    assert_eq!(kinds, ["init", "playlist", "segment", "text"]);
    let log = room.origin.log();
    let plain: Vec<_> =
        log.iter().filter(|entry| entry.path != "/favicon.ico" && !entry.path.contains("kind=")).collect();
    assert!(plain.is_empty(), "{plain:?}");
    let is_signed =
        |headers: &[(String, String)]| headers.iter().any(|(name, value)| name == "x-viewer" && value == "me");
    let media: Vec<_> = log.iter().filter(|entry| entry.method == "GET" && entry.path != "/favicon.ico").collect();
    assert!(!media.is_empty() && media.iter().all(|entry| is_signed(&entry.request_headers)), "{media:?}");

    // What it throws is told.
    room.play("{ request: () => { throw new Error('you are not signed in') } }").await;
    let failed = until("the end", async || Ok(room.look().await?.failed)).await.unwrap();
    assert_eq!(failed, "This title may not be loaded: you are not signed in.");
    room.browser.close().await.unwrap();
}
