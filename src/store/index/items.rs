//! All items known, each in a few dozen bytes: who waits, in what order, and until when.

use std::collections::{BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::names::{NONE, Names};
use crate::limits;
use crate::model::identity::{Id, Identity};
use crate::model::item::{Settled, Standing};
use crate::model::name::{AccountName, DigestName, PersonName};
use crate::model::verdict::{Placement, Then, Urgency};
use crate::store::fact::ItemFact;
use crate::store::view::{Held, Past, Waiting};

/// The index of items.
#[derive(Debug, Default)]
pub struct Items {
    names: Names,
    // The first 32 bits of the identity, and the slot: ids are hashes, so hardly any two meet.
    by_id: BTreeSet<(u32, u32)>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    people: HashMap<u16, Shelf>,
    // By slot, in full seconds: what waits and is to be judged again. Few are, so it stands beside the slots.
    again: HashMap<u32, u32>,
}

/// How many items stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Waiting, in no edition.
    pub held: usize,
    /// Waiting, in an edition.
    pub sealed: usize,
    /// Passed.
    pub passed: usize,
    /// Settled.
    pub settled: usize,
}

/// One person's orders: numbers of slots.
#[derive(Debug, Default)]
struct Shelf {
    waiting: BTreeSet<(u32, u32)>,
    // By full seconds: due from then on; ended before then.
    due: BTreeSet<(u32, u32)>,
    ended: BTreeSet<(u32, u32)>,
    // To be judged again from then on; of those in `waiting`.
    again: BTreeSet<(u32, u32)>,
    tally: Tally,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    identity: Identity,
    // Its last 32 bits: enough to order what is there at one time.
    seq: u32,
    // Microseconds; when it is settled or passed: since when.
    due: i64,
    deliver_by: i64,
    // Full seconds.
    accepted: u32,
    // The edition's number; 0: none.
    edition: u32,
    person: u16,
    source: u16,
    account: u16,
    // `NONE`: it passes by itself.
    digest: u16,
    urgency: Urgency,
    stand: Stand,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    Waiting,
    // Waiting, and over.
    Over,
    Passed,
    Settled,
    // Settled, by a rule that said `drop`.
    Dropped,
}

impl Stand {
    fn of(fact: &ItemFact) -> Self {
        match fact.standing {
            Standing::Waiting if fact.over.is_some() => Self::Over,
            Standing::Waiting => Self::Waiting,
            Standing::Passed { .. } => Self::Passed,
            Standing::Settled { why: Settled::Dropped, .. } => Self::Dropped,
            Standing::Settled { .. } => Self::Settled,
        }
    }

    fn waits(self) -> bool {
        matches!(self, Self::Waiting | Self::Over)
    }
}

impl Slot {
    /// The full second from which on it is due by itself, or must leave.
    fn next(&self) -> u32 {
        seconds_after(if self.digest == NONE { self.due.min(self.deliver_by) } else { self.deliver_by })
    }

    /// The full second after which it ended.
    fn end(&self) -> u32 {
        seconds_after(self.due)
    }
}

/// Full seconds since 1970, rounded up; what lies outside 1970 to 2106 counts as its edge.
fn seconds_after(microseconds: i64) -> u32 {
    u32::try_from(microseconds.saturating_add(999_999).div_euclid(1_000_000).max(0)).unwrap_or(u32::MAX)
}

/// Full seconds since 1970, rounded down.
fn seconds_until(instant: Timestamp) -> u32 {
    u32::try_from(instant.as_second().max(0)).unwrap_or(u32::MAX)
}

/// The last 32 bits of a number.
fn short(seq: u64) -> u32 {
    u32::try_from(seq & u64::from(u32::MAX)).unwrap_or(0)
}

/// The first 32 bits of an identity.
fn front(identity: Identity) -> u32 {
    identity.0.as_bytes().first_chunk::<4>().map_or(0, |front| u32::from_be_bytes(*front))
}

impl Items {
    /// Takes what is true of an item now.
    pub fn put(&mut self, fact: &ItemFact) {
        let mut slot = self.slot_of(fact);
        let number = if let Some(number) = self.number(fact.identity) {
            slot.edition = self.slots.get(number as usize).map_or(0, |old| old.edition);
            self.unlink(number);
            number
        } else {
            let number = self.free.pop().unwrap_or_else(|| {
                self.slots.push(slot);
                u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
            });
            self.by_id.insert((front(fact.identity), number));
            number
        };
        if let Some(place) = self.slots.get_mut(number as usize) {
            *place = slot;
        }
        match fact.again_at.filter(|_| slot.stand.waits()) {
            Some(at) => self.again.insert(number, seconds_after(at.as_microsecond())),
            None => self.again.remove(&number),
        };
        self.link(number);
    }

    /// Forgets an item.
    pub fn remove(&mut self, identity: Identity) {
        if let Some(number) = self.number(identity) {
            self.unlink(number);
            self.again.remove(&number);
            self.by_id.remove(&(front(identity), number));
            self.free.push(number);
        }
    }

    /// Puts an item into an edition, by its number, or (0) takes it out.
    pub fn set_edition(&mut self, identity: Identity, edition: u32) {
        if let Some(number) = self.number(identity) {
            self.unlink(number);
            if let Some(slot) = self.slots.get_mut(number as usize) {
                slot.edition = edition;
            }
            self.link(number);
        }
    }

    fn slot_of(&mut self, fact: &ItemFact) -> Slot {
        let person = self.names.number(fact.person.as_str());
        let accepted = fact.accepted_at.as_microsecond();
        let (mut due, mut deliver_by, mut digest) = (accepted, accepted, NONE);
        if let Placement::Hold { due_at, then, deliver_by: by } = &fact.placement {
            (due, deliver_by) = (due_at.as_microsecond(), by.as_microsecond());
            if let Then::Digest(name) = then {
                digest = self.names.number(name.as_str());
            }
        }
        if let Standing::Passed { at } | Standing::Settled { at, .. } = fact.standing {
            due = at.as_microsecond();
        }
        Slot {
            identity: fact.identity,
            seq: short(fact.seq),
            due,
            deliver_by,
            accepted: seconds_until(fact.accepted_at),
            edition: 0,
            person,
            source: self.names.number(&fact.source),
            account: fact.place.as_ref().map_or(NONE, |place| self.names.number(place.account.as_str())),
            digest,
            urgency: fact.urgency,
            stand: Stand::of(fact),
        }
    }

    fn link(&mut self, number: u32) {
        let Some(&slot) = self.slots.get(number as usize) else { return };
        let shelf = self.people.entry(slot.person).or_default();
        match slot.stand {
            Stand::Waiting | Stand::Over if slot.edition == 0 => {
                shelf.waiting.insert((slot.seq, number));
                shelf.due.insert((slot.next(), number));
                shelf.again.extend(self.again.get(&number).map(|at| (*at, number)));
                shelf.tally.held += 1;
            }
            Stand::Waiting | Stand::Over => shelf.tally.sealed += 1,
            Stand::Passed => {
                shelf.ended.insert((slot.end(), number));
                shelf.tally.passed += 1;
            }
            Stand::Settled | Stand::Dropped => {
                shelf.ended.insert((slot.end(), number));
                shelf.tally.settled += 1;
            }
        }
    }

    fn unlink(&mut self, number: u32) {
        let Some(&slot) = self.slots.get(number as usize) else { return };
        let shelf = self.people.entry(slot.person).or_default();
        match slot.stand {
            Stand::Waiting | Stand::Over if slot.edition == 0 => {
                shelf.waiting.remove(&(slot.seq, number));
                shelf.due.remove(&(slot.next(), number));
                if let Some(at) = self.again.get(&number) {
                    shelf.again.remove(&(*at, number));
                }
                shelf.tally.held -= 1;
            }
            Stand::Waiting | Stand::Over => shelf.tally.sealed -= 1,
            Stand::Passed => {
                shelf.ended.remove(&(slot.end(), number));
                shelf.tally.passed -= 1;
            }
            Stand::Settled | Stand::Dropped => {
                shelf.ended.remove(&(slot.end(), number));
                shelf.tally.settled -= 1;
            }
        }
    }

    fn get(&self, identity: Identity) -> Option<&Slot> {
        self.slots.get(self.number(identity)? as usize)
    }

    /// The slot of a known item.
    fn number(&self, identity: Identity) -> Option<u32> {
        let mut meet = self.by_id.range((front(identity), 0)..=(front(identity), u32::MAX)).map(|(_, number)| *number);
        meet.find(|number| self.slots.get(*number as usize).is_some_and(|slot| slot.identity == identity))
    }

    /// Whose a known item is.
    pub fn person(&self, identity: Identity) -> Option<PersonName> {
        self.get(identity).map(|slot| PersonName::new(self.names.name(slot.person)))
    }

    /// All of a person's.
    pub fn of(&self, person: &PersonName) -> impl Iterator<Item = Identity> {
        let person = self.names.known(person.as_str());
        let slots = self.by_id.iter().filter_map(|(_, number)| self.slots.get(*number as usize));
        slots.filter(move |slot| Some(slot.person) == person).map(|slot| slot.identity)
    }

    /// Whether an item is known.
    pub fn knows(&self, identity: Identity) -> bool {
        self.number(identity).is_some()
    }

    /// Whether a known item waits, in an edition or not.
    pub fn waits(&self, identity: Identity) -> bool {
        self.get(identity).is_some_and(|slot| slot.stand.waits())
    }

    /// Whether a known item waits for a digest, in an edition or not.
    pub fn waits_for_digest(&self, identity: Identity) -> bool {
        self.get(identity).is_some_and(|slot| slot.stand.waits() && slot.digest != NONE)
    }

    /// The number of the edition that lists it; 0: none.
    pub fn edition(&self, identity: Identity) -> u32 {
        self.get(identity).map_or(0, |slot| slot.edition)
    }

    /// Whether what a record says is what the index holds.
    pub fn agrees(&self, fact: &ItemFact) -> bool {
        self.get(fact.identity).is_some_and(|slot| {
            slot.stand == Stand::of(fact)
                && slot.seq == short(fact.seq)
                && *self.names.name(slot.person) == *fact.person.as_str()
                && slot.urgency == fact.urgency
        })
    }

    /// How many of a person stand where.
    pub fn tally_of(&self, person: &PersonName) -> Tally {
        self.shelf(person).map_or_else(Tally::default, |shelf| shelf.tally)
    }

    /// How many stand where.
    pub fn tally(&self) -> Tally {
        let mut all = Tally::default();
        for Tally { held, sealed, passed, settled } in self.people.values().map(|shelf| shelf.tally) {
            all.held += held;
            all.sealed += sealed;
            all.passed += passed;
            all.settled += settled;
        }
        all
    }

    /// Everybody of whom anything is known.
    pub fn people(&self) -> Vec<PersonName> {
        let known = self.people.iter().filter(|(_, shelf)| shelf.tally != Tally::default());
        known.map(|(person, _)| PersonName::new(self.names.name(*person))).collect()
    }

    /// Ids that begin with these digits.
    pub fn identities(&self, prefix: &str) -> Vec<Identity> {
        let fits = prefix.len() <= 32 && prefix.bytes().all(|b| b.is_ascii_hexdigit());
        let Some(from) = fits.then(|| Id::parse(&format!("{prefix:0<32}"))).flatten() else { return Vec::new() };
        let prefix = prefix.to_ascii_lowercase();
        let near = self.by_id.range((front(Identity(from)), 0)..).filter_map(|(_, n)| self.slots.get(*n as usize));
        // In order of their first 8 digits only, so a longer prefix may still follow one that does not fit.
        let shared = prefix.get(..8).unwrap_or(&prefix);
        let near = near.map(|slot| (slot.identity, slot.identity.to_string()));
        let near = near.take_while(|(_, digits)| digits.starts_with(shared));
        let fit = near.filter(|(_, digits)| digits.starts_with(&prefix)).map(|(identity, _)| identity);
        fit.take(limits::memory::ID_MATCHES).collect()
    }

    /// What waits for a person, in order of arrival.
    pub fn waiting(&self, person: &PersonName) -> Vec<Waiting> {
        let shelf = self.shelf(person);
        let numbers = shelf.into_iter().flat_map(|shelf| shelf.waiting.iter());
        numbers.filter_map(|(_, number)| self.slots.get(*number as usize)).map(|slot| self.view(slot)).collect()
    }

    /// How much waits for a person, how much of it too long, and since when.
    pub fn held(&self, person: &PersonName, now: Timestamp) -> Held {
        let Some(shelf) = self.shelf(person) else { return Held::default() };
        let slot = |(_, number): &(u32, u32)| self.slots.get(*number as usize);
        let due = shelf.due.range(..=(seconds_until(now), u32::MAX)).filter_map(slot);
        Held {
            count: shelf.waiting.len(),
            overdue: due.filter(|slot| slot.deliver_by <= now.as_microsecond()).count(),
            oldest: shelf.waiting.first().and_then(slot).map(accepted_at),
        }
    }

    /// When the next one is due by itself or must leave, in full seconds: never before it is.
    pub fn next_due(&self, person: &PersonName) -> Option<Timestamp> {
        let (at, _) = self.shelf(person)?.due.first()?;
        Timestamp::from_second(i64::from(*at)).ok()
    }

    /// What of a person's is to be judged again by now, the longest due first, each with its time in full seconds.
    pub fn again_due(&self, person: &PersonName, now: Timestamp) -> Vec<(Identity, Timestamp)> {
        let due = self.shelf(person).into_iter().flat_map(|shelf| shelf.again.range(..=(seconds_until(now), u32::MAX)));
        due.filter_map(|(at, number)| Some((self.slots.get(*number as usize)?.identity, second(*at)))).collect()
    }

    /// When the next one after now is to be judged again, in full seconds: never before it is.
    pub fn again_next(&self, person: &PersonName, now: Timestamp) -> Option<Timestamp> {
        let later = (seconds_until(now).saturating_add(1), 0);
        self.shelf(person)?.again.range(later..).next().map(|(at, _)| second(*at))
    }

    /// How many items of a person a rule has dropped at this time or later, to the second.
    pub fn dropped_since(&self, person: &PersonName, since: Timestamp) -> usize {
        self.ended_since(person, since).filter(|slot| slot.stand == Stand::Dropped).count()
    }

    /// What has ended at this time or later, to the second: how much of it had waited, and how long at most, and how much had
    /// passed.
    pub fn past_since(&self, person: &PersonName, since: Timestamp) -> Past {
        let mut past = Past::default();
        for slot in self.ended_since(person, since) {
            match slot.stand {
                Stand::Passed => past.passed += 1,
                Stand::Settled => {
                    past.waited += 1;
                    let waited = i64::from(slot.end()) - i64::from(slot.accepted);
                    past.longest = past.longest.max(SignedDuration::from_secs(waited));
                }
                Stand::Waiting | Stand::Over | Stand::Dropped => {}
            }
        }
        past
    }

    fn ended_since(&self, person: &PersonName, since: Timestamp) -> impl Iterator<Item = &Slot> {
        let since = u32::try_from(since.as_second()).unwrap_or(0);
        let ended = self.shelf(person).into_iter().flat_map(move |shelf| shelf.ended.range((since, 0)..));
        ended.filter_map(|(_, number)| self.slots.get(*number as usize))
    }

    /// Passed and settled items that have been so since before `before` and are in no edition, the oldest first.
    pub fn ended(&self, person: &PersonName, before: Timestamp) -> impl Iterator<Item = Identity> {
        let before = seconds_until(before);
        let ended = self.shelf(person).into_iter().flat_map(move |shelf| shelf.ended.range(..(before, 0)));
        let slots = ended.filter_map(|(_, number)| self.slots.get(*number as usize));
        slots.filter(|slot| slot.edition == 0).map(|slot| slot.identity)
    }

    fn shelf(&self, person: &PersonName) -> Option<&Shelf> {
        self.people.get(&self.names.known(person.as_str())?)
    }

    fn view(&self, slot: &Slot) -> Waiting {
        let digest = (slot.digest != NONE).then(|| DigestName::new(self.names.name(slot.digest)));
        Waiting {
            identity: slot.identity,
            source: self.names.name(slot.source),
            urgency: slot.urgency,
            due_at: instant(slot.due),
            then: digest.map_or(Then::Pass, Then::Digest),
            deliver_by: instant(slot.deliver_by),
            accepted_at: accepted_at(slot),
            is_over: slot.stand == Stand::Over,
            account: (slot.account != NONE).then(|| AccountName::new(self.names.name(slot.account))),
        }
    }
}

fn accepted_at(slot: &Slot) -> Timestamp {
    second(slot.accepted)
}

/// The instant of a full second.
fn second(since_1970: u32) -> Timestamp {
    Timestamp::from_second(i64::from(since_1970)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The instant of what was an instant before.
fn instant(microseconds: i64) -> Timestamp {
    Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}
