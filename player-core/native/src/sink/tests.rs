use std::path::Path;

use mock_origin::{Origin, OriginConfig, Scenario};
use player_core::message::RequestId;
use tokio::sync::mpsc;

use super::*;

/// Pictures alone, of 900 kbit/s.
const FILM: &str = r#"
[[presentations]]
name = "film"
duration_s = 40
audio = []
ladder = [{ kbps = 900, width = 480, height = 270 }]
"#;

#[tokio::test]
async fn the_pipeline_is_handed_two_seconds_of_what_was_appended() {
    if std::env::var_os("RUN_SLOW").is_none_or(|value| value != "1") {
        // The film is encoded by GStreamer's program.
        return;
    }
    let origin = Origin::start(OriginConfig::of(Scenario::read(FILM, Path::new(".")).unwrap())).await.unwrap();
    let load = async |name: &str| {
        let url = format!("{}/film/video-0/{name}", origin.url());
        reqwest::get(url).await.unwrap().error_for_status().unwrap().bytes().await.unwrap()
    };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (sender, mut messages) = mpsc::unbounded_channel();
    let mut sink = Sink::new(Surface::Nowhere, Decoding::Software, sender).unwrap();
    let setup = BufferSetup { track: Track::Video, mime: "video/mp4; codecs=\"avc1.4d401e\"".to_owned() };
    sink.prepare(&[setup]).unwrap();
    sink.begin(Track::Video, &load("init.mp4").await).unwrap();
    for number in 0..5 {
        let segment = load(&format!("{number}.m4s")).await;
        let piece = |bytes| Piece { id: RequestId(number), bytes, offset_us: 0 };
        // The first in two parts, as it comes over a slow link.
        if number == 0 {
            sink.append(Track::Video, piece(Arrived::Begin(&segment[..segment.len() / 2]))).unwrap();
            let begun = sink.buffered(Track::Video).iter().last().unwrap().end();
            assert!(begun > MediaTime::ZERO && begun < MediaTime::from_micros(3_900_000), "{begun:?}");
        }
        sink.append(Track::Video, piece(Arrived::All(&segment))).unwrap();
    }
    assert_eq!(sink.buffered(Track::Video).iter().count(), 1, "{:?}", sink.buffered(Track::Video));
    let appended = sink.buffered(Track::Video).iter().last().unwrap().end();
    assert!(appended >= MediaTime::from_micros(18_000_000), "{appended:?}");
    // Two seconds, and the unit that reaches beyond.
    let most = 900_000 / 8 * 2 + 60_000;
    let mut played = MediaTime::ZERO;
    while played < MediaTime::from_micros(4_000_000) {
        sink.tend().unwrap();
        let held = sink.lanes[0].source_holds();
        assert!(held <= most, "at {played:?} the source holds {held} bytes");
        if let Ok(Some(message)) = tokio::time::timeout(std::time::Duration::from_millis(40), messages.recv()).await {
            assert_ne!(sink.hear(&message), Some(SinkNews::Failed));
        }
        played = sink.position();
    }
}

#[test]
fn an_unknown_codec_is_named() {
    let (sender, _messages) = mpsc::unbounded_channel();
    let mut sink = Sink::new(Surface::Nowhere, Decoding::Automatic, sender).unwrap();
    let mime = "video/mp4; codecs=\"xyz1.42\"".to_owned();
    let refused = sink.prepare(&[BufferSetup { track: Track::Video, mime: mime.clone() }]);
    assert!(matches!(refused, Err(SinkError::Unsupported { track: Track::Video, mime: said }) if said == mime));
}
