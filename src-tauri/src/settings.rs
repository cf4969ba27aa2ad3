//! What the app remembers between runs, beside what its server keeps.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// The app's own settings; the library and its folders are the server's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Port of the last run, 0 before the first. It is kept while it is free, because what pages store in the
    /// browser belongs to the address.
    pub port: u16,
}

impl Settings {
    /// Reads the settings in `file`; defaults if there are none or they cannot be read.
    pub fn load(file: &Path) -> Self {
        let text = match std::fs::read(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Self::default(),
            Err(error) => {
                tracing::warn!(file = %file.display(), %error, "settings cannot be read; defaults are used");
                return Self::default();
            }
        };
        serde_json::from_slice(&text).unwrap_or_else(|error| {
            tracing::warn!(file = %file.display(), %error, "settings make no sense; defaults are used");
            Self::default()
        })
    }

    /// Writes the settings to `file`, whole or not at all.
    ///
    /// # Errors
    /// The disk's.
    pub fn save(self, file: &Path) -> std::io::Result<()> {
        let text = serde_json::to_vec(&self)?;
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let new = file.with_extension("new");
        std::fs::write(&new, text)?;
        std::fs::rename(new, file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_a_restart_and_damage_gives_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/settings.json");
        assert_eq!(Settings::load(&file), Settings::default());
        Settings { port: 4711 }.save(&file).unwrap();
        assert_eq!(Settings::load(&file), Settings { port: 4711 });
        std::fs::write(&file, b"{\"port\":99999999").unwrap();
        assert_eq!(Settings::load(&file), Settings::default());
    }

    #[test]
    fn settings_of_a_newer_version_are_read_as_far_as_known() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.json");
        std::fs::write(&file, br#"{"port":8000,"tray":true}"#).unwrap();
        assert_eq!(Settings::load(&file), Settings { port: 8000 });
    }
}
