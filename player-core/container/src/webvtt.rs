//! WebVTT (W3C), as segments of HLS carry it (RFC 8216 §3.5): cues with their times and settings. Pure.
//!
//! As lenient as the W3C's parser: what is no cue (`NOTE`, `STYLE`, `REGION`, a broken time) is passed over, a setting that
//! is not understood is left out. Time and memory are linear in the text. Crates that were looked at refuse a whole file
//! for one bad line, and know no `X-TIMESTAMP-MAP`.

mod settings;

use std::iter::Peekable;
use std::str::Lines;

use media_model::MediaTime;

pub use settings::{Align, Line, Settings, Vertical};

/// Between the two times of a cue.
const ARROW: &str = "-->";
/// Ticks of MPEG-2 time in a second.
const MPEG_TICKS: u32 = 90_000;
/// MPEG-2 time begins anew after 33 bits: 26.5 hours.
const MPEG_PERIOD_US: i64 = 95_443_717_689;

/// The text does not begin with `WEBVTT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no WebVTT: it does not begin with WEBVTT")]
pub struct NotWebVtt;

/// A WebVTT file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WebVtt {
    /// `X-TIMESTAMP-MAP`.
    pub map: TimestampMap,
    /// In the order of the file, on the file's own clock.
    pub cues: Vec<Cue>,
}

/// Something to read, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Cue {
    /// Its name; empty if it has none.
    pub id: String,
    /// When it comes.
    pub start: MediaTime,
    /// When it goes; later than `start`.
    pub end: MediaTime,
    /// Where and how it is shown.
    pub settings: Settings,
    /// As written, with markup (`<i>`, `&amp;`).
    pub text: String,
}

/// How the file's clock and that of the media go together: `local` is when the media's time stamp is `mpeg`. Absent, both
/// are zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimestampMap {
    /// `LOCAL`.
    pub local: MediaTime,
    /// `MPEGTS`, 90 kHz.
    pub mpeg: u64,
}

impl WebVtt {
    /// Reads a file.
    ///
    /// # Errors
    /// If it does not begin with `WEBVTT`.
    pub fn parse(text: &str) -> Result<Self, NotWebVtt> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // A carriage return alone ends a line too, which `lines` does not know.
        if text.contains(['\r', '\0']) {
            let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "\u{fffd}");
            return Self::parse_lines(&text);
        }
        Self::parse_lines(text)
    }

    fn parse_lines(text: &str) -> Result<Self, NotWebVtt> {
        let rest = text.strip_prefix("WEBVTT").ok_or(NotWebVtt)?;
        if !rest.is_empty() && !rest.starts_with([' ', '\t', '\n']) {
            return Err(NotWebVtt);
        }
        let mut lines = rest.lines().peekable();
        lines.next();
        let mut file = Self::default();
        while let Some(line) = lines.next_if(|line| !line.is_empty() && !line.contains(ARROW)) {
            if let Some(map) = line.strip_prefix("X-TIMESTAMP-MAP=").and_then(timestamp_map) {
                file.map = map;
            }
        }
        while lines.peek().is_some() {
            file.cues.extend(block(&mut lines));
        }
        Ok(file)
    }

    /// The cues on the presentation's timeline. `offset_us` is what is added to the media's own time stamps; `near` is
    /// where the segment begins, which tells how often a live stream's 33 bits have begun anew.
    pub fn place(self, offset_us: i64, near: MediaTime) -> Vec<Cue> {
        let mpeg = i64::try_from(self.map.mpeg).unwrap_or(i64::MAX);
        let media = MediaTime::from_ticks(mpeg, MPEG_TICKS).as_micros();
        let moved = media.saturating_sub(self.map.local.as_micros()).saturating_add(offset_us);
        let first = self.cues.first().map_or(0, |cue| cue.start.as_micros().saturating_add(moved));
        let apart = near.as_micros().saturating_sub(first);
        let periods = apart.saturating_add(MPEG_PERIOD_US / 2).div_euclid(MPEG_PERIOD_US);
        let moved = moved.saturating_add(periods.saturating_mul(MPEG_PERIOD_US));
        let place = |at: MediaTime| MediaTime::from_micros(at.as_micros().saturating_add(moved));
        self.cues.into_iter().map(|cue| Cue { start: place(cue.start), end: place(cue.end), ..cue }).collect()
    }
}

/// What stands between empty lines, if it is a cue.
fn block(lines: &mut Peekable<Lines<'_>>) -> Option<Cue> {
    let mut cue: Option<Cue> = None;
    let mut id = "";
    let mut arrow_seen = false;
    let mut count = 0;
    while let Some(line) = lines.next_if(|line| !line.contains(ARROW) || (count < 2 && !arrow_seen)) {
        if line.is_empty() {
            break;
        }
        count += 1;
        if line.contains(ARROW) {
            arrow_seen = true;
            cue = timing(line).map(|(start, end, settings)| {
                let (settings, text) = (Settings::parse(settings), String::new());
                Cue { id: id.to_owned(), start, end, settings, text }
            });
        } else if let Some(cue) = &mut cue {
            if !cue.text.is_empty() {
                cue.text.push('\n');
            }
            cue.text.push_str(line);
        } else if count == 1 {
            id = line;
        }
    }
    cue.filter(|cue| cue.end > cue.start)
}

/// `00:01.000 --> 00:02.000 align:start`: the times, and what follows them.
fn timing(line: &str) -> Option<(MediaTime, MediaTime, &str)> {
    let (start, rest) = line.split_once(ARROW)?;
    let rest = rest.trim_start();
    let (end, settings) = rest.split_at(rest.find([' ', '\t']).unwrap_or(rest.len()));
    Some((timestamp(start.trim())?, timestamp(end)?, settings))
}

/// `hh:mm:ss.ttt`, with any number of hours, or `mm:ss.ttt`.
fn timestamp(text: &str) -> Option<MediaTime> {
    let number = |digits: &str, lengths: std::ops::RangeInclusive<usize>| {
        let is_number = lengths.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| digits.parse::<i64>().ok()).flatten()
    };
    let (clock, millis) = text.split_once('.')?;
    let (minutes, seconds) = clock.rsplit_once(':')?;
    let (hours, minutes) = match minutes.split_once(':') {
        // A century has six digits of hours.
        Some((hours, minutes)) => (number(hours, 1..=6)?, minutes),
        None => (0, minutes),
    };
    let (minutes, seconds) = (number(minutes, 2..=2)?, number(seconds, 2..=2)?);
    let millis = number(millis, 3..=3)?;
    let is_clock = minutes < 60 && seconds < 60;
    is_clock.then(|| MediaTime::from_micros((((hours * 60 + minutes) * 60 + seconds) * 1_000 + millis) * 1_000))
}

/// `LOCAL:00:00:00.000,MPEGTS:900000`, in either order.
fn timestamp_map(text: &str) -> Option<TimestampMap> {
    let (mut local, mut mpeg) = (None, None);
    for part in text.split(',') {
        let (name, value) = part.trim().split_once(':')?;
        match name {
            "LOCAL" => local = Some(timestamp(value.trim())?),
            "MPEGTS" => mpeg = Some(value.trim().parse().ok()?),
            _ => {}
        }
    }
    Some(TimestampMap { local: local?, mpeg: mpeg? })
}

#[cfg(test)]
mod tests;
