//! Writing changes of the catalog.

use rusqlite::{Connection, params};

use super::rows;
use crate::domain::title::sort_key;
use crate::domain::{MediaFile, TitleId};
use crate::store::{Change, StoreError};

pub(super) fn apply(connection: &Connection, change: &Change) -> Result<(), StoreError> {
    match change {
        Change::Found { title, folder, file, name, year, at } => {
            let mut insert = connection.prepare_cached(
                "INSERT INTO titles (id, name, sort_key, year, added_ms, state) VALUES (?1, ?2, ?3, ?4, ?5, 'pending')",
            )?;
            insert.execute(params![title.as_str(), name, sort_key(name), year, rows::millis(*at)])?;
            let pk = connection.last_insert_rowid();
            let mut insert = connection.prepare_cached(
                "INSERT INTO files (title, folder, path, size, modified_ns, inode) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            let stamp = &file.stamp;
            let path = rows::path_bytes(&file.path);
            insert.execute(params![
                pk,
                folder.0,
                path,
                rows::size(stamp),
                stamp.modified_ns,
                stamp.inode.cast_signed()
            ])?;
        }
        Change::Moved { title, folder, path, name, year } => {
            let mut update = connection
                .prepare_cached("UPDATE titles SET name = ?2, sort_key = ?3, year = ?4, shown = 1 WHERE id = ?1")?;
            update.execute(params![title.as_str(), name, sort_key(name), year])?;
            let mut update = connection.prepare_cached(
                "UPDATE files SET folder = ?2, path = ?3 WHERE title = (SELECT pk FROM titles WHERE id = ?1)",
            )?;
            update.execute(params![title.as_str(), folder.0, rows::path_bytes(path)])?;
        }
        Change::Replaced { title, file } => {
            let mut update = connection.prepare_cached(
                "UPDATE titles SET state = 'pending', duration_us = NULL, problem_code = NULL, problem_detail = NULL, \
                 poster_tried = 0 WHERE id = ?1",
            )?;
            update.execute([title.as_str()])?;
            let mut delete =
                connection.prepare_cached("DELETE FROM facts WHERE title = (SELECT pk FROM titles WHERE id = ?1)")?;
            delete.execute([title.as_str()])?;
            let mut update = connection.prepare_cached(
                "UPDATE files SET size = ?2, modified_ns = ?3, inode = ?4 \
                 WHERE title = (SELECT pk FROM titles WHERE id = ?1)",
            )?;
            let stamp = &file.stamp;
            update.execute(params![title.as_str(), rows::size(stamp), stamp.modified_ns, stamp.inode.cast_signed()])?;
        }
        Change::Probed { title, facts, duration, file } => {
            if let Some(pk) = current(connection, title, file)? {
                let mut update = connection.prepare_cached(
                    "UPDATE titles SET state = 'ready', duration_us = ?2, problem_code = NULL, problem_detail = NULL \
                     WHERE pk = ?1",
                )?;
                update.execute(params![pk, i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)])?;
                let mut insert =
                    connection.prepare_cached("INSERT OR REPLACE INTO facts (title, facts) VALUES (?1, ?2)")?;
                insert.execute(params![pk, facts])?;
            }
        }
        Change::Failed { title, why, file } => {
            if let Some(pk) = current(connection, title, file)? {
                let mut update = connection.prepare_cached(
                    "UPDATE titles SET state = 'unplayable', duration_us = NULL, problem_code = ?2, \
                     problem_detail = ?3 WHERE pk = ?1",
                )?;
                update.execute(params![pk, why.code, why.detail])?;
                connection.prepare_cached("DELETE FROM facts WHERE title = ?1")?.execute([pk])?;
            }
        }
        Change::Poster { title, version } => {
            let mut update =
                connection.prepare_cached("UPDATE titles SET poster = ?2, poster_tried = 1 WHERE id = ?1")?;
            update.execute(params![title.as_str(), version])?;
        }
        Change::Removed { title } => {
            connection.prepare_cached("DELETE FROM titles WHERE id = ?1")?.execute([title.as_str()])?;
        }
    }
    Ok(())
}

/// The row of `title`, if its file still is the version that was probed.
fn current(connection: &Connection, title: &TitleId, file: &MediaFile) -> Result<Option<i64>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT t.pk FROM titles t JOIN files f ON f.title = t.pk \
         WHERE t.id = ?1 AND f.size = ?2 AND f.modified_ns = ?3",
    )?;
    let mut found = select.query(params![title.as_str(), rows::size(&file.stamp), file.stamp.modified_ns])?;
    Ok(found.next()?.map(|row| row.get(0)).transpose()?)
}
