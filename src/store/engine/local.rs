//! The engine that this build stands on: a database in a folder of this machine.

use std::path::Path;

use super::contract::{Engine, EngineError};
use super::sled::{self, SledEngine};

/// Opens, or begins, the database in this folder.
///
/// # Errors
/// `Full`, `Access` and `Busy` leave the folder as it is; `Damaged` means that it cannot be opened as it is, ever.
pub fn open(folder: &Path) -> Result<Box<dyn Engine>, EngineError> {
    Ok(Box::new(SledEngine::open(folder)?))
}

/// Waits until no handle of the database in this folder is left, so that the folder may be moved.
///
/// # Errors
/// `Busy` when it is still held after `limits::memory::STORE_RELEASE`.
pub fn wait_until_free(folder: &Path) -> Result<(), EngineError> {
    sled::wait_until_free(folder)
}
