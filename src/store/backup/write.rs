//! Writes the whole store into a backup, as it is at one instant, while its daemon goes on.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::fault::WriteError;
use super::frame::Kind;
use super::writer::Writer;
use crate::limits;
use crate::model::edition::SpoolName;
use crate::store::engine::contract::{Batch, EngineError};
use crate::store::folder;
use crate::store::house::House;
use crate::store::key::Key;
use crate::store::record;
use crate::store::tap::{Reading, Tap};

/// A backup that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Where it lies.
    pub path: PathBuf,
    /// How many files of the spool could not be read and are not in it. Nothing else is ever left out.
    pub missing: usize,
}

/// Writes a backup. Records are read while others are written: those come after, so that the backup is of the instant at
/// which the last record was read.
///
/// # Errors
/// When the store cannot be read whole, or the file not be written; there is then no file.
pub fn write(house: &House, path: &Path, now: Timestamp) -> Result<Written, WriteError> {
    let file = |cause| WriteError::File { path: path.to_owned(), cause };
    house.trust().map_err(|error| WriteError::Store(error.to_string()))?;
    let open = Open::begin(&house.tap)?;
    let mut writer = Writer::create(path, now).map_err(file)?;
    let key = folder::read(&house.state, folder::KEY).map_err(|cause| folder_fault(&house.state, cause))?;
    if let Some(key) = key {
        writer.frame(Kind::File, folder::KEY.as_bytes(), &key).map_err(file)?;
    }
    records(house, &mut writer, path)?;
    let (changes, names) = open.end_of_records(house)?;
    let sum = Key::Sum.bytes();
    for (key, value) in changes.iter().filter(|(key, _)| *key != sum) {
        let (kind, value) = value.map_or((Kind::Gone, &[][..]), |value| (Kind::Put, value));
        writer.frame(kind, key, value).map_err(file)?;
    }
    let mut missing = 0;
    for name in names {
        match house.spool.read(&name) {
            Ok(bytes) => writer.frame(Kind::Spool, name.as_str().as_bytes(), &bytes).map_err(file)?,
            Err(error) => {
                tracing::warn!("left out of the backup: {error}");
                missing += 1;
            }
        }
    }
    writer.finish().map_err(file)?;
    Ok(Written { path: path.to_owned(), missing })
}

fn folder_fault(state: &Path, cause: std::io::Error) -> WriteError {
    WriteError::File { path: PathBuf::from(state), cause }
}

/// Every record but the sum, which is counted anew.
fn records(house: &House, writer: &mut Writer, path: &Path) -> Result<(), WriteError> {
    let engine = |error: EngineError| WriteError::Store(error.to_string());
    let sum = Key::Sum.bytes();
    let mut after: Option<Vec<u8>> = None;
    loop {
        let page = house.engine.scan(&[], after.as_deref(), limits::memory::STORE_SCAN).map_err(engine)?;
        for (key, value) in page.iter().filter(|(key, _)| *key != sum) {
            record::fact(key, value).map_err(|damaged| WriteError::Store(damaged.to_string()))?;
            let written = writer.frame(Kind::Put, key, value);
            written.map_err(|cause| WriteError::File { path: path.to_owned(), cause })?;
        }
        match page.into_iter().last() {
            Some((key, _)) if after.as_ref().is_none_or(|after| *after < key) => after = Some(key),
            Some(_) => return Err(WriteError::Store("the records are not in order".to_owned())),
            None => return Ok(()),
        }
    }
}

/// An open tap; closed when it is dropped.
struct Open<'a>(&'a Tap);

impl<'a> Open<'a> {
    fn begin(tap: &'a Tap) -> Result<Self, WriteError> {
        let mut reading = tap.hold();
        if !matches!(*reading, Reading::Nobody) {
            return Err(WriteError::Another);
        }
        *reading = Reading::Records(Batch::default());
        Ok(Self(tap))
    }

    /// What was written meanwhile, and the files that are named now.
    fn end_of_records(&self, house: &House) -> Result<(Batch, Vec<SpoolName>), WriteError> {
        let mut reading = self.0.hold();
        match std::mem::replace(&mut *reading, Reading::Files) {
            Reading::Records(changes) => Ok((changes, house.index().named.names())),
            Reading::TooMuch => Err(WriteError::TooMuch),
            Reading::Nobody | Reading::Files => Err(WriteError::Another),
        }
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        *self.0.hold() = Reading::Nobody;
    }
}
