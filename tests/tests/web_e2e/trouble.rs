//! Trouble between page and server: connections that break, segments that are missing or cut off, no network for a
//! while. The film goes on, and the server learns what it was like.

use std::path::Path;
use std::time::Duration;

use mock_origin::{Origin, OriginConfig, Scenario};
use serde_json::json;
use system_tests::browser::until_within;
use system_tests::browser::watch::WatchPage;

use crate::Cinema;

/// One of each, in the order in which segments are asked for, and six seconds in which every connection breaks.
const FAULTS: &str = r#"
[network]
rate_kbps = 20_000
latency_ms = 10

[[faults]]
name = "reset"
kind = "reset"
after_share = 0.5
url = "media/**/*.m4s"
nth = [5]

[[faults]]
name = "missing"
kind = "status"
code = 404
url = "media/**/*.m4s"
nth = [9]

[[faults]]
name = "cut"
kind = "truncate"
after_share = 0.7
url = "media/**/*.m4s"
nth = [14]

[[faults]]
name = "offline"
kind = "reset"
url = "media/**"
from_s = 12
until_s = 18
"#;
/// The film takes a minute, and a busy machine longer to make its segments.
const WHOLE_FILM: Duration = Duration::from_secs(180);

#[tokio::test]
async fn the_film_goes_on_whatever_happens_to_its_segments() {
    let Some(cinema) = Cinema::open("the_film_goes_on_whatever_happens_to_its_segments").await else { return };
    let id = cinema.server.ready_movie("The Long Take").await.unwrap();
    let scenario = Scenario::read(FAULTS, Path::new(".")).unwrap();
    let upstream = Some(cinema.server.origin().parse().unwrap());
    let link = Origin::start(OriginConfig { upstream, ..OriginConfig::of(scenario) }).await.unwrap();
    let origin = format!("http://{}", link.address());
    let page = WatchPage::open(&cinema.browser, &origin, &id, "?source=hls").await.unwrap();
    page.plays().await.unwrap();
    let end = until_within(WHOLE_FILM, "the end of the film", async || {
        let stats = page.stats().await?;
        anyhow::ensure!(stats.state != "failed", "the player gave up: {stats:?}");
        Ok((stats.state == "ended").then_some(stats))
    });
    let stats = match end.await {
        Ok(stats) => stats,
        Err(error) => panic!("{error:#}\n{}\n{:#?}", page.everything().await, faults_of(&link)),
    };
    assert!(stats.position_s > 58.0, "{stats:?}");
    // The buffer outlasts most of the outage; a busy machine that makes segments late has less of it.
    assert!(stats.stalls <= 3 && stats.stalled_ms < 8_000.0, "{stats:?}\n{:#?}", faults_of(&link));
    let met = faults_of(&link);
    for name in ["reset", "missing", "cut", "offline"] {
        assert!(met.iter().any(|(fault, _)| fault == name), "no request met {name}: {met:#?}");
    }
    cinema.close().await;
}

/// Which faults were met, by which requests.
fn faults_of(link: &Origin) -> Vec<(String, String)> {
    let entries = link.log();
    entries
        .into_iter()
        .flat_map(|entry| entry.faults.iter().map(|fault| (fault.clone(), entry.path.clone())).collect::<Vec<_>>())
        .collect()
}

#[tokio::test]
async fn what_a_playback_was_like_reaches_the_metrics() {
    let Some(cinema) = Cinema::open("what_a_playback_was_like_reaches_the_metrics").await else { return };
    let id = cinema.server.ready_movie("The Long Take").await.unwrap();
    let page = WatchPage::open(&cinema.browser, &cinema.server.origin(), &id, "?source=hls").await.unwrap();
    page.plays().await.unwrap();
    let second = until_within(Duration::from_secs(20), "a second of film", async || {
        Ok((page.stats().await?.position_s > 1.0).then_some(()))
    });
    second.await.unwrap();
    // Away from the film: the last report is on its way while the page goes.
    let away = format!("{}/", cinema.server.origin());
    cinema.browser.js::<Option<()>>("location.href = arguments[0]; return null", vec![json!(away)]).await.unwrap();
    let metrics = format!("{}/metrics", cinema.server.origin());
    let told = until_within(Duration::from_secs(20), "a report", async || {
        let text = reqwest::get(&metrics).await?.text().await?;
        Ok(text.contains("video_playbacks_total{outcome=\"left\"} 1").then_some(text))
    });
    let told = told.await.unwrap();
    assert!(told.contains("video_start_time_seconds_count 1\n"), "{told}");
    let watched = told.lines().find_map(|line| line.strip_prefix("video_watched_seconds_total "));
    assert!(watched.and_then(|seconds| seconds.parse::<f64>().ok()).is_some_and(|seconds| seconds > 0.5), "{told}");
    cinema.close().await;
}
