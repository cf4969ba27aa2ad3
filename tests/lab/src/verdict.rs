//! What is expected of a run, and how it differs from an earlier one: the same for every command. Must not know what is
//! run: each command says what its figures are of.

mod bootstrap;
mod draw;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::table::markdown;
use bootstrap::bootstrap;
pub(crate) use draw::{Told, draw};

/// Options that every command has.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Checks figures against a JSON list such as `[{"abr": "matinee", "of": "mean", "figure": "qoe", "at_least": 1,
    /// "at_most": 2}]`: names out of the summary of --json, or out of its rows if the summary has no such thing, one of its
    /// figures, and bounds. Status 3 if one is missed.
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    /// Shows the differences from what an earlier run wrote with --json, row by row.
    #[arg(long, value_name = "OUT.json")]
    against: Option<PathBuf>,
}

/// What of a run is compared.
pub(crate) struct Compared<'a> {
    /// What this run writes as JSON.
    pub(crate) document: &'a Value,
    /// Where what is expected is found in it: a list, or an object.
    pub(crate) summary: &'static str,
    /// Which figures are meant where nothing is said.
    pub(crate) of: Option<&'static str>,
    /// Where its rows are.
    pub(crate) rows: &'static str,
    /// What makes a row the same as an earlier one, and what its differences are told by.
    pub(crate) row: &'static [&'static str],
    pub(crate) group: &'static [&'static str],
    /// Figures whose differences are told.
    pub(crate) figures: &'static [&'static str],
    /// What must be the same in `config` for a fair comparison.
    pub(crate) config: &'static [&'static str],
}

/// What has come of [`Wanted`].
#[derive(Default)]
pub(crate) struct Verdict {
    /// Sentences for what was missed.
    pub(crate) missed: Vec<String>,
    /// Differences from the earlier run.
    pub(crate) against: Vec<Difference>,
    /// What of the configuration is another than that of the earlier run.
    pub(crate) unlike: Vec<&'static str>,
}

impl Wanted {
    /// Looks at the files, for what takes long: before it, not after it.
    ///
    /// # Errors
    /// When one cannot be read or is none of its kind.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(path) = &self.against {
            earlier(&read(path)?).with_context(|| format!("{}", path.display()))?;
        }
        if let Some(path) = &self.expect {
            expectations(&read(path)?).with_context(|| format!("{}", path.display()))?;
        }
        Ok(())
    }

    /// Looks at what is wanted.
    ///
    /// # Errors
    /// When a file cannot be read or is none of its kind.
    pub(crate) fn judge(&self, compared: &Compared<'_>) -> Result<Verdict> {
        let mut verdict = Verdict::default();
        if let Some(path) = &self.against {
            let earlier = read(path)?;
            let judged = compared.against(&earlier, &mut verdict);
            judged.with_context(|| format!("{}", path.display()))?;
        }
        if let Some(path) = &self.expect {
            let missed = compared.missed(&read(path)?);
            verdict.missed = missed.with_context(|| format!("{}", path.display()))?;
        }
        Ok(verdict)
    }
}

impl Verdict {
    /// The differences as text; nothing if there are none.
    pub(crate) fn table(&self) -> String {
        if self.against.is_empty() { String::new() } else { table(&self.against) }
    }

    /// What is to be said on standard error.
    pub(crate) fn warning(&self) -> Option<String> {
        let unlike = (!self.unlike.is_empty()).then(|| self.unlike.join(", "))?;
        Some(format!("the earlier run is another in {unlike}: differences are not those of what is compared alone"))
    }
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Bounds for one figure of what has these names.
#[derive(Deserialize)]
struct Expectation {
    of: Option<String>,
    figure: String,
    at_least: Option<f64>,
    at_most: Option<f64>,
    #[serde(flatten)]
    names: Map<String, Value>,
}

fn expectations(text: &str) -> Result<Vec<Expectation>> {
    serde_json::from_str(text).context("no list of expectations")
}

fn earlier(text: &str) -> Result<Value> {
    serde_json::from_str(text).context("not the JSON of an earlier run")
}

impl Compared<'_> {
    /// Sentences for all expectations that were missed.
    fn missed(&self, text: &str) -> Result<Vec<String>> {
        let mut missed = Vec::new();
        for expectation in expectations(text)? {
            let meant = self.meant(&expectation)?;
            let Expectation { figure, at_least, at_most, .. } = expectation;
            if at_least.or(at_most).is_none() {
                bail!("expects nothing of {figure}: at_least or at_most is missing");
            }
            for (what, value) in meant {
                if let Some(least) = at_least.filter(|least| value < *least) {
                    missed.push(format!("{what} is {value}, not at least {least}"));
                }
                if let Some(most) = at_most.filter(|most| value > *most) {
                    missed.push(format!("{what} is {value}, not at most {most}"));
                }
            }
        }
        Ok(missed)
    }

    /// The figures that an expectation means, and what each is of: those of the summary, or else those of the rows.
    fn meant(&self, expectation: &Expectation) -> Result<Vec<(String, f64)>> {
        let Expectation { of, figure, names, .. } = expectation;
        let said = names.values().map(shown).collect::<Vec<_>>().join(" ");
        let has_names = |one: &&Value| names.iter().all(|(name, value)| one.get(name) == Some(value));
        let summary = self.document.get(self.summary).unwrap_or(self.document);
        let summary = summary.as_array().map_or(std::slice::from_ref(summary), Vec::as_slice);
        let rows = self.rows(self.document).unwrap_or_default();
        if !summary.iter().chain(rows).any(|one| has_names(&one)) {
            bail!("expects something of {said}, which was not played");
        }
        let summed = of.as_deref().or(self.of);
        let words = [summed, Some(figure)].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let whole = |one: &Value| self.row.iter().chain(self.group).filter_map(|name| one.get(name)).map(shown).next();
        let of_summary = summary.iter().filter(has_names).map(|one| {
            let value = summed.map_or(Some(one), |of| one.get(of))?.get(figure).and_then(number)?;
            let who = if said.is_empty() { whole(one) } else { Some(said.clone()) };
            Some((who.map_or_else(|| words.clone(), |who| format!("{who}: {words}")), value))
        });
        let of_rows = rows.iter().filter(has_names).map(|row| {
            let names: Vec<_> = self.row.iter().filter_map(|name| row.get(name)).map(shown).collect();
            Some((format!("{}: {figure}", names.join(" ")), figure_of(row, figure)?))
        });
        let of_summary = of_summary.collect::<Option<Vec<_>>>().filter(|found| !found.is_empty());
        // Rows have no mean or median.
        let of_rows = || of_rows.collect::<Option<Vec<_>>>().filter(|found| !found.is_empty() && of.is_none());
        of_summary.or_else(of_rows).with_context(|| {
            let words: Vec<_> = [summed, Some(figure)].into_iter().flatten().collect();
            format!("there is no {}", words.join(" of "))
        })
    }

    /// The differences from an earlier document.
    fn against(&self, earlier: &str, verdict: &mut Verdict) -> Result<()> {
        let earlier = self::earlier(earlier)?;
        let before = self.rows(&earlier).context("the earlier run has no rows")?;
        let of = |document: &Value, name: &str| document.get("config").and_then(|config| config.get(name)).cloned();
        let is_other = |name: &&&str| of(self.document, name) != of(&earlier, name);
        verdict.unlike = self.config.iter().filter(is_other).copied().collect();
        let key = |row: &Value| self.row.iter().map(|name| row.get(name).map(shown)).collect::<Vec<_>>();
        let before: BTreeMap<_, _> = before.iter().map(|row| (key(row), row)).collect();
        let now = self.rows(self.document).unwrap_or_default();
        let pairs = now.iter().filter_map(|row| Some((row, *before.get(&key(row))?)));
        let name = |row: &Value| {
            let names: Vec<_> = self.group.iter().filter_map(|name| row.get(name)).map(shown).collect();
            names.join(" ")
        };
        verdict.against = differences(pairs.map(|(now, then)| (name(now), now, then)), self.figures);
        Ok(())
    }

    fn rows<'v>(&self, document: &'v Value) -> Option<&'v [Value]> {
        document.get(self.rows).and_then(Value::as_array).map(Vec::as_slice)
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A number; of a list, how long it is; of what is or is not, one or none.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::Array(list) => Some(list.len() as f64),
        Value::Bool(is) => Some(f64::from(u8::from(*is))),
        Value::Null | Value::String(_) | Value::Object(_) => None,
    }
}

/// A figure of a row. They may stand in an object of their own.
fn figure_of(row: &Value, figure: &str) -> Option<f64> {
    row.get(figure).or_else(|| row.get("figures")?.get(figure)).and_then(number)
}

/// How a figure differs, pair by pair.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Difference {
    /// Of what.
    pub(crate) name: String,
    pub(crate) figure: &'static str,
    pub(crate) pairs: usize,
    pub(crate) mean: f64,
    /// Holds 95 % of bootstrap means.
    pub(crate) range: Range<f64>,
}

/// The differences between pairs of rows, the one less the other, for each name and figure in their order.
pub(crate) fn differences<'a>(
    pairs: impl Iterator<Item = (String, &'a Value, &'a Value)>,
    figures: &[&'static str],
) -> Vec<Difference> {
    let mut names: Vec<(String, Vec<(&Value, &Value)>)> = Vec::new();
    for (name, one, other) in pairs {
        match names.iter_mut().find(|(known, _)| *known == name) {
            Some((_, pairs)) => pairs.push((one, other)),
            None => names.push((name, vec![(one, other)])),
        }
    }
    let mut all = Vec::new();
    for (name, pairs) in &names {
        for &figure in figures {
            let values =
                pairs.iter().filter_map(|(one, other)| Some(figure_of(one, figure)? - figure_of(other, figure)?));
            let values: Vec<f64> = values.collect();
            if let Some((mean, low, high)) = bootstrap(&values) {
                let (name, pairs) = (name.clone(), values.len());
                all.push(Difference { name, figure, pairs, mean, range: low..high });
            }
        }
    }
    all
}

/// The same as a table.
fn table(differences: &[Difference]) -> String {
    let row = |Difference { name, figure, pairs, mean, range }: &Difference| {
        let range = format!("{:+.4} .. {:+.4}", range.start, range.end);
        vec![name.clone(), (*figure).to_owned(), pairs.to_string(), format!("{mean:+.4}"), range]
    };
    let rows: Vec<_> = differences.iter().map(row).collect();
    format!("\n{}", markdown(&["of", "figure", "pairs", "mean difference", "95 %"], &rows))
}

#[cfg(test)]
mod tests;
