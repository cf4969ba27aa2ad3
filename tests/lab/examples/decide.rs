//! How long a decision of the default rule takes: `cargo run --release -p player-lab --example decide`.
//!
//! Ten rungs, sizes known for five segments, buffers and links of all kinds; each decision is timed alone.

use std::time::{Duration, Instant};

use media_model::{BitsPerSecond, ByteCount, MediaDuration};
use player_core::Speed;
use player_core::abr::outlook::Rates;
use player_core::abr::{Candidate, Controller, Rule, Signals};
use player_core::message::VariantId;

const DECISIONS: usize = 20_000;
const KBPS: [u64; 10] = [230, 331, 477, 688, 991, 1_427, 2_056, 2_962, 5_027, 6_000];

fn main() {
    let candidates = (0..).zip(KBPS).map(|(id, kbps)| Candidate {
        id: VariantId(id),
        height: None,
        peak: BitsPerSecond::from_kbps(kbps * 2),
        declared: BitsPerSecond::from_kbps(kbps),
        average: BitsPerSecond::from_kbps(kbps),
        making: Duration::ZERO,
        entry: Duration::ZERO,
    });
    let candidates: Vec<_> = candidates.collect();
    let coming: Vec<Vec<_>> =
        (0..5).map(|segment| KBPS.iter().map(|kbps| ByteCount::new(kbps * (250 + 40 * segment))).collect()).collect();
    let held = [Some(VariantId(2)); 8];
    let mut controller = Controller::new(Rule::Matinee);
    let mut times: Vec<Duration> = (0..DECISIONS)
        .map(|turn| {
            let level = MediaDuration::from_millis(turn as u64 * 37 % 24_000);
            let middle = 200_000.0 + (turn * 7_919 % 9_000_000) as f64;
            let rates = Rates { middle, spread: 0.4, deviation: 0.3, outage: 8.0, hazard: 0.5 };
            let signals = Signals {
                candidates: &candidates,
                current: Some(VariantId(2)),
                level,
                limit: MediaDuration::from_secs(25),
                started: true,
                before: Some(VariantId(2)),
                throughput: BitsPerSecond::new(2_000_000),
                rates: Some(rates),
                latency: Duration::from_millis(50),
                segment: MediaDuration::from_secs(3),
                index: 20,
                count: Some(200),
                coming: &coming,
                held: &held[..usize::try_from(level.as_micros() / 3_000_000).unwrap_or(0)],
                played: MediaDuration::ZERO,
                speed: Speed::NORMAL,
            };
            let began = Instant::now();
            let choice = controller.choose(std::hint::black_box(&signals));
            let took = began.elapsed();
            std::hint::black_box(choice);
            took
        })
        .collect();
    times.sort();
    let at = |share: usize| times[DECISIONS * share / 1_000].as_secs_f64() * 1e6;
    #[expect(clippy::print_stdout, reason = "this is what it is for")]
    {
        println!("{DECISIONS} decisions: median {:.1} us, p99 {:.1} us", at(500), at(990));
    }
}
