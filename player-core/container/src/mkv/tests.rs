use proptest::prelude::*;

use super::*;
use crate::fixtures::{AVC_720P, hex};

/// An element with a size of one to eight bytes.
fn element(id: u32, body: &[u8]) -> Vec<u8> {
    let id = id.to_be_bytes();
    let id = &id[id.iter().position(|&byte| byte != 0).unwrap()..];
    let size = (0x0100_0000_0000_0000 | body.len() as u64).to_be_bytes();
    [id, &size, body].concat()
}

/// A master element whose size is not known.
fn endless(id: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = element(id, body);
    bytes[4..12].copy_from_slice(&[0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    bytes
}

fn number(id: u32, value: u64) -> Vec<u8> {
    element(id, &value.to_be_bytes())
}

fn cat(parts: &[Vec<u8>]) -> Vec<u8> {
    parts.concat()
}

/// A film of twelve pictures, 40 ms each, and sound: a keyframe each 160 ms begins a cluster.
#[derive(Clone, Copy)]
struct Film {
    cues: bool,
    /// The cues name the sound.
    cues_of_sound: bool,
    /// Sizes of the segment and its clusters are not known.
    live: bool,
    /// Pictures in block groups, without their first two bytes.
    groups: bool,
}

const PLAIN: Film = Film { cues: true, cues_of_sound: false, live: false, groups: false };

/// Data of picture `n`; all begin alike, as H.264 units do.
fn picture(n: u8) -> Vec<u8> {
    vec![0, 0, n, n, n]
}

impl Film {
    fn tracks(self) -> Vec<u8> {
        let stripping = element(
            ids::CONTENT_ENCODINGS,
            &element(
                ids::CONTENT_ENCODING,
                &element(
                    ids::CONTENT_COMPRESSION,
                    &cat(&[number(ids::CONTENT_COMP_ALGO, 3), element(ids::CONTENT_COMP_SETTINGS, &[0, 0])]),
                ),
            ),
        );
        let video = cat(&[
            number(ids::TRACK_NUMBER, 1),
            number(ids::TRACK_UID, 11),
            number(ids::TRACK_TYPE, 1),
            element(ids::CODEC_ID, b"V_MPEG4/ISO/AVC"),
            element(ids::CODEC_PRIVATE, &hex(AVC_720P)),
            number(ids::DEFAULT_DURATION, 40_000_000),
            element(
                ids::VIDEO,
                &cat(&[
                    number(ids::PIXEL_WIDTH, 1280),
                    number(ids::PIXEL_HEIGHT, 720),
                    number(ids::DISPLAY_WIDTH, 16),
                    number(ids::DISPLAY_HEIGHT, 9),
                ]),
            ),
            if self.groups { stripping } else { Vec::new() },
        ]);
        let audio = cat(&[
            number(ids::TRACK_NUMBER, 2),
            number(ids::TRACK_UID, 22),
            number(ids::TRACK_TYPE, 2),
            number(ids::FLAG_DEFAULT, 0),
            element(ids::LANGUAGE, b"ger\0\0"),
            element(ids::CODEC_ID, b"A_AAC"),
            element(ids::CODEC_PRIVATE, &[0x11, 0x90]),
            element(
                ids::AUDIO,
                &cat(&[element(ids::SAMPLING_FREQUENCY, &48_000f32.to_be_bytes()), number(ids::CHANNELS, 2)]),
            ),
        ]);
        element(ids::TRACKS, &cat(&[element(ids::TRACK_ENTRY, &video), element(ids::TRACK_ENTRY, &audio)]))
    }

    fn cluster(self, n: u8) -> Vec<u8> {
        let mut body = number(ids::TIMESTAMP, u64::from(n) * 160);
        for place in 0..4u8 {
            let frame = picture(n * 4 + place);
            let head = |flags: u8| [0x81, 0, place * 40, flags];
            if self.groups {
                let block = element(ids::BLOCK, &[&head(0)[..], &frame[2..]].concat());
                let reference = if place == 0 { Vec::new() } else { number(ids::REFERENCE_BLOCK, 40) };
                body.extend(element(ids::BLOCK_GROUP, &cat(&[block, reference])));
            } else {
                let flags = if place == 0 { 0x80 } else { 0 };
                body.extend(element(ids::SIMPLE_BLOCK, &[&head(flags)[..], &frame].concat()));
            }
            // Two frames of sound, laced.
            body.extend(element(ids::SIMPLE_BLOCK, &[0x82, 0, place * 40, 0x82, 1, 1, 0xaa, 0xbb, 0xcc]));
        }
        if self.live { endless(ids::CLUSTER, &body) } else { element(ids::CLUSTER, &body) }
    }

    fn bytes(self) -> Vec<u8> {
        let header = element(ids::EBML, &element(ids::DOC_TYPE, b"matroska"));
        let info = element(
            ids::INFO,
            &cat(&[number(ids::TIMESTAMP_SCALE, 1_000_000), element(ids::DURATION, &480f64.to_be_bytes())]),
        );
        let front = cat(&[info, self.tracks()]);
        // A checksum and one entry: its size does not depend on where the cues are.
        let seek_head = |cues: u64| {
            let entry = cat(&[element(ids::SEEK_ID, &ids::CUES.to_be_bytes()), number(ids::SEEK_POSITION, cues)]);
            element(ids::SEEK_HEAD, &cat(&[element(0xbf, &[0; 4]), element(ids::SEEK, &entry)]))
        };
        let first = seek_head(0).len() + front.len();
        let clusters: Vec<Vec<u8>> = (0..3).map(|n| self.cluster(n)).collect();
        let mut cues = Vec::new();
        for (n, _) in clusters.iter().enumerate() {
            let position = first + clusters[..n].iter().map(Vec::len).sum::<usize>();
            let track = if self.cues_of_sound { 2 } else { 1 };
            let place = cat(&[number(ids::CUE_TRACK, track), number(ids::CUE_CLUSTER_POSITION, position as u64)]);
            let point = cat(&[number(ids::CUE_TIME, n as u64 * 160), element(ids::CUE_TRACK_POSITIONS, &place)]);
            cues.extend(element(ids::CUE_POINT, &point));
        }
        let clusters = clusters.concat();
        let at = if self.cues { (first + clusters.len()) as u64 } else { u64::MAX / 2 };
        let mut body = cat(&[seek_head(at), front, clusters]);
        if self.cues {
            body.extend(element(ids::CUES, &cues));
        }
        cat(&[header, if self.live { endless(ids::SEGMENT, &body) } else { element(ids::SEGMENT, &body) }])
    }
}

const KINDS: [Film; 5] = [
    PLAIN,
    Film { cues: false, ..PLAIN },
    Film { cues_of_sound: true, ..PLAIN },
    Film { live: true, cues: false, ..PLAIN },
    Film { groups: true, ..PLAIN },
];

#[test]
fn headers_are_read() {
    let bytes = PLAIN.bytes();
    let file = Matroska::read(&bytes).unwrap();
    let [video, audio] = &file.tracks[..] else { panic!("two tracks") };
    assert_eq!((video.number, video.kind, video.default, video.pixel_aspect), (1, TrackKind::Video, true, None));
    assert_eq!(video.resolution, Resolution { width: 1280, height: 720 });
    assert_eq!((audio.kind, audio.default, audio.language.as_deref()), (TrackKind::Audio, false, Some("ger")));
    assert_eq!((audio.channels, audio.sample_rate), (2, 48_000));
    assert!(matches!(audio.codec, Some(CodecConfig::Aac { .. })));
    assert_eq!(file.cues.len(), 3, "found through the seek head, behind its checksum");
}

#[test]
fn keyframes_are_found_with_and_without_cues() {
    for film in KINDS {
        let bytes = film.bytes();
        let file = Matroska::read(&bytes).unwrap();
        let points = file.entry_points(&bytes, 1).unwrap();
        assert_eq!(points.iter().map(|point| point.time).collect::<Vec<_>>(), [0, 160, 320]);
        for point in points {
            let mut walk = file.blocks(&bytes, point.cluster, 64);
            let block = walk.next(|_| Wanted::All).unwrap().unwrap();
            assert_eq!((block.track, block.time, block.keyframe), (1, point.time, true));
        }
    }
}

#[test]
fn all_frames_are_read_whatever_the_blocks_look_like() {
    for film in KINDS {
        let bytes = film.bytes();
        let file = Matroska::read(&bytes).unwrap();
        let mut walk = file.blocks(&bytes, file.first_cluster.unwrap(), 32);
        let (mut pictures, mut sound) = (Vec::new(), Vec::new());
        while let Some(block) = walk.next(|_| Wanted::All).unwrap() {
            let into = if block.track == 1 { &mut pictures } else { &mut sound };
            into.push((block.time, block.frames));
        }
        let expected: Vec<(i64, Vec<Bytes>)> =
            (0..12u8).map(|n| (i64::from(n) * 40, vec![picture(n).into()])).collect();
        assert_eq!(pictures, expected);
        assert_eq!(sound.len(), 12);
        assert!(sound.iter().all(|(_, frames)| frames[..] == [&[0xaa][..], &[0xbb, 0xcc][..]]));
    }
}

#[test]
fn only_what_is_wanted_is_read() {
    let bytes = PLAIN.bytes();
    let file = Matroska::read(&bytes).unwrap();
    let mut walk = file.blocks(&bytes, file.first_cluster.unwrap(), 32);
    let block = walk.next(|_| Wanted::Beginning(3)).unwrap().unwrap();
    assert_eq!((block.size, &block.frames[0][..]), (5, &[0, 0, 0][..]));
    assert!(walk.skip_cluster());
    let block = walk.next(|_| Wanted::Header).unwrap().unwrap();
    assert_eq!((block.time, block.frames.len()), (160, 0));
}

#[test]
fn a_film_that_was_cut_off_says_so() {
    let whole = PLAIN.bytes();
    match Matroska::read(&whole[..whole.len() - 10]) {
        Err(MkvError::Truncated { claimed, actual }) => assert_eq!(claimed - actual, 10),
        other => panic!("{other:?}"),
    }
    // One that is still being written has no end to miss.
    let live = Film { live: true, cues: false, ..PLAIN }.bytes();
    let file = Matroska::read(&live[..live.len() - 10]).map(|file| file.tracks.len());
    assert_eq!(file.unwrap(), 2);
}

#[test]
fn laces_of_all_kinds_are_taken_apart() {
    // Xiph sizes of 255 and more, fixed, and EBML differences, in blocks of 300, 2 and 3 frames.
    let walk = |lacing: u8, data: &[u8]| {
        let block = element(ids::SIMPLE_BLOCK, &[&[0x82, 0, 0, lacing << 1][..], data].concat());
        let cluster = element(ids::CLUSTER, &cat(&[number(ids::TIMESTAMP, 0), block]));
        let header = element(ids::EBML, &element(ids::DOC_TYPE, b"webm"));
        let bytes = cat(&[header, element(ids::SEGMENT, &cat(&[PLAIN.tracks(), cluster]))]);
        let file = Matroska::read(&bytes).unwrap();
        assert!(file.webm);
        let mut walk = file.blocks(&bytes, file.first_cluster.unwrap(), 64);
        let frames = walk.next(|_| Wanted::All).unwrap().unwrap().frames;
        frames.iter().map(Bytes::len).collect::<Vec<_>>()
    };
    let long = [&[1, 255, 45][..], &[1; 300], &[2; 7]].concat();
    assert_eq!(walk(1, &long), [300, 7]);
    assert_eq!(walk(2, &[2, 1, 1, 2, 2, 3, 3]), [2, 2, 2]);
    // Sizes 4, then 4 - 1, then what is left.
    assert_eq!(walk(3, &[2, 0x84, 0xbe, 1, 1, 1, 1, 2, 2, 2, 3]), [4, 3, 1]);
    assert_eq!(walk(3, &[2, 0x84, 0x80, 1]), Vec::<usize>::new(), "sizes that do not add up");
}

proptest! {
    #[test]
    fn damaged_films_never_panic_and_always_end(
        which in 0usize..KINDS.len(),
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..30),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = KINDS[which].bytes();
        for (index, byte) in hits {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len() + 1).max(bytes.len() / 2));
        if let Ok(file) = Matroska::read(&bytes) {
            for track in &file.tracks {
                let _ = file.entry_points(&bytes, track.number);
            }
            let mut walk = file.blocks(&bytes, file.first_cluster.unwrap_or(0), 64);
            let mut blocks = 0;
            while let Ok(Some(_)) = walk.next(|_| Wanted::All) {
                blocks += 1;
                prop_assert!(blocks <= bytes.len(), "each block takes bytes");
            }
        }
    }
}
