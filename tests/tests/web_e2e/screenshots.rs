//! Pictures of each page full, empty, loading and broken, in every size, dark and light, for people to look at
//! (`out/screenshots`), and the few things about them that a program can judge.

use std::path::{Path, PathBuf};

use serde_json::json;
use system_tests::browser::watch::WatchPage;
use system_tests::browser::{Browser, Scheme, until};
use system_tests::server::TestServer;
use test_films::FILMS;

use crate::Cinema;

const SIZES: [(u32, u32); 3] = [(1280, 800), (1920, 1080), (390, 844)];
const SCHEMES: [(Scheme, &str); 2] = [(Scheme::Dark, "dark"), (Scheme::Light, "light")];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../out/screenshots")
}

/// What becomes of the page's questions to the server.
#[derive(Clone, Copy)]
enum Answers {
    /// They wait for ever.
    Held,
    Refused,
}

/// Puts itself between the pages that are opened from now on and the server; gives what takes it away again.
async fn answer(browser: &Browser, answers: Answers) -> String {
    let reply = match answers {
        Answers::Held => "new Promise(() => {})",
        Answers::Refused => "Promise.reject(new TypeError('Failed to fetch'))",
    };
    let source = format!(
        "const real = window.fetch;
         window.fetch = (request, ...rest) =>
             new URL(request.url ?? request, location).pathname.startsWith('/api/') ? {reply} : real(request, ...rest);"
    );
    let added = browser.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source })).await.unwrap();
    added["identifier"].as_str().unwrap().to_owned()
}

async fn answer_again(browser: &Browser, identifier: String) {
    let identifier = json!({ "identifier": identifier });
    browser.cdp("Page.removeScriptToEvaluateOnNewDocument", identifier).await.unwrap();
}

/// Takes the open page in every size and scheme.
async fn take(browser: &Browser, name: &str) {
    for (width, height) in SIZES {
        for (scheme, scheme_name) in SCHEMES {
            browser.pretend(width, height, scheme).await.unwrap();
            settle(browser).await;
            browser.screenshot(&folder().join(format!("{name}-{width}x{height}-{scheme_name}.png"))).await.unwrap();
            let beyond: i64 = browser
                .js("return document.documentElement.scrollWidth - document.documentElement.clientWidth", vec![])
                .await
                .unwrap();
            assert!(beyond <= 0, "{name} at {width}x{height} is {beyond} px too wide");
            let words: String = browser.js("return document.body.innerText", vec![]).await.unwrap();
            assert!(!words.contains("undefined") && !words.contains("NaN"), "{name}: {words}");
        }
    }
    browser.pretend(1280, 800, Scheme::Dark).await.unwrap();
}

/// Waits for the layout of the new size, fonts and pictures, and for movements to end. What turns for ever, such as a
/// ring, is not waited for.
async fn settle(browser: &Browser) {
    let settle = "await document.fonts.ready;
        await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
        const ends = document.getAnimations().filter(one => one.effect?.getComputedTiming().endTime < 2000);
        await Promise.allSettled(ends.map(one => one.finished));
        await Promise.allSettled([...document.images].map(image => image.complete || image.decode()));
        return true";
    let body = format!("return (async () => {{ {settle} }})()");
    browser.js::<bool>(&body, vec![]).await.unwrap();
}

#[tokio::test]
async fn each_page_in_each_state_fits_its_screen() {
    let Some(cinema) = Cinema::open("each_page_in_each_state_fits_its_screen").await else { return };
    let (browser, origin) = (&cinema.browser, cinema.server.origin());
    until("the posters", async || {
        let movies = cinema.server.scanned().await?;
        let pictures = FILMS.iter().filter(|film| film.pictures.is_some());
        let mut ours = pictures.filter_map(|film| movies.iter().find(|movie| movie.title == film.title));
        Ok(ours.all(|movie| movie.poster.is_some()).then_some(()))
    })
    .await
    .unwrap();
    let id = cinema.server.ready_movie("Zwei Stimmen").await.unwrap();
    let (title, watch) = (format!("{origin}/title/{id}"), format!("{origin}/watch/{id}"));
    browser.open(&origin).await.unwrap();
    until("the posters in the page", async || {
        let seen = "const images = [...document.querySelectorAll('[data-testid=movie-card] img')];
            return images.filter(image => image.complete && image.naturalWidth).length";
        let pictures = FILMS.iter().filter(|film| film.pictures.is_some()).count();
        // Below the fold they are loaded when they come near.
        Ok((browser.js::<usize>(seen, vec![]).await? >= pictures.min(6)).then_some(()))
    })
    .await
    .unwrap();
    take(browser, "library-full").await;
    browser.open(&title).await.unwrap();
    browser.wait_for("play-title").await.unwrap();
    take(browser, "title-full").await;

    let page = WatchPage::open(browser, &origin, &id, "").await.unwrap();
    page.plays().await.unwrap();
    page.seek_to_part(0.4).await.unwrap();
    page.state("playing").await.unwrap();
    take(browser, "watch-playing").await;
    browser.key('k').await.unwrap();
    page.state("paused").await.unwrap();
    browser.wait_for("pause-card").await.unwrap();
    take(browser, "watch-paused").await;
    browser.click("quality-menu").await.unwrap();
    take(browser, "watch-menu").await;

    let held = answer(browser, Answers::Held).await;
    browser.open(&origin).await.unwrap();
    browser.wait_for("skeletons").await.unwrap();
    take(browser, "library-loading").await;
    browser.open(&title).await.unwrap();
    browser.wait_for("title-page").await.unwrap();
    take(browser, "title-loading").await;
    browser.open(&watch).await.unwrap();
    browser.wait_for("ring").await.unwrap();
    take(browser, "watch-loading").await;

    answer_again(browser, held).await;
    let refused = answer(browser, Answers::Refused).await;
    browser.open(&origin).await.unwrap();
    browser.wait_for("notice").await.unwrap();
    take(browser, "library-broken").await;
    browser.open(&title).await.unwrap();
    browser.wait_for("notice").await.unwrap();
    take(browser, "title-broken").await;
    browser.open(&watch).await.unwrap();
    browser.wait_for("error-card").await.unwrap();
    take(browser, "watch-broken").await;
    answer_again(browser, refused).await;

    let empty = TestServer::start(&[] as &[PathBuf]).await.unwrap();
    browser.open(&empty.origin()).await.unwrap();
    browser.wait_for("add-folder").await.unwrap();
    take(browser, "library-empty").await;
    empty.stop().await.unwrap();
    cinema.close().await;
}

#[tokio::test]
async fn an_empty_library_takes_a_folder_from_the_page() {
    let test = "an_empty_library_takes_a_folder_from_the_page";
    if !system_tests::server::slow_tests_run(test) || !Browser::is_here(test) {
        return;
    }
    let server = TestServer::start(&[] as &[PathBuf]).await.unwrap();
    let browser = Browser::start().await.unwrap();
    browser.open(&server.origin()).await.unwrap();
    browser.click("add-folder").await.unwrap();
    browser.wait_for("folder-path").await.unwrap();
    let type_path = async |path: &str| {
        let field = browser.client().find(fantoccini::Locator::Css("[data-testid=folder-path]")).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(path).await.unwrap();
        browser.click("folder-submit").await.unwrap();
    };
    type_path("/no/such/folder").await;
    browser.wait_for("folder-trouble").await.unwrap();

    let films = test_films::films().unwrap();
    type_path(films.to_str().unwrap()).await;
    let selector = "[data-testid=movie-card]";
    until("the first cards", async || {
        Ok(browser.client().find(fantoccini::Locator::Css(selector)).await.is_ok().then_some(()))
    })
    .await
    .unwrap();
    browser.close().await.unwrap();
    server.stop().await.unwrap();
}
