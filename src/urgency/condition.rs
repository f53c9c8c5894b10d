//! Whether the conditions of a rule are met by a message, and in words why.

use std::cell::OnceCell;

use super::facts::{self, Outcome};
use super::moment::Moment;
use super::phrase::{listed, matched, patterns, quoted};
use super::rule::{Condition, ToMe};
use super::signal::{self, Heard};
use super::view::View;
use crate::limits;
use crate::model::message::{Address, Kind, Message};
use crate::pattern::{Hay, Pattern};

/// A message made ready for many conditions: its long texts are folded once.
#[derive(Debug)]
pub struct Reading<'a> {
    /// The message.
    pub message: &'a Message,
    /// When, where and for whom it is judged.
    pub moment: &'a Moment<'a>,
    subject: Hay<'a>,
    body: Hay<'a>,
    heard: OnceCell<Heard>,
}

impl<'a> Reading<'a> {
    /// Makes a message ready.
    pub fn new(message: &'a Message, moment: &'a Moment<'a>) -> Self {
        let (subject, body) = (Hay::new(&message.subject), Hay::new(&message.own_text));
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
        self.all_at(conditions, 0)
    }

    fn all_at(&self, conditions: &[Condition], depth: usize) -> Outcome {
        let mut evidence = Vec::new();
        for condition in conditions {
            match self.one(condition, depth) {
                Outcome::Met(phrases) => evidence.extend(phrases),
                Outcome::Failed(why) => return Outcome::Failed(why),
            }
        }
        Outcome::Met(evidence)
    }

    fn one(&self, condition: &Condition, depth: usize) -> Outcome {
        let message = self.message;
        match condition {
            Condition::Any(_) | Condition::All(_) | Condition::Not(_) if depth >= limits::judgement::RULE_DEPTH => {
                Outcome::Failed(format!("it nests deeper than {} levels", limits::judgement::RULE_DEPTH))
            }
            Condition::Any(branches) => self.any(branches, depth + 1),
            Condition::All(branches) => self.every(branches, depth + 1),
            Condition::Not(branches) => self.none(branches, depth + 1),
            Condition::From(patterns) => values("from", addresses(&message.sender), patterns),
            Condition::To(patterns) => values("to", addresses(&message.to), patterns),
            Condition::Cc(patterns) => values("cc", addresses(&message.cc), patterns),
            Condition::Anyone(patterns) => {
                let all = addresses(&message.sender).chain(addresses(&message.to)).chain(addresses(&message.cc));
                values("anyone", all, patterns)
            }
            Condition::FromName(patterns) => {
                values("from_name", message.sender.iter().filter_map(|sender| sender.name.as_deref()), patterns)
            }
            Condition::Subject(patterns) => running("subject", &self.subject, patterns)
                .unwrap_or_else(|| unlike("subject", &self.subject, patterns)),
            Condition::Body(patterns) => {
                running("body", &self.body, patterns).unwrap_or_else(|| unlike("body", &self.body, patterns))
            }
            Condition::Text(patterns) => self.text(patterns),
            Condition::Header { name, value } => self.header(name, value.as_deref()),
            Condition::Source(patterns) => values("source", [message.source.as_str()], patterns),
            Condition::Kind(kinds) => kind(message.kind, kinds),
            Condition::ToMe(wanted) => to_me(message, self.moment, wanted),
            Condition::List(None) => facts::list(message),
            Condition::List(Some(patterns)) => values("list", message.list_id.as_deref(), patterns),
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
                values("attachment", names.filter(|name| !name.is_empty()), patterns)
            }
            Condition::LargerThan(octets) => facts::larger_than(message, *octets),
            Condition::SmallerThan(octets) => facts::smaller_than(message, *octets),
            Condition::Signal(wanted) => facts::signal(self.heard(), wanted),
        }
    }

    /// The first branch that is met gives the evidence.
    fn any(&self, branches: &[Vec<Condition>], depth: usize) -> Outcome {
        let mut failures = Vec::new();
        for branch in branches {
            match self.all_at(branch, depth) {
                Outcome::Met(evidence) => return Outcome::Met(evidence),
                Outcome::Failed(why) => failures.push(why),
            }
        }
        Outcome::Failed(format!("none of any: {}", failures.join("; ")))
    }

    fn every(&self, branches: &[Vec<Condition>], depth: usize) -> Outcome {
        let mut evidence = Vec::new();
        for branch in branches {
            match self.all_at(branch, depth) {
                Outcome::Met(phrases) => evidence.extend(phrases),
                Outcome::Failed(why) => return Outcome::Failed(why),
            }
        }
        Outcome::Met(evidence)
    }

    /// Why each branch is not met is the evidence.
    fn none(&self, branches: &[Vec<Condition>], depth: usize) -> Outcome {
        let mut evidence = Vec::new();
        for branch in branches {
            match self.all_at(branch, depth) {
                Outcome::Met(phrases) if phrases.is_empty() => return Outcome::Failed("not: it is empty".to_owned()),
                Outcome::Met(phrases) => return Outcome::Failed(format!("not: {}", phrases.join(" and "))),
                Outcome::Failed(why) => evidence.push(format!("not: {why}")),
            }
        }
        Outcome::Met(evidence)
    }

    fn text(&self, wanted: &[Pattern]) -> Outcome {
        running("subject", &self.subject, wanted).or_else(|| running("body", &self.body, wanted)).unwrap_or_else(|| {
            let (subject, body) = (quoted(self.subject.whole()), quoted(self.body.whole()));
            Outcome::Failed(format!("neither subject {subject} nor body {body} matches {}", patterns(wanted)))
        })
    }

    fn header(&self, name: &str, wanted: Option<&[Pattern]>) -> Outcome {
        let mut occurrences = self.message.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        let label = format!("header {name}");
        match wanted {
            Some(wanted) => values(&label, occurrences.map(|header| header.value.as_str()), wanted),
            None if occurrences.next().is_some() => Outcome::met(format!("{label} is there")),
            None => Outcome::Failed(format!("{label} is missing")),
        }
    }
}

fn addresses<'m>(list: impl IntoIterator<Item = &'m Address>) -> impl Iterator<Item = &'m str> {
    list.into_iter().map(|address| address.address.as_str())
}

/// Any value by any pattern.
fn values<'v>(label: &str, values: impl IntoIterator<Item = &'v str>, wanted: &[Pattern]) -> Outcome {
    let values: Vec<&str> = values.into_iter().collect();
    for value in &values {
        let hay = Hay::new(value);
        for pattern in wanted {
            if let Some(found) = pattern.find(&hay) {
                return Outcome::met(format!("{label} {} matches {}", quoted(value), matched(pattern, found.by)));
            }
        }
    }
    Outcome::Failed(match values.len() {
        0 => format!("{label} is missing"),
        1 => format!("{label} {} does not match {}", listed(values, "and"), patterns(wanted)),
        _ => format!("{label} {} do not match {}", listed(values, "and"), patterns(wanted)),
    })
}

/// Running text by any pattern; the evidence shows the line that matched.
fn running(label: &str, hay: &Hay<'_>, wanted: &[Pattern]) -> Option<Outcome> {
    wanted.iter().find_map(|pattern| {
        let found = pattern.find(hay)?;
        Some(Outcome::met(format!("{label} {} matches {}", quoted(found.line(hay)), matched(pattern, found.by))))
    })
}

fn unlike(label: &str, hay: &Hay<'_>, wanted: &[Pattern]) -> Outcome {
    Outcome::Failed(format!("{label} {} does not match {}", quoted(hay.whole()), patterns(wanted)))
}

fn kind(kind: Kind, wanted: &[String]) -> Outcome {
    let word = match kind {
        Kind::Mail => "mail",
        Kind::Chat(_) => "chat",
    };
    facts::one_of("kind", word, wanted.iter().map(String::as_str))
}

/// By the addresses of To and Cc alone: a list's mail that names me in To is to me, one that names the list is not.
fn to_me(message: &Message, moment: &Moment<'_>, wanted: &[ToMe]) -> Outcome {
    let is_me = |address: &Address| moment.is_me(&address.address);
    let (in_to, in_cc) = (message.to.iter().any(is_me), message.cc.iter().any(is_me));
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
