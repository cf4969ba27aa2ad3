//! Folders of the library.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _};

use super::rows;
use crate::domain::{Folder, FolderId};
use crate::store::StoreError;

pub(super) fn configure(connection: &Connection, paths: &[PathBuf]) -> Result<(), StoreError> {
    connection.execute("UPDATE folders SET configured = 0", [])?;
    for path in paths {
        connection.execute(
            "INSERT INTO folders (path, configured, added) VALUES (?1, 1, 0) \
             ON CONFLICT (path) DO UPDATE SET configured = 1",
            [rows::path_bytes(path)],
        )?;
    }
    show_titles_of_folders_in_use(connection)
}

pub(super) fn add(connection: &Connection, path: &Path) -> Result<Folder, StoreError> {
    connection.execute(
        "INSERT INTO folders (path, configured, added) VALUES (?1, 0, 1) ON CONFLICT (path) DO UPDATE SET added = 1",
        [rows::path_bytes(path)],
    )?;
    show_titles_of_folders_in_use(connection)?;
    let select = "SELECT id FROM folders WHERE path = ?1";
    let id = connection.query_row(select, [rows::path_bytes(path)], |row| row.get(0))?;
    Ok(Folder { id: FolderId(id), path: path.to_owned() })
}

fn show_titles_of_folders_in_use(connection: &Connection) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE titles SET shown = s.in_use FROM ( \
             SELECT f.title AS title, (d.configured OR d.added) AS in_use FROM files f JOIN folders d ON d.id = f.folder \
         ) AS s WHERE s.title = titles.pk AND titles.shown <> s.in_use",
        [],
    )?;
    Ok(())
}

pub(super) fn in_use(connection: &Connection) -> Result<Vec<Folder>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT id, path FROM folders WHERE configured OR added ORDER BY id")?;
    let folders =
        statement.query_map([], |row| Ok(Folder { id: FolderId(row.get(0)?), path: rows::path(row.get(1)?) }))?;
    Ok(folders.collect::<Result<_, _>>()?)
}

pub(super) fn knows(connection: &Connection, path: &Path) -> Result<bool, StoreError> {
    let select = "SELECT 1 FROM folders WHERE path = ?1";
    Ok(connection.query_row(select, [rows::path_bytes(path)], |_| Ok(())).optional()?.is_some())
}
