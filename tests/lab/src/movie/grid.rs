//! One grid for the segments of all variants. Pure.

use std::collections::BTreeMap;

use media_model::MediaDuration;

/// Segments that differ by less are meant to be of one length: ticks of media are no whole microseconds, and playlists
/// round them.
const TOLERANCE: MediaDuration = MediaDuration::from_millis(2);

/// A segment of a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) length: MediaDuration,
    pub(super) bits: u64,
}

/// The length that most have, in whole milliseconds; of several the one that comes first.
pub(super) fn commonest(lengths: impl IntoIterator<Item = MediaDuration>) -> Option<MediaDuration> {
    // How many there are, and the place of the first.
    let mut counts: BTreeMap<u64, (usize, usize)> = BTreeMap::new();
    for (place, length) in lengths.into_iter().enumerate() {
        counts.entry((length.as_micros() + 500) / 1_000).or_insert((0, place)).0 += 1;
    }
    let commonest = counts.into_iter().max_by_key(|&(_, (count, place))| (count, std::cmp::Reverse(place)))?;
    Some(MediaDuration::from_millis(commonest.0))
}

/// How many segments of this length there are in these; of a large number, at least that it is large.
pub(super) fn count(pieces: &[Piece], length: MediaDuration) -> u64 {
    let all = pieces.iter().fold(0_u64, |all, piece| all.saturating_add(meant(piece, length)));
    all.saturating_add(TOLERANCE.as_micros()).checked_div(length.as_micros()).unwrap_or(0)
}

/// The bits of each segment of this length. Within a piece they are spread evenly over its time, and none is lost but those
/// at the end that make no segment.
pub(super) fn cut(pieces: &[Piece], length: MediaDuration) -> Vec<u64> {
    let mut sizes = Vec::new();
    // Time and bits before the piece, and the bits that are in segments already.
    let (mut at, mut bits, mut given) = (0_u64, 0_u64, 0_u64);
    let boundary = |sizes: &[u64]| (sizes.len() as u64 + 1).saturating_mul(length.as_micros());
    for piece in pieces {
        let lasts = meant(piece, length);
        while boundary(&sizes) <= at.saturating_add(lasts) {
            let share = u128::from(piece.bits) * u128::from(boundary(&sizes) - at) / u128::from(lasts.max(1));
            let until = bits.saturating_add(u64::try_from(share).unwrap_or(u64::MAX));
            sizes.push(until - given);
            given = until;
        }
        (at, bits) = (at.saturating_add(lasts), bits.saturating_add(piece.bits));
    }
    if boundary(&sizes) <= at.saturating_add(TOLERANCE.as_micros()) {
        sizes.push(bits - given);
    }
    sizes
}

/// How long a piece is meant to be, in microseconds.
fn meant(piece: &Piece, length: MediaDuration) -> u64 {
    let (is, grid) = (piece.length.as_micros(), length.as_micros());
    if is.abs_diff(grid) <= TOLERANCE.as_micros() { grid } else { is }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: MediaDuration = MediaDuration::from_secs(1);

    fn pieces(all: &[(u64, u64)]) -> Vec<Piece> {
        all.iter().map(|&(ms, bits)| Piece { length: MediaDuration::from_millis(ms), bits }).collect()
    }

    #[test]
    fn segments_on_the_grid_keep_their_sizes_though_their_lengths_are_rounded() {
        let all = pieces(&[(999, 7), (1_001, 8), (1_002, 9), (1_000, 10), (999, 11)]);
        assert_eq!((cut(&all, SECOND), count(&all, SECOND)), (vec![7, 8, 9, 10, 11], 5));
    }

    #[test]
    fn other_segments_are_spread_over_their_time() {
        let all = pieces(&[(1_500, 30), (1_500, 60), (800, 8)]);
        assert_eq!((cut(&all, SECOND), count(&all, SECOND)), (vec![20, 30, 40], 3), "0.8 s are left out");
        assert_eq!(
            cut(&pieces(&[(2_500, 25), (1_499, 15)]), SECOND),
            [10, 10, 10, 10],
            "1 ms is missing, not a segment"
        );
        assert_eq!(cut(&pieces(&[(900, 5)]), SECOND), [0; 0]);
        assert_eq!(cut(&pieces(&[(0, 5), (1_000, 5)]), SECOND), [10], "what lasts no time goes with what does");
    }

    #[test]
    fn the_commonest_length_is_whole_milliseconds() {
        let of = |all: &[u64]| commonest(all.iter().map(|micros| MediaDuration::from_micros(*micros)));
        assert_eq!(of(&[5_000_000, 2_002_002, 2_001_998, 9]), Some(MediaDuration::from_millis(2_002)));
        assert_eq!(of(&[3_000_000, 2_000_000]), Some(MediaDuration::from_secs(3)), "the first of equals");
        assert_eq!(of(&[]), None);
    }

    proptest! {
        #[test]
        fn no_bit_is_lost_or_made(all in prop::collection::vec((1u64..20_000, 0u64..1 << 40), 1..50), ms in 100u64..10_000) {
            let length = MediaDuration::from_millis(ms);
            let all = pieces(&all);
            let sizes = cut(&all, length);
            prop_assert_eq!(sizes.len() as u64, count(&all, length));
            let (given, had) = (sizes.iter().sum::<u64>(), all.iter().map(|piece| piece.bits).sum::<u64>());
            prop_assert!(given <= had);
            // One more piece makes the rest a segment too.
            let whole: Vec<_> = all.iter().copied().chain([Piece { length, bits: 0 }]).collect();
            prop_assert_eq!(cut(&whole, length).iter().sum::<u64>(), had);
        }
    }
}
