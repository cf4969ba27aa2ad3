//! What response headers say: the server's own work, and when to come back.

use std::time::Duration;

use player_core::message::ServerTiming;

/// Longest wait we believe a header: an hour. Anything longer is a mistake or a trap.
const LONGEST: Duration = Duration::from_secs(3_600);

/// The `encode` metric of a `Server-Timing` header (W3C Server Timing §3), zero if there is none.
pub(super) fn server_timing(header: Option<&str>) -> ServerTiming {
    let duration = |metric: &str| {
        let mut parts = metric.split(';').map(str::trim);
        (parts.next()? == "encode").then_some(())?;
        parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("dur").then(|| millis(value.trim().trim_matches('"'))).flatten()
        })
    };
    let encode = header.and_then(|value| value.split(',').filter_map(duration).max()).unwrap_or_default();
    ServerTiming { encode }
}

/// `Retry-After` in seconds (RFC 9110 §10.2.3). Our servers never send its other form, a date.
pub(super) fn retry_after(header: Option<&str>) -> Option<Duration> {
    header?.trim().parse().ok().map(|seconds| Duration::from_secs(seconds).min(LONGEST))
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
        for nothing in ["db;dur=53", "encode", "encode;dur=", "encode;dur=NaN", "encode;dur=-5", ";;,=", ""] {
            assert_eq!(encode(nothing), Duration::ZERO, "{nothing}");
        }
    }

    #[test]
    fn a_wait_is_never_forever() {
        assert_eq!(retry_after(Some(" 3 ")), Some(Duration::from_secs(3)));
        assert_eq!(retry_after(Some("99999999999")), Some(LONGEST));
        assert_eq!(retry_after(Some("soon")), None);
        assert_eq!(retry_after(None), None);
    }
}
