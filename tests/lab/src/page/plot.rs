//! Plots as SVG text, drawn by `plotters`. Colours stand in it as variables of the page's style, so that one plot suits a
//! dark page and a light one.

use std::error::Error;
use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

type Surface<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn Error>>;

/// Series are told apart by so many colours, and then by their dashes.
pub const COLOURS: usize = 8;

/// How the lines of the first eight series are dashed, of the next and of those after them: lengths of strokes and gaps.
const DASHES: [&[u32]; 3] = [&[], &[8, 4], &[2, 4]];

/// The colour and the dashes of a series. From the 25th on they come again.
pub(super) fn look(index: usize) -> (usize, &'static [u32]) {
    (index % COLOURS, DASHES[index / COLOURS % DASHES.len()])
}

const WIDTH: u32 = 992;
const LEFT: u32 = 64;
/// plotters takes a size for the height of a line, which is a quarter more than that of its letters.
const FONT: (&str, i32) = ("sans-serif", 16);

/// Stand-ins that [`themed`] turns into variables of the style: plotters knows colours only as numbers.
const TEXT: RGBColor = RGBColor(1, 2, 0);
const GRID: RGBColor = RGBColor(1, 2, 1);
const ALARM: RGBColor = RGBColor(1, 2, 2);
const SERIES: u8 = 16;

fn colour(index: usize) -> RGBColor {
    RGBColor(1, 2, SERIES + u8::try_from(index % (COLOURS * DASHES.len())).unwrap_or(0))
}

fn themed(svg: &str) -> String {
    let name = |colour: RGBColor| format!("\"#{:02X}{:02X}{:02X}\"", colour.0, colour.1, colour.2);
    let mut themed = svg
        .replace(&name(TEXT), "\"var(--muted)\"")
        .replace(&name(GRID), "\"var(--line)\"")
        .replace(&name(ALARM), "\"var(--danger)\"");
    for index in 0..COLOURS * DASHES.len() {
        let (series, dashes) = look(index);
        let (name, variable) = (name(colour(index)), format!("\"var(--series-{series})\""));
        if let [stroke, gap] = dashes {
            let dashed = format!("stroke={variable} stroke-dasharray=\"{stroke} {gap}\"");
            themed = themed.replace(&format!("stroke={name}"), &dashed);
        }
        themed = themed.replace(&name, &variable);
    }
    themed
}

/// How a line goes from point to point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// Straight.
    #[default]
    Line,
    /// Level until the next point.
    Steps,
    /// The same, thin: one of many, or of many points.
    Thin,
    /// Level until the next point, and filled below.
    Filled,
    /// Dashed and straight: a bound.
    Bound,
}

/// One line of a plot.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Which of the colours.
    pub colour: usize,
    /// How it is drawn.
    pub shape: Shape,
    /// In order of x.
    pub points: Vec<(f64, f64)>,
}

/// What a plot over time is drawn in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Axes {
    /// What goes up, with its unit.
    pub up: String,
    /// What goes right, with its unit.
    pub right: String,
    /// From where to where it goes right; what the lines need if empty.
    pub span: Range<f64>,
    /// Stretches of x to mark as bad.
    pub alarms: Vec<Range<f64>>,
}

/// Lines over a common x.
pub fn lines(axes: &Axes, height: u32, lines: &[Line]) -> String {
    let all = || lines.iter().flat_map(|line| &line.points).copied();
    let span = if axes.span.is_empty() { bounds(all().map(|(x, _)| x), false) } else { axes.span.clone() };
    let up = bounds(all().map(|(_, y)| y), true);
    draw(height, |surface| {
        let mut chart = ChartBuilder::on(surface)
            .margin_top(8)
            .margin_right(16)
            .x_label_area_size(if axes.right.is_empty() { 28 } else { 48 })
            .y_label_area_size(LEFT)
            .build_cartesian_2d(span, up.clone())?;
        mesh(&mut chart, axes, &up)?;
        for alarm in &axes.alarms {
            let corners = [(alarm.start, up.start), (alarm.end, up.end)];
            chart.draw_series([Rectangle::new(corners, ALARM.mix(0.3).filled())])?;
        }
        for line in lines {
            let colour = colour(line.colour);
            match line.shape {
                Shape::Line => {
                    chart.draw_series(LineSeries::new(line.points.clone(), colour.stroke_width(2)))?;
                }
                Shape::Steps => {
                    chart.draw_series(LineSeries::new(steps(&line.points), colour.stroke_width(2)))?;
                }
                Shape::Thin => {
                    chart.draw_series(LineSeries::new(steps(&line.points), colour.stroke_width(1)))?;
                }
                Shape::Filled => {
                    chart.draw_series(AreaSeries::new(steps(&line.points), up.start, colour.mix(0.25)))?;
                }
                Shape::Bound => {
                    chart.draw_series(DashedLineSeries::new(line.points.clone(), 4, 4, colour.into()))?;
                }
            }
        }
        Ok(())
    })
}

/// How values are distributed: for each series, the share of values that are no larger. The better of two lies to the right
/// where more is better.
pub fn distributions(series: &[Vec<f64>]) -> String {
    let share = |values: &Vec<f64>| {
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let count = sorted.len().max(1) as f64;
        let first = sorted.first().map(|first| (*first, 0.0));
        let rest = sorted.iter().enumerate().map(|(index, value)| (*value, (index + 1) as f64 / count * 100.0));
        first.into_iter().chain(rest).collect()
    };
    let axes = Axes { up: "plays, %".to_owned(), ..Axes::default() };
    let lines_of = series.iter().enumerate();
    let all: Vec<_> =
        lines_of.map(|(colour, values)| Line { colour, shape: Shape::Line, points: share(values) }).collect();
    lines(&axes, 260, &all)
}

/// One row of [`intervals`].
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    /// What it is of.
    pub name: String,
    /// Which of the colours.
    pub colour: usize,
    /// The middle.
    pub mean: f64,
    /// From where to where it is likely to lie.
    pub range: Range<f64>,
}

/// Differences with their intervals, one below the other, beside a line at zero.
pub fn intervals(rows: &[Interval]) -> String {
    let ends = rows.iter().flat_map(|row| [row.range.start, row.range.end, 0.0]);
    let span = bounds(ends, false);
    let room = (span.end - span.start).max(f64::EPSILON) * 0.05;
    let span = span.start - room..span.end + room;
    let wide = span.end - span.start;
    let count = rows.len().max(1) as f64;
    let height = u32::try_from(rows.len()).unwrap_or(u32::MAX).clamp(1, 100) * 32 + 44;
    draw(height, |surface| {
        let mut chart = ChartBuilder::on(surface)
            .margin_top(8)
            .margin_right(16)
            .x_label_area_size(28)
            .y_label_area_size(LEFT * 3)
            .build_cartesian_2d(span, 0.0..count)?;
        let style = TextStyle::from(FONT).color(&TEXT);
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .y_labels(0)
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .axis_style(GRID)
            .label_style(style.clone())
            .x_label_formatter(&|value| short(*value, wide))
            .draw()?;
        chart.draw_series(LineSeries::new([(0.0, 0.0), (0.0, count)], TEXT.stroke_width(1)))?;
        for (index, row) in rows.iter().enumerate() {
            let y = count - index as f64 - 0.5;
            let holds_zero = row.range.start <= 0.0 && row.range.end >= 0.0;
            let colour = if holds_zero { TEXT } else { colour(row.colour) };
            chart.draw_series(LineSeries::new([(row.range.start, y), (row.range.end, y)], colour.stroke_width(3)))?;
            chart.draw_series([Circle::new((row.mean, y), 5, colour.filled())])?;
            let at = chart.backend_coord(&(chart.x_range().start, y));
            surface.draw_text(&row.name, &style, (8, at.1 - 9))?;
        }
        Ok(())
    })
}

fn mesh(
    chart: &mut ChartContext<'_, SVGBackend<'_>, Cartesian2d<RangedCoordf64, RangedCoordf64>>,
    axes: &Axes,
    up: &Range<f64>,
) -> Drawn {
    let wide = up.end - up.start;
    let long = chart.x_range();
    let long = long.end - long.start;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(GRID)
        .label_style(TextStyle::from(FONT).color(&TEXT))
        .x_labels(10)
        .y_labels(5)
        .x_label_formatter(&|value| short(*value, long))
        .y_label_formatter(&|value| short(*value, wide))
        .x_desc(&axes.right)
        .y_desc(&axes.up)
        .draw()?;
    Ok(())
}

/// As few digits as tell the marks of an axis this wide apart.
fn short(value: f64, wide: f64) -> String {
    let digits = match wide {
        20.0.. => 0,
        2.0.. => 1,
        0.2.. => 2,
        0.02.. => 3,
        _ => 4,
    };
    // Zero is never reached quite, and from below it would have a sign.
    let value = if value.abs() < wide * 1e-6 { 0.0 } else { value };
    format!("{value:.digits$}")
}

fn steps(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let corners = points.windows(2).flat_map(|pair| [pair[0], (pair[1].0, pair[0].1)]);
    corners.chain(points.last().copied()).collect()
}

/// From the least to the greatest; from zero, with a little room above, for what goes up.
fn bounds(values: impl Iterator<Item = f64>, from_zero: bool) -> Range<f64> {
    let finite = values.filter(|value| value.is_finite());
    let (least, most) =
        finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| (least.min(value), most.max(value)));
    if least > most {
        return 0.0..1.0;
    }
    let least = if from_zero { least.min(0.0) } else { least };
    let most = if from_zero { most * 1.05 } else { most };
    if most - least > 1e-9 { least..most } else { least..least + 1.0 }
}

fn draw(height: u32, paint: impl FnOnce(&Surface<'_>) -> Drawn) -> String {
    let mut svg = String::new();
    let surface = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
    let painted = paint(&surface).and_then(|()| Ok(surface.present()?));
    drop(surface);
    match painted {
        Ok(()) => themed(&svg),
        // It is drawn into memory: what may fail is a range of no width, which `bounds` rules out.
        Err(error) => format!("<p>This plot cannot be drawn: {error}</p>"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plots_take_their_colours_from_the_page() {
        let line = Line { colour: 1, shape: Shape::Filled, points: vec![(0.0, 1.0), (1.0, 2.0), (2.0, 0.5)] };
        let axes = Axes { alarms: vec![0.5..0.7], ..Axes::default() };
        let svg = lines(&axes, 200, &[line]);
        assert!(svg.starts_with("<svg") && svg.contains("var(--series-1)") && svg.contains("var(--danger)"), "{svg}");
        assert!(!svg.contains("#0102"), "{svg}");
    }

    #[test]
    fn many_series_are_told_apart() {
        let line = |colour| Line { colour, shape: Shape::Line, points: vec![(0.0, 1.0), (1.0, 2.0)] };
        let svg = lines(&Axes::default(), 200, &(0..24).map(line).collect::<Vec<_>>());
        let strokes = svg.split('<').filter(|tag| tag.starts_with("polyline") && tag.contains("var(--series-"));
        let looks: std::collections::BTreeSet<_> =
            strokes.map(|tag| tag.split(" points=").next().unwrap_or_default()).collect();
        assert_eq!(looks.len(), 24, "{svg}");
        assert!(!svg.contains("#0102"), "{svg}");
    }

    #[test]
    fn nothing_and_nonsense_are_drawn_as_well() {
        let nothing = Vec::new();
        let point = vec![1.0];
        let nonsense = vec![f64::NAN, f64::INFINITY, 2.0];
        for values in [nothing, point, nonsense] {
            assert!(distributions(&[values]).starts_with("<svg"));
        }
        let row = Interval { name: "QoE".to_owned(), colour: 0, mean: 0.0, range: 0.0..0.0 };
        let svg = intervals(&[row]);
        assert!(svg.starts_with("<svg") && !svg.contains("var(--series-"), "nothing is no difference: {svg}");
        assert!(intervals(&[]).starts_with("<svg"));
    }
}
