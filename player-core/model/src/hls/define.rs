//! Variables (rfc8216bis §4.3): defined by `EXT-X-DEFINE`, used as `{$name}` in addresses and quoted strings.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// A variable and where its value is from (`EXT-X-DEFINE`, rfc8216bis §4.4.2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Where the value is from.
    pub source: DefinitionSource,
}

/// Where the value of a variable is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefinitionSource {
    /// `NAME` and `VALUE`: the tag itself.
    Given,
    /// `IMPORT`: the multivariant playlist.
    Imported,
    /// `QUERYPARAM`: the query of the playlist's own address.
    QueryParameter,
}

/// Values of variables by name.
pub type Variables = BTreeMap<String, String>;

/// Why a text could not be expanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unexpanded<'t> {
    /// A name that is not defined.
    Undefined(&'t str),
    /// More text than may be made of this playlist.
    TooMuch,
}

/// Replaces every `{$name}` in `text`. What is put in is not looked at again, so this ends; `budget` is the number of bytes
/// that may still be made, so that a small playlist cannot fill the memory.
pub(super) fn expand<'t>(text: &'t str, known: &Variables, budget: &mut usize) -> Result<Cow<'t, str>, Unexpanded<'t>> {
    let Some(first) = text.find("{$") else { return Ok(Cow::Borrowed(text)) };
    let (mut expanded, mut rest) = (text[..first].to_owned(), &text[first..]);
    while let Some(begin) = rest.find("{$") {
        expanded.push_str(&rest[..begin]);
        let inner = &rest[begin + 2..];
        // A name that goes on for ever is none; looking for its end must not take quadratic time.
        let end = inner.bytes().position(|byte| !is_name_byte(byte)).unwrap_or(inner.len());
        if end == 0 || inner.as_bytes().get(end) != Some(&b'}') {
            expanded.push_str("{$");
            rest = inner;
            continue;
        }
        let value = known.get(&inner[..end]).ok_or(Unexpanded::Undefined(&inner[..end]))?;
        *budget = budget.checked_sub(value.len()).ok_or(Unexpanded::TooMuch)?;
        expanded.push_str(value);
        rest = &inner[end + 1..];
    }
    expanded.push_str(rest);
    Ok(Cow::Owned(expanded))
}

/// Whether a byte may be in the name of a variable.
pub(super) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_replaced_once_and_within_a_budget() {
        let known: Variables = [("a", "1"), ("b", "{$a}")].map(|(name, value)| (name.into(), value.into())).into();
        let made = |text, budget: usize| expand(text, &known, &mut { budget }).map(Cow::into_owned);
        assert_eq!(made("x{$a}{$b}/{$}{$a", 99), Ok("x1{$a}/{$}{$a".to_owned()));
        assert_eq!(made("{$c}", 99), Err(Unexpanded::Undefined("c")));
        assert_eq!(made("{$b}{$b}", 7), Err(Unexpanded::TooMuch));
    }
}
