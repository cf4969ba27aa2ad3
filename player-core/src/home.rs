//! Which servers are likely to stand in the viewer's house. Pure; looks names up nowhere.

use std::net::IpAddr;

use url::{Host, Url};

/// Names that only mean something at home: multicast DNS (RFC 6762), the zone for homes (RFC 8375), what routers use.
const HOME_ZONES: [&str; 5] = ["local", "home.arpa", "lan", "home", "localhost"];

/// Whether the address is of this machine or of a network that the internet does not reach: private, link-local or
/// unique local (RFC 1918, 3927, 4193), or a name without a dot or of a home zone.
pub(crate) fn is_home(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => is_private(address.into()),
        Some(Host::Ipv6(address)) => is_private(address.into()),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            let is_of = |zone: &str| name.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
            !name.contains('.') || HOME_ZONES.into_iter().any(is_of)
        }
        None => false,
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => {
            let within = address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local();
            within || address.to_ipv4_mapped().is_some_and(|address| is_private(address.into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_a_house_are_known() {
        let home = [
            "http://127.0.0.1:8096/",
            "http://192.168.1.20/x.m3u8",
            "http://10.0.0.3/",
            "http://172.20.1.1/",
            "http://169.254.3.4/",
            "http://[::1]:8096/",
            "http://[fd12:3456::1]/",
            "http://[fe80::1]/",
            "http://[::ffff:192.168.0.9]/",
            "http://matinee/",
            "http://localhost:8096/",
            "http://box.local/",
            "http://box.home.arpa/",
        ];
        let away = [
            "https://films.example/",
            "http://203.0.113.7/",
            "http://172.32.0.1/",
            "http://[2001:db8::1]/",
            "http://notlocal.example/",
            "http://xlocal.com/",
            "data:text/plain,x",
        ];
        let is = |text: &&str| is_home(&Url::parse(text).unwrap());
        assert_eq!(home.iter().filter(|text| !is(text)).collect::<Vec<_>>(), Vec::<&&str>::new());
        assert_eq!(away.iter().filter(|text| is(text)).collect::<Vec<_>>(), Vec::<&&str>::new());
    }
}
