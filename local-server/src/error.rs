//! What kind of trouble an error is: the only thing that retry policy and HTTP look at.

use crate::store::StoreError;

/// Kinds of trouble, by what the caller can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request is wrong; asking again does not help.
    Invalid,
    /// There is no such thing.
    NotFound,
    /// It cannot be done in the present state.
    Conflict,
    /// The caller may not do that.
    Forbidden,
    /// It works later, perhaps.
    Unavailable,
    /// The disk is full.
    StorageFull,
    /// Our fault; details belong in the log and nowhere else.
    Internal,
}

/// Says what kind of trouble an error is.
pub trait Classify: std::error::Error {
    /// The kind.
    fn kind(&self) -> ErrorKind;

    /// Machine readable name for clients, such as `title_not_found`.
    fn code(&self) -> &'static str;
}

impl Classify for StoreError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Missing(_) => ErrorKind::NotFound,
            Self::DiskFull => ErrorKind::StorageFull,
            Self::Closed => ErrorKind::Unavailable,
            Self::Database { .. } | Self::NotCommitted { .. } | Self::Migration { .. } | Self::Corrupt { .. } => {
                ErrorKind::Internal
            }
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Missing(_) => "title_not_found",
            Self::DiskFull => "disk_full",
            Self::Closed => "shutting_down",
            Self::Database { .. } | Self::NotCommitted { .. } | Self::Migration { .. } | Self::Corrupt { .. } => {
                "internal"
            }
        }
    }
}
