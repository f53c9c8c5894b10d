//! Sealing the letter by which an urgent mail is sent on: its bytes fixed and durable, once for each mail.

use jiff::Timestamp;

use super::desk::Desk;
use super::history;
use super::sealing::{self, Press, SealError};
use crate::digest::forward::{self, Tells};
use crate::model::edition::{Claim, Edition, EditionId, EditionKind, LetterId};
use crate::model::identity::Identity;
use crate::model::item::Item;
use crate::store::change::Changed;
use crate::store::committed::Committed;
use crate::store::handle::Store;

/// One letter to be sealed.
#[derive(Debug)]
pub struct Order<'a> {
    /// The mail that it is sealed for.
    pub item: Identity,
    /// When that mail came.
    pub received_at: Timestamp,
    /// Its recipient, of the configuration.
    pub to: &'a str,
    /// How it is sealed.
    pub form: Form,
    /// What it tells.
    pub tells: Tells<'a>,
}

/// How often it was sealed anew, each time for a server that did not take it as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// At first, with the mail as it is.
    Whole,
    /// In seven bits.
    SevenBits,
    /// Without the mail.
    Bare,
}

impl Form {
    /// The edition's revision.
    pub fn revision(self) -> u32 {
        match self {
            Self::Whole => 0,
            Self::SevenBits => 1,
            Self::Bare => 2,
        }
    }
}

/// The id of the edition that sends a mail on.
pub fn edition_of(desk: &Desk, (item, received_at): (Identity, Timestamp), form: Form) -> EditionId {
    EditionId::of(&desk.person, &EditionKind::Forward(item), received_at, form.revision(), 1)
}

/// Seals the letter; `No` where it was sealed before.
///
/// # Errors
/// As `SealError` says; nothing was sealed then.
pub async fn seal(
    store: &Store,
    (desk, press): (&Desk, &Press),
    order: Order<'_>,
    now: Timestamp,
) -> Result<Committed<Changed>, SealError> {
    let id = edition_of(desk, (order.item, order.received_at), order.form);
    let beside = match &order.tells {
        Tells::One { item, .. } => beside(store, desk, item).await,
        Tells::More { .. } => 0,
    };
    let sheet = sealing::sheet((desk, press), order.to, now);
    let written = forward::write(&sheet, LetterId::of(id, order.to), &order.tells, beside)?;
    let size = written.bytes.len() as u64;
    let number = (EditionKind::Forward(order.item), order.received_at, order.form.revision(), 1);
    let mut edition = Edition::open(&desk.person, number, (vec![order.item], Claim::Tells), now);
    let body = (store.spool(written.bytes).await?, size);
    let letter = edition.address(order.to.to_owned(), written.message_id, body);
    Ok(store.seal(vec![(edition, vec![letter])]).await?)
}

/// How many other messages of its thread wait for a digest, as far as they are known.
async fn beside(store: &Store, desk: &Desk, item: &Item) -> usize {
    history::others(store, desk, item).await.into_iter().filter(|one| store.waits_for_digest(*one)).count()
}
