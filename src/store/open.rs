//! Opening: the lock, the marks of earlier runs, the scan that builds the index, and moving a damaged store aside.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::engine::contract::{Batch, Engine, EngineError};
use super::engine::local;
use super::fact::Fact;
use super::fault::OpenError;
use super::folder;
use super::house::House;
use super::index::outbox::holds;
use super::index::{Change, Index};
use super::key::Key;
use super::record::{self, small};
use super::scan::scan;
use super::spool::Spool;
use super::sum::Sum;
use super::witness;
use crate::model::identity::Identity;

/// How a store was found at open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// There had never been one in this state folder.
    New,
    /// As it was left.
    Kept,
    /// It could not be read, was moved aside to this path, and a new one begun: the mailboxes must be read again, and
    /// until then nothing is held. Said again at each open until `Store::rescued`.
    MovedAside(PathBuf),
    /// A backup was restored: what has happened since is read from the mailboxes. Said again at each open until
    /// `Store::rescued`.
    Restored,
    /// The state folder knows of a store, but it is gone. Said again at each open until `Store::rescued`.
    Lost,
}

/// An open store, before its committer runs.
#[derive(Debug)]
pub struct Standing {
    /// Its parts.
    pub house: House,
    /// How it was found.
    pub found: Found,
    /// The highest number that an item or errand bears.
    pub seq: u64,
    /// The sum over all records.
    pub sum: Sum,
}

/// What was read.
struct Loaded {
    engine: Box<dyn Engine>,
    index: Index,
    seq: u64,
    sum: Sum,
}

/// Why it could not be read.
enum Fault {
    Engine(EngineError),
    Newer(u32),
}

impl From<EngineError> for Fault {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

fn damaged(what: &str) -> Fault {
    Fault::Engine(EngineError::Damaged(what.to_owned()))
}

/// Opens, or begins, the store in this state folder.
///
/// # Errors
/// As `OpenError`'s variants say.
pub fn open(state: &Path, now: Timestamp) -> Result<Standing, OpenError> {
    let disk = |cause| OpenError::Disk { path: state.to_owned(), cause };
    folder::prepare(state).map_err(disk)?;
    let lock = folder::lock(state).map_err(disk)?.ok_or_else(|| OpenError::Locked(state.to_owned()))?;
    let standing = find(state, now, lock).map_err(|fault| refused(state, fault))?;
    let index = standing.house.index();
    if let Err(cause) = standing.house.spool.sweep(now, |name| index.named.has(name)) {
        tracing::warn!(%cause, "cannot clean the spool up");
    }
    drop(index);
    folder::keep_reserve(state);
    Ok(standing)
}

/// Opens a store to be read only: nothing is moved aside, marked or cleaned up. `lock` is kept as long as the house stands.
///
/// # Errors
/// As `OpenError`'s variants say; a store that cannot be read whole is a `Disk`.
pub fn look(state: &Path, lock: File) -> Result<House, OpenError> {
    let Loaded { engine, index, .. } = load(state).map_err(|fault| refused(state, fault))?;
    Ok(House::new(engine, index, state.to_owned(), lock))
}

fn refused(state: &Path, fault: Fault) -> OpenError {
    let path = state.to_owned();
    match fault {
        Fault::Newer(format) => OpenError::Newer { path, format },
        Fault::Engine(EngineError::Busy(_)) => OpenError::Locked(path),
        Fault::Engine(error) => OpenError::Disk { path, cause: io_error(&error) },
    }
}

fn io_error(error: &EngineError) -> io::Error {
    let kind = match error {
        EngineError::Full(_) => io::ErrorKind::StorageFull,
        EngineError::Access(_) | EngineError::Busy(_) => io::ErrorKind::PermissionDenied,
        EngineError::Damaged(_) => io::ErrorKind::InvalidData,
    };
    io::Error::new(kind, error.to_string())
}

fn of_io(cause: io::Error) -> Fault {
    // Outside the engine nothing can be damaged.
    match EngineError::of_io(&cause) {
        EngineError::Damaged(why) => Fault::Engine(EngineError::Access(why)),
        error => Fault::Engine(error),
    }
}

fn find(state: &Path, now: Timestamp, lock: File) -> Result<Standing, Fault> {
    let began = folder::read(state, folder::BEGAN).map_err(of_io)?.is_some();
    let there = state.join(folder::STORE).exists();
    let marked = folder::read(state, folder::DAMAGED).map_err(of_io)?;
    let first = match marked {
        Some(why) if there => Err(damaged(&String::from_utf8_lossy(&why))),
        _ => load_with_reserve(state),
    };
    let loaded = match first {
        Err(Fault::Engine(EngineError::Damaged(why))) => {
            begin_anew(state, now, &why)?;
            load_with_reserve(state)?
        }
        other => {
            let loaded = other?;
            if began && !there {
                folder::write(state, folder::RESCUE, b"").map_err(of_io)?;
            }
            loaded
        }
    };
    if !began {
        folder::write(state, folder::BEGAN, b"").map_err(of_io)?;
    }
    let found = match folder::read(state, folder::RESCUE).map_err(of_io)? {
        Some(path) if path.is_empty() => Found::Lost,
        Some(word) if word == folder::RESTORED => Found::Restored,
        Some(path) => Found::MovedAside(PathBuf::from(String::from_utf8_lossy(&path).into_owned())),
        None if there => Found::Kept,
        None => Found::New,
    };
    let Loaded { engine, index, seq, sum } = loaded;
    Ok(Standing { house: House::new(engine, index, state.to_owned(), lock), found, seq, sum })
}

/// Moves the store aside. The mark that says so comes first: after a kill in between, the mailboxes are read again all
/// the same.
fn begin_anew(state: &Path, now: Timestamp, why: &str) -> Result<(), Fault> {
    let aside = folder::free_name(state, "store.damaged", now);
    tracing::error!(aside = %aside.display(), why, "the store is damaged: it is moved aside and a new one begun");
    folder::write(state, folder::DAMAGED, why.as_bytes()).map_err(of_io)?;
    folder::write(state, folder::RESCUE, aside.to_string_lossy().as_bytes()).map_err(of_io)?;
    local::wait_until_free(&state.join(folder::STORE))?;
    folder::move_aside(state, &aside).map_err(of_io)?;
    folder::remove(state, folder::DAMAGED).map_err(of_io)
}

/// sled needs space to open: on a full disk the reserve is given up first.
fn load_with_reserve(state: &Path) -> Result<Loaded, Fault> {
    match load(state) {
        Err(Fault::Engine(EngineError::Full(why))) => {
            if !folder::give_up_reserve(state) {
                return Err(Fault::Engine(EngineError::Full(why)));
            }
            tracing::warn!("the disk is full: the reserve is given up to open the store");
            load(state)
        }
        other => other,
    }
}

fn load(state: &Path) -> Result<Loaded, Fault> {
    let before = state.join(folder::STORE).exists();
    if !before {
        // What it says is of a store that is gone.
        folder::remove(state, witness::WITNESS).map_err(of_io)?;
    }
    let engine = local::open(&state.join(folder::STORE))?;
    // `began` is written once the format is durable: from then on a store without one has lost everything.
    let expected = before && folder::read(state, folder::BEGAN).map_err(of_io)?.is_some();
    match format(&*engine)? {
        Some(format) if format > record::FORMAT => return Err(Fault::Newer(format)),
        Some(record::FORMAT) => {}
        Some(_) => stamp(&*engine)?,
        None if expected => return Err(damaged("the store is empty")),
        None if !engine.scan(&[], None, 1)?.is_empty() => return Err(damaged("the store has records but no format")),
        None => stamp(&*engine)?,
    }
    let spool = Spool::new(state.join(folder::SPOOL));
    let (mut index, mut seq) = (Index::default(), 0);
    let sum = scan(&*engine, |fact| {
        match &fact {
            Fact::Item(item) => seq = seq.max(item.seq),
            Fact::Errand(errand) => seq = seq.max(errand.seq),
            _ => {}
        }
        if let Fact::Item(item) = &fact {
            // Nobody waits for a bell yet: a million items need not be asked whom they wake.
            index.items.put(item);
            return Ok(());
        }
        if let Fact::Thread(thread) = &fact {
            // What is there already has not moved.
            index.histories.apply_thread(thread);
            return Ok(());
        }
        let items = manifest(&spool, &index, &fact)?;
        index.apply(Change { fact, items });
        Ok::<(), Fault>(())
    })?;
    let (scanned, sum) = (sum, Sum::read(&*engine)?);
    if !sum.agrees(&scanned) {
        return Err(damaged("records are missing"));
    }
    if before && sum.batches() < witness::read(state).map_err(of_io)? {
        return Err(damaged("the store is older than it was"));
    }
    Ok(Loaded { engine, index, seq, sum })
}

/// The items of an edition that is not over. They stand before it in the order of the keys, so they are known by now;
/// where one is not, or the list is gone, nobody can say any more what may be sent.
fn manifest(spool: &Spool, index: &Index, fact: &Fact) -> Result<Option<Vec<Identity>>, Fault> {
    let Fact::Edition(edition) = fact else { return Ok(None) };
    if !holds(edition) {
        return Ok(None);
    }
    let file = spool.read(&edition.manifest).map_err(|error| damaged(&error.to_string()))?;
    let items = small::read_manifest(&file).map_err(|error| damaged(&error.to_string()))?;
    if items.iter().any(|item| !index.items.knows(*item)) {
        return Err(damaged("an edition names an item that is not there"));
    }
    Ok(Some(items))
}

fn format(engine: &dyn Engine) -> Result<Option<u32>, Fault> {
    let key = Key::Format.bytes();
    let Some(value) = engine.value(&key)? else { return Ok(None) };
    let format = record::unframe(&key, &value).and_then(small::read_format);
    format.map(Some).map_err(|error| damaged(&error.to_string()))
}

/// Writes our format into a store that is empty, or whose format was lower: what it holds is read as it is.
fn stamp(engine: &dyn Engine) -> Result<(), Fault> {
    let key = Key::Format.bytes();
    let value = record::frame(&key, &small::write_format(record::FORMAT));
    let mut batch = Batch::default();
    batch.push(key, value);
    Ok(engine.apply(&batch)?)
}
