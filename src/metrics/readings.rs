//! What is read off the running program at the moment when somebody asks.

use jiff::Timestamp;

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Readings {
    /// When the program began; `None`: not known.
    pub began: Option<Timestamp>,
    /// Each person.
    pub people: Vec<Person>,
    /// Each account that is watched.
    pub sources: Vec<Source>,
    /// Each hook.
    pub hooks: Vec<Hook>,
    /// Items by where they stand.
    pub items: Vec<(&'static str, usize)>,
    /// Letters by how far they are.
    pub letters: Vec<(&'static str, usize)>,
    /// How many lanes have not moved on in time.
    pub stuck: usize,
    /// Free bytes on the disk with the state folder; `None`: it cannot be asked.
    pub free_bytes: Option<u64>,
}

/// What is read of a person.
#[derive(Clone, Debug, Default)]
pub struct Person {
    /// The name from the configuration.
    pub name: String,
    /// Whether nothing of theirs is held.
    pub degraded: bool,
    /// Items that wait and are in no edition.
    pub held: usize,
    /// Those of them whose last moment is over.
    pub overdue: usize,
    /// When the one that has waited longest was taken.
    pub oldest: Option<Timestamp>,
    /// Each digest with its next slot.
    pub digests: Vec<(String, Option<Timestamp>)>,
}

/// What is read of an account.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Whose it is.
    pub person: String,
    /// The name from the configuration.
    pub account: String,
    /// Each state it can be in, and whether it is.
    pub states: Vec<(&'static str, bool)>,
    /// When it last took everything that was there.
    pub last_sync: Option<Timestamp>,
    /// Errands to be done in it.
    pub errands: usize,
}

/// What is read of a hook.
#[derive(Clone, Debug, Default)]
pub struct Hook {
    /// What it is called where everybody may look: of a name that is a secret a beginning, which two may share.
    pub shown: String,
    /// Its service.
    pub kind: String,
    /// Whose its messages are.
    pub readers: Vec<String>,
    /// Whether it takes no request.
    pub is_shut: bool,
}
