//! What the transitions of a group teach: read once, learned one lesson after the other, written once with the group.
//!
//! A sender or a thread may occur in every transition of a group. Written by each of them, they would make the
//! transitions wait for one another, a barrier each.

use std::collections::{BTreeMap, BTreeSet};

use crate::limits;
use crate::model::history::facts::{SenderFacts, ThreadFacts};
use crate::model::history::lesson::{Lesson, MessageKey, SenderKey};
use crate::model::history::memory::Memory;
use crate::model::history::study::Study;
use crate::model::mailbox::Mailbox;
use crate::model::name::{AccountName, PersonName};
use crate::store::change::Teaching;
use crate::store::draft::{Draft, Fault};
use crate::store::engine::contract::{Batch, EngineError};
use crate::store::fact::{Fact, SenderChange, ThreadChange};
use crate::store::house::House;
use crate::store::index::{Change, Index};
use crate::store::key::Key;
use crate::store::recall;
use crate::store::record::{self, history};

/// Notes how far the past of a mailbox was read.
pub fn study(
    draft: &mut Draft<'_>,
    (person, account, mailbox): (&PersonName, &AccountName, &Mailbox),
    study: Study,
) -> Result<(), Fault> {
    let (person, account, mailbox) = (person.clone(), account.clone(), mailbox.clone());
    let key = Key::Study(person.clone(), account.clone(), mailbox.clone());
    draft.put(&key, &history::write_study(&study), Fact::Study(person, account, mailbox, study).into())
}

/// Carries out what a group teaches, in its order, and adds to its batch and changes what follows.
pub fn carry_out(
    (house, index): (&House, &Index),
    teachings: &[Teaching],
    (batch, changes): (&mut Batch, &mut Vec<Change>),
) -> Result<(), EngineError> {
    let mut notebook =
        Notebook { house, index, memory: Memory::default(), threads: BTreeMap::new(), senders: BTreeMap::new() };
    for teaching in teachings {
        match teaching {
            Teaching::Learn(lesson) => notebook.learn(lesson)?,
            Teaching::Forget(person, sender) => notebook.forget(person, *sender)?,
        }
    }
    let (mut threads, mut senders) = notebook.changes();
    notebook.evict(&mut threads, &mut senders)?;
    for change in threads {
        let key = Key::Thread(change.person.clone(), change.key).bytes();
        let value = change.after.as_ref().and_then(|facts| record::frame(&key, &history::write_thread(facts)));
        batch.push(key, value);
        changes.push(Fact::Thread(Box::new(change)).into());
    }
    for change in senders {
        let key = Key::Sender(change.person.clone(), change.key).bytes();
        let value = change.after.as_ref().and_then(|facts| record::frame(&key, &history::write_sender(facts)));
        batch.push(key, value);
        changes.push(Fact::Sender(change).into());
    }
    Ok(())
}

/// What a group has read of threads and senders, and learned on top of it.
struct Notebook<'a> {
    house: &'a House,
    index: &'a Index,
    memory: Memory,
    /// As they were before the group.
    threads: BTreeMap<MessageKey, (PersonName, Option<ThreadFacts>)>,
    senders: BTreeMap<SenderKey, (PersonName, Option<SenderFacts>)>,
}

impl Notebook<'_> {
    fn learn(&mut self, lesson: &Lesson) -> Result<(), EngineError> {
        let member = |message| self.memory.member(message).or_else(|| self.index.histories.member(message));
        let recalled = recall::recall(self.house, lesson, member)?;
        if let Some((key, facts)) = &recalled.thread {
            self.threads.entry(*key).or_insert_with(|| (lesson.person.clone(), Some(facts.clone())));
        }
        for (key, facts) in &recalled.senders {
            self.senders.entry(*key).or_insert_with(|| (lesson.person.clone(), Some(*facts)));
        }
        self.memory.take(recalled);
        let key = self.memory.learn(lesson);
        self.threads.entry(key).or_insert_with(|| (lesson.person.clone(), None));
        for key in lesson.by.people() {
            self.senders.entry(*key).or_insert_with(|| (lesson.person.clone(), None));
        }
        Ok(())
    }

    /// Goes through every thread of the person: nobody keeps a list of a sender's threads, and this is done by hand.
    fn forget(&mut self, person: &PersonName, sender: SenderKey) -> Result<(), EngineError> {
        let known = recall::sender(self.house, person, sender)?;
        self.senders.entry(sender).or_insert_with(|| (person.clone(), known));
        for key in self.index.histories.threads(person) {
            if self.threads.contains_key(&key) {
                continue;
            }
            let Some(facts) = recall::thread(self.house, person, key)? else { continue };
            if facts.arrivals.iter().any(|arrival| arrival.sender == Some(sender)) {
                self.threads.insert(key, (person.clone(), Some(facts.clone())));
                self.memory.take_thread(key, facts);
            }
        }
        self.memory.forget(sender);
        Ok(())
    }

    /// What is other than before the group.
    fn changes(&self) -> (Vec<ThreadChange>, Vec<SenderChange>) {
        let thread = |(key, (person, before)): (&MessageKey, &(PersonName, Option<ThreadFacts>))| {
            let after = self.memory.thread(*key).filter(|facts| facts.moved_at().is_some()).cloned();
            (after != *before).then(|| ThreadChange {
                person: person.clone(),
                key: *key,
                before: before.clone(),
                after,
            })
        };
        let sender = |(key, (person, before)): (&SenderKey, &(PersonName, Option<SenderFacts>))| {
            let after = self.memory.sender(*key).copied();
            (after != *before).then(|| SenderChange { person: person.clone(), key: *key, before: *before, after })
        };
        (self.threads.iter().filter_map(thread).collect(), self.senders.iter().filter_map(sender).collect())
    }

    /// Makes room for what is new: what has not moved for longest goes.
    fn evict(&self, threads: &mut Vec<ThreadChange>, senders: &mut Vec<SenderChange>) -> Result<(), EngineError> {
        let histories = &self.index.histories;
        let persons: BTreeSet<PersonName> = self
            .threads
            .values()
            .map(|(person, _)| person.clone())
            .chain(self.senders.values().map(|(person, _)| person.clone()))
            .collect();
        for person in persons {
            let new = threads.iter().filter(|change| change.person == person && change.before.is_none()).count();
            let over = (histories.threads(&person).len() + new).saturating_sub(limits::memory::THREADS_MOST);
            for key in histories.threads(&person).filter(|key| !self.threads.contains_key(key)).take(over) {
                let before = recall::thread(self.house, &person, key)?;
                threads.push(ThreadChange { person: person.clone(), key, before, after: None });
            }
            let new = senders.iter().filter(|change| change.person == person && change.before.is_none()).count();
            let over = (histories.senders(&person).len() + new).saturating_sub(limits::memory::SENDERS_MOST);
            for key in histories.senders(&person).filter(|key| !self.senders.contains_key(key)).take(over) {
                let before = recall::sender(self.house, &person, key)?;
                senders.push(SenderChange { person: person.clone(), key, before, after: None });
            }
        }
        Ok(())
    }
}
