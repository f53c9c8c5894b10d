//! Rules, ready to be matched.

use std::time::Duration;

use crate::civil::WeeklyRange;
use crate::model::message::{Importance, Mention};
use crate::model::name::RuleName;
use crate::model::signal::{Points, Signal};
use crate::model::verdict::{Decision, Wishes};
use crate::pattern::Pattern;

/// One `[[rule]]`.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name, unique.
    pub name: RuleName,
    /// All of these must match; empty matches everything. In the order they were written.
    pub when: Vec<Condition>,
    /// What it does where it matches.
    pub end: End,
    /// What it wishes beside.
    pub wishes: Wishes,
}

/// How a rule ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It decides: no later rule is looked at.
    Decide(Decision),
    /// It gives or takes points, as a signal does, and the next rule is looked at.
    Score(Points),
}

/// One condition of a rule. A list of patterns means any of them.
#[derive(Clone, Debug)]
pub enum Condition {
    /// One of these lists of conditions matches whole.
    Any(Vec<Vec<Condition>>),
    /// All of these lists of conditions match.
    All(Vec<Vec<Condition>>),
    /// None of these lists of conditions matches whole.
    Not(Vec<Vec<Condition>>),
    /// The sender's address.
    From(Vec<Pattern>),
    /// An address in To.
    To(Vec<Pattern>),
    /// An address in Cc.
    Cc(Vec<Pattern>),
    /// An address in From, To or Cc.
    Anyone(Vec<Pattern>),
    /// The sender's display name.
    FromName(Vec<Pattern>),
    /// The subject.
    Subject(Vec<Pattern>),
    /// The message's own text.
    Body(Vec<Pattern>),
    /// Subject or own text.
    Text(Vec<Pattern>),
    /// Any occurrence of a header field.
    Header {
        /// Its name; compared without regard to case.
        name: String,
        /// `None`: it is enough that it is there.
        value: Option<Vec<Pattern>>,
    },
    /// The account's or hook's name.
    Source(Vec<Pattern>),
    /// `mail`, `chat`, or a hook kind; any of these words.
    Kind(Vec<String>),
    /// The chat channel, by its id or its name, with or without the mark before it.
    Channel(Vec<Pattern>),
    /// Whom a chat message names; any of these. Mail names nobody in this sense, not even nobody.
    Mention(Vec<Mention>),
    /// How it is addressed to me; any of these.
    ToMe(Vec<ToMe>),
    /// It came by a list; with patterns: whose List-Id matches.
    List(Option<Vec<Pattern>>),
    /// Whether a machine wrote it.
    Automated(bool),
    /// What the sender says of its importance; any of these.
    Importance(Vec<Importance>),
    /// So many messages of others, this one included, came in its thread within this time. `count` is 2 or more.
    Burst {
        /// How many.
        count: usize,
        /// Within which time.
        within: Duration,
    },
    /// Whether its sender was never seen before.
    FirstContact(bool),
    /// Whether it answers something I wrote.
    RepliesToMe(bool),
    /// Whether the sender is proven.
    Authenticated(bool),
    /// An event that starts within this time from now.
    StartsWithin(Duration),
    /// When it arrives; any of these.
    During(Vec<During>),
    /// Whether it has attachments.
    HasAttachment(bool),
    /// The name of an attachment.
    Attachment(Vec<Pattern>),
    /// Octets of the whole message: more than.
    LargerThan(u64),
    /// Octets of the whole message: less than.
    SmallerThan(u64),
    /// One of these signals fired.
    Signal(Vec<Signal>),
}

impl Condition {
    /// Whether what is known of threads and senders is asked for. Recursion was bounded when it was read.
    pub fn asks_history(&self) -> bool {
        match self {
            Self::Any(lists) | Self::All(lists) | Self::Not(lists) => lists.iter().flatten().any(Self::asks_history),
            Self::Burst { .. } | Self::FirstContact(_) | Self::RepliesToMe(_) | Self::Signal(_) => true,
            _ => false,
        }
    }
}

/// How a message is addressed to me.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToMe {
    /// I am the only recipient.
    Only,
    /// I am in To.
    Direct,
    /// I am only in Cc.
    Cc,
    /// By a list, a blind copy or a channel only.
    No,
}

/// A time of arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum During {
    /// In `working_hours`.
    Working,
    /// In quiet hours.
    Quiet,
    /// In this range of the week.
    Range(WeeklyRange),
}
