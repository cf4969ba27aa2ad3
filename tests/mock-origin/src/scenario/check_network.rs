//! The network of a scenario.

use std::path::Path;
use std::time::Duration;

use network_traces::{Format, Trace};

use super::check::Finder;
use super::wire::{self, Network, TraceFormat};
use crate::network::{HttpVersions, NetworkPlan, OverLimit, Scope};
use crate::profile::{Profile, Stall};

/// A link that nobody is held up by.
const UNLIMITED_KBPS: u32 = 1_000_000;

pub(super) fn network(table: &Network, folder: &Path, finder: &mut Finder<'_>) -> NetworkPlan {
    let latency = finder.millis("latency_ms", table.latency_ms);
    let stalls = stalls(&table.stalls, finder);
    let profile = profile(table, folder, finder).unwrap_or_else(|| Profile::steady(UNLIMITED_KBPS));
    let profile = match profile.clone().with_stalls(stalls) {
        Ok(profile) => profile,
        Err(error) => {
            finder.wrong("stalls", error.to_string());
            profile
        }
    };
    if table.max_connections == Some(0) {
        finder.wrong("max_connections", "0 would let nobody in");
    }
    if table.over_limit.is_some() && table.max_connections.is_none() {
        finder.wrong("over_limit", "goes with max_connections");
    }
    NetworkPlan {
        scope: match table.scope {
            None | Some(wire::Scope::All) => Scope::All,
            Some(wire::Scope::Client) => Scope::Client,
            Some(wire::Scope::Connection) => Scope::Connection,
        },
        profile,
        latency,
        jitter: finder.millis("jitter_ms", table.jitter_ms),
        connect: finder.millis("connect_ms", table.connect_ms),
        max_connections: table.max_connections,
        over_limit: match table.over_limit {
            None | Some(wire::OverLimit::Wait) => OverLimit::Wait,
            Some(wire::OverLimit::Refuse) => OverLimit::Refuse,
        },
        http: match table.http {
            None | Some(wire::Http::Any) => HttpVersions::Any,
            Some(wire::Http::One) => HttpVersions::One,
            Some(wire::Http::Two) => HttpVersions::Two,
        },
    }
}

fn profile(table: &Network, folder: &Path, finder: &mut Finder<'_>) -> Option<Profile> {
    let given = [("rate_kbps", table.rate_kbps.is_some()), ("steps", table.steps.is_some())];
    let given = given.into_iter().chain([("trace", table.trace.is_some())]).filter(|(_, given)| *given);
    for (key, _) in given.skip(1) {
        finder.wrong(key, "only one of rate_kbps, steps and trace says how fast the link is");
    }
    if table.repeat && table.steps.is_none() {
        finder.wrong("repeat", "goes with steps");
    }
    if table.trace_format.is_some() && table.trace.is_none() {
        finder.wrong("trace_format", "goes with trace");
    }
    let mut profile = None;
    if let Some(kbps) = table.rate_kbps {
        match u32::try_from(kbps) {
            Ok(kbps) if kbps > 0 => profile = Some(Profile::steady(kbps)),
            _ => finder.wrong("rate_kbps", format!("{kbps} is not in 1..={}", u32::MAX)),
        }
    }
    if let Some(steps) = &table.steps {
        profile = self::steps(steps, table.repeat, finder).or(profile);
    }
    if let Some(path) = &table.trace {
        profile = trace(&folder.join(path), table.trace_format, finder).or(profile);
    }
    profile
}

fn steps(steps: &[wire::Step], repeat: bool, finder: &mut Finder<'_>) -> Option<Profile> {
    let mut made = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let last = index + 1 == steps.len();
        let length = match step.seconds {
            Some(seconds) => finder.seconds(&format!("steps[{index}].seconds"), seconds),
            None if last && !repeat => Duration::ZERO,
            None => {
                finder.wrong(&format!("steps[{index}].seconds"), "is missing");
                Duration::ZERO
            }
        };
        if step.kbps.is_none() {
            finder.wrong(&format!("steps[{index}].kbps"), "is missing");
        }
        made.push((length, step.kbps.unwrap_or(0)));
    }
    let profile = Profile::steps(made).and_then(|profile| if repeat { profile.repeated() } else { Ok(profile) });
    profile.map_err(|error| finder.wrong("steps", error.to_string())).ok()
}

fn stalls(tables: &[wire::Stall], finder: &mut Finder<'_>) -> Vec<Stall> {
    let mut stalls = Vec::new();
    for (index, table) in tables.iter().enumerate() {
        let key = |name: &str| format!("stalls[{index}].{name}");
        let length = table.length_s.map_or(Duration::ZERO, |seconds| finder.seconds(&key("length_s"), seconds));
        if length.is_zero() {
            finder.wrong(&key("length_s"), "a stall has to last");
        }
        stalls.push(Stall {
            at: finder.seconds(&key("at_s"), table.at_s),
            length,
            every: table.every_s.map(|seconds| finder.seconds(&key("every_s"), seconds)),
        });
    }
    stalls
}

fn trace(path: &Path, format: Option<TraceFormat>, finder: &mut Finder<'_>) -> Option<Profile> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            finder.wrong("trace", format!("{} cannot be read: {error}", path.display()));
            return None;
        }
    };
    let format = match format {
        Some(TraceFormat::Sabre) => Format::Sabre,
        Some(TraceFormat::Mahimahi) => Format::Mahimahi,
        Some(TraceFormat::Pensieve) => Format::Pensieve,
        Some(TraceFormat::Csv) => Format::Csv,
        None => guess(path, &text),
    };
    // The scenario's own latency is added to that of the trace, so a trace without latency has none.
    let trace = Trace::read(format, &text, Duration::ZERO).map_err(|error| error.to_string());
    let profile = trace.and_then(|trace| Profile::recorded(&trace).map_err(|error| error.to_string()));
    profile.map_err(|reason| finder.wrong("trace", format!("{}: {reason}", path.display()))).ok()
}

/// The format by the name's ending, and where it says nothing by the first line.
fn guess(path: &Path, text: &str) -> Format {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if ending == "json" || first.trim_start().starts_with('[') {
        Format::Sabre
    } else if ending == "csv" || first.contains(',') {
        Format::Csv
    } else if first.split_whitespace().count() == 2 {
        Format::Pensieve
    } else {
        Format::Mahimahi
    }
}
