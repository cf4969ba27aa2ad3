use std::fs;

use super::*;

fn describe(bytes: &[u8]) -> Result<Probed, ProbeError> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("film.mkv");
    fs::write(&path, bytes)?;
    native(&path)
}

fn flaw(bytes: &[u8]) -> &'static str {
    match describe(bytes) {
        Err(ProbeError::NotMedia(flaw)) => flaw.code(),
        other => panic!("{other:?}"),
    }
}

/// A PCM file of one second, 8000 samples.
fn wav() -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(b"RIFF\xa4\x3e\0\0WAVEfmt \x10\0\0\0");
    for (value, size) in [(1u32, 2), (1, 2), (8_000, 4), (16_000, 4), (2, 2), (16, 2)] {
        bytes.extend_from_slice(&value.to_le_bytes()[..size]);
    }
    bytes.extend_from_slice(b"data\x80\x3e\0\0");
    bytes.resize(bytes.len() + 16_000, 0);
    bytes
}

#[test]
fn each_broken_file_has_its_reason() {
    assert_eq!(flaw(b""), "empty_file");
    let ftyp = b"\0\0\0\x10ftypisom\0\0\0\0";
    assert_eq!(flaw(ftyp), "index_missing");
    assert_eq!(flaw(&[&ftyp[..], b"\0\0\x10\0mdat1234"].concat()), "truncated");
    assert_eq!(flaw(&[&ftyp[..], b"\0\0\0\x0cmoov1234"].concat()), "damaged");
    assert_eq!(flaw(&[&ftyp[..], b"\0\0\0\x10moov\0\0\0\x08mvhd"].concat()), "no_streams");
    // EBML, then a segment that says it is longer.
    assert_eq!(flaw(&[0x1a, 0x45, 0xdf, 0xa3, 0x80, 0x18, 0x53, 0x80, 0x67, 0x88, 1, 2]), "truncated");
    assert_eq!(flaw(&[0x1a, 0x45, 0xdf, 0xa3, 0x80, 0x18, 0x53, 0x80, 0x67, 0x80]), "damaged");
}

#[test]
fn what_our_readers_do_not_know_is_left_to_the_discoverer() {
    let transport_stream = [0x47; 188 * 4];
    let unknown: [&[u8]; 4] = [b"RIFF\0\0\0\0AVI LIST", &transport_stream, b"just some text in a file", &[0; 4]];
    for bytes in unknown {
        assert_eq!(describe(bytes), Ok(Probed::Unknown));
    }
}

#[test]
fn an_audio_file_is_known_by_its_content() {
    let Ok(Probed::Facts(facts)) = describe(&wav()) else { panic!("not described") };
    assert_eq!(facts.container, crate::facts::Container::Audio("wav".to_owned()));
    assert_eq!(facts.duration.as_micros(), 1_000_000);
    assert_eq!((facts.audio[0].channels, facts.audio[0].sample_rate), (1, 8_000));
    assert_eq!(facts.audio[0].codec, Some(media_model::AudioCodec::Pcm));
}

#[test]
fn what_cannot_be_opened_says_why() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().join("missing.mp4"), folder.path().to_owned()] {
        assert!(matches!(native(&path), Err(ProbeError::Unreadable(reason)) if !reason.is_empty()));
    }
}
