//! What the committer and the views share: the engine, the index, the spool, and whether they can still be trusted.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::bell::Bells;
use super::engine::contract::{Engine, EngineError};
use super::fault::StoreError;
use super::folder;
use super::index::Index;
use super::shelf::Shelf;
use super::spool::Spool;
use super::tap::Tap;
use crate::metrics::counters::Metrics;
use crate::model::edition::SpoolName;

/// The shared parts. The engine stands first and is dropped first, the lock last.
#[derive(Debug)]
pub struct House {
    /// The database.
    pub engine: Box<dyn Engine>,
    /// The spool.
    pub spool: Spool,
    /// Whom to wake.
    pub bells: Bells,
    /// What is counted.
    pub metrics: Metrics,
    /// The state folder.
    pub state: PathBuf,
    /// What a backup that is being written is told.
    pub tap: Tap,
    /// What was fetched for digests.
    pub shelf: Shelf,
    index: RwLock<Index>,
    unnamed: Mutex<Vec<SpoolName>>,
    failed: OnceLock<String>,
    _lock: File,
}

impl House {
    /// Puts the parts together; `lock` is kept as long as the house stands.
    pub fn new(engine: Box<dyn Engine>, index: Index, state: PathBuf, lock: File) -> Self {
        let spool = Spool::new(state.join(folder::SPOOL));
        let (bells, index) = (Bells::default(), RwLock::new(index));
        let (metrics, tap) = (Metrics::default(), Tap::default());
        let shelf = Shelf::default();
        let (unnamed, failed) = (Mutex::default(), OnceLock::new());
        Self { engine, spool, bells, metrics, state, tap, shelf, index, unnamed, failed, _lock: lock }
    }

    /// Notes files that no record names any more, for the next `clear_spool`.
    pub fn note_unnamed(&self, names: Vec<SpoolName>) {
        self.unnamed.lock().unwrap_or_else(PoisonError::into_inner).extend(names);
    }

    /// Removes the spool files that have become unnamed and still are; later, while a backup is being written.
    pub fn clear_spool(&self) {
        if self.tap.is_open() {
            return;
        }
        let names = std::mem::take(&mut *self.unnamed.lock().unwrap_or_else(PoisonError::into_inner));
        for name in names {
            self.spool.remove(&name, || self.index().named.has(&name));
        }
    }

    /// The index, to read; kept for moments only, the committer waits meanwhile.
    pub fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The index, for the committer alone.
    pub fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why nothing is proven any more, once something has failed.
    pub fn trust(&self) -> Result<(), StoreError> {
        self.failed.get().map_or(Ok(()), |why| Err(StoreError::Failed(why.clone())))
    }

    /// Notes that the engine has failed: nothing is proven from here on. Damage makes the next start move the store
    /// aside; a full or read-only disk leaves it sound (measured: nothing acknowledged was missing afterwards).
    pub fn distrust(&self, error: &EngineError) -> StoreError {
        let why = self.failed.get_or_init(|| {
            tracing::error!(error = %error, "the store failed: nothing more is held until a restart");
            error.to_string()
        });
        if matches!(error, EngineError::Damaged(_)) {
            // If this cannot be written either, the scan at the next start finds the damage itself.
            let _ = folder::write(&self.state, folder::DAMAGED, error.to_string().as_bytes());
        }
        StoreError::Failed(why.clone())
    }
}
