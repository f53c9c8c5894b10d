//! Looking for a mail by who it is, when its place is not known or not true any more.

use std::collections::BTreeSet;

use super::door::Door;
use super::face::Sought;
use super::kit::Source;
use super::take::TakeError;
use crate::intake::desk::Filing;
use crate::model::item::Item;
use crate::model::mailbox::{Mailbox, Place};

/// Where a mail was found.
#[derive(Clone, Debug)]
pub enum Located {
    /// In the mailbox where it should lie.
    There(Place),
    /// In another mailbox of ours.
    Elsewhere(Place),
    /// In none of ours.
    Nowhere,
}

/// Looks for an item's mail: first where it should lie, then in all other mailboxes that we file into or watch,
/// or have filed it into.
///
/// # Errors
/// When the door fails.
pub async fn locate(source: &Source, door: &mut Door, item: &Item, should: &Mailbox) -> Result<Located, TakeError> {
    let place =
        |mailbox: &Mailbox, spot| Place { account: source.account.clone(), mailbox: mailbox.clone(), spot: Some(spot) };
    if let Some(spot) = door.locate(should, &sought(item)).await? {
        return Ok(Located::There(place(should, spot)));
    }
    let filing = source.desk.borrow().filing(&source.account).cloned();
    let mut others: Vec<&Mailbox> = filing.iter().flat_map(Filing::mailboxes).collect();
    // A mailbox that the configuration no longer names may hold what was filed into it before.
    let before = [item.place.as_ref().map(|place| &place.mailbox), item.wanted.as_ref()];
    others.extend(before.into_iter().flatten().filter(|mailbox| !others.contains(mailbox)).collect::<BTreeSet<_>>());
    for mailbox in others.into_iter().filter(|mailbox| *mailbox != should) {
        if let Some(spot) = door.locate(mailbox, &sought(item)).await? {
            return Ok(Located::Elsewhere(place(mailbox, spot)));
        }
    }
    Ok(Located::Nowhere)
}

/// A copy whose original should have gone, but whose answer was lost: the original goes now, by its very spot, where the
/// door files by copying (RFC 4315 section 2.1). It is the same mail: both were compared by who they are.
///
/// # Errors
/// When the door fails.
pub async fn end_copy(door: &mut Door, item: &Item, original: &Place, copy: &Place) -> Result<(), TakeError> {
    if let (Some(spot), true) = (&original.spot, original.mailbox != copy.mailbox) {
        door.end_copy((&original.mailbox, spot), &copy.mailbox, &sought(item)).await?;
    }
    Ok(())
}

fn sought(item: &Item) -> Sought<'_> {
    Sought {
        identity: item.message.identity,
        message_id: item.message.message_id.as_deref(),
        size: item.message.size,
        received_at: item.message.received_at,
        spot: item.place.as_ref().and_then(|place| place.spot.as_ref()),
    }
}
