//! The configuration as it is understood, ready for those who work by it.

use std::path::PathBuf;

use super::fault::{Fault, Position};
use crate::chat::kind::Kind;
use crate::chat::proof::Origin;
use crate::digest::order::Sender;
use crate::hook::settings::Listen;
use crate::intake::desk::Desk;
use crate::model::name::{AccountName, PersonName};
use crate::receiver::settings::HookSettings;
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
    /// Where HTTP is answered; `None`: nowhere.
    pub listen: Option<Listen>,
    /// What the outside calls it, a path before all of its own included: `https` (or `http` on this machine), no slash at
    /// the end. `None`: nobody says.
    pub public_url: Option<String>,
    /// The hooks in the order of the files. May be empty; else `listen` is there. Each has a name of its own.
    pub hooks: Vec<HookSettings>,
    /// How letters leave.
    pub way_out: smtp::settings::Settings,
    /// Whom letters come from.
    pub from: Sender,
    /// The persons: that of the main file, then those of `people` by name. May be empty. Each has a name of their own.
    pub people: Vec<Person>,
    /// Every secret with its place, in the order of the files.
    pub secrets: Vec<Declared>,
    /// What is accepted and probably not meant, in the order of the files.
    pub warnings: Vec<Fault>,
}

/// One person.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their settings.
    pub desk: Desk,
    /// Their accounts in the order of the file; may be empty.
    pub accounts: Vec<Account>,
}

impl Config {
    /// The person of this name.
    pub fn person(&self, name: &PersonName) -> Option<&Person> {
        self.people.iter().find(|person| person.desk.person == *name)
    }
}

/// One account and how it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name; its filing is in the desk's `accounts` under it.
    pub name: AccountName,
    /// How it is reached.
    pub way: Way,
}

/// A secret of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// What begins each message about it: `account "work": `.
    pub prefix: String,
    /// In which file it stands.
    pub file: PathBuf,
    /// Where in it.
    pub position: Position,
    /// Where it comes from.
    pub source: SecretSource,
    /// What it proves; `None`: it opens something elsewhere.
    pub proves: Option<Proves>,
}

/// What a secret of a hook proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proves {
    /// Requests to hooks of this kind.
    pub kind: Kind,
    /// Who makes it.
    pub origin: Origin,
}
