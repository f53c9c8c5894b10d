//! The one face that IMAP and Maildir show to the loop of an account.

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::door_imap::ImapDoor;
use super::door_maildir::MaildirDoor;
use super::face::{Arrival, Batch, Filed, Heading, Look, Marks, Old, Owner, Pace, Sought, Survey, Wake};
use crate::limits;
use crate::model::history::study::Study;
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
    /// What tells one login from another, whatever the way to it: what changes with it is another account.
    pub fn login(&self) -> String {
        match self {
            Self::Imap(server) => format!("imap:{}:{}:{}", server.host, server.port, server.username),
            Self::Maildir(maildir) => format!("maildir:{}", real(&maildir.path).display()),
        }
    }

    /// How long the door may wait for news without a sign of life.
    pub fn patience(&self) -> Duration {
        match self {
            Self::Imap(settings) => limits::hands::SOURCE_IDLE_STEP.saturating_add(settings.poll),
            Self::Maildir(_) => limits::hands::SOURCE_IDLE_STEP,
        }
    }
}

/// The folder that a path leads to; of one that is not there, as it is written without its detours.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| {
        path.components().fold(PathBuf::new(), |mut path, step| {
            match step {
                Component::ParentDir => drop(path.pop()),
                step => path.push(step),
            }
            path
        })
    })
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
    /// Name, password or token: asked again and again, it may lock the account.
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

    /// The mailbox in which what I wrote is kept: by its special use, else by one of the usual names; `None`: there is none.
    ///
    /// # Errors
    /// As the door says.
    pub async fn sent(&mut self) -> Result<Option<Mailbox>, DoorError> {
        both!(self, door => door.sent())
    }

    /// Which mails of a mailbox came at this time or later: the newest `limits::hands::PAST_MAILS`.
    ///
    /// # Errors
    /// As the door says; also where there is no such mailbox.
    pub async fn survey(&mut self, mailbox: &Mailbox, since: Timestamp) -> Result<Survey, DoorError> {
        both!(self, door => door.survey(mailbox, since))
    }

    /// What has come into a mailbox that is not taken, since it was read up to there; `None`: nothing. A survey of another
    /// generation names no mails.
    ///
    /// # Errors
    /// As `survey`.
    pub async fn newer(&mut self, mailbox: &Mailbox, study: &Study) -> Result<Option<Survey>, DoorError> {
        both!(self, door => door.newer(mailbox, study))
    }

    /// The header fields of these mails that tell threads and people; those of mails that are gone are left out.
    ///
    /// # Errors
    /// As the door says.
    pub async fn headings(&mut self, mailbox: &Mailbox, mails: &[(i64, Spot)]) -> Result<Vec<Heading>, DoorError> {
        both!(self, door => door.headings(mailbox, mails))
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

    /// The mail in this spot; `None` when it is gone.
    ///
    /// # Errors
    /// As the door says.
    pub async fn take_one(&mut self, mailbox: &Mailbox, spot: &Spot) -> Result<Option<Arrival>, DoorError> {
        let batch = match spot {
            Spot::Uid(validity, uid) => Batch::Uids(*validity, vec![*uid]),
            Spot::File(file) => Batch::Files(vec![(file.clone(), Flags::default(), Timestamp::UNIX_EPOCH)]),
        };
        Ok(self.take(mailbox, &batch).await?.into_iter().next())
    }

    /// All octets of a mail, its line ends as IMAP has them, in pieces of which `sign` is told; `None` when it is gone, or has
    /// more than `most`.
    ///
    /// # Errors
    /// As the door says.
    pub async fn whole(
        &mut self,
        mailbox: &Mailbox,
        spot: &Spot,
        most: u64,
        sign: impl Fn() + Send,
    ) -> Result<Option<Vec<u8>>, DoorError> {
        match self {
            Self::Imap(door) => Ok(door.whole(mailbox, spot, most, sign).await?),
            Self::Maildir(door) => Ok(door.whole(mailbox, spot, most).await?),
        }
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
        use imap::fault::ImapError::{Net, NotMet};
        match self {
            Self::Imap(NotMet(_)) => true,
            Self::Imap(Net(fault)) => {
                matches!(fault, Resolve { .. } | Refused { .. } | TimedOut { .. } | Io { .. })
            }
            Self::Imap(_) | Self::Maildir(_) => false,
        }
    }

    /// Whether this one mailbox cannot be opened; others of the account may.
    pub fn is_about_the_mailbox(&self) -> bool {
        use imap::fault::ImapError;
        use maildir::fault::MaildirError;
        match self {
            Self::Imap(ImapError::Refused { command, .. }) => *command == imap::session::SELECT,
            Self::Imap(ImapError::Name { .. }) => true,
            Self::Imap(_) => false,
            Self::Maildir(error) => matches!(error, MaildirError::NoMailbox { .. } | MaildirError::Name { .. }),
        }
    }

    /// Whether the server sent what cannot be read, or refused to send it: one mail may be to blame.
    pub fn is_about_what_was_sent(&self) -> bool {
        use imap::fault::ImapError::{Garbled, Hostile, Refused};
        match self {
            Self::Imap(Garbled { .. } | Hostile { .. }) => true,
            Self::Imap(Refused { refusal, .. }) => !refusal.is_for_now() && !self.is_about_the_mailbox(),
            _ => false,
        }
    }

    /// Whether the server refused what it may well do later.
    pub fn is_for_now(&self) -> bool {
        matches!(self, Self::Imap(imap::fault::ImapError::Refused { refusal, .. }) if refusal.is_for_now())
    }

    /// Whether the door is of no use any more and must be opened anew.
    pub fn is_fatal(&self) -> bool {
        match self {
            Self::Imap(error) => error.is_lost(),
            Self::Maildir(_) => false,
        }
    }
}
