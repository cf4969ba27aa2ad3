//! Between rows and domain types.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use media_model::MediaDuration;
use rusqlite::Row;

use crate::domain::{MediaFile, Playability, Stamp, Title, TitleId, Unplayable};
use crate::store::StoreError;

/// Columns of a title with its file, in the order in which [`title`] reads them.
pub(super) const TITLE: &str = "t.id, t.name, t.year, t.added_ms, t.state, t.duration_us, t.problem_code, \
     t.problem_detail, t.poster, f.path, f.size, f.modified_ns, f.inode";

/// Reads the columns of [`TITLE`] from the first column on.
pub(super) fn title(row: &Row<'_>) -> Result<Title, StoreError> {
    let state: String = row.get(4)?;
    let playability = match state.as_str() {
        "pending" => Playability::Pending,
        "ready" => {
            let micros: i64 = row.get::<_, Option<i64>>(5)?.unwrap_or(0);
            Playability::Ready { duration: MediaDuration::from_micros(u64::try_from(micros).unwrap_or(0)) }
        }
        "unplayable" => Playability::Unplayable(Unplayable {
            code: row.get::<_, Option<String>>(6)?.unwrap_or_default(),
            detail: row.get::<_, Option<String>>(7)?.unwrap_or_default(),
        }),
        _ => return Err(StoreError::Corrupt { what: "titles.state" }),
    };
    Ok(Title {
        id: id(&row.get::<_, String>(0)?)?,
        name: row.get(1)?,
        year: row.get(2)?,
        added: time(row.get(3)?),
        playability,
        poster: row.get(8)?,
        file: file(row, 9)?,
    })
}

/// Reads path, size, time and inode from column `first` on.
pub(super) fn file(row: &Row<'_>, first: usize) -> Result<MediaFile, StoreError> {
    Ok(MediaFile {
        path: path(row.get(first)?),
        stamp: Stamp {
            size: u64::try_from(row.get::<_, i64>(first + 1)?).unwrap_or(0),
            modified_ns: row.get(first + 2)?,
            inode: row.get::<_, i64>(first + 3)?.cast_unsigned(),
        },
    })
}

pub(super) fn id(text: &str) -> Result<TitleId, StoreError> {
    TitleId::parse(text).ok_or(StoreError::Corrupt { what: "titles.id" })
}

pub(super) fn path(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(&bytes))
}

pub(super) fn path_bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_bytes()
}

pub(super) fn size(stamp: &Stamp) -> i64 {
    i64::try_from(stamp.size).unwrap_or(i64::MAX)
}

/// Times are stored in whole milliseconds since 1970; earlier ones as 0.
pub(super) fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

pub(super) fn time(millis: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}
