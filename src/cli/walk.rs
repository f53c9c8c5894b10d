//! Going through what `replay` is given: Maildirs, mbox files, files with one mail each, standard input.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use jiff::Timestamp;

use super::cut::Cut;
use super::mbox::{self, Mbox};
use super::show;
use crate::limits;
use crate::maildir::name::FileName;
use crate::model::mailbox::Flags;

/// Is shown each mail with the time at which it was received, as far as anybody knows; `None`: one that cannot be read.
pub type Visit<'a> = &'a mut dyn FnMut(Option<(&Cut, Timestamp)>);

/// A mail that was found.
pub struct Found {
    /// Its beginning.
    pub cut: Cut,
    /// When it was received, as far as anybody knows.
    pub received_at: Timestamp,
    /// Its flags; `None`: where it lies there are none.
    pub flags: Option<Flags>,
}

/// The same with flags, and each mail for good.
type Take<'a> = &'a mut dyn FnMut(Option<Found>);

/// Shows every mail, in the order in which it lies there. `-` is standard input.
///
/// # Errors
/// When the path is nothing of the kind, or cannot be read to its end.
pub fn walk(path: &Path, visit: Visit<'_>) -> io::Result<()> {
    take(path, &mut |found| match found {
        Some(Found { cut, received_at, .. }) => visit(Some((&cut, received_at))),
        None => visit(None),
    })
}

/// Hands every mail over, in the same order.
///
/// # Errors
/// As [`walk`].
pub fn take(path: &Path, visit: Take<'_>) -> io::Result<()> {
    if path == Path::new("-") {
        return stream(io::stdin().lock(), show::now(), visit);
    }
    let found = path.metadata()?;
    if found.is_dir() {
        return maildir(path, visit);
    }
    if !found.is_file() {
        return Err(io::Error::other("it is neither a Maildir nor a file"));
    }
    stream(File::open(path)?, received(&found), visit)
}

/// Every mail in `new` and `cur`, by name. A mail that cannot be read is counted; the others go on.
fn maildir(path: &Path, visit: Take<'_>) -> io::Result<()> {
    for sub in ["new", "cur"] {
        let folder = path.join(sub);
        let entries = match folder.read_dir() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let text = "the folder is no Maildir: it has no \"new\" and \"cur\"; name the Maildirs below it";
                return Err(io::Error::other(text));
            }
            entries => entries?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            // Links and folders are no mails, and neither are hidden files (the Maildir rules).
            let is_mail = entry.file_type().is_ok_and(|kind| kind.is_file());
            if is_mail && !entry.file_name().as_encoded_bytes().starts_with(b".") {
                names.push(entry.file_name());
            }
        }
        names.sort_unstable();
        for name in names {
            // In `new` there are none yet: nobody has seen it.
            let flags = name.to_str().and_then(FileName::parse).map(|name| name.flags());
            let read = File::open(folder.join(name)).and_then(|file| {
                let at = received(&file.metadata()?);
                Ok((Cut::of(file)?, at))
            });
            match read {
                Ok((cut, received_at)) => visit(Some(Found { cut, received_at, flags })),
                Err(_) => visit(None),
            }
        }
    }
    Ok(())
}

/// An mbox, or one mail: an mbox tells by its first word.
fn stream(reader: impl Read, received_at: Timestamp, visit: Take<'_>) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(limits::front::REPLAY_PIECE_BYTES, reader);
    let mut first = Vec::new();
    reader.by_ref().take(mbox::FROM.len() as u64).read_to_end(&mut first)?;
    let is_mbox = first == mbox::FROM;
    let whole = io::Cursor::new(first).chain(reader);
    if is_mbox {
        return mbox(whole, received_at, visit);
    }
    visit(Some(Found { cut: Cut::of(whole)?, received_at, flags: None }));
    Ok(())
}

fn mbox(reader: impl BufRead, received_at: Timestamp, visit: Take<'_>) -> io::Result<()> {
    let mut mbox = Mbox::new(reader);
    while let Some(cut) = mbox.message()? {
        visit(Some(Found { cut, received_at, flags: None }));
    }
    Ok(())
}

/// When a file was written: what a Maildir has for INTERNALDATE.
fn received(found: &std::fs::Metadata) -> Timestamp {
    found.modified().ok().and_then(|at| Timestamp::try_from(at).ok()).unwrap_or(Timestamp::UNIX_EPOCH)
}
