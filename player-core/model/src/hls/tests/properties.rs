//! What is written reads back equal, a delta update gives what the whole playlist gives, and any text is survived.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

use super::*;
use crate::{ByteCount, MediaTime};

fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9äß€ '.,=:/_-]{1,12}".prop_map(|text| text.trim().to_owned()).prop_filter("not blank", |t| !t.is_empty())
}

fn word() -> impl Strategy<Value = String> {
    "[A-Za-z0-9-]{1,8}"
}

fn uri() -> impl Strategy<Value = String> {
    "[a-z0-9][a-z0-9/._-]{0,20}"
}

fn length() -> impl Strategy<Value = MediaDuration> {
    (0..86_400_000_000u64).prop_map(MediaDuration::from_micros)
}

fn date() -> impl Strategy<Value = String> {
    "20[0-9]{2}-01-01T00:00:00Z"
}

prop_compose! {
    fn range()(offset in 0..1u64 << 50, length in 0..1u64 << 40) -> ByteRange {
        ByteRange { offset, length }
    }
}

prop_compose! {
    fn start()(micros in -86_400_000_000i64..86_400_000_000, precise: bool) -> Start {
        Start { offset: MediaTime::from_micros(micros), precise }
    }
}

prop_compose! {
    fn definition()(name in "[a-zA-Z0-9_-]{1,9}", value in text()) -> Definition {
        Definition { name, value, source: DefinitionSource::Given }
    }
}

prop_compose! {
    fn key()(
        method in prop_oneof![
            Just(KeyMethod::Aes128), Just(KeyMethod::SampleAes), Just(KeyMethod::SampleAesCtr),
            Just(KeyMethod::Other("AES-256".into())),
        ],
        uri in uri(), iv in of(any::<u128>()), format_versions in vec(1u32..9, 0..3),
    ) -> Key {
        Key { method, uri, iv, format: None, format_versions }
    }
}

/// Up to three keys of different formats, as they are in force at one time.
fn keys() -> impl Strategy<Value = Option<Keys>> {
    of(vec(key(), 1..4).prop_map(|keys| {
        let formats = [None, Some("com.a"), Some("com.b")];
        let named = |(key, format): (Key, Option<&str>)| Arc::new(Key { format: format.map(str::to_owned), ..key });
        keys.into_iter().zip(formats).map(named).collect()
    }))
}

prop_compose! {
    fn variant_details()(
        video_group in of(text()), subtitle_group in of(text()),
        closed_captions in of(prop_oneof![Just(ClosedCaptions::None), text().prop_map(ClosedCaptions::Group)]),
        hdcp_level in of(word().prop_map(|text| HdcpLevel::new(&text))), score in of(0..1u64 << 40),
        supplemental in vec(("[a-z0-9.]{4,8}", vec("[a-z0-9]{4}", 0..3)), 0..3),
        video_range in of(prop_oneof![Just(VideoRange::Pq), Just(VideoRange::Hlg)]),
        required_layout in of(word()), allowed in vec(("[a-z.:]{1,9}", vec(word(), 0..3)), 0..3),
        ids in (of(text()), of(text()), of(text())),
    ) -> VariantStream {
        let codec = |(codec, brands): (String, _)| SupplementalCodec { codec: CodecString::new(codec), brands };
        let allowed_cpc = |(key_format, configurations)| AllowedCpc { key_format, configurations };
        VariantStream {
            video_group, subtitle_group, closed_captions, hdcp_level, score: score.map(Score::from_millionths),
            supplemental_codecs: supplemental.into_iter().map(codec).collect(),
            video_range, required_layout, allowed_cpc: allowed.into_iter().map(allowed_cpc).collect(),
            pathway: ids.0, stable_id: ids.1, name: ids.2, ..VariantStream::default()
        }
    }
}

prop_compose! {
    fn variant()(
        uri in uri(), bandwidth in 0..u64::MAX, average in of(0..u64::MAX),
        codecs in vec("[a-z0-9]{4}\\.[0-9A-F]{1,6}", 0..3), size in of((1u32..9_000, 1u32..9_000)),
        frame_rate in of(1u32..240_000), audio_group in of(text()), details in variant_details(),
    ) -> VariantStream {
        VariantStream {
            uri, bandwidth: BitsPerSecond::new(bandwidth), average_bandwidth: average.map(BitsPerSecond::new),
            codecs: codecs.into_iter().map(CodecString::new).collect(),
            resolution: size.map(|(width, height)| Resolution { width, height }),
            frame_rate: frame_rate.map(FrameRate::from_thousandths), audio_group, ..details
        }
    }
}

prop_compose! {
    fn i_frames()(variant in variant()) -> VariantStream {
        VariantStream { frame_rate: None, audio_group: None, subtitle_group: None, closed_captions: None, ..variant }
    }
}

prop_compose! {
    fn rendition()(
        group in text(), name in text(), languages in (of(text()), of(text())), uri in of(uri()),
        flags in (any::<bool>(), any::<bool>(), any::<bool>()), channels in of((0u32..64, of(word()))),
        instream_id in of(word()), characteristics in vec("[a-z.]{1,9}", 0..3),
        numbers in (of(1u32..64), of(1u32..192_000)), ids in (of(text()), of(text())),
    ) -> Rendition {
        let (is_default, autoselect, forced) = flags;
        let (channels, channel_details) = channels.map_or((None, None), |(count, details)| (Some(count), details));
        Rendition {
            group, name, language: languages.0, assoc_language: languages.1, uri, is_default, forced, channels,
            channel_details, autoselect: autoselect || is_default, instream_id, characteristics, bit_depth: numbers.0,
            sample_rate_hz: numbers.1, stable_id: ids.0, pathway: ids.1,
        }
    }
}

prop_compose! {
    fn session_data()(
        id in text(), language in of(text()),
        content in prop_oneof![
            text().prop_map(SessionContent::Value), uri().prop_map(SessionContent::Json),
            uri().prop_map(SessionContent::Raw),
        ],
    ) -> SessionData {
        SessionData { id, content, language }
    }
}

prop_compose! {
    fn multivariant_playlist()(
        version in 1u16..14, independent_segments: bool, variants in vec(variant(), 1..6),
        renditions in (vec(rendition(), 0..3), vec(rendition(), 0..3), vec(rendition(), 0..3), vec(rendition(), 0..3)),
        i_frames in vec(i_frames(), 0..3), session_data in vec(session_data(), 0..3), session_keys in vec(key(), 0..3),
        steering in of((uri(), of(text()))), start in of(start()), definitions in vec(definition(), 0..3),
    ) -> MultivariantPlaylist {
        let (audio, video, subtitles, closed_captions) = renditions;
        let steering = steering.map(|(server_uri, pathway)| ContentSteering { server_uri, pathway });
        MultivariantPlaylist {
            version, independent_segments, variants, audio, video, subtitles, closed_captions, i_frames, session_data,
            session_keys, steering, start, definitions,
        }
    }
}

prop_compose! {
    fn part()(uri in uri(), duration in length(), range in of(range()), independent: bool, gap: bool) -> Part {
        Part { uri, duration, range, independent, gap }
    }
}

prop_compose! {
    fn segment()(
        uri in uri(), duration in length(), range in of(range()), discontinuity: bool, date in of(date()), gap: bool,
        title in of(text()), keys in keys(), parts in vec(part(), 0..3),
    ) -> Segment {
        Segment {
            uri, duration, range, discontinuity, program_date_time: date, gap, title, keys, parts,
            ..Segment::default()
        }
    }
}

prop_compose! {
    fn date_range()(
        class in of(text()), start_date in of(date()), cue in vec("PRE|POST|ONCE", 0..2), end_date in of(date()),
        duration in of(length()), planned_duration in of(length()), end_on_next: bool,
        scte in (of("0x[0-9A-F]{2,6}"), of("0x[0-9A-F]{2,6}"), of("0x[0-9A-F]{2,6}")),
        client in proptest::collection::btree_map("X-[A-Z-]{1,9}", prop_oneof![
            text().prop_map(ClientValue::Text), "[0-9]{1,3}".prop_map(ClientValue::Number),
        ], 0..3),
    ) -> DateRange {
        DateRange {
            id: String::new(), class, start_date, cue, end_date, duration, planned_duration, end_on_next,
            scte35_command: scte.0, scte35_out: scte.1, scte35_in: scte.2, client,
        }
    }
}

fn date_ranges() -> impl Strategy<Value = Vec<DateRange>> {
    vec(date_range(), 0..5).prop_map(|ranges| {
        let named = |(index, range)| DateRange { id: format!("date {index}"), ..range };
        ranges.into_iter().enumerate().map(named).collect()
    })
}

prop_compose! {
    fn control()(
        can_skip_until in of(length()), can_skip_date_ranges: bool, hold_back in of(length()),
        part_hold_back in of(length()), can_block_reload: bool,
    ) -> ServerControl {
        ServerControl { can_skip_until, can_skip_date_ranges, hold_back, part_hold_back, can_block_reload }
    }
}

prop_compose! {
    fn live_edge()(
        hints in vec((any::<bool>(), uri(), any::<u32>(), of(any::<u32>())), 0..3),
        reports in vec((uri(), of(any::<u64>()), of(any::<u64>())), 0..3),
        control in of(control()), part_target in of(length()), date_ranges in date_ranges(),
        parts in vec(part(), 1..3), has_pending: bool,
    ) -> MediaPlaylist {
        let hint = |(is_part, uri, start, length): (bool, String, u32, Option<u32>)| PreloadHint {
            kind: if is_part { HintKind::Part } else { HintKind::Map },
            uri, start: start.into(), length: length.map(u64::from),
        };
        let report = |(uri, last_segment, last_part)| RenditionReport { uri, last_segment, last_part };
        MediaPlaylist {
            preload_hints: hints.into_iter().map(hint).collect(),
            rendition_reports: reports.into_iter().map(report).collect(),
            pending: has_pending.then(|| Box::new(Segment { parts, ..Segment::default() })),
            server_control: control, part_target, date_ranges, ..MediaPlaylist::default()
        }
    }
}

prop_compose! {
    fn media_playlist()(
        version in 1u16..14, target in 1u64..3_600, media_sequence: u64, discontinuity_sequence: u64,
        kind in of(prop_oneof![Just(PlaylistKind::Event), Just(PlaylistKind::Vod)]),
        flags in (any::<bool>(), any::<bool>(), any::<bool>()), segments in vec(segment(), 0..12),
        inits in vec((0usize..12, uri(), of(range()), keys()), 0..3), rates in vec((0usize..12, 1u64..1 << 40), 0..3),
        start in of(start()), definitions in vec(definition(), 0..3), edge in live_edge(),
    ) -> MediaPlaylist {
        let (mut segments, mut edge) = (segments, edge);
        let pending = edge.pending.as_deref_mut();
        let mut all: Vec<&mut Segment> = segments.iter_mut().chain(pending).collect();
        for (from, uri, range, keys) in inits {
            let init = Arc::new(InitSection { uri, range, keys });
            all.iter_mut().skip(from).for_each(|segment| segment.init = Some(init.clone()));
        }
        for (from, kbps) in rates {
            let rate = BitsPerSecond::new(kbps * 1_000);
            all.iter_mut().skip(from).for_each(|segment| segment.bitrate = Some(rate));
        }
        let segments = segments.into_iter().map(Arc::new).collect();
        MediaPlaylist {
            version, target_duration: MediaDuration::from_secs(target), media_sequence, discontinuity_sequence, kind,
            independent_segments: flags.0, ended: flags.1, i_frames_only: flags.2, segments, start, definitions, ..edge
        }
    }
}

proptest! {
    #[test]
    fn a_written_multivariant_playlist_reads_back_the_same(playlist in multivariant_playlist()) {
        let written = write_multivariant(&playlist);
        let parsed = Reading::new(&base()).parse(&written).unwrap();
        prop_assert_eq!(&parsed.warnings, &[]);
        prop_assert_eq!(parsed.value, Playlist::Multivariant(playlist));
    }

    #[test]
    fn a_written_media_playlist_reads_back_the_same(playlist in media_playlist()) {
        let written = write_media(&playlist);
        let parsed = Reading::new(&base()).parse(&written).unwrap();
        prop_assert_eq!(&parsed.warnings, &[]);
        prop_assert_eq!(parsed.value, Playlist::Media(playlist));
    }

    #[test]
    fn a_delta_update_gives_what_the_whole_playlist_gives(
        full in media_playlist(), gone in 0usize..4, skipped in 0usize..9, dates_skipped: bool,
        removed in "date [0-9]", before in date_ranges(),
    ) {
        // What was known before: older segments that are gone, and not the newest ones.
        let mut full = MediaPlaylist { media_sequence: full.media_sequence / 2 + 100, ..full };
        let skipped = skipped.min(full.segments.len());
        full.segments[..skipped].iter_mut().for_each(|segment| Arc::make_mut(segment).parts.clear());
        let old = Arc::new(Segment { uri: "gone".into(), ..Segment::default() });
        let older = vec![old; gone];
        let mut previous = full.clone();
        previous.segments = older.into_iter().chain(full.segments[..skipped].iter().cloned()).collect();
        previous.media_sequence = full.media_sequence - gone as u64;
        previous.date_ranges = before;
        // The text of an update is that of the whole playlist, without what it skips.
        let nothing_after = MediaPlaylist {
            ended: false, pending: None, preload_hints: Vec::new(), rendition_reports: Vec::new(), ..full.clone()
        };
        let until = |count: usize| MediaPlaylist { segments: full.segments[..count].to_vec(), ..nothing_after.clone() };
        let whole = write_media(&full);
        let rest = &whole[write_media(&until(skipped)).len()..];
        let removed_date_ranges = dates_skipped.then(|| vec![removed.clone()]);
        let skip = Some(Skip { segments: skipped as u64, removed_date_ranges });
        let text = write_media(&MediaPlaylist { skip, ..until(0) }) + rest;
        // Date ranges that were there before and are not removed stay; what the update lists is new or changed.
        if dates_skipped {
            let mut kept = previous.date_ranges.clone();
            kept.retain(|range| range.id != removed);
            for range in &full.date_ranges {
                match kept.iter_mut().find(|known| known.id == range.id) {
                    Some(known) => *known = range.clone(),
                    None => kept.push(range.clone()),
                }
            }
            full.date_ranges = kept;
        }

        let url = base();
        let reading = Reading { previous: Some(&previous), ..Reading::new(&url) };
        let parsed = reading.parse(&text).unwrap();
        prop_assert_eq!(&parsed.warnings, &[]);
        let Playlist::Media(updated) = parsed.value else { panic!("wrong kind") };
        let shared = updated.segments.iter().zip(&previous.segments[gone..]).filter(|(new, old)| Arc::ptr_eq(new, old));
        prop_assert_eq!(shared.count(), skipped, "what is known is not made again");
        // So it is when the whole playlist comes again.
        let Playlist::Media(again) = reading.parse(&whole).unwrap().value else { panic!("wrong kind") };
        let shared = again.segments.iter().zip(&previous.segments[gone..]).filter(|(new, old)| Arc::ptr_eq(new, old));
        prop_assert_eq!(shared.count(), skipped);
        prop_assert_eq!(updated, full);
        let Playlist::Media(alone) = Reading::new(&url).parse(&text).unwrap().value else { panic!("wrong kind") };
        prop_assert_eq!(alone.skip.unwrap().segments, skipped as u64);
    }

    #[test]
    fn any_text_is_survived(text in "\\PC{0,400}") {
        let _ = parse(&text, &base());
        let _ = parse(&format!("#EXTM3U\n{text}"), &base());
    }

    #[test]
    fn any_line_of_tags_is_survived(lines in vec(
        ("(#EXTINF|#EXT-X-STREAM-INF|#EXT-X-MEDIA|#EXT-X-MAP|#EXT-X-BYTERANGE|#EXT-X-KEY|#EXT-X-TARGETDURATION|#EXT-X-PART|x)",
         "[:]?[-0-9a-zA-Z@\",=.x]{0,30}"), 0..30)) {
        let body: String = lines.iter().map(|(tag, rest)| format!("{tag}{rest}\n")).collect();
        if let Ok(parsed) = Reading::new(&base()).parse(&format!("#EXTM3U\n{body}")) {
            // What was read can be written and read again.
            let again = match &parsed.value {
                Playlist::Multivariant(playlist) => write_multivariant(playlist),
                Playlist::Media(playlist) => write_media(playlist),
            };
            prop_assert!(Reading::new(&base()).parse(&again).is_ok());
        }
    }

    #[test]
    fn an_address_names_the_same_when_it_is_written(uri in "[a/?:.\\t\r\0\u{1}\u{7f}\u{85}\"]{1,12}") {
        let text = format!("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{uri}\n");
        let read = |text: &str| match parse(text, &base()).map(|parsed| parsed.value) {
            Ok(Playlist::Multivariant(playlist)) => Some(playlist),
            _ => None,
        };
        // In other schemes (`data:`) quotes are kept: the text is another and names the same.
        let resolved = |playlist: &MultivariantPlaylist| {
            base().join(&playlist.variants[0].uri).ok().filter(|url| url.scheme() == "http")
        };
        if let Some(playlist) = read(&text) {
            let again = read(&write_multivariant(&playlist)).expect("what is written can be read");
            prop_assert_eq!(resolved(&again), resolved(&playlist));
        }
    }

    #[test]
    fn a_size_is_expected_where_range_or_rate_tell(duration in length(), kbps in of(0..1u64 << 40), range in of(range())) {
        let segment = Segment { duration, bitrate: kbps.map(BitsPerSecond::from_kbps), range, ..Segment::default() };
        let expected = segment.expected_size();
        prop_assert_eq!(expected.is_some(), kbps.is_some() || range.is_some());
        if let Some(range) = range {
            prop_assert_eq!(expected, Some(ByteCount::new(range.length)));
        }
    }
}
