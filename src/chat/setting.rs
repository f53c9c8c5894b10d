//! The keys that a kind of hook has beside those of every hook, and what is written there.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;

use crate::civil::duration;
use crate::secret::Secret;

/// A key of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name in the configuration.
    pub name: &'static str,
    /// What stands there.
    pub shape: Shape,
    /// Whether it must be there.
    pub need: Need,
    /// What it is, one sentence.
    pub about: &'static str,
}

/// What stands at a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A line of text.
    Text,
    /// The address where something is asked for: `https://`, or `http://` on this machine; no query, no slash at its end.
    Url,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of texts; one text is a list of one.
    List,
    /// A secret, in any of its forms.
    Secret,
    /// A secret that proves requests, or a list of two while it is being changed.
    Secrets,
    /// A file; its content.
    File,
    /// A file that others may not read; its content.
    SecretFile,
    /// A duration.
    Time,
    /// A table, checked by the kind itself.
    Table,
    /// One of these words, or a table.
    WordOrTable(&'static [&'static str]),
}

/// Whether a key must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It must.
    Must,
    /// It may be left out.
    May,
}

/// What is written at a key.
#[derive(Clone, Debug)]
pub enum Setting {
    /// A text or word.
    Text(String),
    /// Texts.
    List(Vec<String>),
    /// Secrets, at least one.
    Secrets(Vec<Secret>),
    /// A file's content.
    File(Vec<u8>),
    /// A duration.
    Time(Duration),
    /// A table.
    Table(Settings),
}

/// What is wrong with a key's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The key, those of the tables it stands in before it: `mapping.urgency.pointer`. It may be missing.
    pub key: String,
    /// What is wrong, and what to write instead: goes on after the key.
    pub text: String,
}

/// What is written at a kind's keys.
#[derive(Clone, Debug, Default)]
pub struct Settings(pub BTreeMap<String, Setting>);

impl Setting {
    /// The same as a list: one text is a list of one.
    #[must_use]
    pub fn into_list(self) -> Self {
        match self {
            Self::Text(text) => Self::List(vec![text]),
            other => other,
        }
    }
}

impl Settings {
    /// A text.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name)? {
            Setting::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Texts; empty where it is left out.
    pub fn list(&self, name: &str) -> &[String] {
        match self.0.get(name) {
            Some(Setting::List(list)) => list,
            _ => &[],
        }
    }

    /// Secrets, any of which will do; empty where the key is left out.
    pub fn secrets(&self, name: &str) -> &[Secret] {
        match self.0.get(name) {
            Some(Setting::Secrets(secrets)) => secrets,
            _ => &[],
        }
    }

    /// A file's content.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        match self.0.get(name)? {
            Setting::File(content) => Some(content),
            _ => None,
        }
    }

    /// How far a signed time may be from now: a duration, in a table as it is written; or what it is where it is left out.
    pub fn window(&self, name: &str, default: SignedDuration) -> SignedDuration {
        let time = match self.0.get(name) {
            Some(Setting::Time(time)) => Some(*time),
            Some(Setting::Text(written)) => duration::parse(written).ok(),
            _ => None,
        };
        time.and_then(|time| SignedDuration::try_from(time).ok()).unwrap_or(default)
    }

    /// A table.
    pub fn table(&self, name: &str) -> Option<&Self> {
        match self.0.get(name)? {
            Setting::Table(table) => Some(table),
            _ => None,
        }
    }
}
