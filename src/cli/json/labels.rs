//! A file of labelled messages as it is read, and how well they were judged as it is printed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One labelled message: a line of the file. Fields that are not named here are left alone; those that a message does
/// not have are empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Labelled {
    /// Its name in the file.
    pub id: String,
    /// email, ticket, sms or chat.
    pub channel: String,
    /// Its sender: an address, a name, a number.
    pub from: String,
    /// Its recipients: addresses, or the channel.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// When it was written, in any of several forms.
    pub date: String,
    /// Its header fields by name, lower case.
    pub headers: BTreeMap<String, serde_json::Value>,
    /// The lines before it, the oldest first.
    pub context: Vec<serde_json::Value>,
    /// urgent or wait.
    pub label: String,
    /// Who gave the label.
    pub label_source: String,
    /// How sure they were, 0 to 1.
    pub confidence: Option<f64>,
    /// natural, enriched, or something else.
    pub sample: String,
}

impl Labelled {
    /// Reads one line.
    ///
    /// # Errors
    /// When it is no JSON object of this shape.
    pub fn parse(line: &str) -> Result<Self, String> {
        serde_json::from_str(line).map_err(|error| error.to_string())
    }

    /// A header field; several values are parted by commas.
    pub fn header(&self, name: &str) -> Option<String> {
        let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match self.headers.get(name)? {
            serde_json::Value::Null => None,
            serde_json::Value::Array(values) => Some(values.iter().map(text).collect::<Vec<_>>().join(", ")),
            value => Some(text(value)),
        }
    }

    /// The lines before it that are text.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.context.iter().filter_map(serde_json::Value::as_str)
    }
}

/// How well messages were judged.
#[derive(Debug, Serialize)]
pub struct Measured {
    /// Over the messages that count: those labelled by hand, where there are any, else all.
    #[serde(flatten)]
    pub all: Figures,
    /// By channel.
    pub by_channel: BTreeMap<String, Figures>,
    /// By sample.
    pub by_sample: BTreeMap<String, Figures>,
    /// By channel and sample: `email/natural`.
    pub by_channel_and_sample: BTreeMap<String, Figures>,
    /// By who gave the label: every message, also those that do not count above.
    pub by_source: BTreeMap<String, Figures>,
    /// What was judged otherwise than it is labelled, of those that count, in the order of the file.
    pub wrong: Vec<Wrong>,
    /// What each signal weighs.
    pub weights: BTreeMap<&'static str, f64>,
    /// The thresholds, for mail and for chat.
    pub thresholds: BTreeMap<&'static str, Thresholds>,
    /// Every message with its signals, with `--items`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judged: Option<Vec<Item>>,
}

/// Figures over some messages. Shares are rounded to four places; null: there is nothing to take a share of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// How many.
    pub items: usize,
    /// How many of them are labelled urgent.
    pub urgent: usize,
    /// How many were let through.
    pub let_through: usize,
    /// How many of those that are labelled urgent were let through.
    pub found: usize,
    /// Of what was let through, the share that is labelled urgent.
    pub precision: Option<f64>,
    /// Of what is labelled urgent, the share that was let through.
    pub recall: Option<f64>,
    /// The harmonic mean of the two.
    pub f1: Option<f64>,
    /// The share let through.
    pub through: Option<f64>,
}

/// A message that was judged otherwise than it is labelled.
#[derive(Clone, Debug, Serialize)]
pub struct Wrong {
    /// Its name in the file.
    pub id: String,
    /// urgent or wait.
    pub label: &'static str,
    /// urgent or wait.
    pub got: &'static str,
    /// Points of the signals; null: a rule decided.
    pub score: Option<f64>,
    /// The signals that fired, the most towards now first.
    pub signals: Vec<Signal>,
}

/// A message with all that was said of it.
#[derive(Debug, Serialize)]
pub struct Item {
    /// What stands in `wrong` of the others, for this one.
    #[serde(flatten)]
    pub judged: Wrong,
    /// email, ticket, sms or chat.
    pub channel: String,
    /// natural, enriched, or something else.
    pub sample: String,
    /// Who gave the label.
    pub label_source: String,
    /// low, normal, urgent or critical; null: no level was decided.
    pub level: Option<&'static str>,
    /// The rule that decided; null: none did.
    pub rule: Option<String>,
    /// mail or chat: whose thresholds hold.
    pub scale: &'static str,
    /// When it was judged.
    pub at: String,
    /// How strongly each signal fired, 0 to 1, whatever it weighs.
    pub shares: BTreeMap<&'static str, f64>,
}

/// A signal that fired.
#[derive(Clone, Debug, Serialize)]
pub struct Signal {
    /// Its name; of a rule with `score`: `rule "NAME"`.
    pub name: String,
    /// What it gave.
    pub points: f64,
    /// What fired it.
    pub evidence: Vec<String>,
}

/// From which sum on a message is urgent, and down from which it is low.
#[derive(Debug, Serialize)]
pub struct Thresholds {
    /// At or above it: urgent.
    pub urgent_at: f64,
    /// At or below it: low.
    pub low_at: f64,
}
