//! A message as the signals see it: read once, so that each of them is a few lines.

use std::cell::OnceCell;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::moment::Moment;
use super::parts::{self, Code, Subject};
use super::phrases::sense::{Hit, Sense};
use super::times::named::{Named, Written};
use super::words::Words;
use crate::limits;
use crate::model::history::facts::Past;
use crate::model::message::{Audience, Authenticity, Chat, Kind, Mention, Message};
use crate::text;

/// A message, its words and the times it names.
#[derive(Debug)]
pub struct View<'a> {
    /// The message.
    pub message: &'a Message,
    /// When, where and for whom it is judged.
    pub moment: &'a Moment<'a>,
    /// When and by which clock it was written.
    pub written: Written,
    /// Its subject, without the marks of answers.
    pub subject: Words,
    /// Whose words the subject are.
    pub subject_of: Subject,
    /// What its sender wrote into it.
    pub body: Words,
    /// Whether they pass on something beside.
    pub passes_on: bool,
    /// Who speaks.
    pub voice: Voice,
    /// The code or link in it, looked for once, by the first signal that asks (`signal::code`).
    pub token: OnceCell<Option<Token>>,
}

/// What is good for minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is, and the words that say so.
    pub what: String,
    /// When it expires.
    pub expires_at: Timestamp,
    /// How long it is good.
    pub lasts: Duration,
}

/// Who speaks in a message, as far as it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// Somebody, to people they know.
    Person,
    /// A machine, to me.
    Machine,
    /// Somebody or something, to many: a list, a newsletter, a channel in which nobody is named.
    Crowd,
}

impl<'a> View<'a> {
    /// Reads a message. Linear in at most `limits::judgement::SIGNAL_OCTETS` of its text.
    pub fn new(message: &'a Message, moment: &'a Moment<'a>) -> Self {
        let written = written(message, moment);
        let code = if message.kind == Kind::Mail { Code::Marked } else { Code::Indented };
        let (subject, subject_of) = parts::subject(&message.subject);
        let text = text::first_bytes(&message.own_text, limits::judgement::SIGNAL_OCTETS);
        let (said, passed_on) = parts::said_and_passed_on(text);
        let words = |text| Words::new(parts::paragraphs(text, code).into_iter(), &written);
        let (subject, body) = (words(subject), words(said));
        let passes_on = parts::paragraphs(passed_on, code).into_iter().any(|it| !text::fold(it).is_empty());
        let voice = voice(message, &body);
        let token = OnceCell::new();
        Self { message, moment, written, subject, subject_of, body, passes_on, voice, token }
    }

    /// What the sender says: the subject, where it is theirs, and the text.
    pub fn own(&self) -> impl Iterator<Item = &Words> {
        [(self.subject_of == Subject::Own).then_some(&self.subject), Some(&self.body)].into_iter().flatten()
    }

    /// Every phrase of the sender with this sense, in the subject first.
    pub fn hits(&self, sense: Sense) -> impl Iterator<Item = (&Words, &Hit)> {
        self.own()
            .flat_map(move |words| words.hits.iter().filter(move |hit| hit.sense == sense).map(move |hit| (words, hit)))
    }

    /// Whether the sender says something with this sense.
    pub fn says(&self, sense: Sense) -> bool {
        self.hits(sense).next().is_some()
    }

    /// Whether the subject says something with one of these senses; also where it is repeated: it still says what this is about.
    pub fn says_in_subject(&self, senses: &[Sense]) -> bool {
        self.subject.says(senses, &self.subject.whole())
    }

    /// Every time that the sender names, in the subject first.
    pub fn times(&self) -> impl Iterator<Item = (&Words, &Named)> {
        self.own().flat_map(|words| words.times().iter().map(move |named| (words, named)))
    }

    /// When it is judged.
    pub fn now(&self) -> Timestamp {
        self.moment.now
    }

    /// Whether its sender was never seen before, as far as that is known.
    pub fn is_stranger(&self) -> bool {
        let known = self.moment.history.filter(|history| history.past == Past::Read);
        known.is_some_and(|history| history.sender.is_none_or(|sender| sender.first == history.message))
    }

    /// Whether it threatens, and nobody proves who sent it.
    pub fn is_threat(&self) -> bool {
        self.message.authenticity != Authenticity::Passed && self.says(Sense::Threat)
    }

    /// Whether its sender is proven to be somebody else.
    pub fn is_forged(&self) -> bool {
        self.message.authenticity == Authenticity::Failed && self.message.sender.is_some()
    }

    /// Whether it is a mail by itself that wants a click, of nobody in particular as far as that is proven.
    pub fn is_bait(&self) -> bool {
        let message = self.message;
        let is_unproven = message.authenticity != Authenticity::Passed && message.thread.in_reply_to.is_empty();
        message.kind == Kind::Mail && is_unproven && self.body.folded.contains("://")
    }

    /// Whether it is a chat message to me alone.
    pub fn is_direct_chat(&self) -> bool {
        matches!(self.message.kind, Kind::Chat(Chat { audience: Audience::Direct, .. }))
    }
}

/// The message's own Date and offset; where it has none, its arrival in the reader's zone. A Date of the future is none:
/// the sender's clock is wrong.
fn written(message: &Message, moment: &Moment<'_>) -> Written {
    match message.sent_at {
        Some(sent) if sent.instant <= moment.now => Written { at: sent.instant, zone: TimeZone::fixed(sent.offset) },
        _ => Written { at: moment.arrived, zone: moment.zone.rules.clone() },
    }
}

fn voice(message: &Message, body: &Words) -> Voice {
    let header = |name: &str| message.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    let is_crowd = match message.kind {
        Kind::Chat(chat) => chat.audience == Audience::Channel && chat.mention == Mention::Nobody,
        Kind::Mail => {
            let bulk = |value: &str| ["bulk", "list", "junk"].iter().any(|word| value.eq_ignore_ascii_case(word));
            message.list_id.is_some()
                || header("List-Unsubscribe").is_some()
                || header("Precedence").is_some_and(|header| bulk(header.value.trim()))
        }
    };
    // Whoever writes for many says so in more than one phrase, also where no header tells.
    let is_bulk = || body.hits.iter().filter(|hit| hit.sense == Sense::Bulk).nth(1).is_some();
    match is_crowd || is_bulk() {
        true => Voice::Crowd,
        false if message.automated => Voice::Machine,
        false => Voice::Person,
    }
}
