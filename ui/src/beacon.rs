//! Tells the server what playback was like: every so often what is new, and at the end how it ended.

use std::time::Duration;

use js_sys::Array;
use leptos::prelude::window;
use player_web::{PlaybackState, Summary};
use server_api::{PlaybackOutcome, PlaybackReport, RungTime, SourceKind};
use web_sys::{Blob, BlobPropertyBag};

/// A report is sent this often: what is lost with a browser that is killed is no more than that.
const EVERY: Duration = Duration::from_secs(30);

/// What has been told of one playback.
#[derive(Clone, Debug)]
pub(crate) struct Beacon {
    title: String,
    told: Summary,
    told_at_ms: f64,
}

impl Beacon {
    /// Of a title whose playback begins now.
    pub(crate) fn new(title: String, now_ms: f64) -> Self {
        Self { title, told: Summary::default(), told_at_ms: now_ms }
    }

    /// Whether it is time for the next report.
    pub(crate) fn is_due(&self, now_ms: f64) -> bool {
        now_ms - self.told_at_ms >= EVERY.as_secs_f64() * 1e3
    }

    /// What there is to tell now; nothing if nothing happened and it goes on.
    pub(crate) fn report(
        &mut self,
        now_ms: f64,
        summary: Summary,
        source: Option<SourceKind>,
        is_last: bool,
    ) -> Option<PlaybackReport> {
        self.told_at_ms = now_ms;
        let state = summary.state;
        let news = summary.clone() - std::mem::replace(&mut self.told, summary);
        let is_news = news != Summary { state, dropped_frames: news.dropped_frames, ..Summary::default() };
        (is_news || is_last).then(|| PlaybackReport {
            title: self.title.clone(),
            source,
            outcome: is_last.then_some(match state {
                PlaybackState::Ended => PlaybackOutcome::Ended,
                PlaybackState::Failed => PlaybackOutcome::Failed,
                PlaybackState::Loading | PlaybackState::Playing | PlaybackState::Paused | PlaybackState::Stalled => {
                    PlaybackOutcome::Left
                }
            }),
            startup_s: news.startup.map(|startup| startup.as_secs_f64()),
            watched_s: news.watched.as_secs_f64(),
            stalls: news.stalls,
            stalled_s: news.stalled.as_secs_f64(),
            seeks: news.seeks,
            seeking_s: news.seeking.as_secs_f64(),
            switches: news.switches,
            rungs: news
                .rungs
                .into_iter()
                .map(|rung| RungTime { rung: rung.variant.label, watched_s: rung.time.as_secs_f64() })
                .collect(),
            dropped_frames: news.dropped_frames.unwrap_or(0),
            loaded_bytes: news.loaded.get(),
            wasted_bytes: news.wasted.get(),
            setbacks: news.setbacks,
        })
    }
}

/// Sends a report; it arrives even if the page goes. What does not arrive is not missed.
pub(crate) fn send(report: &PlaybackReport) {
    let Ok(text) = serde_json::to_string(report) else { return };
    let kind = BlobPropertyBag::new();
    kind.set_type("application/json");
    if let Ok(body) = Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &kind) {
        let _ = window().navigator().send_beacon_with_opt_blob("/api/analytics/event", Some(&body));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(seconds: u64) -> Summary {
        let startup = Some(Duration::from_millis(400));
        Summary { state: PlaybackState::Playing, startup, watched: Duration::from_secs(seconds), ..Summary::default() }
    }

    #[test]
    fn each_report_tells_what_is_new() {
        let mut beacon = Beacon::new("film".to_owned(), 0.0);
        assert!(!beacon.is_due(29_000.0) && beacon.is_due(30_000.0));
        let first = beacon.report(30_000.0, watched(29), None, false).unwrap();
        assert_eq!((first.startup_s, first.watched_s, first.outcome), (Some(0.4), 29.0, None));
        assert_eq!(beacon.report(60_000.0, watched(29), None, false), None, "nothing happened");
        let last = beacon.report(70_000.0, watched(36), None, true).unwrap();
        assert_eq!((last.startup_s, last.watched_s, last.outcome), (None, 7.0, Some(PlaybackOutcome::Left)));
    }

    #[test]
    fn the_last_report_says_how_it_ended() {
        let mut beacon = Beacon::new("film".to_owned(), 0.0);
        let failed = Summary { state: PlaybackState::Failed, ..Summary::default() };
        let last = beacon.report(900.0, failed, Some(SourceKind::Hls), true).unwrap();
        assert_eq!((last.outcome, last.startup_s), (Some(PlaybackOutcome::Failed), None));
    }
}
