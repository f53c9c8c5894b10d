//! Accepting: from message, verdict and placement to the item and the errands that go into the store.

use jiff::Timestamp;

use super::desk::{Desk, Filing};
use crate::model::errand::{Errand, Task};
use crate::model::identity::Identity;
use crate::model::item::{Item, Settled, Standing};
use crate::model::mailbox::{Mailbox, Place};
use crate::model::message::Message;
use crate::model::name::AccountName;
use crate::model::verdict::{NeverHeld, Placement, Reason, Urgency, Verdict};

/// An item that is ready to be accepted, with its first errands.
#[derive(Clone, Debug, PartialEq)]
pub struct Ready {
    /// The item.
    pub item: Item,
    /// What is to be done in its account.
    pub errands: Vec<Errand>,
}

/// A message that was judged and placed.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The message.
    pub message: Message,
    /// What was judged.
    pub verdict: Verdict,
    /// What follows.
    pub placement: Placement,
    /// Where it lies.
    pub place: Place,
}

/// The item and its errands; `None` for mail that is left alone and that nobody will ask for: it needs no record.
pub fn ready(desk: &Desk, placed: Placed, now: Timestamp) -> Option<Ready> {
    let Placed { message, verdict, placement, place } = placed;
    if let Reason::NeverHeld(NeverHeld::InOtherHands) = verdict.reason {
        return None;
    }
    let lies_in = place.mailbox.clone();
    let wanted = desk.filing(&place.account).and_then(|filing| wanted(filing, &placement, &lies_in)).cloned();
    let nothing_to_do = wanted.is_none() && matches!(verdict.reason, Reason::NeverHeld(NeverHeld::PutThere));
    if nothing_to_do {
        return None;
    }
    let mut errands = errands(desk, &place.account, filing_task(&message, wanted.as_ref()), &placement, now);
    if placement == Placement::Pass {
        errands.extend(forward(desk, (&place.account, message.identity), &verdict, now));
    }
    let standing = standing(&placement, now);
    let item = Item {
        person: desk.person.clone(),
        message,
        verdict,
        placement,
        place: Some(place),
        wanted,
        standing,
        accepted_at: now,
    };
    Some(Ready { item, errands })
}

/// The errands that follow when a waiting item passes by this verdict.
pub fn passing(desk: &Desk, item: &Item, verdict: &Verdict, now: Timestamp) -> Vec<Errand> {
    let mut errands = errands_for(desk, item, &Placement::Pass, now);
    let account = item.place.as_ref().map(|place| &place.account);
    errands.extend(account.and_then(|account| forward(desk, (account, item.message.identity), verdict, now)));
    errands
}

/// The errand that sends on what was judged urgent or critical, where that is wanted. What passes for another reason was
/// called urgent by nobody.
fn forward(
    desk: &Desk,
    (account, item): (&AccountName, Identity),
    verdict: &Verdict,
    now: Timestamp,
) -> Option<Errand> {
    desk.filing(account)?.forward_urgent_to.as_ref()?;
    verdict.decision.level().filter(|level| Urgency::is_synchronous(*level))?;
    Some(Errand { urgent: true, ..Errand::new(&desk.person, account, Task::Forward { item }, now) })
}

/// The errands that file a waiting item's mail when it gets a new placement.
pub fn errands_for(desk: &Desk, item: &Item, placement: &Placement, now: Timestamp) -> Vec<Errand> {
    let Some(place) = &item.place else { return Vec::new() };
    let wanted = desk.filing(&place.account).and_then(|filing| wanted(filing, placement, heading_for(item, place)));
    errands(desk, &place.account, filing_task(&item.message, wanted), placement, now)
}

/// The errand that ends an item whose letter was accepted: marked, and filed where delivered mail lies.
pub fn release(desk: &Desk, item: &Item, now: Timestamp) -> Vec<Errand> {
    let Some(place) = &item.place else { return Vec::new() };
    let Some(filing) = desk.filing(&place.account) else { return Vec::new() };
    let to = filing.release_to.clone().filter(|to| *to != place.mailbox || to != heading_for(item, place));
    let task = Task::Release { item: item.message.identity, to, mark_seen: filing.mark_seen };
    vec![Errand::new(&desk.person, &place.account, task, now)]
}

/// The mailbox in which an item's mail will lie once its last filing is done. An account that is slow or away may not have
/// carried it out, or is doing it at this moment: seen from where the mail was, nothing would have to be done, and it would
/// then be filed away after all.
fn heading_for<'a>(item: &'a Item, place: &'a Place) -> &'a Mailbox {
    item.wanted.as_ref().unwrap_or(&place.mailbox)
}

fn wanted<'a>(filing: &'a Filing, placement: &Placement, lies_in: &Mailbox) -> Option<&'a Mailbox> {
    match placement {
        Placement::Pass => filing.wanted_when_passing(lies_in),
        Placement::Hold { .. } | Placement::Drop => filing.wanted_when_held(lies_in),
        Placement::Ignore => None,
    }
}

fn filing_task(message: &Message, wanted: Option<&Mailbox>) -> Option<Task> {
    wanted.map(|to| Task::File { item: message.identity, to: to.clone() })
}

fn errands(
    desk: &Desk,
    account: &AccountName,
    task: Option<Task>,
    placement: &Placement,
    now: Timestamp,
) -> Vec<Errand> {
    let urgent = *placement == Placement::Pass;
    task.map(|task| Errand { urgent, ..Errand::new(&desk.person, account, task, now) }).into_iter().collect()
}

/// Where an item stands with this placement.
pub fn standing(placement: &Placement, at: Timestamp) -> Standing {
    match placement {
        Placement::Pass => Standing::Passed { at },
        Placement::Hold { .. } => Standing::Waiting,
        Placement::Drop => Standing::Settled { at, why: Settled::Dropped },
        Placement::Ignore => Standing::Settled { at, why: Settled::LeftAlone },
    }
}
