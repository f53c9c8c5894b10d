//! What changes while a backup reads the store: noted, so that what the backup holds is of one instant.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::engine::contract::Batch;
use crate::limits;

/// The tap of a store.
#[derive(Debug, Default)]
pub struct Tap(Mutex<Reading>);

/// What a backup is doing.
#[derive(Debug, Default)]
pub enum Reading {
    /// There is none.
    #[default]
    Nobody,
    /// It reads the records; this was written meanwhile.
    Records(Batch),
    /// More was written meanwhile than is kept.
    TooMuch,
    /// It copies the files of the spool, of which none may go.
    Files,
}

impl Tap {
    /// The tap, for as long as the guard lives: a backup sees every group of writes whole, or not at all.
    pub fn hold(&self) -> MutexGuard<'_, Reading> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a backup is being written.
    pub fn is_open(&self) -> bool {
        !matches!(*self.hold(), Reading::Nobody)
    }
}

impl Reading {
    /// Notes what is written, where a backup wants to know it.
    pub fn note(&mut self, batch: &Batch) {
        if let Self::Records(noted) = self {
            noted.append(batch.clone());
            if noted.size() > limits::memory::BACKUP_CHANGES_BYTES {
                *self = Self::TooMuch;
            }
        }
    }
}
