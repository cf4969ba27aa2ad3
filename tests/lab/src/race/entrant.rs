//! The players that race, and the files they consist of.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use sha2::{Digest as _, Sha256};

/// A player.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entrant {
    /// Ours, from the wasm file of the watch page.
    Matinee,
    /// hls.js from npm.
    HlsJs,
    /// shaka-player from npm.
    Shaka,
    /// dashjs from npm. It reads no HLS; it gets the same segments through an MPD.
    Dash,
}

/// Where players come from.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    /// The built web page, `ui/dist`.
    pub(super) page: PathBuf,
    /// A `node_modules` folder.
    pub(super) modules: PathBuf,
}

impl Entrant {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Matinee, Self::HlsJs, Self::Shaka, Self::Dash];

    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Matinee => "matinee",
            Self::HlsJs => "hls.js",
            Self::Shaka => "shaka",
            Self::Dash => "dash.js",
        }
    }

    /// The file that brings it into the page.
    pub(super) fn adapter(self) -> &'static str {
        match self {
            Self::Matinee => include_str!("page/matinee.js"),
            Self::HlsJs => include_str!("page/hls.js"),
            Self::Shaka => include_str!("page/shaka.js"),
            Self::Dash => include_str!("page/dash.js"),
        }
    }

    /// What it plays of the presentation whose multivariant playlist this is.
    pub(super) fn address(self, playlist: &str) -> String {
        match self {
            Self::Matinee | Self::HlsJs | Self::Shaka => playlist.to_owned(),
            Self::Dash => playlist.replace("main.m3u8", "main.mpd"),
        }
    }

    /// Its package at npm; ours is in the web page.
    fn package(self) -> Option<Package> {
        match self {
            Self::Matinee => None,
            Self::HlsJs => Some(Package { name: "hls.js", script: "dist/hls.js", asked_as: "hls.js" }),
            Self::Shaka => {
                Some(Package { name: "shaka-player", script: "dist/shaka-player.compiled.js", asked_as: "shaka.js" })
            }
            Self::Dash => {
                Some(Package { name: "dashjs", script: "dist/modern/umd/dash.all.min.js", asked_as: "dash.js" })
            }
        }
    }
}

/// A player at npm.
#[derive(Clone, Copy, Debug)]
struct Package {
    name: &'static str,
    /// The file in it that is the player.
    script: &'static str,
    /// As what its adapter asks for that, below `/player/`.
    asked_as: &'static str,
}

/// Files of the web page that our adapter asks for by plain names, and how the names begin and end that have a hash of the
/// content between.
const HASHED: [(&str, &str, &str); 2] = [("ui.js", "ui-", ".js"), ("ui_bg.wasm", "ui_bg-", ".wasm")];

impl FromStr for Entrant {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let names = Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|entrant| entrant.name() == name)
            .ok_or_else(|| format!("there is no player {name}; there are {names}"))
    }
}

impl Sources {
    /// The file that a page asks for as `/player/NAME`.
    pub(super) fn file(&self, entrant: Entrant, name: &str) -> Option<PathBuf> {
        if let Some(package) = entrant.package() {
            return (name == package.asked_as).then(|| self.modules.join(package.name).join(package.script));
        }
        if let Some((_, begins, ends)) = HASHED.iter().find(|(plain, ..)| *plain == name) {
            return hashed(&self.page, begins, ends);
        }
        let inside = Path::new(name);
        let is_plain = inside.components().all(|part| matches!(part, std::path::Component::Normal(_)));
        Some(self.page.join(inside)).filter(|_| is_plain)
    }

    /// Which version it is; says what to do if it is not there.
    ///
    /// # Errors
    /// When a file is missing.
    pub(super) fn version(&self, entrant: Entrant) -> Result<String> {
        let Some(Package { name: package, script, .. }) = entrant.package() else { return self.our_version() };
        let folder = self.modules.join(package);
        let about = std::fs::read_to_string(folder.join("package.json"));
        let (Ok(about), true) = (about, folder.join(script).is_file()) else {
            bail!(
                "{package} is not in {}: run `npm ci --ignore-scripts` in tests/npm and name its node_modules with \
                 --node-modules",
                self.modules.display()
            );
        };
        let about: serde_json::Value = serde_json::from_str(&about).with_context(|| format!("{package}: no JSON"))?;
        about["version"].as_str().map(str::to_owned).with_context(|| format!("{package} does not say its version"))
    }

    fn our_version(&self) -> Result<String> {
        let wasm = hashed(&self.page, "ui_bg-", ".wasm").with_context(|| {
            format!("the web page is not in {}: run `./x ui`, or name its folder with --page", self.page.display())
        })?;
        let bytes = std::fs::read(&wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
        let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(format!("{} (wasm of /watch, {} kB, sha256 {digest})", env!("CARGO_PKG_VERSION"), bytes.len() / 1_000))
    }
}

/// The file of a folder whose name begins and ends like this.
fn hashed(folder: &Path, begins: &str, ends: &str) -> Option<PathBuf> {
    let fits = |name: &str| name.starts_with(begins) && name.ends_with(ends);
    let files = std::fs::read_dir(folder).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    files.filter(|file| file.file_name().and_then(|name| name.to_str()).is_some_and(fits)).min()
}
