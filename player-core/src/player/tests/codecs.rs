//! Codecs: where they are read, and what becomes of those that the device lacks.

use super::*;
use crate::message::{AudioId, Ease};

#[test]
fn a_media_playlist_alone_takes_its_codecs_from_the_init_section() {
    for (codecs, track, mime) in [
        ("avc1.4d401f, mp4a.40.2", Track::Video, "video/mp4; codecs=\"avc1.4d401f,mp4a.40.2\""),
        ("mp4a.40.2", Track::Audio, "audio/mp4; codecs=\"mp4a.40.2\""),
    ] {
        let mut desk = Desk::open("/v.m3u8");
        desk.playlist("/v.m3u8", &vod(10));
        desk.loaded("/0.m4s", None);
        desk.orders();
        let id = desk.loads["/init.mp4"];
        desk.tell(Input::Codecs { id, codecs: codecs.to_owned() });
        desk.loaded("/init.mp4", None);
        assert_eq!(desk.orders()[0], setup(track, mime));
    }
}

#[test]
fn a_codec_that_the_device_lacks_is_not_tried_again() {
    let mut desk = Desk::open("/main.m3u8");
    desk.now += Duration::from_millis(50);
    desk.playlist("/main.m3u8", TWO_VARIANTS);
    desk.playlist("/low/playlist.m3u8", &vod(10));
    desk.orders();
    desk.tell(Input::AppendFailed { track: Track::Video, cause: AppendFailure::Unsupported });
    desk.playlist("/high/playlist.m3u8", &vod(10));
    let prepared = desk.orders();
    assert!(prepared.contains(&setup(Track::Video, "video/mp4; codecs=\"hvc1.1.6,mp4a.40.2\"")), "{prepared:?}");
    desk.tell(Input::AppendFailed { track: Track::Video, cause: AppendFailure::Unsupported });
    let failed = desk.orders();
    assert!(matches!(failed.last(), Some(Output::Event(Event::Failed(_)))), "{failed:?}");
}

/// The lower variant in a codec that the device lacks, prepared.
fn lacking_its_codec() -> Desk {
    let mut desk = Desk::open("/main.m3u8");
    desk.now += Duration::from_millis(50);
    desk.playlist("/main.m3u8", &TWO_VARIANTS.replace("avc1", "x").replace("hvc1", "avc1").replace('x', "hvc1"));
    desk.playlist("/low/playlist.m3u8", &vod(10));
    assert!(desk.orders().contains(&setup(Track::Video, "video/mp4; codecs=\"hvc1.64001f,mp4a.40.2\"")));
    desk
}

#[test]
fn a_buffer_that_could_not_be_made_is_made_for_another_codec() {
    let refused = Input::AppendFailed { track: Track::Video, cause: AppendFailure::Unsupported };
    let other = setup(Track::Video, "video/mp4; codecs=\"avc1.1.6,mp4a.40.2\"");
    // A source that opens late answers when its init section waits already, ...
    let mut desk = lacking_its_codec();
    desk.loaded("/low/init.mp4", None);
    desk.loaded("/low/0.m4s", None);
    assert!(desk.orders().iter().any(|order| matches!(order, Output::Append { .. })));
    desk.tell(refused.clone());
    desk.playlist("/high/playlist.m3u8", &vod(10));
    assert!(desk.orders().contains(&other));
    // ... or when it is known already that the codec is of no use.
    let mut desk = lacking_its_codec();
    desk.tell(Input::Decodes { variant: VariantId(0), ease: Ease::Never });
    desk.loaded("/low/init.mp4", None);
    desk.loaded("/low/0.m4s", None);
    desk.playlist("/high/playlist.m3u8", &vod(10));
    desk.tell(refused);
    let orders = desk.orders();
    assert!(orders.contains(&other), "{orders:?}");
    assert_eq!(desk.player.stats().state, PlaybackState::Loading);
}

/// Stereo and surround sound to the same pictures.
const TWO_GROUPS: &str = "#EXTM3U\n\
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"aac\",NAME=\"English\",URI=\"aac/playlist.m3u8\"\n\
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"dolby\",NAME=\"English\",URI=\"dolby/playlist.m3u8\"\n\
    #EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"aac\"\nlow/playlist.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=640x360,CODECS=\"avc1.64001f,ec-3\",AUDIO=\"dolby\"\nlow/playlist.m3u8\n";

#[test]
fn sound_that_the_device_lacks_gives_way_to_another_group() {
    let prepared = |orders: &[Output]| -> Vec<String> {
        let setups = orders
            .iter()
            .filter_map(|order| if let Output::Prepare { buffers, .. } = order { Some(buffers) } else { None });
        setups.flatten().map(|setup| setup.mime.clone()).collect()
    };
    let (video, stereo) = ("video/mp4; codecs=\"avc1.64001f\"", "audio/mp4; codecs=\"mp4a.40.2\"");
    // The driver says so before anything is loaded ...
    let mut desk = Desk::open("/main.m3u8");
    desk.playlist("/main.m3u8", TWO_GROUPS);
    let asked = desk.orders();
    let Some(Output::AskDecoder(questions)) = asked.first() else { panic!("{asked:?}") };
    assert_eq!(questions[1].sound.as_deref(), Some("audio/mp4; codecs=\"ec-3\""));
    desk.tell(Input::Decodes { variant: VariantId(1), ease: Ease::Never });
    assert!(!desk.is_under_way("/dolby/playlist.m3u8"), "{:?}", desk.loads.keys());
    desk.playlist("/low/playlist.m3u8", &vod(10));
    desk.playlist("/aac/playlist.m3u8", &vod(10));
    let orders = desk.orders();
    assert_eq!(prepared(&orders), [video, stereo]);
    let chosen = |order: &&Output| matches!(order, Output::Event(Event::AudioChosen(_)));
    assert_eq!(orders.iter().filter(chosen).collect::<Vec<_>>(), [&Output::Event(Event::AudioChosen(AudioId(0)))]);
    // ... or can make no buffer for it.
    let mut desk = Desk::open("/main.m3u8");
    desk.playlist("/main.m3u8", TWO_GROUPS);
    desk.playlist("/low/playlist.m3u8", &vod(10));
    desk.playlist("/dolby/playlist.m3u8", &vod(10));
    assert_eq!(prepared(&desk.orders()), [video, "audio/mp4; codecs=\"ec-3\""]);
    desk.tell(Input::AppendFailed { track: Track::Audio, cause: AppendFailure::Unsupported });
    let orders = desk.orders();
    let is_told =
        |order: &Output| matches!(order, Output::Event(Event::Ready { audio, .. }) if audio[0].id == AudioId(0));
    assert!(orders.iter().any(is_told) && orders.iter().any(|order| chosen(&order)), "{orders:?}");
    desk.playlist("/aac/playlist.m3u8", &vod(10));
    assert_eq!(prepared(&desk.orders()), [video, stereo]);
    // With no sound left, nothing plays.
    desk.tell(Input::AppendFailed { track: Track::Audio, cause: AppendFailure::Unsupported });
    assert!(desk.orders().contains(&Output::Event(Event::Failed(Trouble::Unsupported))));
}

#[test]
fn another_codec_is_announced_before_its_init_section() {
    let mut desk = Desk::playing();
    desk.tell(Input::Command(Command::LockVariant(Some(VariantId(1)))));
    desk.loaded("/low/1.m4s", Some(2.0));
    desk.playlist("/high/playlist.m3u8", &vod(10));
    desk.appended();
    desk.loaded("/high/2.m4s", Some(4.0));
    desk.orders();
    let init = desk.loaded("/high/init.mp4", None);
    let mime = "video/mp4; codecs=\"hvc1.1.6,mp4a.40.2\"".to_owned();
    assert_eq!(
        desk.orders(),
        [
            Output::ChangeType { track: Track::Video, mime },
            Output::Append { track: Track::Video, id: init, offset_us: 0 },
        ]
    );
}
