use std::time::Duration;

use super::super::tests::{Desk, live, vod};
use super::*;
use crate::config::PlayerConfig;
use crate::message::{Command, Input, ServerTiming, VariantId};
use crate::playlist::StreamId;

/// Offsets of the segments that were appended since the last call, s.
fn offsets(desk: &mut Desk, init: RequestId) -> Vec<f64> {
    let offset = |order: Output| {
        if let Output::Append { id, offset_us, .. } = order { Some((id, offset_us as f64 / 1e6)) } else { None }
    };
    let appended = desk.orders().into_iter().filter_map(offset);
    appended.filter(|(id, _)| *id != init).map(|(_, offset)| offset).collect()
}

/// A live stream of which segments 10 to 15 are listed, joined at the 13th.
fn joined(starts_at: f64) -> (Desk, RequestId) {
    let mut desk = Desk::open("/v.m3u8");
    desk.playlist("/v.m3u8", &live(10));
    let init = desk.loaded("/init.mp4", None);
    desk.loaded("/13.m4s", Some(starts_at));
    desk.appended();
    (desk, init)
}

#[test]
fn what_is_live_is_put_where_it_is_joined() {
    let (mut desk, init) = joined(26.5);
    assert_eq!(offsets(&mut desk, init), [-20.5]);
    desk.appended();
    // Not even a second is rounded: there is no zero to keep to.
    let (mut desk, init) = joined(7.0);
    assert_eq!(offsets(&mut desk, init), [-1.0]);
}

#[test]
fn a_live_timeline_follows_its_media() {
    let (mut desk, init) = joined(26.0);
    desk.appended();
    // Its durations are rounded: by now the media are half a second later.
    desk.loaded("/14.m4s", Some(28.5));
    desk.appended();
    assert_eq!(offsets(&mut desk, init), [-20.0, -20.0]);
    assert!(desk.is_under_way("/15.m4s"), "{:?}", desk.loads.keys());
    let span = |desk: &Desk, number: usize| {
        desk.player.lanes[0].stream.map(|stream| {
            let timeline = desk.player.timeline(stream).unwrap();
            timeline.entries[number].span.start().as_seconds()
        })
    };
    assert_eq!(span(&desk, 4), Some(8.5));
    // What was on its way by then moves with it, and not once more when it is here.
    desk.loaded("/15.m4s", Some(30.5));
    assert_eq!(span(&desk, 5), Some(10.5));
    desk.pass(2_000);
    desk.playlist("/v.m3u8", &live(11));
    assert_eq!(span(&desk, 3), Some(8.5), "it stays so when the playlist is read again");
}

#[test]
fn a_playlist_from_an_old_cache_changes_nothing() {
    let (mut desk, init) = joined(26.0);
    desk.appended();
    desk.pass(2_000);
    for number in [14, 15] {
        desk.loaded(&format!("/{number}.m4s"), Some(number as f64 * 2.0));
        desk.appended();
    }
    desk.playlist("/v.m3u8", &live(8));
    desk.pass(1_000);
    desk.playlist("/v.m3u8", &live(11));
    assert!(desk.is_under_way("/16.m4s"), "{:?}", desk.loads.keys());
    desk.loaded("/16.m4s", Some(32.0));
    assert_eq!(offsets(&mut desk, init), [-20.0; 4]);
}

#[test]
fn a_server_that_begins_anew_goes_on_where_it_stopped() {
    let (mut desk, init) = joined(26.0);
    desk.appended();
    for number in [14, 15] {
        desk.loaded(&format!("/{number}.m4s"), Some(number as f64 * 2.0));
        desk.appended();
    }
    assert_eq!(offsets(&mut desk, init), [-20.0; 3]);
    desk.playhead(6.0, 12.0, true);
    // It is not believed at once, only when it says so for three target durations.
    let mut reads = 0;
    while !desk.is_under_way("/0.m4s") {
        desk.pass(500);
        if desk.is_under_way("/v.m3u8") {
            desk.playlist("/v.m3u8", &live(0));
            reads += 1;
        }
        assert!(reads < 20, "{:?}", desk.loads);
    }
    assert!(reads > 2 && desk.now >= Duration::from_secs(6), "{reads} after {:?}", desk.now);
    desk.loaded("/0.m4s", Some(0.0));
    assert_eq!(offsets(&mut desk, init), [12.0]);
}

#[test]
fn each_period_of_a_film_has_its_own_clock() {
    let mut desk = Desk::open("/v.m3u8");
    let film = vod(4).replace("#EXTINF:2,\n2.m4s", "#EXT-X-DISCONTINUITY\n#EXTINF:2,\n2.m4s");
    desk.playlist("/v.m3u8", &film);
    let init = desk.loaded("/init.mp4", None);
    desk.appended();
    for (number, start) in [(0, 0.1), (1, 2.1), (2, 0.0), (3, 2.0)] {
        desk.loaded(&format!("/{number}.m4s"), Some(start));
        desk.appended();
    }
    assert_eq!(offsets(&mut desk, init), [0.0, 0.0, 4.0, 4.0]);
}

#[test]
fn of_very_many_clocks_the_one_in_use_is_kept() {
    let mut clocks = Clocks::default();
    for period in 1..200 {
        clocks.learn(period, BEGINNING, 7);
    }
    // Back at the beginning.
    clocks.learn(0, BEGINNING, 5);
    clocks.learn(1, BEGINNING, 6);
    let known = |period| clocks.offset(period, MediaTime::ZERO);
    assert_eq!((known(0), known(1), clocks.0.len()), (Some(5), Some(6), CLOCKS));
}

#[test]
fn a_clock_that_leaps_within_a_film_is_followed() {
    let mut desk = Desk::open("/v.m3u8");
    desk.playlist("/v.m3u8", &vod(6));
    let init = desk.loaded("/init.mp4", None);
    desk.appended();
    // Nobody has said so; a rounded duration is no leap.
    for (number, start) in [(0, 0.0), (1, 2.3), (2, 3_600.0), (3, 3_602.0)] {
        desk.loaded(&format!("/{number}.m4s"), Some(start));
        desk.appended();
    }
    assert_eq!(offsets(&mut desk, init), [0.0, 0.0, -3_596.0, -3_596.0]);
    // What is before the leap keeps its clock.
    assert_eq!(desk.player.clocks.offset(0, MediaTime::from_micros(3_999_999)), Some(0));
    assert_eq!(desk.player.clocks.offset(1, MediaTime::ZERO), None);
}

/// Begins to watch the low variant of a live presentation, of which segments 10 to 15 are listed, and chooses the high one,
/// whose playlist lists as many from another number on.
fn switched(high_first: usize) -> Desk {
    let mut desk = Desk::live();
    desk.playhead(6.0, 8.0, true);
    desk.tell(Input::FirstFrame);
    desk.tell(Input::Command(Command::LockVariant(Some(VariantId(1)))));
    desk.loaded("/low/14.m4s", Some(28.0));
    desk.playlist("/high/playlist.m3u8", &live(high_first));
    desk.appended();
    desk.loaded("/high/init.mp4", None);
    desk
}

#[test]
fn a_live_variant_that_is_joined_at_a_leap_lists_the_present_all_the_same() {
    let mut desk = switched(10);
    desk.loaded("/high/15.m4s", Some(3_600.0));
    desk.appended();
    assert_eq!(offsets(&mut desk, RequestId(u64::MAX)).last(), Some(&-3_590.0));
    let high = StreamId::Variant(VariantId(1));
    assert_eq!(desk.player.timeline(high).unwrap().start(), MediaTime::ZERO);
}

#[test]
fn a_live_variant_that_counts_from_elsewhere_is_put_where_its_media_are() {
    for first in [0, 500] {
        let mut desk = switched(first);
        // As if it ended with the other one, until its media tell.
        desk.loaded(&format!("/high/{}.m4s", first + 5), Some(31.5));
        desk.appended();
        assert_eq!(offsets(&mut desk, RequestId(u64::MAX)).last(), Some(&-20.0));
        let high = desk.player.timeline(StreamId::Variant(VariantId(1))).unwrap();
        assert_eq!(high.start(), MediaTime::from_seconds(1.5).unwrap());
    }
}

#[test]
fn a_live_variant_that_seems_to_end_behind_the_playhead_is_looked_at() {
    // Its numbers are six behind, so that it could as well be late: one segment tells.
    let mut desk = switched(4);
    desk.loaded("/high/9.m4s", Some(30.0));
    desk.appended();
    assert_eq!(offsets(&mut desk, RequestId(u64::MAX)).last(), Some(&-20.0));
    let high = StreamId::Variant(VariantId(1));
    assert_eq!(desk.player.timeline(high).unwrap().start(), MediaTime::ZERO);
    desk.pass(2_000);
    desk.playlist("/high/playlist.m3u8", &live(5));
    assert!(desk.is_under_way("/high/10.m4s"), "{:?}", desk.loads.keys());
    // It is late indeed: it is not looked at again and again.
    let mut desk = switched(4);
    desk.loaded("/high/9.m4s", Some(18.0));
    desk.appended();
    desk.pass(1_000);
    assert!(!desk.loads.keys().any(|path| path.ends_with(".m4s")), "{:?}", desk.loads.keys());
}

#[test]
fn the_parts_of_a_segment_are_moved_alike() {
    let mut desk = Desk::playing_with(PlayerConfig { appends_in_part: true, ..PlayerConfig::default() });
    desk.pass(5);
    let id = desk.loads["/low/1.m4s"];
    // It is shown as it comes from an encoder.
    let served = ServerTiming { encode: Duration::from_millis(4) };
    desk.tell(Input::FirstByte { id, served, length: None });
    desk.starts.insert(id, 3_602.0);
    desk.playhead(0.5, 2.0, true);
    desk.orders();
    desk.pass(20);
    desk.tell(Input::Progress { id, bytes: ByteCount::new(60_000) });
    // Another track of this period is on a clock of its own.
    desk.player.clocks.learn(0, MediaTime::from_seconds(2.0).unwrap(), 100_000_000);
    desk.appended();
    desk.loaded("/low/1.m4s", None);
    assert_eq!(offsets(&mut desk, RequestId(u64::MAX)), [-3_600.0, -3_600.0]);
}
