//! What a decision of the default rule costs, natively and in wasm.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use wasm_replay::time_decisions;

use super::Verdict;
use crate::wasm;

const DECISIONS: u32 = 20_000;
/// 99 of 100 take no longer than this natively, and than this in wasm, microseconds.
const NATIVE_US: f64 = 50.0;
const WASM_US: f64 = 200.0;

/// Microseconds.
#[derive(Debug, Deserialize)]
struct Times {
    median: f64,
    p99: f64,
}

pub(super) fn measure(scratch: &Path, note: &dyn Fn(&str)) -> Result<Vec<Verdict>> {
    note("decisions, natively ...");
    let native = natively();
    note("decisions, in wasm ...");
    let wasm = in_wasm(scratch)?;
    let verdict = |place: &str, most: f64, times: &Times| Verdict {
        figure: format!("a decision, {place}, p99 of {DECISIONS}"),
        goal: format!("<= {most} us"),
        is: format!("{:.1} us", times.p99),
        beside: format!("median {:.1} us", times.median),
        met: Some(times.p99 <= most),
    };
    Ok(vec![verdict("natively", NATIVE_US, &native), verdict("in wasm", WASM_US, &wasm)])
}

fn natively() -> Times {
    let took = time_decisions(DECISIONS);
    let at = |thousandths: usize| took[took.len() * thousandths / 1_000].as_secs_f64() * 1e6;
    Times { median: at(500), p99: at(990) }
}

fn in_wasm(scratch: &Path) -> Result<Times> {
    let module = wasm::build(&scratch.join("wasm"))?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bench/player/decide.cjs");
    let text = super::super::run(Command::new("node").arg(script).arg(module).arg(DECISIONS.to_string()))?;
    serde_json::from_str(&text).context("node did not say how long it took")
}
