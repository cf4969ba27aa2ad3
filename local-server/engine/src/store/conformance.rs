//! What every [`SegmentStore`] does; run by each of them.

use std::io::Read;

use super::{Part, SegmentStore, StoreError, StoreKey};
use crate::source::SourceKey;

fn key(stream: &str, part: Part) -> StoreKey {
    StoreKey { source: SourceKey::new("ab12").unwrap(), stream: stream.parse().unwrap(), part }
}

fn read(store: &dyn SegmentStore, key: &StoreKey) -> Option<Vec<u8>> {
    let mut stored = store.open(key)?;
    let mut bytes = Vec::new();
    stored.file.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, stored.size);
    Some(bytes)
}

/// Checks an empty store with a quota of 100 bytes.
pub(super) fn conforms(store: &dyn SegmentStore) {
    what_was_put_reads_back(store);
    parts_do_not_mix(store);
    another_making_has_another_name(store);
    the_quota_holds_and_the_least_used_goes(store);
    what_can_never_fit_is_refused(store);
}

fn what_was_put_reads_back(store: &dyn SegmentStore) {
    let first = key("720p", Part::Segment(0));
    assert!(!store.contains(&first) && store.open(&first).is_none());
    let etag = store.put(&first, b"segment").unwrap();
    assert_eq!(read(store, &first).unwrap(), b"segment");
    assert_eq!(store.open(&first).unwrap().etag, etag);
}

fn parts_do_not_mix(store: &dyn SegmentStore) {
    store.put(&key("480p", Part::Segment(0)), b"other").unwrap();
    store.put(&key("480p", Part::Init), b"init").unwrap();
    assert_eq!(read(store, &key("720p", Part::Segment(0))).unwrap(), b"segment");
    assert_eq!(read(store, &key("480p", Part::Init)).unwrap(), b"init");
    assert_eq!(store.bytes(), 16);
}

fn another_making_has_another_name(store: &dyn SegmentStore) {
    let again = key("720p", Part::Segment(0));
    let before = store.open(&again).unwrap().etag;
    assert_ne!(store.put(&again, b"SEGMENT").unwrap(), before);
    assert_eq!(read(store, &again).unwrap(), b"SEGMENT");
    assert_eq!(store.bytes(), 16);
}

fn the_quota_holds_and_the_least_used_goes(store: &dyn SegmentStore) {
    let part = |number| key("360p", Part::Segment(number));
    for number in 0..5 {
        store.put(&part(number), &[0; 20]).unwrap();
        assert!(store.bytes() <= 100);
        assert!(read(store, &part(0)).is_some(), "used all the time");
    }
    store.put(&part(5), &[0; 20]).unwrap();
    assert_eq!([0, 1, 2, 3, 4, 5].map(|number| store.contains(&part(number))), [true, false, true, true, true, true]);
}

fn what_can_never_fit_is_refused(store: &dyn SegmentStore) {
    let before = store.bytes();
    let refused = store.put(&key("360p", Part::Segment(9)), &[0; 101]);
    assert!(matches!(refused, Err(StoreError::Full { needed: 101 })));
    assert_eq!(store.bytes(), before, "nothing was dropped for it");
}
