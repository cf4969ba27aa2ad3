use super::*;

fn snapshot(state: PlaybackState) -> Snapshot {
    Snapshot { state, duration_s: Some(200.0), paused: state == PlaybackState::Paused, ..Snapshot::default() }
}

fn playing() -> Playback {
    let mut playback = Playback::begin(0.0);
    playback.observe(100.0, snapshot(PlaybackState::Playing));
    playback
}

fn source(kind: SourceKind, decision: Decision) -> Source {
    Source { kind, url: "/x".into(), decision, reasons: Vec::new() }
}

#[test]
fn controls_go_three_seconds_after_the_last_input() {
    let mut playback = playing();
    playback.touch(1_000.0);
    assert!(playback.shows_controls(3_900.0));
    assert!(!playback.shows_controls(4_100.0));
}

#[test]
fn controls_stay_while_paused_or_while_a_menu_is_open() {
    let mut playback = playing();
    playback.toggle_menu(Menu::Quality);
    assert!(playback.shows_controls(60_000.0));
    playback.toggle_menu(Menu::Quality);
    assert!(!playback.shows_controls(60_000.0));
    playback.observe(61_000.0, snapshot(PlaybackState::Paused));
    assert!(playback.shows_controls(120_000.0));
}

#[test]
fn a_ring_comes_after_400_ms_and_words_after_four_seconds() {
    let mut playback = playing();
    playback.observe(1_000.0, snapshot(PlaybackState::Stalled));
    playback.observe(1_250.0, snapshot(PlaybackState::Stalled));
    assert!(!playback.shows_ring(1_390.0));
    assert!(playback.shows_ring(1_400.0));
    assert_eq!(playback.wait(4_999.0), None);
    assert_eq!(playback.wait(5_000.0), Some(Wait::Stalled(StallCause::SlowLink)));
    playback.apply(PlayerEvent::Stalled(StallCause::Offline));
    assert_eq!(playback.wait(5_000.0), Some(Wait::Stalled(StallCause::Offline)));
    playback.observe(5_100.0, snapshot(PlaybackState::Playing));
    assert!(!playback.shows_ring(9_000.0));
}

#[test]
fn what_the_server_said_is_over_when_it_has_found_the_film() {
    let mut playback = Playback::begin(0.0);
    playback.told = Some("The file is still being examined.".into());
    assert_eq!(playback.wait(3_999.0), None);
    assert_eq!(playback.wait(4_000.0), Some(Wait::Told("The file is still being examined.".into())));
    playback.found(vec![source(SourceKind::Hls, Decision::Transcode)]);
    assert_eq!(playback.wait(5_000.0), Some(Wait::Preparing));
}

#[test]
fn a_long_wait_is_explained_by_what_is_known() {
    let mut playback = Playback::begin(0.0);
    playback.sources = vec![source(SourceKind::Hls, Decision::Transcode)];
    assert_eq!(playback.wait(4_000.0), Some(Wait::Preparing));
    playback.apply(PlayerEvent::Degraded("The server is busy.".into()));
    assert_eq!(playback.wait(4_000.0), Some(Wait::Told("The server is busy.".into())));
}

#[test]
fn an_error_card_stands_alone() {
    let mut playback = Playback::begin(0.0);
    playback.apply(PlayerEvent::Failed(Failure::Network));
    assert!(!playback.shows_controls(0.0) && !playback.shows_ring(9_000.0) && playback.wait(9_000.0).is_none());
    // The network is back, and it tries again.
    playback.apply(PlayerEvent::TriesAgain);
    assert!(playback.trouble.is_none() && playback.shows_ring(9_000.0));
}

#[test]
fn another_source_brings_its_own_choices() {
    let mut playback = playing();
    playback.sources = vec![source(SourceKind::Direct, Decision::Direct), source(SourceKind::Hls, Decision::Transcode)];
    assert_eq!(playback.adaptive_instead(), Some(1));
    playback.locked = Some(VariantId(2));
    playback.apply(PlayerEvent::Source(1));
    assert_eq!((playback.locked, playback.adaptive_instead()), (None, None));
}

#[test]
fn the_unmute_button_goes_when_there_is_sound() {
    let mut playback = playing();
    playback.apply(PlayerEvent::Muted);
    playback.observe(200.0, Snapshot { muted: true, ..snapshot(PlaybackState::Playing) });
    assert_eq!(playback.autoplay, Autoplay::Muted);
    playback.observe(300.0, snapshot(PlaybackState::Playing));
    assert_eq!(playback.autoplay, Autoplay::Free);
}

#[test]
fn parts_and_seconds_are_two_views_of_one_place() {
    let mut playback = playing();
    playback.snapshot.buffered = vec![(0.0, 50.0), (100.0, 120.0)];
    assert_eq!(playback.buffered_parts(), [(0.0, 0.25), (0.5, 0.6 - 0.5)]);
    assert_eq!(playback.seconds_at(0.25), Some(50.0));
    assert_eq!(playback.seconds_at(7.0), Some(200.0));
    playback.snapshot.position_s = 198.0;
    assert_eq!(playback.stepped(5.0), 200.0);
    playback.snapshot.duration_s = None;
    assert_eq!((playback.part(10.0), playback.seconds_at(0.5)), (0.0, None));
}

#[test]
fn the_chapter_is_the_last_one_that_has_begun() {
    let chapter = |start_s, title: &str| Chapter { start_s, title: Some(title.into()) };
    let chapters = [chapter(0.0, "one"), chapter(10.0, "two")];
    let name = |seconds| chapter_at(&chapters, seconds).and_then(|(_, chapter)| chapter.title.as_deref());
    assert_eq!((name(9.9), name(10.0), name(99.0)), (Some("one"), Some("two"), Some("two")));
    assert_eq!(chapter_at(&chapters[1..], 3.0), None);
}

#[test]
fn speeds_are_gone_through_step_by_step() {
    let mut playback = playing();
    let mut step = |faster| {
        playback.snapshot.speed = playback.next_speed(faster);
        playback.snapshot.speed.in_thousandths()
    };
    assert_eq!([true, true, true, true, true].map(&mut step), [1_250, 1_500, 1_750, 2_000, 2_000]);
    assert_eq!([false; 7].map(step), [1_750, 1_500, 1_250, 1_000, 750, 500, 500]);
}
