//! The shelf: every title the server told us of, what the scan does, and what of it a page should show.

use std::collections::BTreeMap;
use std::sync::Arc;

use server_api::{LibraryEvent, LibraryFolder, Movie, MovieStatus, Scan, ScanPhase};

/// All titles and the state of the library.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Shelf {
    movies: BTreeMap<String, Arc<Movie>>,
    scan: Option<Scan>,
    loaded: bool,
}

/// What the library page should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Nothing is known yet.
    Loading,
    /// The scan runs and has found nothing so far.
    FirstScan,
    /// There is nothing, and no folder to look in.
    NoFolder,
    /// There are folders and nothing in them.
    NoFilms,
    /// There are titles.
    Posters,
}

/// What is wrong with a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FolderProblem {
    /// Its path.
    pub(crate) path: String,
    /// What is wrong.
    pub(crate) sentence: String,
    /// Films are missing that the server keeps until somebody says that they are gone for good.
    pub(crate) may_forget: bool,
}

/// How far a scan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Reads names; this many files so far.
    Walking { seen: u64 },
    /// Reads contents.
    Probing { done: u64, of: u64 },
}

impl Shelf {
    /// Takes titles of a list.
    pub(crate) fn add(&mut self, movies: Vec<Movie>) {
        for movie in movies {
            self.movies.insert(movie.id.clone(), Arc::new(movie));
        }
    }

    /// Starts over with a complete list, dropping what is not in it.
    pub(crate) fn replace(&mut self, movies: Vec<Movie>) {
        self.movies.clear();
        self.add(movies);
        self.loaded = true;
    }

    /// Takes what the scan does.
    pub(crate) fn set_scan(&mut self, scan: Scan) {
        self.scan = Some(scan);
    }

    /// Takes news from the server.
    pub(crate) fn apply(&mut self, event: LibraryEvent) {
        match event {
            LibraryEvent::Scan(scan) => self.set_scan(scan),
            LibraryEvent::Movie(movie) => self.add(vec![movie]),
            LibraryEvent::MovieRemoved { id } => {
                self.movies.remove(&id);
            }
        }
    }

    /// What the page should be.
    pub(crate) fn look(&self) -> Look {
        match () {
            () if !self.movies.is_empty() => Look::Posters,
            () if !self.loaded => Look::Loading,
            () if self.progress().is_some() => Look::FirstScan,
            () if self.scan.as_ref().is_some_and(|scan| !scan.folders.is_empty()) => Look::NoFilms,
            () => Look::NoFolder,
        }
    }

    /// How far the scan is, while one runs.
    pub(crate) fn progress(&self) -> Option<Progress> {
        let scan = self.scan.as_ref()?;
        match scan.phase {
            ScanPhase::Idle => None,
            ScanPhase::Walking => Some(Progress::Walking { seen: scan.files_seen }),
            ScanPhase::Probing => Some(Progress::Probing { done: scan.files_probed, of: scan.files_to_probe }),
        }
    }

    /// Folders with which something is wrong.
    pub(crate) fn folder_problems(&self) -> Vec<FolderProblem> {
        let folders = self.scan.iter().flat_map(|scan| &scan.folders);
        let problem = |folder: &LibraryFolder| {
            let problem = folder.problem.as_ref()?;
            let may_forget = problem.code == "much_missing";
            Some(FolderProblem { path: folder.path.clone(), sentence: problem.detail.clone(), may_forget })
        };
        folders.filter_map(problem).collect()
    }

    /// Why the last scan stopped before its end.
    pub(crate) fn scan_problem(&self) -> Option<String> {
        Some(self.scan.as_ref()?.problem.as_ref()?.detail.clone())
    }

    /// Titles that play or may play, matching `query`, in the order of a shelf.
    pub(crate) fn playable(&self, query: &str) -> Vec<Arc<Movie>> {
        self.sorted(query, |status| status != MovieStatus::Unplayable)
    }

    /// Titles that cannot be played, matching `query`.
    pub(crate) fn unplayable(&self, query: &str) -> Vec<Arc<Movie>> {
        self.sorted(query, |status| status == MovieStatus::Unplayable)
    }

    fn sorted(&self, query: &str, wanted: impl Fn(MovieStatus) -> bool) -> Vec<Arc<Movie>> {
        let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
        let mut found: Vec<_> = self
            .movies
            .values()
            .filter(|movie| wanted(movie.status) && matches(movie, &words))
            .map(|movie| (shelf_key(&movie.title), movie.year, Arc::clone(movie)))
            .collect();
        found.sort_by(|(key, year, movie), (other_key, other_year, other)| {
            (key, year, &movie.id).cmp(&(other_key, other_year, &other.id))
        });
        found.into_iter().map(|(_, _, movie)| movie).collect()
    }
}

/// Whether every word is found in the title or the year.
fn matches(movie: &Movie, words: &[String]) -> bool {
    let mut text = movie.title.to_lowercase();
    if let Some(year) = movie.year {
        text.push_str(&format!(" {year}"));
    }
    words.iter().all(|word| text.contains(word.as_str()))
}

/// Where a title stands: without its article, lower case, numbers by value ("Part 2" before "Part 10").
fn shelf_key(title: &str) -> Vec<KeyPart> {
    let lower = title.trim().to_lowercase();
    let bare = ["the ", "a ", "an "].iter().find_map(|article| lower.strip_prefix(article)).unwrap_or(&lower);
    let mut parts: Vec<KeyPart> = Vec::new();
    for character in bare.chars() {
        match (character.to_digit(10), parts.last_mut()) {
            (Some(digit), Some(KeyPart::Number(number))) => {
                *number = number.saturating_mul(10).saturating_add(u64::from(digit));
            }
            (Some(digit), Some(KeyPart::Text(_)) | None) => parts.push(KeyPart::Number(u64::from(digit))),
            (None, Some(KeyPart::Text(text))) => text.push(character),
            (None, Some(KeyPart::Number(_)) | None) => parts.push(KeyPart::Text(character.to_string())),
        }
    }
    parts
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum KeyPart {
    Number(u64),
    Text(String),
}

#[cfg(test)]
mod tests {
    use super::*;
    use server_api::LibraryFolder;

    fn movie(id: &str, title: &str, status: MovieStatus) -> Movie {
        Movie {
            id: id.into(),
            title: title.into(),
            year: Some(2019),
            duration_s: None,
            poster: None,
            poster_hash: None,
            status,
            problem: None,
            added_at: "2026-01-01T00:00:00Z".into(),
        }
    }

    fn scan(phase: ScanPhase, folders: usize) -> Scan {
        let folder = LibraryFolder { path: "/films".into(), problem: None };
        Scan {
            phase,
            files_seen: 12,
            files_probed: 3,
            files_to_probe: 12,
            folders: vec![folder; folders],
            finished_at: None,
            problem: None,
        }
    }

    fn titles(movies: &[Arc<Movie>]) -> Vec<&str> {
        movies.iter().map(|movie| movie.title.as_str()).collect()
    }

    #[test]
    fn titles_stand_without_their_article_and_with_numbers_by_value() {
        let mut shelf = Shelf::default();
        for (id, title) in [("1", "Part 10"), ("2", "The Apartment"), ("3", "part 2"), ("4", "Brazil"), ("5", "8½")] {
            shelf.add(vec![movie(id, title, MovieStatus::Ready)]);
        }
        assert_eq!(titles(&shelf.playable("")), ["8½", "The Apartment", "Brazil", "part 2", "Part 10"]);
    }

    #[test]
    fn a_search_wants_every_word_in_any_case() {
        let mut shelf = Shelf::default();
        shelf.add(vec![
            movie("1", "The Third Man", MovieStatus::Ready),
            movie("2", "Third Row", MovieStatus::Pending),
            movie("3", "Man, broken", MovieStatus::Unplayable),
        ]);
        assert_eq!(titles(&shelf.playable("man THIRD")), ["The Third Man"]);
        assert_eq!(titles(&shelf.playable("2019 third")).len(), 2);
        assert_eq!(titles(&shelf.unplayable("man")), ["Man, broken"]);
        assert!(shelf.playable("nothing").is_empty());
    }

    #[test]
    fn the_page_says_what_is_the_matter_with_an_empty_shelf() {
        let mut shelf = Shelf::default();
        assert_eq!(shelf.look(), Look::Loading);
        shelf.replace(Vec::new());
        assert_eq!(shelf.look(), Look::NoFolder);
        shelf.set_scan(scan(ScanPhase::Walking, 1));
        assert_eq!((shelf.look(), shelf.progress()), (Look::FirstScan, Some(Progress::Walking { seen: 12 })));
        shelf.set_scan(scan(ScanPhase::Idle, 1));
        assert_eq!((shelf.look(), shelf.progress()), (Look::NoFilms, None));
        shelf.apply(LibraryEvent::Movie(movie("1", "Brazil", MovieStatus::Pending)));
        assert_eq!(shelf.look(), Look::Posters);
    }

    #[test]
    fn events_change_and_remove_titles() {
        let mut shelf = Shelf::default();
        shelf.apply(LibraryEvent::Movie(movie("1", "brazil.mkv", MovieStatus::Pending)));
        shelf.apply(LibraryEvent::Movie(movie("1", "Brazil", MovieStatus::Ready)));
        assert_eq!(titles(&shelf.playable("")), ["Brazil"]);
        shelf.apply(LibraryEvent::MovieRemoved { id: "1".into() });
        assert!(shelf.playable("").is_empty());
    }

    #[test]
    fn a_complete_list_drops_what_is_gone() {
        let mut shelf = Shelf::default();
        shelf.add(vec![movie("1", "Gone", MovieStatus::Ready)]);
        shelf.replace(vec![movie("2", "Here", MovieStatus::Ready)]);
        assert_eq!(titles(&shelf.playable("")), ["Here"]);
    }
}
