//! The driver as a program uses it: a real origin, a real pipeline, real time. Slow: only where `RUN_SLOW=1`.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod support;

use std::time::Instant;

use media_model::MediaTime;
use player_core::Speed;
use player_core::message::{Command, Event};
use player_native::{NativeConfig, NativePlayer, Surface};
use support::{has_started, origin, plays, until, until_the_end};
use url::Url;

fn headless(trusted: Option<&str>) -> NativePlayer {
    let trusted = trusted.map(|pem| pem.as_bytes().to_vec()).unwrap_or_default();
    NativePlayer::new(NativeConfig { trusted, ..NativeConfig::on(Surface::Nowhere) }).unwrap()
}

#[tokio::test]
async fn all_loads_share_an_http_2_connection_that_outlives_a_seek() {
    if !plays("all_loads_share_an_http_2_connection_that_outlives_a_seek") {
        return;
    }
    // A segment of four seconds takes two and a half: there is always one on its way.
    let origin = origin(1_600, true).await;
    let mut player = headless(origin.certificate());
    let mut events = Vec::new();
    player.open(Url::parse(&origin.play_urls()[0]).unwrap(), None);
    until(&mut player, &mut events, "the first frame", |_, events| has_started(events)).await;
    player.command(Command::Seek(MediaTime::from_micros(34_000_000)));
    until_the_end(&mut player, &mut events).await;

    let log = origin.log();
    assert!(log.iter().all(|entry| entry.http == "2"), "{log:#?}");
    assert!(log.iter().all(|entry| entry.connection == log[0].connection), "{log:#?}");
    let given_up = log.iter().position(|entry| entry.aborted).expect("the seek gave up what was on its way");
    let after: Vec<_> = log[given_up..].iter().filter(|entry| entry.status == 200 && !entry.aborted).collect();
    assert!(after.len() >= 2, "pictures and sound came on the same connection afterwards: {log:#?}");
}

#[tokio::test]
async fn at_twice_the_speed_two_seconds_pass_in_one() {
    if !plays("at_twice_the_speed_two_seconds_pass_in_one") {
        return;
    }
    let origin = origin(50_000, false).await;
    let mut player = headless(None);
    let mut events = Vec::new();
    player.open(Url::parse(&origin.play_urls()[0]).unwrap(), None);
    until(&mut player, &mut events, "the first frame", |_, events| has_started(events)).await;
    player.command(Command::SetSpeed(Speed::thousandths(2_000)));
    // Both moments are taken where the position is, so that being late for them does not matter.
    let at = |seconds: i64| {
        move |player: &mut NativePlayer, _: &[Event]| {
            let position = player.position();
            (position >= MediaTime::from_micros(seconds * 1_000_000)).then(|| (Instant::now(), position))
        }
    };
    let (begun, from) = until(&mut player, &mut events, "second 4", at(4)).await;
    let (ended, to) = until(&mut player, &mut events, "second 16", at(16)).await;
    let pace = to.since(from).as_seconds() / (ended - begun).as_secs_f64();
    assert!((1.9..2.1).contains(&pace), "{pace} seconds of film pass in a second: {events:?}");

    player.command(Command::SetSpeed(Speed::thousandths(500)));
    let (begun, from) = until(&mut player, &mut events, "second 17", at(17)).await;
    let (ended, to) = until(&mut player, &mut events, "second 19", at(19)).await;
    let pace = to.since(from).as_seconds() / (ended - begun).as_secs_f64();
    assert!((0.45..0.55).contains(&pace), "{pace} seconds of film pass in a second: {events:?}");
    assert_eq!(player.stats().stalls, 0);
}
