//! What became of a run: what the page saw, what the log says, and the figures that follow.

use std::collections::BTreeMap;

use mock_origin::log::Entry;
use serde::{Deserialize, Serialize};

use super::circuit::Circuit;
use super::entrant::Entrant;
use super::referee::{self, Clock, Line, Replay, Witness, played_kbps};

/// What `page.js` reports; times count from the moment before `load`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Seen {
    /// The first frame was on screen.
    pub first_frame_ms: Option<f64>,
    /// Changes of the picture's width: when, and to what.
    pub widths: Vec<(f64, u32)>,
    /// Seconds of media that played at each width.
    pub on_screen_s: BTreeMap<u32, f64>,
    /// Stops of more than 250 ms after the first frame: when, and for how long, ms.
    pub stalls: Vec<(f64, f64)>,
    /// Each quarter of a second: when, ms; position, s; media ahead, s; width on screen, 0 before there is a picture.
    pub samples: Vec<(f64, f64, f64, u32)>,
    /// What the player gave up with.
    pub failed: Option<String>,
    /// What the media element gave up with.
    pub error: Option<String>,
    /// The last look.
    pub watched_ms: f64,
    /// Where it stood then.
    pub position_s: f64,
    /// Whether the film had ended.
    pub ended: bool,
    /// Frames that came too late.
    pub dropped_frames: u64,
    /// All frames.
    pub total_frames: u64,
    /// Bytes of bodies that the browser says it loaded from the origin.
    pub loaded_bytes: u64,
    /// The browser's version.
    pub chromium: String,
}

/// How a run went.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Why it did not play.
    pub failed: Option<String>,
    /// Until the player's scripts were loaded and compiled.
    pub compile_ms: Option<f64>,
    /// When `load` was called, on the log's clock.
    pub t0_ms: f64,
    /// What the page saw, if there was a page.
    pub seen: Option<Seen>,
    /// The origin's log.
    pub log: Vec<Entry>,
    /// The play as our player wrote it down, if it was to.
    pub recording: Option<Vec<u8>>,
}

impl Outcome {
    pub(super) fn failed(why: String) -> Self {
        Self { failed: Some(why), compile_ms: None, t0_ms: 0.0, seen: None, log: Vec::new(), recording: None }
    }
}

/// One run, with everything that is known of it.
#[derive(Clone, Debug, Serialize)]
pub struct Heat {
    /// Which run, from 1.
    pub run: usize,
    /// Name of the player.
    pub player: String,
    /// Name of the circuit.
    pub scenario: String,
    /// Programs that wanted a core in the last minute.
    pub load_average: Option<f64>,
    /// Why it did not play to the last look.
    pub failed: Option<String>,
    /// Absent if it showed nothing.
    pub figures: Option<Figures>,
    /// Where log and page differ; empty as a rule.
    pub differences: Vec<String>,
    /// For a closer look.
    pub seen: Option<Seen>,
    /// What the page saw, as far as a log can tell it as well.
    pub witness: Option<Witness>,
    /// What the log says.
    pub replay: Option<Replay>,
    /// How the log is to be read.
    pub clock: Option<Clock>,
    /// The requests.
    pub log: Vec<Line>,
}

/// The figures of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Until the scripts were loaded and compiled, before the clock starts.
    pub compile_ms: f64,
    /// To the first frame.
    pub first_frame_ms: f64,
    /// Its rung.
    pub first_rung: usize,
    /// To the first frame of the top rung.
    pub top_ms: Option<f64>,
    /// Stops of more than 250 ms.
    pub stalls: usize,
    /// For how long altogether.
    pub stalled_s: f64,
    /// Mean rate of what was on screen.
    pub played_kbps: f64,
    /// Changes of the rung on screen.
    pub switches: usize,
    /// Mean of the media ahead after the first frame.
    pub buffered_s: f64,
    /// Frames that came too late.
    pub dropped_frames: u64,
    /// Requests at the origin.
    pub requests: usize,
    /// Bytes that went out.
    pub bytes: u64,
    /// Bytes of segments that were given up, or loaded once more in another rung.
    pub wasted_bytes: u64,
    /// Seconds on screen of each rung, lowest first.
    pub on_screen_s: Vec<f64>,
    /// Changes of the rung on screen: when, ms, and to which.
    pub rungs: Vec<(f64, usize)>,
}

impl Heat {
    pub(super) fn new(run: usize, entrant: &Entrant, circuit: &Circuit, load: Option<f64>, outcome: Outcome) -> Self {
        let Outcome { mut failed, compile_ms, t0_ms, seen, log, recording: _ } = outcome;
        let mut log: Vec<Line> = log.iter().map(Line::from).collect();
        log.sort_by_key(|line| line.time_ms);
        let presentation = circuit.scenario.presentations.first();
        let clock = seen.as_ref().zip(presentation).and_then(|(seen, presentation)| {
            Some(Clock {
                first_frame_s: (t0_ms + seen.first_frame_ms?) / 1e3,
                end_s: (t0_ms + seen.watched_ms) / 1e3,
                segment_s: presentation.segment.as_seconds(),
                film_s: presentation.duration.as_seconds(),
            })
        });
        let rates: Vec<f64> = circuit.rungs.iter().map(|rung| rung.kbps).collect();
        let replay = clock.map(|clock| referee::replay(&log, clock, &rates));
        let figures = seen
            .as_ref()
            .zip(replay.as_ref())
            .and_then(|(seen, replay)| Figures::of(circuit, compile_ms.unwrap_or_default(), seen, replay));
        if figures.is_none() && failed.is_none() {
            failed = Some("the picture is none of the film's rungs".to_owned());
        }
        let witness = figures.as_ref().zip(seen.as_ref()).map(|(figures, seen)| Witness {
            loaded_bytes: seen.loaded_bytes,
            on_screen_s: figures.on_screen_s.clone(),
            stalled_s: figures.stalled_s,
            played_kbps: Some(figures.played_kbps),
            switches: Some(figures.switches),
        });
        let differences = replay.as_ref().zip(witness.as_ref()).map(|(log, page)| log.differences(page));
        let differences = differences.unwrap_or_default();
        let (player, scenario) = (entrant.name().to_owned(), circuit.name.clone());
        Self {
            run,
            player,
            scenario,
            load_average: load,
            failed,
            figures,
            differences,
            seen,
            witness,
            replay,
            clock,
            log,
        }
    }
}

impl Figures {
    fn of(circuit: &Circuit, compile_ms: f64, seen: &Seen, replay: &Replay) -> Option<Self> {
        let rungs: Vec<(f64, usize)> =
            seen.widths.iter().filter_map(|&(at, width)| Some((at, circuit.rung(width)?))).collect();
        let first_frame_ms = seen.first_frame_ms?;
        let on_screen_s: Vec<f64> =
            circuit.rungs.iter().map(|rung| seen.on_screen_s.get(&rung.width).copied().unwrap_or_default()).collect();
        let rates: Vec<f64> = circuit.rungs.iter().map(|rung| rung.kbps).collect();
        let ahead: Vec<f64> =
            seen.samples.iter().filter(|(at, ..)| *at >= first_frame_ms).map(|(_, _, ahead, _)| *ahead).collect();
        Some(Self {
            compile_ms,
            first_frame_ms,
            first_rung: rungs.first()?.1,
            top_ms: rungs.iter().find(|(_, rung)| *rung == circuit.top()).map(|(at, _)| *at),
            stalls: seen.stalls.len(),
            stalled_s: seen.stalls.iter().fold(0.0, |sum, (_, length)| sum + length / 1e3),
            played_kbps: played_kbps(&on_screen_s, &rates),
            switches: rungs.len() - 1,
            buffered_s: ahead.iter().sum::<f64>() / (ahead.len().max(1)) as f64,
            dropped_frames: seen.dropped_frames,
            requests: replay.requests,
            bytes: replay.bytes,
            wasted_bytes: replay.wasted_bytes,
            on_screen_s,
            rungs,
        })
    }
}
