//! The small transitions, and expiry.

use jiff::Timestamp;

use crate::limits;
use crate::model::identity::Id;
use crate::model::mailbox::{Cursor, Mailbox};
use crate::model::name::{AccountName, DigestName, HookName, PersonName};
use crate::store::draft::{Draft, Fault};
use crate::store::fact::{Course, Fact};
use crate::store::key::Key;
use crate::store::record;
use crate::store::view::{HookMemory, Pause};

/// Moves a cursor.
pub fn advance(
    draft: &mut Draft<'_>,
    (person, account): (&PersonName, &AccountName),
    mailbox: &Mailbox,
    cursor: Cursor,
) -> Result<(), Fault> {
    let key = Key::Cursor(person.clone(), account.clone(), mailbox.clone());
    let fact = Fact::Cursor(person.clone(), account.clone(), mailbox.clone(), cursor);
    draft.put(&key, &record::small::write_cursor(&cursor), fact.into())
}

/// Notes that a digest's slots up to this one are done.
pub fn mark_slot(
    draft: &mut Draft<'_>,
    person: &PersonName,
    digest: &DigestName,
    slot: Timestamp,
) -> Result<(), Fault> {
    let key = Key::Slot(person.clone(), digest.clone());
    draft.put(&key, &record::small::write_instant(slot), Fact::Slot(person.clone(), digest.clone(), slot).into())
}

/// Keeps what a hook has learned and awaits.
pub fn keep_hook(draft: &mut Draft<'_>, hook: &HookName, memory: &HookMemory) -> Result<(), Fault> {
    let payload = record::small::write_hook(memory.expected_until, memory.secret.as_ref());
    draft.put(&Key::Hook(hook.clone()), &payload, Fact::Hook(hook.clone(), memory.clone()).into())
}

/// Keeps names for ids: other ones for those that have one, new ones while there is room.
pub fn keep_names(draft: &mut Draft<'_>, hook: &HookName, names: &[(Id, String)]) -> Result<(), Fault> {
    let known = draft.index.hook_names.of(hook);
    let room = limits::judgement::HOOK_NAMES.saturating_sub(known.len());
    let (other, new): (Vec<_>, Vec<_>) = names.iter().partition(|(id, _)| known.contains_key(id));
    for (id, name) in other.into_iter().chain(new.into_iter().take(room)) {
        draft.touch(*id);
        let fact = Fact::HookName(hook.clone(), *id, name.clone());
        draft.put(&Key::HookName(hook.clone(), *id), &record::small::write_name(name), fact.into())?;
    }
    Ok(())
}

/// Begins or ends a pause.
pub fn pause(draft: &mut Draft<'_>, person: &PersonName, pause: Option<&Pause>) -> Result<(), Fault> {
    let key = Key::Pause(person.clone());
    let Some(pause) = pause else {
        draft.delete(key);
        return Ok(());
    };
    let payload = record::small::write_pause(pause);
    draft.put(&key, &payload, Fact::Pause(person.clone(), pause.clone()).into())
}

/// Removes records of what ended before `before`: items with no errand left, then editions with their letters.
pub fn expire(draft: &mut Draft<'_>, person: &PersonName, before: Timestamp) -> usize {
    let index = draft.index;
    let idle = index.items.ended(person, before).filter(|item| !index.errands.any_about(item.0));
    let mut gone = 0;
    for identity in idle.take(limits::memory::EXPIRE_BATCH) {
        draft.touch(identity.0);
        draft.delete(Key::Item(person.clone(), identity));
        gone += 1;
    }
    for issue in index.outbox.ended(person, before) {
        let letters: Vec<_> = issue.fact.letters.iter().filter_map(|id| index.outbox.letter(*id)).collect();
        if letters.iter().any(|letter| matches!(letter.course, Course::Open | Course::Uncertain)) {
            continue;
        }
        if gone + letters.len() >= limits::memory::EXPIRE_BATCH && gone > 0 {
            break;
        }
        draft.touch(issue.fact.id.0);
        for letter in &letters {
            draft.touch(letter.id.0);
            draft.delete(Key::Letter(person.clone(), letter.id));
        }
        draft.delete(Key::Edition(person.clone(), issue.fact.id));
        gone += letters.len() + 1;
    }
    gone
}
