//! A link that drops from 20 Mbit/s to 1 and comes back: nothing stalls, and the frames on screen show the switches.

use std::path::Path;
use std::time::Duration;

use mock_origin::{Origin, OriginConfig, Profile};
use system_tests::browser::watch::{Frame, WatchPage};
use system_tests::browser::{Browser, programs_are_here, until, until_within};
use system_tests::server::slow_tests_run;

use crate::Cinema;

const FAST_KBPS: u32 = 20_000;
const SLOW_KBPS: u32 = 1_000;
/// Buffered when the link drops: the smallest picture takes nearly all of the slow link, so with less a stall is nobody's
/// fault.
const LITTLE_S: f64 = 5.0;
/// A connected home, one floor up.
const LATENCY: Duration = Duration::from_millis(20);

/// A link before the server.
async fn link(cinema: &Cinema) -> Origin {
    let config = OriginConfig::before(cinema.server.origin().parse().unwrap(), Profile::steady(FAST_KBPS), LATENCY);
    Origin::start(config).await.unwrap()
}

/// Loads every segment of every variant and audio rendition once, so that none has to be made later.
async fn make_ladder(cinema: &Cinema, id: &str) {
    let get = async |url: &reqwest::Url| {
        let reply = reqwest::get(url.clone()).await.unwrap().error_for_status().unwrap();
        reply.bytes().await.unwrap()
    };
    let main: reqwest::Url = cinema.server.hls_url(id).await.unwrap().parse().unwrap();
    let text = String::from_utf8(get(&main).await.to_vec()).unwrap();
    let tagged = text.lines().filter_map(|line| line.split_once("URI=\"")?.1.split_once('"').map(|(uri, _)| uri));
    let plain = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let playlists: Vec<_> = tagged.chain(plain).map(|uri| main.join(uri).unwrap()).collect();
    assert!(playlists.len() >= 3, "{text}");
    for playlist in playlists {
        let text = String::from_utf8(get(&playlist).await.to_vec()).unwrap();
        for segment in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            get(&playlist.join(segment).unwrap()).await;
        }
    }
}

/// A film shown twice in a row: the half minute that a player loads ahead must not reach the end.
async fn twice(title: &str, folder: &Path) {
    let film = test_films::film(title);
    let mut ffmpeg = tokio::process::Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-stream_loop", "1", "-i"]).arg(test_films::films().unwrap().join(film.path));
    let done = ffmpeg.args(["-c", "copy", "-movflags", "+faststart"]).arg(folder.join(film.path)).status().await;
    assert!(done.unwrap().success());
}

/// Widths in the order in which they came on screen.
fn widths(frames: &[Frame]) -> Vec<u32> {
    let mut widths: Vec<u32> = frames.iter().map(|frame| frame.width).collect();
    widths.dedup();
    widths
}

/// Plays over the link while it drops and comes back. Gives the widths that were seen.
async fn watch_the_drop(cinema: &Cinema, id: &str) -> Vec<u32> {
    let link = link(cinema).await;
    let origin = format!("http://{}", link.address());
    let page = WatchPage::open(&cinema.browser, &origin, id, "?source=hls").await.unwrap();
    page.plays().await.unwrap();
    let position = async || page.look().await.map(|look| look.position_s);

    until("the best picture on the fast link and a little in the buffer", async || {
        let is_best = page.frames().await?.last().is_some_and(|frame| frame.width >= 1280);
        Ok((is_best && page.stats().await?.buffered_s >= LITTLE_S).then_some(()))
    })
    .await
    .unwrap();

    // Now: a film of a minute must not be in the buffer whole before the link drops.
    link.set_profile(Profile::steady(SLOW_KBPS));
    let smaller = until_within(Duration::from_secs(60), "a smaller picture on the slow link", async || {
        let last = page.frames().await?.last().copied();
        Ok(last.filter(|frame| frame.width < 1280))
    });
    let smaller = match smaller.await {
        Ok(frame) => frame,
        Err(error) => panic!("{error:#}\n{}", page.everything().await),
    };
    // What was loaded before the drop is used up by now.
    let rest = smaller.media_s + 4.0;
    until("four seconds on the slow link", async || Ok((position().await? > rest).then_some(()))).await.unwrap();

    link.set_profile(Profile::steady(FAST_KBPS));
    let back = until_within(Duration::from_secs(60), "the best picture again", async || {
        let look = page.look().await?;
        let last = page.frames().await?.last().copied();
        Ok(last.filter(|frame| frame.width >= 1280).map(|_| ()).or(look.ended.then_some(())))
    });
    if let Err(error) = back.await {
        panic!("{error:#}: {:?}\n{}", widths(&page.frames().await.unwrap()), page.everything().await);
    }
    let stats = page.stats().await.unwrap();
    let frames = page.frames().await.unwrap();
    assert_eq!(stats.stalls, 0, "{stats:?}, widths {:?}", widths(&frames));
    // Not by the page's own word alone: between two frames there is never half a second.
    if let Some(pair) = frames.windows(2).find(|pair| pair[1].at_ms - pair[0].at_ms >= 500.0) {
        panic!("the picture stood still between {:?} and {:?}\n{}", pair[0], pair[1], page.everything().await);
    }
    until("the switches in the page's own figures", async || {
        Ok((page.stats().await?.switches + 1 >= widths(&frames).len() as u64).then_some(()))
    })
    .await
    .unwrap();
    widths(&frames)
}

#[tokio::test]
async fn a_drop_of_the_link_is_survived_with_segments_made_before() {
    let test = "a_drop_of_the_link_is_survived_with_segments_made_before";
    if !slow_tests_run(test) || !Browser::is_here(test) || !programs_are_here(test, &["ffmpeg"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    twice("The Long Take", folder.path()).await;
    let cinema = Cinema::over(folder.path()).await;
    let id = cinema.server.ready_movie("The Long Take").await.unwrap();
    make_ladder(&cinema, &id).await;
    let widths = watch_the_drop(&cinema, &id).await;
    assert!(widths.contains(&1280) && widths.iter().any(|&width| width < 1280), "{widths:?}");
    assert_eq!(widths.last(), Some(&1280), "the best picture came back: {widths:?}");
    cinema.close().await;
}

#[tokio::test]
async fn a_drop_of_the_link_is_survived_with_segments_made_on_demand() {
    let Some(cinema) = Cinema::open("a_drop_of_the_link_is_survived_with_segments_made_on_demand").await else {
        return;
    };
    // A source of 720 lines of which nothing but the posters has been decoded.
    let id = cinema.server.ready_movie("The Long Take").await.unwrap();
    let widths = watch_the_drop(&cinema, &id).await;
    assert!(widths.contains(&1280) && widths.iter().any(|&width| width < 1280), "{widths:?}");
    cinema.close().await;
}
