//! Benchmarks of the product as its users meet it: through HTTP, in a browser, beside a yardstick in the same run.

pub mod delivery;
pub mod idle;
pub mod material;
pub mod native;
pub mod play;
pub mod player;
pub mod report;
pub mod transcode;

use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use server_api::Movie;

use crate::browser::until_within;
use crate::server::TestServer;

/// Runs a program to its end and returns what it printed.
///
/// # Errors
/// When it is missing or fails; the error holds what it wrote to stderr.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot start {program}"))?;
    ensure!(output.status.success(), "{program} failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A port of the loopback that was free a moment ago.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Waits until an address answers with success, ten seconds at most.
pub(crate) async fn wait_for_http(url: &str) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        if reqwest::get(url).await.is_ok_and(|reply| reply.status().is_success()) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("{url} did not answer within ten seconds")
}

/// Waits until the box is quiet: all files probed, all posters made.
pub(crate) async fn ready_with_posters(server: &TestServer) -> Result<Vec<Movie>> {
    until_within(Duration::from_secs(300), "all posters", async || {
        let movies = server.scanned().await?;
        Ok(movies.iter().all(|movie| movie.poster.is_some()).then_some(movies))
    })
    .await
}
