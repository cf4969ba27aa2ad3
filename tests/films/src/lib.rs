//! The films that tests, benches and the demo play, made with GStreamer.
//!
//! Each film moves, carries its own clock ([`crate::timecode`]) and a tone of its own on every audio track. They are
//! made once: a film that is there is kept. This is the only part of the tests that uses GStreamer.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

mod broken;
mod films;
mod mp4;
mod pipeline;
mod scene;
mod sound;
pub mod timecode;

pub use broken::{BROKEN, Broken, Fault};
pub use films::{FILMS, Film, Pictures, Timing, Tone};

/// Counts up when a film changes, so that folders made by an older version are not taken for this one.
const EDITION: u32 = 3;

/// Films made at once. Each uses more than one thread, so two keep four cores busy without exhausting two.
const AT_ONCE: usize = 2;

/// How making the films goes on.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// The file is there from an earlier run.
    Kept(&'a str),
    /// The file has been made.
    Made {
        /// Its place in the folder.
        path: &'a str,
        /// Its size in bytes.
        bytes: u64,
        /// How long it took.
        took: Duration,
    },
}

/// Makes every film and every broken file that is missing in `folder`.
///
/// # Errors
/// When GStreamer or one of its plug-ins is missing, or the folder cannot be written.
pub fn make_all(folder: &Path, progress: &(dyn Fn(Progress<'_>) + Sync)) -> Result<()> {
    make_some(folder, |_| true, progress)
}

/// Makes the films and broken files that are missing in `folder` and whose title `wanted` accepts.
///
/// # Errors
/// See [`make_all`].
pub fn make_some(folder: &Path, wanted: impl Fn(&str) -> bool, progress: &(dyn Fn(Progress<'_>) + Sync)) -> Result<()> {
    gstreamer::init().context("GStreamer does not start")?;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    // Others who want the same films wait for these rather than make them again.
    let lock = std::fs::File::open(folder)?;
    lock.lock()?;
    let todo: VecDeque<&Film> = FILMS.iter().filter(|film| wanted(film.title)).collect();
    let todo = Mutex::new(todo);
    let next = || todo.lock().expect("no film panics while it holds the list").pop_front();
    std::thread::scope(|scope| {
        let makers: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    while let Some(film) = next() {
                        make_one(folder, film.path, progress, |part| pipeline::run(film, part))?;
                    }
                    Ok(())
                })
            })
            .collect();
        makers.into_iter().try_for_each(|maker| maker.join().expect("makers do not panic"))
    })?;
    BROKEN.iter().filter(|broken| wanted(broken.title)).try_for_each(|broken| {
        make_one(folder, broken.path, progress, |part| Ok(std::fs::write(part, broken.bytes(folder)?)?))
    })
}

/// Makes one file under a temporary name and renames it, so that half a film is never found.
fn make_one(
    folder: &Path,
    path: &str,
    progress: &(dyn Fn(Progress<'_>) + Sync),
    make: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    let target = folder.join(path);
    if target.exists() {
        progress(Progress::Kept(path));
        return Ok(());
    }
    let begun = Instant::now();
    let parent = target.parent().context("films lie in a folder")?;
    std::fs::create_dir_all(parent).with_context(|| format!("cannot write to {}", parent.display()))?;
    let part = tempfile::Builder::new().prefix(".making-").tempfile_in(parent)?.into_temp_path();
    make(&part)?;
    let bytes = std::fs::metadata(&part)?.len();
    part.persist(&target)?;
    // Temporary files are private; films are for whoever the server runs as.
    #[cfg(unix)]
    std::fs::set_permissions(&target, std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    progress(Progress::Made { path, bytes, took: begun.elapsed() });
    Ok(())
}

/// The folder of films that tests and benches share, made now if need be: in the user's cache folder, one per edition.
///
/// # Errors
/// See [`make_all`].
pub fn films() -> Result<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))
        .unwrap_or_else(std::env::temp_dir);
    films_in(&cache.join("matinee").join(format!("films-{EDITION}")))
}

/// The films in `folder`, made now if need be.
///
/// # Errors
/// See [`make_all`].
pub fn films_in(folder: &Path) -> Result<PathBuf> {
    make_all(folder, &|_| {})?;
    Ok(folder.to_owned())
}

/// The film of one minute in a folder of films.
///
/// # Errors
/// When it is not there.
pub fn long_take(films: &Path) -> Result<PathBuf> {
    let film = films.join("The Long Take (2021).mp4");
    anyhow::ensure!(film.exists(), "{} is missing", film.display());
    Ok(film)
}

/// The film of this title.
///
/// # Panics
/// When there is none: titles in tests are constants.
#[must_use]
pub fn film(title: &str) -> &'static Film {
    FILMS.iter().find(|film| film.title == title).unwrap_or_else(|| panic!("there is no film {title}"))
}
