//! The plots of one play, or of the same network played by several rules: link, buffer and rung over a common time.

use super::Course;
use crate::page::Page;
use crate::page::plot::{Axes, Line, Shape, lines};
use crate::trace::Trace;

const HEIGHT: u32 = 210;

/// Draws courses, each with its name, over the link that they met, where it is known.
pub fn draw(page: &mut Page, courses: &[(&str, &Course)], link: Option<&Trace>) {
    let length = courses.iter().map(|(_, course)| course.length).fold(1.0, f64::max);
    let axes = |up: &str, right: &str, is_one: bool| Axes {
        up: up.to_owned(),
        right: right.to_owned(),
        span: 0.0..length,
        // Of several, nobody could tell whose they are.
        alarms: courses.first().filter(|_| is_one).map(|(_, course)| course.stalls.clone()).unwrap_or_default(),
    };
    let is_one = courses.len() == 1;
    if !is_one {
        page.legend(&courses.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }
    let each = |shape: Shape, points: &dyn Fn(&Course) -> Vec<(f64, f64)>| -> Vec<Line> {
        let line = |(colour, (_, course)): (usize, &(&str, &Course))| Line { colour, shape, points: points(course) };
        courses.iter().enumerate().map(line).collect()
    };
    let estimates = each(if is_one { Shape::Steps } else { Shape::Thin }, &|course| {
        course.samples.iter().filter_map(|sample| Some((sample.at, sample.estimate?))).collect()
    });
    let below = match (link, courses) {
        (Some(link), _) => Some(carried(link, length)),
        (None, [(_, course)]) => Some(course.arrived.clone()),
        (None, _) => None,
    };
    let what = if link.is_some() { "what the link carried" } else { "what arrived" };
    // The grey of the series stands for what no rule decides.
    let below = below.map(|points| Line { colour: 7, shape: Shape::Filled, points });
    let throughput: Vec<_> = below.into_iter().chain(estimates).collect();
    page.figure(
        &format!("Throughput, Mbit/s: the core's estimate, and in grey {what}"),
        &lines(&axes("Mbit/s", "", false), HEIGHT, &throughput),
    );
    let mut levels =
        each(Shape::Line, &|course| course.samples.iter().map(|sample| (sample.at, sample.level)).collect());
    levels.extend(courses.first().map(|(_, course)| {
        let points = vec![(0.0, course.goal), (length, course.goal)];
        Line { colour: 7, shape: Shape::Bound, points }
    }));
    let stalls = if is_one { "; it stands still where it is red" } else { "" };
    page.figure(
        &format!("Buffer, s: media ahead of the playhead{stalls}"),
        &lines(&axes("s", "", is_one), HEIGHT, &levels),
    );
    let rungs = each(Shape::Steps, &|course| {
        let chosen = course.decided.iter().filter_map(|decided| Some((decided.at, decided.rung()?.declared)));
        let mut chosen: Vec<_> = chosen.map(|(at, rate)| (at, rate.get() as f64 / 1e6)).collect();
        chosen.extend(chosen.last().map(|(_, rate)| (course.length, *rate)));
        chosen
    });
    page.figure(
        "Rung, Mbit/s: the average rate of the variant that is loaded",
        &lines(&axes("Mbit/s", "time, s", is_one), HEIGHT + 20, &rungs),
    );
}

/// Rates of a network that begins anew at its end.
fn carried(link: &Trace, length: f64) -> Vec<(f64, f64)> {
    let mut points = Vec::new();
    let mut at = 0.0;
    for period in link.periods().iter().cycle() {
        points.push((at, period.rate.get() as f64 / 1e6));
        if at >= length {
            break;
        }
        at = (at + period.duration.as_secs_f64()).min(length);
    }
    points
}
