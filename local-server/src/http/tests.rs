use std::fs;
use std::io::{Read as _, Write as _};
use std::net::Shutdown;

use super::*;
use crate::testing::{PATIENCE, Site, until, write_film};

/// An id that no title has.
const NOBODY: &str = "abcdefghijklmnopqrstuv";

/// Every route: those of the OpenAPI document and those that clients get told.
fn routes() -> Vec<(String, String)> {
    let mut routes = Vec::new();
    for (path, methods) in openapi::paths() {
        routes.extend(methods.into_iter().map(|method| (method.to_uppercase(), path.replace("{id}", NOBODY))));
    }
    for path in [
        "/",
        "/watch/1",
        "/title/1",
        "/metrics",
        "/api/openapi.json",
        "/api/nothing",
        "/media/nothing",
        "/media/{id}/direct",
        "/media/{id}/ab/main.m3u8",
        "/media/{id}/ab/720p/playlist.m3u8",
        "/media/{id}/ab/720p/init.mp4",
        "/media/{id}/ab/720p/0.m4s",
    ] {
        routes.push(("GET".to_owned(), path.replace("{id}", NOBODY)));
    }
    routes
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_refuses_foreign_hosts_and_pages() {
    let site = Site::with(&[]).await;
    assert!(routes().len() > 20);
    for (method, path) in routes() {
        for (code, headers) in [
            ("foreign_host", vec![("host", "evil.example")]),
            ("foreign_host", vec![("host", "")]),
            ("foreign_origin", vec![("origin", "http://evil.example")]),
            ("foreign_origin", vec![("origin", "null")]),
            ("foreign_origin", vec![("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")]),
        ] {
            let answer = site.ask(&method, &path, &headers, "").await;
            assert_eq!((answer.status, answer.problem().as_str()), (403, code), "{method} {path} {headers:?}");
            assert_eq!(answer.header("access-control-allow-origin"), None);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_names_routes_that_are_there() {
    let site = Site::with(&[]).await;
    let document = site.get("/api/openapi.json").await.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for (path, methods) in openapi::paths() {
        for method in methods.iter().filter(|_| path != "/api/events") {
            let answer = site.ask(&method.to_uppercase(), &path.replace("{id}", NOBODY), &[], "").await;
            let missing = answer.status == 405 || (answer.status == 404 && answer.problem() == "not_found");
            assert!(!missing, "{method} {path}: {answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_is_a_problem_document() {
    let site = Site::with(&["film.mp4"]).await;
    let id = site.id("film").await;
    fs::write(site.shelf.films.join("broken.mp4"), "no film").unwrap();
    until("the broken file is examined", async || {
        let found = site.shelf.store.search("broken", 1).await.unwrap();
        found.first().is_some_and(|title| matches!(title.playability, crate::domain::Playability::Unplayable(_)))
    })
    .await;
    let broken = site.id("broken").await;
    let long = "x".repeat(100_000);
    let cases: &[(&str, &str, &str, u16, &str)] = &[
        ("GET", "/api/nothing", "", 404, "not_found"),
        ("GET", "/api", "", 404, "not_found"),
        ("GET", "/media/x", "", 404, "not_found"),
        ("GET", "/lost.js", "", 404, "not_found"),
        ("POST", "/watch/1", "", 405, "method_not_allowed"),
        ("POST", "/api/movies", "", 405, "method_not_allowed"),
        ("DELETE", "/media/x/direct", "", 405, "method_not_allowed"),
        ("GET", "/api/movies?limit=0", "", 400, "bad_limit"),
        ("GET", "/api/movies?limit=201", "", 400, "bad_limit"),
        ("GET", "/api/movies?limit=many", "", 400, "bad_query"),
        ("GET", "/api/movies?limt=1", "", 400, "bad_query"),
        ("GET", "/api/movies?cursor=!", "", 400, "bad_cursor"),
        ("GET", "/api/movies?cursor=YWJj", "", 400, "bad_cursor"),
        ("GET", "/api/movies/search", "", 400, "bad_query"),
        ("GET", "/api/movies/1", "", 404, "title_not_found"),
        ("GET", "/api/movies/..%2f..%2fetc", "", 404, "title_not_found"),
        ("GET", "/api/movies/%ff", "", 404, "title_not_found"),
        ("GET", "/api/movies/abcdefghijklmnopqrstuv", "", 404, "title_not_found"),
        ("GET", "/api/videos/abcdefghijklmnopqrstuv", "", 404, "title_not_found"),
        ("GET", "/api/movies/abcdefghijklmnopqrstuv/poster", "", 404, "title_not_found"),
        ("GET", "/api/videos/{broken}", "", 409, "unplayable"),
        ("GET", "/api/streaming/sources/{broken}", "", 409, "unplayable"),
        ("GET", "/api/streaming/sources/{id}?max_height=-1", "", 400, "bad_query"),
        ("GET", "/media/{broken}/direct", "", 409, "unplayable"),
        ("GET", "/media/{id}/00/main.m3u8", "", 404, "file_changed"),
        ("GET", "/media/{id}/../../main.m3u8", "", 404, "file_changed"),
        ("POST", "/api/library/scan?forget=1", "", 400, "bad_query"),
        ("POST", "/api/library/folders", "", 400, "bad_body"),
        ("POST", "/api/library/folders", "{\"path\": 3}", 400, "bad_body"),
        ("POST", "/api/library/folders", "{\"path\": \"films\"}", 400, "path_not_absolute"),
        ("POST", "/api/library/folders", "{\"path\": \"/nonexistent/films\"}", 400, "folder_unreadable"),
        ("POST", "/api/library/folders", &long, 413, "body_too_large"),
    ];
    for (method, path, body, status, code) in cases {
        let path = path.replace("{id}", &id).replace("{broken}", &broken);
        let answer = site.ask(method, &path, &[], body).await;
        assert_eq!((answer.status, answer.problem().as_str()), (*status, *code), "{method} {path}");
    }
    let proxied = [("x-forwarded-for", "192.168.1.9")];
    let answer = site.ask("POST", "/api/library/folders", &proxied, "{\"path\": \"/tmp\"}").await;
    assert_eq!((answer.status, answer.problem().as_str()), (403, "not_from_here"));
}

#[tokio::test]
async fn a_panic_is_a_problem_document_without_details() {
    let answer = observe::panicked(Box::new("secret")).into_response();
    let problem = answer.extensions().get::<Problem>().unwrap();
    assert_eq!((problem.status.as_u16(), problem.code.as_ref()), (500, "internal"));
    assert!(!problem.detail.contains("secret"));
}

#[tokio::test]
async fn a_busy_engine_says_when_to_ask_again() {
    let busy = media_engine::PlaybackError::Busy { retry_after: std::time::Duration::from_millis(1_200) };
    let answer = problem::playback(&busy).into_response();
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_paged_and_searched() {
    let site = Site::with(&["Alien (1979).mp4", "The Birds (1963).mp4", "Casablanca.mp4"]).await;
    let first = site.get("/api/movies?limit=2").await.json();
    let names = |page: &serde_json::Value| {
        let items = page["items"].as_array().unwrap();
        items.iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&first), ["Alien", "The Birds"]);
    let next = first["next"].as_str().unwrap();
    let second = site.get(&format!("/api/movies?limit=2&cursor={next}")).await.json();
    assert_eq!((names(&second), &second["next"]), (vec!["Casablanca".to_owned()], &serde_json::Value::Null));
    assert_eq!(names(&site.get("/api/movies/search?q=bir").await.json()), ["The Birds"]);
    let alien: server_api::Movie = serde_json::from_value(first["items"][0].clone()).unwrap();
    assert_eq!((alien.year, alien.duration_s), (Some(1979), Some(10.0)));
    let one = site.get(&format!("/api/movies/{}", alien.id)).await.json();
    assert_eq!(one["title"], "Alien");
}

#[tokio::test(flavor = "multi_thread")]
async fn posters_are_served_with_their_version() {
    let site = Site::with(&["Alien.mp4", "radio.mp3"]).await;
    let id = site.id("Alien").await;
    let mut poster = serde_json::Value::Null;
    until("the poster is there", async || {
        poster = site.get(&format!("/api/movies/{id}")).await.json()["poster"].clone();
        poster.is_string()
    })
    .await;
    let answer = site.get(poster.as_str().unwrap()).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/jpeg")));
    assert!(answer.body.starts_with(b"\xff\xd8"));
    let etag = answer.header("etag").unwrap().to_owned();
    let again = site.ask("GET", poster.as_str().unwrap(), &[("if-none-match", &etag)], "").await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    let radio = site.id("radio").await;
    assert_eq!(site.get(&format!("/api/movies/{radio}/poster")).await.problem(), "no_poster");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_sent_whole_and_in_ranges() {
    let site = Site::with(&["film.mp4"]).await;
    let content: Vec<u8> = b"film".iter().copied().chain((0..3_000_000_u32).flat_map(u32::to_le_bytes)).collect();
    // Put in place at once: a scan that meets a file half written examines it again.
    let fresh = site.shelf.films.with_file_name("fresh.mp4");
    fs::write(&fresh, &content).unwrap();
    fs::rename(fresh, site.shelf.films.join("film.mp4")).unwrap();
    let path = format!("/media/{}/direct", site.id("film").await);
    site.examined("film.mp4").await;

    let whole = site.get(&path).await;
    assert_eq!(whole.header("content-type"), Some("audio/mp4"));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    assert!(whole.body == content, "{} bytes", whole.body.len());
    let etag = whole.header("etag").unwrap();
    let modified = whole.header("last-modified").unwrap();
    let size = content.len();

    let head = site.ask("HEAD", &path, &[], "").await;
    assert_eq!((head.status, head.header("content-length")), (200, Some(size.to_string().as_str())));
    assert!(head.body.is_empty());

    let last = format!("bytes {}-{}/{size}", size - 7, size - 1);
    type Case<'a> = (&'a [(&'a str, &'a str)], u16, Option<&'a str>, &'a [u8]);
    let cases: &[Case<'_>] = &[
        (&[("range", "bytes=5-9")], 206, Some("bytes 5-9/12000004"), &content[5..10]),
        (&[("range", "bytes=-7")], 206, Some(&last), &content[size - 7..]),
        (&[("range", "bytes=5-9"), ("if-range", etag)], 206, Some("bytes 5-9/12000004"), &content[5..10]),
        (&[("range", "bytes=5-9"), ("if-range", "\"other\"")], 200, None, &content),
        (&[("range", "bytes=0-1,5-9")], 200, None, &content),
        (&[("if-none-match", etag)], 304, None, b""),
        (&[("if-none-match", "\"other\"")], 200, None, &content),
    ];
    for (headers, status, range, body) in cases {
        let answer = site.ask("GET", &path, headers, "").await;
        assert_eq!((answer.status, answer.header("content-range")), (*status, *range), "{headers:?}");
        assert!(answer.body == *body, "{headers:?}");
    }
    // Dates are told in lower case by this client; the server must know them all the same.
    let date = httpdate::fmt_http_date(httpdate::parse_http_date(&capitalised(modified)).unwrap());
    let fresh = site.ask("GET", &path, &[("if-modified-since", &date)], "").await;
    assert_eq!(fresh.status, 304);
    let beyond = site.ask("GET", &path, &[("range", "bytes=99999999-")], "").await;
    assert_eq!((beyond.status, beyond.problem().as_str()), (416, "range_not_satisfiable"));
    assert_eq!(beyond.header("content-range"), Some("bytes */12000004"));
}

/// `sun, 06 nov 1994 08:49:37 gmt` as it was before it was made lower case.
fn capitalised(date: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    date.split(' ').map(word).collect::<Vec<_>>().join(" ").replace("Gmt", "GMT")
}

/// Begins to load a large film and reads a little of it.
async fn half_way(site: &Site) -> std::net::TcpStream {
    let film = site.shelf.films.join("film.mp4");
    let file = fs::OpenOptions::new().append(true).open(&film).unwrap();
    file.set_len(200_000_000).unwrap();
    let path = format!("/media/{}/direct", site.id("film").await);
    site.examined("film.mp4").await;
    let mut stream = site.connect();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut some = [0; 100_000];
    stream.read_exact(&mut some).unwrap();
    assert!(some.starts_with(b"HTTP/1.1 200"));
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_vanishes_is_sent_to_its_end_and_told_as_gone_after_that() {
    let site = Site::with(&["film.mp4"]).await;
    let mut stream = half_way(&site).await;
    let path = format!("/media/{}/direct", site.id("film").await);
    fs::remove_file(site.shelf.films.join("film.mp4")).unwrap();
    let rest = tokio::task::spawn_blocking(move || std::io::copy(&mut stream, &mut std::io::sink()).unwrap());
    assert!(rest.await.unwrap() > 199_900_000);
    let answer = site.get(&path).await;
    assert_eq!((answer.status, answer.problem().as_str()), (404, "file_unreadable"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_cut_short_ends_the_connection_and_nothing_else() {
    let site = Site::with(&["film.mp4"]).await;
    let mut stream = half_way(&site).await;
    let file = fs::OpenOptions::new().write(true).open(site.shelf.films.join("film.mp4")).unwrap();
    file.set_len(1_000).unwrap();
    let rest = tokio::task::spawn_blocking(move || std::io::copy(&mut stream, &mut std::io::sink()));
    let rest = rest.await.unwrap();
    assert!(rest.is_err() || rest.unwrap() < 199_000_000, "not taken for the whole file");
    assert_eq!(site.get("/api/health").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_disappears_leaves_nothing_open() {
    let site = Site::with(&["film.mp4"]).await;
    let film = site.shelf.films.join("film.mp4");
    let open = || {
        let files = fs::read_dir("/proc/self/fd").unwrap();
        files.filter(|file| fs::read_link(file.as_ref().unwrap().path()).is_ok_and(|target| target == film)).count()
    };
    for _ in 0..3 {
        let stream = half_way(&site).await;
        assert!(open() > 0);
        stream.shutdown(Shutdown::Both).unwrap();
        drop(stream);
    }
    until("the file is closed", async || open() == 0).await;
    until("no connection is counted but the one that asks", async || {
        let metrics = String::from_utf8(site.get("/metrics").await.body).unwrap();
        metrics.contains("\nactive_connections 1\n")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_in_flight_are_finished_at_shutdown_and_new_ones_are_not_taken() {
    let site = Site::with(&["film.mp4"]).await;
    let mut stream = half_way(&site).await;
    let mut events = site.connect();
    write!(events, "GET /api/events HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    events.read_exact(&mut [0; 20]).unwrap();
    site.app.closing.cancel();
    let address = site.address;
    let reading = tokio::task::spawn_blocking(move || std::io::copy(&mut stream, &mut std::io::sink()).unwrap());
    tokio::time::timeout(PATIENCE, site.delivery.drain()).await.expect("an open event stream does not hold it up");
    assert!(reading.await.unwrap() > 199_900_000);
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn events_tell_of_scans_and_titles() {
    let site = Site::with(&[]).await;
    let mut stream = site.connect();
    write!(stream, "GET /api/events HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    write_film(&site.shelf.films.join("Alien (1979).mp4"));
    let heard = tokio::task::spawn_blocking(move || {
        let mut heard = Vec::new();
        let mut some = [0; 4_096];
        let told = |heard: &[u8]| {
            let text = String::from_utf8_lossy(heard);
            text.contains("event: scan\n") && text.contains("event: movie\n") && text.contains("\"status\":\"ready\"")
        };
        while !told(&heard) {
            let read = stream.read(&mut some).unwrap();
            assert!(read > 0, "ended: {}", String::from_utf8_lossy(&heard));
            heard.extend_from_slice(&some[..read]);
        }
        String::from_utf8_lossy(&heard).into_owned()
    });
    let heard = heard.await.unwrap().to_lowercase();
    assert!(heard.contains("content-type: text/event-stream"), "{heard}");
    assert!(heard.contains("\"title\":\"alien\""), "{heard}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scan_is_shown_and_started() {
    let site = Site::with(&["Alien.mp4"]).await;
    let scan: server_api::Scan = serde_json::from_value(site.get("/api/library/scan").await.json()).unwrap();
    assert_eq!((scan.phase, scan.files_seen), (server_api::ScanPhase::Idle, 1));
    assert_eq!(scan.folders[0].path, site.shelf.films.display().to_string());
    fs::write(site.shelf.films.join("Broken.mp4"), "no film").unwrap();
    let started = site.ask("POST", "/api/library/scan", &[], "").await;
    assert_eq!(started.status, 202);
    until("the new file is listed", async || {
        site.get("/api/movies").await.json()["items"].as_array().unwrap().len() == 2
    })
    .await;
    let more = site.shelf.folder.path().join("more");
    write_film(&more.join("Brazil.mp4"));
    let body = serde_json::json!({ "path": more }).to_string();
    assert_eq!(site.ask("POST", "/api/library/folders", &[], &body).await.status, 201);
    until("the film of the new folder is listed", async || {
        site.get("/api/movies/search?q=brazil").await.json()["items"].as_array().unwrap().len() == 1
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_sent_for_its_own_paths_with_a_policy() {
    let site = Site::with(&[]).await;
    for path in ["/", "/watch/abc", "/title/abc?source=hls", "/index.html"] {
        let answer = site.get(path).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/html; charset=utf-8")), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-cache"));
        assert!(answer.header("content-security-policy").unwrap().contains("default-src 'self'"));
        let etag = answer.header("etag").unwrap().to_owned();
        assert_eq!(site.ask("GET", path, &[("if-none-match", &etag)], "").await.status, 304);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_have_their_names_and_route_templates() {
    let site = Site::with(&[]).await;
    site.get("/api/movies/1").await;
    site.ask("BREW", "/api/movies", &[], "").await;
    let mut metrics = String::new();
    until("the connections of the questions are closed", async || {
        metrics = String::from_utf8(site.get("/metrics").await.body).unwrap();
        metrics.contains("active_connections 1\n")
    })
    .await;
    for line in [
        "http_requests_total{method=\"GET\",route=\"/api/movies/{id}\",status_code=\"404\"} 1",
        "http_requests_total{method=\"other\",route=\"/api/movies\",status_code=\"405\"} 1",
        "http_request_duration_seconds_count{method=\"GET\",route=\"/api/movies/{id}\",status_code=\"404\"} 1",
        "cache_hits_total{cache_type=\"segment\"} 0",
        "cache_misses_total{cache_type=\"segment\"} 0",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    assert!(!metrics.contains("/api/movies/1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_players_tell_becomes_metrics() {
    let site = Site::with(&[]).await;
    let report = format!(
        r#"{{"title": "{NOBODY}", "startup_s": 0.4, "watched_s": 29.5, "stalls": 2, "stalled_s": 1.5, "outcome": "left",
            "rungs": [{{"rung": "720p", "watched_s": 20}}, {{"rung": "made up", "watched_s": 9.5}}], "wasted_bytes": 7}}"#
    );
    for _ in 0..2 {
        assert_eq!(site.ask("POST", "/api/analytics/event", &[], &report).await.status, 204);
    }
    for (body, code) in [
        ("", "bad_body"),
        (r#"{"title": "x"}"#, "title_not_found"),
        (&report.replace("29.5", "-1"), "bad_report"),
        (&report.replace("wasted", "unknown"), "bad_body"),
    ] {
        let answer = site.ask("POST", "/api/analytics/event", &[], body).await;
        assert_eq!(answer.problem(), code, "{body}");
    }
    let metrics = String::from_utf8(site.get("/metrics").await.body).unwrap();
    for line in [
        "video_start_time_seconds_count 2",
        "video_start_time_seconds_bucket{le=\"0.5\"} 2",
        "video_start_time_seconds_bucket{le=\"0.3\"} 0",
        "video_watched_seconds_total 59.0",
        "video_stalls_total 4",
        "video_stalled_seconds_total 3.0",
        "video_rung_seconds_total{rung=\"720p\"} 40.0",
        "video_rung_seconds_total{rung=\"other\"} 19.0",
        "video_wasted_bytes_total 14",
        "video_playbacks_total{outcome=\"left\"} 2",
        "cdn_cache_hit_ratio 1.0",
    ] {
        assert!(metrics.contains(&format!("\n{line}\n")), "{line} is not in\n{metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_says_what_works() {
    let site = Site::with(&[]).await;
    let answer = site.get("/api/health").await;
    let health: server_api::Health = serde_json::from_value(answer.json()).unwrap();
    assert_eq!((answer.status, health.status.as_str(), health.open_to_lan), (200, "ready", false));
    assert!(health.checks.iter().any(|check| check.name == "database" && check.ok));
}
