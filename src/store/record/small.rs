//! The small records: cursors, slots, pauses, format and sum, and the manifest of an edition.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::part::{self, Damaged, IdPart, InstantPart};
use crate::model::identity::Identity;
use crate::model::mailbox::{Cursor, Uid, UidValidity};
use crate::secret::Secret;
use crate::store::view::{Pause, Reason};

#[derive(Serialize, Deserialize)]
struct CursorRecord {
    uid_validity: u32,
    uid_next: u32,
    last_sync: InstantPart,
}

/// Writes a cursor.
pub fn write_cursor(cursor: &Cursor) -> Vec<u8> {
    part::write(&CursorRecord {
        uid_validity: cursor.uid_validity.0,
        uid_next: cursor.uid_next.0,
        last_sync: InstantPart::of(cursor.last_sync),
    })
}

/// Reads a cursor.
pub fn read_cursor(payload: &[u8]) -> Result<Cursor, Damaged> {
    let record: CursorRecord = part::read(payload)?;
    Ok(Cursor {
        uid_validity: UidValidity(record.uid_validity),
        uid_next: Uid(record.uid_next),
        last_sync: record.last_sync.read()?,
    })
}

/// Writes an instant.
pub fn write_instant(instant: Timestamp) -> Vec<u8> {
    part::write(&InstantPart::of(instant))
}

/// Reads an instant.
pub fn read_instant(payload: &[u8]) -> Result<Timestamp, Damaged> {
    part::read::<InstantPart>(payload)?.read()
}

/// Writes a pause.
pub fn write_pause(pause: &Pause) -> Vec<u8> {
    let mut payload = part::write(&(InstantPart::of(pause.from), InstantPart::of(pause.until)));
    // Others end here, as they did before there were vacations.
    if pause.reason == Reason::Vacation {
        payload.push(VACATION);
    }
    payload
}

/// What a vacation's record ends with.
const VACATION: u8 = 1;

/// Reads a pause.
pub fn read_pause(payload: &[u8]) -> Result<Pause, Damaged> {
    let ((from, until), rest): ((InstantPart, InstantPart), _) = part::read_first(payload)?;
    let reason = match rest {
        [] => Reason::Quiet,
        [VACATION] => Reason::Vacation,
        _ => return Err(Damaged("pause with something behind it")),
    };
    Ok(Pause { from: from.read()?, until: until.read()?, reason })
}

/// Writes what a hook has learned and awaits.
pub fn write_hook(expected_until: Option<Timestamp>, secret: Option<&Secret>) -> Vec<u8> {
    part::write(&(expected_until.map(InstantPart::of), secret.map(Secret::reveal)))
}

/// Reads what a hook has learned and awaits.
pub fn read_hook(payload: &[u8]) -> Result<(Option<Timestamp>, Option<Secret>), Damaged> {
    let (until, secret): (Option<InstantPart>, Option<String>) = part::read(payload)?;
    Ok((until.map(InstantPart::read).transpose()?, secret.map(Secret::new)))
}

/// Writes a name.
pub fn write_name(name: &str) -> Vec<u8> {
    part::write(&name)
}

/// Reads a name.
pub fn read_name(payload: &[u8]) -> Result<String, Damaged> {
    part::read(payload)
}

/// Writes the format.
pub fn write_format(format: u32) -> Vec<u8> {
    part::write(&format)
}

/// Reads the format.
pub fn read_format(payload: &[u8]) -> Result<u32, Damaged> {
    // A newer store may write more behind the number.
    part::read_first(payload).map(|(format, _)| format)
}

/// Writes the sum: how many batches, how many records, and their hashes.
pub fn write_sum(batches: u64, records: u64, hashes: u128) -> Vec<u8> {
    part::write(&(batches, records, hashes))
}

/// Reads the sum.
pub fn read_sum(payload: &[u8]) -> Result<(u64, u64, u128), Damaged> {
    part::read(payload)
}

/// Writes the items of an edition, for a file of the spool.
pub fn write_manifest(items: &[Identity]) -> Vec<u8> {
    let items: Vec<IdPart> = items.iter().map(|item| IdPart::of(item.0)).collect();
    part::write(&items)
}

/// Reads the items of an edition.
pub fn read_manifest(file: &[u8]) -> Result<Vec<Identity>, Damaged> {
    let items: Vec<IdPart> = part::read(file)?;
    Ok(items.into_iter().map(|item| Identity(item.read())).collect())
}
