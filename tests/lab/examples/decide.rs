//! How long a decision of the default rule takes: `cargo run --release -p player-lab --example decide`. Each is timed alone.

use wasm_replay::time_decisions;

const DECISIONS: u32 = 20_000;

fn main() {
    let times = time_decisions(DECISIONS);
    let at = |thousandths: usize| times[times.len() * thousandths / 1_000].as_secs_f64() * 1e6;
    #[expect(clippy::print_stdout, reason = "this is what it is for")]
    {
        println!("{DECISIONS} decisions: median {:.1} us, p99 {:.1} us", at(500), at(990));
    }
}
