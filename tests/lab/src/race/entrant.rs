//! The players that race, and the files they consist of.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest as _, Sha256};

/// The name of our player.
pub(super) const OURS: &str = "matinee";

/// A player.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entrant {
    /// Ours, from the wasm file of the watch page.
    Matinee,
    /// hls.js from npm.
    HlsJs,
    /// shaka-player from npm.
    Shaka,
    /// dashjs from npm. It reads no HLS; it gets the same segments through an MPD.
    Dash,
    /// One that the user brings.
    Own(Adapter),
}

/// A file like those in `race/page`, which brings a player into the page. What it asks for as `/player/NAME` is beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adapter {
    /// The file's name with its ending, which no other player has.
    name: String,
    file: PathBuf,
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
    /// Those that need no file of the user's.
    pub const KNOWN: [Self; 4] = [Self::Matinee, Self::HlsJs, Self::Shaka, Self::Dash];

    /// As on the command line.
    pub fn name(&self) -> &str {
        match self {
            Self::Matinee => OURS,
            Self::HlsJs => "hls.js",
            Self::Shaka => "shaka",
            Self::Dash => "dash.js",
            Self::Own(adapter) => &adapter.name,
        }
    }

    /// The file that brings it into the page.
    ///
    /// # Errors
    /// When the user's cannot be read.
    pub(super) fn adapter(&self) -> Result<Cow<'static, str>> {
        Ok(match self {
            Self::Matinee => include_str!("page/matinee.js").into(),
            Self::HlsJs => include_str!("page/hls.js").into(),
            Self::Shaka => include_str!("page/shaka.js").into(),
            Self::Dash => include_str!("page/dash.js").into(),
            Self::Own(Adapter { file, .. }) => {
                std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?.into()
            }
        })
    }

    /// What it plays of the presentation whose multivariant playlist this is.
    pub(super) fn address(&self, playlist: &str) -> String {
        match self {
            Self::Matinee | Self::HlsJs | Self::Shaka | Self::Own(_) => playlist.to_owned(),
            Self::Dash => playlist.replace("main.m3u8", "main.mpd"),
        }
    }

    /// Its package at npm; ours is in the web page.
    fn package(&self) -> Option<Package> {
        match self {
            Self::Matinee | Self::Own(_) => None,
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

    fn from_str(named: &str) -> Result<Self, String> {
        if let Some(known) = Self::KNOWN.into_iter().find(|known| known.name() == named) {
            return Ok(known);
        }
        let file = PathBuf::from(named);
        let is_script = file.extension().is_some_and(|ending| ending == "js" || ending == "mjs");
        let Some(name) = file.file_name().and_then(|name| name.to_str()).filter(|_| is_script) else {
            let names: Vec<_> = Self::KNOWN.iter().map(|known| known.name().to_owned()).collect();
            return Err(format!(
                "there is no player {named}; there are {}, and adapter files that end with .js",
                names.join(", ")
            ));
        };
        if Self::KNOWN.iter().any(|known| known.name() == name) {
            return Err(format!("{named}: {name} is a player's name here already; name the file otherwise"));
        }
        Ok(Self::Own(Adapter { name: name.to_owned(), file: file.clone() }))
    }
}

impl Sources {
    /// The file that a page asks for as `/player/NAME`.
    pub(super) fn file(&self, entrant: &Entrant, name: &str) -> Option<PathBuf> {
        let inside = Path::new(name);
        let below = |folder: &Path| {
            let is_plain = inside.components().all(|part| matches!(part, std::path::Component::Normal(_)));
            Some(folder.join(inside)).filter(|_| is_plain)
        };
        match (entrant, entrant.package()) {
            (_, Some(package)) => {
                (name == package.asked_as).then(|| self.modules.join(package.name).join(package.script))
            }
            (Entrant::Own(adapter), _) => below(adapter.file.parent()?),
            (_, None) => match HASHED.iter().find(|(plain, ..)| *plain == name) {
                Some((_, begins, ends)) => hashed(&self.page, begins, ends),
                None => below(&self.page),
            },
        }
    }

    /// Which version it is; says what to do if it is not there.
    ///
    /// # Errors
    /// When a file is missing.
    pub(super) fn version(&self, entrant: &Entrant) -> Result<String> {
        if let Entrant::Own(adapter) = entrant {
            let text = entrant.adapter()?;
            let exports = |name: &str| text.contains("export") && text.contains(name);
            ensure!(
                exports("prepare") && exports("load"),
                "{} is no adapter: it exports prepare(video) and load(video, url, failed), as those in \
                 tests/lab/src/race/page do",
                adapter.file.display()
            );
            return Ok(format!("of one's own, sha256 {}", digest(text.as_bytes())));
        }
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
        let (kilobytes, digest) = (bytes.len() / 1_000, digest(&bytes));
        Ok(format!("{} (wasm of /watch, {kilobytes} kB, sha256 {digest})", env!("CARGO_PKG_VERSION")))
    }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The file of a folder whose name begins and ends like this.
fn hashed(folder: &Path, begins: &str, ends: &str) -> Option<PathBuf> {
    let fits = |name: &str| name.starts_with(begins) && name.ends_with(ends);
    let files = std::fs::read_dir(folder).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    files.filter(|file| file.file_name().and_then(|name| name.to_str()).is_some_and(fits)).min()
}
