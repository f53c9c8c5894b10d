//! Which mails a letter is to carry as they came, and why one cannot be had.

use std::collections::BTreeMap;

use crate::model::identity::Identity;

/// What is attached to an edition's letters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Originals {
    /// Nothing, and nothing is said of it.
    #[default]
    None,
    /// These mails; one that is not here could not be fetched.
    Attach(BTreeMap<Identity, Result<Vec<u8>, Left>>),
    /// Those that can be had when it is sent: this is a preview.
    WhenSent,
    /// None of them: the server does not take the letter with them.
    Refused,
}

/// Why a mail is not attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// It is larger than what is sent on, or than the server takes.
    TooLarge,
    /// The server refused the letter with it.
    Refused,
    /// It could not be fetched: moved, deleted, or not to be read.
    Gone,
}
