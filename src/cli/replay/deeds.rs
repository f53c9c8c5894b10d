//! What people did with the messages of a replay, held against what would have been done with them.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use super::outcome::{Author, End, Outcome, Trace};
use crate::cli::json::replay::{Deeds, People};
use crate::limits;
use crate::model::history::lesson::MessageKey;
use crate::model::mailbox::Flags;
use crate::model::message::Message;

/// What is kept of each message until all were seen: an answer may come before what it answers. Some 100 octets each.
#[derive(Default)]
pub struct Seen {
    messages: Vec<Fate>,
    answers: HashMap<MessageKey, Vec<Timestamp>>,
}

struct Fate {
    message: Option<MessageKey>,
    at: Timestamp,
    flags: Option<Flags>,
    is_urgent: bool,
}

impl Seen {
    /// Takes one.
    pub fn take(&mut self, outcome: &Outcome) {
        let Trace { message, flags, answers, author } = &outcome.trace;
        if *author == Author::Me {
            for answered in answers {
                self.answers.entry(*answered).or_default().push(outcome.at);
            }
            return;
        }
        let is_urgent = match &outcome.decided.end {
            End::Urgent => true,
            End::Held(_) | End::Dropped => false,
            End::Passed | End::Ignored => return,
        };
        self.messages.push(Fate { message: *message, at: outcome.at, flags: *flags, is_urgent });
    }

    /// What was done with all of them.
    pub fn people(&self) -> People {
        let mut people = People::default();
        for fate in &self.messages {
            let deeds = if fate.is_urgent { &mut people.urgent } else { &mut people.held };
            let answers = fate.message.and_then(|message| self.answers.get(&message));
            let first = answers.into_iter().flatten().filter(|at| **at >= fate.at).min();
            count(deeds, fate, first.copied());
        }
        people
    }
}

fn count(deeds: &mut Deeds, fate: &Fate, answered_at: Option<Timestamp>) {
    let has = |flag: fn(&Flags) -> bool| fate.flags.as_ref().is_some_and(flag);
    let took = answered_at.and_then(|at| Duration::try_from(at.duration_since(fate.at)).ok());
    let answered = answered_at.is_some() || has(|flags| flags.answered);
    let opened = answered || has(|flags| flags.seen);
    deeds.messages += 1;
    deeds.answered_soon += usize::from(took.is_some_and(|took| took <= limits::front::ANSWERED_SOON));
    deeds.answered += usize::from(answered);
    deeds.flagged += usize::from(has(|flags| flags.flagged));
    deeds.opened += usize::from(opened);
    deeds.never_opened += usize::from(!opened && fate.flags.is_some());
    deeds.unknown += usize::from(!opened && fate.flags.is_none());
}

/// The flags that mail programs write into the mails of an mbox: `Status: RO`, `X-Status: AF`.
pub fn flags(message: &Message) -> Option<Flags> {
    let field = |name: &str| message.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    let (status, more) = (field("Status"), field("X-Status"));
    if status.is_none() && more.is_none() {
        return None;
    }
    let has = |letter| status.into_iter().chain(more).any(|header| header.value.contains(letter));
    Some(Flags { seen: has('R'), answered: has('A'), flagged: has('F'), ..Flags::default() })
}

/// What people did, for people; empty where nothing is known.
pub fn text(people: &People) -> String {
    let line = |name: &str, deeds: &Deeds| {
        let Deeds { messages, answered_soon, answered, flagged, opened, never_opened, unknown } = *deeds;
        let unknown = if unknown > 0 { format!(", {unknown} unknown") } else { String::new() };
        format!(
            "  {name:<10}  {messages:>7}  {answered_soon} answered within 15 minutes, {answered} answered, {flagged} flagged, \
             {opened} opened, {never_opened} never opened{unknown}\n"
        )
    };
    let both = [people.urgent, people.held];
    if both.iter().all(|deeds| deeds.unknown == deeds.messages) {
        return String::new();
    }
    format!("\nWhat was done with them\n{}{}", line("urgent", &people.urgent), line("held", &people.held))
}
