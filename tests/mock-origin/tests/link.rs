//! The origin on real sockets before a small server of axum's: what passes, how fast, and what the log says.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::{get, post};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use mock_origin::log::Entry;
use mock_origin::{Origin, OriginConfig, Profile};

const FILE: usize = 1_000_000;

/// A server with a file, an echo of what it was told about the client, and a mirror of bodies.
async fn upstream() -> SocketAddr {
    let told = |headers: HeaderMap| async move {
        let named = |name: &str| headers.get(name).map_or("-", |value| value.to_str().unwrap()).to_owned();
        format!("{} {} {}", named("host"), named("origin"), named("range"))
    };
    let routes = Router::new()
        .route("/file", get(|| async { vec![7_u8; FILE] }))
        .route("/told", get(told))
        .route("/mirror", post(|body: String| async move { (StatusCode::CREATED, body) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

async fn origin(profile: Profile, latency: Duration) -> (SocketAddr, Origin) {
    let upstream = upstream().await;
    let config = OriginConfig::before(format!("http://{upstream}").parse().unwrap(), profile, latency);
    (upstream, Origin::start(config).await.unwrap())
}

async fn ask(request: Request<Body>) -> (StatusCode, HeaderMap, Vec<u8>) {
    let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build_http();
    let (head, body) = client.request(request).await.unwrap().into_parts();
    (head.status, head.headers, body.collect().await.unwrap().to_bytes().to_vec())
}

fn to(origin: &Origin, method: &str, path: &str, body: impl Into<Body>) -> Request<Body> {
    let uri = format!("http://{}{path}", origin.address());
    Request::builder().method(method).uri(uri).header("content-type", "application/json").body(body.into()).unwrap()
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

#[tokio::test]
async fn a_download_takes_the_time_of_the_link_and_is_logged() {
    let (_, origin) = origin(Profile::steady(16_000), Duration::from_millis(50)).await;
    let started = Instant::now();
    let (status, headers, body) = ask(to(&origin, "GET", "/file?x=1", Body::empty())).await;
    let took = started.elapsed().as_secs_f64();
    assert_eq!((status, body.len()), (StatusCode::OK, FILE));
    assert_eq!(headers["content-length"], FILE.to_string());
    assert_eq!(
        (&headers["access-control-allow-origin"], &headers["timing-allow-origin"]),
        (&"*".parse().unwrap(), &"*".parse().unwrap())
    );
    // 1 MB at 16 Mbit/s is 0.5 s, and 50 ms of latency. Never faster; slower only as far as a busy machine is.
    assert!((0.52..1.1).contains(&took), "took {took} s");
    let entries = logged(&origin, 1).await;
    let entry = &entries[0];
    assert_eq!((entry.path.as_str(), entry.status, entry.bytes, entry.aborted), ("/file?x=1", 200, FILE as u64, false));
    assert_eq!(entry.aborted_bytes, Some(0));
    assert!(entry.first_byte_ms >= 50 && entry.took_ms >= 500, "{entry:?}");
}

#[tokio::test]
async fn a_client_that_leaves_is_logged_with_what_it_got() {
    let (_, origin) = origin(Profile::steady(1_000), Duration::ZERO).await;
    let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build_http();
    let mut body = client.request(to(&origin, "GET", "/file", Body::empty())).await.unwrap().into_body();
    body.frame().await.unwrap().unwrap();
    drop((body, client));
    let entries = logged(&origin, 1).await;
    let entry = &entries[0];
    assert!(entry.aborted && entry.bytes > 0 && entry.bytes < FILE as u64 / 2, "{entry:?}");
    assert_eq!(entry.aborted_bytes, Some(FILE as u64 - entry.bytes));
}

#[tokio::test]
async fn the_server_sees_its_own_host_and_origin() {
    let (upstream, origin) = origin(Profile::steady(100_000), Duration::ZERO).await;
    let mut request = to(&origin, "GET", "/told", Body::empty());
    let own = format!("http://{}", origin.address());
    request.headers_mut().insert("origin", own.parse().unwrap());
    request.headers_mut().insert("range", "bytes=0-1".parse().unwrap());
    let (_, _, told) = ask(request).await;
    assert_eq!(String::from_utf8(told).unwrap(), format!("{upstream} http://{upstream} bytes=0-1"));
}

#[tokio::test]
async fn bodies_and_statuses_pass_both_ways() {
    let (_, origin) = origin(Profile::steady(100_000), Duration::ZERO).await;
    let (status, _, body) = ask(to(&origin, "POST", "/mirror", "hello")).await;
    assert_eq!((status, body.as_slice()), (StatusCode::CREATED, b"hello".as_slice()));
    assert_eq!(ask(to(&origin, "GET", "/nothing", Body::empty())).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_link_is_changed_and_the_log_read_over_http() {
    let (_, origin) = origin(Profile::steady(0), Duration::ZERO).await;
    let stuck = tokio::spawn(ask(to(&origin, "GET", "/file", Body::empty())));
    let (status, _, _) = ask(to(&origin, "PUT", "/_control/rate", r#"{"steps":[[10,80000]],"latency_ms":1}"#)).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(stuck.await.unwrap().2.len(), FILE);
    logged(&origin, 1).await;
    let (_, _, log) = ask(to(&origin, "GET", "/_control/log", Body::empty())).await;
    let lines: Vec<serde_json::Value> = log
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!((lines.len(), &lines[0]["path"], &lines[0]["bytes"]), (1, &"/file".into(), &FILE.into()));
    assert_eq!(ask(to(&origin, "POST", "/_control/reset", Body::empty())).await.0, StatusCode::NO_CONTENT);
    assert_eq!(origin.log(), []);
    for mistake in [r#"{"rate_kbps":1,"steps":[[1,1]]}"#, r#"{"steps":[]}"#, r#"{"steps":[[-1,5]]}"#, r#"{"rate":5}"#] {
        let (status, _, _) = ask(to(&origin, "PUT", "/_control/rate", mistake)).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{mistake}");
    }
}

#[tokio::test]
async fn a_server_that_is_away_gives_a_bad_gateway() {
    let gone = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let url = format!("http://{gone}").parse().unwrap();
    let config = OriginConfig::before(url, Profile::steady(1_000), Duration::ZERO);
    let origin = Origin::start(config).await.unwrap();
    assert_eq!(ask(to(&origin, "GET", "/x", Body::empty())).await.0, StatusCode::BAD_GATEWAY);
}
