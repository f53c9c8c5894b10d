//! A Maildir with the face of a door: its calls block, so they run on threads of their own.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tracing::warn;

use super::face::{Arrival, Batch, Filed, Heading, Look, Marks, Old, Owner, Sought, Survey, Wake};
use crate::civil::earlier;
use crate::limits;
use crate::maildir::fault::MaildirError;
use crate::maildir::settings::Settings;
use crate::maildir::{self, Found, Maildir, Mark, Stamp};
use crate::model::history::study::Study;
use crate::model::identity::Identity;
use crate::model::mailbox::{Cursor, Flags, Mailbox, Place, Spot, Uid, UidValidity};

/// An open Maildir, and which of its files were taken.
#[derive(Debug)]
pub struct MaildirDoor {
    maildir: Arc<Maildir>,
    owner: Owner,
    taken: HashMap<Mailbox, HashSet<String>>,
    looked: HashMap<Mailbox, Stamp>,
}

impl MaildirDoor {
    /// Opens the folder.
    ///
    /// # Errors
    /// When it is no Maildir.
    pub async fn open(settings: &Settings, owner: Owner) -> Result<Self, MaildirError> {
        let settings = settings.clone();
        let maildir = blocking(move || Maildir::open(&settings)).await?;
        Ok(Self { maildir: Arc::new(maildir), owner, taken: HashMap::new(), looked: HashMap::new() })
    }

    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Maildir) -> Result<T, MaildirError> + Send + 'static,
    ) -> Result<T, MaildirError> {
        let maildir = self.maildir.clone();
        blocking(move || work(&maildir)).await
    }

    /// As `Door::ensure`.
    ///
    /// # Errors
    /// As the Maildir says.
    pub async fn ensure(&mut self, mailbox: &Mailbox) -> Result<(), MaildirError> {
        let mailbox = mailbox.clone();
        self.call(move |maildir| maildir.ensure(&mailbox)).await
    }

    /// As `Door::look`. A Maildir has no numbers that rise: what was taken is known by file name while the door is open, and
    /// by its age against the last sync when it was opened anew.
    ///
    /// # Errors
    /// As the Maildir says.
    pub async fn look(&mut self, mailbox: &Mailbox, cursor: Option<Cursor>, old: Old) -> Result<Look, MaildirError> {
        let now = self.owner.clock.now();
        let after = Cursor { uid_validity: UidValidity(0), uid_next: Uid(1), last_sync: now };
        let name = mailbox.clone();
        let stamp = self.call(move |maildir| maildir.stamp(&name, now)).await?;
        let same = self.looked.get(mailbox).is_some_and(|before| !before.may_differ(&stamp));
        if same {
            return Ok(Look { batches: Vec::new(), after });
        }
        let name = mailbox.clone();
        let mut found: Vec<Found> = self.call(move |maildir| maildir.list(&name)).await?.found;
        self.looked.insert(mailbox.clone(), stamp);
        let opened = !self.taken.contains_key(mailbox);
        let taken = self.taken.entry(mailbox.clone()).or_default();
        // What is gone need not be remembered.
        let here: HashSet<&String> = found.iter().map(|found| &found.file).collect();
        taken.retain(|file| here.contains(file));
        if old == Old::Leave && cursor.is_none() {
            taken.extend(found.drain(..).map(|found| found.file));
        }
        if let (true, Some(cursor)) = (opened, cursor) {
            let oldest = earlier(cursor.last_sync, limits::hands::PUT_THERE_GRACE * 2);
            let old = found.iter().filter(|found| found.received_at < oldest);
            taken.extend(old.map(|found| found.file.clone()));
        }
        found.retain(|found| !taken.contains(&found.file));
        found.sort_unstable_by_key(|found| std::cmp::Reverse(found.received_at));
        let batches = found
            .chunks(limits::hands::TAKE_BATCH)
            .map(|some| {
                Batch::Files(some.iter().map(|found| (found.file.clone(), found.flags, found.received_at)).collect())
            })
            .collect();
        Ok(Look { batches, after })
    }

    /// As `Door::taken`.
    pub fn taken(&mut self, mailbox: &Mailbox, look: &Look) {
        let taken = self.taken.entry(mailbox.clone()).or_default();
        for batch in &look.batches {
            if let Batch::Files(files) = batch {
                taken.extend(files.iter().map(|(file, _, _)| file.clone()));
            }
        }
    }

    /// As `Door::has_mail`.
    ///
    /// # Errors
    /// As the Maildir says.
    pub async fn has_mail(&mut self, mailbox: &Mailbox) -> Result<bool, MaildirError> {
        let name = mailbox.clone();
        Ok(!self.call(move |maildir| maildir.list(&name)).await?.found.is_empty())
    }

    /// As `Door::sent`: folders have no special use.
    ///
    /// # Errors
    /// As the Maildir says.
    pub async fn sent(&mut self) -> Result<Option<Mailbox>, MaildirError> {
        self.call(|maildir| {
            let there = |mailbox: &Mailbox| maildir.stamp(mailbox, jiff::Timestamp::UNIX_EPOCH).is_ok();
            Ok(Mailbox::USUAL_SENT.map(Mailbox::new).into_iter().find(there))
        })
        .await
    }

    /// As `Door::survey`.
    ///
    /// # Errors
    /// As the Maildir says.
    pub async fn survey(&mut self, mailbox: &Mailbox, since: jiff::Timestamp) -> Result<Survey, MaildirError> {
        let (name, now) = (mailbox.clone(), self.owner.clock.now());
        let mut found = self.call(move |maildir| maildir.list(&name)).await?.found;
        found.retain(|found| found.received_at >= since);
        Ok(surveyed(found, now))
    }

    /// As `Door::newer`: what was read is known by file name while the door is open, and by its age when it was opened.
    ///
    /// # Errors
    /// As the Maildir says.
    pub async fn newer(&mut self, mailbox: &Mailbox, study: &Study) -> Result<Option<Survey>, MaildirError> {
        let now = self.owner.clock.now();
        let name = mailbox.clone();
        let stamp = self.call(move |maildir| maildir.stamp(&name, now)).await?;
        if self.looked.get(mailbox).is_some_and(|before| !before.may_differ(&stamp)) {
            return Ok(None);
        }
        let name = mailbox.clone();
        let mut found = self.call(move |maildir| maildir.list(&name)).await?.found;
        self.looked.insert(mailbox.clone(), stamp);
        let opened = !self.taken.contains_key(mailbox);
        let read = self.taken.entry(mailbox.clone()).or_default();
        if opened {
            let next = jiff::Timestamp::from_second(study.next).unwrap_or(now);
            let oldest = earlier(next, limits::hands::PUT_THERE_GRACE * 2);
            read.extend(found.iter().filter(|found| found.received_at < oldest).map(|found| found.file.clone()));
        }
        let here: HashSet<&String> = found.iter().map(|found| &found.file).collect();
        read.retain(|file| here.contains(file));
        found.retain(|found| !read.contains(&found.file));
        read.extend(found.iter().map(|found| found.file.clone()));
        Ok((!found.is_empty()).then(|| surveyed(found, now)))
    }

    /// As `Door::headings`.
    ///
    /// # Errors
    /// As the Maildir says.
    pub async fn headings(&mut self, mailbox: &Mailbox, mails: &[(i64, Spot)]) -> Result<Vec<Heading>, MaildirError> {
        let (name, mails) = (mailbox.clone(), mails.to_vec());
        self.call(move |maildir| {
            // A file that may not be read is no reason to read no other.
            let heading = |(second, spot): &(i64, Spot)| {
                let Spot::File(file) = spot else { return None };
                let bytes = maildir.read_header(&name, file).ok().flatten()?;
                Some(Heading { bytes, received_at: jiff::Timestamp::from_second(*second).ok()? })
            };
            Ok(mails.iter().filter_map(heading).collect())
        })
        .await
    }

    /// As `Door::unlisted`.
    ///
    /// # Errors
    /// As the Maildir says.
    pub async fn unlisted(&mut self, mailbox: &Mailbox, since: jiff::Timestamp) -> Result<Vec<Batch>, MaildirError> {
        let name = mailbox.clone();
        let found = match self.call(move |maildir| maildir.list(&name)).await {
            Ok(listing) => listing.found,
            Err(MaildirError::NoMailbox { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut found: Vec<Found> =
            found.into_iter().filter(|found| !found.flags.listed && found.received_at >= since).collect();
        found.sort_unstable_by_key(|found| std::cmp::Reverse(found.received_at));
        Ok(found
            .chunks(limits::hands::TAKE_BATCH)
            .map(|some| {
                Batch::Files(some.iter().map(|found| (found.file.clone(), found.flags, found.received_at)).collect())
            })
            .collect())
    }

    /// As `Door::take`.
    ///
    /// # Errors
    /// As the Maildir says.
    pub async fn take(&mut self, mailbox: &Mailbox, batch: &Batch) -> Result<Vec<Arrival>, MaildirError> {
        let Batch::Files(files) = batch else { return Ok(Vec::new()) };
        let (owner, name, files) = (self.owner.clone(), mailbox.clone(), files.clone());
        self.call(move |maildir| {
            let mut arrivals = Vec::with_capacity(files.len());
            for (file, flags, received_at) in files {
                // A file that may not be read is no reason to read no other; it stays where it is.
                match maildir.read_head(&name, &file, limits::hands::JUDGED_TEXT_BYTES as usize) {
                    Ok(head) => arrivals.extend(head.map(|head| arrival(&owner, file, (flags, received_at), head))),
                    Err(error) => warn!(account = owner.account.as_str(), "a mail is left alone: {error}"),
                }
            }
            Ok(arrivals)
        })
        .await
    }

    /// As `Door::whole`.
    ///
    /// # Errors
    /// As the Maildir says.
    pub async fn whole(&mut self, mailbox: &Mailbox, spot: &Spot, most: u64) -> Result<Option<Vec<u8>>, MaildirError> {
        let Spot::File(file) = spot else { return Ok(None) };
        let (name, file) = (mailbox.clone(), file.clone());
        let whole = self.call(move |maildir| maildir.read_whole(&name, &file, most.saturating_add(1))).await?;
        let whole = whole.filter(|bytes| bytes.len() as u64 <= most).map(|bytes| maildir::content::with_crlf(&bytes));
        Ok(whole.filter(|bytes| bytes.len() as u64 <= most))
    }

    /// As `Door::file`.
    ///
    /// # Errors
    /// As the Maildir says.
    pub async fn file(&mut self, from: &Mailbox, spots: &[Spot], to: &Mailbox) -> Result<Filed, MaildirError> {
        let (account, from, to) = (self.owner.account.clone(), from.clone(), to.clone());
        let files = files(spots);
        self.call(move |maildir| {
            let mut filed = Filed::default();
            for file in files {
                match maildir.file(&from, &file, &to) {
                    Ok(maildir::Filed::There(there)) => {
                        let place =
                            Place { account: account.clone(), mailbox: to.clone(), spot: Some(Spot::File(there)) };
                        filed.moved.push((Spot::File(file), place));
                    }
                    Ok(maildir::Filed::Gone) => filed.missing.push(Spot::File(file)),
                    Err(error) => {
                        filed.refused = Some(error.to_string());
                        break;
                    }
                }
            }
            Ok(filed)
        })
        .await
    }

    /// As `Door::mark`.
    ///
    /// # Errors
    /// As the Maildir says.
    pub async fn mark(&mut self, mailbox: &Mailbox, spots: &[Spot], marks: Marks) -> Result<(), MaildirError> {
        let (mailbox, files) = (mailbox.clone(), files(spots));
        self.call(move |maildir| {
            if marks.listed {
                maildir.mark(&mailbox, &files, Mark::Listed)?;
            }
            if marks.seen {
                maildir.mark(&mailbox, &files, Mark::Seen)?;
            }
            Ok(())
        })
        .await
    }

    /// As `Door::flags`.
    ///
    /// # Errors
    /// As the Maildir says.
    pub async fn flags(&mut self, mailbox: &Mailbox, spots: &[Spot]) -> Result<Vec<(Spot, Flags)>, MaildirError> {
        let (mailbox, files) = (mailbox.clone(), files(spots));
        match self.call(move |maildir| maildir.flags(&mailbox, &files)).await {
            Ok(flags) => Ok(flags.into_iter().map(|(file, flags)| (Spot::File(file), flags)).collect()),
            Err(MaildirError::NoMailbox { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// As `Door::locate`: by its file name, which moves with it, else by its Message-ID; who it is decides.
    ///
    /// # Errors
    /// As the Maildir says.
    pub async fn locate(&mut self, mailbox: &Mailbox, sought: &Sought<'_>) -> Result<Option<Spot>, MaildirError> {
        let (owner, name, identity) = (self.owner.clone(), mailbox.clone(), sought.identity);
        let file = match sought.spot {
            Some(Spot::File(file)) => Some(file.clone()),
            Some(Spot::Uid(..)) | None => None,
        };
        let message_id = sought.message_id.map(str::to_owned);
        let found = self
            .call(move |maildir| {
                let by_id = || message_id.as_deref().map(|id| maildir.find(&name, id)).transpose().map(Option::flatten);
                for file in [file, by_id()?].into_iter().flatten() {
                    let head = maildir.read_head(&name, &file, 0)?;
                    if head.is_some_and(|head| who(&owner, &head) == identity) {
                        return Ok(Some(file));
                    }
                }
                Ok(None)
            })
            .await;
        match found {
            Ok(file) => Ok(file.map(Spot::File)),
            Err(MaildirError::NoMailbox { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// As `Door::find`.
    ///
    /// # Errors
    /// As the Maildir says.
    pub async fn find(&mut self, mailbox: &Mailbox, message_id: &str) -> Result<bool, MaildirError> {
        let (mailbox, message_id) = (mailbox.clone(), message_id.to_owned());
        match self.call(move |maildir| maildir.find(&mailbox, &message_id)).await {
            Ok(found) => Ok(found.is_some()),
            Err(MaildirError::NoMailbox { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// As `Door::end_copy`: filing again ends a copy here.
    ///
    /// # Errors
    /// As the Maildir says.
    pub async fn end_copy(
        &mut self,
        (original, spot): (&Mailbox, &Spot),
        copy: &Mailbox,
        _sought: &Sought<'_>,
    ) -> Result<(), MaildirError> {
        self.file(original, std::slice::from_ref(spot), copy).await.map(drop)
    }

    /// As `Door::append`.
    ///
    /// # Errors
    /// As the Maildir says.
    pub async fn append(&mut self, mailbox: &Mailbox, bytes: &[u8], message_id: &str) -> Result<(), MaildirError> {
        let (mailbox, bytes, message_id) = (mailbox.clone(), bytes.to_vec(), message_id.to_owned());
        self.call(move |maildir| maildir.append(&mailbox, &bytes, &message_id)).await.map(drop)
    }

    /// As `Door::wait`: looked at every 2 s.
    ///
    /// # Errors
    /// As the Maildir says.
    pub async fn wait(
        &mut self,
        mailbox: &Mailbox,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<Wake, MaildirError> {
        let clock = self.owner.clock.clone();
        let began = clock.now();
        let renew = began.checked_add(limits::doors::MAILDIR_RENEW).unwrap_or(jiff::Timestamp::MAX);
        tokio::pin!(stop);
        loop {
            let now = clock.now();
            if now >= renew || now < began {
                return Ok(Wake::Renew);
            }
            let next = clock.sooner(now, now.checked_add(limits::doors::MAILDIR_LOOK).unwrap_or(renew));
            tokio::select! {
                () = &mut stop => return Ok(Wake::Stopped),
                () = clock.wait_until(next) => {}
            }
            let (name, at) = (mailbox.clone(), clock.now());
            let stamp = self.call(move |maildir| maildir.stamp(&name, at)).await?;
            if self.looked.get(mailbox).is_none_or(|before| before.may_differ(&stamp)) {
                return Ok(Wake::News);
            }
        }
    }
}

/// By the second in which each was written, the newest `limits::hands::PAST_MAILS`.
fn surveyed(mut found: Vec<Found>, now: jiff::Timestamp) -> Survey {
    found.sort_unstable_by_key(|found| found.received_at);
    let newest = found.split_off(found.len().saturating_sub(limits::hands::PAST_MAILS));
    let mails = newest.into_iter().map(|found| (found.received_at.as_second(), Spot::File(found.file))).collect();
    Survey { generation: 0, next: now.as_second(), mails }
}

fn arrival(
    owner: &Owner,
    file: String,
    (flags, received_at): (Flags, jiff::Timestamp),
    head: maildir::content::Head,
) -> Arrival {
    let identity = who(owner, &head);
    let mut bytes = head.header;
    bytes.extend_from_slice(&head.text);
    Arrival { spot: Spot::File(file), identity, bytes, size: head.size, flags, received_at }
}

fn who(owner: &Owner, head: &maildir::content::Head) -> Identity {
    Identity::of_content(&owner.person, &owner.account, &head.header, head.size)
}

fn files(spots: &[Spot]) -> Vec<String> {
    spots
        .iter()
        .filter_map(|spot| match spot {
            Spot::File(file) => Some(file.clone()),
            Spot::Uid(..) => None,
        })
        .collect()
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, MaildirError> + Send + 'static,
) -> Result<T, MaildirError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        // A panic there is one of ours; it goes on up, and the source is begun again.
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // Only at the end of the program are such threads cancelled: nobody waits for an answer then.
        Err(_) => std::future::pending().await,
    }
}
