//! Makes a store of a backup: beside the state folder's own, looked at whole, and only then put in its place.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::fault::RestoreError;
use super::frame::Kind;
use super::reader::{self, Contents, Frame, Reader};
use crate::limits;
use crate::model::edition::Stage;
use crate::model::errand::{Errand, Task};
use crate::store::engine::contract::{Batch, Engine, EngineError};
use crate::store::engine::local;
use crate::store::key::Key;
use crate::store::record::{self, part::Damaged};
use crate::store::spool::Spool;
use crate::store::sum::Sum;
use crate::store::{folder, open, witness};

/// Where the store is made.
const ASIDE: &str = "restoring";

/// What is done with a store that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Nothing: the backup is not restored.
    Refuse,
    /// It is moved aside.
    MoveAside,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What the backup held.
    pub contents: Contents,
    /// Where the store lies that was there before.
    pub aside: Option<PathBuf>,
}

/// Restores a backup. The next start of the daemon finds out what has happened since it was taken: mailboxes are read
/// again, letters are looked for before they are sent, and mail that a letter has named since is in no other.
///
/// # Errors
/// When the backup is not whole, a daemon runs, or there is a store and none is to be moved aside: nothing is changed
/// then.
pub fn restore(state: &Path, backup: &Path, over: Over, now: Timestamp) -> Result<Restored, RestoreError> {
    let fault = |cause| RestoreError::Folder { path: state.to_owned(), cause };
    let contents = reader::verify(backup)?;
    folder::prepare(state).map_err(fault)?;
    let _lock = folder::lock(state).map_err(fault)?.ok_or_else(|| RestoreError::Running(state.to_owned()))?;
    let occupied = [folder::STORE, folder::BEGAN].iter().any(|name| state.join(name).exists());
    if occupied && over == Over::Refuse {
        return Err(RestoreError::Occupied(state.to_owned()));
    }
    let made = state.join(ASIDE);
    remove(&made).map_err(fault)?;
    let done = make(&made, backup).and_then(|()| {
        folder::hand_over(&made, state).map_err(fault)?;
        let aside = if occupied { Some(move_aside(state, now).map_err(fault)?) } else { None };
        put_in_place(state, &made).map_err(fault)?;
        Ok(Restored { contents, aside })
    });
    // After an error it is in nobody's way, and the next restore removes it first.
    let _ = remove(&made);
    let handed = folder::hand_over(state, state).map_err(fault);
    done.and_then(|restored| handed.map(|()| restored))
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
        _ => Ok(()),
    }
}

/// Makes the store in a folder of its own, and opens it once as the daemon will.
fn make(made: &Path, backup: &Path) -> Result<(), RestoreError> {
    let fault = |cause| RestoreError::Folder { path: made.to_owned(), cause };
    folder::prepare(made).map_err(fault)?;
    let engine = local::open(&made.join(folder::STORE)).map_err(unsound)?;
    let spool = Spool::new(made.join(folder::SPOOL));
    let mut filling = Filling { engine: &*engine, sum: Sum::default(), batch: Batch::default() };
    let mut reader = Reader::open(backup)?;
    reader.title()?;
    while let Some(frame) = reader.frame()? {
        match frame.kind {
            Kind::Put | Kind::Gone => filling.take(frame).map_err(unsound)?,
            Kind::Spool => drop(spool.write(&frame.value).map_err(|error| RestoreError::Unsound(error.to_string()))?),
            Kind::File if frame.key == folder::KEY.as_bytes() => {
                folder::write(made, folder::KEY, &frame.value).map_err(fault)?;
            }
            // Files that a later version of this format may add.
            Kind::File | Kind::End => {}
        }
    }
    filling.apply().map_err(unsound)?;
    drop(engine);
    folder::write(made, folder::BEGAN, b"").map_err(fault)?;
    open::look(made, File::open(made).map_err(fault)?)
        .map(drop)
        .map_err(|error| RestoreError::Unsound(error.to_string()))?;
    local::wait_until_free(&made.join(folder::STORE)).map_err(unsound)
}

fn unsound(error: EngineError) -> RestoreError {
    RestoreError::Unsound(error.to_string())
}

/// Fills a database with records, batch by batch.
struct Filling<'a> {
    engine: &'a dyn Engine,
    sum: Sum,
    batch: Batch,
}

impl Filling<'_> {
    fn take(&mut self, Frame { kind, key, value }: Frame) -> Result<(), EngineError> {
        let value = match kind {
            Kind::Put => match aged(&key, value).map_err(|damaged| EngineError::Damaged(damaged.to_string()))? {
                Some(value) => Some(value),
                None => return Ok(()),
            },
            _ => None,
        };
        // The store's own two are not summed: the format stands for itself.
        if key == Key::Format.bytes() {
            let mut batch = Batch::default();
            batch.push(key, value);
            return self.engine.apply(&batch);
        }
        self.batch.push(key, value);
        if self.batch.size() > limits::memory::STORE_GROUP_BYTES { self.apply() } else { Ok(()) }
    }

    fn apply(&mut self) -> Result<(), EngineError> {
        let mut batch = std::mem::take(&mut self.batch);
        if batch.is_empty() {
            return Ok(());
        }
        self.sum.follow(&mut batch, self.engine)?;
        self.engine.apply(&batch)
    }
}

/// A record as it is true now that time has passed since: `None` for a cursor, so that every mailbox is read again. A letter
/// may have been sent, so it is looked for first; and mail that was to be filed is looked for before anything is said of it.
fn aged(key: &[u8], value: Vec<u8>) -> Result<Option<Vec<u8>>, Damaged> {
    let payload = record::unframe(key, &value)?;
    let new = match Key::read(key).ok_or(Damaged("unknown key"))? {
        Key::Cursor(..) => return Ok(None),
        Key::Letter(person, id) => {
            let mut kept = record::letter::read(person, id, payload)?;
            if !matches!(kept.letter.stage, Stage::Ready { .. } | Stage::Sending) {
                return Ok(Some(value));
            }
            kept.letter.stage = Stage::DataSent;
            record::letter::write(&kept)
        }
        Key::Errand(person, id) => {
            let (seq, errand) = record::errand::read(person, id, payload)?;
            if !matches!(errand.task, Task::File { .. }) {
                return Ok(Some(value));
            }
            let not_before = errand.posted_at;
            record::errand::write(seq, &Errand { urgent: true, not_before, ..errand })
        }
        _ => return Ok(Some(value)),
    };
    record::frame(key, &new).map(Some).ok_or(Damaged("record that is too long"))
}

/// Moves what is there into a folder of its own.
fn move_aside(state: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let aside = folder::free_name(state, "replaced", now);
    folder::prepare(&aside)?;
    for name in [folder::STORE, folder::SPOOL, folder::KEY] {
        match fs::rename(state.join(name), aside.join(name)) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
            _ => {}
        }
    }
    File::open(&aside)?.sync_all()?;
    File::open(state)?.sync_all()?;
    Ok(aside)
}

/// The mark that there has been a store comes first: after a power cut in between it counts as lost, and the mailboxes are
/// read again all the same.
fn put_in_place(state: &Path, made: &Path) -> io::Result<()> {
    folder::write(state, folder::RESCUE, folder::RESTORED)?;
    folder::write(state, folder::BEGAN, b"")?;
    for name in [witness::WITNESS, folder::DAMAGED] {
        folder::remove(state, name)?;
    }
    for name in [folder::SPOOL, folder::KEY, folder::STORE] {
        match fs::rename(made.join(name), state.join(name)) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
            _ => {}
        }
    }
    File::open(state)?.sync_all()
}
