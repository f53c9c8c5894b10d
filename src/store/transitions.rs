//! What changes the store: each transition is atomic, and durable before it is answered.

use jiff::Timestamp;

use crate::limits;
use crate::model::edition::{Edition, EditionId, Letter, LetterId, SpoolName};
use crate::model::errand::{Answer, Errand, ErrandId};
use crate::model::history::lesson::{Lesson, SenderKey};
use crate::model::history::study::Study;
use crate::model::identity::{Id, Identity};
use crate::model::item::{Item, Settled};
use crate::model::mailbox::{Cursor, Mailbox};
use crate::model::message::Message;
use crate::model::name::{AccountName, DigestName, HookName, PersonName};
use crate::model::verdict::{Placement, Verdict};
use crate::store::backup::fault::WriteError;
use crate::store::backup::write::{self, Written};
use crate::store::change::{Accepted, Changed, Forgotten, Outcome};
use crate::store::command::{Command, Done, Sealing};
use crate::store::committed::Committed;
use crate::store::fault::StoreError;
use crate::store::folder;
use crate::store::handle::{Store, strange};
use crate::store::record;
use crate::store::view::{Audit, HookMemory, Pause};

impl Store {
    /// Takes a new item with its first errands. A known identity changes nothing but its place (the old item's `place` is
    /// replaced by the new one's when the item is waiting and the new place's mailbox is the wanted one or the item's
    /// mailbox; otherwise nothing at all).
    pub async fn accept(&self, item: Item, errands: Vec<Errand>) -> Result<Committed<Accepted>, StoreError> {
        self.accept_and_learn(item, errands, None).await
    }

    /// The same, and learns of the message: with the item, or not at all.
    pub async fn accept_and_learn(
        &self,
        item: Item,
        errands: Vec<Errand>,
        lesson: Option<Lesson>,
    ) -> Result<Committed<Accepted>, StoreError> {
        let done = self.ask(Command::Accept(Box::new(item), errands, lesson.map(Box::new))).await?;
        let Done::Accepted(accepted) = *done.get() else { return Err(strange()) };
        Ok(Committed::after_barrier(accepted))
    }

    /// Moves a cursor. The proofs are of every message below `uid_next` that needed one.
    pub async fn advance(
        &self,
        (person, account): (&PersonName, &AccountName),
        mailbox: &Mailbox,
        cursor: Cursor,
        _proofs: &[Committed<Accepted>],
    ) -> Result<(), StoreError> {
        self.tell(Command::Advance(person.clone(), account.clone(), mailbox.clone(), cursor)).await
    }

    /// Gives a waiting item that is in no open edition a new verdict and placement, with the errands that follow.
    /// `Placement::Pass` makes it `Passed`, `Drop` and `Ignore` settle it, as of the verdict's time. Where an errand files
    /// the item, its unanswered `File` errands go, and the errand's mailbox is the wanted one.
    pub async fn replace(
        &self,
        item: Identity,
        verdict: Verdict,
        placement: Placement,
        errands: Vec<Errand>,
    ) -> Result<Committed<Changed>, StoreError> {
        self.change(Command::Replace(item, Box::new((verdict, placement)), errands)).await
    }

    /// Gives a waiting item that is in no open edition, and lies in no mailbox, what its sender made of it, with the verdict
    /// and placement of that. It keeps its place in the order of arrival.
    pub async fn amend(
        &self,
        message: Message,
        verdict: Verdict,
        placement: Placement,
    ) -> Result<Committed<Changed>, StoreError> {
        self.change(Command::Amend(Box::new((message, verdict, placement)))).await
    }

    /// Settles a waiting item that is in no open edition, with the errands that follow; its unanswered `File` errands go.
    pub async fn withdraw(
        &self,
        item: Identity,
        why: Settled,
        at: Timestamp,
        errands: Vec<Errand>,
    ) -> Result<Committed<Changed>, StoreError> {
        self.change(Command::Withdraw(item, why, at, errands)).await
    }

    /// Seals the parts of an issue (1 to `limits::memory::EDITION_PARTS`), created from absent, and moves its digest's slot mark: all of
    /// them or none. `No`, and nothing is written, when an id is known, when an item that it is to hold is not waiting, in
    /// another open edition, or named twice, or when an edition does not name its own letters. One that only tells of its
    /// items moves no mark.
    pub async fn seal(&self, parts: Vec<(Edition, Vec<Letter>)>) -> Result<Committed<Changed>, StoreError> {
        let mut sealings = Vec::with_capacity(parts.len());
        for (edition, letters) in parts {
            let manifest = self.spool(record::small::write_manifest(&edition.items)).await?;
            sealings.push(Sealing { edition, letters, manifest });
        }
        self.change(Command::Seal(sealings)).await
    }

    /// Notes that this digest's slots up to `slot` are done (also: nothing was waiting). The last word counts, so that a
    /// clock that ran ahead can be set back.
    pub async fn mark_slot(&self, person: &PersonName, digest: &DigestName, slot: Timestamp) -> Result<(), StoreError> {
        self.tell(Command::MarkSlot(person.clone(), digest.clone(), slot)).await
    }

    /// Counts an attempt before its first byte: `Ready` or `Uncertain` to `Sending`. Look-ups that are under way end.
    pub async fn begin(&self, letter: LetterId) -> Result<Committed<Changed>, StoreError> {
        self.change(Command::Begin(letter)).await
    }

    /// Notes, before the final dot, that the server may have the letter from here on: `Sending` to `DataSent`.
    pub async fn data_sent(&self, letter: LetterId) -> Result<Committed<Changed>, StoreError> {
        self.change(Command::DataSent(letter)).await
    }

    /// Writes what became of an attempt (`Accepted` and `Failed` also of one that was uncertain, `Failed` of any that is not
    /// final, `Refused` also of one that was accepted and came back). When every letter of the edition is final, the edition becomes `Sent` (one was accepted) or `Failed` (its
    /// items wait again).
    pub async fn settle(
        &self,
        letter: LetterId,
        outcome: Outcome,
        at: Timestamp,
    ) -> Result<Committed<Changed>, StoreError> {
        self.change(Command::Settle(letter, outcome, at)).await
    }

    /// Settles items of a `Sent` edition as delivered, with the errands that follow; idempotent, a batch at a time. Items
    /// that are settled already keep what they are, and their errands are not posted.
    pub async fn deliver(
        &self,
        edition: EditionId,
        items: Vec<(Identity, Vec<Errand>)>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        for batch in batches(items) {
            self.tell(Command::Deliver(edition, batch, at)).await?;
        }
        Ok(())
    }

    /// Ends a `Sent` edition whose items are all settled; any other stays as it is.
    pub async fn finish(&self, edition: EditionId) -> Result<(), StoreError> {
        self.tell(Command::Finish(edition)).await
    }

    /// Posts errands; one that is there already stays as it is. A batch at a time.
    pub async fn post(&self, errands: Vec<Errand>) -> Result<(), StoreError> {
        for batch in batches(errands) {
            self.tell(Command::Post(batch)).await?;
        }
        Ok(())
    }

    /// Writes what came of errands: `Filed` sets the item's place; `Taken` settles a waiting item; `Refused` makes the item
    /// wait where it lies (wanted: none); `Looked` settles those items; `Found` accepts the letter; `NotFound` ends the
    /// look-up (with the last of them the letter becomes `Ready` at its `resend_at`); `Later` keeps the errand. All others
    /// end it. An errand that is not posted changes nothing. A batch at a time, each answer whole.
    pub async fn answer(&self, answers: Vec<(ErrandId, Answer)>, at: Timestamp) -> Result<(), StoreError> {
        for batch in batches(answers) {
            self.tell(Command::Answer(batch, at)).await?;
        }
        Ok(())
    }

    /// Learns of messages that need no item, a batch at a time, and with the last of them how far a mailbox was read.
    pub async fn learn(
        &self,
        lessons: Vec<Lesson>,
        study: Option<(PersonName, AccountName, Mailbox, Study)>,
    ) -> Result<(), StoreError> {
        let mut rest = lessons.into_iter().peekable();
        loop {
            let (mut some, mut records) = (Vec::new(), 0);
            while let Some(lesson) = rest.next_if(|_| records < limits::memory::STORE_BATCH) {
                records += 1 + lesson.by.people().len();
                some.push(lesson);
            }
            if rest.peek().is_none() {
                return self.tell(Command::Learn(some, study)).await;
            }
            self.tell(Command::Learn(some, None)).await?;
        }
    }

    /// Forgets all that is known of a sender: when they first and last appeared, and when they wrote in which thread. Of
    /// the items that they sent nothing is forgotten here.
    pub async fn forget_sender(&self, person: &PersonName, sender: SenderKey) -> Result<(), StoreError> {
        self.tell(Command::ForgetSender(person.clone(), sender)).await
    }

    /// Keeps what a hook has learned and awaits.
    pub async fn keep_hook(&self, hook: &HookName, memory: HookMemory) -> Result<(), StoreError> {
        self.tell(Command::KeepHook(hook.clone(), memory)).await
    }

    /// Keeps by which names a hook's service calls ids, as far as there is room (`limits::judgement::HOOK_NAMES`).
    pub async fn keep_names(&self, hook: &HookName, names: Vec<(Id, String)>) -> Result<(), StoreError> {
        self.tell(Command::KeepNames(hook.clone(), names)).await
    }

    /// Begins (or with `None` ends) a pause.
    pub async fn pause(&self, person: &PersonName, pause: Option<Pause>) -> Result<(), StoreError> {
        self.tell(Command::Pause(person.clone(), pause)).await
    }

    /// Tries a failed or deferred letter again now, or drops it for good (`Failed`). `No` when its edition has failed and
    /// an item of it has left meanwhile, or waits in another.
    pub async fn reschedule(
        &self,
        letter: LetterId,
        not_before: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<Committed<Changed>, StoreError> {
        self.change(Command::Reschedule(letter, not_before, at)).await
    }

    /// Removes at most about `limits::memory::EXPIRE_BATCH` records of what passed or was settled before this time and has no errand
    /// left, then ended editions sealed before it with their letters, and the spool files that nothing names any more.
    /// Never what is undelivered. Returns how many records went.
    pub async fn expire(&self, person: &PersonName, settled_before: Timestamp) -> Result<usize, StoreError> {
        let done = self.ask(Command::Expire(person.clone(), settled_before)).await?;
        self.clear().await?;
        let Done::Removed(count) = *done.get() else { return Err(strange()) };
        Ok(count)
    }

    /// Removes every trace of these items of a person, a batch at a time: their records, the editions that named them, the
    /// letters of those, and the files of both. Never what is undelivered, or has something to be done.
    pub async fn forget(&self, person: &PersonName, items: Vec<Identity>) -> Result<Forgotten, StoreError> {
        let mut all = Forgotten::default();
        for batch in batches(items) {
            let done = self.ask(Command::Forget(person.clone(), batch)).await?;
            let Done::Forgotten(done) = *done.get() else { return Err(strange()) };
            all.add(done);
        }
        self.clear().await?;
        Ok(all)
    }

    /// Removes the spool files that nothing names any more.
    async fn clear(&self) -> Result<(), StoreError> {
        self.read(|house| {
            house.clear_spool();
            folder::keep_reserve(&house.state);
            Ok(())
        })
        .await
    }

    /// Counts everything anew from the records, with no transition between, and compares. Takes about two seconds for a
    /// million items.
    pub async fn audit(&self) -> Result<Audit, StoreError> {
        let Done::Audited(audit) = *self.ask(Command::Audit).await?.get() else { return Err(strange()) };
        Ok(audit)
    }

    /// Writes a backup of the whole store, as it is at one instant, into the state folder: the one that was there before goes.
    ///
    /// # Errors
    /// When another is being written, the store cannot be read whole, or the file not be written; there is then no file.
    pub async fn backup(&self, now: Timestamp) -> Result<Written, WriteError> {
        let failed = |error: StoreError| WriteError::Store(error.to_string());
        self.read(move |house| Ok(write::write(house, &house.state.join(folder::BACKUP), now))).await.map_err(failed)?
    }

    /// Notes that the mailboxes have been read again after `MovedAside`, `Restored` or `Lost`: the next open finds the store `Kept`.
    pub async fn rescued(&self) -> Result<(), StoreError> {
        let failed = |cause: std::io::Error| StoreError::Failed(format!("cannot end the rescue: {cause}"));
        self.read(move |house| folder::remove(&house.state, folder::RESCUE).map_err(failed)).await
    }

    /// Writes bytes to the spool, durably, and returns their name.
    pub async fn spool(&self, bytes: Vec<u8>) -> Result<SpoolName, StoreError> {
        self.read(move |house| house.spool.write(&bytes)).await
    }
}

/// Cuts a list into batches that one transition may touch.
fn batches<T>(list: Vec<T>) -> impl Iterator<Item = Vec<T>> {
    let mut rest = list.into_iter();
    std::iter::from_fn(move || {
        let batch: Vec<T> = rest.by_ref().take(limits::memory::STORE_BATCH).collect();
        (!batch.is_empty()).then_some(batch)
    })
}
