//! One rule of a scenario.

use globset::{GlobBuilder, GlobMatcher};

use super::check::Finder;
use super::wire::{self, FaultKind};
use crate::fault::{Fault, Place, Rule, When};

pub(super) fn rule(table: &wire::Fault, index: usize, finder: &mut Finder<'_>) -> Option<Rule> {
    let when = when(table, finder);
    let Some(kind) = table.kind else {
        finder.wrong("kind", "is missing: what is to go wrong?");
        return None;
    };
    strangers(table, kind, finder);
    Some(Rule {
        name: table.name.clone().unwrap_or_else(|| format!("fault-{}", index + 1)),
        when,
        fault: fault(table, kind, finder)?,
    })
}

fn when(table: &wire::Fault, finder: &mut Finder<'_>) -> When {
    if table.nth.contains(&0) {
        finder.wrong("nth", "requests are counted from 1");
    }
    if table.every == Some(0) {
        finder.wrong("every", "has to be at least 1");
    }
    let from = table.from_s.map(|seconds| finder.seconds("from_s", seconds));
    let until = table.until_s.map(|seconds| finder.seconds("until_s", seconds));
    if let (Some(from), Some(until)) = (from, until)
        && until <= from
    {
        finder.wrong("until_s", "is not after from_s");
    }
    When {
        url: table.url.as_deref().and_then(|pattern| glob(pattern, finder)),
        nth: table.nth.clone(),
        every: table.every.filter(|&every| every > 0),
        from,
        until,
        probability: table.probability.map(|share| finder.share("probability", share)),
        attempts: table.attempts,
    }
}

fn glob(pattern: &str, finder: &mut Finder<'_>) -> Option<GlobMatcher> {
    match GlobBuilder::new(pattern.trim_start_matches('/')).literal_separator(true).build() {
        Ok(glob) => Some(glob.compile_matcher()),
        Err(error) => {
            finder.wrong("url", format!("`{pattern}` is no pattern: {}", error.kind()));
            None
        }
    }
}

/// Keys that say nothing about this kind of fault: whoever wrote them expects something else.
fn strangers(table: &wire::Fault, kind: FaultKind, finder: &mut Finder<'_>) {
    use FaultKind::{
        Backward, ClockSkew, ContentType, Corrupt, ExpiredToken, Pause, Reset, Shorten, SlowFirstByte, Stale, Status,
        Truncate,
    };
    let placed: &[FaultKind] = &[Reset, Truncate, Shorten, Pause];
    let keys: [(&str, bool, &[FaultKind]); 11] = [
        ("code", table.code.is_some(), &[Status]),
        ("retry_after_s", table.retry_after_s.is_some(), &[Status]),
        ("after_bytes", table.after_bytes.is_some(), placed),
        ("after_share", table.after_share.is_some(), placed),
        ("bytes", table.bytes.is_some(), &[Corrupt]),
        ("delay_ms", table.delay_ms.is_some(), &[SlowFirstByte, Pause]),
        ("content_type", table.content_type.is_some(), &[ContentType]),
        ("age_s", table.age_s.is_some(), &[Stale]),
        ("changes", table.changes.is_some(), &[Backward]),
        ("skew_ms", table.skew_ms.is_some(), &[ClockSkew]),
        ("valid_s", table.valid_s.is_some(), &[ExpiredToken]),
    ];
    for (key, _, _) in keys.iter().filter(|(_, given, kinds)| *given && !kinds.contains(&kind)) {
        finder.wrong(key, format!("says nothing about a fault of kind `{}`", name(kind)));
    }
}

fn fault(table: &wire::Fault, kind: FaultKind, finder: &mut Finder<'_>) -> Option<Fault> {
    let mut missing = |key: &str| {
        finder.wrong(key, format!("is missing: a fault of kind `{}` needs it", name(kind)));
        None
    };
    Some(match kind {
        FaultKind::Status => {
            let Some(code) = table.code else { return missing("code") };
            if !(200..=599).contains(&code) {
                finder.wrong("code", format!("{code} is not in 200..=599"));
                return None;
            }
            Fault::Status { code, retry_after: table.retry_after_s }
        }
        FaultKind::Reset => Fault::Reset(place(table, finder)),
        FaultKind::Truncate => Fault::Truncate(place(table, finder)),
        FaultKind::Shorten => Fault::Shorten(place(table, finder)),
        FaultKind::Corrupt => Fault::Corrupt(table.bytes.unwrap_or(16).max(1)),
        FaultKind::SlowFirstByte => match table.delay_ms {
            Some(delay) => Fault::SlowFirstByte(finder.millis("delay_ms", delay)),
            None => return missing("delay_ms"),
        },
        FaultKind::Pause => match table.delay_ms {
            Some(delay) => Fault::Pause(place(table, finder), finder.millis("delay_ms", delay)),
            None => return missing("delay_ms"),
        },
        FaultKind::ContentType => match &table.content_type {
            Some(name) if http::HeaderValue::from_str(name).is_ok() => Fault::ContentType(name.clone()),
            Some(name) => {
                finder.wrong("content_type", format!("`{name}` cannot stand in a header"));
                return None;
            }
            None => return missing("content_type"),
        },
        FaultKind::Stale => match table.age_s {
            Some(age) => Fault::Stale(finder.seconds("age_s", age)),
            None => return missing("age_s"),
        },
        FaultKind::Frozen => Fault::Frozen,
        FaultKind::Backward => Fault::Backward(table.changes.unwrap_or(1).max(1)),
        FaultKind::Missing => Fault::Missing,
        FaultKind::ClockSkew => match table.skew_ms {
            Some(skew) => Fault::ClockSkew(skew.clamp(-MOST_SKEW_MS, MOST_SKEW_MS)),
            None => return missing("skew_ms"),
        },
        FaultKind::ExpiredToken => match table.valid_s {
            Some(valid) => Fault::Expire(finder.seconds("valid_s", valid)),
            None => return missing("valid_s"),
        },
    })
}

/// A hundred years: more is no clock.
const MOST_SKEW_MS: i64 = 100 * 366 * 24 * 3_600 * 1_000;

/// A kind as it is written.
fn name(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Status => "status",
        FaultKind::Reset => "reset",
        FaultKind::Truncate => "truncate",
        FaultKind::Shorten => "shorten",
        FaultKind::Corrupt => "corrupt",
        FaultKind::SlowFirstByte => "slow-first-byte",
        FaultKind::Pause => "pause",
        FaultKind::ContentType => "content-type",
        FaultKind::Stale => "stale",
        FaultKind::Frozen => "frozen",
        FaultKind::Backward => "backward",
        FaultKind::Missing => "missing",
        FaultKind::ClockSkew => "clock-skew",
        FaultKind::ExpiredToken => "expired-token",
    }
}

fn place(table: &wire::Fault, finder: &mut Finder<'_>) -> Place {
    match (table.after_bytes, table.after_share) {
        (Some(_), Some(_)) => {
            finder.wrong("after_share", "only one of after_bytes and after_share says where");
            Place::Bytes(0)
        }
        (Some(bytes), None) => Place::Bytes(bytes),
        (None, Some(share)) => Place::Share(finder.share("after_share", share)),
        (None, None) => Place::Bytes(0),
    }
}
