//! Rules for a file alone: its length, its documentation, its names.

use std::path::Path;

use super::Finding;
use super::source::Source;

/// Above this a file is worth splitting.
const WARN_LINES: usize = 600;
/// Above this it must be split. Tests are exempt: they lie in a file of their own, `tests.rs`.
const MAX_LINES: usize = 800;

/// Words that say nothing about what a thing does.
const EMPTY_WORDS: [&str; 6] = ["util", "utils", "common", "helper", "helpers", "manager"];

/// What the next word is the name of.
const DECLARING: [&str; 9] = ["fn", "struct", "enum", "trait", "mod", "const", "static", "type", "union"];

/// What must be mended.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let finding = |line, message| Finding { file: source.file.clone(), line, message };
    let mut findings = Vec::new();
    let lines = source.text.lines().count();
    if lines > MAX_LINES && !source.is_tests() {
        findings.push(finding(0, format!("has {lines} lines; {MAX_LINES} are the most")));
    }
    if !source.is_tests() && !has_module_docs(&source.text) {
        findings
            .push(finding(1, "does not begin with `//!`: what is this module for, what must it not know?".to_owned()));
    }
    if source.file.file_name().is_some_and(|name| name == "mod.rs") {
        findings.push(finding(0, "modules are `foo.rs` beside `foo/`, not `foo/mod.rs`".to_owned()));
    }
    if let Some(name) = names_in(&source.file).find(|name| is_empty_name(name)) {
        findings.push(finding(0, format!("`{name}` is no name: say what it does")));
    }
    let declared =
        source.words.iter().filter(|word| word.after.as_deref().is_some_and(|after| DECLARING.contains(&after)));
    for word in declared.filter(|word| is_empty_name(&word.text)) {
        findings.push(finding(word.line, format!("`{}` is no name: say what it does", word.text)));
    }
    findings
}

/// What should be mended soon.
pub(super) fn warn(source: &Source) -> Option<String> {
    let lines = source.text.lines().count();
    let long = (WARN_LINES + 1..=MAX_LINES).contains(&lines) && !source.is_tests();
    long.then(|| format!("{} has {lines} lines; {WARN_LINES} are many", source.file.display()))
}

fn has_module_docs(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with("#!["));
    first.is_some_and(|line| line.starts_with("//! "))
}

/// Folders and file name, without the extension.
fn names_in(file: &Path) -> impl Iterator<Item = String> {
    file.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect::<Vec<_>>().into_iter()
}

fn is_empty_name(name: &str) -> bool {
    let words = words_of(name);
    let versioned =
        words.last().is_some_and(|last| last.strip_prefix('v').is_some_and(|rest| rest.len() == 1 && rest > "1"));
    words.iter().any(|word| EMPTY_WORDS.contains(&word.as_str()))
        || words.first().is_some_and(|first| first == "old")
        || (versioned && words.len() > 1)
}

/// `SessionManager_v2` as `session`, `manager`, `v2`.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_was_lower = false;
    for letter in name.chars() {
        if letter == '_' || letter == '-' || (letter.is_uppercase() && before_was_lower) {
            words.push(String::new());
        }
        before_was_lower = letter.is_lowercase();
        if letter.is_alphanumeric() {
            words.last_mut().expect("it starts with one").extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(file: &str, text: &str) -> Vec<String> {
        let source = Source::parse(Path::new(file), text.to_owned()).unwrap();
        check(&source).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn long_files_are_found_except_tests() {
        let long = format!("//! Long.\n{}", "\n".repeat(MAX_LINES));
        assert_eq!(messages("a/src/long.rs", &long), ["a/src/long.rs: has 801 lines; 800 are the most"]);
        assert!(messages("a/src/long/tests.rs", &long).is_empty());
        let source = |lines| Source::parse(Path::new("b.rs"), format!("//! B.\n{}", "\n".repeat(lines - 1))).unwrap();
        assert!(warn(&source(WARN_LINES)).is_none() && warn(&source(WARN_LINES + 1)).is_some());
    }

    #[test]
    fn a_module_says_what_it_is_for() {
        assert_eq!(messages("a.rs", "fn main() {}").len(), 1);
        assert!(messages("a.rs", "#![no_std]\n//! Says.\nfn main() {}").is_empty());
    }

    #[test]
    fn empty_names_are_found_where_they_are_declared() {
        for bad in
            ["fn helper() {}", "struct SessionManager;", "mod old_store {}", "enum Format_v2 {}", "struct FormatV2;"]
        {
            assert_eq!(messages("a.rs", &format!("//! A.\n{bad}")).len(), 1, "{bad}");
        }
        for good in
            ["fn threshold() {}", "struct Commonwealth;", "fn run() { manager() }", "enum Fmp4 {}", "fn h264_v1() {}"]
        {
            assert_eq!(messages("a.rs", &format!("//! A.\n{good}")), Vec::<String>::new(), "{good}");
        }
        assert_eq!(messages("a/utils/b.rs", "//! B.").len(), 1);
        assert_eq!(messages("a/b/mod.rs", "//! B.").len(), 1);
    }
}
