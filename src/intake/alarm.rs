//! Telling a person of trouble: a notice in their INBOX, once a day for each trouble.

use jiff::Timestamp;
use tracing::warn;

use super::desk::Desk;
use super::sealing::{self, Press};
use super::volume::Volume;
use crate::digest::notice::{self, Trouble};
use crate::model::errand::{Errand, Task};
use crate::model::identity::Id;
use crate::model::mailbox::Mailbox;
use crate::model::name::AccountName;
use crate::store::fault::StoreError;
use crate::store::handle::Store;

/// A trouble, and where it is told.
#[derive(Clone, Copy, Debug)]
pub struct Alarm<'a> {
    /// Into whose INBOX the notice goes; `None`: the first account's.
    pub account: Option<&'a AccountName>,
    /// What tells this trouble from others of the day.
    pub about: &'a str,
    /// The trouble.
    pub trouble: Trouble<'a>,
}

/// Puts the notice into the INBOX. The second one of a day has the same id and is not put there beside the first.
///
/// # Errors
/// When the store fails.
pub async fn raise(
    store: &Store,
    (desk, press): (&Desk, &Press),
    alarm: Alarm<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(account) = alarm.account.or(desk.accounts.keys().next()) else { return Ok(()) };
    let today = desk.zone.local(now).date().to_string();
    let id = Id::of(&[b"notice", desk.person.as_str().as_bytes(), today.as_bytes(), alarm.about.as_bytes()]);
    let to = desk.addresses.first().map_or("", String::as_str);
    let letter = notice::write(&sealing::sheet((desk, press), to, now), id, alarm.trouble);
    let letter = match letter {
        Ok(letter) => letter,
        Err(error) => {
            warn!("a notice cannot be written: {error}");
            return Ok(());
        }
    };
    let body = store.spool(letter.bytes).await?;
    let task = Task::Append { to: Mailbox::new("INBOX"), body, message_id: letter.message_id };
    store.post(vec![Errand::new(&desk.person, account, task, now)]).await
}

/// After a recipient refused a letter for good: tells of it once nothing more is sent to them.
///
/// # Errors
/// When the store fails.
pub async fn after_refusal(
    store: &Store,
    (desk, press): (&Desk, &Press),
    (recipient, why): (&str, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(until) = Volume::of(store, desk, now).closed(recipient) else { return Ok(()) };
    warn!(%until, "a recipient refuses all letters, so that none is sent to them for a while: {why}");
    let trouble = Trouble::RecipientRefuses { recipient, until, why };
    raise(store, (desk, press), Alarm { account: None, about: recipient, trouble }, now).await
}
