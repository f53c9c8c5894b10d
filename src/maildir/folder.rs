//! One folder of a Maildir, by descriptors: what lies in it, and where a file is right now.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, fstat, fsync, openat, statat};
use rustix::io::Errno;

use super::fault::{MaildirError, io_fault};
use super::name::{self, FileName};
use crate::limits;
use crate::model::mailbox::Mailbox;

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// One of the two folders in which mail lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sub {
    /// Not yet seen by a mail program.
    New,
    /// Seen by one.
    Cur,
}

/// An open folder. Nothing below it is reached through a symbolic link.
#[derive(Debug)]
pub struct Folder {
    /// Where it lies, for messages.
    pub path: PathBuf,
    /// The folder itself.
    pub dir: OwnedFd,
    /// `new`.
    pub new: OwnedFd,
    /// `cur`.
    pub cur: OwnedFd,
    /// `tmp`.
    pub tmp: OwnedFd,
}

/// A file where it lies right now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// In which of the two.
    pub sub: Sub,
    /// Its whole name.
    pub file: String,
    /// Its name taken apart.
    pub name: FileName,
}

/// What lies in a folder.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// Regular or unknown files with a name that a mail may have; each unique part once.
    pub entries: Vec<Entry>,
    /// What was left out, one phrase a kind, without names.
    pub notes: Vec<String>,
}

/// When the two folders were last changed, in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Of `new`.
    pub new: i128,
    /// Of `cur`.
    pub cur: i128,
}

impl Folder {
    /// Opens the folder of a mailbox.
    ///
    /// # Errors
    /// The name is none for a folder; there is no such folder; it is no Maildir; it may not be read.
    pub fn open(root: &Path, mailbox: &Mailbox) -> Result<Self, MaildirError> {
        let folder = name::folder(&name::levels(mailbox)?);
        // The configured path may be a link; what the Maildir holds may not.
        let top = openat(CWD, root, DIRECTORY, Mode::empty()).map_err(|errno| match errno {
            Errno::NOENT => MaildirError::Missing(root.to_path_buf()),
            errno => io_fault("open", root)(errno),
        })?;
        if folder.is_empty() {
            return Self::inside(root.to_path_buf(), top);
        }
        let path = root.join(&folder);
        let dir = openat(&top, &folder, DIRECTORY | OFlags::NOFOLLOW, Mode::empty()).map_err(|errno| match errno {
            Errno::NOENT => MaildirError::NoMailbox { mailbox: mailbox.to_string(), path: path.clone() },
            errno => io_fault("open", &path)(errno),
        })?;
        Self::inside(path, dir)
    }

    fn inside(path: PathBuf, dir: OwnedFd) -> Result<Self, MaildirError> {
        let part = |part: &'static str| {
            openat(&dir, part, DIRECTORY | OFlags::NOFOLLOW, Mode::empty()).map_err(|errno| match errno {
                Errno::NOENT | Errno::NOTDIR | Errno::LOOP => MaildirError::NoMaildir { path: path.clone(), part },
                errno => io_fault("open", &path.join(part))(errno),
            })
        };
        let (new, cur, tmp) = (part("new")?, part("cur")?, part("tmp")?);
        Ok(Self { new, cur, tmp, dir, path })
    }

    /// The descriptor of one of the two.
    pub fn sub(&self, sub: Sub) -> &OwnedFd {
        match sub {
            Sub::New => &self.new,
            Sub::Cur => &self.cur,
        }
    }

    /// Where an entry lies, for messages.
    pub fn path_of(&self, sub: Sub, file: &str) -> PathBuf {
        let part = match sub {
            Sub::New => "new",
            Sub::Cur => "cur",
        };
        self.path.join(part).join(file)
    }

    /// When the two were last changed.
    ///
    /// # Errors
    /// The system refuses.
    pub fn times(&self) -> Result<Times, MaildirError> {
        let of = |dir: &OwnedFd| Ok(nanoseconds(&fstat(dir).map_err(io_fault("look at", &self.path))?));
        Ok(Times { new: of(&self.new)?, cur: of(&self.cur)? })
    }

    /// Everything in `new` and `cur` that a mail's name may be on. Read again while other programs rename files there,
    /// up to `limits::doors::MAILDIR_SCANS` times, for a renamed file can be missed. What is not a regular file is still among
    /// the entries where the file system does not say so while listing.
    ///
    /// # Errors
    /// The system refuses.
    pub fn contents(&self) -> Result<Contents, MaildirError> {
        let mut contents = Contents::default();
        for _ in 0..limits::doors::MAILDIR_SCANS {
            let before = self.times()?;
            contents = self.scan()?;
            if self.times()? == before {
                break;
            }
        }
        Ok(contents)
    }

    fn scan(&self) -> Result<Contents, MaildirError> {
        let (mut entries, mut odd_names, mut no_files) = (Vec::new(), 0_usize, 0_usize);
        // `new` first: what goes from there to `cur` meanwhile is then seen twice, not never.
        for sub in [Sub::New, Sub::Cur] {
            for entry in Dir::read_from(self.sub(sub)).map_err(io_fault("read", &self.path))? {
                let entry = entry.map_err(io_fault("read", &self.path))?;
                let Ok(file) = entry.file_name().to_str() else {
                    odd_names += 1;
                    continue;
                };
                // Hidden files are other programs' own: no note.
                if file.starts_with('.') {
                    continue;
                }
                let is_file = matches!(entry.file_type(), FileType::RegularFile | FileType::Unknown);
                match FileName::parse(file) {
                    _ if !is_file => no_files += 1,
                    None => odd_names += 1,
                    Some(name) if entries.len() < limits::doors::MAILDIR_ENTRIES => {
                        entries.push(Entry { sub, file: file.to_owned(), name });
                    }
                    Some(_) => return Ok(noted(entries, odd_names, no_files)),
                }
            }
        }
        Ok(noted(entries, odd_names, no_files))
    }

    /// Where the file with this unique part is right now. `None` only when it was in neither of two readings of the
    /// folder between which nothing changed.
    ///
    /// # Errors
    /// [`MaildirError::Busy`] when the folder changes all the time and the file was in no reading; the system refuses.
    pub fn locate(&self, unique: &str) -> Result<Option<Entry>, MaildirError> {
        let mut last = None;
        for _ in 0..limits::doors::MAILDIR_CHASES {
            let before = self.times()?;
            if let Some(entry) = self.glance(unique)? {
                return Ok(Some(entry));
            }
            if last == Some(before) && self.times()? == before {
                return Ok(None);
            }
            last = Some(before);
        }
        Err(MaildirError::Busy(self.path.clone()))
    }

    /// The same by one reading: a file that is renamed at this moment can be missed.
    ///
    /// # Errors
    /// The system refuses.
    pub fn glance(&self, unique: &str) -> Result<Option<Entry>, MaildirError> {
        if !is_listed(unique) {
            return Ok(None);
        }
        // Nearly every file has one of these names, which spares reading the folder.
        if let Some(entry) = self.guess(unique)? {
            return Ok(Some(entry));
        }
        if let Some(entry) = self.entry(Sub::New, unique)? {
            return Ok(Some(entry));
        }
        // `new` first: what goes from there to `cur` meanwhile is not missed.
        for sub in [Sub::New, Sub::Cur] {
            for listed in Dir::read_from(self.sub(sub)).map_err(io_fault("read", &self.path))? {
                let listed = listed.map_err(io_fault("read", &self.path))?;
                let rest = listed.file_name().to_bytes().strip_prefix(unique.as_bytes());
                if !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b":")) {
                    continue;
                }
                let Ok(file) = listed.file_name().to_str() else { continue };
                if let Some(entry) = self.entry(sub, file)? {
                    return Ok(Some(entry));
                }
            }
        }
        Ok(None)
    }

    /// The file with this unique part in `cur`, where its mail is unread, or read and nothing more: found by its name, without
    /// reading the folder. `None` says nothing of others.
    ///
    /// # Errors
    /// The system refuses.
    pub fn guess(&self, unique: &str) -> Result<Option<Entry>, MaildirError> {
        if !is_listed(unique) {
            return Ok(None);
        }
        for info in [":2,", ":2,S"] {
            if let Some(entry) = self.entry(Sub::Cur, &format!("{unique}{info}"))? {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    /// The entry of this whole name, where it is a regular file.
    fn entry(&self, sub: Sub, file: &str) -> Result<Option<Entry>, MaildirError> {
        let Some(name) = FileName::parse(file) else { return Ok(None) };
        let is_there = self.stat(sub, file)?.is_some();
        Ok(is_there.then(|| Entry { sub, file: file.to_owned(), name }))
    }

    /// What the system says of a regular file; `None` for anything else, and for what is not there.
    ///
    /// # Errors
    /// The system refuses.
    pub fn stat(&self, sub: Sub, file: &str) -> Result<Option<Stat>, MaildirError> {
        match statat(self.sub(sub), file, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile => Ok(Some(stat)),
            Ok(_) | Err(Errno::NOENT | Errno::NAMETOOLONG) => Ok(None),
            Err(errno) => Err(io_fault("look at", &self.path_of(sub, file))(errno)),
        }
    }

    /// Opens a regular file for reading, without following a link or waiting for a pipe; `None` when it is none, or gone.
    ///
    /// # Errors
    /// The system refuses.
    pub fn read(&self, entry: &Entry) -> Result<Option<(File, Stat)>, MaildirError> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let path = self.path_of(entry.sub, &entry.file);
        match openat(self.sub(entry.sub), &entry.file, flags, Mode::empty()) {
            Ok(fd) => {
                let stat = fstat(&fd).map_err(io_fault("look at", &path))?;
                let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
                Ok(is_file.then(|| (File::from(fd), stat)))
            }
            // LOOP: a symbolic link. NXIO: a socket.
            Err(Errno::NOENT | Errno::LOOP | Errno::NXIO) => Ok(None),
            Err(errno) => Err(io_fault("open", &path)(errno)),
        }
    }

    /// Makes what was renamed, linked or removed in this folder durable.
    ///
    /// # Errors
    /// The system refuses: then nothing is known to be durable.
    pub fn sync(&self, dir: impl AsFd) -> Result<(), MaildirError> {
        fsync(dir).map_err(io_fault("flush", &self.path))
    }
}

/// The last change in nanoseconds since 1970.
pub fn nanoseconds(stat: &Stat) -> i128 {
    i128::from(stat.st_mtime) * 1_000_000_000 + i128::from(stat.st_mtime_nsec)
}

/// Whether a file may have this unique part; another is never listed.
fn is_listed(unique: &str) -> bool {
    FileName::parse(unique).is_some_and(|name| name.unique == unique)
}

fn noted(mut entries: Vec<Entry>, odd_names: usize, no_files: usize) -> Contents {
    let all = entries.len();
    // Stable: of two with one unique part the one in `cur`, read later, comes last and stays.
    entries.reverse();
    let mut known = std::collections::BTreeSet::new();
    entries.retain(|entry| known.insert(entry.name.unique.clone()));
    entries.reverse();
    let counts = [
        (odd_names, "with a name that no mail has"),
        (no_files, "that are no regular files"),
        (all - entries.len(), "twice under one name"),
        (usize::from(all >= limits::doors::MAILDIR_ENTRIES), "beyond what is read of one folder"),
    ];
    let notes = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("entries {what}: {count}"));
    Contents { entries, notes: notes.collect() }
}
