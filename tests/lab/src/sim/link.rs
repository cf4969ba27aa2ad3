//! The link: a rate that changes by plan, shared evenly by all bodies under way.

use std::time::Duration;

use crate::scenario::LinkPlan;

/// The rate at `now`, bit/s.
pub(super) fn rate(plan: &LinkPlan, now: Duration) -> u64 {
    let begun = plan.steps.partition_point(|(from, _)| *from <= now);
    begun.checked_sub(1).and_then(|step| plan.steps.get(step)).map_or(0, |(_, kbps)| kbps * 1_000)
}

/// Whether nothing can be reached at `now`.
pub(super) fn is_out(plan: &LinkPlan, now: Duration) -> bool {
    plan.outages.iter().any(|(from, to)| (*from..*to).contains(&now))
}

/// What each of `bodies` gets in `tick` at `rate` bit/s; `credit` carries what is less than a byte.
pub(super) fn share(rate: u64, tick: Duration, bodies: usize, credit: &mut u64) -> u64 {
    if bodies == 0 {
        *credit = 0;
        return 0;
    }
    let micro_bits = rate * u64::try_from(tick.as_micros()).unwrap_or(u64::MAX) + *credit;
    let unit = 8_000_000 * bodies as u64;
    *credit = micro_bits % unit;
    micro_bits / unit
}
