//! Sealing the letter by which urgent chat is told at once.

use jiff::Timestamp;

use super::desk::Desk;
use super::history;
use super::sealing::{self, Press, SealError};
use crate::digest::alert::{self, Alert};
use crate::limits;
use crate::model::edition::{Claim, Edition, EditionId, EditionKind, LetterId};
use crate::model::identity::{Id, Identity};
use crate::model::item::Item;
use crate::model::message::Message;
use crate::store::change::Changed;
use crate::store::committed::Committed;
use crate::store::fault::StoreError;
use crate::store::handle::Store;

/// One letter to be sealed.
#[derive(Debug)]
pub struct Order<'a> {
    /// About what: a conversation, or [`storm`].
    pub about: Id,
    /// What it tells of, in order; not empty.
    pub items: &'a [Item],
    /// Its recipients; not empty.
    pub to: &'a [String],
}

/// The conversation that a chat message belongs to.
pub fn conversation(message: &Message) -> Id {
    let root = message.thread.references.first().or(message.message_id.as_ref()).map_or("", String::as_str);
    Id::of(&[b"conversation", message.source.as_bytes(), root.as_bytes()])
}

/// All that is too much to be told of by itself.
pub fn storm() -> Id {
    Id::of(&[b"storm"])
}

/// Seals the letters; its items wait in them until they are delivered. `No` where one of them has left meanwhile.
///
/// # Errors
/// As `SealError` says; nothing was sealed then.
pub async fn seal(
    store: &Store,
    (desk, press): (&Desk, &Press),
    order: Order<'_>,
    now: Timestamp,
) -> Result<Committed<Changed>, SealError> {
    let kind = EditionKind::Alert(order.about);
    let id = EditionId::of(&desk.person, &kind, now, 0, 1);
    let before = if order.about == storm() { Vec::new() } else { before(store, desk, order.items).await? };
    let alert = if order.about == storm() {
        Alert::Storm(order.items)
    } else {
        Alert::Thread { items: order.items, before: &before }
    };
    let items: Vec<Identity> = order.items.iter().map(|item| item.message.identity).collect();
    let mut edition = Edition::open(&desk.person, (kind, now, 0, 1), (items, Claim::Holds), now);
    let mut letters = Vec::with_capacity(order.to.len());
    for to in order.to {
        let written = alert::write(&sealing::sheet((desk, press), to, now), LetterId::of(id, to), alert)?;
        let size = written.bytes.len() as u64;
        let body = (store.spool(written.bytes).await?, size);
        letters.push(edition.address(to.clone(), written.message_id, body));
    }
    Ok(store.seal(vec![(edition, letters)]).await?)
}

/// What was said before in the conversation of these items, as far as it is known, in order.
async fn before(store: &Store, desk: &Desk, items: &[Item]) -> Result<Vec<Item>, StoreError> {
    let Some(first) = items.first() else { return Ok(Vec::new()) };
    let mut known = history::others(store, desk, first).await;
    known.retain(|other| items.iter().all(|item| item.message.identity != *other));
    let mut before = store.items(known).await?;
    before.retain(|item| item.message.received_at <= first.message.received_at);
    before.sort_by_key(|item| item.message.received_at);
    Ok(before.split_off(before.len().saturating_sub(limits::hands::ALERT_BEFORE)))
}
