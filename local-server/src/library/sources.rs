//! Titles ready to be played: file, content version and facts, kept in memory because every segment asks for them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use media_engine::{Source, facts};

use crate::domain::{Playability, Title, TitleId};
use crate::error::{Classify, ErrorKind};
use crate::store::{CatalogStore, StoreError};

/// Titles kept in memory. Facts of a long film are some tens of kilobytes, most of it the keyframe table.
const KEPT: usize = 64;

/// Finds the source of a title.
pub struct Sources {
    store: Arc<dyn CatalogStore>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Value and time of last use, counted in uses.
    sources: HashMap<TitleId, (Arc<Source>, u64)>,
    uses: u64,
    /// Counts what was forgotten, so that a lookup that was under way meanwhile is not kept.
    forgotten: u64,
}

impl Sources {
    pub(super) fn new(store: Arc<dyn CatalogStore>) -> Self {
        Self { store, kept: Mutex::default() }
    }

    /// The source of a title.
    ///
    /// # Errors
    /// When there is no such title or it cannot be played (yet).
    pub async fn get(&self, id: &TitleId) -> Result<Arc<Source>, SourceError> {
        let forgotten = {
            let mut kept = self.kept();
            kept.uses += 1;
            let now = kept.uses;
            if let Some((source, used)) = kept.sources.get_mut(id) {
                *used = now;
                return Ok(Arc::clone(source));
            }
            kept.forgotten
        };
        let (title, blob) = self.store.probed(id).await?;
        let source = Arc::new(source(&title, blob.as_deref())?);
        let mut kept = self.kept();
        if kept.forgotten == forgotten {
            if kept.sources.len() >= KEPT
                && let Some(oldest) = kept.sources.iter().min_by_key(|(_, (_, used))| *used).map(|(id, _)| id.clone())
            {
                kept.sources.remove(&oldest);
            }
            let now = kept.uses;
            kept.sources.insert(id.clone(), (Arc::clone(&source), now));
        }
        Ok(source)
    }

    /// Drops what is kept of titles that changed.
    pub(super) fn forget<'a>(&self, ids: impl IntoIterator<Item = &'a TitleId>) {
        let mut kept = self.kept();
        kept.forgotten += 1;
        for id in ids {
            kept.sources.remove(id);
        }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Joins a title and its stored facts.
fn source(title: &Title, blob: Option<&[u8]>) -> Result<Source, SourceError> {
    match &title.playability {
        Playability::Pending => Err(SourceError::Pending(title.id.clone())),
        Playability::Unplayable(why) => Err(SourceError::Unplayable { detail: why.detail.clone() }),
        Playability::Ready { .. } => {
            let facts = blob.and_then(facts::decode);
            let facts = facts.ok_or_else(|| SourceError::Outdated(Box::new(title.clone())))?;
            Ok(Source { key: title.file.source_key(&title.id), path: title.file.path.clone(), facts: Arc::new(facts) })
        }
    }
}

/// Why a title cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It was not probed yet.
    #[error("the file is still being examined; try again in a moment")]
    Pending(TitleId),
    /// It was probed by an older version of the server.
    #[error("the file is being examined again; try again in a moment")]
    Outdated(Box<Title>),
    /// It was probed and cannot be played.
    #[error("{detail}")]
    Unplayable {
        /// Why, in a sentence.
        detail: String,
    },
    /// The store did not answer, or has no such title.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Classify for SourceError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Pending(_) | Self::Outdated(_) => ErrorKind::Unavailable,
            Self::Unplayable { .. } => ErrorKind::Conflict,
            Self::Store(inner) => inner.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Pending(_) | Self::Outdated(_) => "not_examined_yet",
            Self::Unplayable { .. } => "unplayable",
            Self::Store(inner) => inner.code(),
        }
    }
}
