//! Rules of date ranges (RFC 8216 §4.3.2.7) and interstitials (rfc8216bis appendix D).

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::values::{decimal, hexadecimal, quoted, seconds};
use super::{Faults, Rule};
use crate::hls::attributes::Attributes;
use crate::hls::wall_clock;

/// Date ranges so far.
#[derive(Default)]
pub(super) struct DateRanges<'a> {
    /// By `ID`: the line of the first tag and all attributes of all tags.
    known: BTreeMap<&'a str, (usize, BTreeMap<&'a str, &'a str>)>,
}

impl<'a> DateRanges<'a> {
    pub(super) fn add(&mut self, line: usize, list: &'a str, faults: &mut Faults) {
        let list = Attributes::read(list).0;
        let Some(id) = list.get("ID") else { return };
        let (_, known) = self.known.entry(id).or_insert_with(|| (line, BTreeMap::new()));
        for (name, value) in list.iter() {
            let is_clients = name.starts_with("X-");
            let is_right = quoted(value).is_some() || hexadecimal(value).is_some() || decimal(value).is_some();
            faults.unless(!is_clients || is_right, line, Rule::DateRangeClient, format_args!("{id}: {name}={value}"));
            let before = *known.entry(name).or_insert(value);
            faults.unless(before == value, line, Rule::DateRangeConflict, format_args!("{id}: {name}={value}"));
        }
    }

    pub(super) fn end(self, has_dates: bool, faults: &mut Faults) {
        let mut classes: BTreeMap<&str, Class<'_>> = BTreeMap::new();
        for (index, (id, (line, range))) in self.known.into_iter().enumerate() {
            // Told once, not for each range.
            faults.unless(has_dates || index > 0, line, Rule::DateRangeDate, "");
            let text = |name| range.get(name).map(|value| value.trim_matches('"'));
            let length = text("DURATION").and_then(seconds);
            faults.unless(text("START-DATE").is_some(), line, Rule::DateRangeStart, id);
            let (start, end) = (text("START-DATE").and_then(wall_clock), text("END-DATE").and_then(wall_clock));
            if let Some((start, end)) = start.zip(end) {
                faults.unless(start <= end, line, Rule::DateRangeEnd, id);
                let between = end.duration_since(start).ok();
                // Dates are often written to the millisecond.
                let agrees = |length: Duration| between.is_none_or(|real| real.abs_diff(length).as_millis() <= 1);
                faults.unless(length.is_none_or(|length| agrees(length.to_std())), line, Rule::DateRangeLength, id);
            }
            let ends_on_next = text("END-ON-NEXT") == Some("YES");
            if let Some((class, start)) = text("CLASS").zip(start) {
                let end = end.or(length.and_then(|length| start.checked_add(length.to_std())));
                let class = classes.entry(class).or_default();
                class.is_exclusive |= ends_on_next;
                class.spans.push(Span { start, end: end.filter(|_| !ends_on_next), line, id });
            }
            if ends_on_next {
                faults.unless(text("CLASS").is_some(), line, Rule::DateRangeNextClass, id);
                let has_end = text("DURATION").or(text("END-DATE")).is_some();
                faults.unless(!has_end, line, Rule::DateRangeNextLength, id);
            }
            if text("CLASS") == Some("com.apple.hls.interstitial") {
                let assets = [text("X-ASSET-URI"), text("X-ASSET-LIST")].iter().flatten().count();
                faults.unless(assets == 1, line, Rule::InterstitialAsset, id);
            }
        }
        for class in classes.into_values().filter(|class| class.is_exclusive) {
            class.check(faults);
        }
    }
}

/// The date ranges of a `CLASS`.
#[derive(Default)]
struct Class<'a> {
    /// Whether one of them has `END-ON-NEXT`, so that all must stand apart.
    is_exclusive: bool,
    spans: Vec<Span<'a>>,
}

struct Span<'a> {
    start: SystemTime,
    /// Unknown, or where the next one begins: no overlap either way.
    end: Option<SystemTime>,
    line: usize,
    id: &'a str,
}

impl Class<'_> {
    fn check(mut self, faults: &mut Faults) {
        // A moment at the beginning of a range is before it.
        self.spans.sort_by_key(|span| (span.start, span.end));
        let mut last: Option<(SystemTime, &str)> = None;
        for span in &self.spans {
            if let Some((end, before)) = last {
                // Dates are often written to the millisecond.
                let overlap = end.duration_since(span.start).unwrap_or_default();
                let subject = format_args!("{} begins within {before}", span.id);
                faults.unless(overlap.as_millis() <= 1, span.line, Rule::DateRangeNextOverlap, subject);
            }
            let end = span.end.map(|end| (end, span.id));
            last = last.into_iter().chain(end).max_by_key(|(end, _)| *end);
        }
    }
}
