//! The door to a Maildir, for mail that is delivered or synchronised locally.
//!
//! Everything here blocks: call it where blocking is allowed. Other programs work the same folders at any time; whatever
//! they do, no mail is lost or overwritten. A mail is named by the unique part of its file name (what stands before
//! `:2,`), which stays when flags change and, but for a clash, when it moves.

pub mod content;
pub mod fault;
pub mod folder;
pub mod listed;
pub mod name;
pub mod settings;
pub mod subscribe;
pub mod transfer;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use jiff::Timestamp;

use crate::limits;
use crate::model::identity::Id;
use crate::model::mailbox::{Flags, Mailbox};
use content::Head;
use fault::MaildirError;
use folder::{Contents, Entry, Folder, Times, nanoseconds};
use settings::Settings;
use transfer::{Sameness, Step};

/// A Maildir++; clones work the same one.
#[derive(Clone, Debug)]
pub struct Maildir {
    root: PathBuf,
}

/// What lies in a mailbox.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Every mail, in no order; each `file` once.
    pub found: Vec<Found>,
    /// What was left out, one phrase a kind with its count, without names: `entries that are no regular files: 2`.
    pub notes: Vec<String>,
}

/// A mail in a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The unique part of its file name, for `Spot::File`.
    pub file: String,
    /// Its flags, `listed` included.
    pub flags: Flags,
    /// When its file was written, which is what Dovecot gives as INTERNALDATE; else the time in its name.
    pub received_at: Timestamp,
    /// Octets on disk, line ends as they are: a hint. [`Head::size`] counts as IMAP does.
    pub bytes: u64,
}

/// What a mailbox looked like at a time, to tell whether anything has changed.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    times: Times,
    settled: bool,
}

impl Stamp {
    /// Whether the mailbox may have changed between this stamp and a later one. Always true of a stamp taken within 2 s
    /// of the last change: another change in the same tick of the file system's clock would leave no trace.
    pub fn may_differ(&self, later: &Self) -> bool {
        !self.settled || self.times != later.times
    }
}

/// What came of filing a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filed {
    /// It lies there now, durably, under this unique part; another than before only where that was taken by another mail.
    There(String),
    /// It is in neither mailbox: its reader took it.
    Gone,
}

/// What is marked of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// An accepted digest has named it: a line in the folder's `tidings-listed`.
    Listed,
    /// Its reader need not see it: the letter `S`.
    Seen,
}

impl Maildir {
    /// Opens a Maildir: it must exist, with `cur`, `new` and `tmp`.
    ///
    /// # Errors
    /// Missing, no Maildir, or not to be read.
    pub fn open(settings: &Settings) -> Result<Self, MaildirError> {
        let maildir = Self { root: settings.path.clone() };
        maildir.folder(&Mailbox::new("INBOX"))?;
        Ok(maildir)
    }

    /// Creates a mailbox where it is missing, and subscribes to it.
    ///
    /// # Errors
    /// Its name cannot be a folder's; the system refuses.
    pub fn ensure(&self, mailbox: &Mailbox) -> Result<(), MaildirError> {
        let levels = name::levels(mailbox)?;
        if !levels.is_empty() {
            subscribe::create(&self.root, &name::folder(&levels))?;
            subscribe::subscribe(&self.root, &levels)?;
        }
        self.folder(mailbox).map(drop)
    }

    /// When a mailbox was last changed: two calls of the system, however large it is. Take the stamp before the list that
    /// it stands for.
    ///
    /// # Errors
    /// No such mailbox; the system refuses.
    pub fn stamp(&self, mailbox: &Mailbox, now: Timestamp) -> Result<Stamp, MaildirError> {
        let times = self.folder(mailbox)?.times()?;
        let age = now.as_nanosecond() - times.new.max(times.cur);
        // A time in the future, of a clock that was set or a server's, is never settled.
        Ok(Stamp { times, settled: age > i128::try_from(limits::doors::MAILDIR_TICK.as_nanos()).unwrap_or(i128::MAX) })
    }

    /// Everything in a mailbox. Opens no mail; one look at each.
    ///
    /// # Errors
    /// No such mailbox; the system refuses.
    pub fn list(&self, mailbox: &Mailbox) -> Result<Listing, MaildirError> {
        let folder = self.folder(mailbox)?;
        let contents = folder.contents()?;
        let listed = listed::read(&folder)?;
        let mut found = Vec::with_capacity(contents.entries.len());
        for entry in &contents.entries {
            // What is gone by now, or turns out to be no file, is no mail.
            let Some(stat) = folder.stat(entry.sub, &entry.file)? else { continue };
            let written = Timestamp::from_nanosecond(nanoseconds(&stat)).ok().filter(|at| at.as_second() > 0);
            let named = || entry.name.seconds().and_then(|seconds| Timestamp::from_second(seconds).ok());
            found.push(Found {
                file: entry.name.unique.clone(),
                flags: flags(entry, &listed),
                received_at: written.or_else(named).unwrap_or(Timestamp::UNIX_EPOCH),
                bytes: u64::try_from(stat.st_size).unwrap_or(0),
            });
        }
        Ok(Listing { found, notes: contents.notes })
    }

    /// The flags of these mails; who is missing in the answer is in the mailbox no more.
    ///
    /// # Errors
    /// No such mailbox; the system refuses; the mailbox changes all the time.
    pub fn flags(&self, mailbox: &Mailbox, files: &[String]) -> Result<BTreeMap<String, Flags>, MaildirError> {
        let folder = self.folder(mailbox)?;
        let listed = listed::read(&folder)?;
        // The folder is read once at most, for those that bear another name than most, and those that are gone.
        let mut here: Option<BTreeMap<String, Entry>> = None;
        let mut answer = BTreeMap::new();
        for file in files {
            let mut entry = folder.guess(file)?;
            if entry.is_none() {
                let here = match &mut here {
                    Some(here) => here,
                    None => here.insert(by_unique(folder.contents()?)),
                };
                // A file that is renamed while the folder is read can be missed: absence is looked at twice.
                entry = here.remove(file).map_or_else(|| folder.locate(file), |entry| Ok(Some(entry)))?;
            }
            if let Some(entry) = entry {
                answer.insert(file.clone(), flags(&entry, &listed));
            }
        }
        Ok(answer)
    }

    /// The header block, the first `text_bytes` of the text, and the size as IMAP counts it. `None` when the mail is gone.
    ///
    /// # Errors
    /// No such mailbox; the system refuses.
    pub fn read_head(&self, mailbox: &Mailbox, file: &str, text_bytes: usize) -> Result<Option<Head>, MaildirError> {
        let folder = self.folder(mailbox)?;
        chase(&folder, file, |entry| content::head(&folder, entry, text_bytes))
    }

    /// The header block alone. `None` when the mail is gone.
    ///
    /// # Errors
    /// No such mailbox; the system refuses.
    pub fn read_header(&self, mailbox: &Mailbox, file: &str) -> Result<Option<Vec<u8>>, MaildirError> {
        let folder = self.folder(mailbox)?;
        chase(&folder, file, |entry| content::header(&folder, entry))
    }

    /// The whole mail as it lies on disk, `bytes` of it at most. `None` when it is gone.
    ///
    /// # Errors
    /// No such mailbox; the system refuses.
    pub fn read_whole(&self, mailbox: &Mailbox, file: &str, bytes: u64) -> Result<Option<Vec<u8>>, MaildirError> {
        let folder = self.folder(mailbox)?;
        chase(&folder, file, |entry| content::whole(&folder, entry, bytes))
    }

    /// Moves a mail into `cur` of another mailbox; flags and the listed mark go with it. What a crash left half done is
    /// finished: a mail that lies in both, byte for byte the same, is taken out of the first.
    ///
    /// # Errors
    /// No such mailbox; the system refuses; other programs keep renaming it. It then lies where it was, or in both.
    pub fn file(&self, from: &Mailbox, file: &str, to: &Mailbox) -> Result<Filed, MaildirError> {
        let (source, target) = (self.folder(from)?, self.folder(to)?);
        for _ in 0..limits::doors::MAILDIR_CHASES {
            if from == to {
                return Ok(target.locate(file)?.map_or(Filed::Gone, |entry| Filed::There(entry.name.unique)));
            }
            // A glance is enough: what it misses there is not overwritten.
            let (entry, there) = match (source.glance(file)?, target.glance(file)?) {
                (Some(entry), there) => (entry, there),
                (None, Some(there)) => return Ok(Filed::There(there.name.unique)),
                // It may have been renamed or moved between the glances: absence is looked at twice.
                (None, None) if source.locate(file)?.is_none() && target.locate(file)?.is_none() => {
                    return Ok(Filed::Gone);
                }
                (None, None) => continue,
            };
            if let Some(filed) = settle(&source, &entry, &target, there.as_ref())? {
                return Ok(filed);
            }
        }
        Err(MaildirError::Busy(source.path))
    }

    /// Marks mails, durably; those that are gone are left out. Returns how many were there.
    ///
    /// # Errors
    /// No such mailbox; the system refuses; other programs keep renaming one: some may be marked.
    pub fn mark(&self, mailbox: &Mailbox, files: &[String], mark: Mark) -> Result<usize, MaildirError> {
        let folder = self.folder(mailbox)?;
        let mut here = Vec::with_capacity(files.len());
        for file in files {
            let marked = match mark {
                Mark::Listed => folder.locate(file)?.map(drop),
                Mark::Seen => chase(&folder, file, |entry| {
                    let step = transfer::rename(&folder, entry, &entry.name.seen())?;
                    Ok((step == Step::Done).then_some(()))
                })?,
            };
            here.extend(marked.map(|()| file.clone()));
        }
        if mark == Mark::Listed {
            listed::add(&folder, &here)?;
        }
        Ok(here.len())
    }

    /// Puts a mail into `new` of a mailbox, once: its file name is a function of its Message-ID, so that a repetition finds
    /// it. Returns the unique part. What its reader deletes or moves away meanwhile is put there again.
    ///
    /// # Errors
    /// No such mailbox; the system refuses: nothing of it is seen then.
    pub fn append(&self, mailbox: &Mailbox, bytes: &[u8], message_id: &str) -> Result<String, MaildirError> {
        let folder = self.folder(mailbox)?;
        let unique = format!("T{}.tidings", Id::of(&[b"maildir", message_id.as_bytes()]));
        if folder.locate(&unique)?.is_none() {
            // A name that was taken meanwhile can only be ours.
            transfer::deliver(&folder, &unique, bytes)?;
        }
        Ok(unique)
    }

    /// The unique part of the newest mail with this Message-ID (without angle brackets), among the newest
    /// `limits::doors::MAILDIR_FIND`.
    ///
    /// # Errors
    /// No such mailbox; the system refuses.
    pub fn find(&self, mailbox: &Mailbox, message_id: &str) -> Result<Option<String>, MaildirError> {
        let folder = self.folder(mailbox)?;
        let mut by_age = Vec::new();
        for entry in folder.contents()?.entries {
            if let Some(stat) = folder.stat(entry.sub, &entry.file)? {
                by_age.push((nanoseconds(&stat), entry));
            }
        }
        by_age.sort_unstable_by_key(|(written, _)| Reverse(*written));
        for (_, entry) in by_age.into_iter().take(limits::doors::MAILDIR_FIND) {
            let file = entry.name.unique.clone();
            // Mail that may not be read cannot be the one; what was renamed meanwhile is looked for under its new name.
            let header = match content::header(&folder, &entry) {
                Ok(None) => chase(&folder, &file, |entry| content::header(&folder, entry))?,
                Ok(header) => header,
                Err(_) => continue,
            };
            if header.is_some_and(|header| content::has_message_id(&header, message_id)) {
                return Ok(Some(file));
            }
        }
        Ok(None)
    }

    fn folder(&self, mailbox: &Mailbox) -> Result<Folder, MaildirError> {
        Folder::open(&self.root, mailbox)
    }
}

fn by_unique(contents: Contents) -> BTreeMap<String, Entry> {
    contents.entries.into_iter().map(|entry| (entry.name.unique.clone(), entry)).collect()
}

/// Does something with a file that others may rename at any time: when it is not there any more it is looked for anew.
fn chase<T>(
    folder: &Folder,
    file: &str,
    mut act: impl FnMut(&Entry) -> Result<Option<T>, MaildirError>,
) -> Result<Option<T>, MaildirError> {
    for _ in 0..limits::doors::MAILDIR_CHASES {
        let Some(entry) = folder.locate(file)? else { return Ok(None) };
        if let Some(done) = act(&entry)? {
            return Ok(Some(done));
        }
    }
    Err(MaildirError::Busy(folder.path.clone()))
}

/// One attempt to get a mail from one folder into another; `None`: something moved, look again.
fn settle(
    source: &Folder,
    entry: &Entry,
    target: &Folder,
    there: Option<&Entry>,
) -> Result<Option<Filed>, MaildirError> {
    let mut name = entry.name.clone();
    if let Some(there) = there {
        match transfer::same(source, entry, target, there)? {
            None => return Ok(None),
            Some(Sameness::Same) => {
                carry_mark(source, &entry.name.unique, target, &there.name.unique)?;
                let step = transfer::take_away(source, entry, target)?;
                return Ok((step == Step::Done).then(|| Filed::There(there.name.unique.clone())));
            }
            Some(Sameness::Different) => name = free(target, entry)?,
        }
    }
    // First the mark: a crash between the two leaves a line too many, not a mail that is listed twice.
    carry_mark(source, &entry.name.unique, target, &name.unique)?;
    let step = transfer::relocate(source, entry, target, &name)?;
    Ok((step == Step::Done).then_some(Filed::There(name.unique)))
}

/// The name of the mail under a unique part that no other has there.
fn free(target: &Folder, entry: &Entry) -> Result<name::FileName, MaildirError> {
    let here: HashSet<String> = target.contents()?.entries.into_iter().map(|entry| entry.name.unique).collect();
    let mut names = (1..=limits::doors::MAILDIR_NAMES).map(|number| name::another(&entry.name.unique, number));
    let unique = names.find(|unique| !here.contains(unique)).ok_or_else(|| MaildirError::Busy(target.path.clone()))?;
    Ok(entry.name.renamed(unique))
}

fn carry_mark(source: &Folder, unique: &str, target: &Folder, new: &str) -> Result<(), MaildirError> {
    if listed::read(source)?.contains(unique) {
        listed::add(target, &[new.to_owned()])?;
    }
    Ok(())
}

fn flags(entry: &Entry, listed: &HashSet<String>) -> Flags {
    Flags { listed: listed.contains(&entry.name.unique), ..entry.name.flags() }
}
