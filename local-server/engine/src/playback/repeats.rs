//! Pure: what has been asked for more than once lately.

use std::collections::VecDeque;

use crate::store::StoreKey;

/// How many of the last requests are remembered: two viewers within ten minutes of each other in one film meet here, and
/// a single viewer who watches to the end never does.
const REMEMBERED: usize = 512;

/// The copied segments that were cut last.
#[derive(Debug, Default)]
pub(super) struct Repeats(VecDeque<StoreKey>);

impl Repeats {
    /// Whether `key` was asked for lately. Says so once; then it counts as new again.
    pub(super) fn is_repeated(&mut self, key: &StoreKey) -> bool {
        if let Some(place) = self.0.iter().position(|known| known == key) {
            self.0.remove(place);
            return true;
        }
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(key.clone());
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceKey;
    use crate::store::Part;
    use crate::stream_name::StreamName;

    fn key(number: u32) -> StoreKey {
        let source = SourceKey::new("0a").unwrap();
        StoreKey { source, stream: StreamName::Original, part: Part::Segment(number) }
    }

    #[test]
    fn the_second_request_counts_and_an_old_one_is_forgotten() {
        let mut repeats = Repeats::default();
        assert_eq!([3, 4, 3, 3, 3].map(|number| repeats.is_repeated(&key(number))), [false, false, true, false, true]);
        let many = u32::try_from(REMEMBERED).unwrap();
        assert!((10..10 + many).all(|number| !repeats.is_repeated(&key(number))));
        assert!(!repeats.is_repeated(&key(4)), "too long ago");
    }
}
