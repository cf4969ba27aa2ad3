//! Scenarios on real sockets, of bytes that mean nothing: what goes wrong, who may come in, what the log says.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use mock_origin::log::Entry;
use mock_origin::{Origin, OriginConfig, Scenario, StartError};
use reqwest::{Client, Method, Response, StatusCode, Version};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A film of bytes on one rung of 1 Mbit/s without sound: segments of 500,000 bytes.
const FILM: &str = r#"
[[presentations]]
content = "bytes"
audio = []
ladder = [{ kbps = 1_000, width = 320, height = 180 }]
"#;
const SEGMENT: &str = "/bytes/video-0/1.m4s";
const SIZE: usize = 500_000;

async fn origin(more: &str) -> Origin {
    let scenario = Scenario::read(&format!("{more}\n{FILM}"), Path::new(".")).unwrap();
    Origin::start(OriginConfig::of(scenario)).await.unwrap()
}

/// A fault of every segment.
async fn faulty(fault: &str) -> Origin {
    origin(&format!("[[faults]]\nname = \"f\"\nurl = \"**/*.m4s\"\n{fault}")).await
}

fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().danger_accept_invalid_certs(true).build().unwrap()
}

async fn ask(origin: &Origin, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = client().request(method, format!("{}{path}", origin.url()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

async fn get(origin: &Origin, path: &str) -> Response {
    ask(origin, Method::GET, path, &[]).await
}

/// Waits until the log has `count` requests; they enter when their body has ended.
async fn logged(origin: &Origin, count: usize) -> Vec<Entry> {
    let waiting = async {
        while origin.log().len() < count {
            tokio::task::yield_now().await;
        }
        origin.log()
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("the log has the requests")
}

fn header<'a>(reply: &'a Response, name: &str) -> &'a str {
    reply.headers().get(name).map_or("-", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_segment_is_served_whole_in_part_and_by_its_head() {
    let origin = origin("").await;
    let whole = get(&origin, SEGMENT).await;
    assert_eq!((whole.status(), header(&whole, "content-type")), (StatusCode::OK, "video/mp4"));
    assert_eq!((header(&whole, "access-control-allow-origin"), header(&whole, "timing-allow-origin")), ("*", "*"));
    let etag = header(&whole, "etag").to_owned();
    let bytes = whole.bytes().await.unwrap();
    assert_eq!(bytes.len(), SIZE);

    let part = ask(&origin, Method::GET, SEGMENT, &[("range", "bytes=100-199")]).await;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(header(&part, "content-range"), "bytes 100-199/500000");
    assert_eq!(part.bytes().await.unwrap(), bytes.slice(100..200));
    let beyond = ask(&origin, Method::GET, SEGMENT, &[("range", "bytes=500000-")]).await;
    assert_eq!(
        (beyond.status(), header(&beyond, "content-range")),
        (StatusCode::RANGE_NOT_SATISFIABLE, "bytes */500000")
    );
    let changed = ask(&origin, Method::GET, SEGMENT, &[("range", "bytes=0-1"), ("if-range", "\"other\"")]).await;
    assert_eq!(changed.status(), StatusCode::OK);
    drop(changed);

    let head = ask(&origin, Method::HEAD, SEGMENT, &[]).await;
    assert_eq!(
        (head.status(), header(&head, "content-length"), header(&head, "etag")),
        (StatusCode::OK, "500000", &*etag)
    );
    let known = ask(&origin, Method::GET, SEGMENT, &[("if-none-match", &etag)]).await;
    assert_eq!((known.status(), known.bytes().await.unwrap().len()), (StatusCode::NOT_MODIFIED, 0));
    let preflight = ask(&origin, Method::OPTIONS, SEGMENT, &[("access-control-request-method", "GET")]).await;
    assert_eq!((preflight.status(), header(&preflight, "access-control-allow-headers")), (StatusCode::NO_CONTENT, "*"));
    assert_eq!(get(&origin, "/nothing").await.status(), StatusCode::NOT_FOUND);
    let entries = logged(&origin, 8).await;
    assert!(entries.iter().filter(|entry| entry.method != "GET").all(|entry| !entry.aborted && entry.bytes == 0));
}

#[tokio::test]
async fn a_status_comes_with_its_headers_and_only_as_often_as_it_should() {
    let origin = faulty("kind = \"status\"\ncode = 503\nretry_after_s = 7\nattempts = 1").await;
    let refused = get(&origin, SEGMENT).await;
    assert_eq!((refused.status().as_u16(), header(&refused, "retry-after")), (503, "7"));
    assert_eq!(header(&refused, "access-control-allow-origin"), "*");
    assert_eq!(get(&origin, SEGMENT).await.status(), StatusCode::OK);
    assert_eq!(get(&origin, "/bytes/main.m3u8").await.status(), StatusCode::OK);
    origin.reset();
    assert_eq!(get(&origin, SEGMENT).await.status().as_u16(), 503);
}

#[tokio::test]
async fn preflights_and_heads_use_up_no_attempt() {
    let origin = faulty("kind = \"status\"\ncode = 503\nattempts = 1").await;
    let page = ("origin", "https://page.test");
    let wanted = [page, ("access-control-request-method", "GET"), ("access-control-request-headers", "authorization")];
    let preflight = ask(&origin, Method::OPTIONS, SEGMENT, &wanted).await;
    assert_eq!(preflight.status(), StatusCode::NO_CONTENT);
    let allowed = ["origin", "credentials", "methods", "headers"].map(|what| format!("access-control-allow-{what}"));
    assert_eq!(allowed.each_ref().map(|name| header(&preflight, name)), [page.1, "true", "GET", "authorization"]);
    assert_eq!(ask(&origin, Method::HEAD, SEGMENT, &[]).await.status().as_u16(), 503);
    assert_eq!(ask(&origin, Method::HEAD, SEGMENT, &[]).await.status(), StatusCode::OK);
    let refused = ask(&origin, Method::GET, SEGMENT, &[page]).await;
    assert_eq!((refused.status().as_u16(), header(&refused, "access-control-allow-origin")), (503, page.1));
    let whole = ask(&origin, Method::GET, SEGMENT, &[page]).await;
    assert_eq!((whole.status(), header(&whole, "vary")), (StatusCode::OK, "Origin"));
    assert!(header(&whole, "access-control-expose-headers").contains("content-length, "));
    drop(whole.bytes().await);
    let entries = logged(&origin, 5).await;
    let counted: Vec<_> =
        entries.iter().map(|entry| (entry.method.as_str(), entry.attempt, entry.faults.len())).collect();
    assert_eq!(counted, [("OPTIONS", 0, 0), ("HEAD", 1, 1), ("HEAD", 2, 0), ("GET", 1, 1), ("GET", 2, 0)]);
}

/// Reads a reply from a bare socket: everything up to its end, and how it ended.
async fn raw(origin: &Origin, path: &str) -> (Vec<u8>, Option<ErrorKind>) {
    let mut bytes = Vec::new();
    let mut socket = match TcpStream::connect(origin.address()).await {
        Ok(socket) => socket,
        Err(error) => return (bytes, Some(error.kind())),
    };
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    if let Err(error) = socket.write_all(request.as_bytes()).await {
        return (bytes, Some(error.kind()));
    }
    let end = socket.read_to_end(&mut bytes).await.err().map(|error| error.kind());
    (bytes, end)
}

#[tokio::test]
async fn a_reset_is_a_reset_and_a_cut_reply_ends_early() {
    let origin = faulty("kind = \"reset\"\nafter_bytes = 0").await;
    assert_eq!(raw(&origin, SEGMENT).await.1, Some(ErrorKind::ConnectionReset));
    let entry = &logged(&origin, 1).await[0];
    assert!(entry.aborted && entry.bytes == 0 && entry.faults == ["f"], "{entry:?}");

    let origin = faulty("kind = \"truncate\"\nafter_share = 0.5").await;
    let (bytes, end) = raw(&origin, SEGMENT).await;
    let text = String::from_utf8_lossy(&bytes[..1_000]).into_owned();
    let head = text.split("\r\n\r\n").next().unwrap();
    assert!(head.contains("content-length: 500000"), "{head}");
    assert_eq!((bytes.len() - head.len() - 4, end), (SIZE / 2, None));
    let entry = &logged(&origin, 1).await[0];
    assert_eq!((entry.aborted, entry.aborted_bytes), (true, Some(SIZE as u64 / 2)));
}

#[tokio::test]
async fn files_can_be_shorter_and_bytes_others() {
    let good = get(&origin("").await, SEGMENT).await.bytes().await.unwrap();
    let short = faulty("kind = \"shorten\"\nafter_share = 0.25").await;
    let reply = get(&short, SEGMENT).await;
    assert_eq!(header(&reply, "content-length"), "125000");
    assert_eq!(reply.bytes().await.unwrap(), good.slice(..125_000));

    let corrupt = faulty("kind = \"corrupt\"\nbytes = 40").await;
    let bad = get(&corrupt, SEGMENT).await.bytes().await.unwrap();
    let wrong: Vec<usize> = (0..SIZE).filter(|&at| good[at] != bad[at]).collect();
    assert_eq!((bad.len(), wrong.len()), (SIZE, 40));
    // The same in a part, and at the next attempt.
    let from = wrong[10];
    let part = ask(&corrupt, Method::GET, SEGMENT, &[("range", &format!("bytes={from}-"))]).await;
    assert_eq!(part.bytes().await.unwrap(), bad.slice(from..));
}

#[tokio::test]
async fn delays_types_and_clocks_go_wrong() {
    let slow = faulty("kind = \"slow-first-byte\"\ndelay_ms = 200").await;
    get(&slow, SEGMENT).await.bytes().await.unwrap();
    assert!((200..900).contains(&logged(&slow, 1).await[0].first_byte_ms));

    let paused = faulty("kind = \"pause\"\nafter_share = 0.5\ndelay_ms = 200").await;
    get(&paused, SEGMENT).await.bytes().await.unwrap();
    let entry = &logged(&paused, 1).await[0];
    assert!(entry.took_ms - entry.first_byte_ms >= 200 && !entry.aborted, "{entry:?}");

    let typed = faulty("kind = \"content-type\"\ncontent_type = \"text/plain\"").await;
    assert_eq!(header(&get(&typed, SEGMENT).await, "content-type"), "text/plain");

    let late = faulty("kind = \"clock-skew\"\nskew_ms = -86400000").await;
    let reply = get(&late, SEGMENT).await;
    let date = httpdate::parse_http_date(header(&reply, "date")).unwrap();
    let behind = std::time::SystemTime::now().duration_since(date).unwrap().as_secs();
    assert!((86_399..86_500).contains(&behind), "{behind}");
}

/// Also for the first who asks: it is no memory of ours that is old, but the playlist.
#[tokio::test]
async fn playlists_are_as_old_as_the_fault_says() {
    let live = |fault: &str| {
        let film = FILM.replace("[[presentations]]", "[[presentations]]\nlive = { window = 3 }\nsegment_s = 1.0");
        format!("[[faults]]\nname = \"f\"\nurl = \"**/playlist.m3u8\"\n{fault}\n{film}")
    };
    let first = async |fault: &str| {
        let scenario = Scenario::read(&live(fault), Path::new(".")).unwrap();
        let origin = Origin::start(OriginConfig::of(scenario)).await.unwrap();
        let text = get(&origin, "/bytes/video-0/playlist.m3u8").await.text().await.unwrap();
        let segments = text.lines().filter(|line| line.ends_with(".m4s")).map(|line| line.to_owned());
        segments.collect::<Vec<_>>()
    };
    assert_eq!(first("kind = \"clock-skew\"\nskew_ms = 1").await, ["0.m4s", "1.m4s", "2.m4s"]);
    assert_eq!(first("kind = \"stale\"\nage_s = 1.5").await, ["0.m4s"]);
    assert_eq!(first("kind = \"backward\"\nchanges = 1").await, ["0.m4s", "1.m4s"]);
}

/// What was there when the rule's time began, to the millisecond: a segment was complete just then.
#[tokio::test]
async fn a_frozen_playlist_stays_as_it_was() {
    let scenario = Scenario::read(
        r#"
        [[faults]]
        name = "f"
        url = "**/video-1/*.m3u8"
        kind = "frozen"
        from_s = 1.0

        [[presentations]]
        content = "bytes"
        audio = []
        ladder = [{ kbps = 500, width = 320, height = 180 }, { kbps = 1_000, width = 640, height = 360 }]
        live = { window = 3 }
        segment_s = 0.5
        "#,
        Path::new("."),
    );
    let origin = Origin::start(OriginConfig::of(scenario.unwrap())).await.unwrap();
    let listed = async |stream: &str| {
        let text = get(&origin, &format!("/bytes/{stream}/playlist.m3u8")).await.text().await.unwrap();
        text.lines().filter_map(|line| line.strip_suffix(".m4s")?.parse().ok()).collect::<Vec<u64>>()
    };
    // A window is there at the start, and two more segments after a second.
    let mut newest = 0;
    while newest < 7 {
        newest = *listed("video-0").await.last().unwrap();
        let frozen = listed("video-1").await;
        if newest > 4 {
            assert_eq!(frozen, [2, 3, 4]);
        }
    }
}

#[tokio::test]
async fn tokens_from_playlists_open_segments() {
    let origin = faulty("kind = \"expired-token\"\nvalid_s = 60").await;
    assert_eq!(get(&origin, SEGMENT).await.status(), StatusCode::FORBIDDEN);
    let playlist = get(&origin, "/bytes/video-0/playlist.m3u8").await.text().await.unwrap();
    let segment = playlist.lines().find(|line| line.starts_with("1.m4s?token=")).unwrap();
    assert_eq!(get(&origin, &format!("/bytes/video-0/{segment}")).await.status(), StatusCode::OK);
    assert_eq!(
        get(&origin, &format!("/bytes/video-0/{}", segment.replace("1.m4s", "2.m4s"))).await.status().as_u16(),
        403
    );
}

#[tokio::test]
async fn the_same_seed_has_the_same_run() {
    let run = async |seed: u64| {
        let more =
            format!("seed = {seed}\n[[faults]]\nkind = \"status\"\ncode = 500\nprobability = 0.4\nurl = \"**/*.m4s\"");
        let origin = origin(&more).await;
        let mut statuses = Vec::new();
        for number in 0..20 {
            let path = format!("/bytes/video-0/{number}.m4s");
            statuses.push(ask(&origin, Method::HEAD, &path, &[]).await.status().as_u16());
        }
        statuses
    };
    let first = run(5).await;
    assert!(first.contains(&200) && first.contains(&500), "{first:?}");
    assert_eq!(first, run(5).await);
    assert_ne!(first, run(6).await);
}

#[tokio::test]
async fn connections_beyond_the_limit_are_refused_or_wait() {
    let refusing = origin("[network]\nmax_connections = 1\nover_limit = \"refuse\"").await;
    let _first = TcpStream::connect(refusing.address()).await.unwrap();
    let (bytes, end) = raw(&refusing, SEGMENT).await;
    assert!(bytes.is_empty() && end == Some(ErrorKind::ConnectionReset), "{end:?}");

    let waiting = origin("[network]\nmax_connections = 1").await;
    let first = TcpStream::connect(waiting.address()).await.unwrap();
    let mut second = TcpStream::connect(waiting.address()).await.unwrap();
    second.write_all(b"HEAD /bytes/main.m3u8 HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut byte = [0];
    let early = tokio::time::timeout(Duration::from_millis(100), second.read_exact(&mut byte)).await;
    assert!(early.is_err(), "the second has to wait");
    drop(first);
    tokio::time::timeout(Duration::from_secs(10), second.read_exact(&mut byte)).await.unwrap().unwrap();
}

#[tokio::test]
async fn http_2_is_spoken_over_tls_and_a_reset_ends_one_stream_only() {
    let text = format!("[[faults]]\nkind = \"reset\"\nafter_share = 0.5\nurl = \"**/2.m4s\"\n{FILM}");
    let scenario = Scenario::read(&text, Path::new(".")).unwrap();
    let origin = Origin::start(OriginConfig { tls: true, ..OriginConfig::of(scenario) }).await.unwrap();
    assert!(origin.url().starts_with("https://") && origin.certificate().unwrap().contains("BEGIN CERTIFICATE"));
    let client = client();
    let url = |path: &str| format!("{}{path}", origin.url());
    let reply = client.get(url(SEGMENT)).send().await.unwrap();
    assert_eq!((reply.version(), reply.status()), (Version::HTTP_2, StatusCode::OK));
    let (one, other) =
        tokio::join!(async { client.get(url("/bytes/video-0/2.m4s")).send().await.unwrap().bytes().await }, async {
            client.get(url("/bytes/video-0/3.m4s")).send().await.unwrap().bytes().await
        },);
    assert!(one.is_err() && other.unwrap().len() == SIZE && reply.bytes().await.unwrap().len() == SIZE);
    let entries = logged(&origin, 3).await;
    assert!(entries.iter().all(|entry| entry.http == "2" && entry.connection == 1), "{entries:?}");

    // Who asks for HTTP/1.1 only gets no other, also where it was another before.
    let one = Scenario::read(&format!("[network]\nhttp = \"1.1\"\n{FILM}"), Path::new(".")).unwrap();
    origin.set_scenario(one).await.unwrap();
    assert_eq!(get(&origin, SEGMENT).await.version(), Version::HTTP_11);
}

#[tokio::test]
async fn the_log_is_an_archive_too() {
    let origin = origin("").await;
    get(&origin, "/bytes/main.m3u8?a=b").await.bytes().await.unwrap();
    logged(&origin, 1).await;
    let archive: serde_json::Value = get(&origin, "/_control/log.har").await.json().await.unwrap();
    let entry = &archive["log"]["entries"][0];
    assert_eq!(archive["log"]["version"], "1.2");
    assert_eq!(entry["request"]["url"], format!("{}/bytes/main.m3u8?a=b", origin.url()));
    assert_eq!(entry["request"]["queryString"][0]["value"], "b");
    assert_eq!((&entry["response"]["status"], &entry["response"]["statusText"]), (&200.into(), &"OK".into()));
    assert_eq!(entry["response"]["content"]["mimeType"], "application/vnd.apple.mpegurl");
    assert!(entry["startedDateTime"].as_str().unwrap().ends_with('Z'));
    let index = get(&origin, "/").await.text().await.unwrap();
    assert!(index.contains(&format!("value='{}/bytes/main.m3u8'", origin.url())), "{index}");
    // To be pasted elsewhere in the house: as the page itself was reached.
    let request = client().get(format!("{}/", origin.url())).header("host", "box.local:9000");
    let index = request.send().await.unwrap().text().await.unwrap();
    assert!(index.contains("value='http://box.local:9000/bytes/main.m3u8'"), "{index}");
    assert!(index.contains("<code>http://box.local:9000/bytes/main.mpd</code>"), "{index}");
}

#[tokio::test]
async fn another_scenario_is_played_and_mistakes_in_it_change_nothing() {
    let origin = origin("").await;
    let put = async |body: &str| {
        let reply =
            client().put(format!("{}/_control/scenario", origin.url())).body(body.to_owned()).send().await.unwrap();
        (reply.status(), reply.text().await.unwrap())
    };
    let (status, text) = put("[network]\nlatency = 1\nrate_kbps = 0\n[[faults]]\nkind = \"x\"").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        text.contains("network.latency") && text.contains("network.rate_kbps") && text.contains("faults[0].kind"),
        "{text}"
    );
    assert_eq!(get(&origin, SEGMENT).await.status(), StatusCode::OK);
    logged(&origin, 1).await;
    let other = FILM.replace("content", "name = \"other\"\ncontent");
    assert_eq!(put(&other).await.0, StatusCode::NO_CONTENT);
    assert_eq!((origin.log().len(), origin.play_urls()), (0, vec![format!("{}/other/main.m3u8", origin.url())]));
    assert_eq!(get(&origin, SEGMENT).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_taken_address_is_named() {
    let origin = origin("").await;
    let scenario = Scenario::read(FILM, Path::new(".")).unwrap();
    let again = Origin::start(OriginConfig { listen: origin.address(), ..OriginConfig::of(scenario) }).await;
    let Err(StartError::Listen { address, source }) = again else { panic!("the address is taken") };
    assert_eq!((address, source.kind()), (origin.address(), ErrorKind::AddrInUse));
}
