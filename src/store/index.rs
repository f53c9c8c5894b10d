//! What is known without a look at the disk: rebuilt at open by one scan, told of each change after its barrier.

pub mod errands;
pub mod histories;
pub mod hook_names;
pub mod items;
pub mod moves;
pub mod names;
pub mod outbox;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::bell::Bell;
use super::fact::{Course, EditionFact, ErrandFact, Fact, ItemFact, LetterFact};
use super::key::Key;
use super::view::{Again, Counts, HookMemory, Pause};
use crate::model::edition::SpoolName;
use crate::model::history::study::Study;
use crate::model::identity::Identity;
use crate::model::mailbox::{Cursor, Mailbox};
use crate::model::name::{AccountName, DigestName, HookName, PersonName};
use errands::Errands;
use histories::Histories;
use hook_names::HookNames;
use items::{Items, Tally};
use moves::Log;
use outbox::{Issue, Named, Outbox, holds};

/// Everything in memory.
#[derive(Debug, Default)]
pub struct Index {
    /// Items.
    pub items: Items,
    /// Errands.
    pub errands: Errands,
    /// Editions and letters.
    pub outbox: Outbox,
    /// Names of spool files.
    pub named: Named,
    /// Cursors.
    pub cursors: BTreeMap<(PersonName, AccountName, Mailbox), Cursor>,
    /// Last slots.
    pub slots: BTreeMap<(PersonName, DigestName), Timestamp>,
    /// Pauses.
    pub pauses: BTreeMap<PersonName, Pause>,
    /// Threads and senders.
    pub histories: Histories,
    /// Which threads have moved of late.
    pub moves: Log,
    /// How far the past of mailboxes was read.
    pub studies: BTreeMap<(PersonName, AccountName, Mailbox), Study>,
    /// What hooks have learned and await.
    pub hooks: BTreeMap<HookName, HookMemory>,
    /// Names that hooks have learned.
    pub hook_names: HookNames,
}

/// A change of the index.
#[derive(Clone, Debug)]
pub struct Change {
    /// What is true now.
    pub fact: Fact,
    /// The items of an edition; `None`: as they are known.
    pub items: Option<Vec<Identity>>,
}

impl From<Fact> for Change {
    fn from(fact: Fact) -> Self {
        Self { fact, items: None }
    }
}

impl Index {
    /// Takes a change, and says whom it wakes.
    pub fn apply(&mut self, change: Change) -> Vec<Bell> {
        match change.fact {
            Fact::Item(fact) => self.apply_item(&fact),
            Fact::Edition(fact) => self.apply_edition(*fact, change.items),
            Fact::Letter(fact) => self.apply_letter(*fact),
            Fact::Errand(fact) => self.apply_errand(*fact),
            Fact::Cursor(person, account, mailbox, cursor) => {
                self.cursors.insert((person, account, mailbox), cursor);
                Vec::new()
            }
            Fact::Slot(person, digest, slot) => {
                self.slots.insert((person, digest), slot);
                Vec::new()
            }
            Fact::Pause(person, pause) => {
                self.pauses.insert(person.clone(), pause);
                vec![Bell::Timekeeper(person)]
            }
            Fact::Thread(change) => {
                self.histories.apply_thread(&change);
                let concerns = self.items.tally_of(&change.person).held > 0 && self.moves.note(&change);
                if concerns { vec![Bell::Timekeeper(change.person)] } else { Vec::new() }
            }
            Fact::Sender(change) => {
                self.histories.apply_sender(&change);
                Vec::new()
            }
            Fact::Hook(hook, memory) => {
                self.hooks.insert(hook, memory);
                Vec::new()
            }
            Fact::HookName(hook, id, name) => {
                self.hook_names.put(hook, id, name);
                Vec::new()
            }
            Fact::Study(person, account, mailbox, study) => {
                self.studies.insert((person, account, mailbox), study);
                Vec::new()
            }
            Fact::Gone(key) => self.forget(key),
        }
    }

    fn apply_item(&mut self, fact: &ItemFact) -> Vec<Bell> {
        let before = self.items.next_due(&fact.person);
        let known = self.items.waits(fact.identity);
        self.items.put(fact);
        let anew = !known && self.items.waits(fact.identity);
        let earlier = before.is_some() && self.items.next_due(&fact.person) < before;
        if anew || earlier { vec![Bell::Timekeeper(fact.person.clone())] } else { Vec::new() }
    }

    fn apply_edition(&mut self, fact: EditionFact, items: Option<Vec<Identity>>) -> Vec<Bell> {
        let (id, now_holds, person) = (fact.id, holds(&fact), fact.person.clone());
        self.named.add(&fact.manifest);
        let known = self.outbox.edition(id).map(|issue| issue.items.clone()).unwrap_or_default();
        let items = items.unwrap_or(known);
        let kept = if now_holds { items.clone() } else { Vec::new() };
        let (number, old) = self.outbox.put_edition(fact, kept);
        if let Some(old) = &old {
            self.named.drop_one(&old.fact.manifest);
        }
        // A large edition is gone through only when its items come or go.
        let held = old.is_some_and(|old| holds(&old.fact));
        if held != now_holds {
            let number = if now_holds { number } else { 0 };
            items.into_iter().for_each(|item| self.items.set_edition(item, number));
        }
        vec![Bell::Timekeeper(person)]
    }

    fn apply_letter(&mut self, fact: LetterFact) -> Vec<Bell> {
        self.named.add(&fact.body);
        if let Some(old) = self.outbox.put_letter(fact) {
            self.named.drop_one(&old.body);
        }
        vec![Bell::Courier]
    }

    fn apply_errand(&mut self, fact: ErrandFact) -> Vec<Bell> {
        let bell = Bell::Account(fact.person.clone(), fact.account.clone());
        if let Some(body) = &fact.body {
            self.named.add(body);
        }
        if let Some(body) = self.errands.put(fact).and_then(|old| old.body) {
            self.named.drop_one(&body);
        }
        vec![bell]
    }

    fn forget(&mut self, key: Key) -> Vec<Bell> {
        match key {
            // A thread and a sender go by a change that says what they were.
            Key::Format | Key::Sum | Key::Thread(..) | Key::Sender(..) => {}
            Key::Item(_, identity) => self.items.remove(identity),
            Key::Edition(_, id) => {
                if let Some(Issue { fact, items, .. }) = self.outbox.remove_edition(id) {
                    self.named.drop_one(&fact.manifest);
                    items.into_iter().for_each(|item| self.items.set_edition(item, 0));
                }
            }
            Key::Letter(_, id) => {
                if let Some(old) = self.outbox.remove_letter(id) {
                    self.named.drop_one(&old.body);
                }
            }
            Key::Errand(person, id) => {
                if let Some(old) = self.errands.remove(id) {
                    if let Some(body) = &old.body {
                        self.named.drop_one(body);
                    }
                    // Whoever waits for the end of a look-up looks again.
                    return vec![Bell::Timekeeper(person)];
                }
            }
            Key::Cursor(person, account, mailbox) => drop(self.cursors.remove(&(person, account, mailbox))),
            Key::Study(person, account, mailbox) => drop(self.studies.remove(&(person, account, mailbox))),
            Key::Slot(person, digest) => drop(self.slots.remove(&(person, digest))),
            Key::Hook(hook) => drop(self.hooks.remove(&hook)),
            Key::HookName(hook, id) => self.hook_names.drop_one(&hook, id),
            Key::Pause(person) => {
                self.pauses.remove(&person);
                return vec![Bell::Timekeeper(person)];
            }
        }
        Vec::new()
    }

    /// What of a person's is to be judged again by now, and which threads have moved since this mark.
    pub fn again(&self, person: &PersonName, now: Timestamp, mark: u64) -> Again {
        let (due, next) = (self.items.again_due(person, now), self.items.again_next(person, now));
        Again { due, next, moves: self.moves.since(person, mark) }
    }

    /// How much there is of what.
    pub fn counts(&self) -> Counts {
        self.count(self.items.tally(), self.errands.count(), None)
    }

    /// How much there is of what for one person.
    pub fn counts_of(&self, person: &PersonName) -> Counts {
        self.count(self.items.tally_of(person), self.errands.of(person).len(), Some(person))
    }

    fn count(&self, items: Tally, errands: usize, person: Option<&PersonName>) -> Counts {
        let uncertain = self.outbox.count(person, Course::Uncertain);
        Counts {
            held: items.held,
            sealed: items.sealed,
            passed: items.passed,
            settled: items.settled,
            errands,
            outbox: self.outbox.count(person, Course::Open) + uncertain,
            uncertain,
            failed: self.outbox.count(person, Course::Failed),
        }
    }

    /// Takes the spool files that have become unnamed since they were last taken; some may be named again.
    pub fn take_unnamed(&mut self) -> Vec<SpoolName> {
        self.named.take_unnamed()
    }
}
