//! Rules of date ranges (RFC 8216 §4.3.2.7) and interstitials (rfc8216bis appendix D).

use std::collections::BTreeMap;
use std::time::Duration;

use super::values::seconds;
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
            let before = *known.entry(name).or_insert(value);
            faults.unless(before == value, line, Rule::DateRangeConflict, format_args!("{id}: {name}={value}"));
        }
    }

    pub(super) fn end(self, has_dates: bool, faults: &mut Faults) {
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
            if text("END-ON-NEXT") == Some("YES") {
                faults.unless(text("CLASS").is_some(), line, Rule::DateRangeNextClass, id);
                let has_end = text("DURATION").or(text("END-DATE")).is_some();
                faults.unless(!has_end, line, Rule::DateRangeNextLength, id);
            }
            if text("CLASS") == Some("com.apple.hls.interstitial") {
                let assets = [text("X-ASSET-URI"), text("X-ASSET-LIST")].iter().flatten().count();
                faults.unless(assets == 1, line, Rule::InterstitialAsset, id);
            }
        }
    }
}
