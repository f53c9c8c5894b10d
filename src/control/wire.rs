//! What is said over the control socket.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::model::signal::{self, By};

/// A line of JSON with its line end; `None` for what cannot be written, which these types never are.
pub fn write(value: &impl Serialize) -> Option<Vec<u8>> {
    let mut line = serde_json::to_vec(value).ok()?;
    line.push(b'\n');
    Some(line)
}

/// Reads such a line; `None` for anything else.
pub fn read<T: DeserializeOwned>(line: &[u8]) -> Option<T> {
    serde_json::from_slice(line).ok()
}

/// What is asked of the daemon, and about whom.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Asked {
    /// The person; `None`: everybody, or the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// What.
    #[serde(flatten)]
    pub request: Request,
}

/// What is asked of the daemon.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Request {
    /// How it is.
    Status,
    /// What waits.
    Held,
    /// One item, by a beginning of its id.
    Item {
        /// Hexadecimal digits.
        id: String,
    },
    /// Lets items pass now.
    Release {
        /// Which.
        which: Which,
    },
    /// Takes items out of every digest; their mail stays filed.
    Drop {
        /// Beginnings of ids.
        ids: Vec<String>,
    },
    /// The letters.
    Outbox,
    /// Tries a letter again now.
    Retry {
        /// A beginning of its id.
        id: String,
    },
    /// Gives a letter up; its items wait again.
    GiveUp {
        /// A beginning of its id.
        id: String,
    },
    /// A digest as it would be sealed now.
    Preview {
        /// Its name; `None`: the first.
        digest: Option<String>,
    },
    /// Seals a digest now.
    DigestNow {
        /// Its name; `None`: the first.
        digest: Option<String>,
        /// Whether to reply only when its letters are final.
        wait: bool,
    },
    /// Begins quiet hours by hand.
    Pause {
        /// Until when, RFC 3339.
        until: String,
        /// What for; left out: to be left alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<PauseReason>,
    },
    /// Ends them.
    Resume,
    /// The hooks.
    Hooks,
    /// The handshake of a hook's service is taken for a while.
    Expect {
        /// The hook.
        hook: String,
    },
    /// Writes a backup into the state folder.
    Backup,
    /// Removes every trace of what is done with.
    Forget {
        /// The beginning of an item's id, or a sender's address.
        what: String,
    },
}

/// What a pause may be for.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum PauseReason {
    /// What waits leaves at its end, in one digest.
    Vacation,
}

/// Which items.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Which {
    /// By beginnings of their ids.
    Ids(Vec<String>),
    /// All.
    All,
    /// Those whose sender matches this pattern.
    From(String),
}

/// What the daemon replies.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(tag = "reply", rename_all = "kebab-case")]
pub enum Reply {
    /// How it is.
    Status(Status),
    /// What waits, in order of arrival.
    Held {
        /// The items.
        items: Vec<Held>,
    },
    /// One item.
    Item(Box<ItemDetail>),
    /// The letters.
    Outbox {
        /// Those that are not final, then those that failed.
        letters: Vec<OutboxLetter>,
    },
    /// The hooks.
    Hooks {
        /// By name.
        hooks: Vec<HookStatus>,
    },
    /// A digest as it would be sealed now.
    Preview {
        /// The parts, as text.
        text: Vec<String>,
        /// The parts, as HTML.
        html: Vec<String>,
    },
    /// A backup is there to be taken away.
    Backup {
        /// Where it lies.
        path: String,
        /// Files of the spool that could not be read and are not in it.
        missing: usize,
    },
    /// It was done.
    Done {
        /// What was done, a sentence.
        said: String,
    },
    /// It was not done.
    Refused {
        /// Why, a sentence.
        said: String,
    },
}

/// How the daemon is.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Status {
    /// The accounts.
    pub sources: Vec<SourceStatus>,
    /// Items that wait.
    pub held: usize,
    /// Items in a digest that is sealed and whose end is not noted yet: on its way, or sent and about to be released.
    pub sealed: usize,
    /// When digests are next due, RFC 3339.
    pub due: Vec<DueDigest>,
    /// Letters that are not final.
    pub outbox: usize,
    /// Letters of which nobody knows whether they were taken.
    pub uncertain: usize,
    /// Letters that failed.
    pub failed: usize,
    /// Errands to be done.
    pub errands: usize,
    /// Why nothing may be held; null: all is well.
    pub degraded: Option<String>,
    /// Until when a pause by hand lasts, where it is about one person.
    pub paused_until: Option<String>,
    /// Everybody who has paused.
    #[serde(default)]
    pub paused: Vec<PausedPerson>,
    /// The hooks, by name.
    #[serde(default)]
    pub hooks: Vec<HookStatus>,
    /// Files of holidays whose days count as ordinary ones.
    #[serde(default)]
    pub holidays: Vec<HolidayTrouble>,
}

/// What is wrong with a file of holidays.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct HolidayTrouble {
    /// Whose.
    pub person: String,
    /// The file.
    pub file: String,
    /// Why its days count as ordinary ones.
    pub error: String,
}

/// How a hook is, since the daemon started.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct HookStatus {
    /// Its name.
    pub name: String,
    /// Its service.
    pub kind: String,
    /// For whom its messages are.
    pub readers: Vec<String>,
    /// Requests that were taken.
    pub taken: u64,
    /// When the last of them came, RFC 3339.
    pub last: Option<String>,
    /// Requests that were refused.
    pub refused: u64,
    /// Why one was refused last.
    pub refusal: Option<String>,
    /// When, RFC 3339.
    pub refused_at: Option<String>,
    /// Why the text of a reference was not fetched last; null: nothing was asked for, or the last one was fetched.
    #[serde(default)]
    pub unfetched: Option<String>,
    /// When, RFC 3339.
    #[serde(default)]
    pub unfetched_at: Option<String>,
    /// Until when the handshake of its service is taken, RFC 3339.
    pub expected_until: Option<String>,
    /// Whether a handshake has brought a secret.
    pub learned: bool,
    /// Why it takes no request.
    pub shut: Option<String>,
}

/// A pause by hand.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct PausedPerson {
    /// Whose.
    pub person: String,
    /// Until when, RFC 3339.
    pub until: String,
    /// What for; null: to be left alone.
    #[serde(default)]
    pub reason: Option<PauseReason>,
}

/// How an account is.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct SourceStatus {
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub person: String,
    /// One word.
    pub state: String,
    /// Since when, RFC 3339.
    pub since: String,
    /// When all was last taken.
    pub last_sync: Option<String>,
    /// What is wrong.
    pub error: Option<String>,
    /// What is still to be done, and what does not work until then.
    #[serde(default)]
    pub note: Option<String>,
    /// When it is tried again.
    pub next_try: Option<String>,
}

/// When a digest is due.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct DueDigest {
    /// Its name.
    pub digest: String,
    /// Whose it is.
    pub person: String,
    /// Its next slot, RFC 3339; null: never.
    pub slot: Option<String>,
    /// How many items wait for it.
    pub items: usize,
}

/// A waiting item in a list.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Held {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub person: String,
    /// Its account or hook.
    pub source: String,
    /// The sender.
    pub from: String,
    /// The subject.
    pub subject: String,
    /// Its level.
    pub urgency: String,
    /// Since when, RFC 3339.
    pub held_since: String,
    /// Its digest; null: it passes by itself.
    pub digest: Option<String>,
    /// When it leaves if nothing comes between.
    pub slot: String,
    /// When it leaves at the latest.
    pub deliver_by: String,
    /// Where its mail lies: the mailbox.
    pub place: Option<String>,
}

/// An item with its reasons.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct ItemDetail {
    /// As in a list.
    pub held: Held,
    /// Where it stands: waiting, in an edition, passed, settled.
    pub standing: String,
    /// The rule that decided.
    pub rule: Option<String>,
    /// What matched.
    pub evidence: Vec<String>,
    /// What the signals said; null: they did not decide.
    #[serde(default)]
    pub tally: Option<Tally>,
    /// What it says, cut.
    pub excerpt: String,
    /// Names of its attachments.
    pub attachments: Vec<String>,
    /// What could not be read of it.
    pub notes: Vec<String>,
}

/// What the signals said of a message.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Tally {
    /// The sum.
    pub score: f64,
    /// At or above it: urgent.
    pub urgent_at: f64,
    /// At or below it: low.
    pub low_at: f64,
    /// The signals that fired, those with the most points first, whichever way they point.
    pub signals: Vec<Scored>,
    /// The rules that gave points, in the same order.
    pub rules: Vec<Scored>,
}

/// A signal or a rule that gave points.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Scored {
    /// Its name.
    pub name: String,
    /// How many: towards now (more than 0) or towards later (less).
    pub points: f64,
    /// The words, header or fact that fired it, one phrase each.
    pub evidence: Vec<String>,
}

impl From<&signal::Tally> for Tally {
    fn from(tally: &signal::Tally) -> Self {
        let mut fired: Vec<&signal::Fired> = tally.fired.iter().collect();
        fired.sort_by_key(|fired| std::cmp::Reverse(fired.points.hundredths().abs()));
        let scored = |name: &str, fired: &signal::Fired| Scored {
            name: name.to_owned(),
            points: fired.points.as_f64(),
            evidence: fired.evidence.clone(),
        };
        let (mut signals, mut rules) = (Vec::new(), Vec::new());
        for one in fired {
            match &one.by {
                By::Signal(signal) => {
                    let mut scored = scored(signal.name(), one);
                    if scored.evidence.is_empty() {
                        scored.evidence.push(signal.meaning().to_owned());
                    }
                    signals.push(scored);
                }
                By::Rule(rule) => rules.push(scored(rule.as_str(), one)),
            }
        }
        Self {
            score: tally.score.as_f64(),
            urgent_at: tally.urgent_at.as_f64(),
            low_at: tally.low_at.as_f64(),
            signals,
            rules,
        }
    }
}

/// A letter in a list.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct OutboxLetter {
    /// Its id.
    pub id: String,
    /// Whose items it names.
    pub person: String,
    /// Its recipient.
    pub to: String,
    /// One word: ready, sending, uncertain, failed ...
    pub stage: String,
    /// Attempts begun.
    pub attempts: u32,
    /// When it is tried again.
    pub next_try: Option<String>,
    /// What went wrong last.
    pub error: Option<String>,
    /// Octets.
    pub size: u64,
}
