use super::*;

#[expect(clippy::unwrap_in_result, reason = "a test whose set-up fails must fail")]
fn admits(local: &str, pairs: &[(&'static str, &str)], method: Method) -> Result<(), String> {
    let guard = Guard::new(&HttpConfig { allowed_hosts: vec!["films.example".to_owned()], ..HttpConfig::default() });
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.insert(*name, value.parse().unwrap());
    }
    let admitted = guard.admits(&method, &Uri::from_static("/api/movies"), &headers, local.parse().unwrap());
    admitted.map_err(|problem| problem.code.into_owned())
}

#[test]
fn our_names_and_addresses_are_ours_with_any_port() {
    for host in ["localhost", "LOCALHOST:80", "127.0.0.1:8484", "127.9.9.9", "[::1]:8484", "films.example:443"] {
        assert_eq!(admits("127.0.0.1", &[("host", host)], Method::GET), Ok(()), "{host}");
    }
    assert_eq!(admits("192.168.1.5", &[("host", "192.168.1.5:8484")], Method::GET), Ok(()));
    assert_eq!(admits("::ffff:192.168.1.5", &[("host", "192.168.1.5")], Method::GET), Ok(()));
}

#[test]
fn foreign_names_are_not() {
    for host in
        ["evil.example", "localhost.evil.example", "192.168.1.5", "127.0.0.1.evil.example", "", "[::2]", "a:b:c"]
    {
        assert_eq!(admits("127.0.0.1", &[("host", host)], Method::GET), Err("foreign_host".to_owned()), "{host}");
    }
    assert_eq!(admits("192.168.1.5", &[("host", "127.0.0.1")], Method::GET), Err("foreign_host".to_owned()));
    assert_eq!(admits("127.0.0.1", &[], Method::GET), Err("foreign_host".to_owned()));
}

#[test]
fn pages_of_others_are_refused_and_links_from_them_are_followed() {
    let host = ("host", "localhost:8484");
    assert_eq!(admits("127.0.0.1", &[host, ("origin", "http://localhost:8484")], Method::POST), Ok(()));
    for origin in
        ["http://evil.example", "http://localhost:9999", "null", "file://", "http://localhost:8484.evil.example"]
    {
        let refused = Err("foreign_origin".to_owned());
        assert_eq!(admits("127.0.0.1", &[host, ("origin", origin)], Method::GET), refused, "{origin}");
    }
    let picture = [host, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")];
    assert_eq!(admits("127.0.0.1", &picture, Method::GET), Err("foreign_origin".to_owned()));
    let link = [host, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
    assert_eq!(admits("127.0.0.1", &link, Method::GET), Ok(()));
    assert_eq!(admits("127.0.0.1", &link, Method::POST), Err("foreign_origin".to_owned()));
}
