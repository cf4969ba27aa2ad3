//! `POST /api/analytics/event`: what players tell of their playbacks (requirements B04 and N02).

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use server_api as dto;

use crate::app::App;
use crate::http::Problem;
use crate::http::extract::{Json, title_id};

/// A report covers this much time at most: players send one every half a minute, and one that was hidden sends late.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);
/// More of anything in one report is made up.
const MOST_COUNTS: u32 = 100_000;
const MOST_BYTES: u64 = 1 << 44;
const MOST_RUNGS: usize = 64;
const LONGEST_RUNG: usize = 48;
/// So many reports may come at once, and so many a second in the long run: hundreds of viewers, or one madman.
const BURST: f64 = 200.0;
const PER_SECOND: f64 = 20.0;

/// Counts what a player tells. Reports are not kept.
#[utoipa::path(post, path = "/api/analytics/event", request_body = dto::PlaybackReport, responses(
    (status = 204, description = "Counted"),
    (status = "4XX", body = dto::Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn event(
    State(app): State<App>,
    Json(report): Json<dto::PlaybackReport>,
) -> Result<StatusCode, Problem> {
    check(&report)?;
    if !app.report_rate.admits(Instant::now()) {
        return Err(Problem {
            retry_after: Some(Duration::from_secs(30)),
            ..Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_reports", "Too many reports at once.")
        });
    }
    app.metrics.playback(&report);
    Ok(StatusCode::NO_CONTENT)
}

fn check(report: &dto::PlaybackReport) -> Result<(), Problem> {
    title_id(&report.title)?;
    let mut seconds = vec![
        ("startup_s", report.startup_s.unwrap_or(0.0)),
        ("watched_s", report.watched_s),
        ("stalled_s", report.stalled_s),
        ("seeking_s", report.seeking_s),
    ];
    seconds.extend(report.rungs.iter().map(|rung| ("rungs", rung.watched_s)));
    let counts = [
        ("stalls", report.stalls),
        ("seeks", report.seeks),
        ("switches", report.switches),
        ("setbacks", report.setbacks),
    ];
    let bytes = [
        ("dropped_frames", report.dropped_frames),
        ("loaded_bytes", report.loaded_bytes),
        ("wasted_bytes", report.wasted_bytes),
    ];
    let wrong =
        seconds.into_iter().find(|(_, value)| !(0.0..=LONGEST.as_secs_f64()).contains(value)).map(|(name, _)| name);
    let wrong = wrong.or(counts.into_iter().find(|(_, value)| *value > MOST_COUNTS).map(|(name, _)| name));
    let wrong = wrong.or(bytes.into_iter().find(|(_, value)| *value > MOST_BYTES).map(|(name, _)| name));
    let too_many = report.rungs.len() > MOST_RUNGS || report.rungs.iter().any(|one| one.rung.len() > LONGEST_RUNG);
    match wrong.or(too_many.then_some("rungs")) {
        Some(name) => Err(Problem::invalid("bad_report", format!("No playback has such a value of {name}."))),
        None => Ok(()),
    }
}

/// How many reports may come.
#[derive(Debug)]
pub struct ReportRate(Mutex<(f64, Option<Instant>)>);

impl Default for ReportRate {
    fn default() -> Self {
        Self(Mutex::new((BURST, None)))
    }
}

impl ReportRate {
    fn admits(&self, now: Instant) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, last) = &mut *state;
        let passed = last.replace(now).map_or(Duration::ZERO, |last| now.saturating_duration_since(last));
        *left = (*left + passed.as_secs_f64() * PER_SECOND).min(BURST);
        let admits = *left >= 1.0;
        if admits {
            *left -= 1.0;
        }
        admits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_rationed() {
        let (rate, now) = (ReportRate::default(), Instant::now());
        assert_eq!((0..400).filter(|_| rate.admits(now)).count(), 200);
        let later = now + Duration::from_millis(500);
        assert_eq!((0..400).filter(|_| rate.admits(later)).count(), 10);
    }

    #[test]
    fn what_no_player_would_say_is_refused() {
        let fine = dto::PlaybackReport { title: "abcdefghijklmnopqrstuv".to_owned(), ..dto::PlaybackReport::default() };
        assert!(check(&fine).is_ok());
        for wrong in [
            dto::PlaybackReport { title: "../../etc".to_owned(), ..fine.clone() },
            dto::PlaybackReport { startup_s: Some(-1.0), ..fine.clone() },
            dto::PlaybackReport { startup_s: Some(f64::NAN), ..fine.clone() },
            dto::PlaybackReport { watched_s: f64::INFINITY, ..fine.clone() },
            dto::PlaybackReport { stalls: u32::MAX, ..fine.clone() },
            dto::PlaybackReport { wasted_bytes: u64::MAX, ..fine.clone() },
            dto::PlaybackReport { rungs: vec![dto::RungTime { rung: "x".repeat(99), watched_s: 1.0 }], ..fine.clone() },
        ] {
            assert!(check(&wrong).is_err(), "{wrong:?}");
        }
    }
}
