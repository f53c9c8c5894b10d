//! What a message teaches of its thread and sender, and what was known around it when it is judged.

use jiff::Timestamp;

use super::desk::Desk;
use super::judge;
use crate::limits;
use crate::mark::MarkKey;
use crate::model::history::facts::{History, Past};
use crate::model::history::lesson::{By, Lesson, MessageKey, SenderKey};
use crate::model::history::memory::Memory;
use crate::model::item::Item;
use crate::model::mailbox::Mailbox;
use crate::model::message::{Authenticity, Message};
use crate::model::name::AccountName;
use crate::store::Store;
use crate::store::fault::StoreError;

/// In what kind of mailbox a message lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// Where mail arrives: mine among it was sent to myself, too.
    Watched,
    /// Where what I wrote is kept: all of it is mine, under whatever address it was sent.
    Sent,
}

/// What a message teaches; `None`: it is a letter of our own. It came `at` that time.
pub fn lesson(
    desk: &Desk,
    message: &Message,
    (shelf, mark): (Shelf, Option<&MarkKey>),
    at: Timestamp,
) -> Option<Lesson> {
    if mark.is_some_and(|key| !judge::own_marks(message, key).is_empty()) {
        return None;
    }
    let person = &desk.person;
    let at = Timestamp::from_second(at.as_second()).unwrap_or(at);
    let address = message.sender.as_ref().map_or("", |sender| sender.address.as_str());
    let own = match &message.message_id {
        Some(id) => MessageKey::of(person, id),
        None => MessageKey::of_nameless(person, address, at),
    };
    let thread = &message.thread;
    let newest = || thread.in_reply_to.iter().chain(thread.references.iter().rev());
    let mut ancestors: Vec<MessageKey> =
        newest().take(limits::hands::LESSON_ANCESTORS).map(|id| MessageKey::of(person, id)).collect();
    ancestors.extend(thread.root().map(|root| MessageKey::of(person, root)));
    ancestors.retain(|ancestor| *ancestor != own);
    let by = match shelf {
        Shelf::Sent => By::Me(recipients(desk, message)),
        Shelf::Watched if judge::is_mine(desk, message) => match message.authenticity {
            // Whoever writes in my name would else have what answers it taken for an answer to me.
            Authenticity::Failed => By::Nobody,
            Authenticity::Passed | Authenticity::Unknown => By::Me(recipients(desk, message)),
        },
        Shelf::Watched if address.is_empty() => By::Nobody,
        Shelf::Watched => By::Sender(SenderKey::of(person, address)),
    };
    Some(Lesson { person: person.clone(), at, message: own, ancestors, by })
}

/// Those I wrote to are known to me.
fn recipients(desk: &Desk, message: &Message) -> Vec<SenderKey> {
    let others = message.to.iter().chain(&message.cc).filter(|to| !desk.is_me(&to.address));
    others.take(limits::hands::LESSON_PEOPLE).map(|to| SenderKey::of(&desk.person, &to.address)).collect()
}

/// What is kept around these lessons, and what they teach on top of it. Blocking, as `Store::recall` is.
///
/// # Errors
/// When the store fails.
pub fn remember<'l>(store: &Store, lessons: impl Iterator<Item = &'l Lesson> + Clone) -> Result<Memory, StoreError> {
    let mut memory = Memory::default();
    for lesson in lessons.clone() {
        memory.take(store.recall(lesson)?);
    }
    for lesson in lessons {
        memory.learn(lesson);
    }
    Ok(memory)
}

/// What is known around an item, where a rule asks for it. Blocking, as `Store::recall` is.
///
/// # Errors
/// When the store fails.
pub fn recall(store: &Store, desk: &Desk, item: &Item) -> Result<Option<History>, StoreError> {
    if !desk.asks_history() {
        return Ok(None);
    }
    let at = item.message.received_at.min(item.accepted_at);
    let Some(lesson) = lesson(desk, &item.message, (Shelf::Watched, None), at) else { return Ok(None) };
    let memory = remember(store, std::iter::once(&lesson))?;
    Ok(Some(memory.history(&lesson, past(store, desk))))
}

/// Whether the past of every account was read.
pub fn past(store: &Store, desk: &Desk) -> Past {
    let read = desk.accounts.keys().all(|account| unread(store, desk, account).is_empty());
    if read { Past::Read } else { Past::BeingRead }
}

/// The mailboxes of an account whose past is not read to its end, as the configuration writes them.
pub fn unread(store: &Store, desk: &Desk, account: &AccountName) -> Vec<(Shelf, Mailbox)> {
    let Some(filing) = desk.filing(account) else { return Vec::new() };
    let watched = filing.watch.iter().map(|mailbox| (Shelf::Watched, mailbox));
    let sent = filing.sent.iter().filter(|sent| !filing.watch.contains(sent)).map(|mailbox| (Shelf::Sent, mailbox));
    let open = |mailbox| store.study((&desk.person, account), mailbox).is_none_or(|study| study.down_to.is_some());
    watched.chain(sent).filter(|(_, mailbox)| open(mailbox)).map(|(shelf, mailbox)| (shelf, mailbox.clone())).collect()
}
