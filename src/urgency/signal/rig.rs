//! A message, its moment and its past, for the tests of signals.
#![allow(clippy::unwrap_used)]

use jiff::Timestamp;

use crate::civil::Zone;
use crate::model::history::facts::{History, Past};
use crate::model::history::lesson::{By, Lesson, MessageKey, SenderKey};
use crate::model::history::memory::Memory;
use crate::model::identity::{Id, Identity};
use crate::model::message::{Address, Audience, Chat, Header, Kind, Mention, Message};
use crate::model::name::PersonName;
use crate::urgency::moment::{Hours, Moment};
use crate::urgency::phrases::sense::{Hit, Sense};
use crate::urgency::signal::found::Found;
use crate::urgency::view::View;

/// Ada Byron's mail on Tuesday, 12 January 2027, at noon in Madrid.
pub struct Rig {
    pub message: Message,
    pub history: Option<History>,
    pub now: Timestamp,
    pub working: Hours,
    /// Phrases that are taken for this, wherever they stand, whatever the tables say.
    pub phrases: Vec<(Sense, &'static str)>,
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn address(address: &str) -> Address {
    Address { name: None, address: address.to_owned() }
}

pub fn header(line: &str) -> Header {
    let (name, value) = line.split_once(": ").unwrap();
    Header { name: name.to_owned(), value: value.to_owned() }
}

/// What Ben writes to Ada.
pub fn mail(subject: &str, text: &str) -> Rig {
    let now = at("2027-01-12T11:00:00Z");
    let bare = Message::bare(Identity(Id::of(&[b"mail"])), "work", now, 2_000);
    let message = Message {
        message_id: Some("it@example.net".to_owned()),
        sender: Some(address("ben@example.net")),
        to: vec![address("ada@example.org")],
        subject: subject.to_owned(),
        own_text: text.to_owned(),
        ..bare
    };
    Rig { message, history: None, now, working: Hours::Unset, phrases: Vec::new() }
}

/// What Ben says in a chat.
pub fn chat(audience: Audience, mention: Mention, text: &str) -> Rig {
    let mut rig = mail("", text);
    rig.message.kind = Kind::Chat(Chat { audience, mention });
    rig
}

/// A lesson of the thread, minutes before noon: `me` or who wrote, what it is.
pub fn word(who: &str, id: &str, minutes: i64) -> Lesson {
    let me = PersonName::new("me");
    let sender = |who: &str| SenderKey::of(&me, &format!("{who}@example.net"));
    let by = if who == "me" { By::Me(vec![sender("ben")]) } else { By::Sender(sender(who)) };
    let at = Timestamp::from_second(at("2027-01-12T11:00:00Z").as_second() - minutes * 60).unwrap();
    let root = MessageKey::of(&me, "root");
    Lesson { ancestors: vec![root], ..Lesson::plain(me.clone(), (MessageKey::of(&me, id), at), by) }
}

impl Rig {
    /// What came before and after it in its thread; it is Ben's word at noon, and answers the root.
    pub fn after(self, words: &[Lesson]) -> Self {
        self.learned_as(&word("ben", "it", 0), words)
    }

    /// As `after`, where this is what it teaches.
    pub fn learned_as(mut self, own: &Lesson, words: &[Lesson]) -> Self {
        let mut memory = Memory::default();
        words.iter().chain([own]).for_each(|lesson| {
            memory.learn(lesson);
        });
        self.history = Some(memory.history(own, Past::Read));
        self
    }

    pub fn with(mut self, change: impl FnOnce(&mut Message)) -> Self {
        change(&mut self.message);
        self
    }

    pub fn judged(mut self, now: &str) -> Self {
        self.now = at(now);
        self
    }

    pub fn says(mut self, sense: Sense, phrase: &'static str) -> Self {
        self.phrases.push((sense, phrase));
        self
    }

    /// What a signal finds.
    pub fn hear<T>(&self, signal: impl FnOnce(&View<'_>) -> T) -> T {
        let zone = Zone { name: "Europe/Madrid".to_owned(), rules: jiff::tz::TimeZone::get("Europe/Madrid").unwrap() };
        let me = ["ada@example.org".to_owned()];
        let moment = Moment {
            now: self.now,
            arrived: self.message.received_at,
            zone: &zone,
            working: self.working,
            quiet: Hours::Unset,
            me: &me,
            name: Some("Ada Byron"),
            history: self.history.as_ref(),
        };
        let mut view = View::new(&self.message, &moment);
        for words in [&mut view.subject, &mut view.body] {
            let found = self.phrases.iter().filter_map(|(sense, phrase)| {
                let start = words.folded.find(phrase)?;
                Some(Hit { sense: *sense, span: start..start + phrase.len() })
            });
            let found: Vec<Hit> = found.collect();
            words.hits.extend(found);
        }
        signal(&view)
    }

    /// How strongly a signal fires, in percent; 0: it does not.
    #[track_caller]
    pub fn check(&self, signal: impl FnOnce(&View<'_>) -> Option<Found>, share: u8) {
        let found = self.hear(signal);
        assert_eq!(found.as_ref().map_or(0, |found| found.share), share, "{found:?}");
    }
}
