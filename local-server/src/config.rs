//! What the server is told at its start: a TOML file, one struct per section, overruled by the command line.
//!
//! All faults are found and reported together, each with the file and the key it stands at.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::Table;

pub mod http;
pub mod library;
pub mod log;
pub mod storage;
pub mod transcode;

pub use http::HttpConfig;
pub use library::LibraryConfig;
pub use log::{LogConfig, LogFormat};
pub use storage::StorageConfig;
pub use transcode::TranscodeConfig;

/// Everything the server is told at its start.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// `[http]`
    pub http: HttpConfig,
    /// `[storage]`
    pub storage: StorageConfig,
    /// `[library]`
    pub library: LibraryConfig,
    /// `[transcode]`
    pub transcode: TranscodeConfig,
    /// `[log]`
    pub log: LogConfig,
}

/// What the command line says; each overrules the file.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--data`
    pub data: Option<PathBuf>,
    /// `--library`
    pub library: Vec<PathBuf>,
    /// `--listen`
    pub listen: Option<String>,
}

/// One thing that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFault {
    /// The file it stands in, or `command line`.
    pub place: String,
    /// Such as `http.listen`.
    pub key: String,
    /// What is wrong, in words.
    pub problem: String,
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}: {}", self.place, self.key, self.problem)
    }
}

/// The configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", list(faults))]
pub struct ConfigError {
    /// All that is wrong with it.
    pub faults: Vec<ConfigFault>,
}

fn list(faults: &[ConfigFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Collects faults of one place.
pub struct Faults {
    place: String,
    found: Vec<ConfigFault>,
}

impl Faults {
    fn of(place: impl Into<String>) -> Self {
        Self { place: place.into(), found: Vec::new() }
    }

    /// Notes that the value at `key` is wrong.
    pub fn push(&mut self, key: &str, problem: impl Into<String>) {
        self.found.push(ConfigFault { place: self.place.clone(), key: key.to_owned(), problem: problem.into() });
    }

    /// Notes that `value` is not within `range`.
    pub fn range(&mut self, key: &str, value: impl fmt::Display, range: &str) {
        self.push(key, format!("{value} is not in {range}"));
    }
}

impl Config {
    /// Reads the file, if there is one, and applies the command line. Whether library folders exist is not looked at
    /// here: a folder that was part of the library before may be away for a while.
    ///
    /// # Errors
    /// With every fault of the file and of the command line.
    pub fn load(file: Option<&Path>, overrides: Overrides) -> Result<Self, ConfigError> {
        let mut faults = Faults::of(file.map_or_else(|| "command line".to_owned(), |file| file.display().to_string()));
        let mut config = file.map_or_else(Self::default, |file| Self::read(file, &mut faults));
        config.validate(&mut faults);

        let mut said = Faults::of("command line");
        if let Some(listen) = overrides.listen {
            match http::parse_listen(&listen) {
                Ok(address) => config.http.listen = address,
                Err(problem) => said.push("--listen", problem),
            }
        }
        if let Some(data) = overrides.data {
            config.storage.data = Some(data);
        }
        if !overrides.library.is_empty() {
            config.library.folders = overrides.library;
        }
        if config.storage.data.is_none() {
            said.push(
                "--data",
                "a folder for the server's own data must be named, here or as storage.data in the file",
            );
        }
        faults.found.append(&mut said.found);
        if faults.found.is_empty() { Ok(config) } else { Err(ConfigError { faults: faults.found }) }
    }

    fn read(file: &Path, faults: &mut Faults) -> Self {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => {
                faults.push("file", format!("cannot be read: {error}"));
                return Self::default();
            }
        };
        let mut table: Table = match toml::from_str(&text) {
            Ok(table) => table,
            Err(error) => {
                let line = error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
                faults.push(&format!("line {line}"), error.message());
                return Self::default();
            }
        };
        let config = Self {
            http: section(&mut table, "http", faults),
            storage: section(&mut table, "storage", faults),
            library: section(&mut table, "library", faults),
            transcode: section(&mut table, "transcode", faults),
            log: section(&mut table, "log", faults),
        };
        for key in table.keys() {
            faults.push(key, "there is no such section; there are http, storage, library, transcode and log");
        }
        config
    }

    /// Checks every value that has a range or a rule.
    fn validate(&self, faults: &mut Faults) {
        self.http.validate(faults);
        self.library.validate(faults);
        self.transcode.validate(faults);
    }
}

/// Reads one section. Each key is tried alone first, so that every wrong one is reported and not just the first.
fn section<S: Default + DeserializeOwned>(table: &mut Table, name: &str, faults: &mut Faults) -> S {
    let entries = match table.remove(name) {
        None => return S::default(),
        Some(toml::Value::Table(entries)) => entries,
        Some(other) => {
            faults.push(name, format!("must be a section, [{name}], and is a {}", other.type_str()));
            return S::default();
        }
    };
    let mut good = Table::new();
    for (key, value) in entries {
        let alone = Table::from_iter([(key.clone(), value.clone())]);
        match alone.try_into::<S>() {
            Ok(_) => drop(good.insert(key, value)),
            Err(error) => faults.push(&format!("{name}.{key}"), error.message().trim_end()),
        }
    }
    good.try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests;
