//! The page of a soak: memory over time, how it has changed since the warm-up, and the table of processes.

use super::{Figures, HEAD, Report};
use crate::page::Page;
use crate::page::plot::{Axes, Line, Shape, lines};

const HEIGHT: u32 = 260;

impl Report {
    /// Writes it. `played` is what was played, and `missed` sentences for what must not be.
    pub(in crate::soak) fn page(&self, played: &str, missed: &[String]) -> String {
        let minutes = self.length.as_secs_f64() / 60.0;
        let mut page = Page::new(&format!("{played}, played for {minutes:.1} minutes"));
        let growth = |one: &Figures| match one.slope {
            Some(slope) => format!("{:+.2} MB/h", slope.middle),
            None => "too short to tell".to_owned(),
        };
        let mut figures: Vec<(&str, String)> = Vec::new();
        if let Some(player) = self.processes.first() {
            figures.push(("memory of the player at the end", format!("{:.1} MB", player.last_mb)));
            figures.push(("it grows by", growth(player)));
        }
        if let Some(line) = &self.playback.last {
            figures.push(("stalls", format!("{}, {:.1} s", line.stalls, line.stalled_ms / 1e3)));
        }
        page.highlights(&figures);
        missed.iter().for_each(|sentence| page.words(&format!("Missed: {sentence}.")));
        let names: Vec<&str> = self.processes.iter().map(|one| one.name).collect();
        let axes = |up: &str| Axes {
            up: up.to_owned(),
            right: "time, minutes".to_owned(),
            span: 0.0..minutes,
            ..Axes::default()
        };
        page.section("Memory");
        page.legend(&names);
        let curve = |(colour, one): (usize, &Figures)| {
            let points = one.curve.iter().map(|(hours, megabytes)| (hours * 60.0, *megabytes)).collect();
            Line { colour, shape: Shape::Line, points }
        };
        let all: Vec<Line> = self.processes.iter().enumerate().map(curve).collect();
        page.figure("Resident memory, MB", &lines(&axes("MB"), HEIGHT, &all));
        let all: Vec<Line> = self.processes.iter().enumerate().flat_map(since_warm_up).collect();
        if !all.is_empty() {
            let caption = "The same after the warm-up: how much more than in its first minute, by medians of minutes; \
                           dashed, the line whose slope is told";
            page.figure(caption, &lines(&axes("MB more"), HEIGHT, &all));
        }
        page.section("Processes");
        page.table(&HEAD, &self.rows());
        page.words(&format!("{}.", self.playback.sentence().trim_end_matches('.')));
        if let Some(sentence) = self.too_short() {
            page.words(&sentence);
        }
        page.fact("limit", &format!("{} MB/h", self.limit_mb_per_h));
        page.to_html()
    }
}

/// What a process has more than in the first minute after the warm-up, and the line through that; nothing where it was too
/// short to tell.
fn since_warm_up((colour, one): (usize, &Figures)) -> Vec<Line> {
    let (Some(slope), Some(&(_, first))) = (one.slope, one.warm.first()) else { return Vec::new() };
    let points: Vec<(f64, f64)> = one.warm.iter().map(|(hours, now)| (hours * 60.0, now - first)).collect();
    // It goes through the middle of the values in both directions.
    let (at, level) = one.middle();
    let ends = [one.warm.first(), one.warm.last()].into_iter().flatten();
    let fitted = ends.map(|(hours, _)| (hours * 60.0, level - first + slope.middle * (hours - at))).collect();
    vec![Line { colour, shape: Shape::Line, points }, Line { colour, shape: Shape::Bound, points: fitted }]
}
