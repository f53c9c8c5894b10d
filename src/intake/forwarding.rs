//! Sealing the letter by which an urgent mail is sent on: its bytes fixed and durable, once for each mail.

use jiff::Timestamp;

use super::desk::Desk;
use super::sealing::{self, Press, SealError};
use crate::digest::forward::{self, Forward, Tells};
use crate::model::edition::{Claim, Edition, EditionId, EditionKind, Fate, Letter, LetterId, Stage};
use crate::model::identity::Identity;
use crate::store::Store;
use crate::store::change::Changed;
use crate::store::committed::Committed;

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
    let letter_id = LetterId::of(id, order.to);
    let written = forward::write(&Forward {
        letter: letter_id,
        from: &press.from,
        to: order.to,
        zone: &desk.zone,
        now,
        mark: &press.mark,
        domain: sealing::domain(&press.from.address),
        tells: order.tells,
    })?;
    let size = written.bytes.len() as u64;
    let letter = Letter {
        id: letter_id,
        edition: id,
        person: desk.person.clone(),
        recipient: order.to.to_owned(),
        message_id: written.message_id,
        body: store.spool(written.bytes).await?,
        size,
        stage: Stage::Ready { not_before: now, last_error: None },
        attempts: 0,
        uncertain: 0,
        sealed_at: now,
    };
    let edition = Edition {
        id,
        person: desk.person.clone(),
        kind: EditionKind::Forward(order.item),
        slot: order.received_at,
        revision: order.form.revision(),
        part: 1,
        sealed_at: now,
        items: vec![order.item],
        claim: Claim::Tells,
        letters: vec![letter_id],
        fate: Fate::Open,
    };
    Ok(store.seal(vec![(edition, vec![letter])]).await?)
}
