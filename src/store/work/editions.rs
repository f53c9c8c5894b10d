//! The transitions of editions and letters.

use std::collections::HashSet;

use jiff::Timestamp;

use super::items::follow;
use crate::limits;
use crate::model::edition::{Claim, Edition, EditionId, EditionKind, Fate, Letter, LetterId, Stage};
use crate::model::errand::Errand;
use crate::model::identity::Identity;
use crate::model::item::{Settled, Standing};
use crate::store::change::{Changed, Outcome};
use crate::store::command::Sealing;
use crate::store::draft::{Draft, Fault};
use crate::store::fact::{ErrandKind, Fact};
use crate::store::key::Key;
use crate::store::record::edition::Kept as KeptEdition;
use crate::store::record::letter::Kept as KeptLetter;
use crate::store::record::small;

/// Seals the parts of an issue, created from absent, and moves the slot mark of a digest that holds its items: all of them
/// or none.
pub fn seal(draft: &mut Draft<'_>, parts: &[Sealing]) -> Result<Changed, Fault> {
    if parts.is_empty() || parts.len() > limits::memory::EDITION_PARTS {
        return Ok(Changed::No);
    }
    let mut named = HashSet::new();
    for Sealing { edition, letters, .. } in parts {
        draft.touch(edition.id.0);
        edition.items.iter().for_each(|item| draft.touch(item.0));
        letters.iter().for_each(|letter| draft.touch(letter.id.0));
        let items = &draft.index.items;
        let free = edition.claim == Claim::Tells
            || edition.items.iter().all(|item| {
                items.waits(*item)
                    && items.edition(*item) == 0
                    && items.person(*item).as_ref() == Some(&edition.person)
                    && named.insert(item.0)
            });
        let new = draft.index.outbox.edition(edition.id).is_none() && named.insert(edition.id.0);
        if !free || !new || !is_whole(edition, letters) {
            return Ok(Changed::No);
        }
    }
    for part in parts {
        seal_part(draft, part)?;
    }
    Ok(Changed::Yes)
}

fn seal_part(draft: &mut Draft<'_>, part: &Sealing) -> Result<(), Fault> {
    let edition = &part.edition;
    let kept = KeptEdition {
        edition: Edition { items: Vec::new(), fate: Fate::Open, ..edition.clone() },
        manifest: part.manifest.clone(),
    };
    draft.put_edition(&kept, Some(edition.items.clone()))?;
    for letter in &part.letters {
        draft.put_letter(&KeptLetter::new(letter.clone()))?;
    }
    if let (EditionKind::Digest(digest), Claim::Holds) = (&edition.kind, edition.claim) {
        let done = draft.index.slots.get(&(edition.person.clone(), digest.clone()));
        if done.is_some_and(|done| *done >= edition.slot) {
            return Ok(()); // sealed anew, in smaller parts, after a later slot was done: that one is not done again
        }
        let key = Key::Slot(edition.person.clone(), digest.clone());
        let fact = Fact::Slot(edition.person.clone(), digest.clone(), edition.slot);
        draft.put(&key, &small::write_instant(edition.slot), fact.into())?;
    }
    Ok(())
}

/// Whether an edition names exactly these letters, and each of its items once.
fn is_whole(edition: &Edition, letters: &[Letter]) -> bool {
    let items: HashSet<&Identity> = edition.items.iter().collect();
    let named: HashSet<&LetterId> = edition.letters.iter().collect();
    !edition.items.is_empty()
        && items.len() == edition.items.len()
        && edition.items.len() <= limits::memory::EDITION_ITEMS
        && !letters.is_empty()
        && letters.len() <= limits::memory::EDITION_LETTERS
        && named.len() == letters.len()
        && edition.letters.len() == letters.len()
        && letters
            .iter()
            .all(|letter| named.contains(&letter.id) && letter.edition == edition.id && letter.person == edition.person)
}

/// Counts an attempt before its first byte.
pub fn begin(draft: &mut Draft<'_>, id: LetterId) -> Result<Changed, Fault> {
    let Some(mut kept) = draft.letter(id)? else { return Ok(Changed::No) };
    if !matches!(kept.letter.stage, Stage::Ready { .. } | Stage::Doubted { .. } | Stage::Uncertain { .. }) {
        return Ok(Changed::No);
    }
    kept.letter.stage = Stage::Sending;
    kept.letter.attempts = kept.letter.attempts.saturating_add(1);
    // A look-up that is still under way has lost its question.
    draft.end_about(id.0, ErrandKind::Find);
    draft.put_letter(&kept)?;
    Ok(Changed::Yes)
}

/// Notes, before the final dot, that the server may have the letter from here on.
pub fn data_sent(draft: &mut Draft<'_>, id: LetterId) -> Result<Changed, Fault> {
    let Some(mut kept) = draft.letter(id)? else { return Ok(Changed::No) };
    if kept.letter.stage != Stage::Sending {
        return Ok(Changed::No);
    }
    kept.letter.stage = Stage::DataSent;
    draft.put_letter(&kept)?;
    Ok(Changed::Yes)
}

/// Writes what became of an attempt; a letter may also be given up, or found, between two attempts, and may come back after
/// it was accepted.
pub fn settle(draft: &mut Draft<'_>, id: LetterId, outcome: &Outcome, at: Timestamp) -> Result<Changed, Fault> {
    let Some(mut kept) = draft.letter(id)? else { return Ok(Changed::No) };
    let attempting = matches!(kept.letter.stage, Stage::Sending | Stage::DataSent);
    let doubted = matches!(kept.letter.stage, Stage::Uncertain { .. });
    let may = match outcome {
        Outcome::Accepted => attempting || doubted,
        Outcome::Deferred { .. } | Outcome::Doubted { .. } | Outcome::Uncertain { .. } => attempting,
        Outcome::Refused { .. } => !matches!(kept.letter.stage, Stage::Failed { .. } | Stage::Refused { .. }),
        Outcome::Failed { .. } => !kept.letter.stage.is_final(),
    };
    if !may {
        return Ok(Changed::No);
    }
    match outcome {
        Outcome::Accepted => kept.letter.stage = Stage::Accepted { at },
        Outcome::Deferred { not_before, why } => {
            kept.letter.stage = Stage::Ready { not_before: *not_before, last_error: Some(why.clone()) };
        }
        Outcome::Uncertain { resend_at, looks } => {
            kept.doubt(*resend_at, looks.len());
            draft.post(looks)?;
        }
        Outcome::Doubted { not_before, why } => {
            kept.letter.stage = Stage::Doubted { not_before: *not_before, why: why.clone() };
        }
        Outcome::Refused { why } => kept.letter.stage = Stage::Refused { at, why: why.clone() },
        Outcome::Failed { why } => kept.letter.stage = Stage::Failed { at, why: why.clone() },
    }
    end(draft, &kept)?;
    Ok(Changed::Yes)
}

/// Writes a letter; when it is final its look-ups end, and with its last letter the edition is sent or has failed.
pub fn end(draft: &mut Draft<'_>, kept: &KeptLetter) -> Result<(), Fault> {
    draft.put_letter(kept)?;
    if !kept.letter.stage.is_final() {
        return Ok(());
    }
    draft.end_about(kept.letter.id.0, ErrandKind::Find);
    let Some(mut edition) = draft.edition(kept.letter.edition)? else { return Ok(()) };
    if edition.edition.fate != Fate::Open {
        return Ok(());
    }
    let mut fate = Fate::Failed;
    for id in edition.edition.letters.clone() {
        match draft.letter(id)?.map(|other| other.letter.stage) {
            Some(Stage::Accepted { .. }) => fate = Fate::Sent,
            Some(Stage::Failed { .. } | Stage::Refused { .. }) | None => {}
            Some(_) => return Ok(()),
        }
    }
    let nothing_held = edition.edition.claim == Claim::Tells;
    edition.edition.fate = if fate == Fate::Sent && nothing_held { Fate::Done } else { fate };
    draft.put_edition(&edition, None)
}

/// Tries a failed or deferred letter again (`Some`), or gives it up (`None`).
pub fn reschedule(
    draft: &mut Draft<'_>,
    id: LetterId,
    not_before: Option<Timestamp>,
    at: Timestamp,
) -> Result<Changed, Fault> {
    let Some(mut kept) = draft.letter(id)? else { return Ok(Changed::No) };
    let Some(not_before) = not_before else {
        if !matches!(kept.letter.stage, Stage::Ready { .. } | Stage::Doubted { .. } | Stage::Uncertain { .. }) {
            return Ok(Changed::No);
        }
        kept.letter.stage = Stage::Failed { at, why: "dropped by hand".to_owned() };
        end(draft, &kept)?;
        return Ok(Changed::Yes);
    };
    let last_error = match &kept.letter.stage {
        Stage::Ready { last_error, .. } => last_error.clone(),
        Stage::Failed { why, .. } | Stage::Refused { why, .. } | Stage::Doubted { why, .. } => Some(why.clone()),
        _ => return Ok(Changed::No),
    };
    if !reopen(draft, kept.letter.edition)? {
        return Ok(Changed::No);
    }
    kept.letter.stage = Stage::Ready { not_before, last_error };
    draft.put_letter(&kept)?;
    Ok(Changed::Yes)
}

/// Opens a failed edition again, when its items still wait and no other has taken them. Any other edition is left as it
/// is: one that is sent needs nothing from a late letter.
fn reopen(draft: &mut Draft<'_>, id: EditionId) -> Result<bool, Fault> {
    let Some(mut kept) = draft.edition(id)? else { return Ok(false) };
    if kept.edition.fate != Fate::Failed {
        return Ok(true);
    }
    if kept.edition.claim == Claim::Tells {
        kept.edition.fate = Fate::Open;
        draft.put_edition(&kept, None)?;
        return Ok(true);
    }
    let items = small::read_manifest(&draft.house.spool.read(&kept.manifest)?)?;
    items.iter().for_each(|item| draft.touch(item.0));
    let known = &draft.index.items;
    if !items.iter().all(|item| known.waits(*item) && known.edition(*item) == 0) {
        return Ok(false);
    }
    kept.edition.fate = Fate::Open;
    draft.put_edition(&kept, Some(items))?;
    Ok(true)
}

/// Settles items of a sent edition as delivered; those that are settled already stay as they are.
pub fn deliver(
    draft: &mut Draft<'_>,
    id: EditionId,
    items: &[(Identity, Vec<Errand>)],
    at: Timestamp,
) -> Result<(), Fault> {
    draft.touch(id.0);
    let number = match draft.index.outbox.edition(id) {
        Some(issue) if issue.fact.fate == Fate::Sent => issue.number,
        _ => return Ok(()),
    };
    for (identity, errands) in items {
        if draft.index.items.edition(*identity) != number {
            continue;
        }
        let Some((seq, mut item)) = draft.item(*identity)? else { continue };
        if item.standing != Standing::Waiting {
            continue;
        }
        item.standing = Standing::Settled { at, why: Settled::Delivered(id) };
        draft.end_about(identity.0, ErrandKind::File);
        follow(draft, (seq, item), errands)?;
    }
    Ok(())
}

/// Ends a sent edition whose items are all settled; any other stays as it is.
pub fn finish(draft: &mut Draft<'_>, id: EditionId) -> Result<(), Fault> {
    let Some(mut kept) = draft.edition(id)? else { return Ok(()) };
    let items = draft.index.outbox.edition(id).map(|issue| issue.items.as_slice()).unwrap_or_default();
    if kept.edition.fate != Fate::Sent || items.iter().any(|item| draft.index.items.waits(*item)) {
        return Ok(());
    }
    kept.edition.fate = Fate::Done;
    draft.put_edition(&kept, None)
}
