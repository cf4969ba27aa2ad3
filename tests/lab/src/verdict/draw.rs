//! Differences as a page shows them: a plot for each figure, because their units differ, and a table.

use super::Difference;
use crate::page::Page;
use crate::page::plot::{Interval, intervals};

/// What differences are of, and how a reader is told so.
pub(crate) struct Told<'a> {
    /// What they are paired by.
    pub(crate) by: &'a str,
    /// What has a name, and what there are pairs of.
    pub(crate) head: [&'a str; 2],
    /// All names, in the order of their colours.
    pub(crate) names: &'a [&'a str],
    /// A figure with its unit, and which side is better.
    pub(crate) in_words: fn(&str) -> &str,
}

/// Draws them, with `more` to say.
pub(crate) fn draw(page: &mut Page, differences: &[Difference], told: &Told<'_>, more: &str) {
    page.words(&format!(
        "Paired by {}: the mean difference, and the interval that holds 95 % of bootstrap means. Grey where it holds \
         zero.{}{more}",
        told.by,
        if more.is_empty() { "" } else { " " },
    ));
    let mut figures: Vec<&str> = Vec::new();
    differences.iter().for_each(|one| {
        if !figures.contains(&one.figure) {
            figures.push(one.figure);
        }
    });
    for figure in figures {
        let rows = differences.iter().filter(|one| one.figure == figure).map(|one| Interval {
            name: one.name.clone(),
            colour: told.names.iter().position(|name| *name == one.name).unwrap_or(0),
            mean: one.mean,
            range: one.range.clone(),
        });
        page.figure((told.in_words)(figure), &intervals(&rows.collect::<Vec<_>>()));
    }
    let cells = |one: &Difference| {
        let (low, high) = (one.range.start, one.range.end);
        let interval = format!("{low:+.4} … {high:+.4}");
        vec![one.name.clone(), one.figure.to_owned(), one.pairs.to_string(), format!("{:+.4}", one.mean), interval]
    };
    let [name, pairs] = told.head;
    page.table(&[name, "figure", pairs, "mean", "95 %"], &differences.iter().map(cells).collect::<Vec<_>>());
}
