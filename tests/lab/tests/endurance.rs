//! What the core keeps while a live stream goes on and on: no more after hours than after minutes.

use std::time::Duration;

use peak_alloc::PeakAlloc;
use player_lab::{play_out, scenario};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Bytes of a player that has watched a live stream for so long.
fn weight_after(minutes: u64) -> usize {
    let scenario = scenario::sliding_window(Duration::from_secs(minutes * 60));
    let (report, player) = play_out(&scenario);
    assert!(report.failed.is_none() && report.broken_contract.is_empty(), "{report}");
    assert!(report.summary.watched >= Duration::from_secs(minutes * 57), "{report}");
    let before = ALLOCATOR.current_usage();
    drop(player);
    before - ALLOCATOR.current_usage()
}

#[test]
fn a_player_of_a_live_stream_does_not_grow() {
    let (early, late) = (weight_after(10), weight_after(130));
    // The goal for ten hours (`./x bench player` plays them); what depends on the moment is a few kilobytes.
    assert!((10_000..2_000_000).contains(&early), "{early} bytes after ten minutes");
    assert!(late < early + early / 10, "{late} bytes after two hours more, {early} before");
}
