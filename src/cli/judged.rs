//! One mail on its way through reading, judging and placing, as the daemon does it, without a daemon.

use jiff::Timestamp;

use super::cut::Cut;
use crate::intake::desk::Desk;
use crate::intake::judge::{self, Circumstance};
use crate::intake::place::{self, When};
use crate::mail;
use crate::model::history::facts::History;
use crate::model::identity::{Id, Identity};
use crate::model::message::Message;
use crate::model::name::AccountName;
use crate::model::verdict::{Placement, Reason, Verdict};
use crate::urgency::judgement::PassedOver;
use crate::urgency::turn::Change;

/// A mail and where it came from.
#[derive(Clone, Copy)]
pub struct Sample<'a> {
    /// The account that it is judged for; `None` where there is none.
    pub account: Option<&'a AccountName>,
    /// Its beginning.
    pub cut: &'a Cut,
    /// When it was received, as far as anybody knows.
    pub received_at: Timestamp,
}

/// The moment as of which a mail is judged.
#[derive(Clone, Copy, Debug)]
pub enum AsOf {
    /// This one.
    Moment(Timestamp),
    /// When it came: its own Date, else when it was received, but never later than this.
    Arrival(Timestamp),
}

/// What would be done with a mail.
pub struct Judged {
    /// The mail.
    pub message: Message,
    /// What was decided, and why.
    pub verdict: Verdict,
    /// What follows.
    pub placement: Placement,
    /// As of when.
    pub at: Timestamp,
}

/// The smallest change by which a mail would be synchronous that is not, or the other way round; `None` where there is no
/// single one, and where neither rules nor signals were asked.
pub fn turn(desk: &Desk, judged: &Judged, history: Option<&History>) -> Option<Change> {
    judged.asked_rules().then(|| judge::turn(desk, (&judged.message, history), &judged.when())).flatten()
}

/// The rules before the one that decided, and why each of them did not; none where the rules were not asked.
pub fn passed_over(desk: &Desk, judged: &Judged) -> Vec<PassedOver> {
    let passed_over = || judge::passed_over(desk, (&judged.message, None), &judged.when());
    if judged.asked_rules() { passed_over() } else { Vec::new() }
}

/// The level that a mail would have without the rule that decided; `None`: none decided, or it would have no level.
pub fn without_rule(desk: &Desk, judged: &Judged) -> Option<&'static str> {
    let rule = judged.rule()?;
    let rules = desk.rules.iter().filter(|one| one.name.as_str() != rule).cloned().collect();
    let desk = Desk { rules, ..desk.clone() };
    let other = judge::by_rules(&desk, (&judged.message, None), &judged.when());
    other.decision.level().map(|level| level.as_str())
}

/// Judges and places a mail. Its flags are not looked at: they say what became of it since.
pub fn judge(desk: &Desk, message: Message, history: Option<&History>, as_of: AsOf) -> Judged {
    let at = match as_of {
        AsOf::Moment(at) => at,
        AsOf::Arrival(latest) => arrived(&message, latest),
    };
    let verdict = judge::judge(desk, &message, &Circumstance { history, ..Circumstance::unknown() }, at);
    let when = When { now: at, arrived: at, pause: None };
    let placement = place::place(desk, &verdict, &message.source, &when);
    Judged { message, verdict, placement, at }
}

/// When a mail came: its own Date, else when it was received, but never later than this.
pub fn arrived(message: &Message, latest: Timestamp) -> Timestamp {
    message.sent_at.map_or(message.received_at, |sent| sent.instant).min(latest)
}

/// Reads a mail.
pub fn message(desk: &Desk, sample: &Sample<'_>) -> Message {
    let cut = sample.cut;
    let identity = match sample.account {
        Some(name) => Identity::of_content(&desk.person, name, cut.header(), cut.size()),
        None => Identity(Id::of(&[cut.bytes()])),
    };
    mail::read::read(&mail::read::Raw {
        bytes: cut.bytes(),
        size: cut.size(),
        received_at: sample.received_at,
        source: sample.account.map_or("", AccountName::as_str),
        identity,
        zone: &desk.zone.rules,
        trust: sample.account.and_then(|name| desk.filing(name)).and_then(|filing| filing.trust.as_deref()),
    })
}

impl Judged {
    /// Whether rules and signals were asked, and not something before them.
    pub fn asked_rules(&self) -> bool {
        match self.verdict.reason {
            Reason::NeverHeld(_) | Reason::Unjudged(_) => false,
            Reason::Rule { .. } | Reason::NoRule | Reason::Signals(_) => true,
        }
    }

    fn when(&self) -> When {
        When { now: self.at, arrived: self.at, pause: None }
    }

    /// Whether it wants its reader at once, quiet hours or not.
    pub fn is_synchronous(&self) -> bool {
        self.verdict.decision.level().is_some_and(|level| level.is_synchronous())
    }

    /// low, normal, urgent, critical; `None` where no level was decided.
    pub fn level(&self) -> Option<&'static str> {
        self.verdict.decision.level().map(|level| level.as_str())
    }

    /// The rule that decided.
    pub fn rule(&self) -> Option<&str> {
        match &self.verdict.reason {
            Reason::Rule { rule, .. } => Some(rule.as_str()),
            Reason::NoRule | Reason::Signals(_) | Reason::NeverHeld(_) | Reason::Unjudged(_) => None,
        }
    }

    /// pass, hold, drop or ignore.
    pub fn outcome(&self) -> &'static str {
        match self.placement {
            Placement::Pass => "pass",
            Placement::Hold { .. } => "hold",
            Placement::Drop => "drop",
            Placement::Ignore => "ignore",
        }
    }
}
