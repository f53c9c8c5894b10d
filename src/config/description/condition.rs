//! Conditions of rules, in words.

use crate::civil::duration;
use crate::model::message::Importance;
use crate::pattern::Pattern;
use crate::urgency::facts;
use crate::urgency::rule::{Condition, During, ToMe};

/// One condition on one line. Recursion was bounded when it was read.
pub fn describe(condition: &Condition) -> String {
    let matches = |field: &str, patterns: &[Pattern]| format!("{field} is {}", any_of(patterns));
    match condition {
        Condition::Any(lists) => format!("any of ({})", lists_of(lists)),
        Condition::All(lists) => format!("all of ({})", lists_of(lists)),
        Condition::Not(lists) => format!("none of ({})", lists_of(lists)),
        Condition::From(patterns) => matches("from", patterns),
        Condition::To(patterns) => matches("to", patterns),
        Condition::Cc(patterns) => matches("cc", patterns),
        Condition::Anyone(patterns) => matches("from, to or cc", patterns),
        Condition::FromName(patterns) => matches("the sender's name", patterns),
        Condition::Subject(patterns) => matches("subject", patterns),
        Condition::Body(patterns) => matches("body", patterns),
        Condition::Text(patterns) => matches("subject or body", patterns),
        Condition::Header { name, value: None } => format!("header {name} is there"),
        Condition::Header { name, value: Some(patterns) } => matches(&format!("header {name}"), patterns),
        Condition::Source(patterns) => matches("source", patterns),
        Condition::Kind(kinds) => format!("kind is {}", kinds.join(" or ")),
        Condition::Channel(patterns) => matches("channel", patterns),
        Condition::Mention(whom) => format!("it mentions {}", joined(whom.iter().map(|whom| facts::named(*whom)))),
        Condition::ToMe(ways) => format!("to me: {}", joined(ways.iter().map(|way| to_me(*way)))),
        Condition::List(None) => "it came by a list".to_owned(),
        Condition::List(Some(patterns)) => matches("its list", patterns),
        Condition::Automated(true) => "written by a machine".to_owned(),
        Condition::Automated(false) => "not written by a machine".to_owned(),
        Condition::Importance(levels) => {
            format!("importance is {}", joined(levels.iter().map(|level| importance(*level))))
        }
        Condition::Authenticated(true) => "from a proven sender".to_owned(),
        Condition::Authenticated(false) => "not from a proven sender".to_owned(),
        Condition::StartsWithin(time) => format!("an event starts within {}", duration::write(*time)),
        Condition::During(times) => format!("it comes {}", joined(times.iter().map(during))),
        Condition::HasAttachment(true) => "with an attachment".to_owned(),
        Condition::HasAttachment(false) => "not with an attachment".to_owned(),
        Condition::Attachment(patterns) => matches("an attachment", patterns),
        Condition::Burst { count, within } => {
            format!("{count} messages of its thread came within {}", duration::write(*within))
        }
        Condition::FirstContact(true) => "from a sender never seen before".to_owned(),
        Condition::FirstContact(false) => "not from a sender never seen before".to_owned(),
        Condition::RepliesToMe(true) => "it answers something I wrote".to_owned(),
        Condition::RepliesToMe(false) => "it answers nothing I wrote".to_owned(),
        Condition::LargerThan(octets) => format!("larger than {octets} bytes"),
        Condition::SmallerThan(octets) => format!("smaller than {octets} bytes"),
        Condition::Signal(signals) => {
            let names: Vec<&str> = signals.iter().map(|signal| signal.name()).collect();
            format!("signal {}", names.join(" or "))
        }
    }
}

/// Patterns as they were written.
pub fn any_of(patterns: &[Pattern]) -> String {
    joined(patterns.iter().map(|pattern| format!("\"{pattern}\"")))
}

fn lists_of(lists: &[Vec<Condition>]) -> String {
    let lists: Vec<String> =
        lists.iter().map(|list| list.iter().map(describe).collect::<Vec<_>>().join(" and ")).collect();
    lists.join("; ")
}

fn joined<T: Into<String>>(words: impl Iterator<Item = T>) -> String {
    words.map(Into::into).collect::<Vec<String>>().join(" or ")
}

fn to_me(way: ToMe) -> &'static str {
    match way {
        ToMe::Only => "alone",
        ToMe::Direct => "in To",
        ToMe::Cc => "only in Cc",
        ToMe::No => "not by name",
    }
}

fn importance(level: Importance) -> &'static str {
    match level {
        Importance::High => "high",
        Importance::Low => "low",
    }
}

fn during(time: &During) -> String {
    match time {
        During::Working => "in working hours".to_owned(),
        During::Quiet => "in quiet hours".to_owned(),
        During::Range(range) => format!("on {range}"),
    }
}
