//! What comes of errands.

use jiff::Timestamp;

use super::editions::end;
use crate::model::edition::{LetterId, Stage};
use crate::model::errand::{Answer, Errand, ErrandId, Task};
use crate::model::identity::Identity;
use crate::model::item::{Settled, Standing};
use crate::model::name::PersonName;
use crate::store::draft::{Draft, Fault};
use crate::store::fact::ErrandKind;
use crate::store::key::Key;

/// Writes what came of errands. An errand that is not posted (any more) changes nothing.
pub fn answer(draft: &mut Draft<'_>, answers: &[(ErrandId, Answer)], at: Timestamp) -> Result<(), Fault> {
    for (id, answer) in answers {
        let Some((seq, errand)) = draft.errand(*id)? else { continue };
        if let Answer::Later { not_before } = answer {
            let attempts = errand.attempts.saturating_add(1);
            draft.put_errand(seq, &Errand { not_before: *not_before, attempts, ..errand })?;
            continue;
        }
        draft.delete(Key::Errand(errand.person.clone(), *id));
        match answer {
            Answer::Filed(place) => {
                if let Some((seq, mut item)) = item_of(draft, &errand)? {
                    item.place = Some(place.clone());
                    draft.put_item(seq, item)?;
                }
            }
            Answer::Taken => take(draft, &errand.person, errand.task.moves(), at)?,
            Answer::Refused { .. } => {
                if let Some((seq, mut item)) = item_of(draft, &errand)? {
                    item.wanted = None;
                    draft.put_item(seq, item)?;
                }
            }
            Answer::Looked { taken } => take(draft, &errand.person, taken.iter().copied(), at)?,
            Answer::Found | Answer::NotFound => {
                if let Task::Find { letter, .. } = errand.task {
                    looked_up(draft, letter, (answer, at))?;
                }
            }
            Answer::Fetched | Answer::Appended | Answer::Forwarded | Answer::Later { .. } => {}
        }
    }
    Ok(())
}

fn item_of(draft: &mut Draft<'_>, errand: &Errand) -> Result<Option<(u64, crate::model::item::Item)>, Fault> {
    let Some(identity) = errand.task.moves() else { return Ok(None) };
    Ok(draft.item(identity)?.filter(|(_, item)| item.person == errand.person))
}

/// Settles waiting items of this person that are in other hands.
fn take(
    draft: &mut Draft<'_>,
    person: &PersonName,
    items: impl IntoIterator<Item = Identity>,
    at: Timestamp,
) -> Result<(), Fault> {
    for identity in items {
        let Some((seq, mut item)) = draft.item(identity)? else { continue };
        if item.standing != Standing::Waiting || item.person != *person {
            continue;
        }
        item.standing = Standing::Settled { at, why: Settled::InOtherHands };
        draft.end_about(identity.0, ErrandKind::File);
        draft.put_item(seq, item)?;
    }
    Ok(())
}

/// A look-up has ended: found, the letter is accepted; not found by the last of its look-ups, it is sent again in time.
fn looked_up(draft: &mut Draft<'_>, letter: LetterId, (answer, at): (&Answer, Timestamp)) -> Result<(), Fault> {
    let Some(mut kept) = draft.letter(letter)? else { return Ok(()) };
    let Stage::Uncertain { resend_at, .. } = kept.letter.stage else { return Ok(()) };
    if *answer == Answer::Found {
        kept.letter.stage = Stage::Accepted { at };
        return end(draft, &kept);
    }
    let others = draft.index.errands.about(letter.0, ErrandKind::Find);
    if others.into_iter().all(|id| draft.has_ended(id)) {
        let last_error = Some("the server's answer was lost, and the letter did not arrive".to_owned());
        kept.letter.stage = Stage::Ready { not_before: resend_at, last_error };
        draft.put_letter(&kept)?;
    }
    Ok(())
}
