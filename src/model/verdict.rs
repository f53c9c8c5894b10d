//! What was judged of a message, and what follows from it.

use jiff::Timestamp;

use super::name::{DigestName, RuleName};
use super::signal::Tally;

/// How soon a message wants its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// May wait for the digest that takes `low`.
    Low,
    /// May wait for its digest.
    Normal,
    /// Passes at once outside quiet hours.
    Urgent,
    /// Passes at once, always.
    Critical,
}

impl Urgency {
    /// The word of the configuration: `low`, `normal`, `urgent`, `critical`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::Urgent => "urgent",
            Self::Critical => "critical",
        }
    }

    /// Whether a reaction is wanted now.
    pub fn is_synchronous(self) -> bool {
        self >= Self::Urgent
    }
}

/// What a rule decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A level; the level says what happens.
    Level(Urgency),
    /// Filed in `hold_in`, in no digest, counted in the next one's footer, never deleted.
    Drop,
    /// As if it had not been seen.
    Ignore,
    /// It passes whatever the hour, though nobody said that it is urgent: never held, or not to be judged.
    LetThrough,
}

impl Decision {
    /// The level, where a level was decided.
    pub fn level(self) -> Option<Urgency> {
        match self {
            Self::Level(level) => Some(level),
            Self::Drop | Self::Ignore | Self::LetThrough => None,
        }
    }
}

/// What was judged, why, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What was decided.
    pub decision: Decision,
    /// Why.
    pub reason: Reason,
    /// The rule's wishes beside the level.
    pub wishes: Wishes,
    /// When.
    pub judged_at: Timestamp,
    /// When it is to be judged again, because time alone may change it: a deadline nears, a code expires.
    pub again_at: Option<Timestamp>,
    /// That what it is about is over, and how.
    pub over: Option<Over>,
}

impl Verdict {
    /// A verdict that time alone does not change, on something that is not over, without wishes.
    pub fn new(decision: Decision, reason: Reason, judged_at: Timestamp) -> Self {
        Self { decision, reason, wishes: Wishes::default(), judged_at, again_at: None, over: None }
    }
}

/// How what a message is about has come to its end: in a digest it is counted, and not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// What it brought is good for nothing any more: a code that has expired.
    Expired,
    /// It, or a later message of the same thing, says that nothing is left to do.
    Settled,
}

/// Who gave a verdict.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// The first rule that matched.
    Rule {
        /// Its name.
        rule: RuleName,
        /// What matched, one phrase each: `from "ada@example.org" matches "*@example.org"`.
        evidence: Vec<String>,
    },
    /// No rule decided, and signals are switched off.
    NoRule,
    /// No rule decided: the signals did.
    Signals(Tally),
    /// One of the reasons for which mail is never held, whatever the rules say.
    NeverHeld(NeverHeld),
    /// It could not be judged, or not be held safely: it passes. The phrase says why, without content.
    Unjudged(String),
}

/// Why a mail is left alone whatever the rules say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeverHeld {
    /// `\Seen`, `\Flagged`, `\Answered`, `\Deleted` or `\Draft`.
    InOtherHands,
    /// I wrote it.
    Mine,
    /// A letter of this very Tidings, proven by its `X-Tidings-Id`.
    OwnLetter,
    /// A letter of this very Tidings came back, proven by the `X-Tidings-Id` in what is returned.
    Bounce,
    /// Its INTERNALDATE is older than the last complete sync: somebody put it there.
    PutThere,
}

impl NeverHeld {
    /// The reason as a phrase.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InOtherHands => "read, flagged or answered before Tidings saw it",
            Self::Mine => "written by me",
            Self::OwnLetter => "a letter of Tidings itself",
            Self::Bounce => "a letter of Tidings itself that came back",
            Self::PutThere => "put there by somebody, not newly arrived",
        }
    }
}

/// What a rule wishes beside its level.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wishes {
    /// `digest = NAME`.
    pub digest: Option<DigestName>,
    /// `max_hold = DURATION`.
    pub max_hold: Option<std::time::Duration>,
    /// `note = "..."`.
    pub note: Option<String>,
}

/// What is done with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placement {
    /// It goes through now.
    Pass,
    /// It waits.
    Hold {
        /// When it leaves if nothing comes between: the end of quiet hours, or its digest's next slot.
        due_at: Timestamp,
        /// What happens then.
        then: Then,
        /// When it leaves at the latest, whatever happens. Fixed at arrival.
        deliver_by: Timestamp,
    },
    /// Filed away, in no digest.
    Drop,
    /// Not touched.
    Ignore,
}

/// How a held message leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// By itself.
    Pass,
    /// In this digest.
    Digest(DigestName),
}
