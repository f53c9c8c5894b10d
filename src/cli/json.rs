//! What `--json` prints where the daemon is not asked: fields that others may rely on.

pub mod labels;
pub mod replay;

use serde::Serialize;

use crate::control::wire::Scored;

/// How a message is judged.
#[derive(Debug, Serialize)]
pub struct Explained {
    /// Its id.
    pub id: String,
    /// low, normal, urgent, critical; null where no level was decided.
    pub urgency: Option<&'static str>,
    /// synchronous or asynchronous.
    pub mode: &'static str,
    /// The rule that decided; null: none did.
    pub rule: Option<String>,
    /// What matched.
    pub evidence: Vec<String>,
    /// The sum of all points; null: the signals did not decide.
    pub score: Option<f64>,
    /// From which sum on its kind of message is urgent; null with `score`.
    pub threshold: Option<f64>,
    /// The signals that fired, those with the most points first, whichever way they point; of evidence a list of phrases.
    pub signals: Vec<Scored>,
    /// The rules that gave points, likewise.
    pub rules_scored: Vec<Scored>,
    /// The subject.
    pub subject: String,
    /// The sender's address.
    pub from: Option<String>,
    /// The text that was judged, cut.
    pub excerpt: String,
    /// Names of the attachments.
    pub attachments: Vec<String>,
    /// What could not be read.
    pub notes: Vec<String>,
    /// pass, hold, drop or ignore.
    pub outcome: &'static str,
    /// The digest that it waits for.
    pub digest: Option<String>,
    /// That digest's next slot.
    pub slot: Option<String>,
    /// When it leaves at the latest.
    pub deliver_by: Option<String>,
    /// When it passes: now, or the end of quiet hours.
    pub passes_at: Option<String>,
    /// The rules before the one that decided.
    pub rules_passed_over: Vec<PassedOver>,
    /// The smallest change that would turn the outcome, a sentence that follows "if"; null: no single one does.
    pub turns_if: Option<String>,
    /// Where an item of the daemon stands; left out for a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<String>,
}

/// A rule that did not decide.
#[derive(Debug, Serialize)]
pub struct PassedOver {
    /// Its name.
    pub name: String,
    /// The first condition that failed.
    pub failed: String,
}

/// One slot of a digest, or one range of quiet hours.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Moment {
    /// A slot.
    Slot {
        /// The digest.
        digest: String,
        /// Whose it is.
        person: String,
        /// When, in UTC.
        utc: String,
        /// When, in the person's zone.
        local: String,
        /// gap or fold, else holiday where it is sent on one; null: an ordinary time.
        note: Option<&'static str>,
    },
    /// Quiet hours.
    Quiet {
        /// Their name.
        quiet: String,
        /// Whose they are.
        person: String,
        /// Their beginning in UTC.
        utc: String,
        /// Their beginning in the person's zone.
        local: String,
        /// Their end in UTC.
        until_utc: String,
        /// Their end in the person's zone.
        until_local: String,
    },
}

/// What was done.
#[derive(Debug, Serialize)]
pub struct Said {
    /// A sentence.
    pub said: String,
}

/// A digest as it would be sent now.
#[derive(Debug, Serialize)]
pub struct Preview {
    /// Its parts as text.
    pub text: Vec<String>,
    /// Its parts as HTML.
    pub html: Vec<String>,
}

/// What `check` found.
#[derive(Debug, Serialize)]
pub struct Checked {
    /// Whether the daemon would run with it.
    pub good: bool,
    /// What is wrong, or probably not meant, in the order in which it is printed for people.
    pub faults: Vec<Fault>,
    /// The configuration as it is understood, as text; null: it is refused.
    pub understood: Option<String>,
    /// What was tried with `--connect`; null: nothing was.
    pub connections: Option<Vec<Connection>>,
}

/// One account, or the way out, that was tried.
#[derive(Debug, Serialize)]
pub struct Connection {
    /// imap, maildir, smtp or folder.
    pub kind: &'static str,
    /// account "NAME", or [smtp].
    pub name: String,
    /// Host and port, or the folder.
    pub at: String,
    /// Whether everything works.
    pub good: bool,
    /// What was found out, in the order in which it was tried.
    pub found: Vec<Finding>,
}

/// One thing that was found out.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// What it is about: login, filing, news, watch, hold_in ...
    pub about: &'static str,
    /// good, note or bad.
    pub weight: &'static str,
    /// A sentence.
    pub text: String,
}

/// One thing that is wrong with a configuration.
#[derive(Debug, Serialize)]
pub struct Fault {
    /// error, warning or note.
    pub weight: &'static str,
    /// The file.
    pub file: String,
    /// The line, from 1; null: it could not be read at all.
    pub line: Option<usize>,
    /// The column in characters, from 1.
    pub column: Option<usize>,
    /// What is wrong; what to write instead.
    pub text: String,
}

/// Any of these as one line of JSON.
///
/// # Errors
/// None in practice: these types always serialise.
pub fn line(value: &impl Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_string(value)? + "\n")
}

/// Any of these as JSON, without a line end. Empty where it cannot be written, which these types always can.
pub fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A backup that was written.
#[derive(Debug, Serialize)]
pub struct Backup {
    /// Where it lies.
    pub file: String,
    /// Records.
    pub records: usize,
    /// Files of letters and editions.
    pub files: usize,
    /// Octets in all.
    pub bytes: u64,
    /// Files that were missing or damaged, and are not in it.
    pub missing: usize,
}

/// A backup that was restored.
#[derive(Debug, Serialize)]
pub struct Restored {
    /// The state folder.
    pub state: String,
    /// Records.
    pub records: usize,
    /// Files of letters and editions.
    pub files: usize,
    /// Where what was there before lies now; null: there was nothing.
    pub aside: Option<String>,
}
