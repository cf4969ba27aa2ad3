use std::sync::Arc;

use media_container::cmaf::write;
use media_container::mp4::Movie;
use media_container::track::{CodecConfig, Sample, TrackConfig};
use media_model::hls::{MediaPlaylist, MultivariantPlaylist, Playlist, Reading, parse};
use media_model::{MediaDuration, MediaTime, Resolution};

use super::packed::SampleFile;
use super::*;
use crate::content::load;

fn plan(live: Option<u64>) -> PresentationPlan {
    PresentationPlan {
        name: "p".to_owned(),
        source: Source::Bytes,
        duration: MediaDuration::from_secs(62),
        segment: MediaDuration::from_secs(4),
        ladder: PresentationPlan::usual_ladder(),
        sizes: Sizes::Constant,
        audio: vec![AudioPlan { language: "en".to_owned() }, AudioPlan { language: "de".to_owned() }],
        subtitles: vec!["fr".to_owned()],
        live: live.map(|window| Live { window, delta_updates: false }),
    }
}

fn presentation(plan: &PresentationPlan) -> Presentation {
    load::presentation(plan, Seed::new(1), &|_| {}).unwrap()
}

fn moment(seconds: u64) -> Moment {
    Moment::now(Duration::from_secs(seconds), 1_700_000_000_000)
}

fn get(presentation: &Presentation, path: &str, seconds: u64) -> Option<Resource> {
    presentation.resource(path, Extent::Whole, moment(seconds)).unwrap()
}

fn text(presentation: &Presentation, path: &str, seconds: u64) -> String {
    let resource = get(presentation, path, seconds).unwrap();
    String::from_utf8(resource.payload.read(0, usize::MAX).to_vec()).unwrap()
}

fn base() -> url::Url {
    "http://origin.invalid/p/main.m3u8".parse().unwrap()
}

fn multivariant(text: &str) -> MultivariantPlaylist {
    match parse(text, &base()).unwrap().value {
        Playlist::Multivariant(playlist) => playlist,
        Playlist::Media(_) => panic!("{text}"),
    }
}

fn media(text: &str) -> MediaPlaylist {
    match parse(text, &base()).unwrap().value {
        Playlist::Media(playlist) => playlist,
        Playlist::Multivariant(_) => panic!("{text}"),
    }
}

#[test]
fn the_ladder_is_in_the_multivariant_playlist_as_it_was_asked_for() {
    let film = presentation(&plan(None));
    let text = text(&film, "/p/main.m3u8", 0);
    let playlist = multivariant(&text);
    let rates: Vec<u64> = playlist.variants.iter().map(|variant| variant.bandwidth.get() / 1_000).collect();
    assert_eq!(rates, [470, 970, 1_880, 3_580, 6_570]);
    assert_eq!(playlist.variants[4].resolution, Some(Resolution { width: 1_280, height: 720 }));
    let names: Vec<&str> = playlist.audio.iter().map(|audio| audio.name.as_str()).collect();
    assert_eq!((names, playlist.audio[0].is_default), (vec!["English", "Deutsch"], true));
    let subtitles = &playlist.subtitles[0];
    let [name, language] = [Some(subtitles.name.as_str()), subtitles.language.as_deref()];
    assert_eq!((name, language, subtitles.is_default), (Some("Français"), Some("fr"), false), "{text}");
    let with_them = playlist.variants.iter().filter(|variant| variant.subtitle_group == Some(subtitles.group.clone()));
    assert_eq!(with_them.count(), 5, "{text}");
}

#[test]
fn players_of_dash_get_the_same_segments() {
    let film = presentation(&plan(None));
    let mpd = text(&film, "/p/main.mpd", 0);
    let (first, _) = mpd.split_once("</Representation>").unwrap();
    let lengths: u64 =
        first.split("<S d=\"").skip(1).map(|rest| rest.split('"').next().unwrap().parse::<u64>().unwrap()).sum();
    let playlist = media(&text(&film, "/p/video-0/playlist.m3u8", 0));
    assert_eq!(lengths, playlist.segments.iter().map(|segment| segment.duration.as_micros()).sum::<u64>());
    assert!(first.contains("media=\"video-0/$Number$.m4s\"") && first.contains("startNumber=\"0\""), "{first}");
    assert_eq!(
        mpd.matches("<Representation").count(),
        film.streams.iter().filter(|one| one.extension() == "m4s").count()
    );
    let live = presentation(&plan(Some(5)));
    assert_eq!(get(&live, "/p/main.mpd", 0), None);
}

#[test]
fn segments_of_bytes_have_the_size_of_their_rung_and_end_with_the_film() {
    let film = presentation(&plan(None));
    let playlist = media(&text(&film, "/p/video-4/playlist.m3u8", 0));
    assert!(playlist.ended && playlist.segments.len() == 16);
    assert_eq!(playlist.segments[15].duration, MediaDuration::from_secs(2));
    let segment = get(&film, "/p/video-4/0.m4s", 0).unwrap();
    // With sound beside it: 6,570 less 64 kbit/s for four seconds.
    assert_eq!(segment.payload.length(), 3_253_000);
    assert_eq!(get(&film, "/p/audio-de/15.m4s", 0).unwrap().payload.length(), 16_000);
    for nothing in
        ["/p/video-4/16.m4s", "/p/video-4/00.m4s", "/p/video-5/0.m4s", "/p/video-4/0.vtt", "/q/main.m3u8", "/p"]
    {
        assert_eq!(get(&film, nothing, 0), None, "{nothing}");
    }
    let again = presentation(&plan(None));
    assert_eq!(get(&again, "/p/video-4/3.m4s", 0), get(&film, "/p/video-4/3.m4s", 9));
    assert_ne!(get(&film, "/p/video-4/3.m4s", 0), get(&film, "/p/video-4/4.m4s", 0));
}

#[test]
fn words_tell_the_seconds_of_their_segment() {
    let film = presentation(&plan(None));
    let words = text(&film, "/p/subtitles-fr/1.vtt", 0);
    assert!(
        words.starts_with(
            "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n\n00:00:04.000 --> 00:00:04.900\nSeconde 4"
        ),
        "{words}"
    );
    assert_eq!(words.matches("-->").count(), 4);
    assert!(!text(&film, "/p/subtitles-fr/playlist.m3u8", 0).contains("EXT-X-MAP"));
}

#[test]
fn a_live_window_slides_and_its_dates_with_it() {
    let live = presentation(&plan(Some(5)));
    let at = |seconds| media(&text(&live, "/p/video-0/playlist.m3u8", seconds));
    let (start, later) = (at(0), at(9));
    assert!(!start.ended && start.kind.is_none());
    assert_eq!((start.media_sequence, start.segments.len()), (0, 5));
    assert_eq!((later.media_sequence, later.segments.len()), (2, 5));
    // The window of the start ends when the origin starts: 1.7e9 s after 1970.
    assert_eq!(start.segments[0].program_date_time.as_deref(), Some("2023-11-14T22:13:00.000Z"));
    assert_eq!(later.segments[0].program_date_time.as_deref(), Some("2023-11-14T22:13:08.000Z"));
    // The film of 62 s goes on from its beginning: 16 segments to a round, the last of 2 s.
    // 102 s have gone into the window: a round of 16, ten segments of the next, of which the last five are listed.
    let second_round = at(82);
    assert_eq!(second_round.media_sequence, 21);
    let there = |number: u64, seconds| get(&live, &format!("/p/video-0/{number}.m4s"), seconds).is_some();
    assert!(there(0, 0) && there(4, 0) && !there(5, 0) && there(5, 4));
    assert!(there(0, 12) && !there(0, 16), "three more segments stay");
}

#[test]
fn an_update_leaves_out_what_is_known() {
    let long = PresentationPlan { live: Some(Live { window: 20, delta_updates: true }), ..plan(None) };
    let live = presentation(&long);
    let path = "/p/video-0/playlist.m3u8";
    let at = |seconds, extent| {
        let resource = live.resource(path, extent, moment(seconds)).unwrap().unwrap();
        String::from_utf8(resource.payload.read(0, usize::MAX).to_vec()).unwrap()
    };
    let before = media(&at(0, Extent::Whole));
    let (whole, update) = (at(9, Extent::Whole), at(9, Extent::Update));
    // Twenty of 4 s, but for one of 2 s at the end of each round; six of 4 s stay.
    assert!(update.contains("#EXT-X-SKIP:SKIPPED-SEGMENTS=13\n") && update.len() * 2 < whole.len(), "{update}");
    let url = base();
    let reading = Reading { previous: Some(&before), ..Reading::new(&url) };
    assert_eq!(reading.parse(&update).unwrap().value, Playlist::Media(media(&whole)));
    // Who offers none sends all there is.
    let plain = presentation(&plan(Some(20)));
    let asked = plain.resource(path, Extent::Update, moment(9)).unwrap().unwrap();
    assert_eq!(asked, get(&plain, path, 9).unwrap());
    assert_eq!(Extent::of(Some("a=b&_HLS_skip=YES")), Extent::Update);
    assert_eq!((Extent::of(Some("x=_HLS_skip")), Extent::of(None)), (Extent::Whole, Extent::Whole));
}

#[test]
fn a_live_playlist_only_ever_goes_forward() {
    let live = presentation(&plan(Some(5)));
    let mut last = 0;
    for seconds in 0..400 {
        let playlist = media(&text(&live, "/p/audio-en/playlist.m3u8", seconds));
        assert!(playlist.media_sequence >= last && playlist.media_sequence - last <= 1, "at {seconds}");
        assert_eq!(playlist.segments.len(), 5);
        last = playlist.media_sequence;
    }
}

#[test]
fn sizes_that_vary_are_in_the_declared_bandwidth() {
    let film = presentation(&PresentationPlan { sizes: Sizes::Varying(50), audio: Vec::new(), ..plan(None) });
    let playlist = multivariant(&text(&film, "/p/main.m3u8", 0));
    for (rung, variant) in playlist.variants.iter().enumerate() {
        for number in 0..15 {
            let segment = get(&film, &format!("/p/video-{rung}/{number}.m4s"), 0).unwrap();
            assert!(segment.payload.length() * 8 / 4 <= variant.bandwidth.get() + 8, "{rung} {number}");
        }
        assert!(variant.average_bandwidth.unwrap() < variant.bandwidth);
    }
}

/// An MP4 of H.264 at 10 frames a second, whose groups of ten pictures have one that is shown before it is decoded.
fn clip(folder: &std::path::Path, seconds: i64) -> std::path::PathBuf {
    let sample = |frame: i64| {
        let shown = match frame % 10 {
            3 => frame + 1,
            4 => frame - 1,
            _ => frame,
        };
        let data = vec![0, 0, 0, 2, if frame % 10 == 0 { 0x65 } else { 0x41 }, 0x80].into();
        Sample { pts: shown * 100, dts: frame * 100, duration: 100, sync: frame % 10 == 0, data }
    };
    let samples: Vec<Sample> = (0..seconds * 10).map(sample).collect();
    let path = folder.join("clip.mp4");
    std::fs::write(&path, movie(&pictures(1_000), &samples)).unwrap();
    path
}

fn movie(track: &TrackConfig, samples: &[Sample]) -> Vec<u8> {
    [write::init_section(track, 100), write::media_segment(1, 100, samples)].concat()
}

fn pictures(timescale: u32) -> TrackConfig {
    const AVCC: &str = "0164001fffe100186764001facd9405005bb011000003e90000bb800f183196001000468ef8fcbfdf8f800";
    let avcc: Vec<u8> =
        (0..AVCC.len() / 2).map(|at| u8::from_str_radix(&AVCC[2 * at..2 * at + 2], 16).unwrap()).collect();
    let resolution = Resolution { width: 1_280, height: 720 };
    TrackConfig {
        timescale,
        codec: CodecConfig::Avc { avcc: avcc.into(), resolution },
        language: None,
        pixel_aspect: None,
    }
}

/// Whatever of a round is left for its last segment: a round that had one more of the one than of the other would part them
/// for good.
#[test]
fn sound_and_pictures_of_a_round_have_as_many_segments() {
    let folder = tempfile::tempdir().unwrap();
    let round = 30;
    let cuts = |track: &TrackConfig, samples: &[Sample], segment: MediaDuration| {
        let path = folder.path().join("track.mp4");
        std::fs::write(&path, movie(track, samples)).unwrap();
        let file = Arc::new(SampleFile::new(std::fs::File::open(&path).unwrap()).unwrap());
        let movie = Movie::read(&*file).unwrap();
        Track::cut(file, &movie.tracks[0], MediaTime::ZERO, segment).unwrap().1.len()
    };
    let sample = |at: i64, duration: i64, sync: bool| {
        let data = vec![0, 0, 0, 2, if sync { 0x65 } else { 0x41 }, 0x80].into();
        Sample { pts: at * duration, dts: at * duration, duration: u32::try_from(duration).unwrap(), sync, data }
    };
    let codec = CodecConfig::Aac { asc: vec![0x11, 0x90].into(), channels: 2, sample_rate: 48_000 };
    let sound = TrackConfig { timescale: 48_000, codec, language: None, pixel_aspect: None };
    let packets: Vec<Sample> =
        (0..(round * 48_000 + 1_023) / 1_024).map(|packet| sample(packet, 1_024, true)).collect();
    // Half a second to twelve, at 25 pictures a second.
    for frames in 13..=300 {
        let segment = MediaDuration::from_millis(u64::try_from(frames * 40).unwrap());
        let shown: Vec<Sample> = (0..round * 25).map(|frame| sample(frame, 40, frame % frames == 0)).collect();
        let of = (cuts(&pictures(1_000), &shown, segment), cuts(&sound, &packets, segment));
        assert_eq!(of.0, of.1, "segments of {frames} frames");
    }
}

#[test]
fn a_clip_is_cut_at_its_keyframes_and_goes_round_if_it_is_live() {
    use media_container::cmaf::read;
    let folder = tempfile::tempdir().unwrap();
    let source = Source::Clip(clip(folder.path(), 10));
    let film = PresentationPlan { source: source.clone(), ladder: Vec::new(), ..plan(None) };
    let film = presentation(&film);
    let playlist = media(&text(&film, "/p/video-0/playlist.m3u8", 0));
    let lengths: Vec<u64> = playlist.segments.iter().map(|segment| segment.duration.as_micros() / 1_000).collect();
    assert_eq!(lengths, [4_000, 4_000, 2_000]);
    let bytes = |presentation: &Presentation, path: &str| match get(presentation, path, 0).unwrap().payload {
        Payload::Whole(bytes) => bytes,
        Payload::Noise { .. } => panic!("{path}"),
    };
    let init = read::init_section(&bytes(&film, "/p/video-0/init.mp4")).unwrap();
    let samples = read::media_segment(&init, &bytes(&film, "/p/video-0/1.m4s")).unwrap();
    assert_eq!((samples.len(), samples[0].pts, samples[3].pts, samples[4].pts), (40, 4_000, 4_400, 4_300));
    assert!(samples[0].sync);

    let live = PresentationPlan { source, ladder: Vec::new(), ..plan(Some(5)) };
    let live = presentation(&live);
    // Five segments are there at the start: three of the first round, two of the second.
    let samples = read::media_segment(&init, &bytes(&live, "/p/video-0/3.m4s")).unwrap();
    assert_eq!((samples.len(), samples[0].pts), (40, 10_000));
}

#[test]
fn what_cannot_be_packaged_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.txt");
    std::fs::write(&path, "Dear reader, this is no film. It never was, and it never will be one.").unwrap();
    let plan = PresentationPlan { source: Source::Clip(path), ladder: Vec::new(), ..plan(None) };
    let error = load::presentation(&plan, Seed::new(1), &|_| {}).unwrap_err().to_string();
    assert!(error.contains("letter.txt cannot be packaged as it is"), "{error}");
}
