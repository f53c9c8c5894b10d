//! Which mail an accepted digest has named: a Maildir has no letter for `$TidingsListed`, so each folder has a small file.
//!
//! `tidings-listed` holds one unique part a line, the newest last. Dovecot's keyword letters were considered: their
//! meaning stands in a file of Dovecot's that no other program may write. A torn last line is no name and harms nothing.

use std::collections::HashSet;
use std::fs::File;
use std::io::{Read, Write};

use rustix::fs::{FileType, Mode, OFlags, fstat, openat, renameat};
use rustix::io::Errno;

use super::fault::{MaildirError, io_fault, std_fault};
use super::folder::Folder;
use crate::limits;

const FILE: &str = "tidings-listed";
const FRESH: &str = "tidings-listed.new";

/// The unique parts of listed mail, in this folder or once in it.
///
/// # Errors
/// The system refuses, or the file is a link or longer than `limits::doors::MAILDIR_LISTED_BYTES`.
pub fn read(folder: &Folder) -> Result<HashSet<String>, MaildirError> {
    Ok(lines(&text(folder)?).map(str::to_owned).collect())
}

/// Adds these names durably; those already there are not written again.
///
/// # Errors
/// As [`read`]; then the names may or may not be there.
pub fn add(folder: &Folder, names: &[String]) -> Result<(), MaildirError> {
    let text = text(folder)?;
    let known: HashSet<&str> = lines(&text).collect();
    let missing: Vec<&str> = names.iter().map(String::as_str).filter(|name| !known.contains(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let rounds = |lines: usize| lines / limits::doors::MAILDIR_LISTED_LINES;
    if rounds(known.len()) != rounds(known.len() + missing.len()) {
        return compact(folder, lines(&text), &missing);
    }
    let path = folder.path.join(FILE);
    let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = openat(&folder.dir, FILE, flags, Mode::RUSR | Mode::WUSR).map_err(io_fault("open", &path))?;
    let mut file = File::from(file);
    // What a crash left unended would swallow the first new name.
    let mut added = if text.is_empty() || text.ends_with('\n') { String::new() } else { "\n".to_owned() };
    missing.iter().for_each(|name| added.extend([name, "\n"]));
    file.write_all(added.as_bytes()).and_then(|()| file.sync_data()).map_err(std_fault("write", &path))?;
    folder.sync(&folder.dir)
}

/// Writes the file anew: of the old names those still in the folder, and the added, whose mail may be on its way here; the
/// newest where they are too many.
fn compact<'n>(folder: &Folder, old: impl Iterator<Item = &'n str>, added: &[&'n str]) -> Result<(), MaildirError> {
    let here: HashSet<String> = folder.contents()?.entries.into_iter().map(|entry| entry.name.unique).collect();
    let kept: Vec<&str> = old.filter(|name| here.contains(*name)).chain(added.iter().copied()).collect();
    let newest = kept.iter().skip(kept.len().saturating_sub(limits::doors::MAILDIR_LISTED_LINES_MAX));
    let text: String = newest.flat_map(|name| [name, "\n"]).collect();
    let path = folder.path.join(FRESH);
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = openat(&folder.dir, FRESH, flags, Mode::RUSR | Mode::WUSR).map_err(io_fault("open", &path))?;
    let mut file = File::from(file);
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(std_fault("write", &path))?;
    renameat(&folder.dir, FRESH, &folder.dir, FILE).map_err(io_fault("rename", &path))?;
    folder.sync(&folder.dir)
}

fn text(folder: &Folder) -> Result<String, MaildirError> {
    let path = folder.path.join(FILE);
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let fd = match openat(&folder.dir, FILE, flags, Mode::empty()) {
        Err(Errno::NOENT) => return Ok(String::new()),
        opened => opened.map_err(io_fault("open", &path))?,
    };
    let stat = fstat(&fd).map_err(io_fault("look at", &path))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(std_fault("read", &path)(std::io::Error::other("it is no regular file")));
    }
    let mut bytes = Vec::new();
    let mut bounded = File::from(fd).take(limits::doors::MAILDIR_LISTED_BYTES + 1);
    let size = bounded.read_to_end(&mut bytes).map_err(std_fault("read", &path))?;
    if size as u64 > limits::doors::MAILDIR_LISTED_BYTES {
        return Err(std_fault("read", &path)(std::io::Error::other("it is too long; delete it")));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The whole lines; what follows the last line end was torn off by a crash.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.rsplit_once('\n').map_or("", |(whole, _)| whole).split('\n').filter(|line| !line.is_empty())
}
