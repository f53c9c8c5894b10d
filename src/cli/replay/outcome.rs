//! What was decided of one message of a replay, without the message.

use jiff::Timestamp;

use crate::cli::json::replay as json;
use crate::cli::judged::Judged;
use crate::model::history::lesson::MessageKey;
use crate::model::identity::Identity;
use crate::model::mailbox::Flags;
use crate::model::signal::{Points, Tally};
use crate::model::verdict::{NeverHeld, Placement, Reason, Then, Verdict};

/// One message.
pub struct Outcome {
    /// Who it is.
    pub identity: Identity,
    /// As of when it was judged.
    pub at: Timestamp,
    /// The sender's address.
    pub from: Option<String>,
    /// The subject.
    pub subject: String,
    /// What was decided.
    pub decided: Decided,
    /// The whole verdict.
    pub verdict: Verdict,
    /// By the other rules.
    pub other: Option<Decided>,
    /// What is known of what became of it.
    pub trace: Trace,
}

/// What says what people did.
pub struct Trace {
    /// Which message.
    pub message: Option<MessageKey>,
    /// Its flags; `None`: nothing tells.
    pub flags: Option<Flags>,
    /// Of a message of mine: what it answers.
    pub answers: Vec<MessageKey>,
    /// Whether I wrote it.
    pub author: Author,
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// I.
    Me,
    /// Others.
    Others,
}

/// What was decided.
#[derive(Clone, PartialEq)]
pub struct Decided {
    /// What becomes of it.
    pub end: End,
    /// low, normal, urgent, critical; `None` where no level was decided.
    pub level: Option<&'static str>,
    /// pass, hold, drop or ignore.
    pub outcome: &'static str,
    /// What decided.
    pub by: By,
}

/// What becomes of a message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// Urgent or critical: it passes, in quiet hours at their end.
    Urgent,
    /// It waits for this digest.
    Held(String),
    /// A rule drops it.
    Dropped,
    /// It passes for another reason.
    Passed,
    /// It is left alone.
    Ignored,
}

/// What decided.
#[derive(Clone, PartialEq)]
pub enum By {
    /// A rule.
    Rule(String),
    /// The signals: their sum, and what each gave, the most towards now first.
    Signals(Points, Vec<(String, Points)>),
    /// Neither: it is never held, or signals are switched off.
    Neither(&'static str),
}

impl Decided {
    /// Of what was judged.
    pub fn of(judged: &Judged) -> Self {
        let end = match &judged.placement {
            _ if judged.is_synchronous() => End::Urgent,
            Placement::Pass => End::Passed,
            Placement::Hold { then: Then::Digest(digest), .. } => End::Held(digest.to_string()),
            Placement::Hold { then: Then::Pass, .. } => End::Held(String::new()),
            Placement::Drop => End::Dropped,
            Placement::Ignore => End::Ignored,
        };
        let by = match &judged.verdict.reason {
            Reason::Rule { rule, .. } => By::Rule(rule.to_string()),
            Reason::Signals(tally) => by_signals(tally),
            Reason::NoRule => By::Neither("no rule"),
            Reason::NeverHeld(NeverHeld::Mine) => By::Neither("being mine"),
            Reason::NeverHeld(_) => By::Neither("being never held"),
            Reason::Unjudged(_) => By::Neither("being unreadable"),
        };
        Self { end, level: judged.level(), outcome: judged.outcome(), by }
    }

    /// The rule that decided.
    pub fn rule(&self) -> Option<&str> {
        match &self.by {
            By::Rule(rule) => Some(rule),
            By::Signals(..) | By::Neither(_) => None,
        }
    }

    /// What the signals gave.
    pub fn signals(&self) -> &[(String, Points)] {
        match &self.by {
            By::Signals(_, fired) => fired,
            By::Rule(_) | By::Neither(_) => &[],
        }
    }

    /// `held for "evening" by rule "lists"`, `urgent by crisis`: the signal that gave most in the direction of the end.
    pub fn words(&self) -> String {
        let end = match &self.end {
            End::Urgent => "urgent".to_owned(),
            End::Held(digest) => format!("held for {digest:?}"),
            End::Dropped => "dropped".to_owned(),
            End::Passed => "passed".to_owned(),
            End::Ignored => "ignored".to_owned(),
        };
        let zero = Points::default();
        let by = match &self.by {
            By::Rule(rule) => format!("rule {rule:?}"),
            By::Neither(why) => (*why).to_owned(),
            By::Signals(_, fired) => {
                let first = fired.first().filter(|(_, points)| *points > zero);
                let last = fired.last().filter(|(_, points)| *points < zero);
                let most = if self.end == End::Urgent { first } else { last };
                most.map_or_else(|| "too few points".to_owned(), |(name, _)| name.clone())
            }
        };
        format!("{end} by {by}")
    }

    /// As JSON prints it.
    pub fn json(&self) -> json::Decided<'_> {
        let score = match &self.by {
            By::Signals(score, _) => Some(score.as_f64()),
            By::Rule(_) | By::Neither(_) => None,
        };
        json::Decided {
            urgency: self.level,
            rule: self.rule(),
            score,
            signals: self
                .signals()
                .iter()
                .map(|(name, points)| json::Signal { name, points: points.as_f64() })
                .collect(),
            outcome: self.outcome,
        }
    }
}

fn by_signals(tally: &Tally) -> By {
    By::Signals(tally.score, tally.fired.iter().map(|fired| (fired.name(), fired.points)).collect())
}
