//! APPEND by hand: the literal goes only when the server asks for it, and the answer may come in its place.

use async_imap::imap_proto::rfc4315::UidSetMember;
use async_imap::imap_proto::{Outcome, Response, ResponseCode};

use super::fault::ImapError;
use super::names::quote;
use super::session::Session;
use super::wire::Command;
use crate::limits;
use crate::model::mailbox::{Mailbox, Uid, UidValidity};

impl Session {
    /// Puts a message into a mailbox, unseen; the mailbox is created when it is missing. `bytes` have CRLF line ends. Returns
    /// where it lies, where the server says so (UIDPLUS). After an error that `is_lost` it may lie there all the same, up to
    /// half a minute later: [`Session::find`] it before trying again.
    ///
    /// # Errors
    /// `Refused` (OVERQUOTA, too large ...). Those that `is_lost`. `Name`.
    pub async fn append(&mut self, mailbox: &Mailbox, bytes: &[u8]) -> Result<Option<(UidValidity, Uid)>, ImapError> {
        let name = quote(&self.server_name(mailbox).await?);
        match self.append_once(&name, bytes).await {
            Err(ImapError::Refused { refusal, .. }) if refusal.is("TRYCREATE") => {
                self.create(&name).await?;
                self.append_once(&name, bytes).await
            }
            end => end,
        }
    }

    async fn append_once(&mut self, name: &str, bytes: &[u8]) -> Result<Option<(UidValidity, Uid)>, ImapError> {
        let mebibytes = u32::try_from(bytes.len() / (1024 * 1024)).unwrap_or(u32::MAX);
        let command = Command::new("APPEND", format!("APPEND {name} () "))
            .then_literal(bytes)
            .with_more_time(limits::doors::IMAP_APPEND_PER_MIB.saturating_mul(mebibytes));
        let mut place = None;
        self.wire
            .run_ok(command, |response| {
                if let Response::Done {
                    outcome: Outcome { code: Some(ResponseCode::AppendUid(validity, uids)), .. },
                    ..
                } = response
                    && let [UidSetMember::Uid(uid)] = uids.as_slice()
                {
                    place = Some((UidValidity(*validity), Uid(*uid)));
                }
            })
            .await?;
        Ok(place)
    }
}
