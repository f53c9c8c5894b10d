//! Creating a mailbox, and making it seen by programs that show subscribed ones only.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, fsync, mkdirat, openat, renameat, unlinkat};
use rustix::io::Errno;

use super::fault::{MaildirError, io_fault, std_fault};
use crate::limits;

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
const CREATE: OFlags =
    OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const LIST: &str = "subscriptions";
/// Dovecot's name for the lock, and for the file that replaces the list (its "dotlock").
const LOCK: &str = "subscriptions.lock";
/// The first line of the list since Dovecot 2.3: levels are then parted by tabs. Before, by dots, without a first line.
const VERSION_2: &str = "V\t2";

/// Creates a subfolder of a Maildir++ with its `cur`, `new`, `tmp` and `maildirfolder`; what is there stays.
///
/// # Errors
/// The system refuses.
pub fn create(root: &Path, folder: &str) -> Result<(), MaildirError> {
    let path = root.join(folder);
    let fault = |what| io_fault(what, &path);
    let top = openat(CWD, root, DIRECTORY, Mode::empty()).map_err(fault("open"))?;
    present(mkdirat(&top, folder, Mode::RWXU)).map_err(fault("create"))?;
    let dir = openat(&top, folder, DIRECTORY | OFlags::NOFOLLOW, Mode::empty()).map_err(fault("open"))?;
    for part in ["cur", "new", "tmp"] {
        present(mkdirat(&dir, part, Mode::RWXU)).map_err(fault("create"))?;
    }
    // By this file delivery programs know that quotas are counted one folder up.
    present(openat(&dir, "maildirfolder", CREATE, Mode::RUSR | Mode::WUSR).map(drop)).map_err(fault("create"))?;
    fsync(&dir).and_then(|()| fsync(&top)).map_err(fault("flush"))
}

fn present(made: Result<(), Errno>) -> Result<(), Errno> {
    if made == Err(Errno::EXIST) { Ok(()) } else { made }
}

/// Adds a mailbox to Dovecot's `subscriptions`, once. Does nothing while another program holds the list's lock: it is a
/// comfort, and asked for again at each start.
///
/// # Errors
/// The system refuses, or the list is a link or longer than `limits::doors::MAILDIR_SUBSCRIPTIONS_BYTES`.
pub fn subscribe(root: &Path, levels: &[String]) -> Result<(), MaildirError> {
    let path = root.join(LIST);
    let top = openat(CWD, root, DIRECTORY, Mode::empty()).map_err(io_fault("open", root))?;
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let read = || -> Result<String, MaildirError> {
        let file = match openat(&top, LIST, flags, Mode::empty()) {
            Err(Errno::NOENT) => return Ok(String::new()),
            opened => opened.map_err(io_fault("open", &path))?,
        };
        let mut text = String::new();
        let mut bounded = File::from(file).take(limits::doors::MAILDIR_SUBSCRIPTIONS_BYTES + 1);
        let size = bounded.read_to_string(&mut text).map_err(std_fault("read", &path))?;
        if size as u64 > limits::doors::MAILDIR_SUBSCRIPTIONS_BYTES {
            return Err(std_fault("read", &path)(std::io::Error::other("it is too long")));
        }
        Ok(text)
    };
    if added(&read()?, levels).is_none() {
        return Ok(());
    }
    let lock = match openat(&top, LOCK, CREATE, Mode::RUSR | Mode::WUSR) {
        Err(Errno::EXIST) => return Ok(()),
        opened => File::from(opened.map_err(io_fault("create", &root.join(LOCK)))?),
    };
    let replaced = read().and_then(|text| match added(&text, levels) {
        Some(text) => replace(root, lock, &text),
        None => Err(MaildirError::Busy(path.clone())),
    });
    if replaced.is_err() {
        unlinkat(&top, LOCK, AtFlags::empty()).map_err(io_fault("remove", &root.join(LOCK)))?;
    }
    // Somebody else has added it meanwhile: as good.
    if matches!(replaced, Err(MaildirError::Busy(_))) { Ok(()) } else { replaced }
}

fn replace(root: &Path, mut lock: File, text: &str) -> Result<(), MaildirError> {
    let path = root.join(LOCK);
    lock.write_all(text.as_bytes()).and_then(|()| lock.sync_all()).map_err(std_fault("write", &path))?;
    renameat(CWD, &path, CWD, root.join(LIST)).map_err(io_fault("rename", &path))?;
    openat(CWD, root, DIRECTORY, Mode::empty()).and_then(fsync).map_err(io_fault("flush", root))
}

/// The list with the mailbox; `None` when it is there.
fn added(list: &str, levels: &[String]) -> Option<String> {
    let is_version_2 = list.is_empty() || list.lines().next() == Some(VERSION_2);
    let name = levels.join(if is_version_2 { "\t" } else { "." });
    if list.lines().any(|line| line == name) {
        return None;
    }
    let head = if list.is_empty() { format!("{VERSION_2}\n\n") } else { list.to_owned() };
    let end = if head.ends_with('\n') { "" } else { "\n" };
    Some(format!("{head}{end}{name}\n"))
}

#[cfg(test)]
mod tests {
    use super::added;

    #[test]
    fn the_list_keeps_its_version() {
        let levels = ["Gr&APw-n".to_owned(), "Sub".to_owned()];
        let check = |list: &str, expected: Option<&str>| assert_eq!(added(list, &levels).as_deref(), expected);
        // As Dovecot 2.3.19 writes it.
        check("", Some("V\t2\n\nGr&APw-n\tSub\n"));
        check("V\t2\n\nHeld\n", Some("V\t2\n\nHeld\nGr&APw-n\tSub\n"));
        check("V\t2\n\nGr&APw-n\tSub\nHeld\n", None);
        check("Held\n", Some("Held\nGr&APw-n.Sub\n"));
        check("Held", Some("Held\nGr&APw-n.Sub\n"));
        check("Gr&APw-n.Sub\n", None);
    }
}
