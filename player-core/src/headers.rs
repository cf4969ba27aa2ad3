//! What response headers say to a driver: the server's own work, and when to come back.

use std::time::Duration;

use crate::message::ServerTiming;

/// Longest wait we believe a header: an hour. Anything longer is a mistake or a trap.
const LONGEST: Duration = Duration::from_secs(3_600);

/// The `encode` metric of a `Server-Timing` header (W3C Server Timing §3), zero if there is none.
pub fn server_timing(header: Option<&str>) -> ServerTiming {
    let encode = header
        .into_iter()
        .flat_map(|value| value.split(','))
        .filter_map(|metric| {
            let mut parts = metric.split(';').map(str::trim);
            (parts.next()? == "encode").then_some(())?;
            parts.find_map(|part| {
                let (name, value) = part.split_once('=')?;
                name.trim().eq_ignore_ascii_case("dur").then(|| millis(value.trim().trim_matches('"'))).flatten()
            })
        })
        .max()
        .unwrap_or_default();
    ServerTiming { encode }
}

/// `Retry-After` in seconds (RFC 9110 §10.2.3), an hour at most; `until` says how far away its other form is, an HTTP date.
pub fn retry_after(header: Option<&str>, until: impl FnOnce(&str) -> Option<Duration>) -> Option<Duration> {
    let value = header?.trim();
    let wait = value.parse().map(Duration::from_secs).ok().or_else(|| until(value))?;
    Some(wait.min(LONGEST))
}

fn millis(value: &str) -> Option<Duration> {
    let millis: f64 = value.parse().ok()?;
    Duration::try_from_secs_f64(millis / 1e3).ok().map(|wait| wait.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encode_time_is_found_among_other_metrics() {
        let encode = |header| server_timing(Some(header)).encode;
        assert_eq!(encode("encode;dur=120.5"), Duration::from_micros(120_500));
        assert_eq!(encode("cache;desc=\"hit\", encode; desc=\"x264\"; DUR=\"7\""), Duration::from_millis(7));
        assert_eq!(encode("db;dur=53"), Duration::ZERO);
        assert_eq!(encode("encode"), Duration::ZERO);
    }

    #[test]
    fn nonsense_in_a_header_is_no_encode_time() {
        for header in ["encode;dur=", "encode;dur=NaN", "encode;dur=-5", "encode;dur=inf", ";;;,,,=", ""] {
            assert_eq!(server_timing(Some(header)).encode, Duration::ZERO, "{header}");
        }
        assert_eq!(server_timing(None).encode, Duration::ZERO);
        assert_eq!(server_timing(Some("encode;dur=1e300")).encode, Duration::ZERO);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_never_forever() {
        let no_date = |_: &str| None;
        assert_eq!(retry_after(Some(" 3 "), no_date), Some(Duration::from_secs(3)));
        assert_eq!(retry_after(Some("99999999999"), no_date), Some(LONGEST));
        assert_eq!(retry_after(Some("soon"), no_date), None);
        assert_eq!(retry_after(Some("Wed, 21 Oct 2026 07:28:00 GMT"), |_| Some(Duration::MAX)), Some(LONGEST));
        assert_eq!(retry_after(None, no_date), None);
    }
}
