use super::*;

fn at(ms: u64) -> Now {
    Now::new(Duration::from_millis(ms))
}

/// Feeds a body of `bytes` at `kbps` in pieces of 10 ms, and returns when it ended.
fn body(meter: &mut Throughput, begin_ms: u64, bytes: u64, kbps: u64) -> u64 {
    meter.begins(at(begin_ms), Duration::from_millis(20), Duration::ZERO);
    let (mut sent, mut now) = (0, begin_ms);
    while sent < bytes {
        let piece = (kbps * 10 / 8).min(bytes - sent);
        (sent, now) = (sent + piece, now + 10);
        meter.arrived(at(now), ByteCount::new(piece), Duration::from_millis(10), false);
    }
    meter.ends(at(now));
    now
}

fn kbps(meter: &Throughput) -> u64 {
    meter.estimate().unwrap().get() / 1_000
}

#[test]
fn a_steady_link_is_measured_within_two_percent() {
    let mut meter = Throughput::default();
    let mut now = 0;
    for _ in 0..6 {
        now = body(&mut meter, now + 500, 600_000, 5_000);
    }
    assert!((4_900..=5_100).contains(&kbps(&meter)), "{}", kbps(&meter));
}

#[test]
fn a_collapse_shows_during_the_download() {
    let mut meter = Throughput::default();
    let now = body(&mut meter, 0, 4_000_000, 20_000);
    meter.begins(at(now), Duration::ZERO, Duration::ZERO);
    for step in 1..=100 {
        meter.arrived(at(now + step * 10), ByteCount::new(1_250), Duration::from_millis(10), false);
    }
    assert!(kbps(&meter) < 2_000, "{}", kbps(&meter));
}

#[test]
fn a_recovery_shows_after_two_megabytes() {
    let mut meter = Throughput::default();
    let mut now = 0;
    for _ in 0..10 {
        now = body(&mut meter, now, 200_000, 1_000);
    }
    assert!((950..=1_050).contains(&kbps(&meter)));
    for _ in 0..11 {
        now = body(&mut meter, now + 20, 200_000, 20_000);
    }
    assert!(kbps(&meter) > 15_000, "{}", kbps(&meter));
}

#[test]
fn parallel_bodies_share_one_link() {
    let mut meter = Throughput::default();
    meter.begins(at(0), Duration::ZERO, Duration::ZERO);
    meter.begins(at(0), Duration::ZERO, Duration::ZERO);
    for step in 1..=200 {
        // 4 Mbit/s for one and 1 Mbit/s for the other.
        meter.arrived(at(step * 10), ByteCount::new(5_000), Duration::from_millis(10), false);
        meter.arrived(at(step * 10), ByteCount::new(1_250), Duration::from_millis(10), false);
    }
    assert!((4_900..=5_100).contains(&kbps(&meter)), "{}", kbps(&meter));
}

#[test]
fn the_servers_work_is_not_the_links() {
    let mut meter = Throughput::default();
    meter.begins(at(3_000), Duration::from_millis(3_000), Duration::from_millis(2_980));
    assert_eq!(meter.latency(), Duration::from_millis(20));
    // Chunks of 100 kB at 20 Mbit/s (40 ms) every second.
    for chunk in 0..6 {
        for step in 0..4 {
            let pause = if step == 0 { 970 } else { 10 };
            let now = at(4_000 + chunk * 1_000 + step * 10);
            meter.arrived(now, ByteCount::new(25_000), Duration::from_millis(pause), true);
        }
    }
    assert!(meter.estimate().is_none_or(|rate| rate.get() > 15_000_000), "{:?}", meter.estimate());
}

#[test]
fn nothing_is_said_before_there_is_enough() {
    let mut meter = Throughput::default();
    body(&mut meter, 0, 2_000, 1_000);
    assert_eq!(meter.estimate(), None);
}
