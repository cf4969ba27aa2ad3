//! Characters and lines (RFC 8216 §4.1).

use super::{Faults, Rule};
use crate::hls::parse::lines::has_old_ends;

pub(super) fn check(text: &str, faults: &mut Faults) {
    let marked = text.starts_with('\u{feff}');
    faults.unless(!marked, 1, Rule::ByteOrderMark, "");
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let old = has_old_ends(text);
    faults.unless(!old, 1, Rule::LineEnd, "");
    // Numbered as those who read it do.
    let ends: &[char] = if old { &['\r', '\n'] } else { &['\n'] };
    for (index, line) in text.split(ends).enumerate() {
        let (number, line) = (index + 1, line.strip_suffix('\r').unwrap_or(line));
        let is_control = |character: char| character.is_control();
        if let Some(found) = line.chars().find(|&character| is_control(character) && !is_tab_of_ids(character, line)) {
            faults.add(number, Rule::ControlCharacter, format_args!("U+{:04X}", u32::from(found)));
        }
        if index == 0 {
            faults.unless(line == "#EXTM3U", 1, Rule::FirstLine, "");
        }
        faults.unless(is_tight(line), number, Rule::Whitespace, "");
    }
}

/// Removed date ranges are separated by tabs (rfc8216bis §4.4.5.2).
fn is_tab_of_ids(character: char, line: &str) -> bool {
    character == '\t' && line.starts_with("#EXT-X-SKIP:")
}

/// Whether white space only stands where it may: in comments, titles and quoted strings.
fn is_tight(line: &str) -> bool {
    if line.starts_with("#EXTINF:") {
        let duration = line.split(',').next().unwrap_or_default();
        return !duration.contains(char::is_whitespace);
    }
    if line.starts_with('#') && !line.starts_with("#EXT") {
        return true;
    }
    let mut quoted = false;
    !line.chars().any(|character| {
        quoted ^= character == '"';
        // What control characters there are is told by their own rule.
        character == ' ' && !quoted
    })
}
