//! A player that is not ours plays what the mock origin makes: the test card, as a film and live, over HTTP/1.1 and HTTP/2.
//!
//! hls.js in Chromium. Slow: only where `RUN_SLOW=1`; needs GStreamer's programs, which encode the card once.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::path::Path;

use mock_origin::{Origin, OriginConfig, Scenario};
use serde::Deserialize;
use serde_json::json;
use system_tests::browser::{Browser, node_modules, programs_are_here, until};
use system_tests::server::slow_tests_run;

/// Two small rungs, quick to encode; the link carries both.
const CARD: &str = r#"
[network]
rate_kbps = 5_000
latency_ms = 20

[[presentations]]
name = "film"
duration_s = 12
audio = ["en", "de"]
subtitles = ["fr"]
ladder = [{ kbps = 300, width = 320, height = 180 }, { kbps = 900, width = 480, height = 270 }]

[[presentations]]
name = "live"
segment_s = 3.84
audio = ["en"]
ladder = [{ kbps = 300, width = 320, height = 180 }]
live = { window = 5 }
"#;

/// What the page saw.
#[derive(Debug, Deserialize)]
struct Seen {
    errors: Vec<String>,
    widths: Vec<u32>,
    position_s: f64,
    ended: bool,
    languages: Vec<String>,
    subtitles: Vec<String>,
    protocol: String,
}

/// hls.js, where the test can run.
fn script(test: &str) -> Option<String> {
    let runs = slow_tests_run(test) && Browser::is_here(test) && programs_are_here(test, &["gst-launch-1.0"]);
    let modules = runs.then(|| node_modules(test))??;
    Some(std::fs::read_to_string(modules.join("hls.js/dist/hls.js")).unwrap())
}

async fn play(browser: &Browser, script: &str, page: &str, url: &str) {
    browser.open(page).await.unwrap();
    let play = format!(
        "{script};
         document.body.innerHTML = '<video></video>';
         const video = document.querySelector('video');
         const seen = window.seen = {{ errors: [], widths: [] }};
         const look = (_, frame) => {{
             if (seen.widths.at(-1) !== frame.width) seen.widths.push(frame.width);
             video.requestVideoFrameCallback(look);
         }};
         video.requestVideoFrameCallback(look);
         const hls = window.hls = new window.Hls();
         hls.on('hlsError', (_, data) => seen.errors.push(`${{data.type}} ${{data.details}} ${{data.reason ?? ''}}`));
         hls.loadSource(arguments[0]);
         hls.attachMedia(video);
         video.play();
         return null"
    );
    browser.js::<Option<()>>(&play, vec![json!(url)]).await.unwrap();
}

async fn look(browser: &Browser) -> anyhow::Result<Seen> {
    let look = "const video = document.querySelector('video');
        const loads = performance.getEntriesByType('resource').filter(load => load.name.includes('.m4s'));
        return {
            errors: seen.errors, widths: seen.widths, position_s: video.currentTime, ended: video.ended,
            languages: hls.audioTracks.map(track => track.lang), subtitles: hls.subtitleTracks.map(track => track.lang),
            protocol: loads.at(-1)?.nextHopProtocol ?? '',
        }";
    browser.js(look, vec![]).await
}

#[tokio::test]
async fn hls_js_plays_the_test_card_as_a_film_and_live() {
    let Some(script) = script("hls_js_plays_the_test_card_as_a_film_and_live") else { return };
    let scenario = Scenario::read(CARD, Path::new(".")).unwrap();
    let origin = Origin::start(OriginConfig::of(scenario)).await.unwrap();
    let urls = origin.play_urls();
    let browser = Browser::start().await.unwrap();

    play(&browser, &script, origin.url(), &urls[0]).await;
    let film = until("the end of the film", async || Ok(Some(look(&browser).await?).filter(|seen| seen.ended)));
    let film = film.await.unwrap();
    assert!(film.errors.is_empty() && (film.position_s - 12.0).abs() < 0.1, "{film:?}");
    assert_eq!((film.widths.last(), film.protocol.as_str()), (Some(&480), "http/1.1"));
    assert_eq!((film.languages, film.subtitles), (vec!["en".to_owned(), "de".to_owned()], vec!["fr".to_owned()]));
    // The referee saw the same: nothing was missing, and the better rung was asked for.
    let log = origin.log();
    assert!(log.iter().all(|entry| entry.status == 200 || entry.path == "/favicon.ico"), "{log:?}");
    assert!(log.iter().any(|entry| entry.path == "/film/video-1/2.m4s"));

    play(&browser, &script, origin.url(), &urls[1]).await;
    let first = until("a live picture", async || {
        Ok(Some(look(&browser).await?).filter(|seen| !seen.widths.is_empty()).map(|seen| seen.position_s))
    });
    let first = first.await.unwrap();
    let later = until("ten seconds live", async || {
        Ok(Some(look(&browser).await?).filter(|seen| seen.position_s > first + 10.0))
    });
    let later = later.await.unwrap();
    assert!(later.errors.is_empty() && !later.ended, "{later:?}");
    browser.close().await.unwrap();
}

#[tokio::test]
async fn the_test_card_plays_over_http_2_with_a_certificate_of_its_own() {
    let Some(script) = script("the_test_card_plays_over_http_2_with_a_certificate_of_its_own") else { return };
    let scenario = Scenario::read(CARD, Path::new(".")).unwrap();
    let origin = Origin::start(OriginConfig { tls: true, ..OriginConfig::of(scenario) }).await.unwrap();
    let browser = Browser::start().await.unwrap();
    // Nobody vouches for the certificate; WebDriver's own command lets it pass.
    let accept = json!({ "ignore": true });
    browser.cdp("Security.setIgnoreCertificateErrors", accept).await.unwrap();
    play(&browser, &script, origin.url(), &origin.play_urls()[0]).await;
    let seen = until("a picture", async || {
        Ok(Some(look(&browser).await?).filter(|seen| seen.position_s > 1.0 && !seen.protocol.is_empty()))
    });
    let seen = seen.await.unwrap();
    assert!(seen.errors.is_empty() && seen.protocol == "h2", "{seen:?}");
    browser.close().await.unwrap();
}
