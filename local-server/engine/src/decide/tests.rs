use media_model::{AudioCodec, CodecString, Resolution, VideoCodec};

use super::*;
use crate::facts::example;

/// A change to the example film, a client, and what has to come of it.
struct Row {
    name: &'static str,
    change: fn(&mut MediaFacts),
    client: Capabilities,
    way: Way,
    reasons: &'static [&'static str],
}

fn client(video: &str, audio: &str, file: &str) -> Capabilities {
    Capabilities::from_lists(Some(video), Some(audio), Some(file), None)
}

fn video(facts: &mut MediaFacts) -> &mut VideoFacts {
    facts.video.as_mut().unwrap()
}

#[test]
fn each_file_goes_the_cheapest_way() {
    let browser = || client("avc1.640033,vp09.00.51.08", "mp4a.40.2,opus", "mp4,webm");
    let rows = [
        Row { name: "as it is", change: |_| {}, client: browser(), way: Way::Direct, reasons: &[] },
        Row {
            name: "a client that says nothing",
            change: |_| {},
            client: Capabilities::from_lists(None, None, None, None),
            way: Way::Direct,
            reasons: &[],
        },
        Row {
            name: "no files at all",
            change: |_| {},
            client: client("avc1.640028", "mp4a.40.2", ""),
            way: Way::Remux,
            reasons: &["container_not_supported"],
        },
        Row {
            name: "Matroska",
            change: |facts| facts.container = Container::Matroska,
            client: browser(),
            way: Way::Remux,
            reasons: &["container_not_supported"],
        },
        Row {
            name: "5.1 sound beside a copied picture",
            change: |facts| {
                facts.container = Container::Matroska;
                facts.audio[0].channels = 6;
            },
            client: browser(),
            way: Way::Remux,
            reasons: &["container_not_supported", "audio_not_stereo_aac"],
        },
        Row {
            name: "Dolby Digital",
            change: |facts| {
                facts.audio[0].codec = Some(AudioCodec::Ac3);
                facts.audio[0].codec_string = Some(CodecString::new("ac-3"));
            },
            client: browser(),
            way: Way::Remux,
            reasons: &["audio_codec_not_supported"],
        },
        Row {
            name: "a second audio stream that the client lacks",
            change: |facts| {
                let mut second = example::audio();
                second.default = false;
                second.codec = Some(AudioCodec::Dts);
                facts.audio.push(second);
            },
            client: browser(),
            way: Way::Direct,
            reasons: &[],
        },
        Row {
            name: "level 5.1 on a decoder for 4.0",
            change: |facts| video(facts).codec_string = Some(CodecString::new("avc1.640033")),
            client: client("avc1.640028", "mp4a.40.2", "mp4"),
            way: Way::Transcode,
            reasons: &["video_level_too_high"],
        },
        Row {
            name: "10 bits on a decoder for High",
            change: |facts| video(facts).codec_string = Some(CodecString::new("avc1.6e0028")),
            client: browser(),
            way: Way::Transcode,
            reasons: &["video_profile_not_supported"],
        },
        Row {
            name: "HEVC without a decoder",
            change: hevc,
            client: browser(),
            way: Way::Transcode,
            reasons: &["container_not_supported", "video_codec_not_supported"],
        },
        Row {
            name: "HEVC with a bare entry",
            change: hevc,
            client: client("avc1.640028,hvc1", "mp4a.40.2", "mp4"),
            way: Way::Remux,
            reasons: &["container_not_supported"],
        },
        Row {
            name: "HEVC Main 10 on a decoder for Main",
            change: hevc,
            client: client("hvc1.1.6.L153.B0", "mp4a.40.2", "mp4"),
            way: Way::Transcode,
            reasons: &["container_not_supported", "video_profile_not_supported"],
        },
        Row {
            name: "open groups of pictures",
            change: |facts| {
                hevc(facts);
                video(facts).closed_gops = false;
            },
            client: client("hvc1", "mp4a.40.2", "mp4"),
            way: Way::Transcode,
            reasons: &["container_not_supported", "open_gop"],
        },
        Row {
            name: "keyframes unknown, directly playable",
            change: |facts| video(facts).keyframes.clear(),
            client: browser(),
            way: Way::Direct,
            reasons: &[],
        },
        Row {
            name: "a keyframe at the start and no other",
            change: |facts| video(facts).keyframes.truncate(1),
            client: client("avc1.640028", "mp4a.40.2", ""),
            way: Way::Transcode,
            reasons: &["container_not_supported", "keyframes_far_apart"],
        },
        Row {
            name: "interlaced",
            change: |facts| video(facts).interlaced = true,
            client: browser(),
            way: Way::Transcode,
            reasons: &["interlaced"],
        },
        Row {
            name: "turned",
            change: |facts| {
                facts.container = Container::Matroska;
                video(facts).rotation = 90;
            },
            client: browser(),
            way: Way::Transcode,
            reasons: &["container_not_supported", "rotated"],
        },
        Row {
            name: "a small screen",
            change: |_| {},
            client: Capabilities { max_height: Some(720), ..browser() },
            way: Way::Transcode,
            reasons: &["too_tall"],
        },
        Row {
            name: "VP9 in WebM plays alone",
            change: |facts| {
                facts.container = Container::WebM;
                video(facts).codec = Some(VideoCodec::Vp9);
                video(facts).codec_string = Some(CodecString::new("vp09.00.40.08"));
                facts.audio[0].codec = Some(AudioCodec::Opus);
                facts.audio[0].codec_string = Some(CodecString::new("opus"));
            },
            client: browser(),
            way: Way::Direct,
            reasons: &[],
        },
        Row {
            name: "FLAC alone",
            change: |facts| {
                facts.container = Container::Audio("flac".to_owned());
                facts.video = None;
                facts.audio[0].codec = Some(AudioCodec::Flac);
                facts.audio[0].codec_string = Some(CodecString::new("flac"));
            },
            client: browser(),
            way: Way::Transcode,
            reasons: &["container_not_supported", "audio_codec_not_supported"],
        },
        Row {
            name: "AVI",
            change: |facts| {
                facts.container = Container::Other("avi".to_owned());
                video(facts).codec = Some(VideoCodec::Mpeg4);
                video(facts).codec_string = None;
                video(facts).keyframes.clear();
                facts.audio[0].codec = Some(AudioCodec::Mp3);
                facts.audio[0].codec_string = Some(CodecString::new("mp3"));
            },
            client: browser(),
            way: Way::Transcode,
            reasons: &[
                "container_not_supported",
                "video_codec_not_supported",
                "audio_codec_not_supported",
                "container_not_read",
            ],
        },
    ];
    for row in rows {
        let mut facts = example::film();
        (row.change)(&mut facts);
        let decision = decide(&facts, &row.client);
        assert_eq!(decision.way, row.way, "{}", row.name);
        assert_eq!(decision.reasons.iter().map(Reason::code).collect::<Vec<_>>(), row.reasons, "{}", row.name);
        for reason in &decision.reasons {
            assert!(reason.to_string().ends_with('.'), "{reason} is a sentence");
        }
    }
}

fn hevc(facts: &mut MediaFacts) {
    facts.container = Container::Matroska;
    let video = video(facts);
    video.codec = Some(VideoCodec::Hevc);
    video.codec_string = Some(CodecString::new("hvc1.2.4.L120.90"));
    video.bit_depth = Some(10);
    video.coded = Resolution { width: 1920, height: 1080 };
}

#[test]
fn the_adaptive_source_of_a_film_that_plays_directly_is_a_remux() {
    let decision = decide_adaptive(&example::film(), &Capabilities::unspecified());
    assert_eq!(decision, Decision { way: Way::Remux, reasons: Vec::new() });
}
