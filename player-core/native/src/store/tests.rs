use media_container::CodecConfig;

use super::*;

const SECOND: i64 = 1_000_000_000;

fn pictures() -> Arc<TrackConfig> {
    let resolution = media_model::Resolution { width: 640, height: 360 };
    let codec = CodecConfig::Avc { avcc: Bytes::new(), resolution };
    Arc::new(TrackConfig { timescale: 10, codec, language: None, pixel_aspect: None })
}

fn sound() -> Arc<TrackConfig> {
    let codec = CodecConfig::Aac { asc: Bytes::new(), channels: 2, sample_rate: 48_000 };
    Arc::new(TrackConfig { timescale: 10, codec, language: None, pixel_aspect: None })
}

/// Ten frames a second from `from` to `to` seconds, a key frame each second, each key frame followed by the frame
/// after the next, as with B-frames. Data is `name`.
fn frames(from: i64, to: i64, name: &'static [u8]) -> Vec<Sample> {
    (from * 10..to * 10)
        .map(|slot| {
            let pts = match slot % 10 {
                1 => slot + 1,
                2 => slot - 1,
                _ => slot,
            };
            Sample { pts, dts: slot, duration: 1, sync: slot % 10 == 0, data: Bytes::from_static(name) }
        })
        .collect()
}

fn packets(from: i64, to: i64, name: &'static [u8]) -> Vec<Sample> {
    frames(from, to, name).into_iter().map(|sample| Sample { pts: sample.dts, sync: true, ..sample }).collect()
}

fn seconds(store: &Store) -> Vec<(f64, f64)> {
    store.ranges().iter().map(|range| (range.start().as_seconds(), range.end().as_seconds())).collect()
}

fn read_all(store: &Store, cursor: &mut Cursor) -> Vec<Next> {
    std::iter::from_fn(|| store.next(cursor)).collect()
}

#[test]
fn ranges_are_what_was_appended_and_not_removed() {
    let mut store = Store::default();
    store.append(&pictures(), frames(0, 4, b"a"), 0, false).unwrap();
    store.append(&pictures(), frames(4, 6, b"a"), 0, false).unwrap();
    store.append(&pictures(), frames(8, 10, b"a"), 0, false).unwrap();
    assert_eq!(seconds(&store), [(0.0, 6.0), (8.0, 10.0)]);
    assert_eq!(store.end_around(SECOND), Some(6 * SECOND));
    assert_eq!(store.end_around(7 * SECOND), None);
    store.remove(0, 2 * SECOND);
    assert_eq!(seconds(&store), [(2.0, 6.0), (8.0, 10.0)]);
    // What follows a cut needs a key frame.
    store.remove(8 * SECOND, 8 * SECOND + SECOND / 2);
    assert_eq!(seconds(&store), [(2.0, 6.0), (9.0, 10.0)]);
}

#[test]
fn an_offset_moves_all_times() {
    let mut store = Store::default();
    store.append(&pictures(), frames(10, 12, b"a"), -10_000_000, false).unwrap();
    assert_eq!(seconds(&store), [(0.0, 2.0)]);
}

#[test]
fn every_frame_is_handed_out_once_in_decode_order() {
    let mut store = Store::default();
    store.append(&pictures(), frames(0, 2, b"a"), 0, false).unwrap();
    store.append(&pictures(), frames(2, 4, b"b"), 0, false).unwrap();
    let all = read_all(&store, &mut Cursor::at(0));
    assert_eq!(all.len(), 40);
    assert!(all.iter().all(|next| !next.hidden));
    let pts: Vec<i64> = all.iter().take(4).map(|next| next.unit.pts / (SECOND / 10)).collect();
    assert_eq!(pts, [0, 2, 1, 3]);
}

#[test]
fn a_seek_begins_at_the_key_frame_and_hides_what_lies_before() {
    let mut store = Store::default();
    store.append(&pictures(), frames(0, 4, b"a"), 0, false).unwrap();
    let all = read_all(&store, &mut Cursor::at(2 * SECOND + SECOND / 2));
    assert_eq!(all.first().map(|next| (next.unit.pts, next.unit.sync)), Some((2 * SECOND, true)));
    assert_eq!(all.iter().filter(|next| next.hidden).count(), 5);
    let shown = all.iter().filter(|next| !next.hidden).map(|next| next.unit.pts).min();
    assert_eq!(shown, Some(2 * SECOND + SECOND / 2));
}

#[test]
fn reading_goes_on_when_the_next_segment_comes() {
    let mut store = Store::default();
    store.append(&pictures(), frames(0, 2, b"a"), 0, false).unwrap();
    let mut cursor = Cursor::at(0);
    assert_eq!(read_all(&store, &mut cursor).len(), 20);
    assert_eq!(cursor.until(), 2 * SECOND);
    store.append(&pictures(), frames(2, 4, b"b"), 0, false).unwrap();
    let more = read_all(&store, &mut cursor);
    assert_eq!((more.len(), more.iter().filter(|next| next.hidden).count()), (20, 0));
}

#[test]
fn a_hole_is_not_read_over() {
    let mut store = Store::default();
    store.append(&pictures(), frames(0, 2, b"a"), 0, false).unwrap();
    store.append(&pictures(), frames(4, 6, b"b"), 0, false).unwrap();
    let mut cursor = Cursor::at(0);
    assert_eq!(read_all(&store, &mut cursor).len(), 20);
    assert!(store.peek(&cursor).is_none());
}

#[test]
fn a_segment_that_replaces_what_was_read_goes_on_where_reading_stood() {
    let mut store = Store::default();
    store.append(&pictures(), frames(0, 4, b"a"), 0, false).unwrap();
    let mut cursor = Cursor::at(0);
    for _ in 0..25 {
        store.next(&mut cursor).unwrap();
    }
    assert_eq!(cursor.until(), 25 * SECOND / 10);
    store.append(&pictures(), frames(2, 6, b"b"), 0, false).unwrap();
    let more = read_all(&store, &mut cursor);
    assert!(more.iter().all(|next| next.unit.data == b"b"[..]));
    let shown: Vec<i64> = more.iter().filter(|next| !next.hidden).map(|next| next.unit.pts).collect();
    assert_eq!((shown.len(), shown.iter().min()), (35, Some(&(25 * SECOND / 10))));
}

#[test]
fn sound_that_was_handed_out_is_not_handed_out_again() {
    let mut store = Store::default();
    store.append(&sound(), packets(0, 4, b"a"), 0, false).unwrap();
    let mut cursor = Cursor::at(0);
    for _ in 0..25 {
        store.next(&mut cursor).unwrap();
    }
    store.append(&sound(), packets(2, 4, b"b"), 0, false).unwrap();
    let more = read_all(&store, &mut cursor);
    assert_eq!((more.len(), more[0].unit.pts), (15, 25 * SECOND / 10));
}

#[test]
fn frames_before_the_first_key_frame_are_dropped() {
    let mut store = Store::default();
    let samples = frames(0, 2, b"a").into_iter().skip(3).collect();
    store.append(&pictures(), samples, 0, false).unwrap();
    assert_eq!(seconds(&store), [(1.0, 2.0)]);
}

#[test]
fn a_store_is_not_filled_without_end() {
    let mut store = Store::default();
    let huge = Bytes::from(vec![0; MOST_BYTES / 2 + 1]);
    let sample = |dts| vec![Sample { pts: dts, dts, duration: 1, sync: true, data: huge.clone() }];
    assert_eq!(store.append(&pictures(), sample(0), 0, false), Ok(()));
    assert_eq!(store.append(&pictures(), sample(1), 0, false), Err(Full));
}

/// A part of what a segment will be.
fn part(all: &[Sample], from: usize, to: usize) -> Vec<Sample> {
    all[from..to].to_vec()
}

#[test]
fn a_segment_that_comes_in_parts_is_read_as_one() {
    let all = frames(0, 2, b"a");
    let mut store = Store::default();
    let mut cursor = Cursor::at(0);
    let mut read = Vec::new();
    // Between a frame and the one that it is shown after, and twice in a row without news.
    for (number, (from, to)) in [(0, 2), (2, 2), (2, 9), (9, 20)].into_iter().enumerate() {
        store.append(&pictures(), part(&all, from, to), 0, number > 0).unwrap();
        read.extend(read_all(&store, &mut cursor));
    }
    assert_eq!(seconds(&store), [(0.0, 2.0)]);
    let pts = |units: &[Next]| units.iter().map(|next| (next.unit.pts, next.hidden)).collect::<Vec<_>>();
    let mut whole = Store::default();
    whole.append(&pictures(), all, 0, false).unwrap();
    assert_eq!(pts(&read), pts(&read_all(&whole, &mut Cursor::at(0))));
}

#[test]
fn a_part_replaces_what_was_there_and_not_what_it_continues() {
    let all = frames(1, 4, b"new");
    let mut store = Store::default();
    store.append(&pictures(), frames(0, 6, b"old"), 0, false).unwrap();
    store.append(&pictures(), part(&all, 0, 5), 0, false).unwrap();
    store.append(&pictures(), part(&all, 5, 30), 0, true).unwrap();
    let shown = read_all(&store, &mut Cursor::at(0));
    let names = |data: &'static [u8]| shown.iter().filter(|next| !next.hidden && next.unit.data == data).count();
    assert_eq!((names(b"old"), names(b"new")), (30, 30));
    assert_eq!(seconds(&store), [(0.0, 6.0)]);
}

#[test]
fn the_rest_of_what_was_removed_begins_at_a_key_frame() {
    let all = frames(0, 4, b"a");
    let mut store = Store::default();
    store.append(&pictures(), part(&all, 0, 15), 0, false).unwrap();
    store.remove(SECOND, 2 * SECOND);
    store.append(&pictures(), part(&all, 15, 40), 0, true).unwrap();
    assert_eq!(seconds(&store), [(0.0, 1.0), (2.0, 4.0)]);
    // Nothing to continue: the same.
    let mut store = Store::default();
    store.append(&pictures(), Vec::new(), 0, false).unwrap();
    store.append(&pictures(), part(&all, 5, 40), 0, true).unwrap();
    assert_eq!(seconds(&store), [(1.0, 4.0)]);
}
