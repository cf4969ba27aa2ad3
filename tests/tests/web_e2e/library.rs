//! The library page: films that play, files that do not or do not yet, and the way from one to the other.

use serde_json::Value;
use server_api::{Movie, MovieStatus, Page};
use system_tests::browser::until;
use system_tests::browser::watch::WatchPage;
use test_films::{BROKEN, FILMS, Fault};

use crate::Cinema;

#[tokio::test]
async fn bad_files_show_as_such_and_harm_nothing_else() {
    let Some(cinema) = Cinema::open("bad_files_show_as_such_and_harm_nothing_else").await else { return };
    let movies = cinema.server.scanned().await.unwrap();
    for film in &FILMS {
        let movie = movies.iter().find(|movie| movie.title == film.title);
        let movie = movie.unwrap_or_else(|| panic!("{} is not in the library", film.title));
        assert_eq!(movie.status, MovieStatus::Ready, "{}: {:?}", film.title, movie.problem);
    }
    let bad: Vec<_> = BROKEN.iter().filter(|broken| broken.fault != Fault::TruncatedMatroska).collect();
    for broken in &bad {
        let movie = movies.iter().find(|movie| movie.title == broken.title);
        let movie = movie.unwrap_or_else(|| panic!("{} is not in the library", broken.title));
        assert_eq!(movie.status, MovieStatus::Unplayable, "{}", broken.title);
        let problem = movie.problem.as_ref().unwrap_or_else(|| panic!("{} has no reason", broken.title));
        assert!(!problem.code.is_empty() && !problem.detail.is_empty(), "{}: {problem:?}", broken.title);
    }

    let browser = &cinema.browser;
    browser.open(&cinema.server.origin()).await.unwrap();
    let shown = |test_id: &'static str| async move {
        let list = "return [...document.querySelectorAll(`[data-testid=${arguments[0]}]`)].map(one => one.innerText)";
        browser.js::<Vec<String>>(list, vec![test_id.into()]).await
    };
    until("the cards of all films", async || {
        let cards = shown("movie-card").await?;
        Ok(FILMS.iter().all(|film| cards.iter().any(|card| card.contains(film.title))).then_some(()))
    })
    .await
    .unwrap();
    let unplayable = shown("unplayable").await.unwrap();
    for broken in &bad {
        assert!(unplayable.iter().any(|line| line.contains(broken.title)), "{}: {unplayable:?}", broken.title);
    }
    let playable = shown("movie-card").await.unwrap();
    assert!(!bad.iter().any(|broken| playable.iter().any(|card| card.contains(broken.title))), "{playable:?}");
    cinema.close().await;
}

/// How many films come at once, of a kind that takes a while to examine: the last of them waits for its turn for longer than
/// a page takes to open.
const MANY: usize = 100;

#[tokio::test]
async fn a_film_that_is_opened_before_it_has_been_examined_plays_when_it_has_been() {
    let test = "a_film_that_is_opened_before_it_has_been_examined_plays_when_it_has_been";
    let Some(cinema) = Cinema::open(test).await else { return };
    cinema.server.scanned().await.unwrap();
    let film = test_films::films().unwrap().join(test_films::film("Paper Boats").path);
    let folder = tempfile::tempdir().unwrap();
    for number in 0..MANY {
        std::fs::copy(&film, folder.path().join(format!("Copy {number:03} (2020).avi"))).unwrap();
    }
    let add = reqwest::Client::new().post(format!("{}/api/library/folders", cinema.server.origin()));
    let added = add.json(&serde_json::json!({ "path": folder.path() })).send().await.unwrap();
    assert!(added.status().is_success(), "{}", added.text().await.unwrap());
    // Examined in the order of their names.
    let last = until("the last of the new films, not examined yet", async || {
        let page: Page<Movie> = cinema.server.json("/api/movies?limit=200").await?;
        let last = page.items.into_iter().find(|movie| movie.title == format!("Copy {:03}", MANY - 1));
        anyhow::ensure!(last.as_ref().is_none_or(|movie| movie.status == MovieStatus::Pending), "too late: {last:?}");
        Ok(last)
    });
    let id = last.await.unwrap().id;
    let page = WatchPage::open(&cinema.browser, &cinema.server.origin(), &id, "").await.unwrap();
    page.plays().await.unwrap();
    let asked = "return performance.getEntriesByType('resource')
        .filter(one => one.name.includes('/api/streaming/sources/')).map(one => one.responseStatus)";
    let answers: Vec<u16> = cinema.browser.js(asked, vec![]).await.unwrap();
    assert!(answers.first() == Some(&503) && answers.last() == Some(&200), "{answers:?}");
    cinema.close().await;
}

#[tokio::test]
async fn half_a_film_plays_as_far_as_it_goes() {
    let Some(cinema) = Cinema::open("half_a_film_plays_as_far_as_it_goes").await else { return };
    let movie = cinema.server.movie("Half Told").await.unwrap();
    if movie.status == MovieStatus::Unplayable {
        // To refuse it is honest too, as long as it says why.
        assert!(movie.problem.is_some_and(|problem| !problem.detail.is_empty()));
    } else {
        let page = WatchPage::open(&cinema.browser, &cinema.server.origin(), &movie.id, "").await.unwrap();
        page.plays().await.unwrap();
    }
    cinema.close().await;
}

#[tokio::test]
async fn from_the_library_to_the_picture_with_three_presses() {
    let Some(cinema) = Cinema::open("from_the_library_to_the_picture_with_three_presses").await else { return };
    let id = cinema.server.ready_movie("Harbour Lights").await.unwrap();
    let browser = &cinema.browser;
    browser.open(&cinema.server.origin()).await.unwrap();
    browser.click_on(&format!("[data-testid=movie-card][data-id='{id}']")).await.unwrap();
    browser.click("play-title").await.unwrap();
    let page = WatchPage { browser };
    page.attach().await.unwrap();
    page.plays().await.unwrap();
    let path: String = browser.js("return location.pathname", vec![]).await.unwrap();
    assert_eq!(path, format!("/watch/{id}"));
    browser.client().back().await.unwrap();
    browser.wait_for("title-page").await.unwrap();
    let left: Value = browser.js("return window.matineeStats?.() ?? null", vec![]).await.unwrap();
    assert!(left.is_null(), "nothing plays on behind the title page: {left}");
    cinema.close().await;
}

#[tokio::test]
async fn a_film_that_is_gone_gives_words_and_a_way_on() {
    let Some(cinema) = Cinema::open("a_film_that_is_gone_gives_words_and_a_way_on").await else { return };
    let browser = &cinema.browser;
    browser.open(&format!("{}/watch/no-such-film", cinema.server.origin())).await.unwrap();
    browser.wait_for("error-card").await.unwrap();
    let words: String =
        browser.js("return document.querySelector('[data-testid=error-text]').innerText", vec![]).await.unwrap();
    assert!(words.len() > 10, "{words:?}");
    assert!(browser.has("retry").await.unwrap());
    cinema.close().await;
}
