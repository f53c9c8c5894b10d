//! A single letter of ours, which belongs to no digest: an urgent mail that is sent on, a notice.

use jiff::Timestamp;

use super::letter::{self, Attached, Body, Head};
use super::order::{ComposeError, Sender};
use crate::civil::Zone;
use crate::mark::MarkKey;
use crate::model::identity::Id;

/// Everything that such letters have in common.
#[derive(Debug)]
pub struct Sheet<'a> {
    /// Who it is from: ours, never another's.
    pub from: &'a Sender,
    /// Its recipient.
    pub to: &'a str,
    /// The person's zone.
    pub zone: &'a Zone,
    /// When it is written.
    pub now: Timestamp,
    /// The key of `X-Tidings-Id`.
    pub mark: &'a MarkKey,
    /// What stands behind the `@` of its Message-ID.
    pub domain: &'a str,
}

/// What such a letter says.
#[derive(Debug)]
pub struct Words<'a> {
    /// The subject.
    pub subject: &'a str,
    /// The text, with LF line ends.
    pub text: &'a str,
    /// A mail behind the text, and the boundary between the two.
    pub attached: Option<(&'a Attached<'a>, &'a str)>,
    /// The marks that the attached mail bears already.
    pub trace: &'a [String],
}

/// A letter, ready to be sent or filed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Message-ID without angle brackets.
    pub message_id: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Sheet<'_> {
    /// Writes the letter with this id: text only, and no bulk mail.
    ///
    /// # Errors
    /// As [`letter::write`].
    pub fn write(&self, id: Id, words: &Words<'_>) -> Result<Written, ComposeError> {
        let message_id = letter::message_id(&id.to_string(), self.domain);
        let head = Head {
            from: self.from,
            to: self.to,
            subject: words.subject,
            message_id: &message_id,
            follows: None,
            at: self.now,
            zone: self.zone,
            mark: &self.mark.mark(id),
            trace: words.trace,
            list_id: None,
        };
        let bytes =
            letter::write(&head, &Body { text: words.text, html: None, attached: words.attached, enclosed: None })?;
        Ok(Written { message_id, bytes })
    }
}
