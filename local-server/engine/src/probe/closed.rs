//! Whether groups of pictures are closed, judged by a sample of keyframes spread over the file.
//!
//! Encoders do one or the other throughout, so a few tell; where they do not agree or cannot be read, groups count as
//! open.

use media_container::nal::{EntryPoint, entry_point};
use media_container::track::CodecConfig;

/// How many keyframes are looked at.
const SAMPLES: usize = 24;

/// As much of an access unit as holds its first slice: parameter sets and messages before it are some hundred bytes.
pub(super) const BEGINNING: usize = 4_096;

/// Which of `count` keyframes to look at: the first ones, where a mistake is most easily seen, and then evenly spread.
pub(super) fn chosen(count: usize) -> Vec<usize> {
    let mut chosen: Vec<usize> = (0..count.min(4)).chain((0..SAMPLES).map(|n| n * count / SAMPLES)).collect();
    chosen.sort_unstable();
    chosen.dedup();
    chosen.retain(|&number| number < count);
    chosen
}

/// Whether a keyframe that begins like this closes the group before it. `leads` tells whether pictures that are shown
/// before it follow it.
pub(super) fn closes(codec: &CodecConfig, beginning: &[u8], leads: bool) -> bool {
    match entry_point(codec, beginning) {
        EntryPoint::Instant | EntryPoint::MayLead => !leads,
        EntryPoint::None | EntryPoint::Unknown => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyframes_are_chosen_all_over_the_file() {
        assert_eq!(chosen(0), Vec::<usize>::new());
        assert_eq!(chosen(3), [0, 1, 2]);
        let many = chosen(7_200);
        assert!(many.len() >= SAMPLES && many.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(many.last().is_some_and(|&last| last > 6_800));
    }
}
