use super::super::tests::{Desk, live};
use crate::error::Setback;
use crate::message::{Event, Input, Output};

/// Watches the low variant of a live presentation, to which nothing is added any more, until the high one is asked for.
fn halted() -> Desk {
    let mut desk = Desk::live();
    for number in [14, 15] {
        desk.loaded(&format!("/low/{number}.m4s"), Some(number as f64 * 2.0));
        desk.appended();
    }
    desk.playhead(6.0, 12.0, true);
    desk.tell(Input::FirstFrame);
    reads_the_same_until(&mut desk, |desk| desk.is_under_way("/high/playlist.m3u8"));
    assert!((4..6).contains(&desk.now.as_secs()), "two target durations have passed, not {:?}", desk.now);
    desk
}

fn reads_the_same_until(desk: &mut Desk, done: impl Fn(&mut Desk) -> bool) {
    for _ in 0..40 {
        if done(desk) {
            return;
        }
        desk.pass(500);
        if desk.is_under_way("/low/playlist.m3u8") {
            desk.playlist("/low/playlist.m3u8", &live(10));
        }
    }
    panic!("{:?}", desk.loads.keys());
}

fn changed_over(desk: &mut Desk) -> bool {
    desk.orders().contains(&Output::Event(Event::Degraded(Setback::OtherVariant)))
}

#[test]
fn a_variant_that_stands_still_is_left_for_one_that_goes_on() {
    let mut desk = halted();
    desk.playlist("/high/playlist.m3u8", &live(14));
    reads_the_same_until(&mut desk, |desk| desk.is_under_way("/high/16.m4s"));
    assert!(changed_over(&mut desk) && desk.now.as_secs() < 7, "{:?}", desk.now);
}

/// After a pause of the programme, one is a moment behind the other.
#[test]
fn all_may_go_on_and_one_of_them_later() {
    let mut desk = halted();
    desk.pass(100);
    desk.playlist("/high/playlist.m3u8", &live(14));
    for moment in 0..20 {
        if desk.is_under_way("/low/playlist.m3u8") {
            desk.playlist("/low/playlist.m3u8", &live(if moment < 6 { 10 } else { 12 }));
        }
        desk.pass(50);
    }
    reads_the_same_until(&mut desk, |desk| desk.is_under_way("/low/16.m4s"));
    assert!(!changed_over(&mut desk));
}

#[test]
fn where_all_stand_still_nothing_is_held_against_any() {
    let mut desk = halted();
    for _ in 0..20 {
        for path in ["/low/playlist.m3u8", "/high/playlist.m3u8"] {
            if desk.is_under_way(path) {
                desk.playlist(path, &live(10));
            }
        }
        desk.pass(500);
    }
    assert!(!changed_over(&mut desk));
    assert!(!desk.loads.keys().any(|path| path.ends_with(".m4s")), "{:?}", desk.loads.keys());
    // It goes on.
    for _ in 0..6 {
        if desk.is_under_way("/low/playlist.m3u8") {
            desk.playlist("/low/playlist.m3u8", &live(12));
        }
        desk.pass(500);
    }
    assert!(desk.is_under_way("/low/16.m4s") && !changed_over(&mut desk), "{:?}", desk.loads.keys());
}

/// What is known of the low one stays as old as it was: it is asked once more out of turn, and then in turn.
#[test]
fn a_cache_that_answers_with_less_than_is_known_is_not_flooded() {
    let mut desk = halted();
    desk.pass(100);
    desk.playlist("/high/playlist.m3u8", &live(14));
    let mut asked = 0;
    for _ in 0..20 {
        if desk.is_under_way("/low/playlist.m3u8") {
            desk.playlist("/low/playlist.m3u8", &live(6));
            asked += 1;
        }
        desk.pass(50);
    }
    assert!((1..=2).contains(&asked), "{asked} times in a second");
    for _ in 0..20 {
        if desk.is_under_way("/low/playlist.m3u8") {
            desk.playlist("/low/playlist.m3u8", &live(6));
        }
        desk.pass(50);
    }
    assert!(desk.is_under_way("/high/16.m4s"), "{:?}", desk.loads.keys());
}

/// Its last one lists nothing more, and there is nothing to wait for.
#[test]
fn a_variant_that_has_ended_is_not_asked_for_again() {
    let mut desk = halted();
    let mut asked = 0;
    for _ in 0..40 {
        if desk.is_under_way("/high/playlist.m3u8") {
            desk.playlist("/high/playlist.m3u8", &format!("{}#EXT-X-ENDLIST\n", live(10)));
            asked += 1;
        }
        desk.pass(50);
    }
    assert_eq!(asked, 1);
}

/// Its own playlist would be read until the end of days.
#[test]
fn a_programme_is_over_where_another_variant_says_so() {
    let mut desk = halted();
    let ended = |desk: &mut Desk| desk.orders().contains(&Output::EndOfStream);
    for _ in 0..10 {
        if desk.is_under_way("/high/playlist.m3u8") {
            // One that ended long before says nothing.
            desk.playlist("/high/playlist.m3u8", &format!("{}#EXT-X-ENDLIST\n", live(6)));
        }
        if desk.is_under_way("/low/playlist.m3u8") {
            desk.playlist("/low/playlist.m3u8", &live(10));
        }
        desk.pass(500);
    }
    assert!(!ended(&mut desk) && desk.is_under_way("/low/playlist.m3u8"));
    let mut desk = halted();
    desk.playlist("/high/playlist.m3u8", &format!("{}#EXT-X-ENDLIST\n", live(10)));
    reads_the_same_until(&mut desk, ended);
    desk.pass(10_000);
    assert!(desk.loads.is_empty(), "{:?}", desk.loads.keys());
}

#[test]
fn what_is_listed_last_is_played_where_it_belongs() {
    let mut desk = halted();
    for _ in 0..20 {
        if desk.is_under_way("/low/playlist.m3u8") {
            desk.playlist("/low/playlist.m3u8", &format!("{}#EXT-X-ENDLIST\n", live(11)));
        }
        desk.pass(100);
    }
    assert!(desk.is_under_way("/low/16.m4s"), "{:?}", desk.loads.keys());
}
