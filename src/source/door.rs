//! The one face that IMAP and Maildir show to the loop of an account.

use std::time::Duration;

use jiff::Timestamp;

use super::door_imap::ImapDoor;
use super::door_maildir::MaildirDoor;
use super::face::{Arrival, Batch, Filed, Look, Marks, Old, Owner, Pace, Sought, Wake};
use crate::limits;
use crate::model::mailbox::{Cursor, Flags, Mailbox, Spot};
use crate::{imap, maildir};

/// How an account is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// By IMAP.
    Imap(imap::settings::Settings),
    /// In a folder of this machine.
    Maildir(maildir::settings::Settings),
}

impl Way {
    /// How long the door may wait for news without a sign of life.
    pub fn patience(&self) -> Duration {
        match self {
            Self::Imap(settings) => limits::hands::SOURCE_IDLE_STEP.saturating_add(settings.poll),
            Self::Maildir(_) => limits::hands::SOURCE_IDLE_STEP,
        }
    }
}

/// An open door.
#[derive(Debug)]
pub enum Door {
    /// To an IMAP server.
    Imap(Box<ImapDoor>),
    /// To a Maildir.
    Maildir(MaildirDoor),
}

/// Why a door does not do what is asked.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// IMAP's reasons.
    #[error(transparent)]
    Imap(#[from] imap::fault::ImapError),
    /// The Maildir's reasons.
    #[error(transparent)]
    Maildir(#[from] maildir::fault::MaildirError),
}

/// Why a server let nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Name or password: asked again and again, it may lock the account.
    Credentials,
    /// It takes nobody now: too many connections, a restart.
    ForNow,
}

macro_rules! both {
    ($self:ident, $door:ident => $call:expr) => {
        match $self {
            Door::Imap($door) => $call.await.map_err(DoorError::from),
            Door::Maildir($door) => $call.await.map_err(DoorError::from),
        }
    };
}

impl Door {
    /// Connects and logs in, or opens the folder.
    ///
    /// # Errors
    /// As the door says.
    pub async fn open(way: &Way, owner: Owner) -> Result<Self, DoorError> {
        Ok(match way {
            Way::Imap(settings) => Self::Imap(Box::new(ImapDoor::open(settings, owner).await?)),
            Way::Maildir(settings) => Self::Maildir(MaildirDoor::open(settings, owner).await?),
        })
    }

    /// Makes sure that a mailbox exists and is subscribed.
    ///
    /// # Errors
    /// When it cannot be created.
    pub async fn ensure(&mut self, mailbox: &Mailbox) -> Result<(), DoorError> {
        both!(self, door => door.ensure(mailbox))
    }

    /// Plans what is to be taken, from the cursor on; without a cursor, what is old is taken or left.
    ///
    /// # Errors
    /// As the door says.
    pub async fn look(
        &mut self,
        mailbox: &Mailbox,
        cursor: Option<Cursor>,
        (old, pace): (Old, Pace),
    ) -> Result<Look, DoorError> {
        match self {
            Self::Imap(door) => Ok(door.look(mailbox, cursor, (old, pace)).await?),
            Self::Maildir(door) => Ok(door.look(mailbox, cursor, old).await?),
        }
    }

    /// Whether any mail lies in a mailbox; takes nothing.
    ///
    /// # Errors
    /// As the door says; also where there is no such mailbox.
    pub async fn has_mail(&mut self, mailbox: &Mailbox) -> Result<bool, DoorError> {
        both!(self, door => door.has_mail(mailbox))
    }

    /// What lies in a mailbox, has no `$TidingsListed` and is not older than `since`, newest first.
    ///
    /// # Errors
    /// As the door says.
    pub async fn unlisted(&mut self, mailbox: &Mailbox, since: Timestamp) -> Result<Vec<Batch>, DoorError> {
        both!(self, door => door.unlisted(mailbox, since))
    }

    /// Takes a batch; what is gone meanwhile is left out.
    ///
    /// # Errors
    /// As the door says.
    pub async fn take(&mut self, mailbox: &Mailbox, batch: &Batch) -> Result<Vec<Arrival>, DoorError> {
        if let Batch::Taken(arrivals) = batch {
            return Ok(arrivals.clone());
        }
        both!(self, door => door.take(mailbox, batch))
    }

    /// The batches of a look were accepted.
    pub fn taken(&mut self, mailbox: &Mailbox, look: &Look) {
        match self {
            Self::Imap(_) => {}
            Self::Maildir(door) => door.taken(mailbox, look),
        }
    }

    /// Files mails of a mailbox into another.
    ///
    /// # Errors
    /// When the connection is lost: nobody knows then what was done, and the mails are looked for.
    pub async fn file(&mut self, from: &Mailbox, spots: &[Spot], to: &Mailbox) -> Result<Filed, DoorError> {
        both!(self, door => door.file(from, spots, to))
    }

    /// Sets marks; mails that are gone are no error.
    ///
    /// # Errors
    /// As the door says.
    pub async fn mark(&mut self, mailbox: &Mailbox, spots: &[Spot], marks: Marks) -> Result<(), DoorError> {
        both!(self, door => door.mark(mailbox, spots, marks))
    }

    /// The flags of these mails; those that are gone are left out.
    ///
    /// # Errors
    /// As the door says.
    pub async fn flags(&mut self, mailbox: &Mailbox, spots: &[Spot]) -> Result<Vec<(Spot, Flags)>, DoorError> {
        both!(self, door => door.flags(mailbox, spots))
    }

    /// Where in this mailbox a mail lies; `None` when it is not there.
    ///
    /// # Errors
    /// As the door says.
    pub async fn locate(&mut self, mailbox: &Mailbox, sought: &Sought<'_>) -> Result<Option<Spot>, DoorError> {
        both!(self, door => door.locate(mailbox, sought))
    }

    /// Whether a mail with this Message-ID lies in a mailbox.
    ///
    /// # Errors
    /// As the door says.
    pub async fn find(&mut self, mailbox: &Mailbox, message_id: &str) -> Result<bool, DoorError> {
        both!(self, door => door.find(mailbox, message_id))
    }

    /// Removes the original of a copy that is proven to exist, where the door files by copying; elsewhere does nothing.
    ///
    /// # Errors
    /// As the door says.
    pub async fn end_copy(
        &mut self,
        original: (&Mailbox, &Spot),
        copy: &Mailbox,
        sought: &Sought<'_>,
    ) -> Result<(), DoorError> {
        both!(self, door => door.end_copy(original, copy, sought))
    }

    /// Whether an errand posted then may have left a copy, its original still there: this door files by copying, and the
    /// connection before it was lost at an unknown point.
    pub fn may_have_copied(&self, posted_at: Timestamp) -> bool {
        match self {
            Self::Imap(door) => door.may_have_copied(posted_at),
            // Filing again ends a copy here.
            Self::Maildir(_) => false,
        }
    }

    /// Puts a mail into a mailbox.
    ///
    /// # Errors
    /// As the door says; a lost answer is looked up by the caller.
    pub async fn append(&mut self, mailbox: &Mailbox, bytes: &[u8], message_id: &str) -> Result<(), DoorError> {
        both!(self, door => door.append(mailbox, bytes, message_id))
    }

    /// Waits for news of a mailbox, for `stop`, or until it is time to look again.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn wait(&mut self, mailbox: &Mailbox, stop: impl Future<Output = ()> + Send) -> Result<Wake, DoorError> {
        match self {
            Self::Imap(door) => Ok(door.wait(mailbox, stop).await?),
            Self::Maildir(door) => Ok(door.wait(mailbox, stop).await?),
        }
    }

    /// Says goodbye; what goes wrong then does not matter any more.
    pub async fn close(self) {
        if let Self::Imap(door) = self {
            door.close().await;
        }
    }
}

impl DoorError {
    /// Whether the server let nobody in, and why: it is then asked less often.
    pub fn refused_login(&self) -> Option<Refused> {
        match self {
            Self::Imap(imap::fault::ImapError::Credentials(_)) => Some(Refused::Credentials),
            Self::Imap(imap::fault::ImapError::Unavailable(_)) => Some(Refused::ForNow),
            Self::Imap(_) | Self::Maildir(_) => None,
        }
    }

    /// Whether nobody was reached at all: then no login was tried, and asking again soon costs nobody anything.
    pub fn is_out_of_reach(&self) -> bool {
        use crate::net::NetError::{Io, Refused, Resolve, TimedOut};
        let Self::Imap(imap::fault::ImapError::Net(fault)) = self else { return false };
        matches!(fault, Resolve { .. } | Refused { .. } | TimedOut { .. } | Io { .. })
    }

    /// Whether the server sent what cannot be read, or refused to send it: one mail may be to blame.
    pub fn is_about_what_was_sent(&self) -> bool {
        use imap::fault::ImapError::{Garbled, Hostile, Refused};
        matches!(self, Self::Imap(Garbled { .. } | Hostile { .. } | Refused { .. }))
    }

    /// Whether the door is of no use any more and must be opened anew.
    pub fn is_fatal(&self) -> bool {
        match self {
            Self::Imap(error) => error.is_lost(),
            Self::Maildir(_) => false,
        }
    }
}
