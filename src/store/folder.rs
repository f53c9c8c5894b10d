//! The state folder: its lock, its marks, its reserve, the key of our letters, and whether there is room.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ring::rand::{SecureRandom, SystemRandom};
use rustix::fs::{FallocateFlags, fallocate, statvfs};

use crate::limits;
use crate::mark::MarkKey;

/// The store itself.
pub const STORE: &str = "store";
/// The files of letters and editions.
pub const SPOOL: &str = "spool";
/// There has been a store here.
pub const BEGAN: &str = "began";
/// The store is damaged: the next start moves it aside.
pub const DAMAGED: &str = "damaged";
/// The store was lost or moved aside (its path is in the file), and the mailboxes have not been read again since.
pub const RESCUE: &str = "rescue";
/// A backup, until whoever asked for it has taken it away.
pub const BACKUP: &str = "backup";
/// What stands in `RESCUE` after a backup was restored.
pub const RESTORED: &[u8] = b"restored";
const LOCK: &str = "lock";
const RESERVE: &str = "reserve";
/// The key of the marks of our letters.
pub const KEY: &str = "key";

/// Makes the state folder, for its owner only; durable when it returns.
///
/// # Errors
/// As the system says.
pub fn prepare(state: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = state.ancestors().take_while(|path| !path.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(state)?;
    // The names of new folders must survive a power cut like what is written into them.
    for parent in missing.iter().filter_map(|path| path.parent()).filter(|parent| parent.is_dir()) {
        File::open(parent)?.sync_all()?;
    }
    if fs::metadata(state)?.permissions().mode() & 0o077 != 0 {
        // A folder of somebody else's cannot be closed, and may be used all the same: the files below are closed.
        let _ = fs::set_permissions(state, fs::Permissions::from_mode(0o700));
    }
    Ok(())
}

/// Takes the folder's lock, for as long as the file is kept; `None` when another process has it
/// and keeps it for `limits::memory::STATE_LOCK`.
///
/// # Errors
/// As the system says.
pub fn lock(state: &Path) -> io::Result<Option<File>> {
    let file = File::options().write(true).create(true).truncate(false).mode(0o600).open(state.join(LOCK))?;
    let looks = limits::memory::STATE_LOCK.as_millis() / limits::memory::LOCK_LOOK.as_millis();
    for _ in 0..looks {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) => std::thread::sleep(limits::memory::LOCK_LOOK),
            Err(TryLockError::Error(cause)) => return Err(cause),
        }
    }
    Ok(None)
}

/// Reads a small file of the folder; `None` when there is none.
///
/// # Errors
/// As the system says.
pub fn read(state: &Path, name: &str) -> io::Result<Option<Vec<u8>>> {
    match File::open(state.join(name)) {
        Ok(file) => {
            let mut bytes = Vec::new();
            file.take(limits::memory::STATE_FILE_BYTES).read_to_end(&mut bytes)?;
            Ok(Some(bytes))
        }
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(cause),
    }
}

/// Writes a small file of the folder, whole or not at all; durable when it returns.
///
/// # Errors
/// As the system says.
pub fn write(state: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let part = state.join(format!("{name}.tmp"));
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&part, state.join(name))?;
    File::open(state)?.sync_all()
}

/// Removes a file of the folder; durable when it returns. One that is not there is no error.
///
/// # Errors
/// As the system says.
pub fn remove(state: &Path, name: &str) -> io::Result<()> {
    match fs::remove_file(state.join(name)) {
        Ok(()) => File::open(state)?.sync_all(),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(cause),
    }
}

/// Moves the store aside, to a name that no other has.
///
/// # Errors
/// As the system says.
pub fn move_aside(state: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(state.join(STORE), to) {
        Ok(()) => File::open(state)?.sync_all(),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(cause),
    }
}

/// A name for what is moved aside at this time; the first that is free.
pub fn free_name(state: &Path, begins: &str, now: jiff::Timestamp) -> PathBuf {
    let stamp = now.strftime("%Y%m%dT%H%M%SZ");
    let plain = state.join(format!("{begins}-{stamp}"));
    let mut names = (2..100).map(|n| state.join(format!("{begins}-{stamp}-{n}")));
    if plain.exists() { names.find(|path| !path.exists()).unwrap_or(plain) } else { plain }
}

/// Free bytes on the folder's disk, for us.
///
/// # Errors
/// When the filesystem cannot be asked.
pub fn free_bytes(state: &Path) -> io::Result<u64> {
    let room = statvfs(state)?;
    Ok(room.f_bavail.saturating_mul(room.f_frsize))
}

/// Gives everything below `path`, and itself, to whom `like` belongs: what root makes in the daemon's folder, the daemon must
/// be able to use. Others than root make only what is theirs, and change nothing.
///
/// # Errors
/// As the system says.
pub fn hand_over(path: &Path, like: &Path) -> io::Result<()> {
    let owner = fs::metadata(like)?;
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let mut left = vec![path.to_owned()];
    while let Some(one) = left.pop() {
        std::os::unix::fs::lchown(&one, Some(owner.uid()), Some(owner.gid()))?;
        if fs::symlink_metadata(&one)?.is_dir() {
            for entry in fs::read_dir(&one)?.take(limits::memory::FOLDER_FILES) {
                left.push(entry?.path());
            }
        }
    }
    Ok(())
}

/// Whether there is room to hold more: free bytes, and free inodes where the filesystem counts them.
///
/// # Errors
/// When the filesystem cannot be asked.
pub fn has_room(state: &Path) -> io::Result<bool> {
    let room = statvfs(state)?;
    let bytes = room.f_bavail.saturating_mul(room.f_frsize);
    let inodes = room.f_files == 0 || room.f_favail >= limits::memory::ROOM_INODES;
    Ok(bytes >= limits::memory::ROOM_BYTES && inodes)
}

/// Puts the reserve by, where there is room and it is not there.
pub fn keep_reserve(state: &Path) {
    let path = state.join(RESERVE);
    if path.exists() || !has_room(state).unwrap_or(false) {
        return;
    }
    let made = File::options().write(true).create_new(true).mode(0o600).open(&path).and_then(|file| {
        fallocate(&file, FallocateFlags::empty(), 0, limits::memory::RESERVE_BYTES)?;
        file.sync_all()
    });
    if made.is_err() {
        // Some filesystems cannot reserve; then there is none.
        let _ = fs::remove_file(&path);
    }
}

/// Gives the reserve up, so that a full disk has room for the store to open. Whether there was one.
pub fn give_up_reserve(state: &Path) -> bool {
    fs::remove_file(state.join(RESERVE)).is_ok()
}

/// The key of the marks of our letters: made at the first start, kept for ever.
///
/// # Errors
/// As the system says; `InvalidData` when the file is not 32 bytes long.
pub fn mark_key(state: &Path) -> io::Result<MarkKey> {
    prepare(state)?;
    let bytes = match read(state, KEY)? {
        Some(bytes) => bytes,
        None => {
            let mut bytes = vec![0; 32];
            SystemRandom::new().fill(&mut bytes).map_err(|_| io::Error::other("the system gives no random bytes"))?;
            write(state, KEY, &bytes)?;
            bytes
        }
    };
    let bytes: &[u8; 32] = bytes.as_slice().try_into().map_err(|_| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("\"{}\" is not a key: move it away", state.join(KEY).display()),
        )
    })?;
    Ok(MarkKey::new(bytes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::PermissionsExt;

    use super::{lock, mark_key, prepare, read, write};
    use crate::model::identity::Id;

    #[test]
    fn makes_the_key_once_and_for_its_owner_only() {
        let state = tempfile::tempdir().unwrap();
        let id = Id::of(&[b"letter"]);
        let mark = mark_key(state.path()).unwrap().mark(id);
        assert_eq!(mark_key(state.path()).unwrap().mark(id), mark);
        let mode = std::fs::metadata(state.path().join("key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        write(state.path(), "key", b"short").unwrap();
        assert!(mark_key(state.path()).is_err());
    }

    #[test]
    fn closes_the_folder_to_others() {
        let outer = tempfile::tempdir().unwrap();
        let state = outer.path().join("state");
        std::fs::create_dir(&state).unwrap();
        std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o755)).unwrap();
        prepare(&state).unwrap();
        assert_eq!(std::fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn locks_once() {
        let state = tempfile::tempdir().unwrap();
        let first = lock(state.path()).unwrap();
        assert!(first.is_some());
        assert!(lock(state.path()).unwrap().is_none());
        drop(first);
        assert!(lock(state.path()).unwrap().is_some());
    }

    #[test]
    fn reads_what_it_writes() {
        let state = tempfile::tempdir().unwrap();
        assert_eq!(read(state.path(), "x").unwrap(), None);
        write(state.path(), "x", b"y").unwrap();
        assert_eq!(read(state.path(), "x").unwrap(), Some(b"y".to_vec()));
    }
}
