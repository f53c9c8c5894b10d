//! How a record is written: a version, a length and a checksum before it, so that a part or another's is never believed.

pub mod edition;
pub mod errand;
pub mod history;
pub mod item;
pub mod letter;
pub mod part;
pub mod small;

use super::fact::{Fact, SenderChange, ThreadChange};
use super::key::Key;
use super::view::HookMemory;
use crate::limits;
use part::Damaged;

/// The format of the whole store; a store with a higher one is not touched, and one with a lower one has this one from
/// now on. 2 brought the records of threads, senders and studies, 4 those of names, 5 the pages of
/// mails, which an older program would take for damage.
pub const FORMAT: u32 = 5;

const VERSION: u8 = 1;
/// Bytes of the frame before the payload.
pub const HEAD: usize = 9;

/// Puts the frame around a payload: version, length (4 bytes), CRC32C (4 bytes, over the key too), payload.
///
/// `None` when it would be longer than a value may be.
pub fn frame(key: &[u8], payload: &[u8]) -> Option<Vec<u8>> {
    if HEAD + payload.len() > limits::memory::STORE_VALUE_BYTES {
        return None;
    }
    let length = u32::try_from(payload.len()).ok()?.to_be_bytes();
    let mut value = Vec::with_capacity(HEAD + payload.len());
    value.push(VERSION);
    value.extend_from_slice(&length);
    value.extend_from_slice(&checksum(key, &length, payload).to_be_bytes());
    value.extend_from_slice(payload);
    Some(value)
}

/// Takes the frame off.
///
/// # Errors
/// `Damaged` when it is not a frame of a version we know, whole, and of this key.
pub fn unframe<'a>(key: &[u8], value: &'a [u8]) -> Result<&'a [u8], Damaged> {
    let (&version, rest) = value.split_first().ok_or(Damaged("empty record"))?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(Damaged("record cut short"))?;
    let (sum, payload) = rest.split_first_chunk::<4>().ok_or(Damaged("record cut short"))?;
    if version != VERSION {
        return Err(Damaged("record of an unknown version"));
    }
    if u32::try_from(payload.len()) != Ok(u32::from_be_bytes(*length)) {
        return Err(Damaged("record of a wrong length"));
    }
    if checksum(key, length, payload) != u32::from_be_bytes(*sum) {
        return Err(Damaged("record with a wrong checksum"));
    }
    Ok(payload)
}

fn checksum(key: &[u8], length: &[u8], payload: &[u8]) -> u32 {
    let sum = crc32c::crc32c(&[VERSION]);
    let sum = crc32c::crc32c_append(sum, length);
    crc32c::crc32c_append(crc32c::crc32c_append(sum, key), payload)
}

/// What a record says to the index; `None` for the store's own two.
///
/// # Errors
/// `Damaged` when the key or the record cannot be read.
pub fn fact(key: &[u8], value: &[u8]) -> Result<Option<Fact>, Damaged> {
    let payload = unframe(key, value)?;
    Ok(Some(match Key::read(key).ok_or(Damaged("unknown key"))? {
        Key::Format | Key::Sum => return Ok(None),
        Key::Item(person, identity) => Fact::Item(Box::new(item::fact(person, identity, payload)?)),
        Key::Edition(person, id) => Fact::Edition(Box::new(edition::fact(person, id, payload)?)),
        Key::Letter(person, id) => Fact::Letter(Box::new(letter::fact(person, id, payload)?)),
        Key::Errand(person, id) => Fact::Errand(Box::new(errand::fact(person, id, payload)?)),
        Key::Cursor(person, account, mailbox) => Fact::Cursor(person, account, mailbox, small::read_cursor(payload)?),
        Key::Slot(person, digest) => Fact::Slot(person, digest, small::read_instant(payload)?),
        Key::Hook(hook) => {
            let (expected_until, secret) = small::read_hook(payload)?;
            Fact::Hook(hook, HookMemory { expected_until, secret })
        }
        Key::HookName(hook, id) => Fact::HookName(hook, id, small::read_name(payload)?),
        Key::Pause(person) => Fact::Pause(person, small::read_pause(payload)?),
        Key::Thread(person, key) => {
            let after = Some(history::read_thread(payload)?);
            Fact::Thread(Box::new(ThreadChange { person, key, before: None, after }))
        }
        Key::Sender(person, key) => {
            let after = Some(history::read_sender(payload)?);
            Fact::Sender(SenderChange { person, key, before: None, after })
        }
        Key::Study(person, account, mailbox) => Fact::Study(person, account, mailbox, history::read_study(payload)?),
    }))
}
