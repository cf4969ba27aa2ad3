use proptest::prelude::*;

use super::*;
use crate::cmaf::write::{boxed, init_section, media_segment, words};
use crate::fixtures::{avc, hex};
use crate::track::{CodecConfig, Sample, TrackConfig, decode_times};

/// A film of 8 pictures of 3 to 10 bytes in decode order I P B B I P B B, 40 ms each, with an edit list that takes the
/// reordering out, in two chunks behind `moov` or in front of it.
struct Film {
    moov_last: bool,
    wide_offsets: bool,
    rotated: bool,
}

const PLAIN: Film = Film { moov_last: false, wide_offsets: false, rotated: false };
const SIZES: [u32; 8] = [10, 5, 3, 3, 9, 5, 4, 3];
const OFFSETS: [u32; 8] = [40, 120, 0, 0, 40, 120, 0, 0];

impl Film {
    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        boxed(&mut out, b"ftyp", |out| out.extend_from_slice(b"isom\0\0\0\0isom"));
        let data: Vec<u8> = (0u8..8).flat_map(|n| vec![n; SIZES[usize::from(n)] as usize]).collect();
        if self.moov_last {
            let first = out.len() + 8;
            boxed(&mut out, b"mdat", |out| out.extend_from_slice(&data));
            self.moov(&mut out, first);
        } else {
            let mut measured = Vec::new();
            self.moov(&mut measured, 0);
            let first = out.len() + measured.len() + 8;
            self.moov(&mut out, first);
            boxed(&mut out, b"mdat", |out| out.extend_from_slice(&data));
        }
        out
    }

    fn moov(&self, out: &mut Vec<u8>, data: usize) {
        let data = u32::try_from(data).unwrap();
        boxed(out, b"moov", |out| {
            boxed(out, b"mvhd", |out| words(out, &[0, 0, 0, 1000, 320]));
            boxed(out, b"trak", |out| {
                boxed(out, b"tkhd", |out| {
                    words(out, &[1, 0, 0, 7, 0, 320, 0, 0, 0, 0]);
                    let matrix =
                        if self.rotated { [0, 0x1_0000, 0, 0xffff_0000, 0] } else { [0x1_0000, 0, 0, 0, 0x1_0000] };
                    words(out, &matrix);
                    words(out, &[0, 0, 0, 0x4000_0000, 1280 << 16, 720 << 16]);
                });
                // An empty edit of 100 ms, then the media from 40 ms on.
                boxed(out, b"edts", |out| {
                    boxed(out, b"elst", |out| words(out, &[0, 2, 100, u32::MAX, 0x1_0000, 320, 40, 0x1_0000]));
                });
                boxed(out, b"mdia", |out| {
                    boxed(out, b"mdhd", |out| words(out, &[0, 0, 0, 1000, 320, 0x15c7_0000]));
                    boxed(out, b"hdlr", |out| {
                        words(out, &[0, 0]);
                        out.extend_from_slice(b"vide\0\0\0\0\0\0\0\0\0\0\0\0\0");
                    });
                    boxed(out, b"minf", |out| boxed(out, b"stbl", |out| self.tables(out, data)));
                });
            });
            boxed(out, b"udta", |out| {
                boxed(out, b"chpl", |out| {
                    words(out, &[0x0100_0000, 0]);
                    out.extend_from_slice(&hex("02000000000000000004416e6661000000000016e36003456e64"));
                    out.extend_from_slice(&[]);
                });
            });
        });
    }

    fn tables(&self, out: &mut Vec<u8>, data: u32) {
        let CodecConfig::Avc { avcc, .. } = avc() else { unreachable!() };
        boxed(out, b"stsd", |out| {
            words(out, &[0, 1]);
            boxed(out, b"avc1", |out| {
                out.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1]);
                words(out, &[0, 0, 0, 0, 1280 << 16 | 720]);
                out.extend_from_slice(&[0; 50]);
                boxed(out, b"avcC", |out| out.extend_from_slice(&avcc));
                boxed(out, b"pasp", |out| words(out, &[4, 3]));
            });
        });
        boxed(out, b"stts", |out| words(out, &[0, 1, 8, 40]));
        boxed(out, b"ctts", |out| {
            words(out, &[0, 8]);
            for offset in OFFSETS {
                words(out, &[1, offset]);
            }
        });
        boxed(out, b"stss", |out| words(out, &[0, 2, 1, 5]));
        // Three samples in the first chunk, five in the second.
        boxed(out, b"stsc", |out| words(out, &[0, 2, 1, 3, 1, 2, 5, 1]));
        boxed(out, b"stsz", |out| {
            words(out, &[0, 0, 8]);
            words(out, &SIZES);
        });
        let second = data + SIZES[..3].iter().sum::<u32>();
        if self.wide_offsets {
            boxed(out, b"co64", |out| words(out, &[0, 2, 0, data, 0, second]));
        } else {
            boxed(out, b"stco", |out| words(out, &[0, 2, data, second]));
        }
    }
}

#[test]
fn samples_are_found_wherever_the_index_is() {
    for film in [PLAIN, Film { moov_last: true, ..PLAIN }, Film { wide_offsets: true, ..PLAIN }] {
        let bytes = film.bytes();
        let movie = Movie::read(&bytes).unwrap();
        let track = &movie.tracks[0];
        assert_eq!((track.id, track.kind, track.enabled, &track.fourcc), (7, TrackKind::Video, true, b"avc1"));
        assert_eq!(track.config().unwrap().codec, avc());
        assert_eq!((track.pixel_aspect, track.rotation, track.language), (Some((4, 3)), 0, Some(*b"eng")));
        let samples = track.samples.samples();
        for (number, sample) in samples.iter().enumerate() {
            let start = usize::try_from(sample.offset).unwrap();
            let data = &bytes[start..start + sample.size as usize];
            assert!(data.iter().all(|&byte| usize::from(byte) == number), "sample {number}: {data:?}");
        }
        // 100 ms of nothing, then the pictures in their order.
        let shown: Vec<i64> = samples.iter().map(|sample| sample.pts).collect();
        assert_eq!(shown, [100, 220, 140, 180, 260, 380, 300, 340]);
        assert_eq!(
            samples.iter().map(|sample| sample.sync).collect::<Vec<_>>(),
            [1, 0, 0, 0, 1, 0, 0, 0].map(|s| s == 1)
        );
        assert_eq!((track.samples.first_pts(), track.samples.end_pts()), (Some(100), Some(420)));
        assert!(track.samples.has_constant_duration());
    }
}

#[test]
fn a_quarter_turn_is_seen() {
    let movie = Movie::read(&Film { rotated: true, ..PLAIN }.bytes()).unwrap();
    assert_eq!(movie.tracks[0].rotation, 90);
}

#[test]
fn chapters_of_nero_are_read() {
    let movie = Movie::read(&PLAIN.bytes()).unwrap();
    let expected = [(0, "Anfa"), (150_000, "End")];
    assert_eq!(movie.chapters, expected.map(|(at, name)| (MediaTime::from_micros(at), name.to_owned())));
}

#[test]
fn a_film_that_was_cut_off_says_how_much_is_missing() {
    let whole = PLAIN.bytes();
    for length in [whole.len() - 1, whole.len() - 40] {
        let claimed = whole.len() as u64;
        match Movie::read(&whole[..length]) {
            Err(Mp4Error::Truncated { claimed: said, actual }) => assert_eq!((said, actual), (claimed, length as u64)),
            other => panic!("{other:?}"),
        }
    }
    let last = Film { moov_last: true, ..PLAIN }.bytes();
    let data = 20 + 8 + SIZES.iter().sum::<u32>() as usize;
    assert!(matches!(Movie::read(&last[..data]), Err(Mp4Error::NoMovie)));
    assert!(matches!(Movie::read(&b"RIFF    AVI LIST"[..]), Err(Mp4Error::NotMp4)));
    assert!(matches!(Movie::read(&b""[..]), Err(Mp4Error::NoMovie)));
}

#[test]
fn bytes_behind_the_last_box_harm_nothing() {
    let mut bytes = PLAIN.bytes();
    bytes.extend_from_slice(&[0xff; 30]);
    assert_eq!(Movie::read(&bytes).unwrap().tracks.len(), 1);
}

#[test]
fn a_fragmented_film_is_indexed_by_its_fragments() {
    let track = TrackConfig { timescale: 1000, codec: avc(), language: None, pixel_aspect: None };
    let pts = [0i64, 80, 40];
    let sample = |(pts, dts): (&i64, &i64)| Sample {
        pts: *pts,
        dts: *dts,
        duration: 40,
        sync: pts % 120 == 0,
        data: vec![7; 11].into(),
    };
    let mut bytes = init_section(&track, 40).to_vec();
    for (number, start) in [(1, 0), (2, 120)] {
        let pts = pts.map(|at| at + start);
        let samples: Vec<Sample> = pts.iter().zip(&decode_times(&pts)).map(sample).collect();
        bytes.extend_from_slice(&media_segment(number, 40, &samples));
    }
    let movie = Movie::read(&bytes).unwrap();
    let samples = movie.tracks[0].samples.samples();
    assert_eq!(samples.iter().map(|sample| sample.pts).collect::<Vec<_>>(), [0, 80, 40, 120, 200, 160]);
    assert!(samples[3].sync && !samples[4].sync);
    let start = usize::try_from(samples[5].offset).unwrap();
    assert_eq!(&bytes[start..start + 11], [7; 11]);
}

#[test]
fn a_count_of_samples_that_are_not_there_costs_no_memory() {
    let mut bytes = PLAIN.bytes();
    let stsz = bytes.windows(4).position(|kind| kind == b"stsz").unwrap();
    // One size of 1000 bytes for four thousand million samples.
    bytes[stsz + 8..stsz + 16].copy_from_slice(&[0, 0, 3, 0xe8, 0xff, 0xff, 0xff, 0xff]);
    match Movie::read(&bytes) {
        Ok(movie) => assert!(movie.tracks[0].samples.memory() < 1 << 16),
        Err(error) => assert!(matches!(error, Mp4Error::Truncated { .. }), "{error}"),
    }
}

proptest! {
    #[test]
    fn damaged_films_never_panic(
        moov_last in any::<bool>(),
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..30),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = Film { moov_last, ..PLAIN }.bytes();
        for (index, byte) in hits {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len() + 1).max(bytes.len() / 2));
        if let Ok(movie) = Movie::read(&bytes) {
            for track in &movie.tracks {
                prop_assert!(track.samples.data_end() <= bytes.len() as u64);
                let _ = (track.samples.first_pts(), track.samples.end_pts(), track.samples.bytes(), track.config());
            }
        }
    }
}
