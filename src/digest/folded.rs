//! What is over is not shown one by one: it is counted, and what was settled is named in a short list.

use std::collections::HashMap;

use super::context::Folded;
use super::order::Topics;
use super::{clean, phrase, subject};
use crate::limits;
use crate::model::history::lesson::MessageKey;
use crate::model::identity::Identity;
use crate::model::item::Item;
use crate::model::message::Authenticity;
use crate::model::verdict::Over as How;

/// The items that are shown, and those that fold: the oldest of these, as many as one edition takes. Neither in any order
/// that says something.
pub fn part(items: &[Item]) -> (Vec<&Item>, Vec<&Item>) {
    let (mut over, shown): (Vec<&Item>, Vec<&Item>) = items.iter().partition(|item| item.verdict.over.is_some());
    over.sort_by_key(|item| (item.accepted_at, item.message.identity));
    over.truncate(limits::judgement::DIGEST_FOLDED);
    (shown, over)
}

/// What is over, in words.
#[derive(Clone, Debug)]
pub struct Over<'a> {
    /// In the letter.
    pub words: Folded,
    /// How many things.
    pub count: usize,
    /// The same in words, for the subject of a letter in which nothing else is: `7 settled things`.
    pub things: String,
    /// Which items.
    pub items: Vec<&'a Item>,
}

/// Folds what is over into one sentence, with the subjects of what was settled, at most so many octets of them. What speaks of
/// one thing, an alarm and its end, a conversation, is one, and named by its newest word. Of codes that have expired nothing is
/// said but their number. `None`: there is nothing.
pub fn fold<'a>(items: Vec<&'a Item>, topics: &Topics, most: usize) -> Option<Over<'a>> {
    let settled = settled(&items, topics);
    let expired = items.iter().filter(|item| item.verdict.over == Some(How::Expired)).count();
    let all = settled.len() + expired;
    let said = match (settled.len(), expired) {
        (0, 0) => return None,
        (0, 1) => "1 code has expired and is not shown.".to_owned(),
        (0, _) => format!("{} codes have expired and are not shown.", phrase::digits(expired)),
        (_, 0) => format!("{} settled without you:", things(all)),
        (_, 1) => format!("{} settled without you, 1 of them a code that has expired:", things(all)),
        (_, _) => {
            let expired = phrase::digits(expired);
            format!("{} settled without you, {expired} of them codes that have expired:", things(all))
        }
    };
    let mut left = most;
    let mut names: Vec<String> = settled
        .iter()
        .take(limits::judgement::DIGEST_FOLDED_NAMES)
        .map(|item| name(item))
        .take_while(|name| {
            // With its markup, its signs escaped and encoded.
            let octets = name.len().saturating_mul(6).saturating_add(limits::judgement::DIGEST_FOLDED_FRAME);
            let fits = octets <= left;
            left = left.saturating_sub(octets);
            fits
        })
        .collect();
    match settled.len() - names.len() {
        0 => {}
        rest if names.is_empty() => names.push(format!("{} that find no room here", phrase::digits(rest))),
        rest => names.push(format!("and {} more", phrase::digits(rest))),
    }
    let things = match settled.len() {
        0 => phrase::count(all, "expired code", "expired codes"),
        _ => phrase::count(all, "settled thing", "settled things"),
    };
    Some(Over { words: Folded { said, names }, count: all, things, items })
}

/// The newest word on each thing that was settled, in the order of their oldest.
fn settled<'a>(items: &[&'a Item], topics: &Topics) -> Vec<&'a Item> {
    let (mut newest, mut places): (Vec<&Item>, HashMap<Thing<'_>, usize>) = (Vec::new(), HashMap::new());
    for item in items.iter().copied().filter(|item| item.verdict.over == Some(How::Settled)) {
        let place = *places.entry(Thing::of(item, topics)).or_insert(newest.len());
        match newest.get_mut(place) {
            Some(known) if known.message.received_at <= item.message.received_at => *known = item,
            Some(_) => {}
            None => newest.push(item),
        }
    }
    newest
}

/// By what items are known to speak of one thing.
#[derive(PartialEq, Eq, Hash)]
enum Thing<'a> {
    /// The event or the alarm.
    Topic(MessageKey),
    /// The message that began their conversation, and its subject: what it belongs to is the sender's to say.
    Root(&'a str, String),
    /// Nothing.
    Itself(Identity),
}

impl<'a> Thing<'a> {
    fn of(item: &'a Item, topics: &Topics) -> Self {
        let message = &item.message;
        let identity = message.identity;
        let root = message.thread.root().or(message.message_id.as_deref()).filter(|_| !message.is_said_by_itself());
        match (topics.get(&identity), root) {
            // Who only claims to be somebody speaks of nobody's thing.
            _ if message.authenticity == Authenticity::Failed => Self::Itself(identity),
            (Some(topic), _) => Self::Topic(*topic),
            (None, Some(root)) => Self::Root(root, subject::key(&message.subject)),
            (None, None) => Self::Itself(identity),
        }
    }
}

fn things(count: usize) -> String {
    phrase::count(count, "thing", "things")
}

/// A thing's subject; of what was said in chat, and has none, its first words.
fn name(item: &Item) -> String {
    let message = &item.message;
    let words = if message.subject.is_empty() { &message.own_text } else { subject::bare(&message.subject) };
    let name = clean::line(words, limits::judgement::DIGEST_FOLDED_NAME);
    if name.is_empty() { "(no subject)".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::{fold, part};
    use crate::digest::order::{ComposeError, Topics};
    use crate::digest::sample::{Desk, With, compose, day, in_order, item, one, read};
    use crate::limits;
    use crate::model::history::lesson::MessageKey;
    use crate::model::item::Item;
    use crate::model::message::Authenticity;
    use crate::model::verdict::Over;

    fn over(subject: &str, minutes: i64, how: Over) -> Item {
        let mut item = item("Bob <bob@example.net>", subject, minutes);
        item.message.own_text = "The secret number is 4711.".to_owned();
        item.verdict.over = Some(how);
        item
    }

    #[track_caller]
    fn check(settled: usize, expired: usize, expected: &str) {
        let mut items: Vec<Item> =
            (1..).take(settled).map(|n| over(&format!("matter {n}"), n, Over::Settled)).collect();
        items.extend((1..).take(expired).map(|n| over("code 4711", n, Over::Expired)));
        let said = fold(items.iter().collect(), &Topics::new(), 100_000).map(|over| {
            assert_eq!(over.items.len(), items.len());
            assert_eq!(over.words.names.iter().filter(|name| name.starts_with("matter")).count(), settled.min(20));
            over.words.said
        });
        assert_eq!(said.unwrap_or_default(), expected);
    }

    #[test]
    fn it_is_counted_exactly() {
        check(0, 0, "");
        check(0, 1, "1 code has expired and is not shown.");
        check(0, 2, "2 codes have expired and are not shown.");
        check(1, 0, "1 thing settled without you:");
        check(5, 2, "7 things settled without you, 2 of them codes that have expired:");
        check(1_200, 1, "1,201 things settled without you, 1 of them a code that has expired:");
    }

    #[test]
    fn a_letter_names_what_was_settled_and_no_code() {
        let mut items = day();
        items.push(over("Re: lunch <b>today</b>", 30, Over::Settled));
        items.push(over("Your code is 4711", 20, Over::Expired));
        let read = one(items);
        in_order(
            &read.text,
            &[
                "16 messages waited",
                "main is green again",
                "2 things settled without you, 1 of them a code that has expired:",
                "- lunch <b>today</b>",
                "All times are those of",
            ],
        );
        assert_eq!(
            read.subject,
            "16 things for Wednesday 13 January: Lena Ahrens: Database move tonight: please decide before 14:00"
        );
        assert!(read.html.contains("<bdi>lunch &lt;b&gt;today&lt;/b&gt;</bdi>"), "{}", read.html);
        for part in [&read.text, &read.html, &read.subject] {
            assert!(!part.contains("4711"), "{part}");
        }
    }

    #[test]
    fn an_alarm_and_its_end_are_one_thing() {
        let mut items = vec![
            over("[FIRING:1] disk full", 50, Over::Settled),
            over("[RESOLVED] disk full", 20, Over::Settled),
            over("[FIRING:1] disk hot", 45, Over::Settled),
            over("Lunch today?", 40, Over::Settled),
        ];
        items.push(over("Re: Lunch today?", 30, Over::Settled).answers(&items[3]));
        let mut claimed = over("[RESOLVED] disk full", 10, Over::Settled);
        claimed.message.authenticity = Authenticity::Failed;
        items.push(claimed);
        let desk = Desk::new();
        let mut order = desk.order(items.clone());
        let alarm = MessageKey::of_alarm(&desk.person, "bob@example.net", "disk full");
        order.topics = [&items[0], &items[1], &items[5]].map(|item| (item.message.identity, alarm)).into();
        let composed = compose(&order).unwrap();
        assert_eq!(composed.items.len(), 6);
        let read = read(&composed.drafts[0].bytes);
        assert_eq!(read.subject, "4 settled things for Wednesday 13 January");
        let names: Vec<&str> = read.text.lines().filter(|line| line.starts_with("- ")).collect();
        assert_eq!(
            names,
            ["- [RESOLVED] disk full", "- [FIRING:1] disk hot", "- Lunch today?", "- [RESOLVED] disk full"],
            "{}",
            read.text
        );
        assert!(read.text.contains("4 things settled without you:"), "{}", read.text);
    }

    #[test]
    fn all_of_it_belongs_to_the_edition() {
        let desk = Desk::new();
        let mut items = day();
        items.extend((0..50).map(|n| over("settled", n, Over::Settled)));
        let composed = compose(&desk.order(items)).unwrap();
        assert_eq!(composed.items.len(), 66);
        assert_eq!(composed.drafts.iter().map(|draft| draft.items.len()).sum::<usize>(), 66);
        assert!(read(&composed.drafts[0].bytes).text.contains("- and 30 more"));
    }

    #[test]
    fn it_can_stand_alone_and_leaves_room() {
        let desk = Desk::new();
        let read = read(&compose(&desk.order(vec![over("x", 5, Over::Expired)])).unwrap().drafts[0].bytes);
        assert!(read.text.contains("1 code has expired and is not shown."), "{}", read.text);
        assert!(!read.text.contains("0 messages"), "{}", read.text);
        assert_eq!(read.subject, "1 expired code for Wednesday 13 January");
        let mut items = vec![item("a@example.net", "shown", 1)];
        items.extend((0..20).map(|n| over(&"<".repeat(500), n, Over::Settled)));
        let mut order = desk.order(items);
        order.caps.max_bytes = Some(12_000);
        let composed = compose(&order).unwrap();
        assert!(composed.drafts.iter().all(|draft| draft.bytes.len() <= 12_000));
        assert_eq!(composed.items.len(), 21);
        assert_eq!(compose(&desk.order(Vec::new())), Err(ComposeError::Empty));
    }

    #[test]
    fn an_edition_takes_so_many() {
        let items: Vec<Item> = (0..1_500).map(|n| over("x", n, Over::Settled)).collect();
        let (shown, over) = part(&items);
        assert_eq!((shown.len(), over.len()), (0, limits::judgement::DIGEST_FOLDED));
        assert_eq!(over[0].message.identity, items[1_499].message.identity, "the oldest first");
    }
}
