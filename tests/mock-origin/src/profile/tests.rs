use media_model::BitsPerSecond;

use super::*;

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_load_across_a_step_takes_the_time_of_both_rates() {
    let profile = Profile::steps([(s(10), 8_000), (s(5), 1_000), (s(1), 4_000)]).unwrap();
    // 1 MB at 8 Mbit/s is a second.
    assert_eq!(profile.finish(s(0), 1_000_000), Some(s(1)));
    // One second at 8 Mbit/s, then the other megabyte at 1 Mbit/s would need 8 s: 5 s carry 5/8, the rest at 4 Mbit/s.
    assert_eq!(profile.finish(s(9), 2_000_000), Some(s(15) + Duration::from_millis(750)));
    // The last step lasts for ever.
    assert_eq!(profile.finish(s(1_000), 500_000), Some(s(1_001)));
    assert_eq!(
        (profile.rate_bps(s(9)), profile.rate_bps(s(10)), profile.rate_bps(s(99))),
        (8_000_000, 1_000_000, 4_000_000)
    );
}

#[test]
fn an_outage_is_waited_out_and_an_endless_one_never_ends() {
    let profile = Profile::steps([(s(1), 0), (s(1), 8_000), (s(1), 0)]).unwrap();
    assert_eq!(profile.finish(s(0), 1_000), Some(s(1) + Duration::from_millis(1)));
    assert_eq!(profile.finish(s(1), 1_000_001), None);
    assert_eq!(Profile::steady(0).finish(s(0), 1), None);
}

#[test]
fn steps_that_make_no_sense_are_named() {
    assert_eq!(Profile::steps([]), Err(ProfileError::Empty));
    assert_eq!(Profile::steps([(s(1), 1), (s(1), u64::MAX)]), Err(ProfileError::TooFast(1)));
    assert_eq!(Profile::steps([(Duration::MAX, 1), (s(1), 1)]), Err(ProfileError::TooLong(1)));
    assert_eq!(Profile::steps([(s(0), 1)]).unwrap().repeated(), Err(ProfileError::NothingToRepeat));
    assert_eq!(Profile::steps([(s(1), 0), (s(0), 1)]).unwrap().repeated(), Err(ProfileError::NothingToRepeat));
    let endless = Stall { at: s(0), length: s(2), every: Some(s(2)) };
    assert_eq!(Profile::steady(1).with_stalls(vec![endless]), Err(ProfileError::EndlessStall));
}

#[test]
fn a_recorded_network_begins_anew_and_has_its_own_latency() {
    let period = |seconds, kbps, latency_ms| network_traces::Period {
        duration: s(seconds),
        rate: BitsPerSecond::from_kbps(kbps),
        latency: Duration::from_millis(latency_ms),
    };
    let trace = Trace::new(vec![period(2, 8_000, 20), period(1, 0, 300)]).unwrap();
    let profile = Profile::recorded(&trace).unwrap();
    assert_eq!((profile.rate_bps(s(1)), profile.rate_bps(s(2)), profile.rate_bps(s(3))), (8_000_000, 0, 8_000_000));
    assert_eq!((profile.latency(s(4)), profile.latency(s(5))), (Duration::from_millis(20), Duration::from_millis(300)));
    // 5 MB are five seconds of sending: two rounds of 2 s with a second's rest after each, and one more second.
    assert_eq!(profile.finish(s(0), 5_000_000), Some(s(7)));
    // From the middle of a rest.
    assert_eq!(profile.finish(s(302), 1_000_000), Some(s(304)));
}

#[test]
fn stalls_hold_everything_up_and_come_again() {
    let once = Stall { at: s(1), length: s(3), every: None };
    let profile = Profile::steady(8_000).with_stalls(vec![once]).unwrap();
    assert_eq!(profile.finish(s(0), 2_000_000), Some(s(5)));
    assert_eq!(profile.finish(s(4), 2_000_000), Some(s(6)));
    let often = Stall { at: s(5), length: s(1), every: Some(s(10)) };
    let profile = profile.with_stalls(vec![often]).unwrap();
    let rates: Vec<u64> = [4, 5, 6, 14, 15, 16, 1_005].map(|at| profile.rate_bps(s(at)) / 1_000_000).to_vec();
    assert_eq!(rates, [8, 0, 8, 8, 0, 8, 0]);
    assert_eq!(profile.finish(s(4), 12_000_000), Some(s(18)));
}
