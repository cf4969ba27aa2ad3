use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::fixtures::{AVC_576I, AVC_720P, HEVC_MAIN, HEVC_MAIN_10, avc, hex};

fn coded(resolution: Resolution) -> impl Fn(&str) -> CodecConfig {
    move |record| match record {
        AVC_720P | AVC_576I => CodecConfig::Avc { avcc: Bytes::from(hex(record)), resolution },
        _ => CodecConfig::Hevc { hvcc: Bytes::from(hex(record)), resolution },
    }
}

#[test]
fn records_tell_the_picture_format() {
    let table = [
        (AVC_720P, (1280, 720), 8, false, None),
        (AVC_576I, (720, 576), 8, true, Some((64, 45))),
        (HEVC_MAIN, (1280, 720), 8, false, None),
        (HEVC_MAIN_10, (1280, 720), 10, false, None),
    ];
    let codec = coded(Resolution { width: 0, height: 0 });
    for (record, (width, height), bit_depth, interlaced, pixel_aspect) in table {
        let expected = PictureFormat { resolution: Resolution { width, height }, bit_depth, interlaced, pixel_aspect };
        assert_eq!(picture_format(&codec(record)), Some(expected), "{record}");
        assert!(has_parameter_sets(&codec(record)), "{record}");
    }
}

#[test]
fn a_record_without_sets_is_not_complete() {
    let CodecConfig::Avc { avcc, resolution } = avc() else { unreachable!() };
    let mut bare = avcc[..7].to_vec();
    bare[5] = 0xe0;
    assert!(!has_parameter_sets(&CodecConfig::Avc { avcc: Bytes::from(bare), resolution }));
    let hvcc = Bytes::from(hex(HEVC_MAIN)[..23].to_vec());
    assert!(!has_parameter_sets(&CodecConfig::Hevc { hvcc, resolution }));
}

#[test]
fn the_first_slice_tells_the_entry_point() {
    let unit = |nals: &[&[u8]]| -> Vec<u8> {
        let prefixed = |nal: &&[u8]| [&u32::try_from(nal.len()).unwrap().to_be_bytes()[..], nal].concat();
        nals.iter().flat_map(prefixed).collect()
    };
    let avc = avc();
    let hevc = coded(Resolution { width: 0, height: 0 })(HEVC_MAIN);
    let table: [(&CodecConfig, Vec<u8>, EntryPoint); 8] = [
        (&avc, unit(&[&[9, 0x10], &[6, 5, 1], &[0x65, 0x88]]), EntryPoint::Instant),
        (&avc, unit(&[&[9, 0x10], &[0x41, 0x9a]]), EntryPoint::None),
        (&avc, unit(&[&[9, 0x10], &[6, 5, 1]]), EntryPoint::Unknown),
        (&avc, Vec::new(), EntryPoint::Unknown),
        (&hevc, unit(&[&[0x4e, 1, 5], &[0x28, 1, 0xaf]]), EntryPoint::Instant),
        (&hevc, unit(&[&[0x2a, 1, 0xaf]]), EntryPoint::MayLead),
        (&hevc, unit(&[&[0x02, 1, 0xd0]]), EntryPoint::None),
        // A slice that is cut off has its header all the same.
        (&avc, vec![0, 0, 9, 9, 0x65], EntryPoint::Instant),
    ];
    for (codec, unit, expected) in table {
        assert_eq!(entry_point(codec, &unit), expected, "{unit:?}");
    }
}

proptest! {
    #[test]
    fn damaged_records_never_panic(
        which in 0usize..4,
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut record = hex([AVC_720P, AVC_576I, HEVC_MAIN, HEVC_MAIN_10][which]);
        for (index, byte) in hits {
            let at = index.index(record.len());
            record[at] = byte;
        }
        record.truncate(cut.index(record.len() + 1));
        let record = Bytes::from(record);
        let resolution = Resolution { width: 0, height: 0 };
        for codec in [
            CodecConfig::Avc { avcc: record.clone(), resolution },
            CodecConfig::Hevc { hvcc: record.clone(), resolution },
        ] {
            let _ = picture_format(&codec);
            let _ = has_parameter_sets(&codec);
            let _ = codec.codec_string();
            let _ = entry_point(&codec, &record);
        }
    }
}
