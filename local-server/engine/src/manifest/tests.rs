use media_model::hls::{Playlist, parse};
use media_model::{AudioCodec, MediaTime};

use super::*;
use crate::facts::{Container, example};

fn film(width: u32, height: u32, kbps: u64) -> MediaFacts {
    let mut facts = example::film();
    let video = facts.video.as_mut().unwrap();
    video.shown = Resolution { width, height };
    video.coded = video.shown;
    video.bitrate_bps = kbps * 1_000;
    video.peak_bps = kbps * 1_500;
    facts
}

/// Reads a playlist as the player does, and without a warning.
fn read(text: &str) -> Playlist {
    let base = "http://127.0.0.1/media/main.m3u8".parse().unwrap();
    let parsed = parse(text, &base).unwrap();
    assert!(parsed.warnings.is_empty(), "{:?}", parsed.warnings);
    parsed.value
}

fn names(offer: &Offer) -> Vec<String> {
    offer.variants.iter().map(|variant| variant.stream.to_string()).collect()
}

#[test]
fn the_ladder_holds_what_fits_inside_the_source() {
    let h264 = Capabilities::unspecified();
    let none = Capabilities { video: vec![CodecString::new("vp8")], ..h264.clone() };
    let small_screen = Capabilities { max_height: Some(500), ..h264.clone() };
    let tiny_screen = Capabilities { max_height: Some(100), ..h264.clone() };
    let table: [(MediaFacts, &Capabilities, &[&str]); 10] = [
        (film(1920, 1080, 8_000), &h264, &["original", "1080p", "720p", "480p", "360p"]),
        (film(1920, 1080, 8_000), &none, &["1080p", "720p", "480p", "360p"]),
        // No rung at or above the source's rate.
        (film(1920, 1080, 2_500), &h264, &["original", "480p", "360p"]),
        (film(1920, 1080, 600), &h264, &["original"]),
        (film(1920, 1080, 600), &none, &["source"]),
        // No two of one size: 640x360 is what the 1080p, 720p, 480p and 360p rungs make of it.
        (film(640, 360, 8_000), &h264, &["original", "360p"]),
        (film(1280, 720, 0), &h264, &["original", "720p", "480p", "360p"]),
        (film(1920, 1080, 8_000), &small_screen, &["480p", "360p"]),
        (film(1920, 1080, 8_000), &tiny_screen, &["360p"]),
        (film(3840, 2160, 40_000), &h264, &["original", "1080p", "720p", "480p", "360p"]),
    ];
    for (facts, client, expected) in table {
        let video = facts.video.as_ref().unwrap();
        let what =
            format!("{}x{} at {}, {:?}", video.shown.width, video.shown.height, video.bitrate_bps, client.max_height);
        let offer = offer(&facts, client);
        assert_eq!(names(&offer), expected, "{what}");
        for variant in &offer.variants {
            assert!(has_stream(&facts, &variant.stream), "{what}: {} can be asked for", variant.stream);
        }
    }
}

#[test]
fn each_audio_stream_is_copied_or_encoded() {
    let mut facts = film(1920, 1080, 8_000);
    let mut surround = example::audio();
    surround.channels = 6;
    surround.default = false;
    let mut dolby = surround.clone();
    dolby.codec = Some(AudioCodec::Ac3);
    dolby.codec_string = Some(CodecString::new("ac-3"));
    dolby.language = Some("ger".to_owned());
    let mut other = surround.clone();
    other.language = Some("und".to_owned());
    facts.audio.extend([surround, dolby, other]);
    let offer = offer(&facts, &Capabilities::unspecified());
    let told: Vec<_> =
        offer.audio.iter().map(|a| (a.stream.to_string(), a.name.as_str(), a.language.as_deref(), a.default)).collect();
    let expect = |stream: &str, name, language, default| (stream.to_owned(), name, language, default);
    assert_eq!(
        told,
        [
            expect("audio-0", "German", Some("de"), true),
            expect("audio-1-aac", "German (2)", Some("de"), false),
            expect("audio-2-aac", "German (3)", Some("de"), false),
            expect("audio-3-aac", "Audio 4", None, false),
        ]
    );
    assert!(offer.audio.iter().all(|audio| audio.channels == 2));
}

#[test]
fn the_multivariant_playlist_says_what_is_offered() {
    let text = multivariant_playlist(&offer(&film(1920, 1080, 8_000), &Capabilities::unspecified())).unwrap();
    let Playlist::Multivariant(playlist) = read(&text) else { panic!("not a multivariant playlist") };
    assert_eq!(playlist.variants.len(), 5);
    let original = &playlist.variants[0];
    assert_eq!(original.uri, "original/playlist.m3u8");
    assert_eq!(original.bandwidth, BitsPerSecond::new(12_000_000 + 150_000));
    assert_eq!(original.codecs, [CodecString::new("avc1.640028"), CodecString::new("mp4a.40.2")]);
    assert_eq!(original.frame_rate, Some(FrameRate::from_thousandths(24_000)));
    assert_eq!(playlist.audio[0].uri.as_deref(), Some("audio-0/playlist.m3u8"));
    let rung = &playlist.variants[1];
    let video = BitsPerSecond::from_kbps(4_500);
    assert!(rung.bandwidth > video && rung.average_bandwidth.unwrap() < rung.bandwidth);
}

#[test]
fn a_file_without_pictures_has_its_default_audio_as_the_variant() {
    let mut facts = example::film();
    facts.container = Container::Audio("flac".to_owned());
    facts.video = None;
    facts.audio[0].codec = Some(AudioCodec::Flac);
    let text = multivariant_playlist(&offer(&facts, &Capabilities::unspecified())).unwrap();
    let Playlist::Multivariant(playlist) = read(&text) else { panic!("not a multivariant playlist") };
    assert_eq!(playlist.variants[0].uri, "audio-0-aac/playlist.m3u8");
    assert_eq!(playlist.variants[0].codecs, [CodecString::new("mp4a.40.2")]);
    assert!(playlist.audio.is_empty());
    facts.audio.clear();
    assert_eq!(multivariant_playlist(&offer(&facts, &Capabilities::unspecified())), None);
}

#[test]
fn all_media_playlists_of_a_title_have_one_target_duration() {
    let mut facts = example::film();
    let far_apart = [0, 9_100_000, 12_000_000, 36_900_000].map(MediaTime::from_micros);
    facts.video.as_mut().unwrap().keyframes = far_apart.to_vec();
    for stream in ["original", "1080p", "audio-0", "audio-0-aac"] {
        let text = media_playlist(&facts, &stream.parse().unwrap()).unwrap();
        let Playlist::Media(playlist) = read(&text) else { panic!("not a media playlist") };
        assert_eq!(playlist.target_duration, MediaDuration::from_secs(25), "{stream}");
        let total: u64 = playlist.segments.iter().map(|segment| segment.duration.as_micros()).sum();
        assert!(total.abs_diff(60_000_000) < 22_000, "{stream} is as long as the film: {total}");
        assert!(playlist.ended && playlist.segments.iter().all(|segment| segment.init.is_some()));
    }
}

#[test]
fn what_is_not_there_cannot_be_asked_for() {
    let facts = film(1280, 720, 2_000);
    for stream in ["1080p", "720p", "source", "audio-1", "audio-1-aac"] {
        assert_eq!(media_playlist(&facts, &stream.parse().unwrap()), None, "{stream}");
    }
    let mut avi = film(1280, 720, 2_000);
    avi.container = Container::Other("avi".to_owned());
    for stream in ["original", "audio-0"] {
        assert_eq!(media_playlist(&avi, &stream.parse().unwrap()), None, "{stream}");
    }
}

#[test]
fn languages_are_known_in_all_their_forms() {
    let code = |tag| hls::language(tag).and_then(|language| language.to_639_1());
    for (tag, expected) in [
        ("ger", Some("de")),
        ("deu", Some("de")),
        ("de", Some("de")),
        ("en-US", Some("en")),
        ("fre", Some("fr")),
        ("und", None),
        ("", None),
        ("xx", None),
    ] {
        assert_eq!(code(tag), expected, "{tag}");
    }
}
