//! Figures and how they are shown: a Markdown table for people, JSON for scripts.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

/// Measurements of one thing, in one unit, in the order they were taken.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Samples(pub Vec<f64>);

impl Samples {
    /// The value below which a share of the samples lies (nearest rank), or `None` without samples. `share` is 0 to 1.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "the rank lies between 1 and the number of samples"
        )]
        let rank = (share * sorted.len() as f64).ceil().max(1.0) as usize;
        sorted.get(rank - 1).copied()
    }

    /// The middle one.
    pub fn median(&self) -> Option<f64> {
        self.quantile(0.5)
    }

    /// Ratios of two series taken in turn, pair by pair.
    #[must_use]
    pub fn ratios(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(ours, theirs)| ours / theirs).collect())
    }
}

/// What is asked of a figure.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// The 95th percentile is at most this.
    P95AtMost(f64),
    /// The median is at most this.
    MedianAtMost(f64),
    /// The median of the pairwise ratios ours / yardstick is at least this.
    RatioAtLeast(f64),
    /// The median of the pairwise ratios ours / yardstick is at most this.
    RatioAtMost(f64),
    /// Shown for information.
    None,
}

/// One row of the report.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// Unit of the samples.
    pub unit: &'static str,
    /// Ours.
    pub ours: Samples,
    /// The same with something else, in the same run, in turn.
    pub yardstick: Option<Yardstick>,
    /// What is asked of it.
    pub goal: Goal,
    /// What a reader must know to judge it.
    pub note: String,
}

/// What ours is compared with.
#[derive(Clone, Debug, Serialize)]
pub struct Yardstick {
    /// Program and version or options.
    pub name: String,
    /// Its measurements.
    pub samples: Samples,
}

impl Figure {
    /// Whether the goal is met; `None` if there is none or nothing was measured.
    pub fn met(&self) -> Option<bool> {
        match self.goal {
            Goal::P95AtMost(bound) => self.ours.quantile(0.95).map(|value| value <= bound),
            Goal::MedianAtMost(bound) => self.ours.median().map(|value| value <= bound),
            Goal::RatioAtLeast(bound) => self.ratio().map(|value| value >= bound),
            Goal::RatioAtMost(bound) => self.ratio().map(|value| value <= bound),
            Goal::None => None,
        }
    }

    /// Median of the pairwise ratios ours / yardstick.
    pub fn ratio(&self) -> Option<f64> {
        self.ours.ratios(&self.yardstick.as_ref()?.samples).median()
    }
}

/// The table, as Markdown.
pub fn markdown(figures: &[Figure]) -> String {
    let mut text = String::from(
        "| figure | n | median | p95 | yardstick (median) | ratio | goal | met | note |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    for figure in figures {
        let number = |value: Option<f64>| value.map_or_else(|| "-".into(), |v| format!("{} {}", round(v), figure.unit));
        let yardstick = figure
            .yardstick
            .as_ref()
            .map_or_else(|| "-".into(), |other| format!("{}: {}", other.name, number(other.samples.median())));
        let ratio = figure.ratio().map_or_else(|| "-".into(), |value| format!("{value:.2}"));
        let goal = match figure.goal {
            Goal::P95AtMost(bound) => format!("p95 <= {} {}", round(bound), figure.unit),
            Goal::MedianAtMost(bound) => format!("median <= {} {}", round(bound), figure.unit),
            Goal::RatioAtLeast(bound) => format!("ratio >= {bound}"),
            Goal::RatioAtMost(bound) => format!("ratio <= {bound}"),
            Goal::None => "-".into(),
        };
        let met = figure.met().map_or("-", |met| if met { "yes" } else { "no" });
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {yardstick} | {ratio} | {goal} | {met} | {} |",
            figure.name,
            figure.ours.0.len(),
            number(figure.ours.median()),
            number(figure.ours.quantile(0.95)),
            figure.note,
        );
    }
    text
}

/// Writes all samples of one bench as JSON, for scripts and later comparison.
///
/// # Errors
/// When the folder cannot be made or the file cannot be written.
pub fn write_json(folder: &Path, bench: &str, figures: &[impl Serialize]) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join(format!("{bench}.json")), serde_json::to_vec_pretty(figures)?)?;
    Ok(())
}

fn round(value: f64) -> String {
    if value.abs() >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p95_of_twenty_is_the_nineteenth() {
        let samples = Samples((1..=20).map(f64::from).collect());
        assert_eq!(samples.quantile(0.95), Some(19.0));
        assert_eq!(samples.median(), Some(10.0));
        assert_eq!(Samples::default().median(), None);
    }

    #[test]
    fn a_goal_without_samples_is_not_met_by_accident() {
        let figure = Figure {
            name: "nothing".into(),
            unit: "ms",
            ours: Samples::default(),
            yardstick: None,
            goal: Goal::P95AtMost(1.0),
            note: String::new(),
        };
        assert_eq!(figure.met(), None);
    }
}
