use bytes::Bytes;
use media_model::{MediaTime, Resolution};
use proptest::prelude::*;

use super::read::CmafError;
use super::{read, write};
use crate::boxes::find;
use crate::track::{CodecConfig, Sample, TrackConfig, decode_times, needed_shift};

fn video() -> TrackConfig {
    TrackConfig {
        timescale: 90_000,
        codec: CodecConfig::Avc {
            avcc: Bytes::from_static(&[1, 0x64, 0, 0x28, 0xff, 0xe0, 0]),
            resolution: Resolution { width: 1440, height: 1080 },
        },
        language: None,
        pixel_aspect: Some((4, 3)),
    }
}

fn audio() -> TrackConfig {
    TrackConfig {
        timescale: 48_000,
        codec: CodecConfig::Aac { asc: Bytes::from_static(&[0x11, 0x90]), channels: 2, sample_rate: 48_000 },
        language: Some(*b"deu"),
        pixel_aspect: None,
    }
}

fn samples(pts: &[i64], end: i64) -> Vec<Sample> {
    let dts = decode_times(pts);
    let next = dts.iter().copied().skip(1).chain([end]);
    std::iter::zip(pts, &dts)
        .zip(next)
        .enumerate()
        .map(|(index, ((&pts, &dts), next))| Sample {
            pts,
            dts,
            duration: u32::try_from(next - dts).unwrap(),
            sync: index == 0,
            data: Bytes::from(vec![u8::try_from(index % 256).unwrap(); index % 50 + 1]),
        })
        .collect()
}

#[test]
fn an_init_section_reads_back() {
    for (track, shift) in [(video(), 7_200), (audio(), 0)] {
        let init = read::init_section(&write::init_section(&track, shift)).unwrap();
        assert_eq!(init.track, track);
        assert_eq!(init.composition_shift(), i64::from(shift));
    }
}

#[test]
fn an_init_section_names_the_codecs_of_all_its_tracks() {
    let pictures = write::init_section(&video(), 0);
    let sound = write::init_section(&audio(), 0);
    let codecs = |bytes: &[u8]| -> Vec<String> {
        read::codec_strings(bytes).into_iter().map(|codec| codec.as_str().to_owned()).collect()
    };
    assert_eq!(codecs(&pictures), ["avc1.640028"]);
    assert_eq!(codecs(&sound), ["mp4a.40.2"]);
    // Both in one, as muxed segments have it.
    let moov = |bytes: &[u8]| find(bytes, b"moov").unwrap().to_vec();
    let inside = [moov(&pictures), moov(&sound)].concat();
    let size = u32::try_from(inside.len() + 8).unwrap().to_be_bytes();
    let muxed = [size.as_slice(), b"moov", &inside].concat();
    assert_eq!(codecs(&muxed), ["avc1.640028", "mp4a.40.2"]);
    // One that is not written into CMAF has a name all the same.
    let at = sound.windows(4).position(|four| four == b"mp4a").unwrap();
    let mut other = sound.to_vec();
    other[at..at + 4].copy_from_slice(b"ec-3");
    assert_eq!(codecs(&other), ["ec-3"]);
    assert_eq!(codecs(&sound[..40]), [""; 0]);
}

#[test]
fn the_edit_list_takes_the_shift_out_again() {
    let samples = samples(&[9_000, 18_000, 12_000, 15_000], 21_000);
    let shift = needed_shift(&samples.iter().map(|s| s.pts).collect::<Vec<_>>(), &[9_000, 12_000, 15_000, 18_000]);
    assert_eq!(shift, 3_000);
    let init = read::init_section(&write::init_section(&video(), shift)).unwrap();
    let segment = write::media_segment(1, shift, &samples);
    let read = read::media_segment(&init, &segment).unwrap();
    assert_eq!(read.iter().map(|sample| sample.pts).collect::<Vec<_>>(), [9_000, 18_000, 12_000, 15_000]);
    assert_eq!(read[0].dts, 6_000, "all units decode earlier by the shift");
    let init = write::init_section(&video(), shift);
    let start = Some(MediaTime::from_micros(9_000 * 1_000_000 / i64::from(video().timescale)));
    assert_eq!(read::media_start(&init, &segment).unwrap(), start);
    assert_eq!(read::media_start(&init, &segment[..segment.len() - 5]).unwrap(), start, "the data is not needed");
    assert_eq!(read::media_start(&init, &segment[..40]), Err(CmafError::Incomplete { kind: *b"moof" }));
}

#[test]
fn chunks_of_a_segment_read_as_one() {
    let all = samples(&[0, 1, 2, 3, 4, 5], 6);
    let init = read::init_section(&write::init_section(&video(), 0)).unwrap();
    let mut bytes = write::media_segment(1, 0, &all[..3]).to_vec();
    bytes.extend_from_slice(&write::chunk(2, 0, &all[3..]));
    assert_eq!(read::media_segment(&init, &Bytes::from(bytes)).unwrap(), all);
}

#[test]
fn what_has_arrived_of_a_segment_is_read_as_far_as_it_goes() {
    let all = samples(&[0, 1, 2, 3, 4, 5], 6);
    let init = read::init_section(&write::init_section(&video(), 0)).unwrap();
    let mut bytes = write::media_segment(1, 0, &all[..3]).to_vec();
    bytes.extend_from_slice(&write::chunk(2, 0, &all[3..]));
    let mut known = 0;
    for end in 0..=bytes.len() {
        let news = read::begun_segment(&init, &bytes[..end], known).unwrap();
        assert_eq!(news, all[known..known + news.len()], "{end}");
        known += news.len();
        // The next one is not there yet.
        let data: usize = all[..known].iter().map(|sample| sample.data.len()).sum();
        assert!(data <= end);
    }
    assert_eq!(known, all.len());
    // What is broken is not waited for.
    let at = bytes.windows(4).position(|kind| kind == b"tfdt").unwrap();
    bytes[at..at + 4].copy_from_slice(b"free");
    assert_eq!(read::begun_segment(&init, &bytes, 0), Err(CmafError::Incomplete { kind: *b"tfdt" }));
}

#[test]
fn a_sample_outside_of_the_segment_is_an_error() {
    let init = read::init_section(&write::init_section(&audio(), 0)).unwrap();
    let segment = write::media_segment(1, 0, &samples(&[0, 1024], 2048));
    let short = segment.slice(..segment.len() - 1);
    // The box that holds the data is incomplete, but the one that describes it is not.
    assert_eq!(read::media_segment(&init, &short), Err(CmafError::Outside { index: 1 }));
}

proptest! {
    #[test]
    fn a_written_segment_reads_back(
        steps in prop::collection::vec((1i64..5_000, any::<bool>(), 0usize..40), 1..60),
        start in 0i64..1_000_000_000_000,
        shift in 0u32..20_000,
        swap in any::<bool>(),
    ) {
        let mut at = start;
        let mut pts: Vec<i64> = steps.iter().map(|step| { at += step.0; at }).collect();
        if swap {
            for pair in pts[1..].chunks_exact_mut(2) { pair.swap(0, 1); }
        }
        let mut samples = samples(&pts, at + 100);
        for (sample, step) in samples.iter_mut().zip(&steps) {
            sample.sync |= step.1;
            sample.data = Bytes::from(vec![7; step.2]);
        }
        let init = read::init_section(&write::init_section(&video(), shift)).unwrap();
        let bytes = write::media_segment(3, shift, &samples);
        prop_assert!(bytes.len() as u64 <= write::overhead(samples.len() as u64)
            + samples.iter().map(|sample| sample.data.len() as u64).sum::<u64>());
        let mut read = read::media_segment(&init, &bytes).unwrap();
        for sample in &mut read { sample.dts += i64::from(shift); }
        prop_assert_eq!(read, samples);
    }

    #[test]
    fn damaged_bytes_never_panic(
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut init_bytes = write::init_section(&video(), 3_000).to_vec();
        let mut segment = write::media_segment(1, 3_000, &samples(&[0, 3, 1, 2], 4)).to_vec();
        let init = read::init_section(&init_bytes).unwrap();
        for (index, byte) in &hits {
            let at = index.index(segment.len());
            segment[at] = *byte;
            let at = index.index(init_bytes.len());
            init_bytes[at] = *byte;
        }
        segment.truncate(cut.index(segment.len() + 1));
        let segment = Bytes::from(segment);
        let _ = read::media_segment(&init, &segment);
        let _ = read::media_start(&init_bytes, &segment);
        if let Ok(init) = read::init_section(&init_bytes) {
            let _ = read::media_segment(&init, &segment);
        }
    }
}
