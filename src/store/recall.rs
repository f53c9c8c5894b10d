//! Reads what is kept of threads and senders: the index says which thread it is, the engine what is known of it.

use super::engine::contract::EngineError;
use super::house::House;
use super::key::Key;
use super::record::{self, history, part::Damaged};
use crate::model::history::facts::{Member, SenderFacts, ThreadFacts};
use crate::model::history::lesson::{Lesson, MessageKey, SenderKey};
use crate::model::history::memory::{Recalled, thread_of};
use crate::model::name::PersonName;

/// What is kept about a lesson's thread and people. `member` knows which messages belong to which thread.
///
/// # Errors
/// The engine's; `Damaged` where a record cannot be read.
pub fn recall(
    house: &House,
    lesson: &Lesson,
    member: impl Fn(MessageKey) -> Option<Member>,
) -> Result<Recalled, EngineError> {
    let members = lesson.names().filter_map(|message| Some((message, member(message)?))).collect();
    let key = thread_of(lesson, member);
    let thread = thread(house, &lesson.person, key)?.map(|facts| (key, facts));
    let mut senders = Vec::new();
    for person in lesson.by.people() {
        senders.extend(sender(house, &lesson.person, *person)?.map(|facts| (*person, facts)));
    }
    Ok(Recalled { members, thread, senders })
}

/// A kept thread.
///
/// # Errors
/// As [`recall`].
pub fn thread(house: &House, person: &PersonName, key: MessageKey) -> Result<Option<ThreadFacts>, EngineError> {
    look(house, &Key::Thread(person.clone(), key), history::read_thread)
}

/// A kept sender.
///
/// # Errors
/// As [`recall`].
pub fn sender(house: &House, person: &PersonName, key: SenderKey) -> Result<Option<SenderFacts>, EngineError> {
    look(house, &Key::Sender(person.clone(), key), history::read_sender)
}

fn look<T>(house: &House, key: &Key, read: impl FnOnce(&[u8]) -> Result<T, Damaged>) -> Result<Option<T>, EngineError> {
    let bytes = key.bytes();
    let Some(value) = house.engine.value(&bytes)? else { return Ok(None) };
    let found = record::unframe(&bytes, &value).and_then(read);
    found.map(Some).map_err(|damaged| EngineError::Damaged(damaged.to_string()))
}
