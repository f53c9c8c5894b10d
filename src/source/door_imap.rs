//! An IMAP session with the face of a door: which mailbox is selected is its own affair.

use jiff::Timestamp;

use super::face::{Arrival, Batch, Filed, Heading, Look, Marks, Old, Owner, Pace, Sought, Survey, Wake};
use crate::imap::errand;
use crate::imap::fault::ImapError;
use crate::imap::gather::{Head, Mail};
use crate::imap::idle::Idle;
use crate::imap::plan::{self, Plan};
use crate::imap::seek;
use crate::imap::session::{Selected, Session};
use crate::imap::settings::Settings;
use crate::limits;
use crate::model::history::study::Study;
use crate::model::mailbox::{Cursor, Flags, Mailbox, Place, Spot, Uid, UidValidity};

/// An open session and what it has selected.
pub struct ImapDoor {
    session: Session,
    owner: Owner,
    opened_at: Timestamp,
    selected: Option<Mailbox>,
    settings: Settings,
}

impl std::fmt::Debug for ImapDoor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImapDoor").field("selected", &self.selected).finish_non_exhaustive()
    }
}

impl ImapDoor {
    /// Connects and logs in.
    ///
    /// # Errors
    /// As the session says.
    pub async fn open(settings: &Settings, owner: Owner) -> Result<Self, ImapError> {
        let opened_at = owner.clock.now();
        let session = Session::open(settings).await?;
        Ok(Self { session, owner, opened_at, selected: None, settings: settings.clone() })
    }

    /// As `Door::ensure`.
    ///
    /// # Errors
    /// As the session says.
    pub async fn ensure(&mut self, mailbox: &Mailbox) -> Result<(), ImapError> {
        self.session.ensure(mailbox).await
    }

    async fn select(&mut self, mailbox: &Mailbox) -> Result<Selected, ImapError> {
        self.selected = None;
        let selected = self.session.select(mailbox).await?;
        self.selected = Some(mailbox.clone());
        Ok(selected)
    }

    /// The selected mailbox as it is, or another one selected now.
    async fn enter(&mut self, mailbox: &Mailbox) -> Result<Selected, ImapError> {
        match (&self.selected, self.session.selected()) {
            (Some(selected), Some(said)) if selected == mailbox => Ok(*said),
            _ => self.select(mailbox).await,
        }
    }

    /// A mailbox that could not be selected is not there, which says that no mail is in it. One that is there says nothing of
    /// its mail: the server is in trouble, and what is the error stays one.
    async fn is_gone(&mut self, mailbox: &Mailbox, error: ImapError) -> Result<(), ImapError> {
        let refused = matches!(error, ImapError::Refused { .. });
        if !refused || mailbox.as_str() == "INBOX" {
            return Err(error);
        }
        let is_there = self.session.mailboxes().await?.iter().any(|one| one.selectable && one.mailbox == *mailbox);
        if is_there { Err(error) } else { Ok(()) }
    }

    /// As `Door::look`. In the mailbox that is selected already, news is one command: headers and the beginning of texts.
    ///
    /// # Errors
    /// As the session says.
    pub async fn look(
        &mut self,
        mailbox: &Mailbox,
        cursor: Option<Cursor>,
        (old, pace): (Old, Pace),
    ) -> Result<Look, ImapError> {
        let here = self.selected.as_ref() == Some(mailbox);
        let selected = self.session.selected().copied().filter(|_| here);
        if let (Some(selected), Some(cursor)) = (selected, cursor)
            && selected.uid_validity == Some(cursor.uid_validity)
        {
            if !self.session.has_news() {
                return Ok(Look { batches: Vec::new(), after: cursor });
            }
            if pace == Pace::Brisk {
                return self.fresh(Some(cursor), cursor.uid_next, &selected).await;
            }
        }
        let selected = self.select(mailbox).await?;
        let from = match plan::plan(cursor.as_ref(), &selected) {
            Plan::Nothing => None,
            Plan::First if old == Old::Leave && selected.uid_next.is_some() => None,
            Plan::First | Plan::Reset(_) => Some(Uid(1)),
            Plan::From(uid) => Some(uid),
        };
        match (from, pace) {
            (None, _) => Ok(Look { batches: Vec::new(), after: self.after(cursor, &selected, None) }),
            (Some(from), Pace::Brisk) if old == Old::Take => self.fresh(cursor, from, &selected).await,
            (Some(from), _) => {
                let uids = self.session.uids(from).await?;
                let after = self.after(cursor, &selected, uids.last().copied());
                let batches = match old {
                    Old::Take => newest_first(&selected, &uids, pace),
                    Old::Leave => Vec::new(),
                };
                Ok(Look { batches, after })
            }
        }
    }

    /// As `Door::has_mail`.
    ///
    /// # Errors
    /// As the session says.
    pub async fn has_mail(&mut self, mailbox: &Mailbox) -> Result<bool, ImapError> {
        // Just created, as at nearly every first start: nothing was ever in it, and it need not be selected.
        if self.session.uid_next(mailbox).await? == Some(Uid(1)) {
            return Ok(false);
        }
        Ok(self.select(mailbox).await?.exists > 0)
    }

    async fn fresh(&mut self, cursor: Option<Cursor>, from: Uid, selected: &Selected) -> Result<Look, ImapError> {
        let fresh = self.session.fresh(from).await?;
        let after = self.after(cursor, selected, fresh.highest());
        let mut batches = newest_first(selected, &fresh.left, Pace::Brisk);
        let arrivals: Vec<Arrival> = fresh.mails.into_iter().map(|mail| self.arrival(mail, selected)).collect();
        if !arrivals.is_empty() {
            batches.insert(0, Batch::Taken(arrivals));
        }
        Ok(Look { batches, after })
    }

    fn after(&self, cursor: Option<Cursor>, selected: &Selected, highest: Option<Uid>) -> Cursor {
        let (uid_validity, uid_next) = plan::reach(cursor.as_ref(), selected, highest);
        let last_sync = cursor.map_or(self.owner.clock.now(), |cursor| cursor.last_sync);
        Cursor { uid_validity, uid_next, last_sync }
    }

    fn arrival(&self, mail: Mail, selected: &Selected) -> Arrival {
        let Mail { head, text } = mail;
        let identity = head.identity(&self.owner.person, &self.owner.account);
        let Head { uid, size, flags, internal_date, header: mut bytes, .. } = head;
        bytes.extend_from_slice(&text.0);
        let spot = Spot::Uid(selected.uid_validity.unwrap_or(UidValidity(0)), uid);
        let received_at = internal_date.unwrap_or_else(|| self.owner.clock.now());
        Arrival { spot, identity, bytes, size, flags, received_at }
    }

    /// As `Door::sent`.
    ///
    /// # Errors
    /// As the session says.
    pub async fn sent(&mut self) -> Result<Option<Mailbox>, ImapError> {
        self.session.sent().await
    }

    /// As `Door::survey`.
    ///
    /// # Errors
    /// As the session says.
    pub async fn survey(&mut self, mailbox: &Mailbox, since: Timestamp) -> Result<Survey, ImapError> {
        let selected = self.enter(mailbox).await?;
        let mut uids = self.session.since(since).await?;
        let newest = uids.split_off(uids.len().saturating_sub(limits::hands::PAST_MAILS));
        Ok(surveyed(&selected, &newest, Uid(1)))
    }

    /// As `Door::newer`: one question, while there is nothing.
    ///
    /// # Errors
    /// As the session says.
    pub async fn newer(&mut self, mailbox: &Mailbox, study: &Study) -> Result<Option<Survey>, ImapError> {
        let next = self.session.uid_next(mailbox).await?;
        if next.is_some_and(|Uid(next)| i64::from(next) == study.next) {
            return Ok(None);
        }
        let selected = self.select(mailbox).await?;
        if selected.uid_validity.unwrap_or(UidValidity(0)).0 != study.generation {
            return Ok(Some(surveyed(&selected, &[], Uid(1))));
        }
        let from = Uid(u32::try_from(study.next).unwrap_or(1).max(1));
        let uids = self.session.uids(from).await?;
        Ok(Some(surveyed(&selected, &uids, from)))
    }

    /// As `Door::headings`.
    ///
    /// # Errors
    /// As the session says.
    pub async fn headings(&mut self, mailbox: &Mailbox, mails: &[(i64, Spot)]) -> Result<Vec<Heading>, ImapError> {
        let selected = self.enter(mailbox).await?;
        let spots: Vec<Spot> = mails.iter().map(|(_, spot)| spot.clone()).collect();
        let (uids, _) = Self::valid(&selected, &spots);
        let found = self.session.headings(&uids).await?;
        let now = self.owner.clock.now();
        let heading = |head: Head| Heading { received_at: head.internal_date.unwrap_or(now), bytes: head.header };
        Ok(found.into_iter().map(heading).collect())
    }

    /// As `Door::unlisted`.
    ///
    /// # Errors
    /// As the session says.
    pub async fn unlisted(&mut self, mailbox: &Mailbox, since: Timestamp) -> Result<Vec<Batch>, ImapError> {
        let selected = self.select(mailbox).await?;
        Ok(newest_first(&selected, &self.session.unlisted_since(since).await?, Pace::Brisk))
    }

    /// As `Door::take`.
    ///
    /// # Errors
    /// As the session says.
    pub async fn take(&mut self, mailbox: &Mailbox, batch: &Batch) -> Result<Vec<Arrival>, ImapError> {
        let Batch::Uids(_, uids) = batch else { return Ok(Vec::new()) };
        let selected = self.enter(mailbox).await?;
        let mails = self.session.mails(uids).await?;
        Ok(mails.into_iter().map(|mail| self.arrival(mail, &selected)).collect())
    }

    /// As `Door::whole`.
    ///
    /// # Errors
    /// As the session says.
    pub async fn whole(
        &mut self,
        mailbox: &Mailbox,
        spot: &Spot,
        most: u64,
        sign: impl Fn() + Send,
    ) -> Result<Option<Vec<u8>>, ImapError> {
        let selected = self.enter(mailbox).await?;
        let (uids, _) = Self::valid(&selected, std::slice::from_ref(spot));
        let Some(uid) = uids.first() else { return Ok(None) };
        let mut whole: Vec<u8> = Vec::new();
        while let Ok(from) = u32::try_from(whole.len()) {
            sign();
            let Some(piece) = self.session.piece(*uid, from, limits::doors::IMAP_PIECE).await? else { return Ok(None) };
            let is_last = u32::try_from(piece.len()).is_ok_and(|octets| octets < limits::doors::IMAP_PIECE);
            whole.extend_from_slice(&piece);
            if whole.len() as u64 > most {
                return Ok(None);
            }
            if is_last {
                return Ok(Some(whole));
            }
        }
        Ok(None)
    }

    /// The UIDs of these spots that count in the selected mailbox, and the spots that do not.
    fn valid(selected: &Selected, spots: &[Spot]) -> (Vec<Uid>, Vec<Spot>) {
        let mut uids = Vec::new();
        let mut stale = Vec::new();
        for spot in spots {
            match spot {
                Spot::Uid(validity, uid) if selected.uid_validity == Some(*validity) => uids.push(*uid),
                _ => stale.push(spot.clone()),
            }
        }
        (uids, stale)
    }

    /// As `Door::file`.
    ///
    /// # Errors
    /// As the session says.
    pub async fn file(&mut self, from: &Mailbox, spots: &[Spot], to: &Mailbox) -> Result<Filed, ImapError> {
        let selected = match self.enter(from).await {
            Ok(selected) => selected,
            Err(error) => {
                // Deleted by its reader: what lay in it is looked for elsewhere.
                self.is_gone(from, error).await?;
                return Ok(Filed { missing: spots.to_vec(), ..Filed::default() });
            }
        };
        let (uids, stale) = Self::valid(&selected, spots);
        let mut filed = Filed { missing: stale, ..Filed::default() };
        if uids.is_empty() {
            return Ok(filed);
        }
        let validity = selected.uid_validity.unwrap_or(UidValidity(0));
        let done = self.session.file(&uids, to).await?;
        for (uid, there, new) in done.moved {
            let place =
                Place { account: self.owner.account.clone(), mailbox: to.clone(), spot: Some(Spot::Uid(there, new)) };
            filed.moved.push((Spot::Uid(validity, uid), place));
        }
        filed.missing.extend(done.missing.into_iter().map(|uid| Spot::Uid(validity, uid)));
        filed.refused = done.refused.map(|refusal| refusal.to_string());
        Ok(filed)
    }

    /// As `Door::mark`.
    ///
    /// # Errors
    /// As the session says.
    pub async fn mark(&mut self, mailbox: &Mailbox, spots: &[Spot], marks: Marks) -> Result<(), ImapError> {
        let selected = match self.enter(mailbox).await {
            Ok(selected) => selected,
            Err(ImapError::Refused { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        let (uids, _) = Self::valid(&selected, spots);
        let marks = errand::Marks { listed: marks.listed, seen: marks.seen };
        match self.session.mark(&uids, marks).await {
            // A mailbox that keeps no flags cannot be marked; the store knows what was listed.
            Ok(()) | Err(ImapError::Refused { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// As `Door::flags`.
    ///
    /// # Errors
    /// As the session says.
    pub async fn flags(&mut self, mailbox: &Mailbox, spots: &[Spot]) -> Result<Vec<(Spot, Flags)>, ImapError> {
        let selected = match self.enter(mailbox).await {
            Ok(selected) => selected,
            Err(error) => {
                self.is_gone(mailbox, error).await?;
                return Ok(Vec::new());
            }
        };
        let (uids, _) = Self::valid(&selected, spots);
        if uids.is_empty() {
            return Ok(Vec::new());
        }
        let validity = selected.uid_validity.unwrap_or(UidValidity(0));
        let flags = self.session.flags(&uids).await?;
        Ok(flags.into_iter().map(|(uid, flags)| (Spot::Uid(validity, uid), flags)).collect())
    }

    /// As `Door::locate`. The mailbox is selected anew: an answer that was lost may have changed it.
    ///
    /// # Errors
    /// As the session says.
    pub async fn locate(&mut self, mailbox: &Mailbox, sought: &Sought<'_>) -> Result<Option<Spot>, ImapError> {
        let found = self.seek(mailbox, sought).await?;
        Ok(found.map(|found| Spot::Uid(found.uid_validity(), found.uid())))
    }

    async fn seek(&mut self, mailbox: &Mailbox, sought: &Sought<'_>) -> Result<Option<seek::Found>, ImapError> {
        if let Err(error) = self.select(mailbox).await {
            self.is_gone(mailbox, error).await?;
            return Ok(None);
        }
        let (person, account) = (self.owner.person.clone(), self.owner.account.clone());
        let sought = seek::Sought {
            person: &person,
            account: &account,
            identity: sought.identity,
            message_id: sought.message_id,
            size: sought.size,
            received_at: sought.received_at,
        };
        self.session.locate(&sought).await
    }

    /// As `Door::find`.
    ///
    /// # Errors
    /// As the session says.
    pub async fn find(&mut self, mailbox: &Mailbox, message_id: &str) -> Result<bool, ImapError> {
        if let Err(error) = self.select(mailbox).await {
            self.is_gone(mailbox, error).await?;
            return Ok(false);
        }
        Ok(!self.session.find(message_id).await?.is_empty())
    }

    /// As `Door::end_copy`: only where the server cannot move, and so we may have copied.
    ///
    /// # Errors
    /// As the session says.
    pub async fn end_copy(
        &mut self,
        (original, spot): (&Mailbox, &Spot),
        copy: &Mailbox,
        sought: &Sought<'_>,
    ) -> Result<(), ImapError> {
        let Spot::Uid(validity, uid) = spot else { return Ok(()) };
        if !self.copies() {
            return Ok(());
        }
        let Some(found) = self.seek(copy, sought).await? else { return Ok(()) };
        let Some(Spot::Uid(there, here)) = self.locate(original, sought).await? else { return Ok(()) };
        if there == *validity && here == *uid {
            self.session.finish_copy(here, &found).await?;
        }
        Ok(())
    }

    /// As `Door::may_have_copied`.
    pub fn may_have_copied(&self, posted_at: Timestamp) -> bool {
        self.copies() && posted_at <= self.opened_at
    }

    fn copies(&self) -> bool {
        !self.session.can("MOVE") && self.session.can("UIDPLUS")
    }

    /// As `Door::append`.
    ///
    /// # Errors
    /// As the session says.
    pub async fn append(&mut self, mailbox: &Mailbox, bytes: &[u8], _message_id: &str) -> Result<(), ImapError> {
        self.session.append(mailbox, bytes).await.map(drop)
    }

    /// As `Door::wait`: IDLE where it can be had, else a question every `poll`.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn wait(&mut self, mailbox: &Mailbox, stop: impl Future<Output = ()> + Send) -> Result<Wake, ImapError> {
        if self.selected.as_ref() != Some(mailbox) {
            return Ok(Wake::Renew);
        }
        if self.session.can("IDLE") {
            match self.session.idle(stop).await {
                Ok(Idle::News) => return Ok(Wake::News),
                Ok(Idle::Stopped) => return Ok(Wake::Stopped),
                Ok(Idle::Renew) => {}
                // It has none after all: from now on it is asked.
                Err(ImapError::Refused { .. }) => return Ok(Wake::Renew),
                Err(error) => return Err(error),
            }
        } else {
            let clock = &self.owner.clock;
            let until = clock.now().checked_add(self.settings.poll).unwrap_or(Timestamp::MAX);
            tokio::select! {
                () = stop => return Ok(Wake::Stopped),
                () = clock.wait_until(until) => {}
            }
        }
        // Whatever IDLE said: servers have been seen that stop telling (Microsoft 365).
        Ok(if self.session.noop().await? { Wake::News } else { Wake::Renew })
    }

    /// As `Door::close`.
    pub async fn close(self) {
        self.session.logout().await;
    }
}

fn surveyed(selected: &Selected, uids: &[Uid], from: Uid) -> Survey {
    let validity = selected.uid_validity.unwrap_or(UidValidity(0));
    let highest = uids.last().map_or(0, |Uid(uid)| uid.saturating_add(1));
    let next = selected.uid_next.map_or(0, |Uid(next)| next).max(highest).max(from.0);
    let mails = uids.iter().map(|uid| (i64::from(uid.0), Spot::Uid(validity, *uid))).collect();
    Survey { generation: validity.0, next: next.into(), mails }
}

/// Batches of UIDs, the newest first.
fn newest_first(selected: &Selected, uids: &[Uid], pace: Pace) -> Vec<Batch> {
    let validity = selected.uid_validity.unwrap_or(UidValidity(0));
    let many = match pace {
        Pace::Brisk => limits::hands::TAKE_BATCH,
        Pace::Careful => 1,
    };
    uids.rchunks(many).map(|some| Batch::Uids(validity, some.to_vec())).collect()
}
