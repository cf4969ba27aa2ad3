//! Structured logs on stderr.

use std::io::IsTerminal as _;

use local_server::config::{LogConfig, LogFormat};
use tracing_subscriber::EnvFilter;

/// Overrules the configured level.
const VARIABLE: &str = "MATINEE_LOG";

/// Starts logging; the first call of a process counts.
pub(crate) fn start(config: &LogConfig) {
    let level = std::env::var(VARIABLE).unwrap_or_else(|_| config.level.clone());
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let terminal = std::io::stderr().is_terminal();
    let json = match config.format {
        LogFormat::Auto => !terminal,
        LogFormat::Json => true,
        LogFormat::Text => false,
    };
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(terminal);
    let started = if json { lines.json().flatten_event(true).try_init() } else { lines.try_init() };
    drop(started);
}
