//! All editions and letters that are kept, and the spool files that anything names.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use crate::model::edition::{Claim, EditionId, Fate, Lane, LetterId, SpoolName};
use crate::model::identity::Identity;
use crate::model::name::PersonName;
use crate::store::fact::{Course, EditionFact, LetterFact};
use crate::store::view::{Sealed, Sent};

/// The index of editions and letters.
#[derive(Debug, Default)]
pub struct Outbox {
    editions: BTreeMap<EditionId, Issue>,
    letters: BTreeMap<LetterId, LetterFact>,
    last_number: u32,
}

/// An edition as the index knows it.
#[derive(Debug)]
pub struct Issue {
    /// What its record says.
    pub fact: EditionFact,
    /// Its number in this run, never 0.
    pub number: u32,
    /// Its items while it holds them; empty otherwise.
    pub items: Vec<Identity>,
}

/// Whether an edition has its items to itself.
pub fn holds(edition: &EditionFact) -> bool {
    edition.claim == Claim::Holds && !has_ended(edition)
}

fn has_ended(edition: &EditionFact) -> bool {
    matches!(edition.fate, Fate::Done | Fate::Failed)
}

impl Outbox {
    /// Takes what is true of an edition now. Returns its number and what was known of it before.
    pub fn put_edition(&mut self, fact: EditionFact, items: Vec<Identity>) -> (u32, Option<Issue>) {
        let old = self.editions.remove(&fact.id);
        let number = old.as_ref().map_or_else(
            || {
                self.last_number = self.last_number.wrapping_add(1).max(1);
                self.last_number
            },
            |old| old.number,
        );
        self.editions.insert(fact.id, Issue { fact, number, items });
        (number, old)
    }

    /// Forgets an edition.
    pub fn remove_edition(&mut self, id: EditionId) -> Option<Issue> {
        self.editions.remove(&id)
    }

    /// An edition.
    pub fn edition(&self, id: EditionId) -> Option<&Issue> {
        self.editions.get(&id)
    }

    /// All editions.
    pub fn editions(&self) -> impl Iterator<Item = &Issue> {
        self.editions.values()
    }

    /// Done and failed editions that were sealed before `before`.
    pub fn ended(&self, person: &PersonName, before: Timestamp) -> impl Iterator<Item = &Issue> {
        let ended = self.editions.values().filter(|issue| has_ended(&issue.fact));
        ended.filter(move |issue| issue.fact.person == *person && issue.fact.sealed_at < before)
    }

    /// Takes what is true of a letter now; what was known of it before is returned.
    pub fn put_letter(&mut self, fact: LetterFact) -> Option<LetterFact> {
        self.letters.insert(fact.id, fact)
    }

    /// Forgets a letter.
    pub fn remove_letter(&mut self, id: LetterId) -> Option<LetterFact> {
        self.letters.remove(&id)
    }

    /// A letter.
    pub fn letter(&self, id: LetterId) -> Option<&LetterFact> {
        self.letters.get(&id)
    }

    /// All letters.
    pub fn letters(&self) -> impl Iterator<Item = &LetterFact> {
        self.letters.values()
    }

    /// The letters of a lane that are not final.
    pub fn in_lane(&self, lane: Lane) -> impl Iterator<Item = LetterId> {
        let open = self.letters.values().filter(|letter| matches!(letter.course, Course::Open | Course::Uncertain));
        let here = open.filter(move |letter| {
            let lane_of = self.edition(letter.edition).map_or(Lane::InTurn, |issue| issue.fact.kind.lane());
            lane_of == lane
        });
        here.map(|letter| letter.id)
    }

    /// What was sealed for a person since then, and what became of it.
    pub fn sealed_since(&self, person: &PersonName, since: Timestamp) -> Vec<Sealed> {
        let recent = self.editions.values().map(|issue| &issue.fact);
        let recent = recent.filter(|fact| fact.person == *person && fact.sealed_at >= since);
        let told = |fact: &EditionFact| Sealed {
            kind: fact.kind.clone(),
            slot: fact.slot,
            sealed_at: fact.sealed_at,
            letters: fact.letters.iter().filter_map(|id| self.letter(*id)).map(sent).collect(),
        };
        recent.map(told).collect()
    }

    /// How many letters are on this course; `None`: everybody's.
    pub fn count(&self, person: Option<&PersonName>, course: Course) -> usize {
        let whose = self.letters.values().filter(|letter| person.is_none_or(|person| letter.person == *person));
        whose.filter(|letter| letter.course == course).count()
    }
}

fn sent(letter: &LetterFact) -> Sent {
    Sent { recipient: letter.recipient.clone(), refused_at: letter.refused_at }
}

/// How many records name each spool file.
#[derive(Debug, Default)]
pub struct Named {
    counts: HashMap<SpoolName, u32>,
    unnamed: Vec<SpoolName>,
}

impl Named {
    /// One more record names it.
    pub fn add(&mut self, name: &SpoolName) {
        *self.counts.entry(name.clone()).or_default() += 1;
    }

    /// One record fewer names it.
    pub fn drop_one(&mut self, name: &SpoolName) {
        if let Some(count) = self.counts.get_mut(name) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(name);
                self.unnamed.push(name.clone());
            }
        }
    }

    /// Everything that is named.
    pub fn names(&self) -> Vec<SpoolName> {
        self.counts.keys().cloned().collect()
    }

    /// Whether anything names it.
    pub fn has(&self, name: &SpoolName) -> bool {
        self.counts.contains_key(name)
    }

    /// Takes what has become unnamed since it was last taken; some may be named again.
    pub fn take_unnamed(&mut self) -> Vec<SpoolName> {
        std::mem::take(&mut self.unnamed)
    }
}
