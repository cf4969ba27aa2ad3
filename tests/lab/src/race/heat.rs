//! One run: a fresh browser, one player, one circuit.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use mock_origin::Origin;
use serde_json::json;
use test_browser::Browser;

use super::circuit::Circuit;
use super::entrant::{Entrant, Sources};
use super::figures::{Heat, Outcome, Seen};
use super::stage::Stage;

/// A browser and a page are ready within this, and answer within this.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs it. What goes wrong with the player is an outcome like any other.
pub(super) async fn run(
    number: usize,
    entrant: Entrant,
    sources: &Sources,
    circuit: &Circuit,
    origin: &Origin,
) -> Heat {
    let limit = circuit.watch + PATIENCE;
    let attempt = tokio::time::timeout(limit, play(entrant, sources, circuit, origin)).await;
    let outcome = match attempt {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => Outcome::failed(format!("{error:#}")),
        Err(_) => Outcome::failed(format!("the browser did not answer within {} s", limit.as_secs())),
    };
    Heat::new(number, entrant, circuit, load_average(), outcome)
}

async fn play(entrant: Entrant, sources: &Sources, circuit: &Circuit, origin: &Origin) -> Result<Outcome> {
    let stage = Stage::start(entrant, sources.clone()).await?;
    let browser = Browser::start().await?;
    let played = play_in(&browser, stage.url(), entrant, circuit, origin).await;
    let closed = browser.close().await;
    // What went wrong first is what counts.
    let outcome = played?;
    closed?;
    Ok(outcome)
}

async fn play_in(
    browser: &Browser,
    page: &str,
    entrant: Entrant,
    circuit: &Circuit,
    origin: &Origin,
) -> Result<Outcome> {
    browser.open(page).await?;
    // The player's scripts and wasm, before the clock starts.
    let compile_ms: f64 =
        browser.js("return window.race.prepare()", vec![]).await.context("the player does not load")?;
    let playlist = origin.play_urls().into_iter().next().context("the scenario has nothing to play")?;
    let address = entrant.address(&playlist);
    origin.reset();
    let began = epoch_ms();
    let t0: f64 = browser.js("return window.race.start(arguments[0])", vec![json!(address)]).await?;
    tokio::time::sleep(circuit.watch).await;
    let seen: Seen = browser.js("return window.race.report()", vec![]).await?;
    ensure!(seen.watched_ms >= 0.0, "the page's clock went back");
    // What is still on its way ends with the page, and then it is in the log.
    browser.open("about:blank").await?;
    let log = origin.log();
    let failed = match (&seen.failed, &seen.error, seen.first_frame_ms) {
        (Some(said), _, _) => Some(said.clone()),
        (None, Some(error), _) => Some(format!("the media element gave up: {error}")),
        (None, None, None) => Some(format!("no frame within {} s", circuit.watch.as_secs())),
        (None, None, Some(_)) => None,
    };
    Ok(Outcome { failed, compile_ms: Some(compile_ms), t0_ms: t0 - began, seen: Some(seen), log })
}

/// The calendar, as the page's clock counts it.
fn epoch_ms() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64() * 1e3)
}

/// How many programs wanted a core lately, where the system tells.
fn load_average() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}
