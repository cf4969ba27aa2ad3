use super::*;

const PLAYING: Observation = Observation {
    at: MediaTime::ZERO,
    ahead: MediaDuration::from_secs(20),
    moving: true,
    paused: false,
    seeking: false,
    complete: false,
};
const STILL: Observation = Observation { moving: false, ahead: MediaDuration::ZERO, ..PLAYING };

/// Observes every quarter of a second from `from_ms` to `to_ms`; the first advice to leave, with its time.
fn run(
    watch: &mut DirectWatch,
    from_ms: u64,
    to_ms: u64,
    seen: impl Fn(u64) -> Observation,
) -> Option<(u64, LeaveReason)> {
    (from_ms..=to_ms).step_by(250).find_map(|ms| match watch.observe(Now::new(Duration::from_millis(ms)), seen(ms)) {
        Advice::Leave { why, .. } => Some((ms, why)),
        Advice::Stay => None,
    })
}

fn started() -> DirectWatch {
    let mut watch = DirectWatch::new(Now::default());
    assert_eq!(run(&mut watch, 250, 1_000, |_| PLAYING), None);
    watch
}

#[test]
fn a_file_that_plays_is_left_alone() {
    let mut watch = started();
    assert_eq!(run(&mut watch, 1_250, 600_000, |_| PLAYING), None);
    // Browsers rest from loading and let the level fall while it is high.
    let falling = |ms| Observation { ahead: MediaDuration::from_millis(60_000 - ms % 30_000), ..PLAYING };
    assert_eq!(run(&mut watch, 600_250, 900_000, falling), None);
}

#[test]
fn no_first_frame_leaves() {
    let mut watch = DirectWatch::new(Now::default());
    assert_eq!(run(&mut watch, 250, 9_000, |_| STILL), Some((4_000, LeaveReason::NoFrame)));
}

#[test]
fn a_pause_is_no_waiting() {
    let mut watch = DirectWatch::new(Now::default());
    assert_eq!(run(&mut watch, 250, 60_000, |_| Observation { paused: true, ..STILL }), None);
    assert_eq!(run(&mut watch, 60_250, 63_000, |_| STILL), None);
    let mut watch = started();
    assert_eq!(run(&mut watch, 1_250, 60_000, |_| Observation { paused: true, ..STILL }), None);
}

#[test]
fn a_seek_gets_the_time_of_a_start() {
    let mut watch = started();
    let seeking = Observation { seeking: true, ..STILL };
    assert_eq!(run(&mut watch, 1_250, 9_000, |_| seeking), Some((5_250, LeaveReason::NoFrame)));
}

#[test]
fn one_long_stall_leaves() {
    let mut watch = started();
    assert_eq!(run(&mut watch, 1_250, 9_000, |_| STILL), Some((3_250, LeaveReason::Stalls)));
}

#[test]
fn two_short_stalls_leave_and_one_does_not() {
    let mut watch = started();
    let stall_at = |times: &'static [u64]| {
        move |ms: u64| if times.iter().any(|&at| (at..at + 750).contains(&ms)) { STILL } else { PLAYING }
    };
    assert_eq!(run(&mut watch.clone(), 1_250, 200_000, stall_at(&[5_000])), None);
    assert_eq!(run(&mut watch.clone(), 1_250, 200_000, stall_at(&[5_000, 90_000])), None);
    assert_eq!(run(&mut watch, 1_250, 200_000, stall_at(&[5_000, 20_000])), Some((20_750, LeaveReason::Stalls)));
}

#[test]
fn a_buffer_that_runs_dry_is_left_before_it_is_dry() {
    let mut watch = started();
    // Half of real time arrives.
    let draining = |ms: u64| Observation { ahead: MediaDuration::from_millis(12_000 - ms / 2), ..PLAYING };
    let (ms, why) = run(&mut watch, 1_250, 23_000, draining).unwrap();
    assert_eq!(why, LeaveReason::Draining);
    assert!((8_000..14_000).contains(&ms), "{ms}");
}

#[test]
fn a_file_that_is_there_to_its_end_is_not_left() {
    let mut watch = started();
    let last = |ms: u64| Observation { ahead: MediaDuration::from_millis(8_000 - ms / 4), complete: true, ..PLAYING };
    assert_eq!(run(&mut watch, 1_250, 30_000, last), None);
}
