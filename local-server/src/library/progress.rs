//! What the library shows of its work.

use std::path::PathBuf;
use std::time::SystemTime;

use crate::domain::FolderTrouble;

/// What is going on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// What the scan does now.
    pub phase: Phase,
    /// Files seen by this scan, or by the last one.
    pub seen: u64,
    /// Files probed by it.
    pub probed: u64,
    /// Files it has to probe, as far as known.
    pub to_probe: u64,
    /// The folders in use.
    pub folders: Vec<FolderState>,
    /// When the last scan ended.
    pub finished: Option<SystemTime>,
    /// Why the last scan stopped before its end, in a sentence.
    pub stopped: Option<String>,
    /// Scans that ended since the server was started, for whoever waits for one.
    pub scans: u64,
}

/// What a scan does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nothing.
    #[default]
    Idle,
    /// Names and sizes.
    Walking,
    /// What is in the files.
    Probing,
}

/// A folder and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderState {
    /// Where it is.
    pub path: PathBuf,
    /// What is wrong.
    pub trouble: Option<FolderTrouble>,
}
