use std::sync::Arc;

use super::*;
use crate::domain::{FolderId, MediaFile, Stamp};
use crate::store::conformance;

fn store() -> (tempfile::TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("test.db")).unwrap();
    (folder, store)
}

#[tokio::test]
async fn sqlite_conforms() {
    let (_folder, store) = store();
    conformance::conforms(&store).await;
}

#[test]
fn migrations_are_valid() {
    migrations().validate().unwrap();
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let (folder, store) = store();
    store.configure_folders(&["/films".into()]).await.unwrap();
    drop(store);
    let store = SqliteStore::open(&folder.path().join("test.db")).unwrap();
    assert_eq!(store.folders().await.unwrap().len(), 1);
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    std::fs::write(&path, b"this is not a database, it is a longer line of text than a header".repeat(20)).unwrap();
    assert!(SqliteStore::open(&path).is_err());
}

#[test]
fn lists_and_searches_use_their_indices() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    drop(SqliteStore::open(&path).unwrap());
    let connection = Connection::open(&path).unwrap();
    let plan = |sql: &str| {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let given = statement.parameter_count();
        let lines = statement.query_map(rusqlite::params_from_iter(vec!["a"; given]), |row| row.get::<_, String>(3));
        lines.unwrap().collect::<Result<Vec<_>, _>>().unwrap().join("\n")
    };
    // In the order of the index: no sorting.
    insta::assert_snapshot!(plan(&titles::page_sql()), @r"
    SEARCH t USING INDEX titles_in_order (shown=? AND (sort_key,id)>(?,?))
    SEARCH f USING INTEGER PRIMARY KEY (rowid=?)
    ");
    // Only what was found is sorted.
    insta::assert_snapshot!(plan(&titles::search_sql()), @r"
    SCAN w VIRTUAL TABLE INDEX 0:M1
    SEARCH t USING INTEGER PRIMARY KEY (rowid=?)
    SEARCH f USING INTEGER PRIMARY KEY (rowid=?)
    USE TEMP B-TREE FOR ORDER BY
    ");
}

fn found(folder: FolderId, number: u64) -> Change {
    Change::Found {
        title: TitleId::random(),
        folder,
        file: MediaFile {
            path: format!("/films/{number}.mkv").into(),
            stamp: Stamp { size: number, modified_ns: 0, inode: number },
        },
        name: format!("Film {number}"),
        year: None,
        at: SystemTime::now(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_and_readers_never_find_the_database_locked() {
    let (_folder, store) = store();
    let store = Arc::new(store);
    store.configure_folders(&["/films".into()]).await.unwrap();
    let folder = store.folders().await.unwrap()[0].id;
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..8 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            for number in 0..50 {
                store.apply(vec![found(folder, writer * 1_000 + number)]).await?;
                store.page(None, 20).await?;
                store.check().await?;
            }
            Ok::<(), StoreError>(())
        });
    }
    while let Some(outcome) = tasks.join_next().await {
        outcome.unwrap().unwrap();
    }
    assert_eq!(store.known_files().await.unwrap().len(), 400);
}

#[tokio::test]
async fn a_full_disk_is_told_as_such_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    drop(SqliteStore::open(&path).unwrap());
    let connection = Connection::open(&path).unwrap();
    // The limit makes the database answer as it does when the disk is full.
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    connection.pragma_update(None, "max_page_count", pages).unwrap();
    connection.execute("INSERT INTO folders (path, configured, added) VALUES (x'2f', 1, 0)", []).unwrap();
    let writer = Writer::start(connection);
    let big = vec![0_u8; 1_000_000];
    let refused = writer.write(move |connection| {
        connection.execute("INSERT INTO folders (path, configured, added) VALUES (?1, 1, 0)", [big])?;
        Ok(())
    });
    let refused = refused.await;
    assert!(matches!(refused, Err(StoreError::DiskFull)), "{refused:?}");
    let count = writer
        .write(|connection| Ok(connection.query_row("SELECT count(*) FROM folders", [], |row| row.get::<_, i64>(0))?));
    assert_eq!(count.await.unwrap(), 1, "the writer works on");
}
