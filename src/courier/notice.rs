//! When mail cannot be sent, a notice is put into the person's INBOX: once a day, because the usual way is closed.

use jiff::Timestamp;
use jiff::civil::Date;
use tracing::warn;

use super::kit::Courier;
use crate::digest::notice::{self, Trouble};
use crate::intake::sealing;
use crate::limits;
use crate::model::errand::{Errand, Task};
use crate::model::identity::Id;
use crate::model::mailbox::Mailbox;
use crate::smtp::fault::{Kind, SendError};
use crate::store::fault::StoreError;

/// What has been said, and how many attempts have failed since a letter was last accepted.
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
    pub async fn failed(&mut self, courier: &Courier, error: &SendError) -> Result<(), StoreError> {
        self.failures = self.failures.saturating_add(1);
        self.since.get_or_insert_with(|| courier.clock.now());
        let refused = matches!(error.kind, Kind::Permanent | Kind::Credentials | Kind::Secret | Kind::Hostile);
        if !refused && self.failures < limits::hands::NOTICE_AFTER_FAILURES {
            return Ok(());
        }
        let desk = courier.desk.borrow().clone();
        let now: Timestamp = courier.clock.now();
        let today = desk.zone.local(now).date();
        if self.last == Some(today) {
            return Ok(());
        }
        let Some(account) = desk.accounts.keys().next() else { return Ok(()) };
        let letter = notice::write(&notice::Notice {
            id: Id::of(&[b"notice", desk.person.as_str().as_bytes(), today.to_string().as_bytes()]),
            to: desk.addresses.first().map_or("", String::as_str),
            from: &courier.press.from,
            zone: &desk.zone,
            now,
            mark: &courier.press.mark,
            domain: sealing::domain(&courier.press.from.address),
            trouble: Trouble::CannotSend {
                since: self.since.unwrap_or(now),
                why: &error.to_string(),
                letters: courier.store.counts().outbox,
            },
        });
        let letter = match letter {
            Ok(letter) => letter,
            Err(error) => {
                warn!("the notice that nothing can be sent cannot be written: {error}");
                return Ok(());
            }
        };
        let body = courier.store.spool(letter.bytes).await?;
        let task = Task::Append { to: Mailbox::new("INBOX"), body, message_id: letter.message_id };
        courier.store.post(vec![Errand::new(&desk.person, account, task, now)]).await?;
        self.last = Some(today);
        Ok(())
    }
}
