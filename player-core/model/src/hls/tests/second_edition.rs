//! What the second edition adds, as it is written out there.

use super::*;
use crate::{ByteCount, MediaTime};

#[test]
fn a_low_latency_playlist_is_read_whole() {
    let parsed = media(concat!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-VERSION:6\n",
        "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.0,CAN-SKIP-UNTIL=24.0\n",
        "#EXT-X-PART-INF:PART-TARGET=0.33334\n#EXT-X-MEDIA-SEQUENCE:266\n",
        "#EXT-X-PROGRAM-DATE-TIME:2019-02-14T02:13:36.106Z\n#EXT-X-MAP:URI=\"init.mp4\"\n",
        "#EXTINF:4.00008,\nfile266.mp4\n",
        "#EXT-X-PART:DURATION=0.33334,URI=\"file267.mp4\",BYTERANGE=\"100@0\",INDEPENDENT=YES\n",
        "#EXT-X-PART:DURATION=0.33334,URI=\"file267.mp4\",BYTERANGE=\"200\"\n",
        "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"file267.mp4\",BYTERANGE-START=300\n",
        "#EXT-X-RENDITION-REPORT:URI=\"../1M/waitForMSN.php\",LAST-MSN=267,LAST-PART=1\n",
    ));
    assert_eq!(kinds(&parsed), []);
    let playlist = parsed.value;
    assert!(playlist.server_control.is_some_and(|control| control.can_block_reload));
    assert_eq!(playlist.part_target, Some(MediaDuration::from_micros(333_340)));
    let pending = playlist.pending.unwrap();
    let ranges: Vec<_> = pending.parts.iter().map(|part| part.range).collect();
    assert_eq!(ranges, [Some(ByteRange { offset: 0, length: 100 }), Some(ByteRange { offset: 100, length: 200 })]);
    assert_eq!(pending.init.as_deref().map(|init| init.uri.as_str()), Some("init.mp4"));
    assert_eq!(playlist.preload_hints[0].start, 300);
    assert_eq!(playlist.rendition_reports[0].last_segment, Some(267));
}

#[test]
fn sizes_are_expected_by_range_and_by_rate() {
    let parsed = media(concat!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\na\n#EXT-X-BITRATE:1000\n#EXTINF:4,\nb\n#EXTINF:2,\nc\n",
        "#EXTINF:2,\n#EXT-X-BYTERANGE:7@0\nd\n",
    ));
    let sizes: Vec<_> = parsed.value.segments.iter().map(|segment| segment.expected_size()).collect();
    let bytes = |count| Some(ByteCount::new(count));
    assert_eq!(sizes, [None, bytes(500_000), bytes(250_000), bytes(7)]);
}

#[test]
fn variables_are_replaced() {
    let url = Url::parse("http://box.local/a.m3u8?token=t%26").unwrap();
    let text = concat!(
        "#EXTM3U\n#EXT-X-DEFINE:NAME=\"host\",VALUE=\"http://cdn\"\n#EXT-X-DEFINE:QUERYPARAM=\"token\"\n",
        "#EXT-X-STREAM-INF:BANDWIDTH=1,NAME=\"{$host}\"\n{$host}/{$token}/{$unknown}.m3u8\n",
        "#EXT-X-STREAM-INF:BANDWIDTH=1\n{$host}/b.m3u8?{$token}\n",
    );
    let parsed = parse(text, &url).unwrap();
    let Playlist::Multivariant(playlist) = parsed.value else { panic!("not a multivariant playlist") };
    assert_eq!(parsed.warnings, [Warning { line: 5, kind: WarningKind::Undefined("unknown".to_owned()) }]);
    assert_eq!(playlist.variants[0].name.as_deref(), Some("http://cdn"));
    assert_eq!(playlist.variants[1].uri, "http://cdn/b.m3u8?t&");

    let text = "#EXTM3U\n#EXT-X-DEFINE:IMPORT=\"host\"\n#EXTINF:1,\n{$host}/0.ts\n";
    let variables = playlist.variables();
    let reading = Reading { variables: Some(&variables), ..Reading::new(&url) };
    let Playlist::Media(playlist) = reading.parse(text).unwrap().value else { panic!("not a media playlist") };
    assert_eq!(playlist.segments[0].uri, "http://cdn/0.ts");
    assert_eq!(parse(text, &url).unwrap().warnings[0].kind, WarningKind::Undefined("host".to_owned()));
}

#[test]
fn variables_cannot_fill_the_memory() {
    let mut text = format!("#EXTM3U\n#EXT-X-DEFINE:NAME=\"0\",VALUE=\"{}\"\n", "x".repeat(64));
    for level in 1..40 {
        let reference = format!("{{${}}}", level - 1);
        text += &format!("#EXT-X-DEFINE:NAME=\"{level}\",VALUE=\"{reference}{reference}\"\n");
    }
    let error = parse(&(text + "#EXTINF:1,\n{$39}\n"), &base()).unwrap_err();
    assert!(matches!(error, ParseError::Inflated { .. }), "{error}");
}

#[test]
fn keys_of_different_formats_are_in_force_together() {
    let text = concat!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"a\",KEYFORMAT=\"com.a\",KEYFORMATVERSIONS=\"1/2\"\n",
        "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"b\",KEYFORMAT=\"com.b\"\n#EXTINF:4,\n0\n",
        "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"c\",KEYFORMAT=\"com.a\"\n#EXTINF:4,\n1\n#EXT-X-KEY:METHOD=NONE\n#EXTINF:4,\n2\n",
    );
    let Playlist::Media(playlist) = Reading::new(&base()).parse(text).unwrap().value else { panic!("wrong kind") };
    let uris = |segment: &Arc<Segment>| -> Vec<String> {
        segment.keys.iter().flat_map(|keys| keys.iter()).map(|key| key.uri.clone()).collect()
    };
    let all: Vec<_> = playlist.segments.iter().map(uris).collect();
    assert_eq!(all, [vec!["a", "b"], vec!["c", "b"], vec![]]);
    assert_eq!(parse(text, &base()).unwrap_err(), ParseError::Encrypted { line: 3 });
}

#[test]
fn an_interstitial_is_a_date_range() {
    let parsed = media(concat!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n0\n",
        "#EXT-X-DATERANGE:ID=\"ad\",CLASS=\"com.apple.hls.interstitial\",START-DATE=\"2020-01-02T21:55:44.000Z\",",
        "X-ASSET-URI=\"http://example.com/ad.m3u8\",X-RESUME-OFFSET=0,X-PLAYOUT-LIMIT=15.5,X-RESTRICT=\"SKIP,JUMP\"\n",
        "#EXT-X-DATERANGE:ID=\"ad\",DURATION=15\n",
    ));
    let [range] = parsed.value.date_ranges.as_slice() else { panic!("two tags of one range") };
    assert_eq!(range.duration, Some(MediaDuration::from_secs(15)));
    let interstitial = range.interstitial().unwrap();
    assert_eq!(interstitial.asset, Some("http://example.com/ad.m3u8"));
    assert_eq!(interstitial.playout_limit, Some(MediaDuration::from_millis(15_500)));
    assert_eq!(interstitial.restrict, ["SKIP", "JUMP"]);
    assert!(interstitial.content_may_vary && interstitial.resume_offset == Some("0"));
}

#[test]
fn an_update_of_something_else_is_refused() {
    let whole =
        media("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:5\n#EXTINF:4,\n5\n#EXTINF:4,\n6\n").value;
    let url = base();
    let reading = Reading { previous: Some(&whole), ..Reading::new(&url) };
    for (first, skipped) in [(4, 1), (5, 3), (6, 2), (u64::MAX, u64::MAX)] {
        let text = format!(
            "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:{first}\n#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}\n"
        );
        assert_eq!(reading.parse(&text), Err(ParseError::Unrelated { line: 4 }), "{first} {skipped}");
    }
}

#[test]
fn every_kind_of_rendition_has_its_list() {
    let parsed = multivariant(concat!(
        "#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"/steer\",PATHWAY-ID=\"A\"\n#EXT-X-START:TIME-OFFSET=-9.5,PRECISE=YES\n",
        "#EXT-X-MEDIA:TYPE=VIDEO,GROUP-ID=\"v\",NAME=\"x\",URI=\"v\"\n",
        "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"x\",FORCED=YES,URI=\"s\"\n",
        "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"c\",NAME=\"x\",INSTREAM-ID=\"CC1\"\n",
        "#EXT-X-MEDIA:TYPE=SMELL,GROUP-ID=\"c\",NAME=\"x\"\n",
        "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"i\"\n#EXT-X-SESSION-DATA:DATA-ID=\"a\",VALUE=\"b\"\n",
        "#EXT-X-STREAM-INF:BANDWIDTH=1,SCORE=1.5,SUPPLEMENTAL-CODECS=\"dvh1.08.07/db4h\",VIDEO-RANGE=PQ,CLOSED-CAPTIONS=NONE\na\n",
    ));
    assert_eq!(kinds(&parsed), [(7, WarningKind::BadAttribute("EXT-X-MEDIA", "TYPE"))]);
    let playlist = parsed.value;
    let lists = [&playlist.audio, &playlist.video, &playlist.subtitles, &playlist.closed_captions];
    assert_eq!(lists.map(Vec::len), [0, 1, 1, 1]);
    assert_eq!(playlist.start.map(|start| start.offset), Some(MediaTime::from_micros(-9_500_000)));
    assert_eq!((playlist.i_frames.len(), playlist.session_data.len()), (1, 1));
    let variant = &playlist.variants[0];
    assert_eq!(variant.supplemental_codecs[0].brands, ["db4h"]);
    assert_eq!(variant.closed_captions, Some(ClosedCaptions::None));
}
