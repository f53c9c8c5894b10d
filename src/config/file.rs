//! What stands in the files of the configuration, with the place of each value; nothing is understood here yet.

pub mod account;
pub mod chat;
pub mod condition;
pub mod digest;
pub mod person;
pub mod range;
pub mod secret;
pub mod service;
pub mod setting;
pub mod signals;

use self::account::Account;
use self::chat::{Chat, Ids};
use self::digest::Digest;
use self::person::{Group, Hold, Me, Quiet, Rule};
use self::range::Range;
use self::service::Smtp;
use self::signals::Signals;
use super::fault::Faults;
use super::reader::{At, Reader, Section};

/// The main file. What is `None` or empty was left out, or was wrong and is noted as a fault.
#[derive(Debug)]
pub struct File {
    /// `state_dir`.
    pub state_dir: Option<At<String>>,
    /// `listen`.
    pub listen: Option<At<String>>,
    /// `public_url`.
    pub public_url: Option<At<String>>,
    /// Which of the two stand there, be they right or wrong.
    pub given: Given,
    /// `[smtp]`.
    pub smtp: Option<Smtp>,
    /// `people`.
    pub people: Option<At<String>>,
    /// The person of this file; `None`: it holds the service alone, and names the files of people.
    pub person: Option<Person>,
    /// `[[chat]]` of a file that is nobody's.
    pub chat: Vec<Chat>,
}

/// Which keys of the listener stand in the main file.
#[derive(Clone, Copy, Debug)]
pub struct Given {
    /// `listen`.
    pub listen: bool,
    /// `public_url`.
    pub public_url: bool,
}

/// The keys of one person.
#[derive(Debug)]
pub struct Person {
    /// `timezone`.
    pub timezone: Option<At<String>>,
    /// `working_hours`.
    pub working_hours: Option<Range>,
    /// Whether `working_hours` stands there, be it right or wrong.
    pub working_given: bool,
    /// `holidays`; may be empty.
    pub holidays: Vec<At<String>>,
    /// `[me]`.
    pub me: Option<Me>,
    /// `[groups]` in the order of the file.
    pub groups: Vec<Group>,
    /// `[hold]`.
    pub hold: Hold,
    /// `[[account]]`.
    pub accounts: Vec<Account>,
    /// `[[chat]]`.
    pub chat: Vec<Chat>,
    /// `[chat_ids]` in the order of the file.
    pub chat_ids: Vec<Ids>,
    /// `[[rule]]`.
    pub rules: Vec<Rule>,
    /// `[signals]`.
    pub signals: Signals,
    /// `[[quiet]]`.
    pub quiet: Vec<Quiet>,
    /// `[[digest]]`.
    pub digests: Vec<Digest>,
}

/// The keys of the service, which stand in the main file alone.
const OF_THE_SERVICE: [&str; 5] = ["state_dir", "listen", "public_url", "people", "smtp"];
/// The keys of a person: a main file that names files of people and has none of these is nobody's. `[[chat]]` is none of
/// them: that of a service is for those whom it names.
const OF_A_PERSON: [&str; 12] = [
    "timezone",
    "working_hours",
    "holidays",
    "me",
    "groups",
    "hold",
    "account",
    "chat_ids",
    "rule",
    "signals",
    "quiet",
    "digest",
];

/// Reads the main file.
pub fn read(root: Section<'_, '_>, faults: &mut Faults) -> File {
    let mut reader = Reader::new(root, "", faults);
    reader.require("smtp", "[smtp] with \"host\" or \"folder\", and \"from\"");
    let is_somebodys = OF_A_PERSON.into_iter().filter(|key| reader.value(key).is_some()).count() > 0;
    let people = reader.value("people").is_some();
    let person = (is_somebodys || !people).then(|| person(&mut reader));
    let file = File {
        state_dir: reader.text("state_dir"),
        listen: reader.text("listen"),
        public_url: reader.text("public_url"),
        given: Given { listen: reader.value("listen").is_some(), public_url: reader.value("public_url").is_some() },
        smtp: reader.section("smtp").map(|section| service::read_smtp(section, reader.faults)),
        people: reader.text("people"),
        chat: if person.is_none() { each(&mut reader, "chat", chat::read) } else { Vec::new() },
        person,
    };
    reader.done();
    file
}

/// Reads a file of people: one person, and nothing of the service.
pub fn read_person(root: Section<'_, '_>, faults: &mut Faults) -> Person {
    let mut reader = Reader::new(root, "", faults);
    reader.refuse_elsewhere(&OF_THE_SERVICE, "is the service's, and not a person's; write it in the main file");
    let person = person(&mut reader);
    reader.done();
    person
}

fn person(reader: &mut Reader<'_, '_, '_>) -> Person {
    reader.require("me", "[me] with \"addresses\"");
    Person {
        timezone: reader.need_text("timezone", "an IANA name such as timezone = \"Europe/Lisbon\""),
        working_hours: reader
            .section("working_hours")
            .and_then(|section| range::read_range(section, "working_hours", reader.faults)),
        working_given: reader.value("working_hours").is_some(),
        holidays: reader.texts("holidays").unwrap_or_default(),
        me: reader.section("me").map(|section| person::read_me(section, reader.faults)),
        groups: reader.section("groups").map(|section| person::read_groups(section, reader.faults)).unwrap_or_default(),
        hold: reader.section("hold").map(|section| person::read_hold(section, reader.faults)).unwrap_or_default(),
        accounts: each(reader, "account", account::read),
        chat: each(reader, "chat", chat::read),
        chat_ids: reader.section("chat_ids").map(|section| chat::read_ids(section, reader.faults)).unwrap_or_default(),
        rules: each(reader, "rule", person::read_rule),
        signals: reader.section("signals").map(|section| signals::read(section, reader.faults)).unwrap_or_default(),
        quiet: each(reader, "quiet", person::read_quiet),
        digests: each(reader, "digest", digest::read),
    }
}

/// Reads each `[[kind]]` with its number.
fn each<T>(
    reader: &mut Reader<'_, '_, '_>,
    kind: &'static str,
    read: impl for<'t, 'i> Fn(Section<'t, 'i>, usize, &mut Faults) -> T,
) -> Vec<T> {
    let sections = reader.sections(kind);
    sections.into_iter().enumerate().map(|(index, section)| read(section, index, reader.faults)).collect()
}
