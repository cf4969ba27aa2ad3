//! How fast memory grows: the line of Theil and Sen through the medians of minutes, which a few odd ones do not move. Pure.

use std::time::Duration;

use super::process::Sample;
use crate::table::median;

/// What is one value of the line, at least.
pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// No line has more: it costs as many slopes as there are pairs.
const MOST_VALUES: u32 = 720;

/// A player fills its back buffer and its pools first: the medians of the minutes of `soak --minutes 8` were 100.8, 124.8,
/// 130.1, 131.4, 131.5, 131.5, 131.5 and 132.5 MB.
const WARM_UP: Duration = Duration::from_secs(300);

/// With fewer nothing is said: one odd minute would be a tenth of them.
const FEWEST: usize = 10;

/// A soak from which nothing can be said is shorter than so many minutes.
pub(super) const FEWEST_MINUTES: u64 = WARM_UP.as_secs() / 60 + FEWEST as u64;

/// The part of the normal distribution that is within 95 %, in standard deviations.
const WITHIN: f64 = 1.96;

/// How fast something grows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Slope {
    /// The middle one.
    pub(super) middle: f64,
    /// What it is between at 95 %.
    pub(super) interval: (f64, f64),
}

/// How fast memory grows, in megabytes an hour; `None` if that is too early to tell.
pub(super) fn growth(samples: &[Sample]) -> Option<Slope> {
    let values = values(samples);
    if values.len() < FEWEST { None } else { slope(&values) }
}

/// Megabytes at hours: medians of minutes, or of longer stretches of a very long run, after the warm-up.
pub(super) fn values(samples: &[Sample]) -> Vec<(f64, f64)> {
    let Some(last) = samples.last() else { return Vec::new() };
    let warm = (last.at / 5).max(WARM_UP);
    medians(samples.iter().filter(|sample| sample.at >= warm), warm, stretch(last.at, MINUTE))
}

/// Megabytes at hours from the start, for a plot: as fine as the samples, of a long run coarser.
pub(super) fn curve(samples: &[Sample]) -> Vec<(f64, f64)> {
    let length = samples.last().map_or(Duration::ZERO, |last| last.at);
    medians(samples, Duration::ZERO, stretch(length, Duration::from_secs(1)))
}

/// What is one value, of a run so long.
fn stretch(length: Duration, least: Duration) -> Duration {
    (length / MOST_VALUES).max(least)
}

/// Megabytes at hours, one for each stretch from `start` of which there is at least a half.
pub(super) fn medians<'a>(
    samples: impl IntoIterator<Item = &'a Sample>,
    start: Duration,
    stretch: Duration,
) -> Vec<(f64, f64)> {
    let number = |sample: &Sample| sample.at.saturating_sub(start).as_nanos() / stretch.as_nanos().max(1);
    let samples: Vec<&Sample> = samples.into_iter().collect();
    let groups = samples.chunk_by(|one, other| number(one) == number(other));
    groups
        .filter_map(|group| {
            // Once a second.
            let is_enough = group.len() as f64 >= stretch.as_secs_f64() / 2.0;
            let hours = median(group.iter().map(|sample| sample.at.as_secs_f64() / 3_600.0))?;
            let megabytes = median(group.iter().map(|sample| sample.memory.now.get() as f64 / 1e6))?;
            is_enough.then_some((hours, megabytes))
        })
        .collect()
}

/// The median of the slopes of all pairs, and the interval that Kendall's test leaves of them (Sen 1968). `None` of less
/// than two moments.
fn slope(values: &[(f64, f64)]) -> Option<Slope> {
    let pairs =
        values.iter().enumerate().flat_map(|(index, one)| values[index + 1..].iter().map(move |two| (one, two)));
    let slopes = pairs.filter(|(one, two)| one.0 != two.0).map(|(one, two)| (two.1 - one.1) / (two.0 - one.0));
    let mut slopes: Vec<f64> = slopes.collect();
    slopes.sort_by(f64::total_cmp);
    let middle = median(slopes.iter().copied())?;
    let reach = WITHIN * variance(values).sqrt();
    let count = slopes.len() as f64;
    // Outwards to whole places, counted from zero.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is kept within the list")]
    let place = |at: f64| at.clamp(0.0, count - 1.0) as usize;
    let (low, high) = (place(((count - reach) / 2.0).floor() - 1.0), place(((count + reach) / 2.0).ceil()));
    Some(Slope { middle, interval: (slopes[low], slopes[high]) })
}

/// Of Kendall's S, where nothing grows and values that are equal tell nothing.
fn variance(values: &[(f64, f64)]) -> f64 {
    let term = |count: usize| {
        let count = count as f64;
        count * (count - 1.0) * (2.0 * count + 5.0)
    };
    let mut sorted: Vec<f64> = values.iter().map(|value| value.1).collect();
    sorted.sort_by(f64::total_cmp);
    let ties: f64 = sorted.chunk_by(|one, other| one == other).map(|group| term(group.len())).sum();
    (term(values.len()) - ties) / 18.0
}

#[cfg(test)]
mod tests {
    use media_model::ByteCount;

    use super::super::process::Memory;
    use super::*;

    fn samples(seconds: u64, bytes: impl Fn(u64) -> u64) -> Vec<Sample> {
        let sample = |second: u64| {
            let now = ByteCount::new(bytes(second));
            Sample { at: Duration::from_secs(second), memory: Memory { now, peak: now }, cpu: Duration::ZERO }
        };
        (0..seconds).map(sample).collect()
    }

    /// A number that looks like chance, from -1 to 1.
    fn noise(number: u64) -> f64 {
        let mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        f64::from(u32::try_from(mixed >> 32).unwrap()) / f64::from(u32::MAX) * 2.0 - 1.0
    }

    #[test]
    fn a_line_has_its_slope_and_odd_values_do_not_move_it() {
        let mut values: Vec<(f64, f64)> = (0..20).map(|at| (f64::from(at), 3.0 * f64::from(at) + 7.0)).collect();
        let exact = slope(&values).unwrap();
        assert!((exact.middle - 3.0).abs() < 1e-9);
        let (low, high) = exact.interval;
        assert!((low - 3.0).abs() < 1e-9 && (high - 3.0).abs() < 1e-9);
        values[4].1 += 1_000.0;
        values[11].1 -= 1_000.0;
        assert!((slope(&values).unwrap().middle - 3.0).abs() < 1e-9);
    }

    /// Figures worked out by hand: of five values ten slopes, variance 50/3, reach 8.002 places.
    #[test]
    fn the_interval_is_that_of_kendalls_test() {
        let values = [(0.0, 0.0), (1.0, 3.0), (2.0, 2.0), (3.0, 5.0), (4.0, 9.0)];
        let found = slope(&values).unwrap();
        // -1, 1, 1, 5/3, 2, 9/4, 3, 3, 7/2, 4
        assert_eq!((found.middle, found.interval), (2.125, (-1.0, 4.0)));
        let values: Vec<_> = (0..10).map(|at| (f64::from(at), f64::from(at * at))).collect();
        // Slopes are i + j, so 1 to 17; variance 125, reach 21.9 of 45 places: from the 11th to the 35th.
        assert_eq!(slope(&values).unwrap(), Slope { middle: 9.0, interval: (6.0, 12.0) });
        assert_eq!((slope(&values[..1]), slope(&[])), (None, None));
        let flat = [(0.0, 5.0), (1.0, 5.0), (2.0, 5.0), (3.0, 5.0), (4.0, 5.0)];
        assert_eq!(slope(&flat).unwrap(), Slope { middle: 0.0, interval: (0.0, 0.0) });
    }

    #[test]
    fn the_start_does_not_count_and_a_leak_is_told_from_noise() {
        // 40 MB more in the first three minutes; then nothing, or 3 MB an hour.
        let start = |second: u64| second.min(180) as f64 * 40e6 / 180.0;
        let run = |per_hour: f64| {
            let bytes = |second: u64| {
                let grown = per_hour * 1e6 / 3_600.0 * second as f64;
                ((90e6 + start(second) + grown + noise(second) * 400e3) / 4_096.0).round() * 4_096.0
            };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is some megabytes")]
            let samples = samples(1_800, |second| bytes(second) as u64);
            growth(&samples).unwrap()
        };
        let (still, leak) = (run(0.0), run(3.0));
        let (low, high) = still.interval;
        assert!(low < 0.5 && high > -0.5 && still.middle.abs() < 0.5, "{still:?}");
        assert!(leak.interval.0 > 1.0 && (leak.middle - 3.0).abs() < 1.0, "{leak:?}");
    }

    #[test]
    fn values_are_whole_minutes_after_the_warm_up_and_not_too_many() {
        let of = |seconds: u64| values(&samples(seconds, |second| second)).len();
        // Five minutes of warm-up; 29 s are not half a minute.
        assert_eq!((of(300), of(329), of(330), of(389), of(420)), (0, 0, 1, 1, 2));
        // Then a fifth.
        assert_eq!(of(3_001), 40);
        assert!((560..=577).contains(&of(100_000)), "{}", of(100_000));
        let drawn = |seconds: u64| curve(&samples(seconds, |second| second)).len();
        assert_eq!((drawn(0), drawn(1), drawn(600)), (0, 1, 600));
        assert!((600..=720).contains(&drawn(100_000)), "{}", drawn(100_000));
    }

    /// What was seen of a player that keeps what it needs and no more.
    #[test]
    fn a_player_that_warms_up_is_no_leak() {
        let seen = [100.8, 124.8, 130.1, 131.4, 131.5, 131.5, 131.5, 132.5];
        let run = |minutes: u64| {
            let megabytes = |second: u64| seen.get(usize::try_from(second / 60).unwrap()).copied().unwrap_or(132.5);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is some megabytes")]
            growth(&samples(minutes * 60, |second| (megabytes(second) * 1e6) as u64))
        };
        // Nine minutes after the warm-up tell nothing.
        assert_eq!((run(8), run(FEWEST_MINUTES - 1)), (None, None));
        for minutes in [FEWEST_MINUTES, 20, 60] {
            let (low, high) = run(minutes).unwrap().interval;
            assert!(low <= 0.0 && high >= 0.0, "{minutes} minutes: {low} to {high}");
        }
    }
}
