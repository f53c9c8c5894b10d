//! What was found out about one server.

use std::fmt::Write;

use crate::cli::{json, show};

/// The findings about one account, or the way out.
#[derive(Clone, Debug)]
pub struct Report {
    kind: &'static str,
    name: String,
    at: String,
    found: Vec<Finding>,
}

/// One of them.
#[derive(Clone, Debug)]
struct Finding {
    about: &'static str,
    weight: Weight,
    text: String,
}

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    /// As it should be.
    Good,
    /// It works, and something follows that a person should know.
    Note,
    /// It does not work.
    Bad,
}

impl Weight {
    fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Note => "note",
            Self::Bad => "bad",
        }
    }
}

impl Report {
    /// Of what nothing is known yet. `kind` is a word for programs.
    pub fn new(kind: &'static str, name: String, at: String) -> Self {
        Self { kind, name, at, found: Vec::new() }
    }

    /// It is as it should be.
    pub fn good(&mut self, about: &'static str, text: impl Into<String>) {
        self.found.push(Finding { about, weight: Weight::Good, text: text.into() });
    }

    /// It works, and something follows.
    pub fn note(&mut self, about: &'static str, text: impl Into<String>) {
        self.found.push(Finding { about, weight: Weight::Note, text: text.into() });
    }

    /// It does not work, and what to do.
    pub fn bad(&mut self, about: &'static str, text: impl Into<String>) {
        self.found.push(Finding { about, weight: Weight::Bad, text: text.into() });
    }

    /// What it is about: `account "work"`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether everything works.
    pub fn is_good(&self) -> bool {
        self.found.iter().all(|finding| finding.weight != Weight::Bad)
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let verdict = if self.is_good() { "works" } else { "DOES NOT WORK" };
        let _ = writeln!(out, "{} at {}: {verdict}", self.name, self.at);
        for finding in &self.found {
            let text = match finding.weight {
                Weight::Good => finding.text.clone(),
                Weight::Note => format!("note: {}", finding.text),
                Weight::Bad => format!("FAILED: {}", finding.text),
            };
            out.push_str(&show::field(finding.about, &text));
        }
        out
    }

    /// For programs.
    pub fn json(&self) -> json::Connection {
        let found = self.found.iter().map(|finding| json::Finding {
            about: finding.about,
            weight: finding.weight.word(),
            text: finding.text.clone(),
        });
        json::Connection {
            kind: self.kind,
            name: self.name.clone(),
            at: self.at.clone(),
            good: self.is_good(),
            found: found.collect(),
        }
    }
}
