//! A Maildir as delivery agents and mail readers see it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;

use super::inside::field;

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// An empty one.
pub fn make(folder: &Path) {
    for sub in ["cur", "new", "tmp"] {
        fs::create_dir_all(folder.join(sub)).unwrap();
    }
}

/// Delivers a mail: written aside, then moved. Returns its file.
pub fn deliver(folder: &Path, bytes: &[u8]) -> PathBuf {
    deliver_as(folder, |aside| fs::write(aside, bytes).unwrap())
}

/// Delivers what is written into a file by this.
pub fn deliver_as(folder: &Path, write: impl FnOnce(&Path)) -> PathBuf {
    let name = format!("{}.M{}P1.rig", Timestamp::now().as_second(), COUNT.fetch_add(1, Ordering::Relaxed));
    let (aside, file) = (folder.join("tmp").join(&name), folder.join("new").join(&name));
    write(&aside);
    fs::rename(&aside, &file).unwrap();
    file
}

/// The files of a mailbox; `""` is INBOX. One that does not exist has none.
pub fn files(folder: &Path, mailbox: &str) -> Vec<PathBuf> {
    let folder = if mailbox.is_empty() { folder.to_owned() } else { folder.join(format!(".{mailbox}")) };
    let in_sub = |sub: &str| -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(folder.join(sub)) else { return Vec::new() };
        entries.map(|entry| entry.unwrap().path()).collect()
    };
    [in_sub("new"), in_sub("cur")].concat()
}

/// The subjects in a mailbox, sorted.
pub fn subjects(folder: &Path, mailbox: &str) -> Vec<String> {
    let read = |file: &PathBuf| fs::read(file).map(|mail| field(&mail, "Subject")).ok();
    let mut subjects: Vec<String> = files(folder, mailbox).iter().filter_map(read).collect();
    subjects.sort();
    subjects
}

/// An unread mail from "Bob" that arrives now.
pub fn letter(subject: &str) -> String {
    super::inside::letter(subject, Timestamp::now()).replace("ada@example.org", "u0@test.example")
}
