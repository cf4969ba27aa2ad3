//! What the server costs while nobody watches, and how soon it answers.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result};

use super::report::{Figure, Goal, Samples, Yardstick};
use crate::browser::until;
use crate::server::TestServer;

const STARTS: usize = 20;

/// Starts the server twenty times over a scanned library: time from start to the first reply of `/api/health`, and
/// resident memory once the scan is done. Yardstick: resident memory and start of nginx would say little, so the row
/// names the process's own floor: the same binary printing its help.
///
/// # Errors
/// When the server does not start.
pub async fn measure(library: &Path) -> Result<Vec<Figure>> {
    let (mut start_ms, mut help_ms, mut memory_mb) = (Samples::default(), Samples::default(), Samples::default());
    let data = tempfile::tempdir()?;
    for _ in 0..STARTS {
        let begun = Instant::now();
        std::process::Command::new(TestServer::binary()?).arg("--help").output()?;
        help_ms.0.push(begun.elapsed().as_secs_f64() * 1e3);

        let begun = Instant::now();
        let server = TestServer::start_in(data.path(), &[library]).await?;
        reqwest::get(format!("{}/api/health", server.origin())).await?.error_for_status()?;
        start_ms.0.push(begun.elapsed().as_secs_f64() * 1e3);
        server.scanned().await?;
        let workers = server.pid().to_string();
        until("the workers to be gone", async || {
            // pgrep fails when it finds none.
            let found = std::process::Command::new("pgrep").args(["-P", &workers]).output()?;
            Ok((!found.status.success()).then_some(()))
        })
        .await?;
        memory_mb.0.push(resident_mb(server.pid())?);
        server.stop().await?;
    }
    Ok(vec![
        Figure {
            name: "start to first reply".into(),
            unit: "ms",
            ours: start_ms,
            yardstick: Some(Yardstick { name: "the same binary, --help".into(), samples: help_ms }),
            goal: Goal::P95AtMost(300.0),
            note: "over a library that was scanned before".into(),
        },
        Figure {
            name: "idle memory (resident)".into(),
            unit: "MB",
            ours: memory_mb,
            yardstick: None,
            goal: Goal::MedianAtMost(40.0),
            note: "VmRSS of the server process after a rescan, workers gone".into(),
        },
    ])
}

#[expect(clippy::cast_precision_loss, reason = "kilobytes of memory fit a double")]
fn resident_mb(pid: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
    let kilobytes: u64 = line.split_whitespace().nth(1).context("no number in VmRSS")?.parse()?;
    Ok(kilobytes as f64 * 1024.0 / 1e6)
}
