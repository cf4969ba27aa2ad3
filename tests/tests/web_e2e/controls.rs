//! The controls of the watch page, pressed as a person presses them.

use std::time::Duration;

use fantoccini::key::Key;
use system_tests::browser::watch::{Look, WatchPage};
use system_tests::browser::{until, until_within};

use crate::Cinema;

/// A choice shows within this. At the latest it does where the buffer ends, half a minute ahead; where an encoder is not kept
/// waiting by others, within seconds.
const SOON: Duration = Duration::from_secs(40);

async fn becomes(page: &WatchPage<'_>, what: &str, is: impl Fn(&Look) -> bool) {
    let reached = until(what, async || Ok(is(&page.look().await?).then_some(()))).await;
    if let Err(error) = reached {
        panic!("{error:#}\n{}", page.everything().await);
    }
}

/// A film that played to its end is paused too, and that is not what was asked for.
fn is_resting(look: &Look) -> bool {
    look.paused && !look.ended
}

#[tokio::test]
async fn buttons_and_keys_do_what_people_expect() {
    let Some(cinema) = Cinema::open("buttons_and_keys_do_what_people_expect").await else { return };
    let id = cinema.server.ready_movie("The Long Take").await.unwrap();
    let page = WatchPage::open(&cinema.browser, &cinema.server.origin(), &id, "?source=hls").await.unwrap();
    let browser = &cinema.browser;
    page.plays().await.unwrap();

    browser.point_at(300.0, 300.0).await.unwrap();
    browser.click("play-button").await.unwrap();
    becomes(&page, "a pause by the button", is_resting).await;
    page.state("paused").await.unwrap();
    browser.key('k').await.unwrap();
    becomes(&page, "playback by the key", |look| !look.paused).await;
    browser.key('k').await.unwrap();
    becomes(&page, "a pause by the key", is_resting).await;
    // Faster than the page hears of what the first press did.
    browser.keys(&['k', 'k']).await.unwrap();
    becomes(&page, "two presses that undo each other", is_resting).await;
    browser.keys(&['k', 'k', 'k', 'k', 'k']).await.unwrap();
    becomes(&page, "five presses", |look| !look.paused).await;
    browser.keys(&['k', 'k', 'k', 'k', 'k']).await.unwrap();
    becomes(&page, "five more", is_resting).await;

    let from = page.look().await.unwrap().position_s;
    browser.key(Key::Right.into()).await.unwrap();
    becomes(&page, "five seconds on", |look| (look.position_s - from - 5.0).abs() < 0.3).await;
    browser.key(Key::Left.into()).await.unwrap();
    becomes(&page, "and back", |look| (look.position_s - from).abs() < 0.3).await;
    browser.key('5').await.unwrap();
    becomes(&page, "the middle", |look| (look.position_s - 30.0).abs() < 0.3).await;

    browser.key('m').await.unwrap();
    becomes(&page, "silence", |look| look.muted).await;
    browser.point_at(310.0, 300.0).await.unwrap();
    browser.click("mute").await.unwrap();
    becomes(&page, "sound", |look| !look.muted).await;
    let loud = page.look().await.unwrap().volume;
    browser.key(Key::Down.into()).await.unwrap();
    becomes(&page, "less", |look| look.volume < loud).await;

    browser.key('f').await.unwrap();
    let full = "return !!document.fullscreenElement";
    until("full screen", async || Ok(browser.js::<bool>(full, vec![]).await?.then_some(()))).await.unwrap();
    browser.key('f').await.unwrap();
    until("no full screen", async || Ok((!browser.js::<bool>(full, vec![]).await?).then_some(()))).await.unwrap();

    browser.key('i').await.unwrap();
    browser.wait_for("stats").await.unwrap();
    cinema.close().await;
}

#[tokio::test]
async fn each_quality_of_the_menu_comes_on_screen() {
    let Some(cinema) = Cinema::open("each_quality_of_the_menu_comes_on_screen").await else { return };
    let id = cinema.server.ready_movie("The Long Take").await.unwrap();
    let page = WatchPage::open(&cinema.browser, &cinema.server.origin(), &id, "?source=hls").await.unwrap();
    page.plays().await.unwrap();
    let labels = page.options("quality-menu", "quality-option").await.unwrap();
    assert!(labels[0].ends_with('*'), "the automatic choice is on at first: {labels:?}");
    let is_rung = |label: &&str| label.starts_with(|first: char| first.is_ascii_digit());
    let qualities: Vec<&str> = labels.iter().map(|label| label.trim_end_matches('*')).filter(is_rung).collect();
    assert!(qualities.len() >= 3, "the original and at least two rungs: {labels:?}");

    // From the lowest up, so that each differs from what is on screen.
    let mut widths = Vec::new();
    for quality in qualities.iter().rev() {
        page.choose("quality-menu", "quality-option", quality).await.unwrap();
        let height: u32 = quality.split('p').next().unwrap().parse().unwrap();
        // The page says what it shows, and the picture must agree.
        let what = format!("{quality} on screen");
        let shown = until_within(SOON, &what, async || {
            let (shown, look) = (page.stats().await?.rendition, page.look().await?);
            Ok(shown.filter(|shown| shown.id == *quality && look.height == height).map(|_| look.width))
        });
        let shown = match shown.await {
            Ok(shown) => shown,
            Err(error) => panic!("{error:#}\n{}", page.everything().await),
        };
        let chosen = page.options("quality-menu", "quality-option").await.unwrap();
        assert!(chosen.contains(&format!("{quality}*")), "{quality} is ticked: {chosen:?}");
        widths.push(shown);
    }
    assert!(widths.is_sorted() && widths.first() < widths.last(), "{qualities:?} gave widths {widths:?}");
    let last = page.stats().await.unwrap();
    assert_eq!(last.state, "playing", "{last:?}");
    // An encoder may be waited for on a busy machine, never what is there: Chromium stops in front of the smallest hole, though
    // only after seconds of still pictures.
    let stretches: u32 =
        cinema.browser.js("return document.querySelector('video').buffered.length", vec![]).await.unwrap();
    assert_eq!(stretches, 1, "holes in what is buffered: {}", page.everything().await);
    cinema.close().await;
}

#[tokio::test]
async fn the_film_plays_faster_and_slower() {
    let Some(cinema) = Cinema::open("the_film_plays_faster_and_slower").await else { return };
    let id = cinema.server.ready_movie("The Long Take").await.unwrap();
    // A file, and then the adaptive source at the speed that was chosen.
    let page = WatchPage::open(&cinema.browser, &cinema.server.origin(), &id, "").await.unwrap();
    page.plays().await.unwrap();
    let speed = async |page: &WatchPage<'_>, what: &str, is: f64| {
        let rate = "return document.querySelector('video').playbackRate";
        let reached = async || Ok((cinema.browser.js::<f64>(rate, vec![]).await? == is).then_some(()));
        until(what, reached).await.unwrap();
        page.options("speed-menu", "speed-option").await.unwrap()
    };
    page.choose("speed-menu", "speed-option", "2×").await.unwrap();
    let options = speed(&page, "twice as fast", 2.0).await;
    assert_eq!(options, ["2×*", "1.75×", "1.5×", "1.25×", "Normal", "0.75×", "0.5×"]);
    page.choose("quality-menu", "quality-option", "Adapt to the network").await.unwrap();
    becomes(&page, "the adaptive source", |look| look.position_s > 1.0 && !look.paused).await;
    until("its choices", async || {
        let labels = page.options("quality-menu", "quality-option").await?;
        Ok((labels.len() > 3).then_some(()))
    })
    .await
    .unwrap();
    assert_eq!(speed(&page, "as fast as before", 2.0).await[0], "2×*");
    cinema.browser.key('<').await.unwrap();
    speed(&page, "slower by the key", 1.75).await;
    let from = page.look().await.unwrap().position_s;
    becomes(&page, "further on", |look| look.position_s > from + 3.0).await;
    let stats = page.stats().await.unwrap();
    assert_eq!((stats.stalls, stats.state.as_str()), (0, "playing"), "{stats:?}");
    cinema.close().await;
}

#[tokio::test]
async fn who_saves_data_gets_a_small_picture_from_film_to_film_until_it_is_switched_off() {
    let test = "who_saves_data_gets_a_small_picture_from_film_to_film_until_it_is_switched_off";
    let Some(cinema) = Cinema::open(test).await else { return };
    let id = cinema.server.ready_movie("The Long Take").await.unwrap();
    let page = WatchPage::open(&cinema.browser, &cinema.server.origin(), &id, "").await.unwrap();
    page.plays().await.unwrap();
    let shows = async |page: &WatchPage<'_>, what: &str, is_shown: &dyn Fn(u32) -> bool| {
        until_within(SOON, what, async || Ok(is_shown(page.look().await?.height).then_some(()))).await.unwrap();
    };
    shows(&page, "the film as it is", &|height| height == 720).await;
    let labels = page.options("quality-menu", "quality-option").await.unwrap();
    assert_eq!(labels, ["Original file*", "Adapt to the network", "Save data"]);
    page.choose("quality-menu", "quality-option", "Save data").await.unwrap();
    shows(&page, "a small picture", &|height| (1..=480).contains(&height)).await;

    // It is remembered: the file, which has one size, is not played at all.
    let page = WatchPage::open(&cinema.browser, &cinema.server.origin(), &id, "").await.unwrap();
    page.plays().await.unwrap();
    shows(&page, "a small picture at once", &|height| (1..=480).contains(&height)).await;
    let labels = page.options("quality-menu", "quality-option").await.unwrap();
    assert!(labels.contains(&"Save data*".to_owned()), "{labels:?}");
    page.choose("quality-menu", "quality-option", "Auto").await.unwrap();
    shows(&page, "the film as it is, again", &|height| height == 720).await;
    cinema.close().await;
}

#[tokio::test]
async fn each_language_of_the_menu_is_heard() {
    let Some(cinema) = Cinema::open("each_language_of_the_menu_is_heard").await else { return };
    let film = test_films::film("Zwei Stimmen");
    let id = cinema.server.ready_movie(film.title).await.unwrap();
    let page = WatchPage::open(&cinema.browser, &cinema.server.origin(), &id, "").await.unwrap();
    page.plays().await.unwrap();
    page.hears(film.tones[0].hertz).await.unwrap();
    let labels = page.options("audio-menu", "audio-option").await.unwrap();
    assert_eq!(labels.len(), 2, "{labels:?}");
    let other = labels.iter().find(|label| !label.ends_with('*')).unwrap();
    page.choose("audio-menu", "audio-option", other).await.unwrap();
    page.hears(film.tones[1].hertz).await.unwrap();
    let first = labels[0].trim_end_matches('*');
    page.choose("audio-menu", "audio-option", first).await.unwrap();
    page.hears(film.tones[0].hertz).await.unwrap();
    cinema.close().await;
}
