use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::*;

/// Answers one request with these bytes, then closes (or keeps silent); returns its address and what was asked.
async fn server(answer: &'static [u8], silent: bool) -> (Url, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = Url::parse(&format!("http://{}/segment", listener.local_addr().unwrap())).unwrap();
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4_096];
        let length = stream.read(&mut request).await.unwrap();
        stream.write_all(answer).await.unwrap();
        if silent {
            // Until the client gives up.
            while stream.read(&mut request).await.is_ok_and(|length| length > 0) {}
        }
        String::from_utf8_lossy(&request[..length]).to_lowercase()
    });
    (url, asked)
}

fn order(url: Url) -> Order {
    let idle_timeout = Duration::from_secs(20);
    Order { id: RequestId(7), url, range: None, kind: LoadKind::Segment, idle_timeout }
}

async fn all_news(order: Order) -> Vec<LoadNews> {
    let (sender, mut news) = mpsc::unbounded_channel();
    let mut loads = Loads::new(client(&[]).unwrap(), sender);
    loads.start(order);
    let mut all = Vec::new();
    while let Some(one) = news.recv().await {
        let over = matches!(
            &one,
            LoadNews::Body { .. }
                | LoadNews::Complete { .. }
                | LoadNews::Input(Input::Playlist { .. } | Input::LoadFailed { .. })
        );
        all.push(one);
        if over {
            break;
        }
    }
    all
}

fn failure(news: &[LoadNews]) -> LoadFailure {
    match news.last() {
        Some(LoadNews::Input(Input::LoadFailed { cause, .. })) => cause.clone(),
        other => panic!("no failure: {other:?}"),
    }
}

#[tokio::test]
async fn a_body_comes_after_its_first_byte_and_the_server_s_own_time() {
    let (url, _) =
        server(b"HTTP/1.1 200 OK\r\nserver-timing: encode;dur=250\r\ncontent-length: 5\r\n\r\nhello", false).await;
    let news = all_news(order(url)).await;
    let served = player_core::message::ServerTiming { encode: Duration::from_millis(250) };
    assert!(matches!(&news[0], LoadNews::Input(Input::FirstByte { served: said, .. }) if *said == served), "{news:?}");
    let more = |one: &LoadNews| if let LoadNews::More { bytes, .. } = one { bytes.to_vec() } else { Vec::new() };
    assert_eq!(news.iter().flat_map(more).collect::<Vec<_>>(), b"hello", "{news:?}");
    assert!(matches!(news.last(), Some(LoadNews::Complete { .. })), "{news:?}");
}

#[tokio::test]
async fn a_range_is_asked_for_and_cut_where_the_server_does_not_know_it() {
    let (url, asked) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789", false).await;
    let news = all_news(Order { range: Some(ByteRange { offset: 2, length: 3 }), ..order(url) }).await;
    assert!(matches!(news.last(), Some(LoadNews::Body { bytes, .. }) if bytes == "234"), "{news:?}");
    assert!(asked.await.unwrap().contains("range: bytes=2-4"));
}

#[tokio::test]
async fn a_refusal_says_why_and_when_to_come_back() {
    let (url, _) = server(
        b"HTTP/1.1 503 Busy\r\nretry-after: 2\r\ncontent-type: application/problem+json\r\ncontent-length: 41\r\n\r\n\
          {\"code\":\"busy\",\"detail\":\"Two at a time.\"}",
        false,
    )
    .await;
    let problem = Problem { code: "busy".to_owned(), detail: "Two at a time.".to_owned() };
    let expected = LoadFailure::Status { code: 503, retry_after: Some(Duration::from_secs(2)), problem: Some(problem) };
    assert_eq!(failure(&all_news(order(url)).await), expected);
}

#[tokio::test]
async fn a_body_that_ends_early_is_a_failure() {
    let (url, _) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n01234", false).await;
    assert_eq!(failure(&all_news(order(url)).await), LoadFailure::Network);
}

#[tokio::test]
async fn silence_times_out() {
    let (url, _) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n01234", true).await;
    let impatient = Order { idle_timeout: Duration::from_millis(50), ..order(url) };
    assert_eq!(failure(&all_news(impatient).await), LoadFailure::TimedOut);
}

#[test]
fn what_is_no_certificate_is_not_trusted() {
    for nothing in ["hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(
            matches!(client(nothing.as_bytes()), Err(DriverError::Certificate | DriverError::Http(_))),
            "{nothing}"
        );
    }
}
