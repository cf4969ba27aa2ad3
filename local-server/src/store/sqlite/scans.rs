//! Scans that ended, and whether the database works.

use std::time::SystemTime;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::rows;
use crate::store::{ScanRecord, StoreError};

/// Scans that are remembered.
const KEPT: i64 = 100;

pub(super) fn record(connection: &Connection, scan: &ScanRecord) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO scans (started_ms, ended_ms, seen, probed, complete) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            rows::millis(scan.started),
            rows::millis(scan.ended),
            i64::try_from(scan.seen).unwrap_or(i64::MAX),
            i64::try_from(scan.probed).unwrap_or(i64::MAX),
            scan.complete
        ],
    )?;
    connection.execute("DELETE FROM scans WHERE id <= (SELECT max(id) FROM scans) - ?1", [KEPT])?;
    Ok(())
}

pub(super) fn last(connection: &Connection) -> Result<Option<ScanRecord>, StoreError> {
    let select = "SELECT started_ms, ended_ms, seen, probed, complete FROM scans ORDER BY id DESC LIMIT 1";
    let scan = connection.query_row(select, [], |row| {
        Ok(ScanRecord {
            started: rows::time(row.get(0)?),
            ended: rows::time(row.get(1)?),
            seen: u64::try_from(row.get::<_, i64>(2)?).unwrap_or(0),
            probed: u64::try_from(row.get::<_, i64>(3)?).unwrap_or(0),
            complete: row.get(4)?,
        })
    });
    Ok(scan.optional()?)
}

pub(super) fn check_reading(connection: &Connection) -> Result<(), StoreError> {
    connection.query_row("SELECT count(*) FROM folders", [], |_| Ok(()))?;
    Ok(())
}

pub(super) fn check_writing(connection: &Connection, now: SystemTime) -> Result<(), StoreError> {
    connection.execute("INSERT OR REPLACE INTO checks (id, at_ms) VALUES (1, ?1)", [rows::millis(now)])?;
    Ok(())
}
