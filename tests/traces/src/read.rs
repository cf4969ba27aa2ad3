//! Readers of the formats that traces come in. Each gives periods, or the line that it cannot read.

use std::collections::BTreeMap;
use std::time::Duration;

use media_model::BitsPerSecond;
use serde::Deserialize;

use super::{Period, TraceError};

/// Mahimahi's packets are counted over stretches of this length: short enough for a segment, long enough that a packet
/// more or less is no jump.
const STRETCH: Duration = Duration::from_millis(500);
/// Bits of a packet of Mahimahi's.
const PACKET_BITS: u64 = 1_500 * 8;
/// No period is longer; what is longer is a mistake in the file.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3_600);

#[derive(Deserialize)]
struct Row {
    duration_ms: f64,
    bandwidth_kbps: f64,
    latency_ms: f64,
}

pub(super) fn sabre(text: &str) -> Result<Vec<Period>, TraceError> {
    let rows: Vec<Row> = serde_json::from_str(text).map_err(|error| TraceError::Json(error.to_string()))?;
    let period = |(index, row): (usize, Row)| {
        let wrong = |reason| TraceError::Json(format!("period {}: {reason}", index + 1));
        Ok(Period {
            duration: seconds(row.duration_ms / 1e3).map_err(wrong)?,
            rate: rate(row.bandwidth_kbps * 1e3).map_err(wrong)?,
            latency: seconds(row.latency_ms / 1e3).map_err(wrong)?,
        })
    };
    rows.into_iter().enumerate().map(period).collect()
}

pub(super) fn mahimahi(text: &str, latency: Duration) -> Result<Vec<Period>, TraceError> {
    let mut packets = BTreeMap::<u128, u64>::new();
    let mut end = Duration::ZERO;
    for (number, line) in lines(text) {
        let wrong = |reason| TraceError::Line { number, reason };
        let at = seconds(figure(line).map_err(wrong)? / 1e3).map_err(wrong)?;
        if at < end {
            return Err(wrong("its time is before that of the line above".to_owned()));
        }
        end = at;
        *packets.entry(at.as_nanos().saturating_sub(1) / STRETCH.as_nanos()).or_default() += 1;
    }
    // The trace begins anew at the time of its last packet.
    let stretches = end.as_nanos().div_ceil(STRETCH.as_nanos());
    let stretch = |index: u128| {
        let begins = STRETCH.as_nanos() * index;
        let duration = Duration::from_nanos(u64::try_from((end.as_nanos() - begins).min(STRETCH.as_nanos())).ok()?);
        let bits = u128::from(packets.get(&index).copied().unwrap_or(0) * PACKET_BITS);
        let rate = bits * 1_000_000_000 / duration.as_nanos().max(1);
        Some(Period { duration, rate: BitsPerSecond::new(u64::try_from(rate).ok()?), latency })
    };
    Ok((0..stretches).filter_map(stretch).collect())
}

pub(super) fn pensieve(text: &str, latency: Duration) -> Result<Vec<Period>, TraceError> {
    let mut periods = Vec::new();
    let mut before = None;
    for (number, line) in lines(text) {
        let wrong = |reason| TraceError::Line { number, reason };
        let (at, throughput) = line
            .split_once(|character: char| character.is_whitespace())
            .ok_or_else(|| wrong("a time and a throughput are expected".to_owned()))?;
        let at = seconds(figure(at).map_err(wrong)?).map_err(wrong)?;
        let rate = rate(figure(throughput.trim()).map_err(wrong)? * 1e6).map_err(wrong)?;
        if let Some(before) = before.replace(at) {
            let duration =
                at.checked_sub(before).ok_or_else(|| wrong("its time is before that of the line above".to_owned()))?;
            periods.push(Period { duration, rate, latency });
        } else if !at.is_zero() {
            periods.push(Period { duration: at, rate, latency });
        }
    }
    Ok(periods)
}

pub(super) fn csv(text: &str, latency: Duration) -> Result<Vec<Period>, TraceError> {
    let mut rows = lines(text);
    let Some((_, head)) = rows.next() else { return Ok(Vec::new()) };
    let place = |name: &str| head.split(',').position(|column| column.trim() == name);
    let of_duration = place("duration_ms").ok_or(TraceError::Column("duration_ms"))?;
    let of_rate = place("bandwidth_kbps").ok_or(TraceError::Column("bandwidth_kbps"))?;
    let of_latency = place("latency_ms");
    let row = |(number, line): (usize, &str)| {
        let wrong = |reason| TraceError::Line { number, reason };
        let fields: Vec<_> = line.split(',').map(str::trim).collect();
        let field = |place: usize| {
            fields.get(place).ok_or_else(|| format!("it has {} fields", fields.len())).and_then(|text| figure(text))
        };
        Ok(Period {
            duration: field(of_duration).and_then(|ms| seconds(ms / 1e3)).map_err(wrong)?,
            rate: field(of_rate).and_then(|kbps| rate(kbps * 1e3)).map_err(wrong)?,
            latency: match of_latency {
                Some(place) => field(place).and_then(|ms| seconds(ms / 1e3)).map_err(wrong)?,
                None => latency,
            },
        })
    };
    rows.map(row).collect()
}

/// Lines that hold something, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

fn figure(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

fn seconds(seconds: f64) -> Result<Duration, String> {
    let duration = Duration::try_from_secs_f64(seconds).map_err(|_| format!("{seconds} s is no length of time"))?;
    if duration > LONGEST { Err(format!("{seconds} s is longer than a week")) } else { Ok(duration) }
}

fn rate(bits: f64) -> Result<BitsPerSecond, String> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "looked at before")]
    if (0.0..=1e15).contains(&bits) {
        Ok(BitsPerSecond::new(bits.round() as u64))
    } else {
        Err(format!("{bits} bit/s is no rate"))
    }
}

#[cfg(test)]
mod tests;
