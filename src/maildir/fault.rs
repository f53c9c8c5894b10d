//! Why a Maildir could not be worked, and what to do.

use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

/// Why something in a Maildir could not be done.
#[derive(Debug, thiserror::Error)]
pub enum MaildirError {
    /// There is nothing at the path.
    #[error("there is no folder \"{}\"; give the path of an existing Maildir, or create one there", .0.display())]
    Missing(PathBuf),
    /// A folder, but not a Maildir; or `cur`, `new` or `tmp` is no folder of its own (a symbolic link is not followed).
    #[error("\"{}\" is no Maildir: \"{part}\" is missing or is no folder; give the folder that holds cur, new and tmp", path.display())]
    NoMaildir {
        /// The folder.
        path: PathBuf,
        /// What is missing in it.
        part: &'static str,
    },
    /// The mailbox has no folder (yet).
    #[error("the mailbox \"{mailbox}\" has no folder \"{}\"", path.display())]
    NoMailbox {
        /// Its name.
        mailbox: String,
        /// Where it would be.
        path: PathBuf,
    },
    /// The mailbox cannot be a folder of a Maildir.
    #[error("the mailbox \"{mailbox}\" cannot be in a Maildir: {why}")]
    Name {
        /// Its name.
        mailbox: String,
        /// What is wrong with it, and what to write.
        why: &'static str,
    },
    /// Other programs kept renaming the file.
    #[error("other programs keep renaming a file in \"{}\"; it is tried again", .0.display())]
    Busy(PathBuf),
    /// The system refused.
    #[error("cannot {what} \"{}\"{}: {cause}", path.display(), advice(cause))]
    Io {
        /// What was tried.
        what: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
}

fn advice(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::PermissionDenied => " (the user that tidings runs as needs to own it, or to share its group)",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => " (make room)",
        _ => "",
    }
}

/// An error of the system with what was tried and where.
pub fn io_fault(what: &'static str, path: &Path) -> impl Fn(Errno) -> MaildirError {
    move |errno| MaildirError::Io { what, path: path.to_path_buf(), cause: errno.into() }
}

/// The same for what std says.
pub fn std_fault(what: &'static str, path: &Path) -> impl Fn(io::Error) -> MaildirError {
    move |cause| MaildirError::Io { what, path: path.to_path_buf(), cause }
}
