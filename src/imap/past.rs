//! What the past is read by: which mails there are since a day, and the header fields that tell threads and people.

use jiff::Timestamp;

use super::fault::ImapError;
use super::gather::Head;
use super::seek::day;
use super::session::Session;
use crate::limits;
use crate::model::mailbox::{Mailbox, Uid};

/// What tells a message's thread and people, whether it is a letter of our own, and whether its sender is who they say.
const FIELDS: &str = "FROM TO CC DATE MESSAGE-ID IN-REPLY-TO REFERENCES AUTHENTICATION-RESULTS X-TIDINGS-ID";

impl Session {
    /// The mailbox in which what was sent is kept: by its special use, else by one of the usual names.
    ///
    /// # Errors
    /// Those of [`Session::mailboxes`].
    pub async fn sent(&mut self) -> Result<Option<Mailbox>, ImapError> {
        let all: Vec<_> = self.mailboxes().await?.into_iter().filter(|listed| listed.selectable).collect();
        let special = all.iter().find(|listed| listed.attributes.iter().any(|a| a.eq_ignore_ascii_case(Mailbox::SENT)));
        let called = |name: &&str| all.iter().find(|listed| listed.mailbox.as_str().eq_ignore_ascii_case(name));
        let found = special.or_else(|| Mailbox::USUAL_SENT.iter().find_map(called));
        Ok(found.map(|listed| listed.mailbox.clone()))
    }

    /// The messages of the selected mailbox that came at this time or later, and up to a day before, ascending.
    ///
    /// # Errors
    /// `Refused`. Those that `is_lost`.
    pub async fn since(&mut self, since: Timestamp) -> Result<Vec<Uid>, ImapError> {
        self.search(&format!("SINCE {}", day(since, -24))).await
    }

    /// Some header fields of these messages with their INTERNALDATE, ascending. A UID that has none is gone.
    ///
    /// # Errors
    /// Those of [`Session::heads`].
    pub async fn headings(&mut self, uids: &[Uid]) -> Result<Vec<Head>, ImapError> {
        let most = limits::doors::IMAP_HEADER;
        let what = format!("UID RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS ({FIELDS})]<0.{most}>");
        let found = self.gather_these(uids, limits::doors::IMAP_BATCH, &what).await?;
        Ok(found.into_iter().filter_map(|(uid, mut partial)| partial.head(uid)).collect())
    }
}
