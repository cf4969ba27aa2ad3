use super::*;

const RATE: u32 = 48_000;

/// Sound whose left sample is its own number in the presentation, in packets of 1024, with times rounded to a
/// millisecond as Matroska does, from packet `first` on.
fn packets(first: i64, count: i64) -> Vec<(Option<i64>, Vec<f32>)> {
    (first..first + count)
        .map(|packet| {
            let nanos = packet * 1024 * 1_000_000_000 / i64::from(RATE);
            let rounded = (nanos + 500_000) / 1_000_000 * 1_000_000;
            (Some(rounded), numbered(packet * 1024, 1024))
        })
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn numbered(from: i64, count: i64) -> Vec<f32> {
    (from..from + count).flat_map(|sample| [sample as f32, 0.0]).collect()
}

fn all(grid: &mut SoundGrid, sound: Vec<(Option<i64>, Vec<f32>)>, finish: bool) -> Vec<f32> {
    let mut out = Vec::new();
    for (pts, samples) in sound {
        grid.take(pts, samples);
        out.extend(grid.drain().unwrap_or_default());
    }
    if finish {
        grid.finish();
        out.extend(grid.drain().unwrap_or_default());
    }
    out.into_iter().step_by(2).collect()
}

#[test]
fn heads_that_start_apart_agree_on_every_sample() {
    for first in [0, 1, 2, 47, 48, 1_000] {
        let begin = (first + 20) * 1024 + 300;
        let mut grid = SoundGrid::new(RATE, begin, begin + 50_000);
        let samples = all(&mut grid, packets(first, 200), false);
        assert_eq!(samples, numbered(begin, 50_000).into_iter().step_by(2).collect::<Vec<_>>(), "from packet {first}");
    }
}

#[test]
fn a_gap_is_silent_and_what_follows_is_in_its_place() {
    let mut sound = packets(0, 100);
    sound.extend(packets(150, 100));
    let mut grid = SoundGrid::new(RATE, 0, 200 * 1024);
    let samples = all(&mut grid, sound, false);
    assert!((samples[99 * 1024 + 1023] - 102_399.0).abs() < 0.5);
    assert!(samples[100 * 1024..150 * 1024 - 24].iter().all(|&sample| sample == 0.0));
    assert!((samples[160 * 1024] - 163_840.0).abs() <= 24.0, "within the rounding of one time stamp");
}

#[test]
fn a_late_start_and_an_early_end_are_silent() {
    let mut grid = SoundGrid::new(RATE, -4_096, 30_000);
    let samples = all(&mut grid, packets(10, 5), true);
    assert_eq!(samples.len(), 34_096);
    assert!(samples[..4_096 + 10_240].iter().all(|&sample| sample == 0.0));
    assert!((samples[4_096 + 10_240] - 10_240.0).abs() < 0.5);
    assert!(samples[4_096 + 15 * 1024..].iter().all(|&sample| sample == 0.0));
}

#[test]
fn nothing_at_all_becomes_silence() {
    let mut grid = SoundGrid::new(RATE, 0, 1_000);
    assert_eq!(all(&mut grid, Vec::new(), true), vec![0.0; 1_000]);
    assert!(grid.is_complete());
}

#[test]
fn sound_that_comes_twice_is_heard_once() {
    let mut sound = packets(0, 100);
    sound.extend(packets(95, 60));
    let mut grid = SoundGrid::new(RATE, 0, 150 * 1024);
    let samples = all(&mut grid, sound, false);
    assert_eq!(samples.len(), 150 * 1024);
}
