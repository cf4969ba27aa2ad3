//! One run: a fresh browser, one player, one circuit.

use std::path::Path;
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

/// What a heat needs beside who runs and where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// The players' files.
    pub(super) sources: &'a Sources,
    /// Where the film is.
    pub(super) origin: &'a Origin,
    /// Folder for the plays that our player writes down.
    pub(super) record: Option<&'a Path>,
}

/// Runs it. What goes wrong with the player is an outcome like any other.
pub(super) async fn run(number: usize, entrant: &Entrant, circuit: &Circuit, place: Place<'_>) -> Heat {
    let limit = circuit.watch + PATIENCE;
    let attempt = tokio::time::timeout(limit, play(number, entrant, circuit, place)).await;
    let outcome = match attempt {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => Outcome::failed(format!("{error:#}")),
        Err(_) => Outcome::failed(format!("the browser did not answer within {} s", limit.as_secs())),
    };
    Heat::new(number, entrant, circuit, load_average(), outcome)
}

async fn play(number: usize, entrant: &Entrant, circuit: &Circuit, place: Place<'_>) -> Result<Outcome> {
    let stage = Stage::start(entrant.clone(), place.sources.clone()).await?;
    let browser = Browser::start().await?;
    let mut played = play_in(&browser, stage.url(), entrant, circuit, place).await;
    if let (Ok(outcome), Some(folder)) = (&mut played, place.record) {
        let kept =
            keep(folder, &format!("{}-{}-{number}.play", circuit.name, entrant.name()), outcome.recording.take());
        played = kept.and(played);
    }
    let closed = browser.close().await;
    // What went wrong first is what counts.
    let outcome = played?;
    closed?;
    Ok(outcome)
}

async fn play_in(
    browser: &Browser,
    page: &str,
    entrant: &Entrant,
    circuit: &Circuit,
    Place { origin, record, .. }: Place<'_>,
) -> Result<Outcome> {
    browser.open(page).await?;
    // The player's scripts and wasm, before the clock starts.
    let compile_ms: f64 =
        browser.js("return window.race.prepare()", vec![]).await.context("the player does not load")?;
    let playlist = origin.play_urls().into_iter().next().context("the scenario has nothing to play")?;
    let address = entrant.address(&playlist);
    origin.reset();
    let began = epoch_ms();
    let t0: f64 = browser
        .js("return window.race.start(...arguments)", vec![json!(address), json!({ "record": record.is_some() })])
        .await?;
    tokio::time::sleep(circuit.watch).await;
    let seen: Seen = browser.js("return window.race.report()", vec![]).await?;
    let recording: Option<Vec<u8>> = match record {
        Some(_) => browser.js("return window.race.recording()", vec![]).await?,
        None => None,
    };
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
    Ok(Outcome { failed, compile_ms: Some(compile_ms), t0_ms: t0 - began, seen: Some(seen), log, recording })
}

/// Writes down a play that was written down in the page.
fn keep(folder: &Path, name: &str, recording: Option<Vec<u8>>) -> Result<()> {
    let Some(recording) = recording else { return Ok(()) };
    let file = folder.join(name);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&file, recording))
        .with_context(|| format!("cannot write {}", file.display()))
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
