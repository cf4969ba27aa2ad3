//! Decisions of the default rule to take the time of: ten rungs, sizes known for five segments, buffers and links of all
//! kinds.

use std::time::Duration;
#[cfg(not(target_family = "wasm"))]
use std::time::Instant;

use media_model::{BitsPerSecond, ByteCount, MediaDuration};
use player_core::Speed;
use player_core::abr::outlook::Rates;
use player_core::abr::{Candidate, Controller, Rule, Signals};
use player_core::message::VariantId;
use wasm_bindgen::prelude::*;

const KBPS: [u64; 10] = [230, 331, 477, 688, 991, 1_427, 2_056, 2_962, 5_027, 6_000];
const HELD: [Option<VariantId>; 8] = [Some(VariantId(2)); 8];

/// One decision after the other.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Decisions {
    controller: Controller,
    candidates: Vec<Candidate>,
    coming: Vec<Vec<ByteCount>>,
    level: MediaDuration,
    rates: Rates,
}

#[wasm_bindgen]
impl Decisions {
    /// All of them, always the same.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::new_without_default, reason = "it is called from JavaScript")]
    pub fn new() -> Self {
        let candidate = |(id, kbps)| Candidate {
            id: VariantId(id),
            height: None,
            peak: BitsPerSecond::from_kbps(kbps * 2),
            declared: BitsPerSecond::from_kbps(kbps),
            average: BitsPerSecond::from_kbps(kbps),
            making: Duration::ZERO,
            entry: Duration::ZERO,
        };
        let sizes = |segment: u64| KBPS.iter().map(|kbps| ByteCount::new(kbps * (250 + 40 * segment))).collect();
        let mut all = Self {
            controller: Controller::new(Rule::Matinee),
            candidates: (0..).zip(KBPS).map(candidate).collect(),
            coming: (0..5).map(sizes).collect(),
            level: MediaDuration::ZERO,
            rates: Rates { middle: 0.0, spread: 0.4, deviation: 0.3, outage: 8.0, hazard: 0.5 },
        };
        all.prepare(0);
        all
    }

    /// What the decision with this number is about.
    pub fn prepare(&mut self, turn: u32) {
        let turn = u64::from(turn);
        self.level = MediaDuration::from_millis(turn * 37 % 24_000);
        self.rates.middle = 200_000.0 + (turn * 7_919 % 9_000_000) as f64;
    }

    /// Decides, and gives the rung.
    pub fn decide(&mut self) -> Option<u32> {
        let held = usize::try_from(self.level.as_micros() / 3_000_000).unwrap_or(0);
        let signals = Signals {
            candidates: &self.candidates,
            current: Some(VariantId(2)),
            level: self.level,
            limit: MediaDuration::from_secs(25),
            started: true,
            before: Some(VariantId(2)),
            throughput: BitsPerSecond::new(2_000_000),
            rates: Some(self.rates),
            latency: Duration::from_millis(50),
            segment: MediaDuration::from_secs(3),
            index: 20,
            count: Some(200),
            coming: &self.coming,
            held: &HELD[..held.min(HELD.len())],
            played: MediaDuration::ZERO,
            speed: Speed::NORMAL,
        };
        self.controller.choose(&signals).map(|choice| choice.variant.0)
    }
}

/// How long each of so many decisions takes, natively, the quickest first.
#[cfg(not(target_family = "wasm"))]
pub fn time_decisions(count: u32) -> Vec<Duration> {
    let mut decisions = Decisions::new();
    let time = |turn| {
        decisions.prepare(turn);
        let began = Instant::now();
        std::hint::black_box(decisions.decide());
        began.elapsed()
    };
    let mut times: Vec<_> = (0..count).map(time).collect();
    times.sort();
    times
}
