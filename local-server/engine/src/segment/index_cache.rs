//! Indexes of the sources that are being played, bounded by the memory that they take.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use media_model::ByteCount;

use super::CopyError;
use super::index::SourceIndex;
use crate::source::SourceKey;

/// An index that is being read, or was.
type Slot = Arc<OnceLock<Result<Arc<SourceIndex>, CopyError>>>;

/// The indexes, the one used last at the end.
#[derive(Debug)]
pub(super) struct IndexCache {
    memory: ByteCount,
    slots: Mutex<Vec<(SourceKey, Slot)>>,
}

impl IndexCache {
    pub(super) fn new(memory: ByteCount) -> Self {
        Self { memory, slots: Mutex::new(Vec::new()) }
    }

    /// The index of a source. It is read once: whoever asks meanwhile waits. A failure is not kept.
    pub(super) fn get(
        &self,
        key: &SourceKey,
        read: impl FnOnce() -> Result<SourceIndex, CopyError>,
    ) -> Result<Arc<SourceIndex>, CopyError> {
        let slot = self.slot(key);
        let result = slot.get_or_init(|| read().map(Arc::new)).clone();
        self.settle(key, &slot, result.is_ok());
        result
    }

    fn slot(&self, key: &SourceKey) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = match slots.iter().position(|(known, _)| known == key) {
            Some(place) => slots.remove(place),
            None => (key.clone(), Slot::default()),
        };
        let slot = Arc::clone(&entry.1);
        slots.push(entry);
        slot
    }

    /// Forgets a failure, and the indexes that were not used for longest while there is too much.
    fn settle(&self, key: &SourceKey, slot: &Slot, succeeded: bool) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if !succeeded {
            slots.retain(|(known, other)| known != key || !Arc::ptr_eq(slot, other));
        }
        let size = |slot: &Slot| slot.get().and_then(|index| index.as_ref().ok()).map_or(0, |index| index.memory());
        let mut total: u64 = slots.iter().map(|(_, slot)| size(slot)).sum();
        while total > self.memory.get() && slots.len() > 1 {
            let (_, oldest) = slots.remove(0);
            total -= size(&oldest);
        }
    }
}
