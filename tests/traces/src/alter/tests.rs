use media_model::BitsPerSecond;
use proptest::prelude::*;

use super::super::Trace;
use super::*;

fn trace(periods: &[(u64, u64)]) -> Trace {
    let period = |&(ms, kbps): &(u64, u64)| Period {
        duration: Duration::from_millis(ms),
        rate: BitsPerSecond::from_kbps(kbps),
        latency: Duration::ZERO,
    };
    Trace::new(periods.iter().map(period).collect()).unwrap()
}

fn altered(periods: &[(u64, u64)], alteration: Alteration) -> Vec<(u128, u64)> {
    let altered = trace(periods).altered(alteration).unwrap();
    altered.periods().iter().map(|period| (period.duration.as_millis(), period.rate.get() / 1_000)).collect()
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn each_alteration_does_what_it_says() {
    let plain = [(1_000, 10), (2_000, 20), (1_000, 30)];
    assert_eq!(altered(&plain, Alteration::Reverse), [(1_000, 30), (2_000, 20), (1_000, 10)]);
    assert_eq!(altered(&plain, Alteration::Rotate(ms(1_500))), [(1_500, 20), (1_000, 30), (1_000, 10), (500, 20)]);
    assert_eq!(altered(&plain, Alteration::Rotate(ms(9_500))), altered(&plain, Alteration::Rotate(ms(1_500))));
    assert_eq!(altered(&plain, Alteration::Scale(2_500)), [(1_000, 25), (2_000, 50), (1_000, 75)]);
    let bursts = Alteration::Bursts { every: ms(2_000), length: ms(500), share: 100 };
    let expected = [(1_000, 10), (500, 20), (500, 2), (1_000, 20), (500, 30), (500, 3)];
    assert_eq!(altered(&plain, bursts), expected);
    assert!(trace(&plain).altered(Alteration::Scale(0)).is_err(), "nothing would ever arrive");
    let for_years = Alteration::MoveStep(Duration::from_secs(1 << 30));
    assert_eq!(trace(&[(1, 10), (1, 90)]).altered(for_years), Err(TraceError::TooLong));
}

#[test]
fn the_step_is_where_the_link_changed_for_good() {
    let step = [(1_000, 100), (1_000, 140), (1_000, 900), (1_000, 800), (2_000, 950)];
    assert_eq!(altered(&step, Alteration::MoveStep(ms(500)))[..2], [(500, 100), (1_000, 900)]);
    let later = altered(&step, Alteration::MoveStep(ms(4_500)));
    assert_eq!(later[..6], [(1_000, 100), (1_000, 140), (1_000, 100), (1_000, 140), (500, 100), (1_000, 900)]);
    assert_eq!(altered(&[(1_000, 5)], Alteration::MoveStep(ms(700))), [(1_000, 5)], "there is no step");
}

#[test]
fn jitter_is_the_same_for_the_same_seed() {
    let plain: Vec<_> = (0..400).map(|_| (1_000, 1_000)).collect();
    let jitter = |seed| altered(&plain, Alteration::Jitter { most: 200, seed });
    assert_eq!(jitter(7), jitter(7));
    assert_ne!(jitter(7), jitter(8));
    assert!(jitter(7).iter().all(|(_, kbps)| (800..=1_200).contains(kbps)));
    let mean = jitter(7).iter().map(|(_, kbps)| kbps).sum::<u64>() / 400;
    assert!((985..=1_015).contains(&mean), "{mean}");
}

proptest! {
    /// Nothing but the step changes how long a trace lasts, and nothing but a factor what it carries.
    #[test]
    fn time_and_bits_are_kept(
        periods in proptest::collection::vec((1u64..5_000, 1u64..90_000), 1..30),
        by in 0u64..200_000, every in 1u64..9_000, length in 1u64..9_000,
    ) {
        let before = trace(&periods);
        let bursts = Alteration::Bursts { every: ms(every), length: ms(length), share: 1_000 };
        for alteration in [Alteration::Reverse, Alteration::Rotate(ms(by)), Alteration::Scale(1_000), bursts] {
            let after = before.altered(alteration).unwrap();
            prop_assert_eq!(after.duration(), before.duration());
            prop_assert_eq!(after.mean_rate(), before.mean_rate());
        }
    }
}
