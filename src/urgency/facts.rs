//! The conditions that need no pattern: what a message is, when it came, what it carries.

use std::time::Duration;

use jiff::Timestamp;

use super::moment::{Hours, Moment};
use super::phrase::{listed, quoted, spoken};
use super::rule::During;
use super::signal::Heard;
use super::signal::bulk;
use crate::model::history::facts::{History, Past};
use crate::model::message::{Authenticity, Event, Importance, Kind, Mention, Message};
use crate::model::signal::Signal;

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

    /// What is wanted to be so; that nobody can tell is no answer.
    pub fn of(told: Result<Self, String>) -> Self {
        told.unwrap_or_else(Self::Failed)
    }

    /// What is wanted not to be so; that nobody can tell is no answer either.
    pub fn of_opposite(told: Result<Self, String>) -> Self {
        told.map_or_else(Self::Failed, Self::turned)
    }

    /// The opposite, in the same words: a fact that is not there was wanted not to be.
    pub fn turned(self) -> Self {
        match self {
            Self::Met(phrases) => Self::Failed(phrases.join(" and ")),
            Self::Failed(phrase) => Self::met(phrase),
        }
    }
}

/// Why a condition on what is known of threads and senders fails where none of that is at hand.
const ELSEWHERE: &str = "is not known here: only the daemon keeps what it needs";

/// Whether a word is one of the wanted.
pub fn one_of<'w>(label: &str, word: &str, wanted: impl Iterator<Item = &'w str> + Clone) -> Outcome {
    if wanted.clone().any(|it| it == word) {
        Outcome::met(format!("{label} is \"{word}\""))
    } else {
        Outcome::Failed(format!("{label} is \"{word}\", not {}", listed(wanted, "or")))
    }
}

/// Whether it came by a list.
pub fn list(message: &Message) -> Outcome {
    Outcome::of(bulk::list(message).map(Outcome::met).ok_or_else(|| "it came by no list".to_owned()))
}

/// Whether a machine wrote it.
pub fn automated(message: &Message) -> Outcome {
    if message.automated {
        Outcome::met("automated is true".to_owned())
    } else {
        Outcome::Failed("automated is false".to_owned())
    }
}

/// Whether a chat message names one of these.
pub fn mention(message: &Message, wanted: &[Mention]) -> Outcome {
    let Kind::Chat(chat) = message.kind else { return Outcome::Failed("it is mail, which mentions nobody".to_owned()) };
    one_of("mention", named(chat.mention), wanted.iter().map(|&it| named(it)))
}

/// Its word in the configuration.
pub fn named(mention: Mention) -> &'static str {
    match mention {
        Mention::Me => "me",
        Mention::Group => "group",
        Mention::Everyone => "everyone",
        Mention::Nobody => "none",
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

/// Whether one of these signals fired; the evidence is its own.
pub fn signal(heard: &Heard, wanted: &[Signal]) -> Outcome {
    match heard.found.iter().find(|found| wanted.contains(&found.signal)) {
        Some(found) => Outcome::met(format!("signal {}: {}", found.signal.name(), found.evidence.join(", "))),
        None => Outcome::Failed(format!("no signal {}", listed(wanted.iter().map(|signal| signal.name()), "or"))),
    }
}

/// Whether its event starts between now and `within` from now, both included. A cancellation counts: who learns of it
/// after the event has gone there in vain. Somebody else's answer to an invitation does not, it changes nothing (iTIP's
/// REPLY, REFRESH and DECLINECOUNTER, RFC 5546 section 1.4).
pub fn starts_within(message: &Message, now: Timestamp, within: Duration) -> Outcome {
    let Some(event) = &message.event else { return Outcome::Failed("there is no event".to_owned()) };
    let summary = quoted(&event.summary);
    if !is_invitation(event) {
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

/// Whether a calendar part asks somebody to come, and does not answer another (RFC 5546 section 1.4).
pub fn is_invitation(event: &Event) -> bool {
    !matches!(event.method.as_str(), "REPLY" | "REFRESH" | "DECLINECOUNTER")
}

/// Whether so many messages of others, this one included, came in its thread within this time up to it.
pub fn burst(history: Option<&History>, count: usize, within: Duration) -> Outcome {
    let Some(history) = history else { return Outcome::Failed(format!("burst {ELSEWHERE}")) };
    // A thread keeps its newest messages only; this one may be older than those.
    let came = history.thread.burst(history.at, within).max(1);
    let messages = if came == 1 { "message" } else { "messages" };
    let said = format!("{came} {messages} of its thread came within {}", spoken(within));
    if came >= count { Outcome::met(said) } else { Outcome::Failed(format!("{said}, not {count}")) }
}

/// Whether its sender was never seen before.
///
/// # Errors
/// Why nobody can tell: then it is neither met that it is so nor that it is not.
pub fn first_contact(history: Option<&History>) -> Result<Outcome, String> {
    let history = history.ok_or_else(|| format!("first_contact {ELSEWHERE}"))?;
    let sender = history.sender.as_ref().ok_or("it has no sender that can be read")?;
    if sender.first != history.message {
        let before = Duration::try_from(history.at.duration_since(sender.first_at)).unwrap_or_default();
        return Ok(Outcome::Failed(format!("its sender was seen {} before", spoken(before))));
    }
    match history.past {
        Past::Read => Ok(Outcome::met("its sender was never seen before".to_owned())),
        Past::BeingRead => Err("first_contact is not known yet: past mail is still being read".to_owned()),
    }
}

/// Whether it answers something I wrote, or belongs to a thread that I began.
///
/// # Errors
/// As [`first_contact`].
pub fn replies_to_me(history: Option<&History>) -> Result<Outcome, String> {
    let history = history.ok_or_else(|| format!("replies_to_me {ELSEWHERE}"))?;
    Ok(if history.answers_me {
        Outcome::met("it answers a message of mine".to_owned())
    } else if history.thread.begun_by_me {
        Outcome::met("it is in a thread that I began".to_owned())
    } else {
        Outcome::Failed("it answers nothing that I wrote".to_owned())
    })
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::{Outcome, burst, first_contact, replies_to_me};
    use crate::model::history::facts::{History, Past};
    use crate::model::history::lesson::{By, Lesson, MessageKey, SenderKey};
    use crate::model::history::memory::Memory;
    use crate::model::name::PersonName;

    /// Learns of these messages (who, id, what it answers, second), and tells what was known around the last of them.
    fn around(past: Past, messages: &[(&str, &str, &str, i64)]) -> Option<History> {
        let (me, mut memory, mut last) = (PersonName::new("me"), Memory::default(), None);
        let sender = |who: &str| SenderKey::of(&me, who);
        for (who, id, answers, second) in messages {
            let by = match *who {
                "" => By::Nobody,
                "me" => By::Me(vec![sender("carl")]),
                who => By::Sender(sender(who)),
            };
            let at = Timestamp::from_second(*second).unwrap_or_default();
            let ancestors = answers.split_whitespace().map(|id| MessageKey::of(&me, id)).collect();
            let lesson = Lesson { ancestors, ..Lesson::plain(me.clone(), (MessageKey::of(&me, id), at), by) };
            memory.learn(&lesson);
            last = Some(memory.history(&lesson, past));
        }
        last
    }

    fn wish(told: Result<Outcome, String>, wanted: &str) -> Outcome {
        if wanted == "true" { Outcome::of(told) } else { Outcome::of_opposite(told) }
    }

    fn check(outcome: Outcome, expected: &str) {
        let said = match outcome {
            Outcome::Met(phrases) => format!("met: {}", phrases.join(" | ")),
            Outcome::Failed(why) => format!("failed: {why}"),
        };
        assert_eq!(said, expected);
    }

    #[test]
    fn a_burst_counts_the_messages_of_others_in_its_thread() {
        let ten = Duration::from_secs(600);
        let of = |messages: &[_]| burst(around(Past::Read, messages).as_ref(), 3, ten);
        let first = [("bob", "a", "", 0), ("bob", "b", "a", 60)];
        check(of(&first), "failed: 2 messages of its thread came within 10 min, not 3");
        let me = [&first[..], &[("me", "m", "b", 70)]].concat();
        check(of(&[&me[..], &[("eve", "c", "m", 600)]].concat()), "met: 3 messages of its thread came within 10 min");
        check(
            of(&[&first[..], &[("bob", "b", "a", 60)]].concat()),
            "failed: 2 messages of its thread came within 10 min, not 3",
        );
        check(
            of(&[&first[..], &[("bob", "c", "a", 661)]].concat()),
            "failed: 1 message of its thread came within 10 min, not 3",
        );
        check(
            of(&[&first[..], &[("bob", "c", "", 61)]].concat()),
            "failed: 1 message of its thread came within 10 min, not 3",
        );
        check(burst(None, 3, ten), "failed: burst is not known here: only the daemon keeps what it needs");
    }

    #[test]
    fn a_first_contact_is_of_a_sender_never_seen() {
        let of = |past, messages: &[_], wanted| wish(first_contact(around(past, messages).as_ref()), wanted);
        let (new, known) = ([("bob", "a", "", 0)], [("bob", "a", "", 0), ("bob", "b", "", 90)]);
        check(of(Past::Read, &new, "true"), "met: its sender was never seen before");
        check(of(Past::Read, &new, "false"), "failed: its sender was never seen before");
        check(of(Past::Read, &known, "true"), "failed: its sender was seen 90 s before");
        check(of(Past::Read, &known, "false"), "met: its sender was seen 90 s before");
        check(
            of(Past::Read, &[("me", "a", "", 0), ("carl", "b", "", 9)], "true"),
            "failed: its sender was seen 9 s before",
        );
        check(of(Past::BeingRead, &known, "false"), "met: its sender was seen 90 s before");
        let unknown = "failed: first_contact is not known yet: past mail is still being read";
        check(of(Past::BeingRead, &new, "true"), unknown);
        check(of(Past::BeingRead, &new, "false"), unknown);
        check(of(Past::Read, &[("", "a", "", 0)], "true"), "failed: it has no sender that can be read");
        check(
            wish(first_contact(None), "false"),
            "failed: first_contact is not known here: only the daemon keeps what it needs",
        );
    }

    #[test]
    fn an_answer_names_what_i_wrote_or_is_in_what_i_began() {
        let of = |messages: &[_], wanted| wish(replies_to_me(around(Past::BeingRead, messages).as_ref()), wanted);
        let mine = ("me", "m", "", 0);
        check(of(&[mine, ("bob", "a", "m", 1)], "true"), "met: it answers a message of mine");
        check(of(&[mine, ("bob", "a", "m", 1), ("eve", "b", "a", 2)], "true"), "met: it is in a thread that I began");
        check(of(&[mine, ("bob", "a", "", 1)], "true"), "failed: it answers nothing that I wrote");
        check(of(&[mine, ("bob", "a", "", 1)], "false"), "met: it answers nothing that I wrote");
        check(
            of(&[("bob", "a", "", 0), ("me", "m", "a", 1), ("eve", "b", "a", 2)], "true"),
            "failed: it answers nothing that I wrote",
        );
        check(
            of(&[("bob", "a", "", 0), ("me", "m", "a", 1), ("eve", "b", "m a", 2)], "true"),
            "met: it answers a message of mine",
        );
    }
}
