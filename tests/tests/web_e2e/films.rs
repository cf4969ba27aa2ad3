//! Every kind of film, as the page plays it by itself and through the adaptive source: pictures advance and show the
//! right moment after each of twenty seeks, and the right tone is heard.

use std::time::Duration;

use fastrand::Rng;
use system_tests::browser::watch::{Look, WatchPage};
use system_tests::browser::{until, until_within};
use test_films::{FILMS, Film, Timing};

use crate::Cinema;

/// Seeks of each film and source.
const SEEKS: u32 = 20;
/// What rounding to milliseconds in pictures, containers and players may add to a frame.
const ROUNDING_MS: f64 = 6.0;
/// A seek that needs an encoder on a busy machine.
const SEEK_LIMIT: Duration = Duration::from_secs(20);

macro_rules! films {
    ($($name:ident plays $title:literal by itself as $source:literal;)+) => {
        $(
            #[tokio::test]
            async fn $name() {
                plays(stringify!($name), $title, $source).await;
            }
        )+

        #[test]
        fn every_film_is_played() {
            let played = [$($title),+];
            let forgotten: Vec<_> = FILMS.iter().filter(|film| !played.contains(&film.title)).map(|film| film.title).collect();
            assert!(forgotten.is_empty(), "no test plays {forgotten:?}");
        }
    };
}

films! {
    h264_in_mp4 plays "The Long Take" by itself as "direct";
    b_frames_and_an_edit_list plays "Harbour Lights" by itself as "direct";
    two_languages_in_matroska plays "Zwei Stimmen" by itself as "hls";
    hevc_of_ten_bits plays "Ember Ridge" by itself as "hls";
    mpeg4_in_avi plays "Paper Boats" by itself as "hls";
    interlaced_transport_stream plays "Evening Broadcast" by itself as "hls";
    vp9_in_webm plays "Northern Glow" by itself as "direct";
    a_phone_clip_held_upright plays "Pier Birthday" by itself as "direct";
    music_without_pictures plays "Slow Tide" by itself as "direct";
}

async fn plays(test: &str, title: &str, source: &str) {
    let Some(cinema) = Cinema::open(test).await else { return };
    let film = test_films::film(title);
    let id = cinema.server.ready_movie(title).await.unwrap();
    play_through(&cinema, film, &id, "", source).await;
    if source != "hls" {
        play_through(&cinema, film, &id, "?source=hls", "hls").await;
    }
    cinema.close().await;
}

async fn play_through(cinema: &Cinema, film: &Film, id: &str, query: &str, source: &str) {
    let page = WatchPage::open(&cinema.browser, &cinema.server.origin(), id, query).await.unwrap();
    let stats = page.plays().await.unwrap();
    assert_eq!(stats.source.as_deref(), Some(source), "{}{query}: {stats:?}", film.title);
    assert!(stats.startup_ms.is_some_and(|ms| ms > 0.0), "{stats:?}");

    let look = page.look().await.unwrap();
    let length = look.duration_s.unwrap();
    assert!((length - f64::from(film.seconds)).abs() < 0.25, "{} lasts {length} s", film.title);
    if let Some(pictures) = &film.pictures {
        // Upright and in the shape it was painted in, whatever the container and the pixels say.
        let shape = f64::from(look.width) / f64::from(look.height);
        let painted = f64::from(pictures.width * pictures.pixel.0.unsigned_abs())
            / f64::from(pictures.height * pictures.pixel.1.unsigned_abs());
        assert!((shape / painted - 1.0).abs() < 0.02, "{} is shown as {}x{}", film.title, look.width, look.height);
    }

    page.hears(film.tones[0].hertz).await.unwrap();
    let heard = page.look().await.unwrap();
    let seen = page.frames().await.unwrap().len();
    until("more sound and more frames", async || {
        let now = page.look().await?;
        let frames = page.frames().await?.len();
        let more_frames = film.pictures.is_none() || frames > seen;
        Ok((now.audio_bytes > heard.audio_bytes && more_frames).then_some(()))
    })
    .await
    .unwrap();

    let mut random = Rng::with_seed(20_261_122);
    for number in 0..SEEKS {
        let part = 0.01 + 0.95 * random.f64();
        // A picture that stands is looked at exactly; one that moves shows that playback goes on from there.
        if number % 2 == 0 {
            seek_while_paused(&page, film, part).await;
        } else {
            seek_while_playing(&page, film, part).await;
        }
    }

    page.seek_to_part(0.93).await.unwrap();
    let stats = page.state("ended").await.unwrap();
    // What is encoded while it plays is waited for where the machine has other things to do.
    let is_encoded = stats.decision.as_deref() == Some("transcode");
    assert!(is_encoded || stats.stalls == 0, "{}{query} stalled: {stats:?}", film.title);
}

/// Length of the longest frame.
fn frame_ms(film: &Film) -> f64 {
    match film.pictures.as_ref().map(|pictures| pictures.timing) {
        Some(Timing::Constant(rate) | Timing::Interlaced(rate)) => 1_000.0 / f64::from(rate),
        // At most every other picture is left out.
        Some(Timing::Varying(rate)) => 2_000.0 / f64::from(rate),
        None => 0.0,
    }
}

async fn set_paused(page: &WatchPage<'_>, paused: bool) {
    if page.look().await.unwrap().paused != paused {
        page.browser.key('k').await.unwrap();
        until("the pause", async || Ok((page.look().await?.paused == paused).then_some(()))).await.unwrap();
    }
}

async fn seek_while_paused(page: &WatchPage<'_>, film: &Film, part: f64) {
    set_paused(page, true).await;
    let wanted = page.seek_to_part(part).await.unwrap();
    let look = page.settled(wanted, SEEK_LIMIT).await.unwrap();
    assert!((look.position_s - wanted).abs() < 0.05, "sought {wanted}, got {look:?}");
    if film.pictures.is_none() {
        return;
    }
    let tolerance = frame_ms(film) + ROUNDING_MS;
    let mut last = None::<Look>;
    // The picture follows `seeked` by a moment of the compositor's.
    let shown = until_within(Duration::from_secs(2), "the picture of the position", async || {
        let look = page.look().await?;
        let right = look.code_ms.is_some_and(|code| (code - look.position_s * 1_000.0).abs() <= tolerance);
        last = Some(look);
        Ok(right.then_some(()))
    });
    if let Err(error) = shown.await {
        panic!("{}: sought {wanted}: {error:#}: {last:?}\n{}", film.title, page.everything().await);
    }
}

async fn seek_while_playing(page: &WatchPage<'_>, film: &Film, part: f64) {
    set_paused(page, false).await;
    let wanted = page.seek_to_part(part).await.unwrap();
    page.settled(wanted, SEEK_LIMIT).await.unwrap();
    if film.pictures.is_none() {
        until("sound to go on", async || {
            let look = page.look().await?;
            Ok((look.position_s > wanted + 0.1 || look.ended).then_some(()))
        })
        .await
        .unwrap();
        return;
    }
    let tolerance = frame_ms(film) + ROUNDING_MS;
    // From here on: frames from before the seek may have been noted after it was asked for.
    page.read_codes(true).await.unwrap();
    let after = until_within(SEEK_LIMIT, "frames after the seek", async || {
        let look = page.look().await?;
        let frames = page.frames().await?;
        Ok((frames.len() >= 4 || look.ended).then_some(frames))
    })
    .await
    .unwrap();
    if let Some(first) = after.first() {
        let late = first.media_s - wanted;
        assert!((-0.1..2.0).contains(&late), "{}: sought {wanted}, first seen {first:?}", film.title);
    }
    for frame in &after {
        // The clock is read a moment after the frame was announced: the next one may be there already.
        let code = frame.code_ms.unwrap_or_else(|| panic!("{}: no clock in {frame:?}", film.title));
        let late = code - frame.media_s * 1_000.0;
        assert!(late > -tolerance && late < 3.0 * tolerance, "{}: {frame:?} is {late} ms off", film.title);
    }
}
