//! A media file that was probed, and the name of its present content.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::facts::MediaFacts;

/// Names one version of a file's content: short hexadecimal digits, used as a cache folder and in URLs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceKey(String);

impl SourceKey {
    /// Takes up to 64 lower-case hexadecimal digits; `None` for anything else.
    pub fn new(text: &str) -> Option<Self> {
        let hex = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        (hex && (1..=64).contains(&text.len())).then(|| Self(text.to_owned()))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A media file that was probed.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Names the content version.
    pub key: SourceKey,
    /// Where the file is.
    pub path: PathBuf,
    /// What the probe learned.
    pub facts: Arc<MediaFacts>,
}
