use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;

use clap::Parser as _;

use super::*;

#[derive(clap::Parser)]
struct Alone {
    #[command(flatten)]
    lint: Lint,
}

/// A server that answers each path with what is written for it.
fn serve(pages: &'static [(&'static str, &'static str)]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 2_048];
            let length = stream.read(&mut request).unwrap();
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            let path = request.split(' ').nth(1).unwrap_or_default();
            let page = pages.iter().find(|(known, _)| *known == path);
            let (status, body) = page.map_or(("404 Not Found", ""), |&(_, body)| ("200 OK", body));
            let is_typed = path.starts_with("/typed");
            let kind = if is_typed { "Content-Type: application/vnd.apple.mpegURL; charset=utf-8\r\n" } else { "" };
            let head =
                format!("HTTP/1.1 {status}\r\n{kind}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        }
    });
    format!("http://{address}")
}

fn lint(target: &str, strict: bool) -> Report {
    let rest = if strict { vec!["--strict"] } else { Vec::new() };
    Alone::parse_from(["lint", target].into_iter().chain(rest)).lint.report()
}

fn lines(report: &Report) -> Vec<String> {
    report.to_string().lines().map(str::to_owned).collect()
}

#[test]
fn playlists_that_are_named_are_followed() {
    let origin = serve(&[
        (
            "/main.m3u8",
            "#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-DEFINE:NAME=\"film\",VALUE=\"a\"\n\
             #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"s\",NAME=\"x\",URI=\"{$film}/s.m3u8\"\n\
             #EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"s\"\n{$film}/v.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\ngone.m3u8\n",
        ),
        (
            "/a/v.m3u8",
            "#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-TARGETDURATION:4\n#EXT-X-DEFINE:IMPORT=\"film\"\n#EXTINF:4,\n{$film}.ts\n",
        ),
        ("/a/s.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4.6,\n0.ts\n#EXT-X-NEW:1\n"),
    ]);
    let report = lint(&format!("{origin}/main.m3u8"), false);
    assert!(!report.is_fine());
    let host = origin.trim_start_matches("http://");
    assert_eq!(
        lines(&report),
        [
            format!("{origin}/gone.m3u8:1: the server {host} answers with status 404 Not Found"),
            format!("{origin}/a/s.m3u8:5: unknown tag #EXT-X-NEW"),
            "4 playlists read, 1 refused, 1 warning".to_owned(),
        ]
    );
    let strict = lint(&format!("{origin}/a/s.m3u8"), true);
    assert_eq!(
        lines(&strict),
        [
            format!(
                "{origin}/a/s.m3u8:3: 4.6 s: a segment, rounded to seconds, is not longer than the target duration (RFC 8216 §4.3.3.1)"
            ),
            format!("{origin}/a/s.m3u8:3: version 1: an EXTINF with a fraction needs version 3 (RFC 8216 §7)"),
            format!("{origin}/a/s.m3u8:5: unknown tag #EXT-X-NEW"),
            "1 playlist read, 0 refused, 1 warning, 2 broken rules".to_owned(),
        ]
    );
    assert!(!strict.is_fine() && lint(&format!("{origin}/a/s.m3u8"), false).is_fine());
    assert!(strict.to_json().to_string().contains(r#""rule":"segment-too-long""#));
}

#[test]
fn what_is_no_playlist_is_named() {
    let origin = serve(&[
        ("/page", "<!DOCTYPE html><html><body>Not found</body></html>"),
        ("/empty", ""),
        ("/film", "\0\0\0\u{18}ftypisom"),
        ("/dash", "<?xml version=\"1.0\"?><MPD/>"),
        ("/text", "Hello"),
        ("/local.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nfile:///etc/hostname\n"),
    ]);
    for (path, sentence) in [
        ("/page", "it is a web page (HTML), not a playlist"),
        ("/empty", "it is empty"),
        ("/film", "it is binary data, not a playlist"),
        ("/dash", "it is a DASH manifest, not an HLS playlist"),
        ("/text", "it is not a playlist: the first line is not #EXTM3U"),
        ("/local.m3u8", "addresses with file: are not loaded"),
    ] {
        let report = lint(&format!("{origin}{path}"), true);
        let refused = report.playlists.last().unwrap().refused.clone().unwrap();
        assert_eq!((refused.line, refused.sentence.as_str()), (1, sentence), "{path}");
        assert!(!report.is_fine());
    }
}

#[test]
fn a_playlist_is_known_by_its_address_or_by_its_type() {
    let text = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n0.ts\n#EXT-X-ENDLIST\n";
    let origin = serve(vec![("/film.m3u8?a", text), ("/typed?film", text), ("/film?m3u8", text)].leak());
    for fine in ["/film.m3u8?a", "/typed?film"] {
        assert!(lint(&format!("{origin}{fine}"), true).is_fine(), "{fine}");
    }
    let told = lines(&lint(&format!("{origin}/film?m3u8"), true));
    assert!(told[0].contains("neither its address (.m3u8) nor its Content-Type"), "{told:?}");
    assert!(lint(&format!("{origin}/film?m3u8"), false).is_fine(), "players read it all the same");
}

#[test]
fn session_data_are_json() {
    let data = |name: &str| format!("#EXT-X-SESSION-DATA:DATA-ID=\"{name}\",URI=\"{name}.json\"\n");
    let main = |names: &[&str]| {
        let data: String = names.iter().map(|name| data(name)).collect();
        format!("#EXTM3U\n{data}#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n")
    };
    let [bad, good]: [&'static str; 2] =
        [main(&["good", "page", "gone"]), main(&["good"])].map(|text| text.leak() as &str);
    let origin = serve(
        vec![
            ("/bad.m3u8", bad),
            ("/fine.m3u8", good),
            ("/v.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n0.ts\n#EXT-X-ENDLIST\n"),
            ("/good.json", "{\"title\": [1, 2.5, null]}"),
            ("/page.json", "<!DOCTYPE html>"),
        ]
        .leak(),
    );
    let told = lines(&lint(&format!("{origin}/bad.m3u8"), true));
    assert!(told[0].ends_with("bad.m3u8:3: the session data at page.json are no JSON (RFC 8216 §4.3.4.4)"), "{told:?}");
    assert!(told[1].contains("bad.m3u8:4: the session data at gone.json cannot be read: the server "), "{told:?}");
    assert_eq!(told[2], "2 playlists read, 0 refused, 1 warning, 1 broken rule");
    assert!(lint(&format!("{origin}/fine.m3u8"), true).is_fine());
    assert!(lint(&format!("{origin}/bad.m3u8"), false).is_fine(), "players need none of them");
}

#[test]
fn an_origin_that_is_not_there_is_named() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let report = lint(&format!("http://{address}/main.m3u8"), false);
    let told = lines(&report).remove(0);
    assert!(told.contains(&format!("the server {address} cannot be reached: ")), "{told}");
    let missing = lines(&lint("no/such/file.m3u8", false)).remove(0);
    assert!(missing.starts_with("no/such/file.m3u8:1: it cannot be read: "), "{missing}");
}

#[test]
fn all_bad_fixtures_fail_in_strict_mode_and_all_good_ones_are_fine() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/playlists");
    // Their variables come from the query of an address, which a file has not; what they name is not there.
    let needs_more = ["define-query", "version-query", "variable-undefined"];
    for (kind, fine) in [("good", true), ("bad", false)] {
        for entry in std::fs::read_dir(folder.join(kind)).unwrap() {
            let path = entry.unwrap().path();
            // Folders hold what a playlist beside them names.
            if path.is_dir() {
                continue;
            }
            let report = lint(path.to_str().unwrap(), true);
            if !needs_more.iter().any(|name| path.ends_with(format!("{name}.m3u8"))) {
                let mut read = report.playlists.iter().filter(|one| one.kind.is_some());
                assert_eq!(read.all(|one| one.faults.is_empty()), fine, "{}\n{report}", path.display());
            }
        }
    }
}

#[test]
fn codecs_that_nobody_knows_are_told_with_their_first_line_and_not_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.m3u8");
    let variant =
        |number: usize| format!("#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"no{number:04}, mp4a.40.2\"\nv.m3u8\n");
    // The first is named once more, in a later line, and is the beginning of a longer name in an earlier one.
    let text: String = (0..5_000).chain([0]).map(variant).collect();
    std::fs::write(&path, format!("#EXTM3U\n#EXT-X-SESSION-DATA:DATA-ID=\"a\",VALUE=\"no00001\"\n{text}")).unwrap();
    let report = lint(path.to_str().unwrap(), false);
    let main = &report.playlists[0];
    assert_eq!((main.warnings.len(), main.more_warnings), (100, 4_900));
    let lines: Vec<usize> = main.warnings.iter().map(|warning| warning.line).collect();
    assert_eq!(lines, (0..100).map(|number| 3 + number * 2).collect::<Vec<_>>());
}
