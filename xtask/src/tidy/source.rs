//! A Rust file as the rules see it: its text, its words, and the paths that it names. Comments and the insides of
//! strings are no words.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A parsed file.
pub(super) struct Source {
    /// Relative to the root of the workspace, with `/`.
    pub(super) file: PathBuf,
    pub(super) text: String,
    /// Every identifier, in order.
    pub(super) words: Vec<Word>,
    /// Every string literal, with its quotes.
    pub(super) strings: Vec<Word>,
    /// Every path of at least two segments; the braces of a `use` are multiplied out.
    pub(super) paths: Vec<ModulePath>,
}

/// An identifier or literal and where it stands.
pub(super) struct Word {
    pub(super) text: String,
    pub(super) line: usize,
    /// What stands before it, if that is an identifier: `fn`, `struct`, `mod`, ...
    pub(super) after: Option<String>,
}

/// `crate::store::sqlite` as its segments.
pub(super) struct ModulePath {
    pub(super) segments: Vec<String>,
    pub(super) line: usize,
}

impl Source {
    /// Reads the words and paths of a file.
    ///
    /// # Errors
    /// When it is not Rust.
    pub(super) fn parse(file: &Path, text: String) -> anyhow::Result<Source> {
        let tokens: TokenStream =
            text.parse().map_err(|error| anyhow!("{error}")).with_context(|| file.display().to_string())?;
        let (words, strings, paths) = (Vec::new(), Vec::new(), Vec::new());
        let mut source = Source { file: file.to_path_buf(), text, words, strings, paths };
        source.read_words(tokens.clone());
        source.read_paths(tokens, &[]);
        Ok(source)
    }

    /// Whether the file is the tests of a module.
    pub(super) fn is_tests(&self) -> bool {
        self.file.ends_with("tests.rs")
    }

    fn read_words(&mut self, tokens: TokenStream) {
        let mut after = None;
        for token in tokens {
            let line = token.span().start().line;
            let here = match token {
                TokenTree::Ident(ident) => {
                    let text = ident.to_string();
                    self.words.push(Word { text: text.clone(), line, after });
                    Some(text)
                }
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    if text.ends_with(['"', '#']) {
                        self.strings.push(Word { text, line, after });
                    }
                    None
                }
                TokenTree::Group(group) => {
                    self.read_words(group.stream());
                    None
                }
                TokenTree::Punct(_) => None,
            };
            after = here;
        }
    }

    /// Collects paths; `before` is what stands before the braces that `tokens` were in.
    fn read_paths(&mut self, tokens: TokenStream, before: &[String]) {
        let mut path: Vec<String> = before.to_vec();
        let mut line = 0;
        let mut colons = if before.is_empty() { 0 } else { 2 };
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.end_path(std::mem::take(&mut path), line);
                    }
                    line = ident.span().start().line;
                    path.push(ident.to_string());
                }
                TokenTree::Group(group) => {
                    let continues = colons == 2 && group.delimiter() == Delimiter::Brace;
                    let before = std::mem::take(&mut path);
                    self.read_paths(group.stream(), if continues { &before } else { &[] });
                    if !continues {
                        self.end_path(before, line);
                    }
                }
                TokenTree::Punct(punct) => {
                    self.end_path(std::mem::take(&mut path), line);
                    // In `use a::{b, c}` every item continues the path.
                    if punct.as_char() == ',' && !before.is_empty() {
                        path = before.to_vec();
                        colons = 2;
                        continue;
                    }
                }
                TokenTree::Literal(_) => self.end_path(std::mem::take(&mut path), line),
            }
            colons = 0;
        }
        self.end_path(path, line);
    }

    fn end_path(&mut self, segments: Vec<String>, line: usize) {
        if segments.len() > 1 {
            self.paths.push(ModulePath { segments, line });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_paths_are_read_and_comments_are_not() {
        let text = r#"
            //! use tauri::nothing;
            use crate::{store::{self, sqlite}, http};
            fn run() { let a = super::domain::Title { year: b"x", name: "SELECT 1" }; a.go(x::Y) }
        "#;
        let source = Source::parse(Path::new("a.rs"), text.to_owned()).unwrap();
        let paths: Vec<_> = source.paths.iter().map(|path| path.segments.join("::")).collect();
        let expected = ["crate::store::self", "crate::store::sqlite", "crate::http", "super::domain::Title", "x::Y"];
        assert_eq!(paths, expected);
        assert!(source.words.iter().all(|word| word.text != "tauri"));
        let run = source.words.iter().find(|word| word.text == "run").unwrap();
        assert_eq!((run.line, run.after.as_deref()), (4, Some("fn")));
        assert_eq!(source.strings.last().unwrap().text, "\"SELECT 1\"");
    }
}
