//! Reading titles and files.

use rusqlite::{Connection, params};

use super::rows;
use crate::domain::{FolderId, Title, TitleId};
use crate::store::{FileState, KnownFile, Place, StoreError};

/// One page of the list; `?1`, `?2` are where it begins.
pub(super) fn page_sql() -> String {
    format!(
        "SELECT {} FROM titles t JOIN files f ON f.title = t.pk \
         WHERE t.shown = 1 AND (t.sort_key, t.id) > (?1, ?2) ORDER BY t.sort_key, t.id LIMIT ?3",
        rows::TITLE
    )
}

/// Search by words; `?1` is the FTS5 expression, `?2` the name as typed.
pub(super) fn search_sql() -> String {
    format!(
        "SELECT {} FROM title_words w JOIN titles t ON t.pk = w.rowid JOIN files f ON f.title = t.pk \
         WHERE w.title_words MATCH ?1 AND t.shown = 1 \
         ORDER BY t.name = ?2 COLLATE NOCASE DESC, w.rank, t.sort_key, t.id LIMIT ?3",
        rows::TITLE
    )
}

pub(super) fn page(connection: &Connection, place: Option<&Place>, limit: u32) -> Result<Vec<Title>, StoreError> {
    let (sort_key, id) = place.map_or(("", ""), |place| (place.sort_key.as_str(), place.id.as_str()));
    let mut statement = connection.prepare_cached(&page_sql())?;
    let mut found = statement.query(params![sort_key, id, limit])?;
    collect(&mut found, rows::title)
}

pub(super) fn search(connection: &Connection, words: &str, limit: u32) -> Result<Vec<Title>, StoreError> {
    let Some(expression) = expression(words) else { return Ok(Vec::new()) };
    let mut statement = connection.prepare_cached(&search_sql())?;
    let mut found = statement.query(params![expression, words.trim(), limit])?;
    collect(&mut found, rows::title)
}

/// An FTS5 expression that finds titles in which each word begins some word; `None` if there is no word. Each is
/// quoted, so nothing that is typed is taken for syntax.
fn expression(words: &str) -> Option<String> {
    let quoted: Vec<String> = words
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(16)
        .map(|word| format!("\"{word}\"*"))
        .collect();
    (!quoted.is_empty()).then(|| quoted.join(" "))
}

pub(super) fn one(connection: &Connection, id: &TitleId) -> Result<Title, StoreError> {
    let sql = format!("SELECT {} FROM titles t JOIN files f ON f.title = t.pk WHERE t.id = ?1", rows::TITLE);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query([id.as_str()])?;
    found.next()?.map_or_else(|| Err(StoreError::Missing(id.clone())), rows::title)
}

pub(super) fn probed(connection: &Connection, id: &TitleId) -> Result<(Title, Option<Vec<u8>>), StoreError> {
    let sql = format!(
        "SELECT {}, x.facts FROM titles t JOIN files f ON f.title = t.pk LEFT JOIN facts x ON x.title = t.pk \
         WHERE t.id = ?1",
        rows::TITLE
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query([id.as_str()])?;
    let Some(row) = found.next()? else { return Err(StoreError::Missing(id.clone())) };
    Ok((rows::title(row)?, row.get(13)?))
}

pub(super) fn known_files(connection: &Connection) -> Result<Vec<KnownFile>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT t.id, f.folder, t.state, t.poster_tried, f.path, f.size, f.modified_ns, f.inode \
         FROM files f JOIN titles t ON t.pk = f.title",
    )?;
    let mut found = statement.query([])?;
    collect(&mut found, |row| {
        let state: String = row.get(2)?;
        let tried: bool = row.get(3)?;
        Ok(KnownFile {
            title: rows::id(&row.get::<_, String>(0)?)?,
            folder: FolderId(row.get(1)?),
            file: rows::file(row, 4)?,
            state: match state.as_str() {
                "pending" => FileState::Pending,
                "ready" => FileState::Ready { wants_poster: !tried },
                "unplayable" => FileState::Unplayable,
                _ => return Err(StoreError::Corrupt { what: "titles.state" }),
            },
        })
    })
}

fn collect<T>(
    rows: &mut rusqlite::Rows<'_>,
    read: impl Fn(&rusqlite::Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        items.push(read(row)?);
    }
    Ok(items)
}
