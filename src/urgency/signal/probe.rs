//! For tests: messages as signals see them, with little writing.

#![allow(clippy::unwrap_used)]

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use crate::civil::Zone;
use crate::model::identity::{Id, Identity};
use crate::model::message::{Address, Audience, Authenticity, Chat, Event, Header, Kind, Mention, Message, SentAt};
use crate::urgency::moment::{Hours, Moment};
use crate::urgency::view::View;

/// An instant.
pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Wednesday, 13 January 2027, nine o'clock in UTC: when all messages here are written.
pub const WRITTEN: &str = "2027-01-13T09:00:00Z";

/// A mail of one person to another, written at `WRITTEN`.
pub fn mail(subject: &str, text: &str) -> Message {
    let written = at(WRITTEN);
    let address = |address: &str| Address { name: None, address: address.to_owned() };
    let mut message = Message::bare(Identity(Id::of(&[b"probe"])), "home", written, 1_000);
    message.sender = Some(address("bob@example.net"));
    message.to = vec![address("ada@example.org")];
    message.subject = subject.to_owned();
    message.own_text = text.to_owned();
    message.sent_at = Some(SentAt { instant: written, offset: Offset::UTC });
    message
}

/// A mail that a list or a newsletter sent.
pub fn bulk(subject: &str, text: &str) -> Message {
    let mut message = mail(subject, text);
    message.headers.push(Header { name: "List-Unsubscribe".to_owned(), value: "<mailto:x@example.net>".to_owned() });
    message
}

/// A mail that a machine sent, proven.
pub fn machine(subject: &str, text: &str) -> Message {
    Message { automated: true, authenticity: Authenticity::Passed, ..mail(subject, text) }
}

/// A chat message to me alone.
pub fn chat(text: &str) -> Message {
    let chat = Chat { audience: Audience::Direct, mention: Mention::Nobody };
    Message { kind: Kind::Chat(chat), ..mail("", text) }
}

/// A mail with a calendar part of two people.
pub fn invitation(method: &str, starts: &str) -> Message {
    let event = Event {
        method: method.to_owned(),
        uid: "u".to_owned(),
        summary: "Weekly".to_owned(),
        starts: at(starts),
        ends: None,
        all_day: false,
        cancelled: method == "CANCEL",
        people: 2,
        revision: None,
    };
    Message { event: Some(event), ..mail("Weekly", "") }
}

/// What is asked of a message, as of a moment.
pub fn ask<T>(message: &Message, now: &str, question: impl FnOnce(&View<'_>) -> T) -> T {
    let zone = Zone { name: "UTC".to_owned(), rules: TimeZone::UTC };
    let me = ["ada@example.org".to_owned()];
    let moment = Moment {
        now: at(now),
        arrived: at(WRITTEN),
        zone: &zone,
        working: Hours::Inside,
        quiet: Hours::Outside,
        me: &me,
        name: Some("Ada"),
        history: None,
    };
    question(&View::new(message, &moment))
}
