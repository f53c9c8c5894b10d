//! Whether the conditions of a rule are met by a message, and in words why.

use std::cell::OnceCell;

use super::facts::{self, Outcome};
use super::moment::Moment;
use super::phrase::{listed, matched, patterns, quoted};
use super::rule::{Condition, ToMe};
use super::signal::{self, Heard};
use super::view::View;
use crate::limits;
use crate::model::message::{Address, Audience, Chat, Kind, Message};
use crate::pattern::{Hay, Pattern};

/// A message made ready for many conditions: its long texts are folded once.
#[derive(Debug)]
pub struct Reading<'a> {
    /// The message.
    pub message: &'a Message,
    /// When, where and for whom it is judged.
    pub moment: &'a Moment<'a>,
    subject: Long<'a>,
    body: Long<'a>,
    heard: OnceCell<Heard>,
}

/// A text that many conditions look into.
#[derive(Debug)]
struct Long<'a> {
    hay: Hay<'a>,
    /// Its beginning in quotes, for all those that do not find what they want.
    quoted: OnceCell<String>,
}

impl<'a> Long<'a> {
    fn new(text: &'a str) -> Self {
        Self { hay: Hay::new(text), quoted: OnceCell::new() }
    }

    fn quoted(&self) -> &str {
        self.quoted.get_or_init(|| quoted(self.hay.whole()))
    }
}

impl<'a> Reading<'a> {
    /// Makes a message ready.
    pub fn new(message: &'a Message, moment: &'a Moment<'a>) -> Self {
        let (subject, body) = (Long::new(&message.subject), Long::new(&message.own_text));
        Self { message, moment, subject, body, heard: OnceCell::new() }
    }

    /// The same message, of which the signals are taken to say this.
    #[must_use]
    pub fn hearing(&self, heard: Heard) -> Self {
        Self { heard: OnceCell::from(heard), ..Self::new(self.message, self.moment) }
    }

    /// What the signals say of it; they are asked once, and only where somebody wants to know.
    pub fn heard(&self) -> &Heard {
        self.heard.get_or_init(|| signal::hear(&View::new(self.message, self.moment)))
    }

    /// Whether all of these conditions are met: with the evidence of each, or with why the first of them is not. An empty
    /// list is met without evidence.
    pub fn all(&self, conditions: &[Condition]) -> Outcome {
        self.every(conditions, How { depth: 0, why: Why::Asked })
    }

    /// The same where nobody wants to know why not, which takes most of the time to put into words.
    pub fn evidence(&self, conditions: &[Condition]) -> Option<Vec<String>> {
        match self.every(conditions, How { depth: 0, why: Why::Unasked }) {
            Outcome::Met(evidence) => Some(evidence),
            Outcome::Failed(_) => None,
        }
    }

    fn every<'c>(&self, conditions: impl IntoIterator<Item = &'c Condition>, how: How) -> Outcome {
        let mut evidence = Vec::new();
        for condition in conditions {
            match self.one(condition, how) {
                Outcome::Met(phrases) => evidence.extend(phrases),
                Outcome::Failed(why) => return Outcome::Failed(why),
            }
        }
        Outcome::Met(evidence)
    }

    fn one(&self, condition: &Condition, how: How) -> Outcome {
        let message = self.message;
        match condition {
            Condition::Any(_) | Condition::All(_) | Condition::Not(_) if how.depth >= limits::judgement::RULE_DEPTH => {
                Outcome::Failed(format!("it nests deeper than {} levels", limits::judgement::RULE_DEPTH))
            }
            Condition::Any(branches) => self.any(branches, how.inside()),
            Condition::All(branches) => self.every(branches.iter().flatten(), how.inside()),
            Condition::Not(branches) => self.none(branches, how.inside()),
            Condition::From(patterns) => how.values("from", addresses(&message.sender), patterns),
            Condition::To(patterns) => how.values("to", addresses(&message.to), patterns),
            Condition::Cc(patterns) => how.values("cc", addresses(&message.cc), patterns),
            Condition::Anyone(patterns) => {
                let all = addresses(&message.sender).chain(addresses(&message.to)).chain(addresses(&message.cc));
                how.values("anyone", all, patterns)
            }
            Condition::FromName(patterns) => {
                how.values("from_name", message.sender.iter().filter_map(|sender| sender.name.as_deref()), patterns)
            }
            Condition::Subject(patterns) => how.running("subject", &self.subject, patterns),
            Condition::Body(patterns) => how.running("body", &self.body, patterns),
            Condition::Text(patterns) => self.text(patterns, how),
            Condition::Header { name, value } => self.header(name, value.as_deref(), how),
            Condition::Source(patterns) => how.values("source", [message.source.as_str()], patterns),
            Condition::Kind(kinds) => kind(message, kinds),
            Condition::Channel(patterns) => channel(message, patterns, how),
            Condition::Mention(wanted) => facts::mention(message, wanted),
            Condition::ToMe(wanted) => to_me(message, self.moment, wanted),
            Condition::List(None) => facts::list(message),
            Condition::List(Some(patterns)) => how.values("list", message.list_id.as_deref(), patterns),
            Condition::Automated(true) => facts::automated(message),
            Condition::Automated(false) => facts::automated(message).turned(),
            Condition::Importance(wanted) => facts::importance(message, wanted),
            Condition::Authenticated(true) => facts::authenticated(message),
            Condition::Authenticated(false) => facts::authenticated(message).turned(),
            Condition::Burst { count, within } => facts::burst(self.moment.history, *count, *within),
            Condition::FirstContact(true) => Outcome::of(facts::first_contact(self.moment.history)),
            Condition::FirstContact(false) => Outcome::of_opposite(facts::first_contact(self.moment.history)),
            Condition::RepliesToMe(true) => Outcome::of(facts::replies_to_me(self.moment.history)),
            Condition::RepliesToMe(false) => Outcome::of_opposite(facts::replies_to_me(self.moment.history)),
            Condition::StartsWithin(within) => facts::starts_within(message, self.moment.now, *within),
            Condition::During(ranges) => facts::during(self.moment, ranges),
            Condition::HasAttachment(true) => facts::has_attachment(message),
            Condition::HasAttachment(false) => facts::has_attachment(message).turned(),
            Condition::Attachment(patterns) => {
                let names = message.attachments.iter().map(|attachment| attachment.name.as_str());
                how.values("attachment", names.filter(|name| !name.is_empty()), patterns)
            }
            Condition::LargerThan(octets) => facts::larger_than(message, *octets),
            Condition::SmallerThan(octets) => facts::smaller_than(message, *octets),
            Condition::Signal(wanted) => facts::signal(self.heard(), wanted),
        }
    }

    /// The first branch that is met gives the evidence.
    fn any(&self, branches: &[Vec<Condition>], how: How) -> Outcome {
        let mut failures = Vec::new();
        for branch in branches {
            match self.every(branch, how) {
                Outcome::Met(evidence) => return Outcome::Met(evidence),
                Outcome::Failed(why) => failures.push(why),
            }
        }
        how.failed(|| format!("none of any: {}", failures.join("; ")))
    }

    /// Why each branch is not met is the evidence.
    fn none(&self, branches: &[Vec<Condition>], how: How) -> Outcome {
        let mut evidence = Vec::new();
        for branch in branches {
            match self.every(branch, How { why: Why::Asked, ..how }) {
                Outcome::Met(phrases) if phrases.is_empty() => return Outcome::Failed("not: it is empty".to_owned()),
                Outcome::Met(phrases) => return Outcome::Failed(format!("not: {}", phrases.join(" and "))),
                Outcome::Failed(why) => evidence.push(format!("not: {why}")),
            }
        }
        Outcome::Met(evidence)
    }

    fn text(&self, wanted: &[Pattern], how: How) -> Outcome {
        let found = running("subject", &self.subject.hay, wanted).or_else(|| running("body", &self.body.hay, wanted));
        let (subject, body) = (&self.subject, &self.body);
        let unlike =
            || format!("neither subject {} nor body {} matches {}", subject.quoted(), body.quoted(), patterns(wanted));
        found.unwrap_or_else(|| how.failed(unlike))
    }

    fn header(&self, name: &str, wanted: Option<&[Pattern]>, how: How) -> Outcome {
        let mut occurrences = self.message.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        let label = format!("header {name}");
        match wanted {
            Some(wanted) => how.values(&label, occurrences.map(|header| header.value.as_str()), wanted),
            None if occurrences.next().is_some() => Outcome::met(format!("{label} is there")),
            None => Outcome::Failed(format!("{label} is missing")),
        }
    }
}

/// How deep conditions stand in one another, and whether anybody wants to know why one is not met.
#[derive(Clone, Copy)]
struct How {
    depth: usize,
    why: Why,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    Asked,
    Unasked,
}

impl How {
    fn inside(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    fn failed(self, words: impl FnOnce() -> String) -> Outcome {
        Outcome::Failed(if self.why == Why::Asked { words() } else { String::new() })
    }

    /// Any value by any pattern.
    fn values<'v>(self, label: &str, values: impl IntoIterator<Item = &'v str>, wanted: &[Pattern]) -> Outcome {
        let values: Vec<&str> = values.into_iter().collect();
        for value in &values {
            let hay = Hay::new(value);
            for pattern in wanted {
                if let Some(found) = pattern.find(&hay) {
                    return Outcome::met(format!("{label} {} matches {}", quoted(value), matched(pattern, found.by)));
                }
            }
        }
        self.failed(|| match values.len() {
            0 => format!("{label} is missing"),
            1 => format!("{label} {} does not match {}", listed(values, "and"), patterns(wanted)),
            _ => format!("{label} {} do not match {}", listed(values, "and"), patterns(wanted)),
        })
    }

    /// Running text by any pattern.
    fn running(self, label: &str, text: &Long<'_>, wanted: &[Pattern]) -> Outcome {
        let unlike = || format!("{label} {} does not match {}", text.quoted(), patterns(wanted));
        running(label, &text.hay, wanted).unwrap_or_else(|| self.failed(unlike))
    }
}

fn addresses<'m>(list: impl IntoIterator<Item = &'m Address>) -> impl Iterator<Item = &'m str> {
    list.into_iter().map(|address| address.address.as_str())
}

/// Running text by any pattern; the evidence shows the line that matched.
fn running(label: &str, hay: &Hay<'_>, wanted: &[Pattern]) -> Option<Outcome> {
    wanted.iter().find_map(|pattern| {
        let found = pattern.find(hay)?;
        Some(Outcome::met(format!("{label} {} matches {}", quoted(found.line(hay)), matched(pattern, found.by))))
    })
}

/// A chat message is of the kind of its hook, too.
fn kind(message: &Message, wanted: &[String]) -> Outcome {
    let word = match message.kind {
        Kind::Mail => "mail",
        Kind::Chat(_) => "chat",
    };
    let service = message.post.as_ref().map(|post| post.service.as_str());
    let service = service.filter(|service| wanted.iter().any(|wanted| wanted == service));
    facts::one_of("kind", service.unwrap_or(word), wanted.iter().map(String::as_str))
}

fn channel(message: &Message, wanted: &[Pattern], how: How) -> Outcome {
    let Some(post) = &message.post else { return Outcome::Failed("it came by no channel".to_owned()) };
    how.values("channel", post.channel_names().iter().map(String::as_str), wanted)
}

/// By the addresses of To and Cc alone: a list's mail that names me in To is to me, one that names the list is not. A chat
/// message is to me alone, or to a channel.
fn to_me(message: &Message, moment: &Moment<'_>, wanted: &[ToMe]) -> Outcome {
    let is_me = |address: &Address| moment.is_me(&address.address);
    let is_direct = matches!(message.kind, Kind::Chat(Chat { audience: Audience::Direct, .. }));
    let (in_to, in_cc) = (is_direct || message.to.iter().any(is_me), message.cc.iter().any(is_me));
    let only = (in_to || in_cc) && message.to.iter().chain(&message.cc).all(is_me);
    let met = |wanted: &ToMe| match wanted {
        ToMe::Only => only,
        ToMe::Direct => in_to,
        ToMe::Cc => in_cc && !in_to,
        ToMe::No => !in_to && !in_cc,
    };
    if let Some(found) = wanted.iter().find(|wanted| met(wanted)) {
        return Outcome::met(format!("to_me is \"{}\"", word(*found)));
    }
    let is = [ToMe::Only, ToMe::Direct, ToMe::Cc, ToMe::No].into_iter().find(|it| met(it)).unwrap_or(ToMe::No);
    Outcome::Failed(format!("to_me is \"{}\", not {}", word(is), listed(wanted.iter().map(|&it| word(it)), "or")))
}

fn word(to_me: ToMe) -> &'static str {
    match to_me {
        ToMe::Only => "only",
        ToMe::Direct => "direct",
        ToMe::Cc => "cc",
        ToMe::No => "no",
    }
}

#[cfg(test)]
mod tests;
