//! Moving a file between folders: never over another, never lost, durable when it is done.
//!
//! By `rename` that refuses an existing target (Linux's renameat2); where the file system has none, by `link` and
//! `unlink`; between file systems by a copy. A crash between the last two steps leaves the mail in both folders: the next
//! attempt finds it so and takes the first away.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};

use rustix::fs::{
    AtFlags, Mode, OFlags, RenameFlags, Stat, Timespec, Timestamps, futimens, linkat, openat, renameat, renameat_with,
    unlinkat,
};
use rustix::io::Errno;

use super::fault::{MaildirError, io_fault, std_fault};
use super::folder::{Entry, Folder, Sub};
use super::name::{FileName, another};
use crate::limits;
use crate::model::identity::Id;

/// What came of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It lies there, durably, and nowhere else.
    Done,
    /// The file was renamed or taken meanwhile, or its new name was: look again.
    Again,
}

/// Moves a file into `cur` of another folder, under this name.
///
/// # Errors
/// The system refuses: it lies where it was, or in both folders.
pub fn relocate(from: &Folder, entry: &Entry, to: &Folder, name: &FileName) -> Result<Step, MaildirError> {
    let moved = renameat_with(from.sub(entry.sub), &entry.file, &to.cur, name.in_cur(), RenameFlags::NOREPLACE);
    match moved {
        Ok(()) => {
            to.sync(&to.cur)?;
            from.sync(from.sub(entry.sub))?;
            Ok(Step::Done)
        }
        Err(Errno::NOENT | Errno::EXIST) => Ok(Step::Again),
        // NFS, FAT and old kernels have no rename that refuses.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => by_link(from, entry, to, name),
        Err(Errno::XDEV) => by_copy(from, entry, to, name),
        Err(errno) => Err(io_fault("move", &from.path_of(entry.sub, &entry.file))(errno)),
    }
}

/// The same by a second name and the end of the first.
///
/// # Errors
/// As [`relocate`].
pub fn by_link(from: &Folder, entry: &Entry, to: &Folder, name: &FileName) -> Result<Step, MaildirError> {
    match linkat(from.sub(entry.sub), &entry.file, &to.cur, name.in_cur(), AtFlags::empty()) {
        Ok(()) => finish(from, entry, to),
        Err(Errno::NOENT | Errno::EXIST) => Ok(Step::Again),
        // File systems without links say PERM.
        Err(Errno::PERM | Errno::NOTSUP | Errno::NOSYS | Errno::MLINK | Errno::XDEV) => by_copy(from, entry, to, name),
        Err(errno) => Err(io_fault("link", &from.path_of(entry.sub, &entry.file))(errno)),
    }
}

/// The same by a copy that is durable before the first goes.
///
/// # Errors
/// As [`relocate`].
pub fn by_copy(from: &Folder, entry: &Entry, to: &Folder, name: &FileName) -> Result<Step, MaildirError> {
    let Some((mut source, stat)) = from.read(entry)? else { return Ok(Step::Again) };
    let time = Timespec { tv_sec: stat.st_mtime, tv_nsec: i64::try_from(stat.st_mtime_nsec).unwrap_or(0) };
    let times = Timestamps { last_access: time, last_modification: time };
    let tmp = write_tmp(to, &name.unique, |copy| {
        io::copy(&mut source, copy)?;
        Ok(futimens(&*copy, &times)?)
    })?;
    match publish(to, &tmp, Sub::Cur, &name.in_cur())? {
        Step::Done => finish(from, entry, to),
        Step::Again => Ok(Step::Again),
    }
}

/// The mail lies durably in `to`: its first name ends.
fn finish(from: &Folder, entry: &Entry, to: &Folder) -> Result<Step, MaildirError> {
    to.sync(&to.cur)?;
    match unlinkat(from.sub(entry.sub), &entry.file, AtFlags::empty()) {
        Ok(()) => {
            from.sync(from.sub(entry.sub))?;
            Ok(Step::Done)
        }
        // It was renamed meanwhile: the next attempt finds it in both folders.
        Err(Errno::NOENT) => Ok(Step::Again),
        Err(errno) => Err(io_fault("remove", &from.path_of(entry.sub, &entry.file))(errno)),
    }
}

/// Our own name in `tmp` for a mail, which no other program has.
fn tmp_name(unique: &str) -> String {
    format!("tidings.{}", Id::of(&[b"tmp", unique.as_bytes()]))
}

/// Writes a file in `tmp`, durably, and returns its name; what a crash left there goes first, and what fails leaves nothing.
fn write_tmp(
    folder: &Folder,
    unique: &str,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<String, MaildirError> {
    let tmp = tmp_name(unique);
    let path = folder.path.join("tmp").join(&tmp);
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let create = || openat(&folder.tmp, &tmp, flags, Mode::RUSR | Mode::WUSR);
    let created = match create() {
        Err(Errno::EXIST) => unlinkat(&folder.tmp, &tmp, AtFlags::empty()).and_then(|()| create()),
        created => created,
    };
    let mut file = created.map(File::from).map_err(io_fault("create", &path))?;
    if let Err(cause) = fill(&mut file).and_then(|()| file.sync_all()) {
        // The first fault is the one to tell of.
        let _ = unlinkat(&folder.tmp, &tmp, AtFlags::empty());
        return Err(std_fault("write", &path)(cause));
    }
    Ok(tmp)
}

/// Gives a finished file of `tmp` its name in `new` or `cur`, unless that is taken: then it is removed from `tmp`.
fn publish(folder: &Folder, tmp: &str, sub: Sub, file: &str) -> Result<Step, MaildirError> {
    let step = place(folder, tmp, sub, file)?;
    if step == Step::Again {
        let path = folder.path.join("tmp").join(tmp);
        unlinkat(&folder.tmp, tmp, AtFlags::empty()).map_err(io_fault("remove", &path))?;
    }
    Ok(step)
}

/// Gives a file of `tmp` its name in `new` or `cur`; [`Step::Again`] and nothing else where that is taken.
fn place(folder: &Folder, tmp: &str, sub: Sub, file: &str) -> Result<Step, MaildirError> {
    let into = folder.sub(sub);
    let placed = match renameat_with(&folder.tmp, tmp, into, file, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            match linkat(&folder.tmp, tmp, into, file, AtFlags::empty()) {
                Ok(()) => unlinkat(&folder.tmp, tmp, AtFlags::empty()),
                // Without links there is only this; no other program makes this very name.
                Err(Errno::PERM | Errno::NOTSUP | Errno::NOSYS) => match folder.stat(sub, file)? {
                    None => renameat(&folder.tmp, tmp, into, file),
                    Some(_) => Err(Errno::EXIST),
                },
                linked => linked,
            }
        }
        renamed => renamed,
    };
    match placed {
        Ok(()) => {
            folder.sync(into)?;
            Ok(Step::Done)
        }
        Err(Errno::EXIST) => Ok(Step::Again),
        Err(errno) => Err(io_fault("name", &folder.path_of(sub, file))(errno)),
    }
}

/// Takes a file away that lies in another folder too. It is set aside in `tmp` first, and comes back when the other is
/// gone by then: two programs that each take the other's for the second copy would lose both.
///
/// # Errors
/// The system refuses.
pub fn take_away(folder: &Folder, entry: &Entry, other: &Folder) -> Result<Step, MaildirError> {
    let path = folder.path_of(entry.sub, &entry.file);
    let aside = tmp_name(&entry.name.unique);
    match renameat(folder.sub(entry.sub), &entry.file, &folder.tmp, &aside) {
        Err(Errno::NOENT) => return Ok(Step::Again),
        moved => moved.map_err(io_fault("move", &path))?,
    }
    let there = other.locate(&entry.name.unique);
    if matches!(there, Ok(Some(_))) {
        unlinkat(&folder.tmp, &aside, AtFlags::empty()).map_err(io_fault("remove", &path))?;
        folder.sync(folder.sub(entry.sub))?;
        return Ok(Step::Done);
    }
    let mut names = (1..=limits::doors::MAILDIR_NAMES).map(|number| another(&entry.name.unique, number));
    let mut file = entry.file.clone();
    while place(folder, &aside, entry.sub, &file)? == Step::Again {
        let Some(unique) = names.next() else { return Err(MaildirError::Busy(folder.path.clone())) };
        file = entry.name.renamed(unique).in_cur();
    }
    there.map(|_| Step::Again)
}

/// Whether two files are one: by inode, or byte for byte.
///
/// # Errors
/// The system refuses.
pub fn same(one: &Folder, entry: &Entry, other: &Folder, there: &Entry) -> Result<Option<Sameness>, MaildirError> {
    let (Some(first), Some(second)) = (one.read(entry)?, other.read(there)?) else { return Ok(None) };
    let id = |stat: &Stat| (stat.st_dev, stat.st_ino);
    if id(&first.1) == id(&second.1) {
        return Ok(Some(Sameness::Same));
    }
    if first.1.st_size != second.1.st_size {
        return Ok(Some(Sameness::Different));
    }
    let fault = std_fault("read", &one.path);
    let (mut first, mut second) = (BufReader::new(first.0).bytes(), BufReader::new(second.0).bytes());
    loop {
        match (first.next().transpose().map_err(&fault)?, second.next().transpose().map_err(&fault)?) {
            (None, None) => return Ok(Some(Sameness::Same)),
            (one, other) if one == other => {}
            _ => return Ok(Some(Sameness::Different)),
        }
    }
}

/// Whether two files under one unique name are one mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sameness {
    /// They are.
    Same,
    /// Two mails.
    Different,
}

/// Gives a file other flags, in `cur` of its folder.
///
/// # Errors
/// The system refuses.
pub fn rename(folder: &Folder, entry: &Entry, name: &FileName) -> Result<Step, MaildirError> {
    if entry.sub == Sub::Cur && entry.file == name.in_cur() {
        return Ok(Step::Done);
    }
    relocate(folder, entry, folder, name)
}

/// Writes a new file into `new` under this unique name, unless that is taken; line ends become line feeds, as delivery
/// programs write them.
///
/// # Errors
/// The system refuses.
pub fn deliver(folder: &Folder, unique: &str, bytes: &[u8]) -> Result<Step, MaildirError> {
    let tmp = write_tmp(folder, unique, |file| {
        let mut file = BufWriter::new(file);
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            match line.strip_suffix(b"\r\n") {
                Some(bare) => file.write_all(bare).and_then(|()| file.write_all(b"\n"))?,
                None => file.write_all(line)?,
            }
        }
        file.flush()
    })?;
    publish(folder, &tmp, Sub::New, unique)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;
    use std::path::Path;

    use tempfile::TempDir;

    use super::{Step, by_copy, by_link, deliver, relocate, take_away};
    use crate::maildir::fault::MaildirError;
    use crate::maildir::folder::{Entry, Folder};
    use crate::maildir::name::FileName;
    use crate::model::mailbox::Mailbox;

    fn maildir() -> TempDir {
        let root = tempfile::tempdir().unwrap();
        for part in ["cur", "new", "tmp", ".Held/cur", ".Held/new", ".Held/tmp"] {
            fs::create_dir_all(root.path().join(part)).unwrap();
        }
        root
    }

    fn open(root: &Path, mailbox: &str) -> Folder {
        Folder::open(root, &Mailbox::new(mailbox)).unwrap()
    }

    type Way = fn(&Folder, &Entry, &Folder, &FileName) -> Result<Step, MaildirError>;
    const WAYS: [Way; 3] = [relocate, by_link, by_copy];

    #[test]
    fn each_way_moves_the_file_and_keeps_its_time() {
        for way in WAYS {
            let root = maildir();
            let (inbox, held) = (open(root.path(), "INBOX"), open(root.path(), "Held"));
            fs::write(root.path().join("cur/1.x:2,FS"), "mail").unwrap();
            let written = fs::metadata(root.path().join("cur/1.x:2,FS")).unwrap().modified().unwrap();
            let entry = inbox.locate("1.x").unwrap().unwrap();
            assert_eq!(way(&inbox, &entry, &held, &entry.name).unwrap(), Step::Done);
            let moved = root.path().join(".Held/cur/1.x:2,FS");
            assert_eq!(fs::read(&moved).unwrap(), b"mail");
            assert_eq!(fs::metadata(&moved).unwrap().modified().unwrap(), written);
            assert_eq!(inbox.locate("1.x").unwrap(), None);
            assert_eq!(fs::read_dir(root.path().join(".Held/tmp")).unwrap().count(), 0);
        }
    }

    #[test]
    fn no_way_goes_over_another_file() {
        for way in WAYS {
            let root = maildir();
            let (inbox, held) = (open(root.path(), "INBOX"), open(root.path(), "Held"));
            fs::write(root.path().join("new/1.x"), "mail").unwrap();
            fs::write(root.path().join(".Held/cur/1.x:2,"), "another").unwrap();
            let entry = inbox.locate("1.x").unwrap().unwrap();
            assert_eq!(way(&inbox, &entry, &held, &entry.name).unwrap(), Step::Again);
            assert_eq!(fs::read(root.path().join("new/1.x")).unwrap(), b"mail");
            assert_eq!(fs::read(root.path().join(".Held/cur/1.x:2,")).unwrap(), b"another");
            assert_eq!(fs::read_dir(root.path().join(".Held/tmp")).unwrap().count(), 0);
        }
    }

    #[test]
    fn no_way_minds_a_file_that_is_gone() {
        for way in WAYS {
            let root = maildir();
            let (inbox, held) = (open(root.path(), "INBOX"), open(root.path(), "Held"));
            fs::write(root.path().join("new/1.x"), "mail").unwrap();
            let entry = inbox.locate("1.x").unwrap().unwrap();
            fs::rename(root.path().join("new/1.x"), root.path().join("cur/1.x:2,S")).unwrap();
            assert_eq!(way(&inbox, &entry, &held, &entry.name).unwrap(), Step::Again);
        }
    }

    #[test]
    fn the_last_copy_is_never_taken_away() {
        let root = maildir();
        let (inbox, held) = (open(root.path(), "INBOX"), open(root.path(), "Held"));
        fs::write(root.path().join("new/1.x"), "mail").unwrap();
        let entry = inbox.locate("1.x").unwrap().unwrap();
        assert_eq!(take_away(&inbox, &entry, &held).unwrap(), Step::Again);
        assert_eq!(fs::read(root.path().join("new/1.x")).unwrap(), b"mail");
        fs::write(root.path().join(".Held/cur/1.x:2,S"), "mail").unwrap();
        assert_eq!(take_away(&inbox, &entry, &held).unwrap(), Step::Done);
        assert_eq!(inbox.locate("1.x").unwrap(), None);
        assert!(held.locate("1.x").unwrap().is_some());
    }

    #[test]
    fn what_a_crash_left_in_tmp_is_in_nobodys_way() {
        let root = maildir();
        let inbox = open(root.path(), "INBOX");
        fs::write(root.path().join("tmp").join(super::tmp_name("1.x")), "torn").unwrap();
        assert_eq!(deliver(&inbox, "1.x", b"A: b\r\n\r\nx\ry\n").unwrap(), Step::Done);
        assert_eq!(fs::read(root.path().join("new/1.x")).unwrap(), b"A: b\n\nx\ry\n");
        assert_eq!(fs::read_dir(root.path().join("tmp")).unwrap().count(), 0);
    }
}
