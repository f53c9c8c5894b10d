//! When mail cannot be sent, a notice is put into the person's INBOX: once a day, because the usual way is closed.

use jiff::Timestamp;
use jiff::civil::Date;

use super::kit::Courier;
use crate::digest::notice::Trouble;
use crate::intake::alarm::{self, Alarm};
use crate::limits;
use crate::model::name::PersonName;
use crate::smtp::fault::{Kind, SendError};
use crate::store::fault::StoreError;

/// What has been said to a person, and how many attempts have failed since a letter of theirs was last accepted.
#[derive(Debug, Default)]
pub struct Notices {
    failures: u32,
    since: Option<Timestamp>,
    last: Option<Date>,
}

impl Notices {
    /// A letter was accepted.
    pub fn sent(&mut self) {
        self.failures = 0;
        self.since = None;
    }

    /// An attempt failed. A refusal is said at once, an absence after some attempts.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn failed(
        &mut self,
        courier: &Courier,
        person: &PersonName,
        error: &SendError,
    ) -> Result<(), StoreError> {
        self.failures = self.failures.saturating_add(1);
        self.since.get_or_insert_with(|| courier.clock.now());
        let refused = matches!(error.kind, Kind::Permanent | Kind::Credentials | Kind::Secret | Kind::Hostile);
        if !refused && self.failures < limits::hands::NOTICE_AFTER_FAILURES {
            return Ok(());
        }
        let Some(desk) = courier.desk(person) else { return Ok(()) };
        let now: Timestamp = courier.clock.now();
        let today = desk.zone.local(now).date();
        if self.last == Some(today) {
            return Ok(());
        }
        let why = error.to_string();
        let letters = courier.store.counts_of(person).outbox;
        let trouble = Trouble::CannotSend { since: self.since.unwrap_or(now), why: &why, letters };
        let alarm = Alarm { account: None, about: "cannot send", trouble };
        alarm::raise(&courier.store, (&desk, &courier.press), alarm, now).await?;
        self.last = Some(today);
        Ok(())
    }
}
