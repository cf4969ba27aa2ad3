//! What is expected of a run, and how it differs from an earlier one.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use super::field::{Row, Summary};
use crate::table::markdown;

/// Bounds for one figure of one rule.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expectation {
    abr: String,
    /// `mean` or `median`.
    #[serde(default = "mean")]
    of: String,
    /// Name of the figure, such as `qoe`.
    figure: String,
    at_least: Option<f64>,
    at_most: Option<f64>,
}

fn mean() -> String {
    "mean".to_owned()
}

/// Sentences for all expectations that were missed. `text` is a JSON list of
/// `{"abr", "of": "mean"|"median", "figure", "at_least", "at_most"}`.
///
/// # Errors
/// When the text is something else, or names what there is not.
pub(super) fn missed(text: &str, summary: &[Summary]) -> Result<Vec<String>> {
    let expectations: Vec<Expectation> = serde_json::from_str(text).context("no list of expectations")?;
    let mut missed = Vec::new();
    for one in expectations {
        let Expectation { abr, of, figure, at_least, at_most } = &one;
        let of_rule = summary.iter().find(|summary| summary.abr == *abr);
        let of_rule = of_rule.with_context(|| format!("expects something of {abr}, which was not played"))?;
        let value = serde_json::to_value(of_rule)?;
        let value = value.get(of).and_then(|figures| figures.get(figure)).and_then(Value::as_f64);
        let value = value.with_context(|| format!("there is no {of} of {figure}"))?;
        if at_least.is_some_and(|least| value < least) {
            missed.push(format!("{abr}: {of} {figure} is {value}, not at least {}", at_least.unwrap_or_default()));
        }
        if at_most.is_some_and(|most| value > most) {
            missed.push(format!("{abr}: {of} {figure} is {value}, not at most {}", at_most.unwrap_or_default()));
        }
    }
    Ok(missed)
}

/// How a figure of a rule differs from an earlier run, paired by trace.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Difference {
    pub(super) rule: String,
    pub(super) figure: &'static str,
    /// Plays that are in both runs.
    pub(super) plays: usize,
    pub(super) mean: f64,
    /// Holds 95 % of bootstrap means.
    pub(super) range: std::ops::Range<f64>,
}

/// The differences of this run from an earlier one's document.
///
/// # Errors
/// When the document is none of ours.
pub(super) fn against(document: &str, rows: &[Row]) -> Result<Vec<Difference>> {
    let document: Value = serde_json::from_str(document).context("not the JSON of an earlier run")?;
    let before = document.get("rows").and_then(Value::as_array).context("the earlier run has no rows")?;
    let key = |row: &Value| Some((row.get("abr")?.as_str()?.to_owned(), row.get("trace")?.as_str()?.to_owned()));
    let before: BTreeMap<_, _> = before.iter().filter_map(|row| Some((key(row)?, row))).collect();
    let mut rules: Vec<&str> = Vec::new();
    rows.iter().for_each(|row| {
        if !rules.contains(&row.abr.as_str()) {
            rules.push(&row.abr);
        }
    });
    let mut all = Vec::new();
    for rule in rules {
        for figure in ["qoe", "bitrate_kbps", "change_kbps", "stall_pct", "score"] {
            let mut differences = Vec::new();
            for row in rows.iter().filter(|row| row.abr == rule) {
                let now = serde_json::to_value(row)?.get(figure).and_then(Value::as_f64);
                let then = before.get(&(row.abr.clone(), row.trace.clone()));
                let then = then.and_then(|row| row.get(figure)?.as_f64());
                differences.extend(now.zip(then).map(|(now, then)| now - then));
            }
            if let Some((mean, low, high)) = bootstrap(&differences) {
                let (rule, plays) = (rule.to_owned(), differences.len());
                all.push(Difference { rule, figure, plays, mean, range: low..high });
            }
        }
    }
    Ok(all)
}

/// The same as a table.
pub(super) fn table(differences: &[Difference]) -> String {
    let row = |Difference { rule, figure, plays, mean, range }: &Difference| {
        let range = format!("{:+.4} .. {:+.4}", range.start, range.end);
        vec![rule.clone(), (*figure).to_owned(), plays.to_string(), format!("{mean:+.4}"), range]
    };
    let rows: Vec<_> = differences.iter().map(row).collect();
    format!("\n{}", markdown(&["rule", "figure", "plays", "mean difference", "95 %"], &rows))
}

/// Mean and the interval that holds 95 % of the means of 2,000 samples drawn with replacement; always the same ones.
fn bootstrap(values: &[f64]) -> Option<(f64, f64, f64)> {
    const DRAWS: usize = 2_000;
    let count = values.len();
    let mean = |sum: f64| sum / count as f64;
    if count == 0 {
        return None;
    }
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = || {
        // xorshift64*
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        let high = state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        values[usize::try_from(high).unwrap_or(0) % count]
    };
    let mut means: Vec<_> = (0..DRAWS).map(|_| mean((0..count).map(|_| draw()).sum())).collect();
    means.sort_by(f64::total_cmp);
    Some((mean(values.iter().sum()), means[DRAWS / 40], means[DRAWS - 1 - DRAWS / 40]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::{Figures, field};

    fn rows(qoe: [f64; 4]) -> Vec<Row> {
        let row = |(index, qoe): (usize, f64)| Row {
            trace: index.to_string(),
            abr: "matinee".to_owned(),
            figures: Figures { qoe, ..Figures::default() },
        };
        qoe.into_iter().enumerate().map(row).collect()
    }

    #[test]
    fn what_is_missed_is_named() {
        let summary = field::summarise(&rows([1.0, 2.0, 3.0, 10.0]));
        let miss = |text: &str| missed(text, &summary);
        let met = r#"[{"abr":"matinee","figure":"qoe","at_least":4,"at_most":4}]"#;
        assert_eq!(miss(met).unwrap(), Vec::<String>::new());
        let median = r#"[{"abr":"matinee","of":"median","figure":"qoe","at_most":2.4}]"#;
        assert_eq!(miss(median).unwrap(), ["matinee: median qoe is 2.5, not at most 2.4"]);
        let unknown = r#"[{"abr":"bba","figure":"qoe"}]"#;
        assert_eq!(miss(unknown).unwrap_err().to_string(), "expects something of bba, which was not played");
        assert!(miss("{}").is_err());
    }

    #[test]
    fn differences_are_paired() {
        let before = serde_json::json!({ "rows": rows([1.0, 2.0, 3.0, 4.0]) }).to_string();
        let table = table(&against(&before, &rows([2.0, 3.0, 4.0, 5.0])).unwrap());
        assert!(table.contains("| matinee | qoe | 4 | +1.0000 | +1.0000 .. +1.0000 |"), "{table}");
        assert!(against("{}", &[]).is_err());
    }
}
