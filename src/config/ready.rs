//! The configuration as it is understood, ready for those who work by it.

use std::path::PathBuf;

use super::fault::{Fault, Position};
use crate::digest::order::Sender;
use crate::intake::desk::Desk;
use crate::model::name::AccountName;
use crate::secret::SecretSource;
use crate::smtp;
use crate::source::door::Way;

/// Everything the file says, defaults resolved.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file it was read from, as it was named to us.
    pub file: PathBuf,
    /// The state folder, absolute.
    pub state: PathBuf,
    /// The folder of `control.sock`, absolute.
    pub runtime: PathBuf,
    /// How letters leave.
    pub way_out: smtp::settings::Settings,
    /// Whom letters come from.
    pub from: Sender,
    /// The person's settings.
    pub person: Desk,
    /// The accounts in the order of the file; may be empty.
    pub accounts: Vec<Account>,
    /// Every secret with its place in the file, in its order.
    pub secrets: Vec<Declared>,
    /// What is accepted and probably not meant, in the order of the file.
    pub warnings: Vec<Fault>,
}

/// One account and how it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name; its filing is in the desk's `accounts` under it.
    pub name: AccountName,
    /// How it is reached.
    pub way: Way,
}

/// A secret of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// What begins each message about it: `account "work": `.
    pub prefix: String,
    /// Where it stands.
    pub position: Position,
    /// Where it comes from.
    pub source: SecretSource,
}
