//! Files named by the hash of their bytes: letters and the lists of editions, which are too large for a record.

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use ring::digest::{SHA256, digest};

use super::fault::StoreError;
use crate::limits;
use crate::model::edition::SpoolName;
use crate::text;

/// The spool: a folder of 256 folders.
#[derive(Debug)]
pub struct Spool {
    root: PathBuf,
    // What this run has written and no record names yet: never removed. One name for each letter that is being sealed.
    fresh: Mutex<HashSet<SpoolName>>,
    next_part: AtomicU64,
}

impl Spool {
    /// The spool in this folder, which is made at the first write.
    pub fn new(root: PathBuf) -> Self {
        Self { root, fresh: Mutex::default(), next_part: AtomicU64::new(0) }
    }

    /// Writes bytes; durable when it returns.
    ///
    /// # Errors
    /// `Failed` when the disk does not take them, or they are more than `limits::memory::SPOOL_BYTES`.
    pub fn write(&self, bytes: &[u8]) -> Result<SpoolName, StoreError> {
        self.put(bytes, Keeps::OverPowerCuts)
    }

    /// Writes bytes that are good for nothing after a restart; they may be damaged then, which reading tells.
    ///
    /// # Errors
    /// As [`Spool::write`].
    pub fn lay(&self, bytes: &[u8]) -> Result<SpoolName, StoreError> {
        self.put(bytes, Keeps::WhileRunning)
    }

    fn put(&self, bytes: &[u8], keeps: Keeps) -> Result<SpoolName, StoreError> {
        if bytes.len() as u64 > limits::memory::SPOOL_BYTES {
            return Err(StoreError::Failed(format!("{} bytes are too many for one spool file", bytes.len())));
        }
        let name = name_of(bytes)?;
        // Marked before it is written, so that no clean-up in between takes it away.
        self.fresh().insert(name.clone());
        let placed = self.place(&name, bytes, keeps);
        placed.map_err(|cause| StoreError::Failed(format!("cannot write to the spool: {cause}")))?;
        Ok(name)
    }

    fn place(&self, name: &SpoolName, bytes: &[u8], keeps: Keeps) -> io::Result<()> {
        let folder = self.folder(name);
        if !folder.is_dir() {
            DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
            File::open(&self.root)?.sync_all()?;
            if let Some(parent) = self.root.parent() {
                File::open(parent)?.sync_all()?;
            }
        }
        if self.read(name).is_err() {
            let part = self.next_part.fetch_add(1, Ordering::Relaxed);
            let part = folder.join(format!("{}.{part}.tmp", name.as_str()));
            let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
            let written = file.write_all(bytes).and_then(|()| keeps.sync(&file));
            if let Err(cause) = written.and_then(|()| fs::rename(&part, self.path(name))) {
                let _ = fs::remove_file(&part);
                return Err(cause);
            }
        } else if keeps == Keeps::OverPowerCuts {
            // It may have been laid there only.
            File::open(self.path(name))?.sync_all()?;
        }
        // Also for a file that was there: a kill may have come between its rename and this.
        keeps.sync(&File::open(&folder)?)
    }

    /// Reads a file and proves it by its name.
    ///
    /// # Errors
    /// `Spoiled` when it is missing or not what its name says; `Failed` when it cannot be read.
    pub fn read(&self, name: &SpoolName) -> Result<Vec<u8>, StoreError> {
        let failed = |cause: io::Error| match cause.kind() {
            io::ErrorKind::NotFound => StoreError::Spoiled(name.clone()),
            _ => StoreError::Failed(format!("cannot read from the spool: {cause}")),
        };
        let file = File::open(self.path(name)).map_err(failed)?;
        let mut bytes = Vec::new();
        file.take(limits::memory::SPOOL_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
        if name_of(&bytes)? == *name { Ok(bytes) } else { Err(StoreError::Spoiled(name.clone())) }
    }

    /// Notes that a record names this file now.
    pub fn settle(&self, name: &SpoolName) {
        self.fresh().remove(name);
    }

    /// Removes a file, unless this run has just written it or a record names it; `is_named` is asked meanwhile.
    pub fn remove(&self, name: &SpoolName, is_named: impl FnOnce() -> bool) {
        let fresh = self.fresh();
        if !fresh.contains(name) && !is_named() {
            // What stays behind is found by the next start.
            let _ = fs::remove_file(self.path(name));
        }
    }

    /// Removes unfinished files, and those that nothing names and that are older than `limits::memory::SPOOL_ORPHAN`.
    ///
    /// # Errors
    /// When the spool cannot be listed.
    pub fn sweep(&self, now: Timestamp, is_named: impl Fn(&SpoolName) -> bool) -> io::Result<()> {
        if !self.root.is_dir() {
            return Ok(());
        }
        for folder in fs::read_dir(&self.root)?.take(limits::memory::FOLDER_FILES) {
            let folder = folder?.path();
            if !folder.is_dir() {
                continue;
            }
            for file in fs::read_dir(folder)?.take(limits::memory::FOLDER_FILES) {
                let file = file?;
                let title = file.file_name().to_string_lossy().into_owned();
                let gone = match SpoolName::parse(&title) {
                    Some(name) => !is_named(&name) && is_old(&file, now),
                    None => Path::new(&title).extension().is_some_and(|ending| ending == "tmp"),
                };
                if gone {
                    fs::remove_file(file.path())?;
                }
            }
        }
        Ok(())
    }

    fn folder(&self, name: &SpoolName) -> PathBuf {
        self.root.join(name.as_str().get(..2).unwrap_or_default())
    }

    fn path(&self, name: &SpoolName) -> PathBuf {
        self.folder(name).join(name.as_str())
    }

    fn fresh(&self) -> MutexGuard<'_, HashSet<SpoolName>> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a file is there for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keeps {
    OverPowerCuts,
    WhileRunning,
}

impl Keeps {
    fn sync(self, file: &File) -> io::Result<()> {
        if self == Self::OverPowerCuts { file.sync_all() } else { Ok(()) }
    }
}

fn is_old(file: &fs::DirEntry, now: Timestamp) -> bool {
    let written = file.metadata().and_then(|meta| meta.modified()).ok().and_then(|at| Timestamp::try_from(at).ok());
    written.is_some_and(|at| now.duration_since(at).as_secs_f64() > limits::memory::SPOOL_ORPHAN.as_secs_f64())
}

/// The name of a file with these bytes.
///
/// # Errors
/// None in practice.
pub fn name_of(bytes: &[u8]) -> Result<SpoolName, StoreError> {
    let hex = text::hex(digest(&SHA256, bytes).as_ref());
    SpoolName::parse(&hex).ok_or_else(|| StoreError::Failed("a hash has no name".to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use jiff::{SignedDuration, Timestamp};

    use super::Spool;
    use crate::store::fault::StoreError;

    #[test]
    fn reads_what_it_wrote_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path().join("spool"));
        let name = spool.write(b"letter").unwrap();
        assert_eq!(spool.write(b"letter").unwrap(), name);
        assert_eq!(spool.read(&name).unwrap(), b"letter");
        fs::write(spool.path(&name), b"lettre").unwrap();
        assert_eq!(spool.read(&name), Err(StoreError::Spoiled(name.clone())));
        // Written again, it is whole again.
        spool.write(b"letter").unwrap();
        assert_eq!(spool.read(&name).unwrap(), b"letter");
        fs::remove_file(spool.path(&name)).unwrap();
        assert_eq!(spool.read(&name), Err(StoreError::Spoiled(name)));
    }

    #[test]
    fn sweeps_what_is_old_and_unnamed() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path().join("spool"));
        let (named, orphan) = (spool.write(b"named").unwrap(), spool.write(b"orphan").unwrap());
        let part = spool.folder(&named).join("x.0.tmp");
        fs::write(&part, b"half").unwrap();
        let written: Timestamp = fs::metadata(spool.path(&orphan)).unwrap().modified().unwrap().try_into().unwrap();
        spool.sweep(written + SignedDuration::from_hours(23), |name| *name == named).unwrap();
        assert!(!part.exists());
        assert!(spool.read(&orphan).is_ok());
        spool.sweep(written + SignedDuration::from_hours(25), |name| *name == named).unwrap();
        assert!(spool.read(&orphan).is_err());
        assert!(spool.read(&named).is_ok());
    }

    #[test]
    fn keeps_what_was_just_written() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path().join("spool"));
        let name = spool.write(b"fresh").unwrap();
        spool.remove(&name, || false);
        assert!(spool.read(&name).is_ok());
        spool.settle(&name);
        spool.remove(&name, || true);
        assert!(spool.read(&name).is_ok());
        spool.remove(&name, || false);
        assert!(spool.read(&name).is_err());
    }
}
