//! Readers of the formats that traces come in. Each gives periods, or the line that it cannot read.

use std::collections::BTreeMap;
use std::time::Duration;

use media_model::BitsPerSecond;
use serde::Deserialize;

use super::{Format, Period, TraceError};

/// Mahimahi's packets are counted over stretches of this length: short enough for a segment, long enough that a packet
/// more or less is no jump.
const STRETCH: Duration = Duration::from_millis(500);
/// Bits of a packet of Mahimahi's.
const PACKET_BITS: u64 = 1_500 * 8;
/// Editors and spreadsheets put it before a text.
const BYTE_ORDER_MARK: char = '\u{feff}';
/// No period is longer; what is longer is a mistake in the file.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3_600);

pub(super) fn format(text: &str) -> Option<Format> {
    if text.trim_start_matches(BYTE_ORDER_MARK).trim_start().starts_with('[') {
        return Some(Format::Sabre);
    }
    let (_, first) = lines(text).next()?;
    if Head::of(first).is_ok() {
        return Some(Format::Csv);
    }
    let figures: Result<Vec<_>, _> = first.split_whitespace().map(figure).collect();
    match figures.ok()?.len() {
        1 => Some(Format::Mahimahi),
        2 => Some(Format::Pensieve),
        _ => None,
    }
}

#[derive(Deserialize)]
struct Row {
    duration_ms: f64,
    bandwidth_kbps: f64,
    latency_ms: f64,
}

pub(super) fn sabre(text: &str) -> Result<Vec<Period>, TraceError> {
    let text = text.trim_start_matches(BYTE_ORDER_MARK);
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

/// The first line of a CSV.
struct Head {
    separator: char,
    duration: usize,
    rate: usize,
    latency: Option<usize>,
}

impl Head {
    fn of(line: &str) -> Result<Self, TraceError> {
        // What spreadsheets write where the comma stands within numbers.
        let separator = if line.contains(';') { ';' } else { ',' };
        let place = |name: &str| line.split(separator).position(|column| column.trim().trim_matches('"') == name);
        Ok(Self {
            separator,
            duration: place("duration_ms").ok_or(TraceError::Column("duration_ms"))?,
            rate: place("bandwidth_kbps").ok_or(TraceError::Column("bandwidth_kbps"))?,
            latency: place("latency_ms"),
        })
    }

    fn period(&self, line: &str, latency: Duration) -> Result<Period, String> {
        let fields: Vec<_> = line.split(self.separator).map(|field| field.trim().trim_matches('"')).collect();
        let field = |place: usize| {
            let text = fields.get(place).ok_or_else(|| format!("it has {} fields", fields.len()))?;
            if self.separator == ';' { figure(&text.replace(',', ".")) } else { figure(text) }
        };
        let milliseconds = |place| field(place).and_then(|ms| seconds(ms / 1e3));
        Ok(Period {
            duration: milliseconds(self.duration)?,
            rate: field(self.rate).and_then(|kbps| rate(kbps * 1e3))?,
            latency: self.latency.map_or(Ok(latency), milliseconds)?,
        })
    }
}

pub(super) fn csv(text: &str, latency: Duration) -> Result<Vec<Period>, TraceError> {
    let mut rows = lines(text);
    let Some((_, head)) = rows.next() else { return Ok(Vec::new()) };
    let head = Head::of(head)?;
    let row = |(number, line)| head.period(line, latency).map_err(|reason| TraceError::Line { number, reason });
    rows.map(row).collect()
}

/// Lines that hold something, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let text = text.trim_start_matches(BYTE_ORDER_MARK);
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
