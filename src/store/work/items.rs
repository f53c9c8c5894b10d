//! The transitions of items.

use jiff::Timestamp;

use crate::model::errand::{Errand, Task};
use crate::model::identity::Identity;
use crate::model::item::{Item, Settled, Standing};
use crate::model::mailbox::Place;
use crate::model::message::Message;
use crate::model::verdict::{Placement, Verdict};
use crate::store::change::{Accepted, Changed};
use crate::store::draft::{Draft, Fault};
use crate::store::fact::ErrandKind;

/// Takes a new item with its first errands; of a known one at most the place.
pub fn accept(draft: &mut Draft<'_>, item: &Item, errands: &[Errand]) -> Result<Accepted, Fault> {
    let identity = item.message.identity;
    if let Some((seq, mut known)) = draft.item(identity)? {
        if let Some(place) = item.place.as_ref().filter(|place| has_come(&known, place)) {
            known.place = Some(place.clone());
            draft.put_item(seq, known)?;
        }
        return Ok(Accepted::Known);
    }
    let seq = draft.next_seq();
    draft.put_item(seq, item.clone())?;
    draft.post(errands)?;
    Ok(Accepted::New)
}

/// Whether a known item is where it could be: where it should lie, or in the mailbox where it was.
fn has_come(known: &Item, place: &Place) -> bool {
    let old = known.place.as_ref();
    let wanted = known.wanted.as_ref() == Some(&place.mailbox);
    let same = old.is_some_and(|old| old.mailbox == place.mailbox);
    let account = old.is_none_or(|old| old.account == place.account);
    known.standing == Standing::Waiting && account && (wanted || same) && old != Some(place)
}

/// Gives a waiting item a new verdict and placement.
pub fn replace(
    draft: &mut Draft<'_>,
    identity: Identity,
    (verdict, placement): (&Verdict, &Placement),
    errands: &[Errand],
) -> Result<Changed, Fault> {
    let Some((seq, mut item)) = free(draft, identity)? else { return Ok(Changed::No) };
    judged(&mut item, verdict, placement);
    if files_anew(identity, errands) {
        draft.end_about(identity.0, ErrandKind::File);
    }
    follow(draft, (seq, item), errands)?;
    Ok(Changed::Yes)
}

/// Gives a waiting item another message, with its verdict and placement.
pub fn amend(
    draft: &mut Draft<'_>,
    message: &Message,
    (verdict, placement): (&Verdict, &Placement),
) -> Result<Changed, Fault> {
    let Some((seq, mut item)) = free(draft, message.identity)? else { return Ok(Changed::No) };
    item.message = message.clone();
    judged(&mut item, verdict, placement);
    draft.put_item(seq, item)?;
    Ok(Changed::Yes)
}

fn judged(item: &mut Item, verdict: &Verdict, placement: &Placement) {
    let at = verdict.judged_at;
    item.standing = match placement {
        Placement::Hold { .. } => Standing::Waiting,
        Placement::Pass => Standing::Passed { at },
        Placement::Drop => Standing::Settled { at, why: Settled::Dropped },
        Placement::Ignore => Standing::Settled { at, why: Settled::LeftAlone },
    };
    item.verdict = verdict.clone();
    item.placement = placement.clone();
}

/// Settles a waiting item; its unanswered `File` errands go.
pub fn withdraw(
    draft: &mut Draft<'_>,
    identity: Identity,
    (why, at): (Settled, Timestamp),
    errands: &[Errand],
) -> Result<Changed, Fault> {
    let Some((seq, mut item)) = free(draft, identity)? else { return Ok(Changed::No) };
    item.standing = Standing::Settled { at, why };
    draft.end_about(identity.0, ErrandKind::File);
    follow(draft, (seq, item), errands)?;
    Ok(Changed::Yes)
}

/// A waiting item that is in no open edition.
fn free(draft: &mut Draft<'_>, identity: Identity) -> Result<Option<(u64, Item)>, Fault> {
    let found = draft.item(identity)?;
    let sealed = draft.index.items.edition(identity) != 0;
    Ok(found.filter(|(_, item)| item.standing == Standing::Waiting && !sealed))
}

/// Whether errands file this item somewhere.
fn files_anew(identity: Identity, errands: &[Errand]) -> bool {
    errands.iter().any(|errand| errand.task.moves() == Some(identity))
}

/// Writes the item and posts its errands; where it is filed anew is where it should lie from now on.
pub fn follow(draft: &mut Draft<'_>, (seq, mut item): (u64, Item), errands: &[Errand]) -> Result<(), Fault> {
    for errand in errands.iter().filter(|errand| errand.task.moves() == Some(item.message.identity)) {
        match &errand.task {
            Task::File { to, .. } | Task::Release { to: Some(to), .. } => item.wanted = Some(to.clone()),
            Task::Release { to: None, .. }
            | Task::Forward { .. }
            | Task::Mention { .. }
            | Task::Look { .. }
            | Task::Fetch { .. }
            | Task::Find { .. }
            | Task::Append { .. } => {}
        }
    }
    draft.put_item(seq, item)?;
    draft.post(errands)
}
