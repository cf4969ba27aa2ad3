//! `[library]`: which folders, and how they are looked after.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::Faults;

/// Section `[library]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LibraryConfig {
    /// Folders with films; they must exist when they are first named. Folders added on the page come on top.
    pub folders: Vec<PathBuf>,
    /// Files probed at one time; 1–16, default 2.
    pub probes: usize,
    /// Whether posters are grabbed from films; default true.
    pub posters: bool,
    /// Whether folders are watched for changes; default true. Off, or where the system does not allow it, they are
    /// looked at every `poll_s`.
    pub watch: bool,
    /// Seconds between looks at folders that are not watched; 5–86,400, default 30.
    pub poll_s: u64,
    /// Milliseconds of quiet after a change before a folder is looked at; 50–60,000, default 2,000.
    pub settle_ms: u64,
}

impl Default for LibraryConfig {
    fn default() -> Self {
        Self { folders: Vec::new(), probes: 2, posters: true, watch: true, poll_s: 30, settle_ms: 2_000 }
    }
}

impl LibraryConfig {
    pub(super) fn validate(&self, faults: &mut Faults) {
        if !(1..=16).contains(&self.probes) {
            faults.range("library.probes", self.probes, "1..=16");
        }
        if !(5..=86_400).contains(&self.poll_s) {
            faults.range("library.poll_s", self.poll_s, "5..=86400");
        }
        if !(50..=60_000).contains(&self.settle_ms) {
            faults.range("library.settle_ms", self.settle_ms, "50..=60000");
        }
    }

    /// Quiet after a change before a folder is looked at.
    pub fn settle(&self) -> Duration {
        Duration::from_millis(self.settle_ms)
    }

    /// Time between looks at folders that are not watched.
    pub fn poll(&self) -> Duration {
        Duration::from_secs(self.poll_s)
    }
}
