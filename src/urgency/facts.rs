//! The conditions that need no pattern: what a message is, when it came, what it carries.

use std::time::Duration;

use jiff::Timestamp;

use super::moment::{Hours, Moment};
use super::phrase::{listed, quoted, spoken};
use super::rule::During;
use crate::model::message::{Authenticity, Importance, Message};

/// What came of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is met: a phrase for each thing that made it so.
    Met(Vec<String>),
    /// It is not: with what was there instead.
    Failed(String),
}

impl Outcome {
    /// Met, by this one phrase.
    pub fn met(phrase: String) -> Self {
        Self::Met(vec![phrase])
    }

    /// The opposite, in the same words: a fact that is not there was wanted not to be.
    pub fn turned(self) -> Self {
        match self {
            Self::Met(phrases) => Self::Failed(phrases.join(" and ")),
            Self::Failed(phrase) => Self::met(phrase),
        }
    }
}

/// Header fields that only mail of lists has (RFC 2369, RFC 2919), and the two that older programs write.
const LIST_FIELDS: [&str; 6] =
    ["List-Id", "List-Post", "List-Unsubscribe", "List-Subscribe", "List-Help", "Mailing-List"];

/// Whether a word is one of the wanted.
pub fn one_of<'w>(label: &str, word: &str, wanted: impl Iterator<Item = &'w str> + Clone) -> Outcome {
    if wanted.clone().any(|it| it == word) {
        Outcome::met(format!("{label} is \"{word}\""))
    } else {
        Outcome::Failed(format!("{label} is \"{word}\", not {}", listed(wanted, "or")))
    }
}

/// Whether it came by a list: one of its header fields, or `Precedence: list`.
pub fn list(message: &Message) -> Outcome {
    if let Some(id) = &message.list_id {
        return Outcome::met(format!("list is {}", quoted(id)));
    }
    let found = message.headers.iter().find(|header| {
        LIST_FIELDS.iter().any(|name| header.name.eq_ignore_ascii_case(name))
            || header.name.eq_ignore_ascii_case("Precedence") && header.value.trim().eq_ignore_ascii_case("list")
    });
    match found {
        Some(header) => Outcome::met(format!("list: it has {}", quoted(&header.name))),
        None => Outcome::Failed("it came by no list".to_owned()),
    }
}

/// Whether a machine wrote it.
pub fn automated(message: &Message) -> Outcome {
    if message.automated {
        Outcome::met("automated is true".to_owned())
    } else {
        Outcome::Failed("automated is false".to_owned())
    }
}

/// Whether the sender calls it one of these.
pub fn importance(message: &Message, wanted: &[Importance]) -> Outcome {
    let word = |importance: Importance| match importance {
        Importance::Low => "low",
        Importance::High => "high",
    };
    match message.importance {
        Some(importance) => one_of("importance", word(importance), wanted.iter().map(|&it| word(it))),
        None => Outcome::Failed("importance is missing".to_owned()),
    }
}

/// Whether the sender is proven; where nobody trusted says anything it is not.
pub fn authenticated(message: &Message) -> Outcome {
    match message.authenticity {
        Authenticity::Passed => Outcome::met("authenticated is true".to_owned()),
        Authenticity::Failed => Outcome::Failed("authenticated is false: it failed".to_owned()),
        Authenticity::Unknown => Outcome::Failed("authenticated is false: nobody trusted says so".to_owned()),
    }
}

/// Whether its event starts between now and `within` from now, both included. A cancellation counts: who learns of it
/// after the event has gone there in vain. Somebody else's answer to an invitation does not, it changes nothing (iTIP's
/// REPLY, REFRESH and DECLINECOUNTER, RFC 5546 section 1.4).
pub fn starts_within(message: &Message, now: Timestamp, within: Duration) -> Outcome {
    let Some(event) = &message.event else { return Outcome::Failed("there is no event".to_owned()) };
    let summary = quoted(&event.summary);
    if matches!(event.method.as_str(), "REPLY" | "REFRESH" | "DECLINECOUNTER") {
        return Outcome::Failed(format!("event {summary} comes with {}, not as an invitation", quoted(&event.method)));
    }
    match Duration::try_from(event.starts.duration_since(now)) {
        Ok(left) if left <= within => Outcome::met(format!("event {summary} starts in {}", spoken(left))),
        Ok(left) => {
            Outcome::Failed(format!("event {summary} starts in {}, not within {}", spoken(left), spoken(within)))
        }
        Err(_) => Outcome::Failed(format!("event {summary} started before now")),
    }
}

/// Whether it arrived in one of these.
pub fn during(moment: &Moment<'_>, ranges: &[During]) -> Outcome {
    let (working, quiet) = (moment.working == Hours::Inside, moment.quiet == Hours::Inside);
    let found = ranges.iter().find(|range| match range {
        During::Working => working,
        During::Quiet => quiet,
        During::Range(range) => range.contains(moment.zone, moment.arrived),
    });
    let at = moment.arrived.to_zoned_datetime(moment.zone.rules.clone()).strftime("%a %H:%M").to_string();
    match found {
        Some(range) => Outcome::met(format!("it came on {at}, in {}", hours(range))),
        None if ranges == [During::Working] && moment.working == Hours::Unset => {
            Outcome::Failed("there are no working hours".to_owned())
        }
        None if ranges == [During::Quiet] && moment.quiet == Hours::Unset => {
            Outcome::Failed("there are no quiet hours".to_owned())
        }
        None => {
            let wanted: Vec<String> = ranges.iter().map(hours).collect();
            Outcome::Failed(format!("it came on {at}, not in {}", wanted.join(" or ")))
        }
    }
}

fn hours(range: &During) -> String {
    match range {
        During::Working => "working hours".to_owned(),
        During::Quiet => "quiet hours".to_owned(),
        During::Range(range) => range.to_string(),
    }
}

/// Whether it has attachments.
pub fn has_attachment(message: &Message) -> Outcome {
    match message.attachments.len() {
        0 => Outcome::Failed("it has no attachment".to_owned()),
        1 => Outcome::met("it has 1 attachment".to_owned()),
        many => Outcome::met(format!("it has {many} attachments")),
    }
}

/// Whether it is larger than this many octets.
pub fn larger_than(message: &Message, octets: u64) -> Outcome {
    let size = message.size;
    if size > octets {
        Outcome::met(format!("its {size} octets are more than {octets}"))
    } else {
        Outcome::Failed(format!("its {size} octets are not more than {octets}"))
    }
}

/// Whether it is smaller than this many octets.
pub fn smaller_than(message: &Message, octets: u64) -> Outcome {
    let size = message.size;
    if size < octets {
        Outcome::met(format!("its {size} octets are less than {octets}"))
    } else {
        Outcome::Failed(format!("its {size} octets are not less than {octets}"))
    }
}
