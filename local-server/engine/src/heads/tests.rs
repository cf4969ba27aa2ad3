use super::*;

fn lane(stream: &str) -> Lane {
    Lane { source: SourceKey::new("0a").unwrap(), stream: stream.parse().unwrap() }
}

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn started(verdict: &Verdict) -> HeadId {
    match verdict {
        Verdict::Start { head, .. } => *head,
        other @ (Verdict::Wait | Verdict::Busy { .. }) => panic!("no head was started: {other:?}"),
    }
}

#[test]
fn a_request_near_a_head_waits_and_one_far_away_starts_another() {
    // Head at 10; segment asked for -> waits for it.
    for (number, waits) in [(10, true), (11, true), (12, false), (9, false), (0, false)] {
        let mut heads = Heads::new(2);
        started(&heads.ask(at(0), &lane("720p"), 10));
        let verdict = heads.ask(at(0), &lane("720p"), number);
        assert_eq!(verdict == Verdict::Wait, waits, "segment {number}: {verdict:?}");
    }
}

#[test]
fn each_stream_has_heads_of_its_own() {
    let mut heads = Heads::new(2);
    started(&heads.ask(at(0), &lane("720p"), 10));
    started(&heads.ask(at(0), &lane("480p"), 10));
}

#[test]
fn a_head_runs_three_segments_ahead_of_the_last_request() {
    let mut heads = Heads::new(1);
    let head = started(&heads.ask(at(0), &lane("720p"), 20));
    assert_eq!(heads.limit(head), Some(24));
    for number in 20..=23 {
        assert_eq!(heads.made(head, number, false), Next::GoOn);
    }
    assert_eq!(heads.limit(head), Some(24), "nobody asked for more");
    heads.heard(at(1), &lane("720p"), 21);
    assert_eq!(heads.limit(head), Some(25));
    heads.heard(at(1), &lane("720p"), 5);
    assert_eq!(heads.limit(head), Some(25), "a request elsewhere is not for this head");
}

#[test]
fn a_head_that_nobody_waits_for_rests_while_somebody_waits_for_a_newer_one() {
    let (film, mut heads) = (lane("720p"), Heads::new(2));
    let first = started(&heads.ask(at(0), &film, 0));
    assert_eq!(heads.made(first, 0, false), Next::GoOn);
    // The viewer seeks while segment 1 is awaited: both wait until the request that was given up is heard of.
    heads.ask(at(1), &film, 1);
    let second = started(&heads.ask(at(1), &film, 20));
    assert_eq!((heads.limit(first), heads.limit(second)), (Some(5), Some(24)));
    heads.leave(&film, 0);
    heads.leave(&film, 1);
    assert_eq!((heads.limit(first), heads.limit(second)), (Some(1), Some(24)), "it stands still where it is");
    heads.made(second, 20, false);
    heads.leave(&film, 20);
    assert_eq!((heads.limit(first), heads.limit(second)), (Some(5), Some(24)), "nobody waits any more");
    // Another quality is tried; the sound goes on.
    let mut heads = Heads::new(2);
    let (first, sound) = (started(&heads.ask(at(0), &film, 0)), started(&heads.ask(at(0), &lane("audio-0-aac"), 0)));
    for head in [first, sound] {
        heads.made(head, 0, false);
    }
    heads.leave(&film, 0);
    heads.leave(&lane("audio-0-aac"), 0);
    started(&heads.ask(at(1), &lane("480p"), 1));
    assert_eq!((heads.limit(first), heads.limit(sound)), (Some(1), Some(4)));
}

#[test]
fn a_head_stops_where_segments_are_there_already() {
    let mut heads = Heads::new(1);
    let head = started(&heads.ask(at(0), &lane("720p"), 20));
    assert_eq!(heads.made(head, 20, true), Next::Stop);
    let mut heads = Heads::new(1);
    let head = started(&heads.ask(at(0), &lane("720p"), 20));
    heads.ask(at(0), &lane("720p"), 21);
    assert_eq!(heads.made(head, 20, true), Next::GoOn, "somebody waits for a later one");
}

#[test]
fn a_head_is_idle_ten_seconds_after_the_last_request() {
    let mut heads = Heads::new(1);
    let head = started(&heads.ask(at(0), &lane("720p"), 20));
    assert!(!heads.is_idle(at(60), head), "somebody waits");
    heads.made(head, 20, false);
    assert!(!heads.is_idle(at(9), head));
    assert!(heads.is_idle(at(10), head));
    heads.heard(at(10), &lane("720p"), 21);
    assert!(!heads.is_idle(at(19), head));
}

#[test]
fn a_client_that_went_away_keeps_no_head() {
    let mut heads = Heads::new(1);
    let head = started(&heads.ask(at(0), &lane("720p"), 20));
    heads.ask(at(0), &lane("720p"), 20);
    heads.leave(&lane("720p"), 20);
    assert!(!heads.is_idle(at(60), head), "one of two still waits");
    heads.leave(&lane("720p"), 20);
    assert!(heads.is_idle(at(60), head));
}

#[test]
fn the_newest_request_takes_the_place_of_the_head_left_alone_longest() {
    let mut heads = Heads::new(2);
    let first = started(&heads.ask(at(0), &lane("720p"), 0));
    let second = started(&heads.ask(at(1), &lane("480p"), 0));
    assert_eq!(heads.ask(at(2), &lane("360p"), 0), Verdict::Busy { retry_after: RETRY_AFTER });
    heads.made(first, 0, false);
    heads.made(second, 0, false);
    heads.heard(at(3), &lane("720p"), 0);
    let verdict = heads.ask(at(4), &lane("360p"), 0);
    assert!(matches!(verdict, Verdict::Start { stop: Some(stop), .. } if stop == second), "{verdict:?}");
    assert_eq!(heads.limit(second), None);
}

#[test]
fn a_busy_answer_does_not_count_as_waiting() {
    let mut heads = Heads::new(1);
    let head = started(&heads.ask(at(0), &lane("720p"), 0));
    heads.ask(at(0), &lane("480p"), 0);
    heads.made(head, 0, false);
    started(&heads.ask(at(1), &lane("480p"), 0));
}

#[test]
fn sound_has_places_of_its_own() {
    let mut heads = Heads::new(1);
    started(&heads.ask(at(0), &lane("720p"), 0));
    started(&heads.ask(at(0), &lane("audio-0-aac"), 0));
    started(&heads.ask(at(0), &lane("audio-1-aac"), 0));
    assert!(matches!(heads.ask(at(0), &lane("audio-2-aac"), 0), Verdict::Busy { .. }));
}

#[test]
fn a_head_that_died_tells_who_waited() {
    let mut heads = Heads::new(1);
    let head = started(&heads.ask(at(0), &lane("720p"), 4));
    heads.ask(at(0), &lane("720p"), 5);
    assert_eq!(heads.gone(head), [4, 5]);
    assert_eq!(heads.limit(head), None);
    started(&heads.ask(at(1), &lane("720p"), 4));
}
