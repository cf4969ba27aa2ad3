//! The recorded networks and movies that plays are reckoned on, and the rules that play.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use media_model::MediaDuration;
use player_core::abr::Rule;
use player_lab::simulate::field::{self, NamedTrace, Row, Summary};
use player_lab::simulate::{Movie, Progress, Setup, simulate};
use player_lab::trace::{Format, Trace};

use super::published::{self, Published};

/// The rules that ours is compared with: the classics in the configurations that lead somewhere, and `lowest`, which tells
/// how much stalling nobody can avoid.
const OTHERS: [&str; 17] = [
    "throughput",
    "throughput-sw",
    "bola",
    "bola-e",
    "bola-e-sw",
    "bola-e-u",
    "bola-e-u-sw",
    "bola-e-fs",
    "bola-e-fs-sw",
    "dynamic",
    "dynamic-u",
    "dynamic-u-sw",
    "dynamic-fs",
    "dynamic-dash",
    "robust-mpc",
    "bba",
    LOWEST,
];
pub(super) const LOWEST: &str = "lowest";

/// A set of networks that were recorded together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Set {
    ThreeG,
    FourG,
    Sd,
    Hd,
}

impl Set {
    pub(super) const ALL: [Self; 4] = [Self::ThreeG, Self::FourG, Self::Sd, Self::Hd];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ThreeG => "3G",
            Self::FourG => "4G",
            Self::Sd => "SD",
            Self::Hd => "HD",
        }
    }

    /// Its folder in Sabre's example data, and how a file's name begins that lies beside those of others.
    fn marks(self) -> (&'static str, &'static str) {
        match self {
            Self::ThreeG => ("3Glogs", "3g-"),
            Self::FourG => ("4Glogs", "4g-"),
            Self::Sd => ("sd_fs", "sd-"),
            Self::Hd => ("hd_fs", "hd-"),
        }
    }

    /// How many of it are public. Goals in figures are goals on exactly these.
    fn public(self) -> usize {
        match self {
            Self::ThreeG => 52,
            Self::FourG => 24,
            Self::Sd | Self::Hd => 600,
        }
    }

    pub(super) fn film(self) -> Film {
        match self {
            Self::ThreeG | Self::Sd => Film::Bbb,
            Self::FourG | Self::Hd => Film::Bbb4k,
        }
    }

    /// The first minutes only, where the step is what matters.
    pub(super) fn length(self) -> Option<Duration> {
        match self {
            Self::ThreeG | Self::FourG => None,
            Self::Sd | Self::Hd => Some(Duration::from_secs(180)),
        }
    }

    /// Ramp-up ends with this rung.
    pub(super) fn ramp_rung(self) -> Option<usize> {
        match self {
            Self::ThreeG | Self::FourG => None,
            Self::Sd => Some(9),
            Self::Hd => Some(4),
        }
    }
}

/// A movie of Sabre's example data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Film {
    Bbb,
    Bbb4k,
}

/// Networks and movies.
#[derive(Debug)]
pub struct Networks {
    sets: BTreeMap<Set, Vec<NamedTrace>>,
    films: BTreeMap<Film, Movie>,
    published: Published,
}

/// What is played, apart from who plays.
pub(super) struct Round<'a> {
    pub(super) traces: &'a [NamedTrace],
    pub(super) movie: &'a Movie,
    pub(super) max_buffer: MediaDuration,
    pub(super) length: Option<Duration>,
    pub(super) ramp_rung: Option<usize>,
    pub(super) sizes: bool,
    pub(super) progress: Progress,
}

impl Networks {
    /// Reads those in a folder, which is laid out like Sabre's example data: traces in folders `3Glogs`, `4Glogs`, `sd_fs` and
    /// `hd_fs`, movies called `bbb.json` and `bbb4k.json`; and what others get on them, where it is told.
    ///
    /// # Errors
    /// When something is missing in it or cannot be read.
    pub fn read(folder: &Path) -> Result<Self> {
        let files = field::files_below(folder).with_context(|| format!("cannot read {}", folder.display()))?;
        let (mut sets, mut films) = (BTreeMap::<Set, Vec<_>>::new(), BTreeMap::new());
        for file in files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "json")) {
            let text = || std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()));
            if let Some(film) = film_of(file) {
                films.insert(film, Movie::read(&text()?).with_context(|| format!("movie {}", file.display()))?);
            } else if let Some(set) = set_of(file) {
                let trace = Trace::read(Format::Sabre, &text()?, Duration::from_millis(20));
                let trace = trace.with_context(|| format!("trace {}", file.display()))?;
                let name = file.strip_prefix(folder).unwrap_or(file).display().to_string();
                sets.entry(set).or_default().push(NamedTrace { name, trace });
            }
        }
        let is_whole = sets.len() == Set::ALL.len() && films.len() == 2;
        ensure!(
            is_whole,
            "{} lacks some of the folders 3Glogs, 4Glogs, sd_fs, hd_fs, or of the movies bbb.json and bbb4k.json",
            folder.display()
        );
        let told = files.iter().find(|file| file.file_name().is_some_and(|name| name == published::FILE));
        let published = told.map_or_else(|| Ok(Published::default()), |file| Published::read(file))?;
        Ok(Self { sets, films, published })
    }

    /// The handful that is in the tree.
    ///
    /// # Errors
    /// When the tree is not where it was built.
    pub fn in_tree() -> Result<Self> {
        Self::read(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/traces"))
    }

    /// How many there are, for a reader.
    pub fn describe(&self) -> String {
        let sets = self.sets.iter().map(|(set, traces)| format!("{} {}", traces.len(), set.name()));
        sets.collect::<Vec<_>>().join(", ")
    }

    /// Whether these are the public ones, of which goals speak.
    pub(super) fn is_public(&self, set: Set) -> bool {
        self.of(set).len() == set.public()
    }

    /// What others, who are not in the tree, get.
    pub(super) fn published(&self) -> &Published {
        &self.published
    }

    pub(super) fn of(&self, set: Set) -> &[NamedTrace] {
        self.sets.get(&set).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn film(&self, film: Film) -> &Movie {
        &self.films[&film]
    }
}

fn film_of(file: &Path) -> Option<Film> {
    match file.file_stem()?.to_str()?.trim_start_matches("movie-") {
        "bbb" => Some(Film::Bbb),
        "bbb4k" => Some(Film::Bbb4k),
        _ => None,
    }
}

fn set_of(file: &Path) -> Option<Set> {
    let name = file.file_name()?.to_str()?;
    let is_of = |set: &Set| {
        let (folder, prefix) = set.marks();
        name.starts_with(prefix) || file.iter().any(|part| part == folder)
    };
    Set::ALL.into_iter().find(is_of)
}

impl Round<'_> {
    /// Plays ours.
    pub(super) fn play_ours(&self) -> Vec<Row> {
        self.play(&[Rule::Matinee])
    }

    /// Plays the others.
    pub(super) fn play_others(&self) -> Vec<Row> {
        self.play(&OTHERS.map(|name| name.parse().expect("the names are those of rules")))
    }

    fn play(&self, rules: &[Rule]) -> Vec<Row> {
        let segment = self.movie.segment().to_std();
        let most = |length: Duration| usize::try_from(length.as_millis() / segment.as_millis().max(1)).unwrap_or(1);
        let setup = |rule: &Rule| Setup {
            rule: *rule,
            max_buffer: self.max_buffer,
            max_segments: self.length.map(most),
            ramp_rung: self.ramp_rung,
            sizes: self.sizes,
            progress: self.progress,
        };
        let setups: Vec<_> = rules.iter().map(setup).collect();
        field::play_all(self.traces, &setups, |trace, setup| simulate(&trace.trace, self.movie, setup))
    }
}

/// The best of the others by mean QoE: its name and that.
pub(super) fn best(others: &[Summary]) -> (&str, f64) {
    let rivals = others.iter().filter(|one| one.abr != LOWEST);
    let best = rivals.max_by(|one, other| one.mean.qoe.total_cmp(&other.mean.qoe));
    best.map_or(("nobody", f64::NEG_INFINITY), |one| (one.abr.as_str(), one.mean.qoe))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_has_a_few_of_every_set() {
        let networks = Networks::in_tree().unwrap();
        assert_eq!(networks.describe(), "3 3G, 1 4G, 1 SD, 1 HD");
        assert!(Set::ALL.into_iter().all(|set| !networks.is_public(set)));
        assert!(OTHERS.iter().all(|name| name.parse::<Rule>().is_ok()));
    }

    #[test]
    fn a_folder_without_them_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("bbb.json"), "[]").unwrap();
        assert!(
            format!("{:#}", Networks::read(folder.path()).unwrap_err()).contains("bbb.json: not {segment_duration")
        );
        std::fs::remove_file(folder.path().join("bbb.json")).unwrap();
        assert!(Networks::read(folder.path()).unwrap_err().to_string().contains("lacks some of the folders 3Glogs"));
    }
}
