//! What `tidings replay --json` prints: fields that others may rely on.

use std::collections::BTreeMap;

use serde::Serialize;

/// What would have been done with many messages.
#[derive(Debug, Default, Serialize)]
pub struct Replayed {
    /// By the configuration.
    #[serde(flatten)]
    pub counts: Counts,
    /// What people did with them, as far as that is known.
    pub people: People,
    /// By the other rules, with `--rules`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared: Option<Compared>,
}

/// What was decided. All but `messages`, `rules`, `signals` and `signals_urgent` add up to `messages`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Counts {
    /// All that were looked at.
    pub messages: usize,
    /// Urgent and critical ones, whatever the hour.
    pub urgent: usize,
    /// Those that wait for a digest.
    pub held: usize,
    /// Those that a rule drops.
    pub dropped: usize,
    /// Those that pass for another reason: never held, or no digest takes them.
    pub passed: usize,
    /// Those that a rule ignores.
    pub ignored: usize,
    /// Those that could not be read.
    pub unreadable: usize,
    /// How many each rule decided; rules that decided none are left out.
    pub rules: BTreeMap<String, usize>,
    /// In how many messages each signal fired, of those that no rule decided.
    pub signals: BTreeMap<String, usize>,
    /// The same of the urgent ones alone.
    pub signals_urgent: BTreeMap<String, usize>,
}

/// What people did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct People {
    /// With what would have passed as urgent.
    pub urgent: Deeds,
    /// With what would have waited.
    pub held: Deeds,
}

/// What was done with some messages; one may be counted in several of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Deeds {
    /// All of them.
    pub messages: usize,
    /// Answered by me within 15 minutes.
    pub answered_soon: usize,
    /// Answered at all.
    pub answered: usize,
    /// Flagged.
    pub flagged: usize,
    /// Opened.
    pub opened: usize,
    /// Never opened.
    pub never_opened: usize,
    /// Nothing says whether they were opened.
    pub unknown: usize,
}

/// The same messages by other rules.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Compared {
    /// What would have been done.
    #[serde(flatten)]
    pub counts: Counts,
    /// How many would have become urgent.
    pub to_urgent: usize,
    /// How many would not be urgent any more.
    pub from_urgent: usize,
    /// How many end otherwise, those two included.
    pub changed: usize,
    /// What changes, by what decided before and then; the most messages first.
    pub changes: Vec<Change>,
}

/// Messages that end otherwise in the same way.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    /// Outcome and what decided: `held by rule "lists"`.
    pub was: String,
    /// The same by the other rules.
    pub becomes: String,
    /// How many.
    pub messages: usize,
}

/// One of the messages.
#[derive(Debug, Serialize)]
pub struct Item<'a> {
    /// Its id.
    pub id: String,
    /// What was decided.
    #[serde(flatten)]
    pub decided: Decided<'a>,
    /// As of when it was judged.
    pub at: String,
    /// The sender's address.
    pub from: Option<&'a str>,
    /// The subject.
    pub subject: &'a str,
    /// By the other rules, with `--rules`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared: Option<Decided<'a>>,
}

/// What was decided of one message.
#[derive(Debug, Serialize)]
pub struct Decided<'a> {
    /// low, normal, urgent, critical; null where no level was decided.
    pub urgency: Option<&'static str>,
    /// The rule that decided; null: none did.
    pub rule: Option<&'a str>,
    /// Points of the signals; null: there are none.
    pub score: Option<f64>,
    /// The signals that fired, with their points.
    pub signals: Vec<Signal<'a>>,
    /// pass, hold, drop or ignore.
    pub outcome: &'static str,
}

/// A signal that fired.
#[derive(Debug, Serialize)]
pub struct Signal<'a> {
    /// Its name; of a rule with `score`: `rule "NAME"`.
    pub name: &'a str,
    /// What it gave.
    pub points: f64,
}
