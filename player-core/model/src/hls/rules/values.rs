//! Types of values as RFC 8216 §4.2 defines them, to the letter.

use crate::MediaDuration;

/// A decimal-integer: 1 to 20 digits, below 2^64.
pub(super) fn integer(text: &str) -> Option<u64> {
    (!text.is_empty() && text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())?
}

/// A decimal-floating-point: digits and at most one point.
pub(super) fn decimal(text: &str) -> Option<f64> {
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && text != ".";
    is_decimal.then(|| text.parse().ok())?
}

pub(super) fn seconds(text: &str) -> Option<MediaDuration> {
    decimal(text).and_then(MediaDuration::from_seconds)
}

/// A signed-decimal-floating-point.
pub(super) fn signed(text: &str) -> bool {
    decimal(text.strip_prefix('-').unwrap_or(text)).is_some()
}

/// A hexadecimal-sequence, which has capital letters.
pub(super) fn hexadecimal(text: &str) -> Option<&str> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
    let is_digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'A'..=b'F');
    (!digits.is_empty() && digits.bytes().all(is_digit)).then_some(digits)
}

/// A decimal-resolution.
pub(super) fn resolution(text: &str) -> bool {
    text.split_once('x').is_some_and(|(width, height)| integer(width).is_some() && integer(height).is_some())
}

/// A byte range: length and, if given, offset (RFC 8216 §4.3.2.2).
pub(super) fn byte_range(text: &str) -> Option<(u64, Option<u64>)> {
    match text.split_once('@') {
        Some((length, offset)) => Some((integer(length)?, Some(integer(offset)?))),
        None => Some((integer(text)?, None)),
    }
}

/// A quoted-string, without its quotes.
pub(super) fn quoted(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.strip_suffix('"').filter(|inner| !inner.contains('"'))
}

/// The form of a language tag (RFC 5646 §2.1): subtags of letters and digits, of which the first has two or three letters,
/// as all that are registered have, or is one of `x` and `i` that others follow.
pub(super) fn is_language(text: &str) -> bool {
    let (first, rest) = text.split_once('-').map_or((text, None), |(first, rest)| (first, Some(rest)));
    let is_first = match first {
        "x" | "X" | "i" | "I" => rest.is_some(),
        _ => matches!(first.len(), 2 | 3) && first.bytes().all(|byte| byte.is_ascii_alphabetic()),
    };
    let is_subtag = |text: &str| matches!(text.len(), 1..=8) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_first && rest.is_none_or(|rest| rest.split('-').all(is_subtag))
}
