//! Whether a message says that its thing is over, and what else it says to its thread.

use std::ops::Range;

use jiff::tz::TimeZone;

use super::state::{self, State};
use crate::limits;
use crate::model::history::lesson::Says;
use crate::model::mailing_list;
use crate::model::message::{Alarm, Authenticity, Message};
use crate::text;
use crate::urgency::parts::{self, Code, Subject};
use crate::urgency::phrase::quoted;
use crate::urgency::phrases::sense::{Hit, Sense};
use crate::urgency::times::named::Written;
use crate::urgency::words::Words;

/// How a message says that something is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// An alarm ends.
    Alarm,
    /// Somebody says so, and hardly anything else: it is fixed, never mind.
    Said,
    /// The same among other things.
    SaidAmongOthers,
    /// Something is called off: news that has to be learned.
    CalledOff,
}

/// That something is over, and the words that say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// How.
    pub how: How,
    /// In what words, folded.
    pub words: String,
}

/// Beginnings of words of [`Sense::Change`] that say that it does not take place at all.
const CALLED_OFF: &[&str] = &[
    "cancel",
    "call off",
    "called off",
    "calling off",
    "scrapped",
    "abgesagt",
    "absage",
    "entfällt",
    "entfallen",
    "fällt aus",
    "storniert",
    "annul",
    "supprim",
    "anulad",
    "suspendid",
    "suspes",
    "desmarcad",
    "disdett",
    "salta ",
];

/// Words before it that say that it is not so, or not yet.
const UNLESS: &[&str] = &[
    "not",
    "never",
    "no",
    "nothing",
    "isn't",
    "aren't",
    "wasn't",
    "hasn't",
    "haven't",
    "don't",
    "can't",
    "cannot",
    "until",
    "till",
    "once",
    "when",
    "if",
    "unless",
    "whether",
    "before",
    "must",
    "should",
    "needs",
    "need",
    "be",
    "being",
    "get",
    "getting",
    "will",
    "hope",
    "hopefully",
    "want",
    "nicht",
    "kein",
    "keine",
    "nie",
    "bis",
    "wenn",
    "falls",
    "sobald",
    "ob",
    "werden",
    "wird",
    "muss",
    "pas",
    "jamais",
    "quand",
    "lorsque",
    "sera",
    "être",
    "nunca",
    "hasta",
    "cuando",
    "será",
    "ser",
    "não",
    "nao",
    "até",
    "quando",
    "non",
    "mai",
    "finché",
    "sarà",
    "essere",
    "noch",
];

/// What it says, where it says that something is over: its subject, where that is its sender's own, and its text. Nobody
/// who only claims to be somebody is heard.
pub fn of(message: &Message, subject: Option<&Words>, body: &Words) -> Option<Closing> {
    if message.authenticity == Authenticity::Failed {
        return None;
    }
    if let Some(event) = &message.event {
        let words = format!("event {}", quoted(&event.summary));
        return event.cancelled.then_some(Closing { how: How::CalledOff, words });
    }
    if let Some(alarm) = message.post.as_ref().and_then(|post| post.alarm) {
        let words = quoted(&message.subject);
        return (alarm == Alarm::Resolved).then_some(Closing { how: How::Alarm, words });
    }
    if let Some(alarm) = state::read(message) {
        let words = quoted(&message.subject);
        return (alarm.state == State::Ends).then_some(Closing { how: How::Alarm, words });
    }
    if message.automated {
        let subject = subject?;
        let mut ends = subject.hits.iter().filter(|hit| hit.sense == Sense::Recovered);
        let end = ends.find(|hit| is_so(subject, &hit.span))?;
        return Some(Closing { how: How::Alarm, words: quoted(subject.at(&end.span)) });
    }
    // What many get is not about my things, unless they write to one another.
    if mailing_list::sign(message).is_some() && !mailing_list::is_discussion(message) {
        return None;
    }
    let brief = body.folded.len() <= limits::judgement::CLOSING_BRIEF;
    let over = if brief { How::Said } else { How::SaidAmongOthers };
    let said = |how: How, wanted: &dyn Fn(&Words, &Hit) -> bool| {
        [subject, Some(body)].into_iter().flatten().find_map(|words| {
            // What stands far below is about something else.
            let early = words.hits.iter().filter(|hit| hit.span.start <= limits::judgement::CLOSING_BRIEF);
            let hit = early.filter(|hit| wanted(words, hit)).find(|hit| is_so(words, &hit.span))?;
            Some(Closing { how, words: quoted(words.at(&hit.span)) })
        })
    };
    said(How::CalledOff, &|words, hit| {
        hit.sense == Sense::Change && CALLED_OFF.iter().any(|off| words.at(&hit.span).contains(off))
    })
    .or_else(|| said(over, &|_, hit| hit.sense == Sense::Over))
}

/// What a message says to its thread: read for what is kept of it.
pub fn says(message: &Message) -> Says {
    let written = Written { at: message.received_at, zone: TimeZone::UTC };
    let (subject, whose) = parts::subject(&message.subject);
    let subject = (whose == Subject::Own).then(|| Words::new(std::iter::once(subject), &written));
    let (own, _) = parts::said_and_passed_on(text::first_bytes(&message.own_text, limits::judgement::CLOSING_OCTETS));
    let body = Words::new(parts::paragraphs(own, Code::Marked).into_iter(), &written);
    match of(message, subject.as_ref(), &body).map(|closing| closing.how) {
        Some(How::Alarm | How::CalledOff) => Says::Closes,
        Some(How::Said) if !body.folded.contains('?') => Says::Closes,
        _ if message.authenticity == Authenticity::Failed => Says::More,
        _ if message.ends_with_a_question() => Says::Asks,
        _ if is_thanks(&body) => Says::Nods,
        _ => Says::More,
    }
}

/// Whether a text says nothing that wants an answer: no question, request, time or alarm beside what it says is over.
pub fn wants_nothing(words: &Words) -> bool {
    let wants = |hit: &Hit| {
        !matches!(
            hit.sense,
            Sense::Over | Sense::Thanks | Sense::NoHurry | Sense::Recovered | Sense::Around | Sense::Meeting
        )
    };
    !words.folded.contains('?') && !words.hits.iter().any(wants) && words.times().is_empty()
}

/// Whether words are meant as they stand: not denied, wished for, or asked. By the nearest marks around them: "I found it.
/// Can you come?" is two sentences here, however short a word stands before the stop.
fn is_so(words: &Words, span: &Range<usize>) -> bool {
    let is_end = |c: char| matches!(c, '.' | '!' | '?' | ';' | ',' | ':' | '(' | '\n');
    let clause = words.at(&(0..span.start)).rsplit(is_end).next().unwrap_or_default();
    let denied = clause.split_whitespace().rev().take(4).any(|word| UNLESS.contains(&word) || word.ends_with("n't"));
    let after = words.at(&(span.end..words.folded.len()));
    let asked = after.chars().find(|c| matches!(c, '.' | '!' | '?' | ';' | '\n')) == Some('?');
    !denied && !asked
}

/// Thanks in a line or two: every sentence thanks, or is as short as a name.
fn is_thanks(body: &Words) -> bool {
    let (mut at, end) = (0, body.folded.len());
    if end == 0 || end > limits::judgement::THANKS_OCTETS || !wants_nothing(body) {
        return false;
    }
    let mut thanks = false;
    while at < end {
        let sentence = body.sentence(&(at..at + 1));
        let thanked = body.says(&[Sense::Thanks], &sentence);
        if !thanked && body.at(&sentence).split_whitespace().count() > 2 {
            return false;
        }
        (thanks, at) = (thanks || thanked, sentence.end.max(at + 1));
    }
    thanks
}
