//! All errands that are to be done, by account: urgent ones first, then in order of posting.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use crate::limits;
use crate::model::errand::ErrandId;
use crate::model::identity::Id;
use crate::model::name::{AccountName, PersonName};
use crate::store::fact::{ErrandFact, ErrandKind, Order};

/// The index of errands.
#[derive(Debug, Default)]
pub struct Errands {
    all: HashMap<ErrandId, ErrandFact>,
    accounts: HashMap<(PersonName, AccountName), Queue>,
    subjects: BTreeSet<(Id, ErrandKind, ErrandId)>,
}

#[derive(Debug, Default)]
struct Queue {
    order: BTreeMap<(Order, u64), ErrandId>,
    times: BTreeSet<(Timestamp, ErrandId)>,
}

impl Errands {
    /// Takes what is true of an errand now; what was known of it before is returned.
    pub fn put(&mut self, fact: ErrandFact) -> Option<ErrandFact> {
        let old = self.remove(fact.id);
        let queue = self.accounts.entry((fact.person.clone(), fact.account.clone())).or_default();
        queue.order.insert((fact.order, fact.seq), fact.id);
        queue.times.insert((fact.not_before, fact.id));
        if let Some(subject) = fact.subject {
            self.subjects.insert((subject, fact.kind, fact.id));
        }
        self.all.insert(fact.id, fact);
        old
    }

    /// Forgets an errand, and returns what was known of it.
    pub fn remove(&mut self, id: ErrandId) -> Option<ErrandFact> {
        let fact = self.all.remove(&id)?;
        if let Some(queue) = self.accounts.get_mut(&(fact.person.clone(), fact.account.clone())) {
            queue.order.remove(&(fact.order, fact.seq));
            queue.times.remove(&(fact.not_before, id));
        }
        if let Some(subject) = fact.subject {
            self.subjects.remove(&(subject, fact.kind, id));
        }
        Some(fact)
    }

    /// What is known of an errand.
    pub fn get(&self, id: ErrandId) -> Option<&ErrandFact> {
        self.all.get(&id)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// How many an account has.
    pub fn count_of(&self, person: &PersonName, account: &AccountName) -> usize {
        self.accounts.get(&(person.clone(), account.clone())).map_or(0, |queue| queue.order.len())
    }

    /// A person's errands, with the account of each.
    pub fn of(&self, person: &PersonName) -> Vec<(AccountName, ErrandId)> {
        let theirs = self.all.values().filter(|fact| fact.person == *person);
        theirs.map(|fact| (fact.account.clone(), fact.id)).collect()
    }

    /// An account's errands that may be done now.
    pub fn ready(&self, person: &PersonName, account: &AccountName, now: Timestamp) -> Vec<ErrandId> {
        let queue = self.accounts.get(&(person.clone(), account.clone()));
        let order = queue.into_iter().flat_map(|queue| queue.order.values());
        let may = order.filter(|id| self.all.get(id).is_some_and(|fact| fact.not_before <= now));
        may.take(limits::memory::ERRAND_BATCH).copied().collect()
    }

    /// When the next errand of an account may be done.
    pub fn next(&self, person: &PersonName, account: &AccountName) -> Option<Timestamp> {
        self.accounts.get(&(person.clone(), account.clone()))?.times.first().map(|(at, _)| *at)
    }

    /// Errands of a kind about an item or letter.
    pub fn about(&self, subject: Id, kind: ErrandKind) -> Vec<ErrandId> {
        let least = ErrandId(Id::from_bytes([0; 16]));
        let from = self.subjects.range((subject, kind, least)..);
        from.take_while(|(about, of, _)| (*about, *of) == (subject, kind)).map(|(_, _, id)| *id).collect()
    }

    /// Whether any errand is about this item or letter.
    pub fn any_about(&self, subject: Id) -> bool {
        let least = ErrandId(Id::from_bytes([0; 16]));
        self.subjects.range((subject, ErrandKind::File, least)..).next().is_some_and(|(about, _, _)| *about == subject)
    }
}
