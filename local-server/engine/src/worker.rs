//! The media worker: a process of its own in which everything that touches GStreamer runs.

use std::ffi::OsString;
use std::path::PathBuf;

/// How to start a media worker: the running executable again, with the argument that makes it one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerCommand {
    /// The executable.
    pub program: PathBuf,
    /// Its arguments, such as `media-worker`.
    pub arguments: Vec<OsString>,
}

impl WorkerCommand {
    /// The running executable with `media-worker` as its only argument.
    ///
    /// # Errors
    /// When the system does not tell where the executable is.
    pub fn current_exe() -> std::io::Result<Self> {
        Ok(Self { program: std::env::current_exe()?, arguments: vec!["media-worker".into()] })
    }
}

/// Runs this process as a media worker until its job is done or its parent is gone.
pub fn worker_main() -> std::process::ExitCode {
    todo!()
}
