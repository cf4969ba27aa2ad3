//! Scenarios that are built in, each a file in `presets/`: a list to choose from, and examples to begin with.

use std::path::Path;

use crate::scenario::Scenario;

/// A built-in scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// What it is called.
    pub name: &'static str,
    /// Its file, to be copied and changed.
    pub text: &'static str,
}

macro_rules! presets {
    ($($name:literal),* $(,)?) => {
        &[$(Preset { name: $name, text: include_str!(concat!("../presets/", $name, ".toml")) }),*]
    };
}

/// All of them, simple networks first, then faults, live streams and other content.
pub const PRESETS: &[Preset] = presets![
    "lan-200",
    "wifi-20",
    "dsl-5",
    "slow-2",
    "steady-8",
    "step-8",
    "gigabit",
    "edge-0.3",
    "satellite",
    "lte-train",
    "hotel-wifi",
    "tunnel",
    "ramp-up",
    "sawtooth",
    "jitter",
    "handshakes",
    "two-connections",
    "per-client-8",
    "per-connection-3",
    "flaky-503",
    "too-many-requests",
    "resets",
    "cut-replies",
    "short-files",
    "corrupt",
    "slow-first-byte",
    "frozen-download",
    "wrong-types",
    "missing-segments",
    "missing-rung",
    "playlists-fail",
    "offline-and-back",
    "expired-tokens",
    "live",
    "live-long",
    "live-short",
    "live-stale",
    "live-backward",
    "live-frozen",
    "live-edge-404",
    "live-clock",
    "languages",
    "varying-sizes",
    "long-segments",
    "short-segments",
    "bytes",
    "many-rungs",
    "bad-day",
];

/// The scenario of this name.
pub fn preset(name: &str) -> Option<Scenario> {
    PRESETS.iter().find(|preset| preset.name == name).map(Preset::scenario)
}

impl Preset {
    /// The scenario.
    pub fn scenario(&self) -> Scenario {
        Scenario::read(self.text, Path::new(".")).expect("a test reads every preset")
    }
}

/// The list of all presets for people, as a Markdown table.
pub fn list() -> String {
    let row = |preset: &Preset| format!("| `{}` | {} |\n", preset.name, preset.scenario().description);
    let rows: String = PRESETS.iter().map(row).collect();
    format!("| preset | what it is |\n|---|---|\n{rows}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_reads_and_says_what_it_is() {
        for preset in PRESETS {
            let scenario =
                Scenario::read(preset.text, Path::new(".")).unwrap_or_else(|error| panic!("{}: {error}", preset.name));
            assert!(scenario.description.ends_with(['.', '?']), "{}", preset.name);
        }
        assert!(PRESETS.len() >= 30);
        assert!(preset("no-such").is_none());
    }

    #[test]
    fn every_file_of_the_folder_is_listed() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("presets");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        files.sort_unstable();
        let mut listed: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
        listed.sort_unstable();
        assert_eq!(files, listed);
    }
}
