//! What a message teaches of its thread and sender, and what was known around it when it is judged.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::Timestamp;

use super::desk::Desk;
use super::flaw::Flaw;
use super::judge;
use crate::limits;
use crate::mark::MarkKey;
use crate::model::history::facts::{Held, History, Past};
use crate::model::history::lesson::{By, Lesson, MessageKey, Says, SenderKey, Version};
use crate::model::history::memory::Memory;
use crate::model::identity::Identity;
use crate::model::item::Item;
use crate::model::mailbox::Mailbox;
use crate::model::message::{Alarm, Authenticity, Message};
use crate::model::name::AccountName;
use crate::store::fault::StoreError;
use crate::store::handle::Store;
use crate::urgency::signal::ended::{closing, state};

/// In what kind of mailbox a message lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// Where mail arrives: mine among it was sent to myself, too.
    Watched,
    /// Where what I wrote is kept: all of it is mine, under whatever address it was sent.
    Sent,
}

/// What a message teaches; `None`: it is a letter of our own. It came `at` that time.
pub fn lesson(
    desk: &Desk,
    message: &Message,
    (shelf, mark): (Shelf, Option<&MarkKey>),
    at: Timestamp,
) -> Option<Lesson> {
    if mark.is_some_and(|key| !judge::own_marks(message, key).is_empty()) {
        return None;
    }
    Flaw::Learning.breaks(desk, message);
    let person = &desk.person;
    let at = Timestamp::from_second(at.as_second()).unwrap_or(at);
    let address = message.sender.as_ref().map_or("", |sender| sender.address.as_str());
    let rings = alarm(message);
    let own = match &message.message_id {
        // All that is said of one alarm has one id.
        _ if rings.is_some() => MessageKey::of(person, &message.identity.to_string()),
        Some(id) => MessageKey::of(person, id),
        None => MessageKey::of_nameless(person, address, at),
    };
    let thread = &message.thread;
    let newest = || thread.in_reply_to.iter().chain(thread.references.iter().rev());
    let mut ancestors: Vec<MessageKey> =
        newest().take(limits::hands::LESSON_ANCESTORS).map(|id| MessageKey::of(person, id)).collect();
    ancestors.extend(thread.root().map(|root| MessageKey::of(person, root)));
    ancestors.extend(message.message_id.as_ref().filter(|_| rings.is_some()).map(|id| MessageKey::of(person, id)));
    ancestors.retain(|ancestor| *ancestor != own);
    let by = match shelf {
        Shelf::Sent => By::Me(recipients(desk, message)),
        Shelf::Watched if judge::is_mine(desk, message) => match message.authenticity {
            // Whoever writes in my name would else have what answers it taken for an answer to me.
            Authenticity::Failed => By::Nobody,
            Authenticity::Passed | Authenticity::Unknown => By::Me(recipients(desk, message)),
        },
        // Whoever a service names, it is the service that says how its alarm stands.
        Shelf::Watched if rings.is_some() => By::Sender(SenderKey::of(person, &message.source)),
        Shelf::Watched if address.is_empty() => By::Nobody,
        Shelf::Watched => By::Sender(SenderKey::of(person, address)),
    };
    Some(Lesson {
        person: person.clone(),
        at,
        message: own,
        ancestors,
        topic: topic(desk, message),
        by,
        says: says(message),
        version: version(desk, message),
        item: Some(message.identity),
    })
}

/// The event or the alarm that an item speaks of; one that breaks whoever reads it speaks of none.
pub fn topic_of(desk: &Desk, item: &Item) -> Option<MessageKey> {
    catch_unwind(AssertUnwindSafe(|| topic(desk, &item.message))).ok().flatten()
}

/// The event or the alarm that a message speaks of. Nobody who only claims to be somebody speaks of another's alarm.
fn topic(desk: &Desk, message: &Message) -> Option<MessageKey> {
    if let Some(event) = message.event.as_ref().filter(|event| !event.uid.is_empty()) {
        return Some(MessageKey::of_event(&desk.person, &event.uid));
    }
    if alarm(message).is_some() {
        return message.message_id.as_ref().map(|id| MessageKey::of(&desk.person, id));
    }
    let sender = message.sender.as_ref().filter(|_| message.authenticity != Authenticity::Failed)?;
    let alarm = state::read(message)?;
    Some(MessageKey::of_alarm(&desk.person, &sender.address, &alarm.name))
}

/// What it says to its thread. A word on one occurrence says nothing of the series.
fn says(message: &Message) -> Says {
    let revision = message.event.as_ref().and_then(|event| event.revision);
    match closing::says(message) {
        Says::Closes if revision.is_some_and(|revision| revision.occurrence.is_some()) => Says::More,
        says => says,
    }
}

/// Which word of an organiser's on an event a message is. An answer, a counter-proposal and a mere publication are none
/// (RFC 5546 section 1.4), and neither is what comes from somebody who only claims to be the organiser.
fn version(desk: &Desk, message: &Message) -> Option<Version> {
    let event = message.event.as_ref().filter(|_| message.authenticity != Authenticity::Failed)?;
    let is_word = !event.uid.is_empty() && matches!(event.method.as_str(), "REQUEST" | "CANCEL");
    let revision = event.revision.filter(|_| is_word)?;
    let of = match revision.occurrence {
        None => MessageKey::of_event(&desk.person, &event.uid),
        Some(occurrence) => MessageKey::of_occurrence(&desk.person, &event.uid, occurrence),
    };
    let stamp = revision.stamp.and_then(|stamp| Timestamp::from_second(stamp.as_second()).ok());
    Some(Version { of, sequence: revision.sequence, stamp })
}

/// Those I wrote to are known to me.
fn recipients(desk: &Desk, message: &Message) -> Vec<SenderKey> {
    let others = message.to.iter().chain(&message.cc).filter(|to| !desk.is_me(&to.address));
    others.take(limits::hands::LESSON_PEOPLE).map(|to| SenderKey::of(&desk.person, &to.address)).collect()
}

/// What is kept around these lessons, and what they teach on top of it. Blocking, as `Store::recall` is.
///
/// # Errors
/// When the store fails.
pub fn remember<'l>(store: &Store, lessons: impl Iterator<Item = &'l Lesson> + Clone) -> Result<Memory, StoreError> {
    let mut memory = Memory::default();
    for lesson in lessons.clone() {
        memory.take(store.recall(lesson)?);
    }
    for lesson in lessons {
        memory.learn(lesson);
    }
    Ok(memory)
}

/// What is known around a message that was learned, and what of its thread waits.
pub fn around(store: &Store, memory: &Memory, lesson: &Lesson, past: Past) -> History {
    let history = memory.history(lesson, past);
    History { held: held(&history, lesson, |item| store.waits_for_digest(item)), ..history }
}

/// What of a message's thread waits for a digest, where `waits` tells it of an item.
pub fn held(history: &History, lesson: &Lesson, waits: impl Fn(Identity) -> bool) -> Held {
    let waiting = |message: MessageKey| {
        let mut items = history.thread.items().filter(|(known, _)| *known == message);
        items.any(|(_, item)| waits(item))
    };
    let parent = lesson.ancestors.iter().copied().any(waiting);
    let before = || history.earlier().any(|arrival| waiting(arrival.message));
    match parent {
        true => Held::Parent,
        false if before() => Held::Thread,
        false => Held::Nothing,
    }
}

/// What a message teaches that no mark of ours can be on. `None`, too, where a panic keeps it from being read: whoever asks
/// goes on without it.
pub fn taught_by(desk: &Desk, message: &Message, shelf: Shelf, at: Timestamp) -> Option<Lesson> {
    catch_unwind(AssertUnwindSafe(|| lesson(desk, message, (shelf, None), at))).ok().flatten()
}

/// The same of an item.
pub fn taught(desk: &Desk, item: &Item) -> Option<Lesson> {
    taught_by(desk, &item.message, Shelf::Watched, came_at(&item.message, item.accepted_at))
}

/// The other items of an item's conversation, as far as they are known. A store that fails says so at its next transition.
pub async fn others(store: &Store, desk: &Desk, item: &Item) -> Vec<Identity> {
    let Some(lesson) = taught(desk, item) else { return Vec::new() };
    let kept = store.clone();
    let recalled = tokio::task::spawn_blocking(move || kept.recall(&lesson)).await;
    let thread = recalled.ok().and_then(Result::ok).and_then(|recalled| recalled.thread);
    let items = thread.iter().flat_map(|(_, facts)| facts.items()).map(|(_, other)| other);
    items.filter(|other| *other != item.message.identity).collect()
}

/// When a message came that was taken then. What a service says of an alarm bears the time at which it began.
pub fn came_at(message: &Message, accepted_at: Timestamp) -> Timestamp {
    if alarm(message).is_some() { accepted_at } else { message.received_at.min(accepted_at) }
}

/// How the alarm stands of which a service tells.
fn alarm(message: &Message) -> Option<Alarm> {
    message.post.as_ref()?.alarm
}

/// What is known around an item, where signals or a rule ask for it. Blocking, as `Store::recall` is.
///
/// # Errors
/// When the store fails.
pub fn recall(store: &Store, desk: &Desk, item: &Item) -> Result<Option<History>, StoreError> {
    if !desk.asks_history() {
        return Ok(None);
    }
    let lesson = lesson(desk, &item.message, (Shelf::Watched, None), came_at(&item.message, item.accepted_at));
    let Some(lesson) = lesson else { return Ok(None) };
    let memory = remember(store, std::iter::once(&lesson))?;
    Ok(Some(around(store, &memory, &lesson, past(store, desk))))
}

/// Whether the past of every account was read.
pub fn past(store: &Store, desk: &Desk) -> Past {
    let read = desk.accounts.keys().all(|account| unread(store, desk, account).is_empty());
    if read { Past::Read } else { Past::BeingRead }
}

/// The mailboxes of an account whose past is not read to its end, as the configuration writes them.
pub fn unread(store: &Store, desk: &Desk, account: &AccountName) -> Vec<(Shelf, Mailbox)> {
    let Some(filing) = desk.filing(account) else { return Vec::new() };
    let watched = filing.watch.iter().map(|mailbox| (Shelf::Watched, mailbox));
    let sent = filing.sent.iter().filter(|sent| !filing.watch.contains(sent)).map(|mailbox| (Shelf::Sent, mailbox));
    let open = |mailbox| store.study((&desk.person, account), mailbox).is_none_or(|study| study.down_to.is_some());
    watched.chain(sent).filter(|(_, mailbox)| open(mailbox)).map(|(shelf, mailbox)| (shelf, mailbox.clone())).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::{Shelf, lesson};
    use crate::civil::Zone;
    use crate::civil::holidays::Almanac;
    use crate::intake::desk::{Desk, Hold};
    use crate::model::history::facts::Past;
    use crate::model::history::lesson::{By, Lesson, Says};
    use crate::model::history::memory::Memory;
    use crate::model::identity::{Id, Identity};
    use crate::model::message::{Address, Alarm, Authenticity, Event, Message, Post, Revision};
    use crate::model::name::PersonName;

    fn desk() -> Desk {
        let day = Duration::from_secs(86_400);
        Desk {
            person: PersonName::new("me"),
            name: None,
            addresses: vec!["ada@example.org".to_owned()],
            alert_to: vec!["ada@example.org".to_owned()],
            zone: Zone { name: "UTC".to_owned(), rules: TimeZone::UTC },
            working: None,
            almanac: Almanac::default(),
            quiet: Vec::new(),
            rules: Vec::new(),
            scale: None,
            digests: Vec::new(),
            hold: Hold { max: day, retention: day, lease: day },
            accounts: BTreeMap::new(),
        }
    }

    fn mail(from: &str, subject: &str, change: impl FnOnce(&mut Message)) -> Message {
        let bare = Message::bare(Identity(Id::of(&[subject.as_bytes()])), "work", Timestamp::UNIX_EPOCH, 0);
        let sender = Some(Address { name: None, address: from.to_owned() });
        let mut mail = Message { sender, subject: subject.to_owned(), automated: true, ..bare };
        change(&mut mail);
        mail
    }

    fn event(uid: &str, cancelled: bool) -> Event {
        Event {
            method: "REQUEST".to_owned(),
            uid: uid.to_owned(),
            summary: String::new(),
            starts: Timestamp::UNIX_EPOCH,
            ends: None,
            all_day: false,
            cancelled,
            people: 2,
            revision: None,
        }
    }

    fn learned(mail: &Message) -> Lesson {
        lesson(&desk(), mail, (Shelf::Watched, None), Timestamp::UNIX_EPOCH)
            .unwrap_or_else(|| panic!("a letter of ours"))
    }

    #[test]
    fn an_alarm_and_its_end_are_two_messages_of_one_service() {
        let told = |alarm: Alarm, who: &str| {
            let subject = format!("{alarm:?}");
            let post = mail(who, &subject, |mail| {
                mail.message_id = Some("chat:watch:ops:1".to_owned());
                mail.post = Some(Post { alarm: Some(alarm), ..Post::default() });
            });
            learned(&post)
        };
        let (begins, ends) = (told(Alarm::Firing, "db1"), told(Alarm::Resolved, "ben"));
        assert_ne!(begins.message, ends.message);
        assert_eq!((begins.topic, begins.by), (ends.topic, ends.by));
        assert!(begins.topic.is_some() && begins.topic == begins.ancestors.first().copied());
        assert_eq!((begins.says, ends.says), (Says::More, Says::Closes));
    }

    #[test]
    fn an_alarm_and_its_end_speak_of_one_thing() {
        let rings = learned(&mail("monitor@example.net", "[FIRING:1] QueueTooLong", |_| {}));
        let ends = learned(&mail("Monitor@example.net", "[RESOLVED] QueueTooLong", |_| {}));
        assert!(rings.topic.is_some());
        assert_eq!((rings.topic, rings.says, ends.says), (ends.topic, Says::More, Says::Closes));
        let elsewhere = learned(&mail("eve@example.net", "[RESOLVED] QueueTooLong", |_| {}));
        assert_ne!(elsewhere.topic, rings.topic, "who does not ring it does not end it");
        let failed = |mail: &mut Message| mail.authenticity = Authenticity::Failed;
        let forged = learned(&mail("monitor@example.net", "[RESOLVED] QueueTooLong", failed));
        assert_eq!((forged.topic, forged.says), (None, Says::More));
    }

    #[test]
    fn an_event_is_one_thing_whoever_speaks_of_it() {
        let of = |from: &str, uid: &str, cancelled: bool| {
            learned(&mail(from, "Review", |mail| mail.event = Some(event(uid, cancelled))))
        };
        let invited = of("ben@example.net", "u1", false);
        let called_off = of("eve@example.net", "u1", true);
        assert!(invited.topic.is_some());
        assert_eq!((invited.topic, called_off.says), (called_off.topic, Says::Closes));
        assert_ne!(of("ben@example.net", "u2", false).topic, invited.topic);
        assert_eq!(of("ben@example.net", "", false).topic, None);
    }

    /// What is said of the event "u", in the order in which it comes: by whom, method, SEQUENCE, DTSTAMP in seconds, and of
    /// which occurrence.
    type Said<'a> = (&'a str, &'a str, u32, i64, Option<i64>);

    /// Whether each of these is over by the others.
    #[track_caller]
    fn over(words: &[Said<'_>], expected: &[bool]) {
        let mut memory = Memory::default();
        let lessons = (0_i64..).zip(words).map(|(number, (from, method, sequence, stamp, occurrence))| {
            let second = |second: i64| Timestamp::from_second(second).unwrap_or_default();
            let occurrence = occurrence.map(second);
            let revision = Some(Revision { occurrence, sequence: *sequence, stamp: Some(second(*stamp)) });
            let said = Event { method: (*method).to_owned(), revision, ..event("u", *method == "CANCEL") };
            let forged = from.strip_prefix("not ");
            let mail = mail(forged.unwrap_or(from), "Review", |mail| {
                mail.event = Some(said);
                mail.message_id = Some(number.to_string());
                mail.authenticity = forged.map_or(Authenticity::Unknown, |_| Authenticity::Failed);
            });
            let learned = lesson(&desk(), &mail, (Shelf::Watched, None), second(1_000 + number));
            learned.unwrap_or_else(|| panic!("a letter of ours"))
        });
        let lessons: Vec<Lesson> = lessons.collect();
        for lesson in &lessons {
            memory.learn(lesson);
        }
        let is_over = |lesson: &Lesson| {
            let history = memory.history(lesson, Past::Read);
            history.superseded_at().or(history.closed_at()).is_some()
        };
        assert_eq!(lessons.iter().map(is_over).collect::<Vec<_>>(), expected, "{words:?}");
    }

    #[test]
    fn an_organiser_says_it_anew() {
        let first = ("ben@x.example", "REQUEST", 0, 10, None);
        let check = |then: Said<'_>, first_is_over: bool| {
            over(&[first, then], &[first_is_over, false]);
            // Mail that was under way for long.
            over(&[then, first], &[false, first_is_over]);
        };
        check(("ben@x.example", "REQUEST", 1, 20, None), true);
        check(("Ben@X.example", "REQUEST", 1, 5, None), true);
        check(("ben@x.example", "REQUEST", 0, 20, None), true);
        check(("ben@x.example", "REQUEST", 0, 10, None), false);
        check(("ben@x.example", "CANCEL", 1, 20, None), true);
        check(("eve@x.example", "REQUEST", 1, 20, None), false);
        check(("not ben@x.example", "REQUEST", 1, 20, None), false);
        for answer in ["REPLY", "COUNTER", "REFRESH", "PUBLISH", "ADD"] {
            check(("ben@x.example", answer, 1, 20, None), false);
        }
        check(("ben@x.example", "REQUEST", 1, 20, Some(900)), false);
        check(("ben@x.example", "CANCEL", 1, 20, Some(900)), false);
    }

    #[test]
    fn each_occurrence_is_a_thing_of_its_own() {
        let series = ("ben@x.example", "REQUEST", 0, 10, None);
        let word = |method, sequence, at| ("ben@x.example", method, sequence, 20, Some(at));
        over(&[series, word("REQUEST", 1, 900), word("REQUEST", 2, 900)], &[false, true, false]);
        over(&[series, word("REQUEST", 1, 900), word("REQUEST", 2, 800)], &[false; 3]);
        over(&[series, word("REQUEST", 1, 900), word("CANCEL", 2, 900)], &[false, true, false]);
        // The end of all is the end of each.
        over(&[series, word("REQUEST", 1, 900), ("ben@x.example", "CANCEL", 3, 30, None)], &[true, true, false]);
        // What is said of the whole settles the whole, whatever is said behind it.
        let moved = ("ben@x.example", "REQUEST", 4, 40, None);
        over(
            &[series, moved, word("REQUEST", 5, 900), ("eve@x.example", "REPLY", 4, 50, None)],
            &[true, false, false, false],
        );
    }

    #[test]
    fn a_question_of_mine_is_known() {
        let asked = mail("ada@example.org", "Key", |mail| mail.own_text = "Where is it?".to_owned());
        let asked = learned(&asked);
        assert_eq!((asked.says, asked.by), (Says::Asks, By::Me(Vec::new())));
    }
}
