mod properties;
mod second_edition;

use std::sync::Arc;

use url::Url;

use super::*;
use crate::{BitsPerSecond, CodecString, MediaDuration, Resolution};

fn base() -> Url {
    Url::parse("http://box.local/media/7/main.m3u8").unwrap()
}

fn media(text: &str) -> Parsed<MediaPlaylist> {
    let parsed = parse(text, &base()).unwrap();
    let Playlist::Media(value) = parsed.value else { panic!("not a media playlist") };
    Parsed { value, warnings: parsed.warnings, more_warnings: parsed.more_warnings }
}

fn multivariant(text: &str) -> Parsed<MultivariantPlaylist> {
    let parsed = parse(text, &base()).unwrap();
    let Playlist::Multivariant(value) = parsed.value else { panic!("not a multivariant playlist") };
    Parsed { value, warnings: parsed.warnings, more_warnings: parsed.more_warnings }
}

fn kinds<T>(parsed: &Parsed<T>) -> Vec<(usize, WarningKind)> {
    parsed.warnings.iter().map(|warning| (warning.line, warning.kind.clone())).collect()
}

#[test]
fn a_multivariant_playlist_is_written_as_servers_do() {
    let playlist = MultivariantPlaylist {
        version: 7,
        independent_segments: true,
        variants: vec![VariantStream {
            uri: "720p/playlist.m3u8".into(),
            bandwidth: BitsPerSecond::from_kbps(2_800),
            average_bandwidth: Some(BitsPerSecond::from_kbps(2_000)),
            codecs: vec![CodecString::new("avc1.64001f"), CodecString::new("mp4a.40.2")],
            resolution: Some(Resolution { width: 1280, height: 720 }),
            frame_rate: Some(FrameRate::from_thousandths(23_976)),
            audio_group: Some("audio".into()),
            ..VariantStream::default()
        }],
        audio: vec![Rendition {
            group: "audio".into(),
            name: "English \"5.1\"\n".into(),
            language: Some("en".into()),
            uri: Some("audio-0/playlist.m3u8".into()),
            is_default: true,
            autoselect: true,
            channels: Some(2),
            ..Rendition::default()
        }],
        ..MultivariantPlaylist::default()
    };
    assert_eq!(
        write_multivariant(&playlist),
        concat!(
            "#EXTM3U\n",
            "#EXT-X-VERSION:7\n",
            "#EXT-X-INDEPENDENT-SEGMENTS\n",
            "#EXT-X-MEDIA:TYPE=AUDIO,URI=\"audio-0/playlist.m3u8\",GROUP-ID=\"audio\",LANGUAGE=\"en\",",
            "NAME=\"English '5.1'\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"2\"\n",
            "#EXT-X-STREAM-INF:BANDWIDTH=2800000,AVERAGE-BANDWIDTH=2000000,CODECS=\"avc1.64001f,mp4a.40.2\",",
            "RESOLUTION=1280x720,FRAME-RATE=23.976,AUDIO=\"audio\"\n",
            "720p/playlist.m3u8\n",
        )
    );
}

#[test]
fn a_media_playlist_is_written_as_servers_do() {
    let init = Some(Arc::new(InitSection { uri: "init.mp4".into(), ..InitSection::default() }));
    let segment = |uri: &str, micros| {
        let duration = MediaDuration::from_micros(micros);
        Arc::new(Segment { uri: uri.into(), duration, init: init.clone(), ..Segment::default() })
    };
    let playlist = MediaPlaylist {
        version: 7,
        target_duration: MediaDuration::from_micros(2_002_000),
        kind: Some(PlaylistKind::Vod),
        ended: true,
        segments: vec![segment("0.m4s", 2_002_000), segment("1.m4s", 1_000_000), segment("2.m4s", 1_996_916)],
        ..MediaPlaylist::default()
    };
    assert_eq!(
        write_media(&playlist),
        concat!(
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:3\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n",
            "#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:2.002,\n0.m4s\n#EXTINF:1,\n1.m4s\n#EXTINF:1.996916,\n2.m4s\n#EXT-X-ENDLIST\n",
        )
    );
}

#[test]
fn what_a_player_can_do_without_is_skipped_with_a_line_number() {
    let parsed = multivariant(concat!(
        "\u{feff}#EXTM3U\r\n",
        "# a comment\r\n",
        "#EXT-X-VERSION:nine\r\n",
        "#EXT-X-FANCY:1\r\n",
        "#EXT-X-STREAM-INF:BANDWIDTH=1000,RESOLUTION=wide,FRAME-RATE=-1,CODECS=\"avc1.4d401f, mp4a.40.2\"\r\n",
        "# a comment between tag and address\r\n",
        "a.m3u8\r\n",
        "#EXT-X-STREAM-INF:RESOLUTION=1x1\r\n",
        "no-bandwidth.m3u8\r\n",
        "stray.m3u8\r\n",
        "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"x\",URI=\"s.m3u8\"\r\n",
        "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",CHANNELS=\"6/JOC\",URI=\"a0.m3u8\"\r\n",
        "#EXT-X-STREAM-INF:BANDWIDTH=5\r\n",
    ));
    assert_eq!(
        kinds(&parsed),
        [
            (3, WarningKind::BadTag("EXT-X-VERSION")),
            (4, WarningKind::UnknownTag("#EXT-X-FANCY".into())),
            (5, WarningKind::BadAttribute("EXT-X-STREAM-INF", "RESOLUTION")),
            (5, WarningKind::BadAttribute("EXT-X-STREAM-INF", "FRAME-RATE")),
            (8, WarningKind::BadAttribute("EXT-X-STREAM-INF", "BANDWIDTH")),
            (10, WarningKind::Unpaired),
            (13, WarningKind::Unpaired),
        ]
    );
    assert_eq!(parsed.value.variants.len(), 1);
    assert_eq!(parsed.value.variants[0].codecs, [CodecString::new("avc1.4d401f"), CodecString::new("mp4a.40.2")]);
    assert_eq!((parsed.value.audio[0].channels, parsed.value.audio[0].name.as_str()), (Some(6), "a"));
    assert_eq!(parsed.warnings[1].to_string(), "line 4: unknown tag #EXT-X-FANCY");
}

#[test]
fn byte_ranges_go_on_where_the_last_one_ended() {
    let parsed = media(concat!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MAP:URI=\"a.mp4\",BYTERANGE=\"700@0\"\n",
        "#EXTINF:4,\n#EXT-X-BYTERANGE:1000@700\na.mp4\n",
        "#EXTINF:4,\n#EXT-X-BYTERANGE:500\na.mp4\n",
        "#EXTINF:4,\n#EXT-X-BYTERANGE:500\nb.mp4\n",
        "#EXTINF:4,\n#EXT-X-BYTERANGE:99999999999999999999@1\na.mp4\n",
    ));
    let ranges: Vec<_> = parsed.value.segments.iter().map(|segment| segment.range).collect();
    assert_eq!(
        ranges,
        [
            Some(ByteRange { offset: 700, length: 1_000 }),
            Some(ByteRange { offset: 1_700, length: 500 }),
            Some(ByteRange { offset: 0, length: 500 }),
            None
        ]
    );
    let gaps: Vec<_> = parsed.value.segments.iter().map(|segment| segment.gap).collect();
    assert_eq!(gaps, [false, false, false, true], "a range without an end cannot be loaded");
    assert_eq!(parsed.warnings.len(), 2, "to begin at the beginning is a guess");
}

#[test]
fn what_belongs_elsewhere_does_not_hide_what_it_is() {
    let text = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-SESSION-KEY:METHOD=NONE\n#EXT-X-MEDIA:TYPE=audio,GROUP-ID=\"a\",\
                NAME=\"b\",DEFAULT=yes,URI=\"b\"\n#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"a\"\nc\n#EXT-X-ENDLIST\n";
    let base = Url::parse("http://a.test/").unwrap();
    let Ok(Playlist::Multivariant(read)) = Reading::new(&base).parse_clear(text).map(|parsed| parsed.value) else {
        panic!("a multivariant playlist, and nothing encrypted")
    };
    assert!(read.audio[0].is_default && read.variants.len() == 1, "{read:?}");
    // Without any other tag they do tell.
    let text = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:7\n";
    assert!(matches!(Reading::new(&base).parse(text).unwrap().value, Playlist::Media(_)));
    // A key that names no method, and one that says none, encrypt nothing.
    let text = "#EXTM3U\n#EXT-X-KEY:URI=\"k\"\n#EXT-X-KEY:METHOD=none\n#EXTINF:4,\na\n";
    assert!(Reading::new(&base).parse_clear(text).is_ok());
}

#[test]
fn a_segment_that_cannot_be_addressed_keeps_its_place_as_a_gap() {
    let parsed = media("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nhttp://[bad/\n#EXTINF:-3,\nb.m4s\n");
    assert_eq!(kinds(&parsed), [(4, WarningKind::BadUri), (5, WarningKind::BadTag("EXTINF"))]);
    assert!(parsed.value.segments[0].gap && !parsed.value.segments[1].gap);
    assert_eq!(parsed.value.segments[1].duration, MediaDuration::from_secs(4));
}

#[test]
fn lines_of_old_macs_are_read() {
    let parsed = media("#EXTM3U\r#EXT-X-TARGETDURATION:4\r#EXTINF:4,\r0.ts\r#EXTINF:x,\r1.ts\n");
    assert_eq!(kinds(&parsed), [(1, WarningKind::LineEnds), (5, WarningKind::BadTag("EXTINF"))]);
    assert_eq!(parsed.value.segments.len(), 2);
    // Within lines that end as they should, it ends none.
    let parsed = media("#EXTM3U\n#EXT-X-TARGETDURATION:4\r\n#EXTINF:4,a\rb\n0.ts\n");
    assert_eq!((parsed.value.segments.len(), parsed.warnings.len()), (1, 0));
}

#[test]
fn what_packagers_and_stations_write_is_played() {
    let parsed = multivariant(concat!(
        "\n# by hand\n#EXTM3U x-tvg-url=\"http://guide.test/\"\n",
        "#EXT-X-STREAM-INF:PROGRAM-ID=1, BANDWIDTH=2560000.4\na\n#EXT-X-STREAM-INF:VIDEO-RANGE=SDR\nb\n",
    ));
    assert_eq!(kinds(&parsed), [(6, WarningKind::BadAttribute("EXT-X-STREAM-INF", "BANDWIDTH"))]);
    let rates: Vec<_> = parsed.value.variants.iter().map(|variant| variant.bandwidth.get()).collect();
    assert_eq!(rates, [2_560_000]);
    let none_says =
        multivariant("#EXTM3U\n#EXT-X-STREAM-INF:VIDEO-RANGE=SDR\na\n#EXT-X-STREAM-INF:VIDEO-RANGE=PQ\nb\n");
    assert_eq!(none_says.value.variants.len(), 2);
    let stations = media("#EXTM3U\n#EXTINF:-1 tvg-id=\"one\",Station One\nhttp://one.test/live\n");
    assert_eq!(stations.value.segments[0].title.as_deref(), Some("Station One"));
}

#[test]
fn a_control_character_does_not_hide_a_tag() {
    let parsed = media("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n\0#EXT-X-GAP\n\u{1}a.m4s\u{7f}\n");
    assert_eq!(parsed.value.segments.len(), 1);
    assert!(parsed.value.segments[0].gap && parsed.value.segments[0].uri == "a.m4s");
}

#[test]
fn what_cannot_be_played_is_an_error() {
    let error = |text: &str| parse(text, &base()).unwrap_err();
    assert_eq!(error("<html>"), ParseError::NotAPlaylist);
    assert_eq!(error(""), ParseError::NotAPlaylist);
    assert_eq!(error("#EXTM3U\n"), ParseError::Empty);
    assert_eq!(error("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n"), ParseError::Empty);
    assert_eq!(
        error("#EXTM3U\n#EXTINF:4,\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\na.ts\n"),
        ParseError::Encrypted { line: 3 }
    );
}

#[test]
fn warnings_are_bounded() {
    let text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n{}", "#EXT-X-NEW\n".repeat(500));
    let parsed = media(&text);
    assert_eq!((parsed.warnings.len(), parsed.more_warnings), (100, 400));
}
