//! Which bytes of a file a request wants (RFC 9110 §14). Pure.

use std::ops::Range;

/// What to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it: no range asked for, one we need not understand, or several ranges (which a server may ignore).
    All,
    /// These bytes; never empty.
    Part(Range<u64>),
    /// Nothing of the file lies in the range.
    Unsatisfiable,
}

/// Reads a Range header for a file of `size` bytes.
pub(super) fn wanted(header: Option<&str>, size: u64) -> Wanted {
    let Some(ranges) = header.and_then(|header| header.trim().strip_prefix("bytes=")) else { return Wanted::All };
    if ranges.contains(',') {
        return Wanted::All;
    }
    let Some((first, last)) = ranges.trim().split_once('-') else { return Wanted::All };
    let part = match (number(first), number(last)) {
        (Some(Some(first)), Some(last)) => {
            if last.is_some_and(|last| last < first) {
                return Wanted::All;
            }
            first..last.map_or(size, |last| last.saturating_add(1).min(size))
        }
        (Some(None), Some(Some(suffix))) => size.saturating_sub(suffix)..size,
        _ => return Wanted::All,
    };
    if part.is_empty() { Wanted::Unsatisfiable } else { Wanted::Part(part) }
}

/// `Some(None)` for nothing, `None` for what is no number.
fn number(text: &str) -> Option<Option<u64>> {
    if text.is_empty() {
        return Some(None);
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    // A number too large to count with is beyond every file.
    digits.then(|| Some(text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        let cases: &[(Option<&str>, u64, Wanted)] = &[
            (None, 10, Wanted::All),
            (Some("bytes=0-"), 10, Wanted::Part(0..10)),
            (Some("bytes=0-0"), 10, Wanted::Part(0..1)),
            (Some("bytes=2-5"), 10, Wanted::Part(2..6)),
            (Some("bytes=2-99"), 10, Wanted::Part(2..10)),
            (Some("bytes=9-"), 10, Wanted::Part(9..10)),
            (Some("bytes=10-"), 10, Wanted::Unsatisfiable),
            (Some("bytes=-3"), 10, Wanted::Part(7..10)),
            (Some("bytes=-99"), 10, Wanted::Part(0..10)),
            (Some("bytes=-0"), 10, Wanted::Unsatisfiable),
            (Some("bytes=0-"), 0, Wanted::Unsatisfiable),
            (Some("bytes=99999999999999999999-"), 10, Wanted::Unsatisfiable),
            (Some("bytes=5-2"), 10, Wanted::All),
            (Some("bytes=0-1,4-5"), 10, Wanted::All),
            (Some("bytes=a-b"), 10, Wanted::All),
            (Some("bytes=-"), 10, Wanted::All),
            (Some("bytes=+1-2"), 10, Wanted::All),
            (Some("items=0-1"), 10, Wanted::All),
        ];
        for (header, size, expected) in cases {
            assert_eq!(wanted(*header, *size), *expected, "{header:?} of {size}");
        }
    }
}
