use super::super::tests::{Desk, vod};
use super::*;
use crate::config::PlayerConfig;
use crate::message::{Command, Input, TextInfo};

const FILM: &str = "#EXTM3U\n\
    #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES,AUTOSELECT=YES,URI=\"en/t.m3u8\"\n\
    #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"Deutsch\",LANGUAGE=\"de\",AUTOSELECT=YES,URI=\"de/t.m3u8\"\n\
    #EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,CODECS=\"avc1.64001f\",SUBTITLES=\"s\"\nlow/playlist.m3u8\n";

/// Two segments of two seconds are in the buffer, and the first frame is on screen.
fn playing() -> Desk {
    let config = PlayerConfig { shows_text: true, ..PlayerConfig::default() };
    let mut desk = Desk::open_with(config, "/main.m3u8");
    desk.playlist("/main.m3u8", FILM);
    desk.playlist("/low/playlist.m3u8", &vod(10));
    desk.loaded("/low/init.mp4", None);
    desk.loaded("/low/0.m4s", Some(0.0));
    desk.appended();
    desk.appended();
    desk.loaded("/low/1.m4s", Some(2.0));
    desk.appended();
    assert!(!desk.is_under_way("/en/t.m3u8"), "nothing goes before the first frame");
    desk.playhead(0.0, 4.0, true);
    desk.tell(Input::FirstFrame);
    desk
}

fn words(count: usize) -> String {
    vod(count).replace("#EXT-X-MAP:URI=\"init.mp4\"\n", "").replace("m4s", "vtt")
}

fn orders(desk: &mut Desk) -> Vec<Output> {
    let of_text = |output: &Output| matches!(output, Output::Text(_) | Output::Event(Event::TextChosen(_)));
    desk.orders().into_iter().filter(of_text).collect()
}

fn shown(desk: &mut Desk) -> Option<Option<TextId>> {
    orders(desk).into_iter().rev().find_map(|output| {
        let Output::Text(TextOrder::Show(info)) = output else { return None };
        Some(info.map(|info| info.id))
    })
}

fn seconds(seconds: u64) -> media_model::MediaTime {
    media_model::MediaTime::from_micros(i64::try_from(seconds * 1_000_000).unwrap())
}

#[test]
fn text_is_loaded_where_media_is() {
    let mut desk = playing();
    let ready = desk.outputs.iter().find_map(|output| {
        let Output::Event(Event::Ready { text, .. }) = output else { return None };
        Some(text.clone())
    });
    let info = |id, name: &str, language: &str| TextInfo {
        id: TextId(id),
        name: name.to_owned(),
        language: Some(language.to_owned()),
        forced: false,
    };
    assert_eq!(ready, Some(vec![info(0, "English", "en"), info(1, "Deutsch", "de")]));
    assert_eq!(shown(&mut desk), Some(Some(TextId(0))));
    desk.playlist("/en/t.m3u8", &words(10));
    let id = desk.loaded("/en/0.vtt", None);
    assert_eq!(orders(&mut desk), [Output::Text(TextOrder::Add { id, offset_us: 0, from: seconds(0) })]);
    desk.loaded("/en/1.vtt", None);
    assert!(!desk.is_under_way("/en/2.vtt"), "there is no media yet");
    desk.loaded("/low/2.m4s", Some(4.0));
    desk.appended();
    desk.playhead(0.5, 6.0, true);
    assert!(desk.is_under_way("/en/2.vtt"));
    // A seek into what is not there: media comes first.
    desk.tell(Input::Command(Command::Seek(seconds(15))));
    desk.playhead(15.0, 6.0, false);
    desk.loaded("/en/2.vtt", None);
    assert!(!desk.loads.keys().any(|path| path.ends_with(".vtt")), "{:?}", desk.loads);
}

#[test]
fn a_segment_that_cannot_be_had_is_left_out_without_a_word() {
    let mut desk = playing();
    desk.playlist("/en/t.m3u8", &words(10));
    orders(&mut desk);
    desk.tell(Input::Command(Command::SetPlaying(false)));
    desk.playhead(0.0, 4.0, false);
    let missing = || LoadFailure::Status { code: 404, retry_after: None, problem: None };
    for _ in 0..TRIES {
        desk.fails("/en/0.vtt", missing());
        assert!(!desk.is_under_way("/en/0.vtt"));
        desk.pass(2_500);
    }
    assert!(desk.is_under_way("/en/1.vtt"));
    let is_word = |output: &Output| matches!(output, Output::Event(Event::Degraded(_) | Event::Failed(_)));
    assert!(!desk.orders().iter().any(is_word));
    // Nor does a playlist that cannot be had do harm.
    desk.tell(Input::Command(Command::SelectText(Some(TextId(1)))));
    for _ in 0..3 {
        desk.fails("/de/t.m3u8", missing());
        desk.pass(4_000);
    }
    assert!(!desk.orders().iter().any(is_word));
}

#[test]
fn another_rendition_takes_the_place_of_the_one_before() {
    let mut desk = playing();
    desk.playlist("/en/t.m3u8", &words(10));
    orders(&mut desk);
    desk.tell(Input::Command(Command::SelectText(Some(TextId(1)))));
    assert_eq!(shown(&mut desk), Some(Some(TextId(1))));
    assert!(!desk.is_under_way("/en/0.vtt"), "it is of no use any more");
    desk.playlist("/de/t.m3u8", &words(10));
    desk.loaded("/de/0.vtt", None);
    desk.tell(Input::Command(Command::SelectText(None)));
    assert_eq!(shown(&mut desk), Some(None));
    assert!(!desk.is_under_way("/de/1.vtt"));
    desk.tell(Input::Command(Command::SelectText(Some(TextId(7)))));
    assert_eq!(shown(&mut desk), None, "there is no such rendition");
    // Back again: the cues were removed, so they are loaded again.
    desk.tell(Input::Command(Command::SelectText(Some(TextId(0)))));
    assert!(desk.is_under_way("/en/0.vtt"));
    // What is opened next begins without them.
    let url = url::Url::parse("http://box.local/other.m3u8").unwrap();
    orders(&mut desk);
    desk.tell(Input::Command(Command::Open { url, start: None }));
    assert_eq!(shown(&mut desk), Some(None));
}

#[test]
fn a_driver_that_shows_no_text_hears_of_none() {
    let mut desk = Desk::open_with(PlayerConfig::default(), "/main.m3u8");
    desk.playlist("/main.m3u8", FILM);
    desk.playlist("/low/playlist.m3u8", &vod(10));
    assert!(
        desk.outputs.iter().any(|output| matches!(output, Output::Event(Event::Ready { text, .. }) if text.is_empty()))
    );
    assert_eq!(orders(&mut desk), []);
    desk.tell(Input::Command(Command::SelectText(Some(TextId(0)))));
    assert_eq!(orders(&mut desk), []);
}

#[test]
fn a_live_window_takes_its_text_along() {
    let live = |first: u64, extension: &str| {
        let segments: String = (first..first + 5).map(|number| format!("#EXTINF:2,\n{number}.{extension}\n")).collect();
        format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{first}\n{segments}")
    };
    let config = PlayerConfig { shows_text: true, ..PlayerConfig::default() };
    let mut desk = Desk::open_with(config, "/main.m3u8");
    desk.playlist("/main.m3u8", FILM);
    desk.playlist("/low/playlist.m3u8", &live(0, "m4s"));
    desk.loaded("/low/2.m4s", None);
    desk.appended();
    let held = |desk: &mut Desk, at: f64, from: u64, until: u64| {
        let video = Ranges::new(vec![TimeRange::new(seconds(from), seconds(until)).unwrap()]);
        let at = media_model::MediaTime::from_seconds(at).unwrap();
        desk.tell(Input::Playhead { at, video, audio: Ranges::default(), moving: true, dropped_frames: None });
    };
    held(&mut desk, 4.0, 4, 6);
    desk.tell(Input::FirstFrame);
    desk.playlist("/en/t.m3u8", &live(0, "vtt"));
    desk.loaded("/en/2.vtt", None);
    orders(&mut desk);
    desk.pass(20_000);
    desk.playlist("/low/playlist.m3u8", &live(10, "m4s"));
    desk.playlist("/en/t.m3u8", &live(10, "vtt"));
    held(&mut desk, 24.0, 4, 30);
    desk.loaded("/en/12.vtt", None);
    assert!(orders(&mut desk).contains(&Output::Text(TextOrder::DropBefore(seconds(20)))));
}
