//! Judging a mail or a chat message as a daemon without rules does, and tables of what must come of it.

use jiff::Timestamp;
use tidings::civil::Zone;
use tidings::mail::read::{self, Raw};
use tidings::model::identity::{Id, Identity};
use tidings::model::message::{Address, Audience, Chat, Kind, Mention, Message};
use tidings::model::signal::By;
use tidings::model::verdict::{Reason, Urgency};
use tidings::urgency;
use tidings::urgency::moment::{Hours, Moment};
use tidings::urgency::scale::Scale;

/// What the trusted server says of a sender.
#[derive(Clone, Copy, Debug)]
pub enum Proof {
    Passed,
    Failed,
    None,
}

/// What must come of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Nothing less than critical.
    Critical,
    /// Urgent or critical.
    Now,
    /// Neither.
    Later,
    /// Not urgent, and no `one_time_code` in it.
    NoCode,
    /// Whatever, but critical.
    NotCritical,
}

/// A message, when it is judged, and what must come of it.
#[derive(Clone, Debug)]
pub struct Case {
    pub what: String,
    pub message: Message,
    pub at: Timestamp,
    pub wanted: Wanted,
}

/// A mail, before it is one.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    pub from: &'a str,
    pub subject: &'a str,
    /// As in the Date field.
    pub date: &'a str,
    pub proof: Proof,
    /// Further header fields, each with its line end.
    pub headers: &'a str,
    pub body: &'a str,
}

pub const WEDNESDAY: &str = "Wed, 13 Jan 2027 10:00:00 +0000";

impl Default for Draft<'_> {
    fn default() -> Self {
        Self { from: "Kim <kim@example.com>", subject: "", date: WEDNESDAY, proof: Proof::None, headers: "", body: "" }
    }
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

impl Draft<'_> {
    /// The mail as a reader takes it.
    pub fn read(&self) -> Message {
        let domain = self.from.rsplit_once('@').unwrap().1.trim_end_matches('>');
        let proof = match self.proof {
            Proof::Passed => {
                format!(
                    "Authentication-Results: mx.example.org; dkim=pass header.d={domain}; dmarc=pass header.from={domain}\n"
                )
            }
            Proof::Failed => {
                format!(
                    "Authentication-Results: mx.example.org; dkim=fail header.d={domain}; dmarc=fail header.from={domain}\n"
                )
            }
            Proof::None => String::new(),
        };
        let kind = if self.headers.contains("Content-Type:") {
            ""
        } else {
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
        };
        let mail = format!(
            "{proof}From: {}\nTo: Ada Lovelace <ada@example.org>\nSubject: {}\nDate: {}\nMessage-ID: <1@mail.example.net>\nMIME-Version: 1.0\n{kind}{}\n{}\n",
            self.from, self.subject, self.date, self.headers, self.body
        );
        let zone = zone();
        let raw = Raw {
            bytes: mail.as_bytes(),
            size: mail.len() as u64,
            received_at: self.date.parse_date(),
            source: "home",
            identity: Identity(Id::of(&[mail.as_bytes()])),
            trust: Some("mx.example.org"),
            zone: &zone.rules,
        };
        read::read(&raw)
    }

    pub fn case(&self, what: &str, when: &str, wanted: Wanted) -> Case {
        Case { what: format!("{what}: {} / {}", self.subject, self.body), message: self.read(), at: at(when), wanted }
    }
}

trait ParseDate {
    fn parse_date(&self) -> Timestamp;
}

impl ParseDate for &str {
    fn parse_date(&self) -> Timestamp {
        jiff::fmt::rfc2822::parse(self).unwrap().timestamp()
    }
}

/// A chat message to me alone, judged a minute after it was written.
pub fn chat(text: &str, wanted: Wanted) -> Case {
    let written = at("2027-01-13T10:00:00Z");
    let direct = Chat { audience: Audience::Direct, mention: Mention::Nobody };
    let sender = Address { name: Some("Kim".to_owned()), address: "kim@example.com".to_owned() };
    let message = Message {
        kind: Kind::Chat(direct),
        sender: Some(sender),
        own_text: text.to_owned(),
        ..Message::bare(Identity(Id::of(&[text.as_bytes()])), "chat", written, 100)
    };
    Case { what: format!("chat: {text}"), message, at: at("2027-01-13T10:01:00Z"), wanted }
}

fn zone() -> Zone {
    Zone::parse("Europe/Lisbon").unwrap()
}

/// Judges each, and tells all that came out wrong, with what fired.
pub fn check(cases: impl IntoIterator<Item = Case>) {
    let (zone, scale, me) = (zone(), Scale::default(), ["ada@example.org".to_owned()]);
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in cases {
        count += 1;
        let moment = Moment {
            now: case.at,
            arrived: case.message.received_at,
            zone: &zone,
            working: Hours::Inside,
            quiet: Hours::Outside,
            me: &me,
            name: Some("Ada Lovelace"),
            history: None,
        };
        let verdict = urgency::judge(&case.message, (&[], Some(&scale)), &moment);
        let level = verdict.decision.level().unwrap();
        let Reason::Signals(tally) = &verdict.reason else { panic!("no signals: {}", case.what) };
        let fired = |name: &str| tally.fired.iter().any(|one| matches!(one.by, By::Signal(it) if it.name() == name));
        let right = match case.wanted {
            Wanted::Critical => level == Urgency::Critical,
            Wanted::Now => level >= Urgency::Urgent,
            Wanted::Later => level < Urgency::Urgent,
            Wanted::NoCode => level < Urgency::Urgent && !fired("one_time_code"),
            Wanted::NotCritical => level < Urgency::Critical,
        };
        if !right {
            let fired: Vec<_> =
                tally.fired.iter().map(|one| format!("{} {} {:?}", one.name(), one.points, one.evidence)).collect();
            wrong.push(format!(
                "{}\n    at {}: {level:?}, wanted {:?}: {}",
                case.what,
                case.at,
                case.wanted,
                fired.join("; ")
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {count} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
