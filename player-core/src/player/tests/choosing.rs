//! Which variant is loaded, by the viewer's choice or without one, and what becomes of the one that plays.

use crate::Speed;
use media_model::BitsPerSecond;

use super::*;

#[test]
fn a_quality_chosen_by_hand_replaces_what_is_buffered() {
    let mut desk = Desk::playing_with_four_segments();
    assert!(desk.is_under_way("/low/4.m4s"));
    desk.tell(Input::Command(Command::LockVariant(Some(VariantId(1)))));
    assert!(!desk.is_under_way("/low/4.m4s"), "it would not be seen");
    desk.playlist("/high/playlist.m3u8", &vod(10));
    desk.loaded("/high/init.mp4", None);
    desk.orders();
    // The one before lies ahead, too, but not of what the decoder has taken when it is there.
    desk.loaded("/high/3.m4s", Some(6.0));
    let orders = desk.orders();
    assert!(matches!(orders[..], [Output::ChangeType { .. }, Output::Append { .. }, ..]), "{orders:?}");
    assert!(desk.is_under_way("/high/4.m4s"));
}

#[test]
fn a_chosen_quality_that_comes_too_late_shows_after_what_is_buffered() {
    let mut desk = Desk::playing();
    desk.loaded("/low/1.m4s", Some(2.0));
    desk.appended();
    desk.loaded("/low/2.m4s", Some(4.0));
    desk.appended();
    desk.loaded("/low/3.m4s", Some(6.0));
    desk.appended();
    desk.loaded("/low/4.m4s", Some(8.0));
    desk.appended();
    desk.playhead(0.5, 10.0, true);
    desk.tell(Input::Command(Command::LockVariant(Some(VariantId(1)))));
    desk.playlist("/high/playlist.m3u8", &vod(10));
    desk.loaded("/high/init.mp4", None);
    desk.playhead(4.6, 10.0, true);
    desk.orders();
    let late = desk.loaded("/high/3.m4s", Some(6.0));
    let orders = desk.orders();
    assert!(matches!(orders[..], [Output::Cancel(_), Output::Forget(id)] if id == late), "{orders:?}");
    assert!(desk.is_under_way("/high/4.m4s"), "{:?}", desk.loads.keys());
}

#[test]
fn a_choice_does_not_tear_a_longer_segment_that_is_buffered() {
    let mut desk = Desk::open("/main.m3u8");
    desk.now += Duration::from_millis(50);
    desk.playlist("/main.m3u8", TWO_VARIANTS);
    desk.playlist("/low/playlist.m3u8", &vod(10).replace("EXTINF:2,", "EXTINF:4,"));
    desk.loaded("/low/init.mp4", None);
    desk.appended();
    for number in 0..4 {
        desk.loaded(&format!("/low/{number}.m4s"), Some(f64::from(number) * 4.0));
        desk.appended();
        desk.playhead(0.0, f64::from(number + 1) * 4.0, true);
    }
    desk.tell(Input::FirstFrame);
    desk.playhead(5.0, 16.0, true);
    desk.tell(Input::Command(Command::LockVariant(Some(VariantId(1)))));
    desk.playlist("/high/playlist.m3u8", &vod(10));
    desk.loaded("/high/init.mp4", None);
    // From 10 s on it would be in time, in the middle of a segment of the variant before.
    assert!(desk.is_under_way("/high/6.m4s"), "{:?}", desk.loads.keys());
    desk.loaded("/high/6.m4s", Some(12.0));
    desk.appended();
    desk.appended();
    desk.playhead(5.2, 16.0, true);
    assert!(desk.is_under_way("/high/7.m4s"), "one goes on where the other ends: {:?}", desk.loads.keys());
}

#[test]
fn a_choice_is_shown_as_it_arrives_where_nothing_is_buffered() {
    let mut desk = Desk::playing_with(PlayerConfig { appends_in_part: true, ..PlayerConfig::default() });
    desk.loaded("/low/1.m4s", Some(2.0));
    desk.appended();
    desk.playhead(0.5, 4.0, true);
    desk.tell(Input::Command(Command::LockVariant(Some(VariantId(1)))));
    desk.playlist("/high/playlist.m3u8", &vod(10));
    desk.loaded("/high/init.mp4", None);
    let time = |seconds| MediaTime::from_seconds(seconds).unwrap();
    desk.tell(Input::Command(Command::Seek(time(10.0))));
    let id = desk.loads["/high/5.m4s"];
    desk.starts.insert(id, 10.0);
    let served = ServerTiming { encode: Duration::from_millis(300) };
    desk.pass(300);
    desk.tell(Input::FirstByte { id, served, length: None });
    desk.orders();
    desk.tell(Input::Progress { id, bytes: ByteCount::new(50_000) });
    // Its init section first, another codec's.
    let orders = desk.orders();
    assert!(matches!(orders[..], [Output::ChangeType { .. }, Output::Append { .. }, ..]), "{orders:?}");
    desk.appended();
    let orders = desk.orders();
    assert!(matches!(orders[..], [Output::Append { id: part, .. }, ..] if part == id), "{orders:?}");
    desk.appended();
    desk.loaded("/high/5.m4s", Some(10.0));
    assert!(desk.is_under_way("/high/6.m4s"), "{:?}", desk.loads.keys());
    let orders = desk.orders();
    assert!(matches!(orders[..], [Output::Append { id: rest, .. }, ..] if rest == id), "{orders:?}");
}

#[test]
fn fixing_the_quality_that_plays_loads_nothing_again() {
    let mut desk = Desk::playing_with_four_segments();
    desk.tell(Input::Command(Command::LockVariant(Some(VariantId(0)))));
    assert_eq!(desk.loads.keys().collect::<Vec<_>>(), ["/low/4.m4s"]);
}

#[test]
fn a_choice_taken_back_leaves_the_buffer_as_it_is() {
    let mut desk = Desk::playing_with_four_segments();
    desk.tell(Input::Command(Command::LockVariant(Some(VariantId(1)))));
    desk.tell(Input::Command(Command::LockVariant(None)));
    desk.orders();
    desk.playlist("/high/playlist.m3u8", &vod(10));
    desk.pass(100);
    assert!(!desk.loads.keys().any(|path| path.ends_with("/1.m4s")), "{:?}", desk.loads.keys());
    assert!(!desk.orders().iter().any(|order| matches!(order, Output::Evict { .. })));
}

#[test]
fn what_plays_while_it_comes_is_not_given_up() {
    let config = PlayerConfig { appends_in_part: true, ..PlayerConfig::default() };
    let mut desk = Desk::open_with(config, "/main.m3u8");
    let id = desk.begin_high();
    // 20 Mbit/s carry the 6.8 of this variant three times over; nothing was shown yet.
    for part in 1..=8 {
        desk.now += Duration::from_millis(50);
        desk.tell(Input::Progress { id, bytes: ByteCount::new(part * 125_000) });
        assert!(desk.is_under_way("/high/0.m4s"), "given up after {} ms", part * 50);
        desk.appended();
    }
    let appended = |output: &Output| matches!(output, Output::Append { id: part, .. } if *part == id);
    assert!(desk.orders().iter().any(appended));
}

#[test]
fn a_start_begins_with_what_can_be_shown_while_it_comes() {
    // 13 Mbit/s carry the better one, but not two segments of it in the time of one.
    for (rate, in_part, first) in [(13, true, "/low"), (13, false, "/high"), (40, true, "/high")] {
        let config = PlayerConfig {
            appends_in_part: in_part,
            known_throughput: Some(BitsPerSecond::new(rate * 1_000_000)),
            ..PlayerConfig::default()
        };
        let mut desk = Desk::open_with(config, "/main.m3u8");
        desk.playlist("/main.m3u8", TWO_VARIANTS);
        let first = format!("{first}/playlist.m3u8");
        assert!(desk.is_under_way(&first), "{rate} Mbit/s, {in_part}: {:?}", desk.loads.keys());
    }
}

#[test]
fn at_four_times_the_speed_a_segment_must_come_four_times_as_fast_to_be_played_meanwhile() {
    for (speed, is_appended) in [(1_000, true), (4_000, false)] {
        let config = PlayerConfig { appends_in_part: true, ..PlayerConfig::default() };
        let mut desk = Desk::open_with(config, "/main.m3u8");
        desk.tell(Input::Command(Command::SetSpeed(Speed::thousandths(speed))));
        let id = desk.begin_high();
        // Two segments of this variant come in 0.7 to 1.4 s.
        for part in 1..=4 {
            desk.now += Duration::from_millis(50);
            desk.tell(Input::Progress { id, bytes: ByteCount::new(part * 125_000) });
            desk.appended();
        }
        let appended =
            desk.orders().iter().any(|output| matches!(output, Output::Append { id: part, .. } if *part == id));
        assert_eq!(appended, is_appended, "at {speed}");
    }
}

#[test]
fn of_many_variants_the_best_is_not_forgotten() {
    let variant = |index: u32| {
        let rate = (index + 1) * 500_000;
        format!(
            "#EXT-X-STREAM-INF:BANDWIDTH={rate},RESOLUTION=640x360,CODECS=\"avc1.64001f\"\nv{index}/playlist.m3u8\n"
        )
    };
    let mut desk = Desk::open("/main.m3u8");
    desk.answer("/main.m3u8");
    desk.playlist("/main.m3u8", &format!("#EXTM3U\n{}", (0..20).map(variant).collect::<String>()));
    desk.answer("/v19/playlist.m3u8");
    desk.playlist("/v19/playlist.m3u8", &vod(10));
    desk.loaded("/v19/init.mp4", None);
    desk.answer("/v19/0.m4s");
    desk.pass(20);
    desk.loaded("/v19/0.m4s", Some(0.0));
    desk.appended();
    desk.appended();
    desk.playhead(0.0, 2.0, true);
    desk.tell(Input::FirstFrame);
    desk.answer("/v19/1.m4s");
    desk.pass(20);
    desk.loaded("/v19/1.m4s", Some(2.0));
    desk.appended();
    desk.playhead(0.1, 4.0, true);
    assert!(desk.is_under_way("/v19/2.m4s"), "{:?}", desk.loads.keys());
}

#[test]
fn variants_that_differ_in_their_sound_alone_count_once() {
    let variant = |(index, group): (u32, u32)| {
        let rate = (index + 1) * 1_000_000 + group * 64_000;
        format!(
            "#EXT-X-STREAM-INF:BANDWIDTH={rate},RESOLUTION=640x360,CODECS=\"avc1.64001f\"\nv{index}/playlist.m3u8\n"
        )
    };
    let all = (0..9).flat_map(|index| (0..3).map(move |group| (index, group)));
    let mut desk = Desk::open("/main.m3u8");
    desk.playlist("/main.m3u8", &format!("#EXTM3U\n{}", all.map(variant).collect::<String>()));
    let usable = desk.player.usable_variants();
    assert_eq!(usable.len(), 27, "each may be fixed by hand");
    let shown = desk.player.different(&usable, Some(VariantId(4)));
    assert_eq!(shown, [0, 4, 6, 9, 12, 15, 18, 21, 24].map(VariantId));
}
