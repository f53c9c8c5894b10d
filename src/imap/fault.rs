//! What can go wrong with an IMAP server, one variant for each thing that the caller does about it.

use super::frame::Trip;
use super::refusal::Refusal;
use crate::net::NetError;
use crate::secret::SecretError;

/// Why an IMAP command, or the connection, came to nothing. Its text names commands and the server's own words (cleaned and
/// bounded), never a message's content and never a secret.
#[derive(Debug, thiserror::Error)]
pub enum ImapError {
    /// There is no connection.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The password cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Name, or password or token, are refused.
    #[error("the server refused the login (name, password or token): {0}")]
    Credentials(Refusal),
    /// The server takes nobody now, or has taken us in and does not let us do anything; the password says nothing about it.
    #[error("the server takes no login now: {0}")]
    Unavailable(Refusal),
    /// Going on would send the password, or trust an answer, without protection.
    #[error("the connection is not safe: {0}")]
    Insecure(&'static str),
    /// The server offers no way to log in that can be used; the password was not sent.
    #[error("there is no way to log in: {0}")]
    NoLogin(&'static str),
    /// The server said NO or BAD; the session goes on.
    #[error("the server refused {command}: {refusal}")]
    Refused {
        /// The command's name.
        command: &'static str,
        /// Its words.
        refusal: Refusal,
    },
    /// A mailbox name that this server cannot have.
    #[error("the mailbox \"{mailbox}\" cannot exist on this server: {why}")]
    Name {
        /// As configured.
        mailbox: String,
        /// Why.
        why: &'static str,
    },
    /// Something else answers there.
    #[error(
        "what answers there does not speak IMAP; check `port`: IMAP has 993 with \"tls\", and 143 with \"starttls\""
    )]
    NotImap,
    /// Nobody greeted us where that is due before TLS.
    #[error("no greeting came within {seconds} s; a port that begins with TLS is silent: try security = \"tls\"")]
    Silent {
        /// The limit.
        seconds: u64,
    },
    /// The connection ended, or stalled, before any login was tried.
    #[error("the server was not met: {0}")]
    NotMet(Box<Self>),
    /// The connection ended; whether the command was carried out is not known.
    #[error("the connection was lost in {command}: {cause}")]
    Lost {
        /// The command's name.
        command: &'static str,
        /// What ended it.
        cause: String,
    },
    /// The answer did not come in time; whether the command was carried out is not known.
    #[error("the server did not answer {command} in time ({seconds} s)")]
    TimedOut {
        /// The command's name.
        command: &'static str,
        /// The limit.
        seconds: u64,
    },
    /// The server sent what no client should have to take.
    #[error("the server sent {trip} in answer to {command}")]
    Hostile {
        /// The command's name.
        command: &'static str,
        /// The bound it broke.
        trip: Trip,
    },
    /// The answer is no IMAP.
    #[error("the server's answer to {command} cannot be read")]
    Garbled {
        /// The command's name.
        command: &'static str,
    },
    /// The mailbox got a new UIDVALIDITY while it was selected: no UID known before means anything.
    #[error("the mailbox changed its UIDVALIDITY while it was selected")]
    Renumbered,
}

impl ImapError {
    /// The error as one of the time before the login.
    pub(super) fn before_login(self) -> Self {
        match self {
            Self::Lost { .. } | Self::TimedOut { .. } | Self::Silent { .. } => Self::NotMet(Box::new(self)),
            other => other,
        }
    }

    /// Whether the session is of no more use and its last command may or may not have been carried out.
    pub fn is_lost(&self) -> bool {
        match self {
            Self::Lost { .. }
            | Self::TimedOut { .. }
            | Self::Hostile { .. }
            | Self::Garbled { .. }
            | Self::Unavailable(_)
            | Self::NotImap
            | Self::Silent { .. }
            | Self::Renumbered
            | Self::NotMet(_) => true,
            Self::Net(_)
            | Self::Secret(_)
            | Self::Credentials(_)
            | Self::Insecure(_)
            | Self::NoLogin(_)
            | Self::Refused { .. }
            | Self::Name { .. } => false,
        }
    }

    /// The server's words, where it refused and the session goes on.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            _ => None,
        }
    }
}
