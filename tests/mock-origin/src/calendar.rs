//! Dates of playlists and archives: ISO 8601 in UTC, to the millisecond. Pure.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;

/// Milliseconds since 1970 as `2024-02-29T23:59:59.500Z`; what no calendar has is the start of 1970.
pub(crate) fn iso(millis: i64) -> String {
    format!("{:.3}", Timestamp::from_millisecond(millis).unwrap_or_default())
}

/// Milliseconds since 1970 of a date with a time zone.
pub(crate) fn parse_millis(date: &str) -> Option<i64> {
    date.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// Milliseconds since 1970 of `after` past `start`.
pub(crate) fn millis(start: SystemTime, after: Duration) -> i64 {
    let since = start.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default() + after;
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_survive_the_way_there_and_back() {
        for millis in [0, 951_782_399_999, 4_102_444_800_000, -1] {
            assert_eq!(parse_millis(&iso(millis)), Some(millis), "{}", iso(millis));
        }
        assert_eq!(parse_millis("2024-01-01T01:00:00+01:00"), parse_millis("2024-01-01T00:00:00Z"));
        assert_eq!(parse_millis("yesterday"), None);
    }
}
