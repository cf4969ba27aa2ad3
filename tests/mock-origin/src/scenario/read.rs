//! Reads a scenario file and names every mistake of form in it, not the first one only.
//!
//! What cannot be read is taken out and the rest is read again, until all of it reads: whatever is wrong with one key,
//! the others are still looked at.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize as _;
use toml::de::DeTable;
use toml::{Table, Value};

use super::Mistake;
use super::wire::ScenarioFile;

/// Nobody reads more; a file with so many is none of ours.
pub(super) const MOST_MISTAKES: usize = 200;

/// Where keys are in the text.
#[derive(Debug, Default)]
pub(super) struct Lines {
    known: BTreeMap<String, usize>,
    /// Keys of lines that are no TOML: what they were to be is not known.
    broken: BTreeSet<String>,
}

impl Lines {
    /// Whether a key that seems to be missing may stand in a line that is no TOML, so that nothing can be said of it.
    pub(super) fn is_broken(&self, key: &str) -> bool {
        !self.known.contains_key(key) && self.broken.contains(key.rsplit('.').next().unwrap_or(key))
    }

    /// The line of a key, or of what it belongs to.
    pub(super) fn of(&self, key: &str) -> Option<usize> {
        let mut key = key;
        loop {
            if let Some(line) = self.known.get(key) {
                return Some(*line);
            }
            key = &key[..key.rfind(['.', '['])?];
        }
    }
}

/// Reads a file as far as it can be read.
pub(super) fn file(text: &str) -> (ScenarioFile, Vec<Mistake>, Lines) {
    let (_, errors) = DeTable::parse_recoverable(text);
    let line_at = lines_of(text);
    let mut mistakes: Vec<Mistake> = errors
        .iter()
        .map(|error| Mistake {
            key: String::new(),
            line: error.span().map(|span| line_at(span.start)),
            reason: error.message().trim().replace('\n', ", "),
        })
        .collect();
    let broken: BTreeSet<usize> = mistakes.iter().filter_map(|mistake| mistake.line).collect();
    let (rest, keys) = without(text, &broken);
    let mut lines = Lines { known: BTreeMap::new(), broken: keys };
    note_lines(DeTable::parse_recoverable(&rest).0.get_ref(), "", &lines_of(&rest), &mut lines.known);
    let mut table: Table = match toml::from_str(&rest) {
        Ok(table) => table,
        // What broken lines were meant to say is a guess, and mistakes that follow from it are none.
        Err(_) if !mistakes.is_empty() => return (ScenarioFile::default(), mistakes, lines),
        Err(error) => {
            mistakes.push(Mistake { key: String::new(), line: None, reason: error.message().to_owned() });
            Table::new()
        }
    };
    loop {
        let error = match serde_path_to_error::deserialize(Value::Table(table.clone())) {
            Ok(file) => return (file, mistakes, lines),
            Err(error) => error,
        };
        let reason = plainly(&error.inner().message().trim().replace('\n', ", "));
        let mut key = path(error.path());
        // Of a key that nobody knows, the path is that of its table.
        if let Some(unknown) = reason.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next())
            && !key.ends_with(unknown)
        {
            key = if key.is_empty() { unknown.to_owned() } else { format!("{key}.{unknown}") };
        }
        let removed = remove(&mut table, &key);
        mistakes.push(Mistake { key, line: None, reason });
        // Each is found by reading all of it again.
        if !removed || mistakes.len() >= MOST_MISTAKES {
            return (ScenarioFile::deserialize(Table::new()).unwrap_or_default(), mistakes, lines);
        }
    }
}

/// The line that a byte of a text is in.
fn lines_of(text: &str) -> impl Fn(usize) -> usize + use<> {
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    move |byte| 1 + ends.partition_point(|&end| end < byte)
}

/// The text with empty lines for those that are no TOML, and the keys that these begin with. Without a heading, keys would
/// seem to belong to the table above, and without an item of a list the ones after it to stand in its place: of such a text
/// nothing is left.
fn without(text: &str, broken: &BTreeSet<usize>) -> (String, BTreeSet<String>) {
    let (mut rest, mut keys) = (String::with_capacity(text.len()), BTreeSet::new());
    for (number, line) in (1..).zip(text.lines()) {
        if !broken.contains(&number) {
            rest += line;
        } else if let Some((key, _)) = line.split_once('=').filter(|(key, _)| !key.contains(['[', '{'])) {
            keys.insert(key.trim().to_owned());
        } else {
            return (String::from("="), keys);
        }
        rest.push('\n');
    }
    (rest, keys)
}

/// The words of the reader for what it expected, in words of people.
fn plainly(reason: &str) -> String {
    const WORDS: [(&str, &str); 7] = [
        ("expected u64", "expected a whole number from 0 up"),
        ("expected u32", "expected a whole number from 0 up"),
        ("expected u16", "expected a whole number from 0 to 65535"),
        ("expected u8", "expected a whole number from 0 to 255"),
        ("expected i64", "expected a whole number"),
        ("expected f64", "expected a number"),
        ("expected a sequence", "expected a list"),
    ];
    let found = WORDS.iter().find_map(|(theirs, ours)| Some(format!("{}{ours}", reason.strip_suffix(theirs)?)));
    found.unwrap_or_else(|| reason.to_owned())
}

/// A path as `faults[1].kind`.
fn path(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut text = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => text += &format!("[{index}]"),
            Segment::Map { key } if text.is_empty() => text += key,
            Segment::Map { key } => text += &format!(".{key}"),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    text
}

/// Takes a key out; of an element of an array everything in it, so that the places of the others stay. Says whether it
/// was there.
fn remove(table: &mut Table, key: &str) -> bool {
    let mut steps: Vec<&str> = key.split(['.', '[']).map(|step| step.trim_end_matches(']')).collect();
    let Some(last) = steps.pop() else { return false };
    let Some((first, rest)) = steps.split_first() else { return table.remove(last).is_some() };
    let Some(mut inner) = table.get_mut(*first) else { return false };
    for step in rest {
        let next = match inner {
            Value::Table(table) => table.get_mut(*step),
            Value::Array(items) => step.parse::<usize>().ok().and_then(|index| items.get_mut(index)),
            Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => None,
        };
        let Some(next) = next else { return false };
        inner = next;
    }
    match inner {
        Value::Table(table) => table.remove(last).is_some(),
        Value::Array(items) => {
            let Some(index) = last.parse::<usize>().ok().filter(|&index| index < items.len()) else { return false };
            // An empty table reads as an element of a list of tables; what belongs in lists of plain values goes.
            let empty = Value::Table(Table::new());
            if items[index].is_table() && items[index] != empty {
                items[index] = empty;
            } else {
                items.remove(index);
            }
            true
        }
        Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => false,
    }
}

fn note_lines(
    table: &DeTable<'_>,
    above: &str,
    line_at: &impl Fn(usize) -> usize,
    lines: &mut BTreeMap<String, usize>,
) {
    for (key, value) in table {
        let name = if above.is_empty() { key.get_ref().to_string() } else { format!("{above}.{}", key.get_ref()) };
        lines.insert(name.clone(), line_at(key.span().start));
        note_value(value, &name, line_at, lines);
    }
}

fn note_value(
    value: &toml::Spanned<toml::de::DeValue<'_>>,
    name: &str,
    line_at: &impl Fn(usize) -> usize,
    lines: &mut BTreeMap<String, usize>,
) {
    let inner = value.get_ref();
    if let Some(table) = inner.as_table() {
        note_lines(table, name, line_at, lines);
    }
    for (index, item) in inner.as_array().into_iter().flat_map(|items| items.iter()).enumerate() {
        let name = format!("{name}[{index}]");
        lines.insert(name.clone(), line_at(item.span().start));
        note_value(item, &name, line_at, lines);
    }
}
