use std::time::Duration;

use super::*;

fn ladder() -> Vec<Candidate> {
    let rates = [(800, 700), (1_400, 1_200), (2_800, 2_500), (5_000, 4_500)];
    let candidate = |(index, (peak, average))| Candidate {
        id: VariantId(index),
        height: None,
        peak: BitsPerSecond::from_kbps(peak),
        declared: BitsPerSecond::from_kbps(average),
        average: BitsPerSecond::from_kbps(average),
        making: Duration::ZERO,
        entry: Duration::ZERO,
    };
    (0..).zip(rates).map(candidate).collect()
}

fn signals(candidates: &[Candidate], level_s: u64, kbps: u64, current: Option<u32>) -> Signals<'_> {
    Signals {
        candidates,
        current: current.map(VariantId),
        level: MediaDuration::from_secs(level_s),
        started: current.is_some(),
        before: None,
        rates: None,
        throughput: BitsPerSecond::from_kbps(kbps),
        latency: Duration::from_millis(20),
        segment: MediaDuration::from_secs(2),
        limit: MediaDuration::from_secs(30),
        index: 0,
        count: Some(100),
        speed: crate::clock::Speed::NORMAL,
        coming: &[],
        held: &[],
        played: MediaDuration::ZERO,
    }
}

#[test]
fn the_choice_follows_link_and_buffer() {
    let candidates = ladder();
    // (level s, link kbit/s, playing now) -> chosen
    let table = [
        (0, 20_000, None, 3),
        (0, 4_000, None, 2),
        (0, 1_000, None, 0),
        (0, 100, None, 0),
        (20, 5_000, Some(0), 3),
        (20, 1_000, Some(3), 0),
        (2, 20_000, Some(0), 0),
        (5, 20_000, Some(0), 3),
        (20, 1_300, Some(0), 1),
        (20, 1_180, Some(1), 1),
        (20, 1_180, Some(0), 0),
    ];
    for (level, link, current, chosen) in table {
        let signals = signals(&candidates, level, link, current);
        assert_eq!(choose(&signals), Some(VariantId(chosen)), "{level} s, {link} kbit/s, {current:?}");
    }
}

#[test]
fn a_server_that_encodes_slowly_is_not_asked_for_more() {
    let mut candidates = ladder();
    candidates[2].making = Duration::from_millis(3_000);
    candidates[3].making = Duration::from_millis(5_000);
    assert_eq!(choose(&signals(&candidates, 20, 50_000, Some(1))), Some(VariantId(1)));
    assert_eq!(choose(&signals(&candidates, 20, 50_000, Some(2))), Some(VariantId(2)), "a full buffer can wait");
    assert_eq!(choose(&signals(&candidates, 4, 50_000, Some(2))), Some(VariantId(1)));
}

#[test]
fn an_encoder_is_only_started_with_enough_to_play_meanwhile() {
    let mut candidates = ladder();
    for candidate in &mut candidates[2..] {
        candidate.entry = Duration::from_millis(4_500);
    }
    assert_eq!(choose(&signals(&candidates, 4, 50_000, Some(1))), Some(VariantId(1)));
    assert_eq!(choose(&signals(&candidates, 6, 50_000, Some(1))), Some(VariantId(3)));
}

#[test]
fn if_every_rung_is_encoded_too_slowly_the_quickest_is_taken() {
    let mut candidates = ladder();
    for (candidate, making) in candidates.iter_mut().zip([2_500, 3_000, 4_000, 2_100]) {
        candidate.making = Duration::from_millis(making);
    }
    assert_eq!(choose(&signals(&candidates, 4, 50_000, Some(3))), Some(VariantId(3)));
}
