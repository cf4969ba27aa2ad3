//! One suite for every backend of the store.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use media_model::MediaDuration;

use super::{CatalogStore, Change, FileState, Place, ScanRecord, StoreError};
use crate::domain::title::sort_key;
use crate::domain::{FolderId, MediaFile, Playability, Stamp, TitleId, Unplayable};

/// Runs everything against an empty store.
pub(super) async fn conforms(store: &dyn CatalogStore) {
    let folder = a_folder_is_known_for_ever(store).await;
    a_title_reads_back_equal(store, folder).await;
    paths_need_not_be_text(store, folder).await;
    a_batch_is_all_or_nothing(store, folder).await;
    probing_an_old_version_changes_nothing(store, folder).await;
    replacing_forgets_what_was_learned(store, folder).await;
    moving_keeps_the_id_and_the_facts(store, folder).await;
    a_title_without_a_poster_is_not_asked_again(store, folder).await;
    removing_removes_everything(store, folder).await;
    paging_is_stable_while_titles_come_and_go(store, folder).await;
    search_finds_beginnings_of_words_and_puts_the_same_name_first(store, folder).await;
    whatever_is_typed_is_no_syntax(store).await;
    titles_of_folders_out_of_use_are_hidden_and_come_back(store).await;
    the_last_scan_reads_back(store).await;
    store.check().await.unwrap();
}

fn file(path: impl AsRef<OsStr>) -> MediaFile {
    MediaFile { path: PathBuf::from(path.as_ref()), stamp: Stamp { size: 7, modified_ns: -5, inode: u64::MAX } }
}

fn found(folder: FolderId, name: &str) -> (TitleId, Change) {
    let title = TitleId::random();
    let change = Change::Found {
        title: title.clone(),
        folder,
        file: file(format!("/films/{title}/{name}.mkv")),
        name: name.to_owned(),
        year: Some(1949),
        at: UNIX_EPOCH + Duration::from_millis(1_500),
    };
    (title, change)
}

async fn add(store: &dyn CatalogStore, folder: FolderId, name: &str) -> TitleId {
    let (title, change) = found(folder, name);
    store.apply(vec![change]).await.unwrap();
    title
}

async fn probe(store: &dyn CatalogStore, title: &TitleId) {
    let file = store.title(title).await.unwrap().file;
    let duration = MediaDuration::from_secs(90);
    let change = Change::Probed { title: title.clone(), facts: vec![1, 2, 3], duration, file };
    store.apply(vec![change]).await.unwrap();
}

async fn remove(store: &dyn CatalogStore, titles: impl IntoIterator<Item = TitleId>) {
    store.apply(titles.into_iter().map(|title| Change::Removed { title }).collect()).await.unwrap();
}

async fn a_folder_is_known_for_ever(store: &dyn CatalogStore) -> FolderId {
    let films = Path::new("/films");
    assert!(!store.knows_folder(films).await.unwrap());
    store.configure_folders(&[films.to_owned()]).await.unwrap();
    store.configure_folders(&[films.to_owned()]).await.unwrap();
    let folders = store.folders().await.unwrap();
    assert_eq!(folders.iter().map(|folder| folder.path.as_path()).collect::<Vec<_>>(), [films]);
    assert!(store.knows_folder(films).await.unwrap());
    folders[0].id
}

async fn a_title_reads_back_equal(store: &dyn CatalogStore, folder: FolderId) {
    let title = add(store, folder, "The Third Man").await;
    let read = store.title(&title).await.unwrap();
    assert_eq!((read.name.as_str(), read.year), ("The Third Man", Some(1949)));
    assert_eq!(read.added, UNIX_EPOCH + Duration::from_millis(1_500));
    assert_eq!(read.playability, Playability::Pending);
    assert_eq!(read.file.stamp, Stamp { size: 7, modified_ns: -5, inode: u64::MAX });
    assert_eq!(store.probed(&title).await.unwrap(), (read, None));
    let nobody = TitleId::random();
    assert!(matches!(store.title(&nobody).await, Err(StoreError::Missing(id)) if id == nobody));
    remove(store, [title]).await;
}

async fn paths_need_not_be_text(store: &dyn CatalogStore, folder: FolderId) {
    let (title, mut change) = found(folder, "odd");
    let odd = file(OsStr::from_bytes(b"/films/caf\xe9\n%#'\".mkv"));
    if let Change::Found { file, .. } = &mut change {
        *file = odd.clone();
    }
    store.apply(vec![change]).await.unwrap();
    assert_eq!(store.title(&title).await.unwrap().file, odd);
    remove(store, [title]).await;
}

async fn a_batch_is_all_or_nothing(store: &dyn CatalogStore, folder: FolderId) {
    let (title, change) = found(folder, "twice");
    let twice = store.apply(vec![change.clone(), change]).await;
    assert!(matches!(twice, Err(StoreError::Database { .. })), "{twice:?}");
    assert!(matches!(store.title(&title).await, Err(StoreError::Missing(_))));
}

async fn probing_an_old_version_changes_nothing(store: &dyn CatalogStore, folder: FolderId) {
    let title = add(store, folder, "growing").await;
    let mut old = store.title(&title).await.unwrap().file;
    old.stamp.size -= 1;
    let why = Unplayable { code: "not_media".to_owned(), detail: "No.".to_owned() };
    let probed = Change::Probed {
        title: title.clone(),
        facts: vec![9],
        duration: MediaDuration::from_secs(1),
        file: old.clone(),
    };
    store.apply(vec![probed, Change::Failed { title: title.clone(), why, file: old }]).await.unwrap();
    assert_eq!(store.title(&title).await.unwrap().playability, Playability::Pending);
    remove(store, [title]).await;
}

async fn replacing_forgets_what_was_learned(store: &dyn CatalogStore, folder: FolderId) {
    let title = add(store, folder, "new cut").await;
    probe(store, &title).await;
    let (read, facts) = store.probed(&title).await.unwrap();
    assert_eq!(read.playability, Playability::Ready { duration: MediaDuration::from_secs(90) });
    assert_eq!(facts, Some(vec![1, 2, 3]));
    let mut changed = read.file;
    changed.stamp.modified_ns += 1;
    store.apply(vec![Change::Replaced { title: title.clone(), file: changed.clone() }]).await.unwrap();
    let (read, facts) = store.probed(&title).await.unwrap();
    assert_eq!((read.playability, read.file, facts), (Playability::Pending, changed.clone(), None));

    let why = Unplayable { code: "not_media".to_owned(), detail: "It is damaged.".to_owned() };
    store.apply(vec![Change::Failed { title: title.clone(), why: why.clone(), file: changed }]).await.unwrap();
    assert_eq!(store.title(&title).await.unwrap().playability, Playability::Unplayable(why));
    remove(store, [title]).await;
}

async fn moving_keeps_the_id_and_the_facts(store: &dyn CatalogStore, folder: FolderId) {
    let title = add(store, folder, "old name").await;
    probe(store, &title).await;
    let path = PathBuf::from("/films/new name.mkv");
    let name = "New Name".to_owned();
    let moved = Change::Moved { title: title.clone(), folder, path: path.clone(), name, year: None };
    store.apply(vec![moved]).await.unwrap();
    let (read, facts) = store.probed(&title).await.unwrap();
    assert_eq!((read.name.as_str(), read.year, &read.file.path), ("New Name", None, &path));
    assert_eq!(facts, Some(vec![1, 2, 3]));
    assert_eq!(store.search("new", 10).await.unwrap().len(), 1);
    assert!(store.search("old", 10).await.unwrap().is_empty());
    remove(store, [title]).await;
}

async fn a_title_without_a_poster_is_not_asked_again(store: &dyn CatalogStore, folder: FolderId) {
    let title = add(store, folder, "radio play").await;
    let state = async || store.known_files().await.unwrap().iter().map(|known| known.state).collect::<Vec<_>>();
    assert_eq!(state().await, [FileState::Pending]);
    probe(store, &title).await;
    assert_eq!(state().await, [FileState::Ready { wants_poster: true }]);
    store.apply(vec![Change::Poster { title: title.clone(), version: None }]).await.unwrap();
    assert_eq!(state().await, [FileState::Ready { wants_poster: false }]);
    let version = Some("ab12".to_owned());
    store.apply(vec![Change::Poster { title: title.clone(), version: version.clone() }]).await.unwrap();
    assert_eq!(store.title(&title).await.unwrap().poster, version);
    remove(store, [title]).await;
}

async fn removing_removes_everything(store: &dyn CatalogStore, folder: FolderId) {
    let title = add(store, folder, "short lived").await;
    probe(store, &title).await;
    remove(store, [title.clone()]).await;
    assert!(store.known_files().await.unwrap().is_empty());
    assert!(store.search("short", 10).await.unwrap().is_empty());
    assert!(matches!(store.probed(&title).await, Err(StoreError::Missing(_))));
    // Again, and a change of what is gone: nothing happens.
    let gone = Change::Poster { title: title.clone(), version: None };
    store.apply(vec![Change::Removed { title }, gone]).await.unwrap();
}

async fn paging_is_stable_while_titles_come_and_go(store: &dyn CatalogStore, folder: FolderId) {
    let mut titles = Vec::new();
    for name in ["Alien", "the Birds", "Casablanca", "Dune", "Dune"] {
        titles.push(add(store, folder, name).await);
    }
    let first = store.page(None, 2).await.unwrap();
    assert_eq!(first.iter().map(|title| title.name.as_str()).collect::<Vec<_>>(), ["Alien", "the Birds"]);
    let last = &first[1];
    let place = Place { sort_key: sort_key(&last.name), id: last.id.to_string() };
    // The title that the page ended with goes, one before it and one after it come.
    remove(store, [last.id.clone()]).await;
    titles.push(add(store, folder, "Aguirre").await);
    titles.push(add(store, folder, "Charade").await);
    let second = store.page(Some(place), 10).await.unwrap();
    let names: Vec<&str> = second.iter().map(|title| title.name.as_str()).collect();
    assert_eq!(names, ["Casablanca", "Charade", "Dune", "Dune"]);
    remove(store, titles).await;
}

async fn search_finds_beginnings_of_words_and_puts_the_same_name_first(store: &dyn CatalogStore, folder: FolderId) {
    let mut titles = Vec::new();
    for name in ["The Man Who Knew Too Much", "Man of Aran", "Man", "Amélie", "Woman"] {
        titles.push(add(store, folder, name).await);
    }
    let names = async |words: &str| {
        let found = store.search(words, 10).await.unwrap();
        found.into_iter().map(|title| title.name).collect::<Vec<_>>()
    };
    assert_eq!(names("man").await[0], "Man");
    assert_eq!(names("man").await.len(), 3);
    assert_eq!(names("much man").await, ["The Man Who Knew Too Much"]);
    assert_eq!(names("amel").await, ["Amélie"]);
    assert_eq!(store.search("man", 1).await.unwrap().len(), 1);
    remove(store, titles).await;
}

async fn whatever_is_typed_is_no_syntax(store: &dyn CatalogStore) {
    for words in
        ["", "   ", "\"", "\"\"\"", "a OR", "NEAR(", "name:x", "*", "-", "a\0b", "'; DROP TABLE titles; --", "😀"]
    {
        assert!(store.search(words, 10).await.unwrap().is_empty(), "{words:?}");
    }
}

async fn titles_of_folders_out_of_use_are_hidden_and_come_back(store: &dyn CatalogStore) {
    let films = PathBuf::from("/films");
    let music = store.add_folder(Path::new("/music")).await.unwrap();
    let title = add(store, music.id, "Symphony").await;
    store.configure_folders(&[]).await.unwrap();
    let in_use = store.folders().await.unwrap();
    assert_eq!(in_use, std::slice::from_ref(&music), "a folder that a user added stays");
    assert_eq!(store.page(None, 10).await.unwrap().len(), 1);

    store.configure_folders(std::slice::from_ref(&films)).await.unwrap();
    let films_id = store.folders().await.unwrap().iter().find(|folder| folder.path == films).unwrap().id;
    let film = add(store, films_id, "Brazil").await;
    store.configure_folders(&[]).await.unwrap();
    let shown: Vec<String> = store.page(None, 10).await.unwrap().into_iter().map(|title| title.name).collect();
    assert_eq!(shown, ["Symphony"]);
    assert!(store.search("brazil", 10).await.unwrap().is_empty());
    assert_eq!(store.known_files().await.unwrap().len(), 2);
    store.configure_folders(&[films]).await.unwrap();
    assert_eq!(store.page(None, 10).await.unwrap().len(), 2);
    remove(store, [title, film]).await;
}

async fn the_last_scan_reads_back(store: &dyn CatalogStore) {
    assert_eq!(store.last_scan().await.unwrap(), None);
    let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
    let scan = |seen| ScanRecord { started: at(1), ended: at(2), seen, probed: 3, complete: true };
    for seen in 1..=150 {
        store.record_scan(scan(seen)).await.unwrap();
    }
    assert_eq!(store.last_scan().await.unwrap(), Some(scan(150)));
}
