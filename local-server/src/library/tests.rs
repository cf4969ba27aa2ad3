use std::fs;
use std::sync::Arc;

use super::*;
use crate::domain::{FolderTrouble, Playability};
use crate::testing::{FakeExaminer, Shelf, eager, until, write_film};

fn trouble(shelf: &Shelf) -> Option<FolderTrouble> {
    shelf.library.progress().borrow().folders[0].trouble.clone()
}

fn quiet() -> LibraryConfig {
    // No watching: these tests ask for each scan themselves.
    LibraryConfig { watch: false, poll_s: 86_400, ..eager() }
}

async fn ten(config: LibraryConfig) -> (Shelf, Arc<FakeExaminer>) {
    let names: Vec<String> = (0..10).map(|number| format!("Film {number} (1999).mkv")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let examiner = FakeExaminer::new();
    let shelf = Shelf::with(&names, examiner.clone(), config).await;
    shelf.scans(1).await;
    (shelf, examiner)
}

#[tokio::test(flavor = "multi_thread")]
async fn titles_can_be_browsed_before_anything_is_probed() {
    let examiner = FakeExaminer::held();
    let shelf = Shelf::with(&["The Third Man (1949).mkv", "radio.mp3"], examiner.clone(), quiet()).await;
    until("titles are listed", async || shelf.names().await == ["radio", "The Third Man"]).await;
    let titles = shelf.store.page(None, 10).await.unwrap();
    assert!(titles.iter().all(|title| title.playability == Playability::Pending));
    assert_eq!(examiner.probes(), 0);
    examiner.permits.add_permits(10);
    shelf.scans(1).await;
    let titles = shelf.store.page(None, 10).await.unwrap();
    assert!(titles.iter().all(|title| matches!(title.playability, Playability::Ready { .. })));
    let scan = shelf.store.last_scan().await.unwrap().unwrap();
    assert_eq!((scan.seen, scan.probed, scan.complete), (2, 2, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_files_that_changed_are_probed_again() {
    let (shelf, examiner) = ten(quiet()).await;
    assert_eq!(examiner.probes(), 10);
    shelf.rescan().await;
    assert_eq!(examiner.probes(), 10);
    fs::write(shelf.films.join("Film 3 (1999).mkv"), "no longer").unwrap();
    shelf.rescan().await;
    assert_eq!(examiner.probes(), 11);
    let broken = shelf.store.search("film 3", 1).await.unwrap().remove(0);
    let Playability::Unplayable(why) = broken.playability else { panic!("{broken:?}") };
    assert_eq!((why.code.as_str(), why.detail.ends_with('.')), ("not_media", true));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_played_is_tried_again_only_on_request() {
    let (shelf, examiner) = ten(quiet()).await;
    fs::write(shelf.films.join("empty.mkv"), "").unwrap();
    shelf.rescan().await;
    shelf.rescan().await;
    assert_eq!(examiner.probes(), 11);
    let empty = shelf.store.search("empty", 1).await.unwrap().remove(0);
    assert!(matches!(empty.playability, Playability::Unplayable(why) if why.code == "empty_file"));
    shelf.library.rescan(ScanRequest { retry_unplayable: true, ..ScanRequest::default() });
    shelf.scans(4).await;
    assert_eq!(examiner.probes(), 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_file_keeps_its_id_and_is_not_probed_again() {
    let (shelf, examiner) = ten(quiet()).await;
    let before = shelf.store.search("film 4", 1).await.unwrap().remove(0);
    fs::create_dir(shelf.films.join("sub")).unwrap();
    fs::rename(&before.file.path, shelf.films.join("sub/Brazil (1985).mkv")).unwrap();
    shelf.rescan().await;
    let after = shelf.store.title(&before.id).await.unwrap();
    assert_eq!((after.name.as_str(), after.year), ("Brazil", Some(1985)));
    assert_eq!(after.playability, before.playability);
    assert_eq!((shelf.names().await.len(), examiner.probes()), (10, 10));
    assert_eq!(shelf.library.sources().get(&before.id).await.unwrap().path, after.file.path);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hard_link_is_a_title_of_its_own() {
    let (shelf, _) = ten(quiet()).await;
    fs::hard_link(shelf.films.join("Film 4 (1999).mkv"), shelf.films.join("Copy.mkv")).unwrap();
    shelf.rescan().await;
    assert_eq!(shelf.names().await.len(), 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_few_missing_files_are_removed_with_their_posters() {
    let (shelf, _) = ten(quiet()).await;
    let gone = shelf.store.search("film 1", 1).await.unwrap().remove(0);
    let poster = shelf.library.artwork().path(&gone.id);
    until("the poster is there", async || shelf.store.title(&gone.id).await.unwrap().poster.is_some()).await;
    assert!(poster.exists());
    for number in 0..3 {
        fs::remove_file(shelf.films.join(format!("Film {number} (1999).mkv"))).unwrap();
    }
    shelf.rescan().await;
    assert_eq!(shelf.names().await.len(), 7);
    assert_eq!(trouble(&shelf).map(|trouble| trouble.code()), Some("not_watched"));
    assert!(!poster.exists());
    assert!(shelf.library.sources().get(&gone.id).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn when_much_is_missing_nothing_is_removed_until_somebody_says_so() {
    let (shelf, _) = ten(quiet()).await;
    for number in 0..4 {
        fs::remove_file(shelf.films.join(format!("Film {number} (1999).mkv"))).unwrap();
    }
    shelf.rescan().await;
    assert_eq!(shelf.names().await.len(), 10);
    assert_eq!(trouble(&shelf), Some(FolderTrouble::MuchMissing { missing: 4, known: 10 }));
    shelf.library.rescan(ScanRequest { forget_missing: true, ..ScanRequest::default() });
    shelf.scans(3).await;
    assert_eq!(shelf.names().await.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_that_vanished_removes_nothing_whatever_is_said() {
    let (shelf, examiner) = ten(quiet()).await;
    let away = shelf.folder.path().join("away");
    fs::rename(&shelf.films, &away).unwrap();
    shelf.library.rescan(ScanRequest { forget_missing: true, ..ScanRequest::default() });
    shelf.scans(2).await;
    assert_eq!(shelf.names().await.len(), 10);
    assert_eq!(trouble(&shelf), Some(FolderTrouble::Vanished));
    fs::rename(&away, &shelf.films).unwrap();
    shelf.rescan().await;
    assert_eq!((shelf.names().await.len(), examiner.probes()), (10, 10));
    assert_ne!(trouble(&shelf), Some(FolderTrouble::Vanished));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_mount_point_removes_nothing() {
    let (shelf, _) = ten(quiet()).await;
    fs::rename(&shelf.films, shelf.folder.path().join("away")).unwrap();
    fs::create_dir(&shelf.films).unwrap();
    shelf.rescan().await;
    assert_eq!(shelf.names().await.len(), 10);
    assert_eq!(trouble(&shelf), Some(FolderTrouble::MuchMissing { missing: 10, known: 10 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_in_a_watched_folder_is_noticed() {
    let (shelf, _) = ten(LibraryConfig { poll_s: 86_400, ..eager() }).await;
    assert_eq!(trouble(&shelf), None);
    fs::create_dir(shelf.films.join("new")).unwrap();
    write_film(&shelf.films.join("new/Alien (1979).mkv"));
    until("the new film is listed", async || shelf.names().await.contains(&"Alien".to_owned())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_not_watched_is_looked_at_and_says_so() {
    let (shelf, _) = ten(LibraryConfig { watch: false, poll_s: 1, ..eager() }).await;
    assert_eq!(trouble(&shelf).map(|trouble| trouble.code()), Some("not_watched"));
    write_film(&shelf.films.join("Alien (1979).mkv"));
    until("the new film is listed", async || shelf.names().await.contains(&"Alien".to_owned())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_scan_ends_and_keeps_what_it_found() {
    let examiner = FakeExaminer::held();
    let shelf = Shelf::with(&["one.mkv", "two.mkv"], examiner.clone(), quiet()).await;
    until("titles are listed", async || shelf.names().await.len() == 2).await;
    let mut progress = shelf.library.progress();
    progress.wait_for(|progress| progress.phase == Phase::Probing).await.unwrap();
    shelf.library.cancel_scan();
    shelf.scans(1).await;
    assert!(!shelf.store.last_scan().await.unwrap().unwrap().complete);
    assert!(progress.borrow().stopped.is_some());
    assert_eq!(shelf.names().await.len(), 2);
    examiner.permits.add_permits(10);
    shelf.rescan().await;
    let titles = shelf.store.page(None, 10).await.unwrap();
    assert!(titles.iter().all(|title| matches!(title.playability, Playability::Ready { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_does_not_wait_for_a_probe() {
    let shelf = Shelf::with(&["one.mkv"], FakeExaminer::held(), quiet()).await;
    until("titles are listed", async || shelf.names().await.len() == 1).await;
    tokio::time::timeout(crate::testing::PATIENCE, shelf.library.shutdown()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_without_a_picture_gets_no_poster_and_is_ready() {
    let shelf = Shelf::with(&["radio play.mp3"], FakeExaminer::new(), quiet()).await;
    shelf.scans(1).await;
    let known = async || shelf.store.known_files().await.unwrap().remove(0).state;
    let ready = crate::store::FileState::Ready { wants_poster: false };
    until("the poster was tried", async || known().await == ready).await;
    assert_eq!(shelf.store.page(None, 1).await.unwrap()[0].poster, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn added_folders_are_scanned_and_wrong_ones_are_refused() {
    let (shelf, _) = ten(quiet()).await;
    let more = shelf.folder.path().join("more films");
    assert!(matches!(shelf.library.add_folder(&more).await, Err(AddFolderError::Unreadable { .. })));
    assert!(matches!(shelf.library.add_folder(Path::new("films")).await, Err(AddFolderError::Relative(_))));
    write_film(&more.join("Alien (1979).mkv"));
    let file = more.join("Alien (1979).mkv");
    assert!(matches!(shelf.library.add_folder(&file).await, Err(AddFolderError::Unreadable { .. })));
    shelf.library.add_folder(&more).await.unwrap();
    until("the new film is listed", async || shelf.names().await.contains(&"Alien".to_owned())).await;
}
