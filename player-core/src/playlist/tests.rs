use std::sync::Arc;

use media_model::hls::{self, Playlist};
use media_model::{MediaDuration, MediaTime};

use super::timeline::Entry;
use super::*;
use crate::clock::Now;

fn base() -> Url {
    Url::parse("http://box.local/main.m3u8").unwrap()
}

fn multivariant(body: &str) -> Presentation {
    let text = format!("#EXTM3U\n{body}");
    let Playlist::Multivariant(playlist) = hls::parse(&text, &base()).unwrap().value else { panic!("wrong kind") };
    Presentation::multivariant(playlist, &base()).unwrap()
}

fn media(text: &str, previous: Option<&MediaPlaylist>) -> MediaPlaylist {
    let base = base();
    let reading = Reading { previous, ..Reading::new(&base) };
    let Playlist::Media(playlist) = reading.parse(&format!("#EXTM3U\n{text}")).unwrap().value else {
        panic!("wrong kind")
    };
    playlist
}

fn timeline(text: &str, known: Option<&Timeline>) -> Timeline {
    let playlist = media(text, known.and_then(|known| known.playlist.as_ref()));
    Timeline::new(playlist, base(), Now::default(), known, &[])
}

const AUDIO: &str = "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"English\",URI=\"en.m3u8\"\n\
                     #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"Deutsch\",DEFAULT=YES,URI=\"de.m3u8\"\n";

#[test]
fn variants_are_sorted_and_those_without_a_picture_left_out() {
    let presentation = multivariant(&format!(
        "{AUDIO}#EXT-X-STREAM-INF:BANDWIDTH=2800000,RESOLUTION=1280x532,CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"a\"\nb\n\
         #EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x266,CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"a\"\na\n\
         #EXT-X-STREAM-INF:BANDWIDTH=128000,CODECS=\"mp4a.40.2\",AUDIO=\"a\"\nsound\n"
    ));
    let labels: Vec<_> = presentation.variant_infos().into_iter().map(|info| info.label).collect();
    assert_eq!(labels, ["360p", "720p"]);
    assert_eq!(presentation.variant_track, Some(Track::Video));
    assert_eq!(presentation.preferred_audio(&[]), Some(AudioId(1)));
    let codecs = |id| presentation.stream(id).unwrap().codecs.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(codecs(StreamId::Variant(VariantId(0))), ["avc1.64001f"]);
    assert_eq!(codecs(StreamId::Audio(AudioId(0))), ["mp4a.40.2"]);
}

#[test]
fn sound_alone_plays_in_the_audio_buffer() {
    let muxed = multivariant("#EXT-X-STREAM-INF:BANDWIDTH=128000,CODECS=\"mp4a.40.2\"\nsound\n");
    assert_eq!((muxed.variant_track, muxed.audio.len()), (Some(Track::Audio), 0));
    let grouped =
        multivariant(&format!("{AUDIO}#EXT-X-STREAM-INF:BANDWIDTH=128000,CODECS=\"mp4a.40.2\",AUDIO=\"a\"\nen.m3u8\n"));
    assert_eq!((grouped.variant_track, grouped.audio.len()), (None, 2));
}

/// Two pictures, each with stereo and with surround sound, and one with surround alone.
const TWO_GROUPS: &str = "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"aac\",NAME=\"English\",LANGUAGE=\"en\",URI=\"en\"\n\
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"aac\",NAME=\"Deutsch\",LANGUAGE=\"de\",URI=\"de\"\n\
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"dolby\",NAME=\"Deutsch 5.1\",LANGUAGE=\"de\",DEFAULT=YES,URI=\"de51\"\n\
    #EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"aac\"\nlow\n\
    #EXT-X-STREAM-INF:BANDWIDTH=1100000,RESOLUTION=640x360,CODECS=\"avc1.64001f,ec-3\",AUDIO=\"dolby\"\nlow\n\
    #EXT-X-STREAM-INF:BANDWIDTH=2800000,RESOLUTION=1280x720,CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"aac\"\nhigh\n\
    #EXT-X-STREAM-INF:BANDWIDTH=3100000,RESOLUTION=1280x720,CODECS=\"avc1.64001f,ec-3\",AUDIO=\"dolby\"\nhigh\n\
    #EXT-X-STREAM-INF:BANDWIDTH=5100000,RESOLUTION=1920x1080,CODECS=\"avc1.640028,ec-3\",AUDIO=\"dolby\"\ntop\n";

#[test]
fn sound_of_another_group_comes_with_its_variants() {
    let mut presentation = multivariant(TWO_GROUPS);
    let offered = |one: &Presentation| {
        let variants: Vec<_> = one.variant_infos().into_iter().map(|info| (info.id.0, info.label)).collect();
        (variants, one.audio_infos().into_iter().map(|info| info.name).collect::<Vec<_>>())
    };
    let label = |id: u32, label: &str| (id, label.to_owned());
    let surround = vec![label(1, "360p"), label(3, "720p"), label(4, "1080p")];
    assert_eq!(offered(&presentation), (surround, vec!["Deutsch 5.1".to_owned()]));
    let codecs = |audio| presentation.stream(StreamId::Audio(AudioId(audio))).unwrap().codecs[0].to_string();
    assert_eq!((codecs(0), codecs(2)), ("mp4a.40.2".to_owned(), "ec-3".to_owned()));
    let german = presentation.preferred_audio(&[]).unwrap();
    assert_eq!(german, AudioId(2));

    let surround = |stream: StreamId| match stream {
        StreamId::Audio(id) => id == german,
        StreamId::Variant(id) => [1, 3, 4].contains(&id.0),
        StreamId::Text(_) => false,
    };
    assert_eq!(presentation.settle_group(|stream| !matches!(stream, StreamId::Variant(VariantId(4)))), Some(false));
    assert_eq!(presentation.settle_group(|stream| !surround(stream)), Some(true));
    // What has no other sound may be shown with this one.
    let stereo = vec![label(0, "360p"), label(2, "720p"), label(4, "1080p")];
    assert_eq!(offered(&presentation), (stereo, vec!["English".to_owned(), "Deutsch".to_owned()]));
    assert_eq!(presentation.audio_like(german, |_| true), Some(AudioId(1)), "in the same language");
    assert_eq!(presentation.settle_group(|_| false), None);
}

#[test]
fn sizes_alike_are_told_apart_by_rate() {
    let presentation = multivariant(
        "#EXT-X-STREAM-INF:BANDWIDTH=9140000,RESOLUTION=1920x1080\na\n\
         #EXT-X-STREAM-INF:BANDWIDTH=5000000,RESOLUTION=1920x1080\nb\n",
    );
    let labels: Vec<_> = presentation.variant_infos().into_iter().map(|info| info.label).collect();
    assert_eq!(labels, ["1080p · 5.0 Mbit/s", "1080p · 9.1 Mbit/s"]);
}

#[test]
fn where_a_sound_is_in_the_variants_no_other_is_played_beside_it() {
    let own = "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"Original\",DEFAULT=YES\n";
    let variant =
        "#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x266,CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"a\"\na\n";
    let presentation = multivariant(&format!("{own}{AUDIO}{variant}"));
    assert!(presentation.audio.is_empty());
    let codecs = &presentation.stream(StreamId::Variant(VariantId(0))).unwrap().codecs;
    assert_eq!(codecs.len(), 2, "the buffer is for both");
    // A better one that has its sounds apart is played with them, and not the one that would sound twice.
    let apart = AUDIO.replace("\"a\"", "\"b\"");
    let better = variant.replace("800000", "900000").replace("\"a\"", "\"b\"");
    let presentation = multivariant(&format!("{own}{apart}{variant}{better}"));
    assert_eq!((presentation.audio.len(), presentation.variants.len()), (2, 1));
}

#[test]
fn it_begins_where_the_playlist_says() {
    let start = |text: &str, ended: bool| {
        let end = if ended { "#EXT-X-ENDLIST\n" } else { "" };
        let text = format!("#EXT-X-TARGETDURATION:4\n{text}{}{end}", "#EXTINF:4,\ns\n".repeat(10));
        timeline(&text, None).suggested_start(None).as_seconds()
    };
    let at =
        |offset: &str, precise: &str| start(&format!("#EXT-X-START:TIME-OFFSET={offset},PRECISE={precise}\n"), true);
    assert_eq!((at("9", "NO"), at("9", "YES"), at("-9", "YES"), at("-9", "NO")), (8.0, 9.0, 31.0, 28.0));
    assert_eq!((at("1000", "YES"), at("-1000", "YES")), (36.0, 0.0), "what is too far is the end, or the beginning");
    let live = |offset: &str| start(&format!("#EXT-X-START:TIME-OFFSET={offset},PRECISE=YES\n"), false);
    assert_eq!((live("-30"), live("-2")), (10.0, 28.0), "no nearer to the live edge than three target durations");
    assert_eq!(start("#EXT-X-SERVER-CONTROL:HOLD-BACK=18\n", false), 20.0);
    let all = Start { offset: MediaTime::from_seconds(12.0).unwrap(), precise: false };
    let text = format!("#EXT-X-TARGETDURATION:4\n{}#EXT-X-ENDLIST\n", "#EXTINF:4,\ns\n".repeat(10));
    assert_eq!(timeline(&text, None).suggested_start(Some(all)).as_seconds(), 12.0);
}

#[test]
fn what_never_changes_has_ended() {
    let text = "#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:4,\ns\n";
    let timeline = timeline(text, None);
    assert!(timeline.ended && timeline.reload_at.is_none(), "{timeline:?}");
    assert_eq!(timeline.duration(), Some(MediaDuration::from_secs(4)));
}

#[test]
fn a_segment_is_found_by_time() {
    let timeline = timeline("#EXT-X-TARGETDURATION:3\n#EXTINF:2,\na\n#EXTINF:3,\nb\n#EXT-X-ENDLIST\n", None);
    let uri =
        |seconds| timeline.entry_at(MediaTime::from_seconds(seconds).unwrap()).map(|entry| entry.segment.uri.clone());
    assert_eq!(uri(-1.0).as_deref(), Some("a"));
    assert_eq!(uri(1.999).as_deref(), Some("a"));
    assert_eq!(uri(2.0).as_deref(), Some("b"));
    assert_eq!(uri(5.0), None);
    assert_eq!(timeline.duration(), Some(MediaDuration::from_secs(5)));
}

#[test]
fn a_live_playlist_goes_on_where_it_was() {
    let before = timeline(&live(10, 5), None);
    assert_eq!(before.suggested_start(None), MediaTime::from_seconds(4.0).unwrap());
    assert_eq!(before.duration(), None);
    let after = timeline(&live(12, 5), Some(&before));
    assert_eq!(after.start(), MediaTime::from_seconds(4.0).unwrap());
    assert_eq!(after.reload_at, Some(Now::new(std::time::Duration::from_secs(2))));
    let unchanged = timeline(&live(12, 5), Some(&after));
    assert_eq!(unchanged.reload_at, Some(Now::new(std::time::Duration::from_secs(1))));
    let jumped = timeline(&live(20, 5), Some(&after));
    assert_eq!(jumped.start(), MediaTime::from_seconds(20.0).unwrap());
}

/// A live playlist of segments of 2 s.
fn live(first: u64, count: usize) -> String {
    format!("#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{first}\n{}", "#EXTINF:2,\ns\n".repeat(count))
}

#[test]
fn another_streams_numbers_count_as_long_as_they_list_the_present() {
    let at = |seconds| Now::new(std::time::Duration::from_secs(seconds));
    let start = |other: &Timeline, first, count, seconds| {
        let read = Timeline::new(media(&live(first, count), None), base(), at(seconds), None, &[other]);
        read.start().as_seconds()
    };
    let low = timeline(&live(10, 6), None);
    assert_eq!(start(&low, 12, 6, 4), 4.0, "numbers that are known");
    assert_eq!(start(&low, 18, 6, 14), 16.0, "numbers that follow");
    assert_eq!(start(&low, 4, 6, 0), -12.0, "a cache that is behind");
    // Numbers of its own: it ends where the other one does by now.
    assert_eq!(start(&low, 0, 6, 0), 0.0);
    assert_eq!(start(&low, 500, 6, 4), 4.0);
    // An encoder that stands still says the same again and again; the others go on.
    let stands_still = Timeline::new(media(&live(10, 6), None), base(), at(60), Some(&low), &[]);
    assert_eq!(start(&stands_still, 40, 6, 60), 60.0);
    // Windows of hours have many numbers in common that mean nothing.
    let long = timeline(&live(1_000, 600), None);
    assert_eq!(start(&long, 700, 600, 0), 0.0);
}

#[test]
fn one_that_ended_elsewhere_says_nothing_of_another() {
    let read = |first, count, end: &str| timeline(&(live(first, count) + end), None);
    let stands_still = read(0, 6, "");
    let has_ended = |count| read(0, count, "#EXT-X-ENDLIST\n").has_ended_beside(&stands_still);
    assert_eq!([3, 4, 5, 6, 7, 8, 20].map(has_ended), [false, false, true, true, true, false, false]);
    assert!(!read(0, 6, "").has_ended_beside(&stands_still));
}

#[test]
fn a_window_that_moves_keeps_what_it_had() {
    let live = |first: u64| {
        let tag = |number| if number % 50 == 0 { "#EXT-X-DISCONTINUITY\n" } else { "" };
        let segment = |number: u64| format!("{}#EXTINF:2,\n{number}.ts\n", tag(number));
        let segments: String = (first..first + 500).map(segment).collect();
        let removed = first.div_ceil(50);
        format!(
            "#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{first}\n#EXT-X-DISCONTINUITY-SEQUENCE:{removed}\n{segments}"
        )
    };
    let shared = |old: &[Entry], new: &[Entry]| {
        let is_shared =
            |(old, new): &(&Entry, &Entry)| old.period == new.period && Arc::ptr_eq(&old.segment, &new.segment);
        old.iter().zip(new).filter(is_shared).count()
    };
    let mut now = timeline(&live(0), None);
    for first in 1..200 {
        let before = std::mem::replace(&mut now, timeline(&live(first), None));
        now = timeline(&live(first), Some(&before));
        assert_eq!(now.entries.len(), 500, "what left the window is not kept");
        assert_eq!(shared(&before.entries[1..], &now.entries), 499, "at {first}");
    }
    // A discontinuity counted anew, or another address for the same number, is no longer the same.
    let other = timeline(&live(199).replace("300.ts", "x.ts"), Some(&now));
    assert_eq!((shared(&now.entries, &other.entries), other.start()), (499, now.start()));
}

#[test]
fn numbers_at_the_end_of_their_range_are_survived() {
    let text = "#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:18446744073709551615\n#EXTINF:2,\na\n#EXTINF:2,\nb\n";
    let before = timeline(text, None);
    assert_eq!(timeline(text, Some(&before)).entries.len(), before.entries.len());
    let skips = "#EXT-X-TARGETDURATION:2\n#EXT-X-SKIP:SKIPPED-SEGMENTS=18446744073709551615\n#EXTINF:2,\na\n";
    let after = Timeline::new(media(skips, None), base(), Now::default(), Some(&before), &[]);
    assert_eq!(after.start(), before.start());
}

const ON_TWO_SERVERS: &str = "\
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"English\",URI=\"http://a.test/en\"\n\
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"b\",NAME=\"English\",URI=\"http://b.test/en\"\n\
    #EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,AUDIO=\"a\"\nhttp://a.test/low\n\
    #EXT-X-STREAM-INF:BANDWIDTH=2800000,RESOLUTION=1280x720,AUDIO=\"a\"\nhttp://a.test/high\n\
    #EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,AUDIO=\"b\"\nhttp://b.test/low\n\
    #EXT-X-STREAM-INF:BANDWIDTH=2800000,RESOLUTION=1280x720,AUDIO=\"b\"\nhttp://b.test/high\n\
    #EXT-X-STREAM-INF:BANDWIDTH=5000000,RESOLUTION=1920x1080,AUDIO=\"a\"\nhttp://a.test/top\n";

fn addresses(presentation: &Presentation) -> Vec<&str> {
    presentation.streams().map(|stream| stream.url.as_str()).collect()
}

#[test]
fn copies_are_no_choices_and_all_streams_go_to_them_together() {
    let mut presentation = multivariant(ON_TWO_SERVERS);
    let labels: Vec<_> = presentation.variant_infos().into_iter().map(|info| info.label).collect();
    assert_eq!((labels, presentation.places()), (vec!["360p".to_owned(), "720p".into(), "1080p".into()], 2));
    let first = ["http://a.test/low", "http://a.test/high", "http://a.test/top", "http://a.test/en"];
    assert_eq!(addresses(&presentation), first);
    presentation.go_to(1);
    // What has no copy stays where it is.
    let second = ["http://b.test/low", "http://b.test/high", "http://a.test/top", "http://b.test/en"];
    assert_eq!(addresses(&presentation), second);
    presentation.go_to(0);
    assert_eq!(addresses(&presentation), first);
}

#[test]
fn what_was_read_of_a_copy_is_kept_while_another_is_used() {
    let mut presentation = multivariant(ON_TWO_SERVERS);
    let low = StreamId::Variant(VariantId(0));
    let known = timeline("#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:4,\na\n", None);
    presentation.stream_mut(low).unwrap().timeline = Some(known);
    presentation.go_to(1);
    let stream = presentation.stream(low).unwrap();
    assert!(stream.timeline.is_none() && stream.last_known().is_some(), "a live one is aligned with it");
    presentation.go_to(0);
    assert!(presentation.stream(low).unwrap().timeline.is_some());
}

#[test]
fn fresh_addresses_are_taken_over_only_from_the_same_presentation() {
    let mut presentation = multivariant(ON_TWO_SERVERS);
    presentation.go_to(1);
    assert!(!presentation.readdress(multivariant("#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360\nother\n")));
    assert_eq!(presentation.place(), 1);
    assert!(presentation.readdress(multivariant(&ON_TWO_SERVERS.replace("low", "low?signed=anew"))));
    assert_eq!((addresses(&presentation)[0], presentation.place()), ("http://a.test/low?signed=anew", 0));
}
