//! Rules of what the second edition adds for playing close to the live edge.

use super::values::seconds;
use super::{Faults, Rule};
use crate::MediaDuration;
use crate::hls::attributes::Attributes;

#[derive(Default)]
pub(super) struct LowLatency<'a> {
    /// Line of the first `EXT-X-PART-INF`, and its target.
    part_inf: Option<(usize, Option<MediaDuration>)>,
    control: Option<(usize, Attributes<'a>)>,
    /// Line and length of each part, and whether it may be short.
    parts: Vec<(usize, MediaDuration, bool)>,
}

impl<'a> LowLatency<'a> {
    pub(super) fn tag(&mut self, line: usize, name: &str, value: &'a str) {
        let list = || Attributes::read(value).0;
        match name {
            "#EXT-X-PART-INF" => _ = self.part_inf.get_or_insert((line, list().get("PART-TARGET").and_then(seconds))),
            "#EXT-X-SERVER-CONTROL" => _ = self.control.get_or_insert((line, list())),
            "#EXT-X-PART" => {
                let list = list();
                let Some(length) = list.get("DURATION").and_then(seconds) else { return };
                let is_gap = list.says_yes("GAP");
                if is_gap {
                    // What comes before a gap may be short too.
                    self.segment_ends();
                }
                self.parts.push((line, length, is_gap || list.says_yes("INDEPENDENT")));
            }
            "#EXT-X-DISCONTINUITY" => self.segment_ends(),
            _ => {}
        }
    }

    /// The last part of a segment may be short.
    pub(super) fn segment_ends(&mut self) {
        if let Some((.., may_be_short)) = self.parts.last_mut() {
            *may_be_short = true;
        }
    }

    pub(super) fn end(mut self, target: Option<u64>, faults: &mut Faults) {
        self.segment_ends();
        if let (Some((line, ..)), None) = (self.parts.first(), &self.part_inf) {
            faults.add(*line, Rule::PartInfMissing, "");
        }
        let part_target = self.part_inf.and_then(|(_, target)| target);
        if let Some(target) = part_target {
            for (line, length, may_be_short) in self.parts {
                let told = format_args!("{} s", length.as_seconds()).to_string();
                faults.unless(length <= target, line, Rule::PartTooLong, &told);
                let least = MediaDuration::from_micros(target.as_micros() / 100 * 85);
                faults.unless(may_be_short || length >= least, line, Rule::PartTooShort, told);
            }
        }
        let has_hold_back = self.control.as_ref().is_some_and(|(_, list)| list.get("PART-HOLD-BACK").is_some());
        if let Some((line, _)) = self.part_inf {
            faults.unless(has_hold_back, line, Rule::PartHoldBackMissing, "");
        }
        let Some((line, list)) = self.control else { return };
        let at_least = |name: &str, times: u64, unit: Option<MediaDuration>| {
            let least = unit.map(|unit| unit.as_micros().saturating_mul(times));
            list.get(name).and_then(seconds).zip(least).is_none_or(|(length, least)| length.as_micros() >= least)
        };
        let target = target.map(|seconds| MediaDuration::from_micros(seconds.saturating_mul(1_000_000)));
        faults.unless(at_least("CAN-SKIP-UNTIL", 6, target), line, Rule::SkipUntil, "");
        faults.unless(at_least("HOLD-BACK", 3, target), line, Rule::HoldBack, "");
        faults.unless(at_least("PART-HOLD-BACK", 2, part_target), line, Rule::PartHoldBack, "");
        let skips_dates = list.says_yes("CAN-SKIP-DATERANGES");
        faults.unless(!skips_dates || list.get("CAN-SKIP-UNTIL").is_some(), line, Rule::SkipDates, "");
    }
}
