//! The memory of the house: every change is one of the transitions below, each atomic and durable before it is answered.

pub mod backup;
pub mod bell;
pub mod change;
pub mod command;
pub mod committed;
pub mod committer;
pub mod crash;
pub mod cut;
pub mod draft;
pub mod engine;
pub mod fact;
pub mod fault;
pub mod folder;
pub mod house;
pub mod index;
pub mod key;
pub mod lease;
pub mod open;
pub mod reader;
pub mod recall;
pub mod record;
pub mod scan;
pub mod spool;
pub mod sum;
pub mod tally;
pub mod tap;
pub mod view;
pub mod witness;
pub mod work;

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::limits;
use crate::metrics::counters::Metrics;
use crate::model::edition::{Edition, EditionId, Fate, Lane, Letter, LetterId, SpoolName};
use crate::model::errand::{Answer, Errand, ErrandId};
use crate::model::history::facts::SenderFacts;
use crate::model::history::lesson::{Lesson, SenderKey};
use crate::model::history::memory::Recalled;
use crate::model::history::study::Study;
use crate::model::identity::Identity;
use crate::model::item::{Item, Settled};
use crate::model::mailbox::{Cursor, Mailbox};
use crate::model::name::{AccountName, DigestName, PersonName};
use crate::model::verdict::{Placement, Verdict};
use backup::fault::WriteError;
use backup::write::{self, Written};
use bell::Bell;
use change::{Accepted, Changed, Forgotten, Outcome};
use command::{Command, Done, Job, Sealing};
use committed::Committed;
use committer::Committer;
use fact::Course;
use fault::{OpenError, StoreError};
use house::House;
use open::Found;
use view::{Audit, Counts, Held, Pause, Sealed, Waiting};

/// A handle to the store; clones are cheap and reach the same store.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    // `None` once it is closed.
    house: Mutex<Option<Arc<House>>>,
    queue: mpsc::Sender<Job>,
    metrics: Metrics,
}

/// What came of opening.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// How it was found.
    pub found: Found,
}

impl Store {
    /// Opens, or begins, the store in this state folder. Blocking: called before the runtime does anything else, or inside
    /// `spawn_blocking`.
    ///
    /// # Errors
    /// As `OpenError`'s variants say. A store that is damaged is no error: it is moved aside.
    pub fn open(state: &std::path::Path, now: Timestamp) -> Result<Opened, OpenError> {
        let open::Standing { house, found, seq, sum } = open::open(state, now)?;
        let house = Arc::new(house);
        let metrics = house.metrics.clone();
        let (queue, jobs) = mpsc::channel(limits::memory::STORE_QUEUE);
        let committer = Committer::new(Arc::clone(&house), jobs, (seq, sum));
        std::thread::Builder::new()
            .name("committer".to_owned())
            .spawn(move || committer.run())
            .map_err(|cause| OpenError::Disk { path: state.to_owned(), cause })?;
        Ok(Opened { store: Self(Arc::new(Inner { house: Mutex::new(Some(house)), queue, metrics })), found })
    }

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
        match *self.ask(Command::Accept(Box::new(item), errands, lesson.map(Box::new))).await?.get() {
            Done::Accepted(accepted) => Ok(Committed::after_barrier(accepted)),
            _ => Err(strange()),
        }
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
        match *done.get() {
            Done::Removed(count) => Ok(count),
            _ => Err(strange()),
        }
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
        match *self.ask(Command::Audit).await?.get() {
            Done::Audited(audit) => Ok(audit),
            _ => Err(strange()),
        }
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

    /// Reads a spool file and proves it by its name; `Spoiled` when it is not what it was.
    pub async fn unspool(&self, name: &SpoolName) -> Result<Vec<u8>, StoreError> {
        let name = name.clone();
        self.read(move |house| house.spool.read(&name)).await
    }

    /// The bell to wait on. `notified()` is created before the work is looked for, so that no ring is missed.
    pub fn bell(&self, bell: &Bell) -> Arc<Notify> {
        self.house().map(|house| house.bells.bell(bell)).unwrap_or_default()
    }

    /// The item, where it is known.
    pub async fn item(&self, identity: Identity) -> Result<Option<Item>, StoreError> {
        self.read(move |house| reader::item(house, identity)).await
    }

    /// The items, in the order asked, unknown ones left out. At most `limits::memory::VIEW_BATCH` at a time: the first ones.
    pub async fn items(&self, identities: Vec<Identity>) -> Result<Vec<Item>, StoreError> {
        self.read(move |house| {
            let asked = identities.into_iter().take(limits::memory::VIEW_BATCH);
            asked.filter_map(|identity| reader::item(house, identity).transpose()).collect()
        })
        .await
    }

    /// Ids of items whose 32 digits begin so, at most `limits::memory::ID_MATCHES`.
    pub fn identities(&self, prefix: &str) -> Vec<Identity> {
        self.see(|index| index.items.identities(prefix))
    }

    /// What waits for a person (and is in no open edition), in order of arrival. As long as the backlog.
    pub fn waiting(&self, person: &PersonName) -> Vec<Waiting> {
        self.see(|index| index.items.waiting(person))
    }

    /// Everything that is known of a person's mail, in no order. As long as `[hold] retention` makes it.
    pub fn known(&self, person: &PersonName) -> Vec<Identity> {
        self.see(|index| index.items.of(person).collect())
    }

    /// How many items of a person a rule has dropped since then, to the second.
    pub fn dropped_since(&self, person: &PersonName, since: Timestamp) -> usize {
        self.see(|index| index.items.dropped_since(person, since))
    }

    /// An account's errands that may be done now, urgent ones first, then in order of posting; at most `limits::memory::ERRAND_BATCH`.
    pub async fn errands(
        &self,
        person: &PersonName,
        account: &AccountName,
        now: Timestamp,
    ) -> Result<Vec<Errand>, StoreError> {
        let ready = self.see(|index| index.errands.ready(person, account, now));
        self.read(move |house| ready.into_iter().filter_map(|id| reader::errand(house, id).transpose()).collect()).await
    }

    /// When the next errand of an account may be done.
    pub fn next_errand(&self, person: &PersonName, account: &AccountName) -> Option<Timestamp> {
        self.see(|index| index.errands.next(person, account))
    }

    /// Whether this errand is still to be done.
    pub fn is_posted(&self, errand: ErrandId) -> bool {
        self.see(|index| index.errands.get(errand).is_some())
    }

    /// The letters of a lane that are not final.
    pub async fn letters_in(&self, lane: Lane) -> Result<Vec<Letter>, StoreError> {
        let ids: Vec<LetterId> = self.see(|index| index.outbox.in_lane(lane).collect());
        self.read(move |house| ids.into_iter().filter_map(|id| reader::letter(house, id).transpose()).collect()).await
    }

    /// What was sealed for a person since then, part by part, and what became of it; as far back as editions are kept.
    pub fn sealed_since(&self, person: &PersonName, since: Timestamp) -> Vec<Sealed> {
        self.see(|index| index.outbox.sealed_since(person, since))
    }

    /// All letters that are not final, then the failed ones that are still kept.
    pub async fn letters(&self) -> Result<Vec<Letter>, StoreError> {
        let of = |wanted: &[Course]| -> Vec<LetterId> {
            let all = |index: &index::Index| {
                index
                    .outbox
                    .letters()
                    .filter(|letter| wanted.contains(&letter.course))
                    .map(|letter| letter.id)
                    .collect()
            };
            self.see(all)
        };
        let ids = [of(&[Course::Open, Course::Uncertain]), of(&[Course::Failed])].concat();
        self.read(move |house| ids.into_iter().filter_map(|id| reader::letter(house, id).transpose()).collect()).await
    }

    /// One letter.
    pub async fn letter(&self, letter: LetterId) -> Result<Option<Letter>, StoreError> {
        self.read(move |house| reader::letter(house, letter)).await
    }

    /// One edition, items included.
    pub async fn edition(&self, edition: EditionId) -> Result<Option<Edition>, StoreError> {
        self.read(move |house| reader::edition(house, edition)).await
    }

    /// Editions of this fate, items included.
    pub async fn editions(&self, fate: Fate) -> Result<Vec<Edition>, StoreError> {
        let ids: Vec<EditionId> = self.see(|index| {
            let such = index.outbox.editions().filter(|issue| issue.fact.fate == fate);
            such.map(|issue| issue.fact.id).collect()
        });
        self.read(move |house| ids.into_iter().filter_map(|id| reader::edition(house, id).transpose()).collect()).await
    }

    /// How far a mailbox was taken.
    pub fn cursor(&self, (person, account): (&PersonName, &AccountName), mailbox: &Mailbox) -> Option<Cursor> {
        self.see(|index| index.cursors.get(&(person.clone(), account.clone(), mailbox.clone())).copied())
    }

    /// The last slot that is done.
    pub fn slot_mark(&self, person: &PersonName, digest: &DigestName) -> Option<Timestamp> {
        self.see(|index| index.slots.get(&(person.clone(), digest.clone())).copied())
    }

    /// The pause that a person set by hand, also one that is over.
    pub fn paused(&self, person: &PersonName) -> Option<Pause> {
        self.see(|index| index.pauses.get(person).cloned())
    }

    /// What is kept about a lesson's thread and people, as of the last barrier. Blocking: inside `spawn_blocking`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn recall(&self, lesson: &Lesson) -> Result<Recalled, StoreError> {
        let house = self.house()?;
        let member = |message| house.index().histories.member(message);
        recall::recall(&house, lesson, member).map_err(|error| house.distrust(&error))
    }

    /// How far the past of a mailbox was read; `None`: it was not begun.
    pub fn study(&self, (person, account): (&PersonName, &AccountName), mailbox: &Mailbox) -> Option<Study> {
        self.see(|index| index.studies.get(&(person.clone(), account.clone(), mailbox.clone())).copied())
    }

    /// What is known of a sender.
    pub async fn sender(&self, person: &PersonName, key: SenderKey) -> Result<Option<SenderFacts>, StoreError> {
        let person = person.clone();
        self.read(move |house| recall::sender(house, &person, key).map_err(|error| house.distrust(&error))).await
    }

    /// How many threads and senders are known of a person.
    pub fn remembered(&self, person: &PersonName) -> (usize, usize) {
        self.see(|index| (index.histories.threads(person).len(), index.histories.senders(person).len()))
    }

    /// Counts for `status` and the conservation check.
    pub fn counts(&self) -> Counts {
        self.see(index::Index::counts)
    }

    /// How much of a person waits, how much of it too long, and since when.
    pub fn held(&self, person: &PersonName, now: Timestamp) -> Held {
        self.see(|index| index.items.held(person, now))
    }

    /// How many errands an account has.
    pub fn errand_count(&self, person: &PersonName, account: &AccountName) -> usize {
        self.see(|index| index.errands.count_of(person, account))
    }

    /// The counters of this run: transitions are counted here, and hands add what only they know.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The same for one person.
    pub fn counts_of(&self, person: &PersonName) -> Counts {
        self.see(|index| index.counts_of(person))
    }

    /// Everybody of whom any item is known, in no order.
    pub fn people(&self) -> Vec<PersonName> {
        self.see(|index| index.items.people())
    }

    /// An account's errands, whenever they may be done.
    pub fn errands_of(&self, person: &PersonName) -> Vec<(AccountName, ErrandId)> {
        self.see(|index| index.errands.of(person))
    }

    /// Waits for what is under way, writes everything, closes. Closing twice is no error.
    pub async fn close(&self) -> Result<(), StoreError> {
        let closed = match self.tell(Command::Close).await {
            Err(StoreError::Closed) => Ok(()),
            other => other,
        };
        let house = self.0.house.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The engine writes and joins its threads when it is dropped.
        let _ = tokio::task::spawn_blocking(move || drop(house)).await;
        closed
    }

    async fn ask(&self, command: Command) -> Result<Committed<Done>, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.0.queue.send(Job { command, reply }).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or_else(|_| {
            self.house()?.trust()?;
            Err(StoreError::Closed)
        })
    }

    async fn change(&self, command: Command) -> Result<Committed<Changed>, StoreError> {
        match *self.ask(command).await?.get() {
            Done::Changed(changed) => Ok(Committed::after_barrier(changed)),
            _ => Err(strange()),
        }
    }

    async fn tell(&self, command: Command) -> Result<(), StoreError> {
        self.ask(command).await.map(drop)
    }

    fn house(&self) -> Result<Arc<House>, StoreError> {
        let house = self.0.house.lock().unwrap_or_else(PoisonError::into_inner);
        house.as_ref().map(Arc::clone).ok_or(StoreError::Closed)
    }

    /// Reads from the disk, beside the runtime.
    async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&House) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let house = self.house()?;
        let looked = tokio::task::spawn_blocking(move || look(&house)).await;
        looked.unwrap_or_else(|_| Err(StoreError::Failed("a look at the store did not end".to_owned())))
    }

    /// Looks at the index; a closed store shows nothing.
    fn see<T: Default>(&self, look: impl FnOnce(&index::Index) -> T) -> T {
        self.house().map(|house| look(&house.index())).unwrap_or_default()
    }
}

/// The committer has answered another question than was asked.
fn strange() -> StoreError {
    StoreError::Failed("an answer of another kind".to_owned())
}

/// Cuts a list into batches that one transition may touch.
fn batches<T>(list: Vec<T>) -> impl Iterator<Item = Vec<T>> {
    let mut rest = list.into_iter();
    std::iter::from_fn(move || {
        let batch: Vec<T> = rest.by_ref().take(limits::memory::STORE_BATCH).collect();
        (!batch.is_empty()).then_some(batch)
    })
}
