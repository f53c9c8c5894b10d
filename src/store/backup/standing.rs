//! A backup of a store that no daemon has open.

use std::path::Path;

use jiff::Timestamp;

use super::fault::WriteError;
use super::write::{self, Written};
use crate::store::fault::OpenError;
use crate::store::{folder, open};

/// Writes a backup of the store in this state folder. Nothing is begun, moved or cleaned up there.
///
/// # Errors
/// When there is none, a daemon has it, it is damaged, or the file cannot be written.
pub fn write(state: &Path, path: &Path, now: Timestamp) -> Result<Written, WriteError> {
    let disk = |cause| OpenError::Disk { path: state.to_owned(), cause };
    if !state.join(folder::STORE).exists() {
        return Err(WriteError::Nothing(state.to_owned()));
    }
    let lock = folder::lock(state).map_err(disk)?.ok_or_else(|| OpenError::Locked(state.to_owned()))?;
    let done = open::look(state, lock).map_err(WriteError::from).and_then(|house| write::write(&house, path, now));
    folder::hand_over(&state.join(folder::STORE), state).map_err(disk)?;
    done
}
