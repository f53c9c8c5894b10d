//! Invented items and orders for the tests of this module.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, ToSpan};

use super::issue;
use super::link::Webmail;
use super::order::{Caps, ComposeError, Composed, Order, Sender, Topics};
use super::originals::Originals;
use super::own::Templates;
use super::settings::{Format, Settings};
use super::tier::Counts;
use crate::civil::Zone;
use crate::mark::MarkKey;
use crate::model::edition::EditionKind;
use crate::model::identity::{Id, Identity};
use crate::model::item::{Item, Standing};
use crate::model::message::{Address, Attachment, Authenticity, Event, Header, Message};
use crate::model::name::{DigestName, PersonName, RuleName};
use crate::model::verdict::{Decision, Placement, Reason, Then, Urgency, Verdict};

/// What an order borrows.
pub struct Desk {
    pub zone: Zone,
    pub settings: Settings,
    pub kind: EditionKind,
    pub mark: MarkKey,
    pub person: PersonName,
    pub from: Sender,
    pub webmail: BTreeMap<String, Webmail>,
}

/// When the sample edition is sealed: a Wednesday.
pub fn now() -> Timestamp {
    "2027-01-13T09:00:00Z".parse().unwrap()
}

impl Desk {
    pub fn new() -> Self {
        Self {
            zone: Zone { name: "Europe/Lisbon".to_owned(), rules: jiff::tz::TimeZone::get("Europe/Lisbon").unwrap() },
            settings: Settings {
                name: DigestName::new("workdays"),
                to: vec!["ada@example.org".to_owned()],
                subject: "{{ things }} for {{ day }}{% if top %}: {{ top }}{% endif %}".to_owned(),
                max_items: 200,
                attach: false,
                format: Format::default(),
                templates: Templates::default(),
            },
            kind: EditionKind::Digest(DigestName::new("workdays")),
            mark: MarkKey::new(&[7; 32]),
            person: PersonName::new("ada"),
            from: Sender { name: Some("Tidings".to_owned()), address: "tidings@example.org".to_owned() },
            webmail: BTreeMap::new(),
        }
    }

    pub fn order(&self, items: Vec<Item>) -> Order<'_> {
        Order {
            person_name: Some("Ada Lovelace"),
            zone: &self.zone,
            from: &self.from,
            settings: &self.settings,
            links: self.webmail.iter().map(|(account, webmail)| (account.as_str(), webmail)).collect(),
            kind: &self.kind,
            person: &self.person,
            revision: 0,
            slot: now(),
            now: now(),
            items,
            topics: Topics::new(),
            seen_meanwhile: 0,
            dropped: 0,
            held_back: Counts::new(),
            away_since: None,
            week: None,
            caps: Caps::default(),
            originals: Originals::None,
            mark: &self.mark,
            domain: "example.org",
        }
    }
}

/// An item of normal level that came `minutes` before [`now`], from `sender` (`Name <address>` or an address).
pub fn item(sender: &str, subject: &str, minutes: i64) -> Item {
    let (name, address) = match sender.rsplit_once(" <") {
        Some((name, address)) => (Some(name.to_owned()), address.trim_end_matches('>').to_owned()),
        None => (None, sender.to_owned()),
    };
    let at = now().checked_sub(minutes.minutes()).unwrap();
    let number = minutes.to_be_bytes();
    let identity = Identity(Id::of(&[sender.as_bytes(), subject.as_bytes(), &number]));
    let message = Message {
        message_id: Some(format!("{identity}@mail.example.net")),
        sender: Some(Address { name, address }),
        subject: subject.to_owned(),
        ..Message::bare(identity, "work", at, 2_000)
    };
    Item {
        person: PersonName::new("ada"),
        message,
        verdict: Verdict::new(Decision::Level(Urgency::Normal), Reason::NoRule, at),
        placement: Placement::Hold {
            due_at: now(),
            then: Then::Digest(DigestName::new("workdays")),
            deliver_by: now(),
        },
        place: None,
        wanted: None,
        standing: Standing::Waiting,
        accepted_at: at,
    }
}

/// Changes to an item, to be chained.
pub trait With: Sized {
    fn text(self, text: &str) -> Self;
    fn level(self, level: Urgency) -> Self;
    fn rule(self, rule: &str) -> Self;
    fn list(self, id: &str) -> Self;
    fn automated(self) -> Self;
    fn answers(self, parent: &Item) -> Self;
    fn file(self, name: &str, size: u64) -> Self;
}

impl With for Item {
    fn text(mut self, text: &str) -> Self {
        self.message.own_text = text.to_owned();
        self
    }

    fn level(mut self, level: Urgency) -> Self {
        self.verdict.decision = Decision::Level(level);
        self
    }

    fn rule(mut self, rule: &str) -> Self {
        self.verdict.reason = Reason::Rule { rule: RuleName::new(rule), evidence: Vec::new() };
        self
    }

    fn list(mut self, id: &str) -> Self {
        self.message.list_id = Some(id.to_owned());
        self
    }

    fn automated(mut self) -> Self {
        self.message.automated = true;
        self
    }

    fn answers(mut self, parent: &Item) -> Self {
        let id = parent.message.message_id.clone().unwrap();
        self.message.thread.in_reply_to = vec![id.clone()];
        self.message.thread.references = parent.message.thread.references.clone();
        self.message.thread.references.push(id);
        self
    }

    fn file(mut self, name: &str, size: u64) -> Self {
        let media_type = "application/pdf".to_owned();
        self.message.attachments.push(Attachment { name: name.to_owned(), media_type, size });
        self
    }
}

/// A working day's mail, invented: all levels, a conversation, lists, other scripts, an invitation, and a doubtful sender.
pub fn day() -> Vec<Item> {
    let mut items = conversation();
    items.extend([
        item("Lena Ahrens <lena@example.net>", "Database move tonight: please decide before 14:00", 95)
            .level(Urgency::Urgent)
            .rule("my managers, to me alone")
            .text(
                "Hi Ada,\n\nwe can move tonight or in three weeks. I need your yes or no before 14:00, because the window \
                 closes then. The plan is attached; page 2 has what would break.\n\nLena",
            )
            .file("plan.pdf", 1_240_000)
            .file("what-would-break-and-what-would-not-in-full-detail.final-2.pdf", 88_000),
        invitation(),
        doubtful(),
        item("Shop <orders@shop.example>", "Your order has shipped", 700)
            .automated()
            .text("Parcel 1 of 2 is on its way."),
        item("Shop <orders@shop.example>", "Your second parcel has shipped", 120)
            .automated()
            .text("Parcel 2 of 2 is on its way."),
        item("x@example.com", "", 20),
        item("R&D <rd@example.org>", "R&D <b>offer</b> & \"quotes\" <a href=\"https://evil.example.com\">x</a>", 60)
            .text("1 < 2 && 3 > 2"),
    ]);
    items.extend(other_scripts());
    items.extend(lists());
    items
}

fn conversation() -> Vec<Item> {
    let budget = item("Charles Babbage <charles@work.example>", "Budget for the second engine", 1_010).text(
        "Dear Ada,\n\nthe Treasury wants figures by Friday. I put the brass at 1,200 pounds and the steam at nothing, since \
         we agreed to borrow it. Could you look over the third sheet? The sums of the carriage disagree with mine.\n",
    );
    let answer = item("Mary Somerville <mary@work.example>", "Re: Budget for the second engine", 300)
        .text("The carriage is right, the error is in sheet two.\n")
        .answers(&budget);
    let third = item("Charles Babbage <charles@work.example>", "AW: Budget for the second engine", 45)
        .text("Of course. Corrected sheets attached.")
        .file("sheets-2027-final.xlsx", 48_213)
        .answers(&answer);
    vec![budget, answer, third]
}

fn invitation() -> Item {
    let mut meeting = item("Lena Ahrens <lena@example.net>", "Invitation: Weekly round", 200).text("Agenda follows.");
    meeting.message.event = Some(Event {
        method: "REQUEST".to_owned(),
        summary: "Weekly round".to_owned(),
        starts: "2027-01-14T10:00:00Z".parse().unwrap(),
        ends: Some("2027-01-14T10:45:00Z".parse().unwrap()),
        all_day: false,
        cancelled: false,
        uid: "weekly@example.net".to_owned(),
        people: 5,
        revision: None,
    });
    meeting
}

fn doubtful() -> Item {
    let mut doubtful = item("PayPal <service@pаypal.com>", "Your account is limited", 610).text(
        "We noticed something. https://paypal.com.example.net/login?token=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    );
    doubtful.message.authenticity = Authenticity::Failed;
    doubtful
}

fn other_scripts() -> [Item; 2] {
    [
        item("دعاء حسن <doaa@example.eg>", "مرحبا: جدول الاجتماعات", 500)
            .text("مرحبا آدا، أرسل لك جدول الاجتماعات للأسبوع القادم. هل يناسبك يوم الثلاثاء؟"),
        item("山田 太郎 <taro@例え.jp>", "会議の資料について", 480)
            .text(
                "エイダ様\n\n来週の会議の資料をお送りします。ご確認のうえ、金曜日までにご返信いただけますと幸いです。\
                 よろしくお願いいたします。",
            )
            .file("会議資料.pdf", 2_345_678),
    ]
}

fn lists() -> [Item; 4] {
    let mut noted =
        item("Build <ci@work.example>", "main is green again", 30).level(Urgency::Low).rule("ci").automated();
    noted.verdict.wishes.note = Some("the build's own mail".to_owned());
    let dev = |mut item: Item| {
        item.message.headers =
            vec![Header { name: "List-Post".to_owned(), value: "<mailto:dev@lists.example>".to_owned() }];
        item.list("dev.lists.example")
    };
    [
        dev(item("Jo <jo@lists.example>", "[dev] Borrow checker question", 400)).text(
            "I have a struct that holds a reference to itself, and the compiler says no. Is there a way that does not need \
             Pin? I have tried an arena but the lifetimes grow into every signature.",
        ),
        dev(item("Kim <kim@lists.example>", "[dev] Release 2.0 is out", 350)).text("Thanks to all."),
        item("The Weekly <news@weekly.example>", "Seven things you missed", 900)
            .list("weekly.example")
            .level(Urgency::Low)
            .rule("newsletters")
            .text("View this email in your browser\n\nThe comet is back, and this time it has brought friends. Also: bees."),
        noted,
    ]
}

/// A letter as a reader's program sees it.
pub struct Read {
    pub subject: String,
    pub headers: Vec<(String, String)>,
    pub text: String,
    pub html: String,
}

pub fn read(bytes: &[u8]) -> Read {
    assert!(bytes.is_ascii());
    for line in bytes.split(|&b| b == b'\n') {
        assert!(line.len() <= 999, "a line of {} octets", line.len());
    }
    let text = std::str::from_utf8(bytes).unwrap();
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "a bare LF");
    assert_eq!(text.matches('\r').count(), text.matches("\r\n").count(), "a bare CR");
    let mail = mail_parser::MessageParser::new().parse(bytes).unwrap();
    assert_eq!(mail.text_body_count(), 1);
    assert_eq!(mail.html_body_count(), 1);
    assert_eq!(mail.attachment_count(), 0);
    let headers =
        mail.headers_raw().map(|(name, value)| (name.to_owned(), value.replace("\r\n", "").trim().to_owned()));
    Read {
        subject: mail.subject().unwrap().to_owned(),
        headers: headers.collect(),
        text: mail.body_text(0).unwrap().replace("\r\n", "\n"),
        html: mail.body_html(0).unwrap().into_owned(),
    }
}

/// As the module's own.
pub fn compose(order: &Order<'_>) -> Result<Composed, ComposeError> {
    issue::compose_for(order, &order.settings.to)
}

pub fn composed(items: Vec<Item>) -> Composed {
    compose(&Desk::new().order(items)).unwrap()
}

pub fn one(items: Vec<Item>) -> Read {
    let composed = composed(items);
    assert_eq!(composed.drafts.len(), 1);
    read(&composed.drafts[0].bytes)
}

pub fn identities(items: &[Item]) -> BTreeSet<Identity> {
    items.iter().map(|item| item.message.identity).collect()
}

/// The words must stand in the text in this order.
#[track_caller]
pub fn in_order(text: &str, words: &[&str]) {
    let mut rest = text;
    for word in words {
        let Some(at) = rest.find(word) else { panic!("{word:?} is missing, or not in its place, in:\n{text}") };
        rest = &rest[at + word.len()..];
    }
}
