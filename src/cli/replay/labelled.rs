//! A labelled message, made into what a source would have given: the message, who reads it, and what came before it.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::tz::{Offset, TimeZone};

use crate::civil::Zone;
use crate::cli::json::labels::Labelled;
use crate::intake::desk::Desk;
use crate::limits;
use crate::mail;
use crate::model::history::facts::{Held, History, Past, ThreadFacts};
use crate::model::history::lesson::{By, Lesson, MessageKey, SenderKey};
use crate::model::identity::{Id, Identity};
use crate::model::message::{Address, Audience, Chat, Kind, Mention, Message, SentAt};
use crate::text;

/// The reader where nobody is named: a domain that nobody has (RFC 6761 section 6.4).
pub const READER: &str = "reader@tidings.invalid";
/// When a message without a date is judged: noon on a Wednesday. 10 January 2024, 12:00 UTC.
const NOON: i64 = 1_704_888_000;
/// What begins a property of the calendar part where a header `calendar` sums it up: `METHOD:REQUEST; DTSTART:...`.
const PROPERTIES: [&str; 12] = [
    "METHOD",
    "UID",
    "SUMMARY",
    "DTSTART",
    "DTEND",
    "DURATION",
    "STATUS",
    "RRULE",
    "RECURRENCE-ID",
    "ATTENDEE",
    "ORGANIZER",
    "LOCATION",
];
/// The day on which the rules of a VTIMEZONE begin where Outlook writes it: no event's.
const ZONE_BEGINS: &str = ":1601";
/// Marks of a chat message to everybody.
const TO_EVERYBODY: [&str; 6] = ["<!here>", "<!channel>", "<!everyone>", "@here", "@channel", "@everyone"];

/// A message, ready to be judged.
pub struct Ready {
    /// The message.
    pub message: Message,
    /// Whose it is: the desk, with the reader's address and zone where the configuration names none.
    pub desk: Desk,
    /// What was known around it; `None`: nothing is told.
    pub history: Option<History>,
    /// As of when it is judged: its own date.
    pub at: Timestamp,
}

/// Makes a message of one line of a labelled file. Where it is not to the person of the configuration, its reader is the
/// first recipient that is neither the sender nor a list, in the zone of its date.
pub fn ready(item: &Labelled, desk: &Desk) -> Ready {
    let written = written(&item.date, &desk.zone);
    let mut desk = desk.clone();
    let recipients = format!("{} {}", item.to, item.header("cc").unwrap_or_default()).to_lowercase();
    let is_theirs = desk.addresses.iter().any(|mine| recipients.contains(mine.as_str()));
    if !is_theirs {
        let offset = written.offset;
        desk.zone = Zone { name: offset.to_string(), rules: TimeZone::fixed(offset) };
    }
    let mut message = match item.channel.as_str() {
        "sms" | "chat" => chat(item, written, &desk),
        _ => letter(item, written, &desk),
    };
    if message.kind == Kind::Mail && !is_theirs {
        name_reader(&mut message, &mut desk);
    }
    let history = history(item, &desk, &message, written);
    Ready { message, desk, history, at: written.instant }
}

/// When it was written. A date without an offset is of the reader's zone; without a date it is a fixed noon.
fn written(date: &str, zone: &Zone) -> SentAt {
    let local = || {
        let forms =
            ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y.%m.%d %H:%M:%S", "%Y.%m.%d %H:%M"];
        let civil = forms.iter().find_map(|form| DateTime::strptime(form, date.trim()).ok())?;
        let instant = zone.resolve(civil).instant;
        Some(SentAt { instant, offset: zone.rules.to_offset(instant) })
    };
    let instant = || date.trim().parse::<Timestamp>().ok().map(|instant| SentAt { instant, offset: Offset::UTC });
    let noon = || SentAt { instant: Timestamp::from_second(NOON).unwrap_or_default(), offset: Offset::UTC };
    let mail = || mail::date::read(date.as_bytes()).or_else(|| mail::date::read(format!("{date} +0000").as_bytes()));
    let written = local().or_else(mail).or_else(instant).unwrap_or_else(noon);
    // To the second, as a Date field is.
    SentAt { instant: Timestamp::from_second(written.instant.as_second()).unwrap_or_default(), ..written }
}

/// A chat message: an SMS is said to the reader alone, anything else to a channel.
fn chat(item: &Labelled, written: SentAt, desk: &Desk) -> Message {
    let identity = Identity(Id::of(&[b"labelled", item.id.as_bytes()]));
    let audience = if item.channel == "sms" { Audience::Direct } else { Audience::Channel };
    let is_to_all = TO_EVERYBODY.iter().any(|mark| item.text.contains(mark));
    let mention = if is_to_all { Mention::Everyone } else { Mention::Nobody };
    let size = item.text.len() as u64;
    let mut message = Message::bare(identity, "labels", written.instant, size);
    message.kind = Kind::Chat(Chat { audience, mention });
    message.message_id = Some(item.id.clone());
    message.sender = (!item.from.is_empty()).then(|| Address { name: None, address: item.from.clone() });
    message.subject.clone_from(&item.subject);
    message.own_text = text::first_bytes(&text::clean_text(&item.text), limits::mail::MAIL_OWN_TEXT_BYTES).to_owned();
    message.sent_at = Some(written);
    if audience == Audience::Direct {
        message.to = me(desk).into_iter().collect();
    }
    message
}

/// A mail, read as any other.
fn letter(item: &Labelled, written: SentAt, desk: &Desk) -> Message {
    let bytes = source(item, written);
    mail::read::read(&mail::read::Raw {
        bytes: &bytes,
        size: bytes.len() as u64,
        received_at: written.instant,
        source: "labels",
        identity: Identity(Id::of(&[b"labelled", item.id.as_bytes()])),
        zone: &desk.zone.rules,
        trust: None,
    })
}

/// Makes the recipient of a mail the person of the desk.
fn name_reader(message: &mut Message, desk: &mut Desk) {
    let sender = message.sender.as_ref().map_or("", |sender| sender.address.as_str());
    let is_person = |to: &&Address| !is_list(&to.address, message) && !to.address.eq_ignore_ascii_case(sender);
    let named = message.to.iter().find(is_person).cloned();
    desk.addresses = vec![named.as_ref().map_or(READER, |named| &named.address).to_lowercase()];
    desk.name = named.as_ref().and_then(|named| named.name.clone());
    let by_list = message.to.iter().chain(&message.cc).any(|to| is_list(&to.address, message));
    if named.is_none() && !by_list {
        // Nobody else is told: it was sent to the reader.
        message.to = me(desk).into_iter().collect();
    }
}

fn me(desk: &Desk) -> Option<Address> {
    desk.addresses.first().map(|address| Address { name: desk.name.clone(), address: address.clone() })
}

/// Whether an address is that of the list by which a mail came: List-Id begins with its local part, or answers go to
/// it though the mail was sent in bulk.
fn is_list(address: &str, message: &Message) -> bool {
    let local = address.split('@').next().unwrap_or_default();
    let of_id = message.list_id.as_deref().and_then(|id| id.split('.').next());
    let answers = message.reply_to.as_ref().is_some_and(|to| to.address.eq_ignore_ascii_case(address));
    let in_bulk = message.headers.iter().any(|header| header.name.eq_ignore_ascii_case("precedence"));
    of_id.is_some_and(|id| id.eq_ignore_ascii_case(local)) || answers && in_bulk
}

/// The mail as it would have come (RFC 5322).
fn source(item: &Labelled, written: SentAt) -> Vec<u8> {
    let one_line = |value: &str| value.split(['\r', '\n']).map(str::trim).collect::<Vec<_>>().join(" ");
    let mut mail = String::new();
    let mut field = |name: &str, value: &str| {
        if !value.trim().is_empty() {
            let _ = writeln!(mail, "{name}: {}", one_line(value));
        }
    };
    for (name, value) in [("From", &item.from), ("To", &item.to), ("Subject", &item.subject)] {
        field(name, value);
    }
    let zoned = written.instant.to_zoned_datetime(TimeZone::fixed(written.offset));
    field("Date", &zoned.strftime("%a, %d %b %Y %H:%M:%S %z").to_string());
    field("Message-ID", &format!("<{}@labels.invalid>", item.id));
    for name in item.headers.keys() {
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        // The parts of the original are not there any more.
        let is_of_parts = name == "calendar" || name == "mime-version" || name.starts_with("content-");
        if is_name && !is_of_parts {
            field(name, &item.header(name).unwrap_or_default());
        }
    }
    let text = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n";
    match item.header("calendar").map(|summed| event(&summed, &item.id)) {
        None => {
            let _ = write!(mail, "MIME-Version: 1.0\n{text}\n{}\n", item.text);
        }
        Some(event) => {
            // No text has a line of this: it bears the id.
            let border = format!("=_{}", Id::of(&[b"border", item.id.as_bytes()]));
            let _ = write!(
                mail,
                "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"{border}\"\n\n--{border}\n{text}\n{}\n\
                 --{border}\nContent-Type: text/calendar; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n\
                 {event}\n--{border}--\n",
                item.text
            );
        }
    }
    mail.into_bytes()
}

/// A calendar part of its properties on one line, parted by `; `.
fn event(summed: &str, id: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for piece in summed.split("; ") {
        let name = piece.split([':', ';']).next().unwrap_or_default();
        match lines.last_mut() {
            Some(last) if !PROPERTIES.contains(&name) => {
                last.push_str("; ");
                last.push_str(piece);
            }
            _ => lines.push(piece.to_owned()),
        }
    }
    let is_method = |line: &&String| line.starts_with("METHOD");
    let is_zone = |line: &&String| line.starts_with("DTSTART") && line.contains(ZONE_BEGINS);
    let join = |lines: Vec<&String>| lines.into_iter().map(|line| format!("{line}\n")).collect::<String>();
    let methods = join(lines.iter().filter(is_method).collect());
    let properties = join(lines.iter().filter(|line| !is_method(line) && !is_zone(line)).collect());
    let uid = if properties.contains("UID:") { String::new() } else { format!("UID:{id}\n") };
    format!("BEGIN:VCALENDAR\nVERSION:2.0\n{methods}BEGIN:VEVENT\n{uid}{properties}END:VEVENT\nEND:VCALENDAR")
}

/// What was known around a message, where the lines before it say who wrote and when: `[09:41] <ada> hello`.
fn history(item: &Labelled, desk: &Desk, message: &Message, written: SentAt) -> Option<History> {
    let zone = TimeZone::fixed(written.offset);
    let now = zone.to_datetime(written.instant);
    let person = &desk.person;
    let root = MessageKey::of(person, &format!("{}/0", item.id));
    let lesson = |number: usize, at: Timestamp, who: &str| {
        let by = if desk.is_me(who) { By::Me(Vec::new()) } else { By::Sender(SenderKey::of(person, who)) };
        let message = MessageKey::of(person, &format!("{}/{number}", item.id));
        Lesson { ancestors: vec![root], ..Lesson::plain(person.clone(), (message, at), by) }
    };
    let mut thread = ThreadFacts::default();
    let mut told = 0;
    for (time, who) in item.lines().take(limits::front::LABELLED_LINES).filter_map(said) {
        let today = now.with().time(time).build().ok()?;
        // What was said at a later time of day was said the day before.
        let at = if today > now { today.date().yesterday().ok()?.to_datetime(time) } else { today };
        thread.learn(root, &lesson(told, zone.to_timestamp(at).ok()?, who));
        told += 1;
    }
    if told == 0 {
        return None;
    }
    let own = lesson(told, written.instant, message.sender.as_ref().map_or("", |sender| &sender.address));
    thread.learn(root, &own);
    // Nothing is told of the time before these lines: nobody is new.
    let (sender, past, held) = (None, Past::BeingRead, Held::Nothing);
    Some(History { message: own.message, at: own.at, thread, answers_me: false, sender, past, held })
}

/// The time of day and the name of a line of a channel.
fn said(line: &str) -> Option<(Time, &str)> {
    let (time, rest) = line.trim().strip_prefix('[')?.split_once("] <")?;
    let (who, _) = rest.split_once('>')?;
    let time = Time::strptime("%H:%M:%S", time).or_else(|_| Time::strptime("%H:%M", time)).ok()?;
    Some((time, who))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::{READER, Ready, ready};
    use crate::cli::json::labels::Labelled;
    use crate::cli::replay::labels;
    use crate::model::message::{Audience, Chat, Kind, Mention};

    fn made(item: &Value) -> Ready {
        ready(&Labelled::parse(&item.to_string()).unwrap(), &labels::nobody())
    }

    #[test]
    fn dates_come_in_many_forms() {
        let check = |date: &str, expected: &str| {
            for channel in ["sms", "chat", "email", "ticket"] {
                let found = made(&json!({"channel": channel, "date": date, "text": "hello"}));
                let sent = found.message.sent_at.unwrap();
                assert_eq!(format!("{} {}", sent.instant, sent.offset), expected, "{date} {channel}");
                assert_eq!(found.at, sent.instant);
            }
        };
        check("Tue, 12 Jan 2027 09:41:00 -0800 (PST)", "2027-01-12T17:41:00Z -08");
        check("12 Jan 2027 09:41:00 +0100", "2027-01-12T08:41:00Z +01");
        check("Tue, 12 Jan 2027 09:41:00", "2027-01-12T09:41:00Z +00");
        check("2027.01.12 09:41:30", "2027-01-12T09:41:30Z +00");
        check("2027.01.12 09:41", "2027-01-12T09:41:00Z +00");
        check("2027-01-12 09:41", "2027-01-12T09:41:00Z +00");
        check("2027-01-12T09:41:30.25", "2027-01-12T09:41:30Z +00");
        check("2027-01-12T09:41:30Z", "2027-01-12T09:41:30Z +00");
        check("", "2024-01-10T12:00:00Z +00");
        check("soon", "2024-01-10T12:00:00Z +00");
    }

    #[test]
    fn the_reader_is_whom_it_was_sent_to() {
        let check = |item: Value, me: &str, to: &[&str]| {
            let found = made(&item);
            let addresses: Vec<&str> = found.message.to.iter().map(|to| to.address.as_str()).collect();
            assert_eq!((found.desk.addresses, addresses), (vec![me.to_owned()], to.to_vec()), "{item}");
        };
        let mail = |to: &str, headers: Value| json!({"channel": "email", "from": "bob@x.example", "to": to, "headers": headers});
        check(
            mail("Ada <Ada@y.example>, eve@y.example", json!({})),
            "ada@y.example",
            &["Ada@y.example", "eve@y.example"],
        );
        check(mail("", json!({"cc": "eve@y.example"})), READER, &[READER]);
        check(mail("bob@x.example", json!({})), READER, &[READER]);
        let list = json!({"list-id": "A team <team.lists.x.example>"});
        check(mail("team@lists.x.example", list.clone()), READER, &["team@lists.x.example"]);
        check(
            mail("Team <team@x.example>, ada@y.example", list),
            "ada@y.example",
            &["team@x.example", "ada@y.example"],
        );
        let bulk = json!({"precedence": "bulk", "reply-to": "group@y.example"});
        check(mail("group@y.example", bulk), READER, &["group@y.example"]);
        check(json!({"channel": "sms", "from": "5", "text": "hi"}), READER, &[READER]);
        check(json!({"channel": "chat", "from": "bob", "to": "#ops", "text": "hi"}), READER, &[]);
        let named = made(&mail("Ada Byron <ada@y.example>", json!({})));
        assert_eq!(named.desk.name.as_deref(), Some("Ada Byron"));
    }

    #[test]
    fn mail_is_read_as_any_other() {
        let found = made(&json!({
            "id": "7", "channel": "email", "from": "Bob <bob@x.example>", "to": "ada@y.example", "subject": "Grüße\nCc: x@x.example",
            "text": "No.\n\nOn Monday Ada wrote:\n> Yes?\n", "date": "Tue, 12 Jan 2027 09:41:00 +0100",
            "headers": {"x-priority": "1", "list-id": ["<a.b>"], "content-type": "text/html", "odd name": "x"},
        }));
        let message = found.message;
        assert_eq!((message.subject.as_str(), message.own_text.trim()), ("Grüße Cc: x@x.example", "No."));
        assert_eq!((message.cc.len(), message.kind, message.importance.is_some()), (0, Kind::Mail, true));
        assert_eq!(message.list_id.as_deref(), Some("a.b"));
    }

    #[test]
    fn an_event_in_one_line_is_read() {
        let summed = "METHOD:REQUEST; DTSTART:16010101T020000; SUMMARY;LANGUAGE=en-US:Plan; and more; \
                      DTSTART;TZID=Pacific Standard Time:20270112T093000; STATUS:CONFIRMED";
        let found = made(&json!({
            "channel": "email", "date": "Tue, 12 Jan 2027 08:41:00 -0800", "text": "Hello", "headers": {"calendar": summed},
        }));
        let event = found.message.event.unwrap();
        let starts: Timestamp = "2027-01-12T17:30:00Z".parse().unwrap();
        assert_eq!(
            (event.summary.as_str(), event.starts, event.method.as_str()),
            ("Plan; and more", starts, "REQUEST")
        );
        assert_eq!(found.message.own_text.trim(), "Hello");
    }

    #[test]
    fn lines_before_it_are_its_thread() {
        let found = made(&json!({
            "channel": "chat", "from": "bob", "to": "#ops", "text": "@here look", "date": "2027-01-12 00:02",
            "context": ["=== eve has joined", "[23:59] <eve> anybody?", "[00:01:30] <bob> yes", "eve: no time", 7],
        }));
        let history = found.history.unwrap();
        let ages: Vec<i64> =
            history.thread.arrivals.iter().map(|one| found.at.duration_since(one.at).as_secs()).collect();
        assert_eq!(ages, [180, 30, 0]);
        assert_eq!(found.message.kind, Kind::Chat(Chat { audience: Audience::Channel, mention: Mention::Everyone }));
        assert!(made(&json!({"channel": "chat", "context": ["eve: no time"]})).history.is_none());
    }
}
