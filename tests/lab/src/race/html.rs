//! The page of a race: goals, medians, and on each circuit how ours differs from the others and the middle run of every
//! player over a common time.

use serde_json::{Value, json};

use super::circuit::Circuit;
use super::entrant::OURS;
use super::figures::Heat;
use super::report::{COMPARED, GOALS_HEAD, HEAD, Race};
use crate::page::plot::{Axes, Line, Shape, distributions, lines};
use crate::page::{Page, how_many};
use crate::verdict::{self, Difference, Told};

const HEIGHT: u32 = 190;

/// Writes it.
pub(super) fn page(race: &Race<'_>, facts: &[(&str, String)]) -> String {
    let (players, networks) = (how_many(race.entrants.len(), "player"), how_many(race.circuits.len(), "network"));
    let mut page = Page::new(&format!("{players} on {networks}"));
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
    let between = between(&names, &runs);
    if !between.is_empty() {
        let told = Told { by: "the number of the run", head: ["player", "runs"], names: &names, in_words };
        verdict::draw(page, &between, &told, &format!("What {OURS} has more than each of the others."));
    }
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
    let sent = |&(colour, heat): &(usize, &Heat)| {
        Some(Line { colour, shape: Shape::Steps, points: sent(heat, circuit.watch.as_secs_f64())? })
    };
    let sent: Vec<Line> = middle.iter().filter_map(sent).collect();
    if !sent.is_empty() {
        page.figure(
            "Throughput, Mbit/s: what left the origin by its log, second by second, in the same runs",
            &lines(&axes("Mbit/s"), HEIGHT, &sent),
        );
    }
}

/// What our player has more than each other one in the runs of the same number, of those that both have played.
fn between(names: &[&str], runs: &[Vec<&Heat>]) -> Vec<Difference> {
    let rows = |heats: &Vec<&Heat>| -> Vec<(usize, Value)> {
        let played = heats.iter().filter(|heat| heat.figures.is_some());
        played.map(|heat| (heat.run, json!({ "figures": heat.figures }))).collect()
    };
    let all: Vec<(&str, Vec<(usize, Value)>)> = names.iter().copied().zip(runs.iter().map(rows)).collect();
    let (ours, others): (Vec<_>, Vec<_>) = all.iter().partition(|(name, _)| *name == OURS);
    let pairs = others.iter().flat_map(|(name, theirs)| {
        let ours = ours.iter().flat_map(|(_, rows)| rows);
        ours.filter_map(|(run, row)| {
            let (_, other) = theirs.iter().find(|(number, _)| number == run)?;
            Some(((*name).to_owned(), row, other))
        })
    });
    verdict::differences(pairs, COMPARED)
}

fn in_words(figure: &str) -> &str {
    match figure {
        "first_frame_ms" => "First frame, ms; better to the left",
        "stalls" => "Stalls; better to the left",
        "stalled_s" => "Time that stood still, s; better to the left",
        "played_kbps" => "Bit rate on screen, kbit/s; better to the right",
        "switches" => "Switches; better to the left",
        "wasted_bytes" => "Bytes given up or loaded once more; better to the left",
        other => other,
    }
}

/// What went out to a player in each second since `load`, Mbit/s: a reply's bytes evenly from its first to its last. Nothing
/// if there is no log.
fn sent(heat: &Heat, length_s: f64) -> Option<Vec<(f64, f64)>> {
    let (clock, figures) = (heat.clock?, heat.figures.as_ref()?);
    let load_s = clock.first_frame_s - figures.first_frame_ms / 1e3;
    let mut seconds: Vec<(f64, f64)> =
        (0_u32..).map(f64::from).take_while(|at| *at < length_s).map(|at| (at, 0.0)).collect();
    for line in &heat.log {
        let begun_s = (line.time_ms + line.first_byte_ms) as f64 / 1e3 - load_s;
        // What came at once came within a millisecond.
        let took_s = (line.took_ms.saturating_sub(line.first_byte_ms).max(1)) as f64 / 1e3;
        for (at, mbits) in &mut seconds {
            let within_s = (begun_s + took_s).min(*at + 1.0) - begun_s.max(*at);
            *mbits += line.bytes as f64 * 8e-6 * (within_s / took_s).max(0.0);
        }
    }
    // The last second lasts as well.
    seconds.extend(seconds.last().map(|(_, mbits)| (length_s, *mbits)));
    Some(seconds).filter(|_| !heat.log.is_empty())
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use mock_origin::log::Entry;

    use super::super::entrant::Entrant;
    use super::*;
    use crate::race::figures::{Outcome, Seen};

    /// A request of the log's clock.
    fn entry(path: &str, time_ms: u64, took_ms: u64, bytes: u64) -> Entry {
        Entry {
            time_ms,
            method: "GET".to_owned(),
            path: path.to_owned(),
            range: None,
            http: "1.1",
            client: "127.0.0.1".to_owned(),
            connection: 1,
            attempt: 1,
            status: 200,
            content_type: None,
            bytes,
            aborted: false,
            aborted_bytes: None,
            first_byte_ms: 0,
            took_ms,
            faults: Vec::new(),
            request_headers: Vec::new(),
            reply_headers: Vec::new(),
        }
    }

    /// A run that showed one rung from its first frame on; `load` was 100 ms after the log began.
    fn heat(run: usize, entrant: &Entrant, circuit: &Circuit, first_frame_ms: f64, rung: usize) -> Heat {
        let width = circuit.rungs[rung].width;
        let played_s = 8.0 - first_frame_ms / 1e3;
        let seen = Seen {
            first_frame_ms: Some(first_frame_ms),
            widths: vec![(first_frame_ms, width)],
            on_screen_s: BTreeMap::from([(width, played_s)]),
            stalls: Vec::new(),
            samples: vec![(0.0, 0.0, 0.0, 0), (7_000.0, 6.0, 5.0, width)],
            failed: None,
            error: None,
            watched_ms: 8_000.0,
            position_s: played_s,
            ended: false,
            dropped_frames: 0,
            total_frames: 200,
            loaded_bytes: 3_000_000,
            chromium: "1".to_owned(),
        };
        let path = |number: usize| format!("/card/video-{rung}/{number}.m4s");
        let log = vec![entry(&path(0), 150, 100, 1_000_000), entry(&path(1), 1_600, 1_000, 2_000_000)];
        let outcome =
            Outcome { failed: None, compile_ms: Some(50.0), t0_ms: 100.0, seen: Some(seen), log, recording: None };
        Heat::new(run, entrant, circuit, Some(1.0), outcome)
    }

    #[test]
    fn a_page_has_all_of_its_sections() {
        let circuits = [Circuit::of("lan-200").unwrap()];
        let entrants = [Entrant::Matinee, Entrant::HlsJs];
        let heats = [heat(1, &entrants[0], &circuits[0], 200.0, 4), heat(1, &entrants[1], &circuits[0], 500.0, 3)];
        assert!(heats.iter().all(|heat| heat.differences.is_empty()), "{:?}", heats[0].differences);
        let race = Race { circuits: &circuits, entrants: &entrants, heats: &heats };
        let html = page(&race, &[("Chromium", "1".to_owned())]);
        for heading in ["Goals", "lan-200", "Every run"] {
            assert!(html.contains(&format!("<h2>{heading}</h2>")), "{heading}");
        }
        // Over time there are rungs, buffers and throughput; beside them first frames, and a plot for each figure.
        assert_eq!(html.matches("<svg").count(), 4 + COMPARED.len());
        assert!(!html.contains("cannot be drawn"));
        assert!(html.contains("What matinee has more than each of the others."));
        assert!(html.contains("<td>first_frame_ms</td><td class=\"number\">1</td><td class=\"number\">-300.0000</td>"));
        assert!(html.contains("logs say the same as the pages") && html.contains("Throughput, Mbit/s"));

        // Where no run of ours has the number of one of theirs, and nothing is logged, the rest is there.
        let mut heats = heats;
        heats[1].run = 2;
        heats.iter_mut().for_each(|heat| heat.log.clear());
        let html = page(&Race { circuits: &circuits, entrants: &entrants, heats: &heats }, &[]);
        assert_eq!(html.matches("<svg").count(), 3);
    }

    #[test]
    fn runs_are_paired_by_their_number() {
        let circuit = Circuit::of("lan-200").unwrap();
        let ours: Vec<Heat> =
            [(1, 200.0), (2, 300.0), (3, 900.0)].map(|(run, at)| heat(run, &Entrant::Matinee, &circuit, at, 4)).into();
        let theirs: Vec<Heat> =
            [(2, 500.0), (1, 500.0), (4, 100.0)].map(|(run, at)| heat(run, &Entrant::Shaka, &circuit, at, 4)).into();
        let between = between(&["matinee", "shaka"], &[ours.iter().collect(), theirs.iter().collect()]);
        assert_eq!(between.len(), COMPARED.len());
        let first = &between[0];
        let shown = (first.name.as_str(), first.figure, first.pairs, first.mean, first.range.clone());
        assert_eq!(shown, ("shaka", "first_frame_ms", 2, -250.0, -300.0..-200.0));
        assert_eq!(super::between(&["shaka", "hls.js"], &[theirs.iter().collect(), Vec::new()]), []);
    }

    #[test]
    fn what_was_sent_is_spread_over_its_seconds() {
        let circuit = Circuit::of("lan-200").unwrap();
        let sent = sent(&heat(1, &Entrant::Matinee, &circuit, 200.0, 4), 3.5).unwrap();
        // 1 MB at once; 2 MB from 1.5 s after `load` to 2.5 s.
        let rates: Vec<f64> = sent.iter().map(|(_, mbits)| (mbits * 1e3).round() / 1e3).collect();
        assert_eq!(rates, [8.0, 8.0, 8.0, 0.0, 0.0]);
    }
}
