//! Which messages belong to which thread, and what of threads and senders is the oldest: all else is read when asked for.
//!
//! About 50 octets a message and 40 a thread or sender: 2 MB for 10,000 threads of two messages and 20,000 senders.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::history::facts::{Member, ThreadFacts};
use crate::model::history::lesson::{MessageKey, SenderKey};
use crate::model::name::PersonName;
use crate::store::fact::{SenderChange, ThreadChange};

/// Of all persons.
#[derive(Debug, Default)]
pub struct Histories {
    members: BTreeMap<MessageKey, Member>,
    ages: BTreeMap<PersonName, Ages>,
}

/// What one person has, by the second in which it last moved.
#[derive(Debug, Default)]
struct Ages {
    threads: BTreeSet<(i64, MessageKey)>,
    senders: BTreeSet<(i64, SenderKey)>,
}

impl Histories {
    /// A known message.
    pub fn member(&self, message: MessageKey) -> Option<Member> {
        self.members.get(&message).copied()
    }

    /// A person's threads, the one that has not moved for longest first.
    pub fn threads(&self, person: &PersonName) -> impl ExactSizeIterator<Item = MessageKey> {
        let threads = self.ages.get(person).map(|ages| ages.threads.iter()).unwrap_or_default();
        threads.map(|(_, key)| *key)
    }

    /// A person's senders, the one that has not written for longest first.
    pub fn senders(&self, person: &PersonName) -> impl ExactSizeIterator<Item = SenderKey> {
        let senders = self.ages.get(person).map(|ages| ages.senders.iter()).unwrap_or_default();
        senders.map(|(_, key)| *key)
    }

    /// A thread has changed.
    pub fn apply_thread(&mut self, change: &ThreadChange) {
        let ThreadChange { person, key, before, after } = change;
        let threads = &mut self.ages.entry(person.clone()).or_default().threads;
        if let Some(before) = before {
            threads.remove(&(age(before), *key));
            for (message, _) in before.members(*key) {
                if self.members.get(&message).is_some_and(|member| member.thread == *key) {
                    self.members.remove(&message);
                }
            }
        }
        if let Some(after) = after {
            threads.insert((age(after), *key));
            self.members.extend(after.members(*key));
        }
    }

    /// A sender has changed.
    pub fn apply_sender(&mut self, change: &SenderChange) {
        let SenderChange { person, key, before, after } = change;
        let senders = &mut self.ages.entry(person.clone()).or_default().senders;
        if let Some(before) = before {
            senders.remove(&(before.latest_at.as_second(), *key));
        }
        if let Some(after) = after {
            senders.insert((after.latest_at.as_second(), *key));
        }
    }

    /// Whether a thread is known as its record says.
    pub fn agrees_thread(&self, change: &ThreadChange) -> bool {
        let Some(facts) = &change.after else { return false };
        let of_age = |ages: &Ages| ages.threads.contains(&(age(facts), change.key));
        self.ages.get(&change.person).is_some_and(of_age)
            && facts.members(change.key).all(|(message, _)| self.members.contains_key(&message))
    }

    /// Whether a sender is known as its record says.
    pub fn agrees_sender(&self, change: &SenderChange) -> bool {
        let Some(facts) = &change.after else { return false };
        let of_age = |ages: &Ages| ages.senders.contains(&(facts.latest_at.as_second(), change.key));
        self.ages.get(&change.person).is_some_and(of_age)
    }
}

fn age(facts: &ThreadFacts) -> i64 {
    facts.moved_at().map_or(i64::MIN, |at| at.as_second())
}
