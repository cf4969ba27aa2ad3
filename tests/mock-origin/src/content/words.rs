//! WebVTT segments that tell the time. Pure.

use std::fmt::Write as _;

use media_model::MediaDuration;

use super::{Role, Stream};

/// A cue for every second that begins in the segment, in the stream's language.
pub(super) fn segment(stream: &Stream, number: u64) -> String {
    let start = stream.grid.start(number);
    let end = start + stream.grid.length(number);
    let language = match &stream.role {
        Role::Subtitles { language } => language.as_str(),
        Role::Video { .. } | Role::Audio { .. } => "und",
    };
    // fMP4 times begin at zero, so cues and media share one timeline (RFC 8216 §3.5).
    let mut text = "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n".to_owned();
    for second in start.as_micros().div_ceil(1_000_000)..end.as_micros().div_ceil(1_000_000) {
        let from = MediaDuration::from_secs(second);
        let to = from + MediaDuration::from_millis(900);
        writeln!(text, "\n{} --> {}\n{}", stamp(from), stamp(to), sentence(language, second))
            .expect("a string takes all text");
    }
    text
}

fn sentence(language: &str, second: u64) -> String {
    let primary = language.split('-').next().unwrap_or(language);
    match primary {
        "de" => format!("Sekunde {second} ({language})"),
        "fr" => format!("Seconde {second} ({language})"),
        "es" => format!("Segundo {second} ({language})"),
        "ar" => format!("الثانية {second} ({language})"),
        "ja" => format!("{second}秒 ({language})"),
        _ => format!("Second {second} ({language})"),
    }
}

fn stamp(at: MediaDuration) -> String {
    let millis = at.as_micros() / 1_000;
    let (seconds, millis) = (millis / 1_000, millis % 1_000);
    format!("{:02}:{:02}:{:02}.{millis:03}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}
