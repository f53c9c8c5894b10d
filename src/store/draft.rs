//! What one transition reads and would write: nothing of it counts before the group's barrier.

use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};

use super::change::Teaching;
use super::cut::{self, Measure};
use super::engine::contract::{Batch, EngineError};
use super::fact::{ErrandKind, Fact};
use super::fault::StoreError;
use super::house::House;
use super::index::{Change, Index};
use super::key::Key;
use super::record;
use super::record::part::Damaged;
use crate::limits;
use crate::model::edition::{EditionId, LetterId};
use crate::model::errand::{Errand, ErrandId};
use crate::model::identity::{Id, Identity};
use crate::model::item::{Item, Standing};

/// Why a transition could not be carried out.
#[derive(Debug)]
pub enum Fault {
    /// The engine failed, or a record is damaged: the store can no longer be trusted.
    Engine(EngineError),
    /// This one transition cannot be written; everything else goes on.
    Refused(StoreError),
}

impl From<EngineError> for Fault {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<Damaged> for Fault {
    fn from(damaged: Damaged) -> Self {
        Self::Engine(EngineError::Damaged(damaged.to_string()))
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

/// One transition's reads and writes. Two transitions of a group never touch the same record, so each sees the
/// store as the last barrier left it.
#[derive(Debug)]
pub struct Draft<'a> {
    /// The engine and the spool.
    pub house: &'a House,
    /// What is known as of the last barrier.
    pub index: &'a Index,
    seq: &'a Cell<u64>,
    writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    changes: Vec<Change>,
    touched: HashSet<Id>,
    teachings: Vec<Teaching>,
}

/// What a finished transition would do.
#[derive(Debug)]
pub struct Finished {
    /// What is written.
    pub batch: Batch,
    /// What the index is told afterwards.
    pub changes: Vec<Change>,
    /// Ids of the items, letters, editions and errands that it read or wrote.
    pub touched: HashSet<Id>,
    /// What it teaches, to be carried out once for the group.
    pub teachings: Vec<Teaching>,
}

impl<'a> Draft<'a> {
    /// An empty draft. `seq` is the last number given to an item or errand.
    pub fn new(house: &'a House, index: &'a Index, seq: &'a Cell<u64>) -> Self {
        let (writes, changes, touched) = (BTreeMap::new(), Vec::new(), HashSet::new());
        Self { house, index, seq, writes, changes, touched, teachings: Vec::new() }
    }

    /// Its reads and writes, when it is done.
    pub fn finish(self) -> Finished {
        let mut batch = Batch::default();
        for (key, value) in self.writes {
            batch.push(key, value);
        }
        Finished { batch, changes: self.changes, touched: self.touched, teachings: self.teachings }
    }

    /// Teaches something of threads and senders. It cannot be read again here: the group carries it out at its end.
    pub fn teach(&mut self, teaching: Teaching) {
        self.teachings.push(teaching);
    }

    /// The next number in the order of arrival and posting.
    pub fn next_seq(&self) -> u64 {
        self.seq.set(self.seq.get().saturating_add(1));
        self.seq.get()
    }

    /// Notes that this item, letter, edition or errand is read.
    pub fn touch(&mut self, id: Id) {
        self.touched.insert(id);
    }

    fn payload(&self, key: &Key) -> Result<Option<Vec<u8>>, Fault> {
        let bytes = key.bytes();
        let value = match self.writes.get(&bytes) {
            Some(written) => written.clone(),
            None => self.house.engine.value(&bytes)?,
        };
        let Some(value) = value else { return Ok(None) };
        Ok(Some(record::unframe(&bytes, &value)?.to_vec()))
    }

    /// Writes a record, and what the index is to know of it.
    pub fn put(&mut self, key: &Key, payload: &[u8], change: Change) -> Result<(), Fault> {
        let bytes = key.bytes();
        let value = record::frame(&bytes, payload)
            .ok_or_else(|| StoreError::Failed(format!("a record of {} bytes is too long", payload.len())))?;
        self.writes.insert(bytes, Some(value));
        self.changes.push(change);
        Ok(())
    }

    /// Removes a record.
    pub fn delete(&mut self, key: Key) {
        self.writes.insert(key.bytes(), None);
        self.changes.push(Fact::Gone(key).into());
    }

    /// A known item and its order of arrival.
    pub fn item(&mut self, identity: Identity) -> Result<Option<(u64, Item)>, Fault> {
        self.touch(identity.0);
        let Some(person) = self.index.items.person(identity) else { return Ok(None) };
        let Some(payload) = self.payload(&Key::Item(person.clone(), identity))? else { return Ok(None) };
        Ok(Some(record::item::read(person, identity, &payload)?))
    }

    /// Writes an item, cut until it fits. What no longer waits keeps no text.
    pub fn put_item(&mut self, seq: u64, mut item: Item) -> Result<(), Fault> {
        let identity = item.message.identity;
        self.touch(identity.0);
        if item.standing != Standing::Waiting {
            item.message.own_text.clear();
        }
        let key = Key::Item(item.person.clone(), identity);
        let mut payload = Vec::new();
        for times in 0..=limits::memory::ITEM_CUTS {
            cut::cut(&mut item, Measure::halved(times));
            payload = record::item::write(seq, &item);
            if record::frame(&[], &payload).is_some() {
                break;
            }
        }
        let fact = record::item::fact_of(seq, &item);
        self.put(&key, &payload, Fact::Item(Box::new(fact)).into())
    }

    /// A known letter.
    pub fn letter(&mut self, id: LetterId) -> Result<Option<record::letter::Kept>, Fault> {
        self.touch(id.0);
        let Some(person) = self.index.outbox.letter(id).map(|letter| letter.person.clone()) else { return Ok(None) };
        let Some(payload) = self.payload(&Key::Letter(person.clone(), id))? else { return Ok(None) };
        Ok(Some(record::letter::read(person, id, &payload)?))
    }

    /// Writes a letter.
    pub fn put_letter(&mut self, kept: &record::letter::Kept) -> Result<(), Fault> {
        let letter = &kept.letter;
        self.touch(letter.id.0);
        let key = Key::Letter(letter.person.clone(), letter.id);
        let fact = Fact::Letter(Box::new(record::letter::fact_of(letter)));
        self.put(&key, &record::letter::write(kept), fact.into())
    }

    /// A known edition, its items left out.
    pub fn edition(&mut self, id: EditionId) -> Result<Option<record::edition::Kept>, Fault> {
        self.touch(id.0);
        let Some(issue) = self.index.outbox.edition(id) else { return Ok(None) };
        let person = issue.fact.person.clone();
        let Some(payload) = self.payload(&Key::Edition(person.clone(), id))? else { return Ok(None) };
        Ok(Some(record::edition::read(person, id, &payload)?))
    }

    /// Writes an edition; `items` where the index does not know them yet.
    pub fn put_edition(&mut self, kept: &record::edition::Kept, items: Option<Vec<Identity>>) -> Result<(), Fault> {
        let edition = &kept.edition;
        self.touch(edition.id.0);
        let key = Key::Edition(edition.person.clone(), edition.id);
        let fact = Fact::Edition(Box::new(record::edition::fact_of(kept)));
        self.put(&key, &record::edition::write(kept), Change { fact, items })
    }

    /// A posted errand and its order of posting.
    pub fn errand(&mut self, id: ErrandId) -> Result<Option<(u64, Errand)>, Fault> {
        self.touch(id.0);
        let Some(person) = self.index.errands.get(id).map(|errand| errand.person.clone()) else { return Ok(None) };
        let Some(payload) = self.payload(&Key::Errand(person.clone(), id))? else { return Ok(None) };
        Ok(Some(record::errand::read(person, id, &payload)?))
    }

    /// Posts errands; one that is there already stays as it is.
    pub fn post(&mut self, errands: &[Errand]) -> Result<(), Fault> {
        for errand in errands {
            self.touch(errand.id.0);
            if self.payload(&Key::Errand(errand.person.clone(), errand.id))?.is_none() {
                let seq = self.next_seq();
                self.put_errand(seq, errand)?;
            }
        }
        Ok(())
    }

    /// Writes an errand.
    pub fn put_errand(&mut self, seq: u64, errand: &Errand) -> Result<(), Fault> {
        self.touch(errand.id.0);
        let fact = record::errand::fact_of(seq, errand);
        if let Some(subject) = fact.subject {
            self.touch(subject);
        }
        let key = Key::Errand(errand.person.clone(), errand.id);
        self.put(&key, &record::errand::write(seq, errand), Fact::Errand(Box::new(fact)).into())
    }

    /// Ends all unanswered errands of a kind about an item or letter.
    pub fn end_about(&mut self, subject: Id, kind: ErrandKind) {
        self.touch(subject);
        for id in self.index.errands.about(subject, kind) {
            self.touch(id.0);
            if let Some(person) = self.index.errands.get(id).map(|errand| errand.person.clone()) {
                self.delete(Key::Errand(person, id));
            }
        }
    }

    /// Whether a posted errand has been ended by this very draft.
    pub fn has_ended(&self, id: ErrandId) -> bool {
        let key = self.index.errands.get(id).map(|errand| Key::Errand(errand.person.clone(), id).bytes());
        key.is_some_and(|key| matches!(self.writes.get(&key), Some(None)))
    }
}
