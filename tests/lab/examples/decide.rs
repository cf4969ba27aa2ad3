//! How long a decision of the default rule takes: `cargo run --release -p player-lab --example decide`. Each is timed alone.

use std::time::{Duration, Instant};

use wasm_replay::Decisions;

const DECISIONS: u32 = 20_000;

fn main() {
    let mut decisions = Decisions::new();
    let mut times: Vec<Duration> = (0..DECISIONS)
        .map(|turn| {
            decisions.prepare(turn);
            let began = Instant::now();
            std::hint::black_box(decisions.decide());
            began.elapsed()
        })
        .collect();
    times.sort();
    let at = |thousandths: usize| times[times.len() * thousandths / 1_000].as_secs_f64() * 1e6;
    #[expect(clippy::print_stdout, reason = "this is what it is for")]
    {
        println!("{DECISIONS} decisions: median {:.1} us, p99 {:.1} us", at(500), at(990));
    }
}
