//! What is asked of the store: looks at the disk and at the index, as of the last barrier.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::limits;
use crate::model::edition::{Edition, EditionId, Fate, Lane, Letter, LetterId, SpoolName};
use crate::model::errand::{Errand, ErrandId};
use crate::model::history::facts::SenderFacts;
use crate::model::history::lesson::{Lesson, SenderKey};
use crate::model::history::memory::Recalled;
use crate::model::history::study::Study;
use crate::model::identity::{Id, Identity};
use crate::model::item::Item;
use crate::model::mailbox::{Cursor, Mailbox};
use crate::model::name::{AccountName, DigestName, HookName, PersonName};
use crate::store::bell::Bell;
use crate::store::fact::Course;
use crate::store::fault::StoreError;
use crate::store::handle::Store;
use crate::store::index::Index;
use crate::store::reader;
use crate::store::recall;
use crate::store::view::{Again, Counts, Held, HookMemory, Past, Pause, Sealed, Waiting};

impl Store {
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

    /// What of a person's is to be judged again by now, and which threads have moved since `mark` was told (at first: 0).
    pub fn again(&self, person: &PersonName, now: Timestamp, mark: u64) -> Again {
        self.see(|index| index.again(person, now, mark))
    }

    /// Whether an item waits for a digest, in an open edition or not.
    pub fn waits_for_digest(&self, identity: Identity) -> bool {
        self.see(|index| index.items.waits_for_digest(identity))
    }

    /// Everything that is known of a person's mail, in no order. As long as `[hold] retention` makes it.
    pub fn known(&self, person: &PersonName) -> Vec<Identity> {
        self.see(|index| index.items.of(person).collect())
    }

    /// How many items of a person a rule has dropped since then, to the second.
    pub fn dropped_since(&self, person: &PersonName, since: Timestamp) -> usize {
        self.see(|index| index.items.dropped_since(person, since))
    }

    /// What of a person's has ended since then.
    pub fn past_since(&self, person: &PersonName, since: Timestamp) -> Past {
        self.see(|index| index.items.past_since(person, since))
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
            let all = |index: &Index| {
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

    /// What a hook has learned and awaits.
    pub fn hook(&self, hook: &HookName) -> HookMemory {
        self.see(|index| index.hooks.get(hook).cloned().unwrap_or_default())
    }

    /// By which names a hook's service calls ids, as far as it has told.
    pub fn hook_names(&self, hook: &HookName) -> Arc<BTreeMap<Id, String>> {
        self.see(|index| index.hook_names.of(hook))
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
        self.see(Index::counts)
    }

    /// How much of a person waits, how much of it too long, and since when.
    pub fn held(&self, person: &PersonName, now: Timestamp) -> Held {
        self.see(|index| index.items.held(person, now))
    }

    /// How many errands an account has.
    pub fn errand_count(&self, person: &PersonName, account: &AccountName) -> usize {
        self.see(|index| index.errands.count_of(person, account))
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
}
