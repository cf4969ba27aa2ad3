use proptest::prelude::*;

use super::*;

fn seconds(at: f64) -> MediaTime {
    MediaTime::from_seconds(at).unwrap()
}

fn starts(grid: &Grid) -> Vec<f64> {
    grid.segments().map(|segment| segment.start().as_seconds()).collect()
}

#[test]
fn keyframes_closer_than_two_seconds_share_a_segment() {
    let keyframes: Vec<MediaTime> = [0.0, 1.0, 2.0, 2.5, 9.0, 9.1, 11.2].map(seconds).to_vec();
    let grid = Grid::at_keyframes(&keyframes, MediaDuration::from_secs(12)).unwrap();
    assert_eq!(starts(&grid), [0.0, 2.0, 9.0, 11.2]);
    assert_eq!(grid.longest(), MediaDuration::from_secs(7));
    assert_eq!(grid.number_at(seconds(8.9)), 1);
    assert_eq!(grid.number_at(seconds(99.0)), 3);
}

#[test]
fn a_video_that_starts_late_still_has_its_first_segment_at_zero() {
    let grid = Grid::at_keyframes(&[seconds(0.08), seconds(3.0)], MediaDuration::from_secs(5)).unwrap();
    assert_eq!(starts(&grid), [0.0, 3.0]);
    assert_eq!(Grid::at_keyframes(&[], MediaDuration::from_secs(5)), None);
}

#[test]
fn a_short_rest_belongs_to_the_last_segment() {
    assert_eq!(Grid::fixed(MediaDuration::from_micros(4_001_000)).len(), 2);
    assert_eq!(Grid::fixed(MediaDuration::from_millis(4_500)).longest(), MediaDuration::from_millis(2_500));
    assert_eq!(Grid::fixed(MediaDuration::from_millis(4_501)).len(), 3);
    assert_eq!(Grid::fixed(MediaDuration::from_millis(300)).len(), 1);
    assert_eq!(Grid::fixed(MediaDuration::ZERO).len(), 1);
}

#[test]
fn packets_begin_in_their_segment() {
    let grid = PacketGrid { sample_rate: 48_000, phase: 0 };
    let segments = Grid::fixed(MediaDuration::from_secs(6));
    let packets: Vec<_> = segments.segments().map(|segment| grid.packets(segment)).collect();
    assert_eq!(packets, [0..94, 94..188, 188..282]);
    assert_eq!(PacketGrid { sample_rate: 48_000, phase: 768 }.packets(segments.segment(1).unwrap()), 93..187);
}

#[test]
fn a_time_in_milliseconds_finds_its_packet() {
    let grid = PacketGrid { sample_rate: 44_100, phase: 300 };
    for packet in 0..100_000 {
        let exact = grid.sample(packet);
        let millis = (exact * 1_000 + 22_050) / 44_100;
        let rounded = i64::try_from((millis * 44_100 + 500) / 1_000).unwrap();
        assert_eq!(grid.nearest(rounded), Some(packet));
    }
    assert_eq!(grid.nearest(-800), None);
}

#[test]
fn the_peak_is_taken_over_stretches_near_the_target() {
    let grid =
        Grid::at_keyframes(&[seconds(0.0), seconds(2.0), seconds(6.0)], MediaDuration::from_micros(6_500_000)).unwrap();
    let bits = [4_000, 4_000, 5_000];
    // The last half second alone is far shorter than half of the target; with its neighbour it counts.
    assert_eq!(grid.peak(MediaDuration::from_secs(4), |number| bits[number]), 2_000);
    assert_eq!(grid.peak(MediaDuration::from_secs(1), |number| bits[number]), 10_000);
}

proptest! {
    #[test]
    fn segments_touch_and_cover_the_title(
        mut keyframes in prop::collection::vec(0i64..100_000_000, 1..80),
        duration in 0u64..120_000_000,
    ) {
        keyframes.sort_unstable();
        let keyframes: Vec<MediaTime> = keyframes.into_iter().map(MediaTime::from_micros).collect();
        let duration = MediaDuration::from_micros(duration);
        for grid in [Grid::fixed(duration), Grid::at_keyframes(&keyframes, duration).unwrap()] {
            let mut at = MediaTime::ZERO;
            for (number, segment) in grid.segments().enumerate() {
                prop_assert_eq!(segment.start(), at);
                prop_assert!(segment.end() > at);
                at = segment.end();
                prop_assert_eq!(grid.number_at(segment.start()), u32::try_from(number).unwrap());
            }
            prop_assert_eq!(at.as_micros(), i64::try_from(duration.as_micros().max(1)).unwrap());
        }
    }

    #[test]
    fn every_packet_is_in_one_segment(rate in prop::sample::select(vec![8_000u32, 44_100, 48_000, 96_000]), phase in 0u32..1024) {
        let packets = PacketGrid { sample_rate: rate, phase };
        let mut next = 0;
        for segment in Grid::fixed(MediaDuration::from_secs(3_601)).segments() {
            let range = packets.packets(segment);
            prop_assert_eq!(range.start, next);
            prop_assert!(range.end > range.start);
            next = range.end;
        }
    }
}
