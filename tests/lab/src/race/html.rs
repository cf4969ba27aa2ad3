//! The page of a race: goals, medians, and on each circuit the middle run of every player over a common time.

use super::circuit::Circuit;
use super::figures::Heat;
use super::report::{GOALS_HEAD, HEAD, Race};
use crate::page::Page;
use crate::page::plot::{Axes, Line, Shape, distributions, lines};

const HEIGHT: u32 = 190;

/// Writes it.
pub(super) fn page(race: &Race<'_>, facts: &[(&str, String)]) -> String {
    let players = race.entrants.len();
    let mut page = Page::new(&format!("{players} players on {} networks", race.circuits.len()));
    let goals = race.goal_rows();
    if !goals.is_empty() {
        page.section("Goals");
        page.table(&GOALS_HEAD, &goals);
    }
    for circuit in race.circuits {
        draw(&mut page, race, circuit);
    }
    page.section("Every run");
    page.table(&HEAD, &race.rows());
    let doubts = race.doubts();
    page.words(if doubts.is_empty() { "The origin's logs say the same as the pages." } else { &doubts });
    facts.iter().for_each(|(name, value)| page.fact(name, value));
    page.to_html()
}

fn draw(page: &mut Page, race: &Race<'_>, circuit: &Circuit) {
    page.section(&circuit.name);
    page.words(&circuit.scenario.description);
    let names: Vec<&str> = race.entrants.iter().map(|entrant| entrant.name()).collect();
    let runs: Vec<Vec<&Heat>> = names.iter().map(|name| race.of(&circuit.name, name)).collect();
    page.legend(&names);
    let first_frames = |heats: &Vec<&Heat>| {
        heats.iter().filter_map(|heat| Some(heat.figures.as_ref()?.first_frame_ms / 1e3)).collect::<Vec<f64>>()
    };
    page.figure(
        "First frame: the share of runs that had it by then, s; better to the left",
        &distributions(&runs.iter().map(first_frames).collect::<Vec<_>>()),
    );
    let middle: Vec<(usize, &Heat)> =
        runs.iter().enumerate().filter_map(|(colour, heats)| Some((colour, middle(heats)?))).collect();
    let axes = |up: &str| Axes {
        up: up.to_owned(),
        right: "time, s".to_owned(),
        span: 0.0..circuit.watch.as_secs_f64(),
        ..Axes::default()
    };
    let rung = |&(colour, heat): &(usize, &Heat)| Line { colour, shape: Shape::Steps, points: shown(circuit, heat) };
    page.figure(
        "On screen, Mbit/s: the rate of the rung, in the run with the middle average",
        &lines(&axes("Mbit/s"), HEIGHT, &middle.iter().map(rung).collect::<Vec<_>>()),
    );
    let level = |&(colour, heat): &(usize, &Heat)| {
        let samples = heat.seen.iter().flat_map(|seen| &seen.samples);
        let points = samples.map(|(at, _, ahead, _)| (at / 1e3, *ahead)).collect();
        Line { colour, shape: Shape::Line, points }
    };
    page.figure(
        "Buffer, s: media ahead of the playhead in the same runs",
        &lines(&axes("s"), HEIGHT, &middle.iter().map(level).collect::<Vec<_>>()),
    );
}

/// The run whose average rate on screen is the middle one.
fn middle<'a>(heats: &[&'a Heat]) -> Option<&'a Heat> {
    let mut played: Vec<(f64, &Heat)> =
        heats.iter().filter_map(|heat| Some((heat.figures.as_ref()?.played_kbps, *heat))).collect();
    played.sort_by(|one, other| one.0.total_cmp(&other.0));
    played.get(played.len().saturating_sub(1) / 2).map(|(_, heat)| *heat)
}

/// The rates on screen, from the first frame to the last look.
fn shown(circuit: &Circuit, heat: &Heat) -> Vec<(f64, f64)> {
    let rate = |rung: usize| circuit.rungs.get(rung).map_or(0.0, |rung| rung.kbps / 1e3);
    let rungs = heat.figures.iter().flat_map(|figures| &figures.rungs);
    let mut points: Vec<(f64, f64)> = rungs.map(|&(at, rung)| (at / 1e3, rate(rung))).collect();
    let end = heat.seen.as_ref().map(|seen| seen.watched_ms / 1e3);
    points.extend(points.last().zip(end).map(|((_, rate), end)| (end, *rate)).into_iter().collect::<Vec<_>>());
    points
}
