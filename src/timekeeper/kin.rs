//! Who of those that wait wrote what: found again when their thread moves, or when they write again.

use std::collections::{HashMap, HashSet};

use crate::intake::desk::Desk;
use crate::intake::history;
use crate::limits;
use crate::model::history::lesson::{By, MessageKey, SenderKey};
use crate::model::identity::Identity;
use crate::model::item::Item;
use crate::store::view::{Moved, Waiting};

/// What is known of the items that wait; as long as their list, 48 octets each.
#[derive(Debug, Default)]
pub struct Kin(HashMap<Identity, Card>);

#[derive(Clone, Copy, Debug)]
struct Card {
    message: MessageKey,
    sender: Option<SenderKey>,
}

impl Kin {
    /// Notes an item that was read. One that breaks whoever learns from it is concerned by time alone.
    pub fn note(&mut self, desk: &Desk, item: &Item) {
        let Some(lesson) = history::taught(desk, item) else { return };
        let sender = match lesson.by {
            By::Sender(sender) => Some(sender),
            By::Me(_) | By::Nobody => None,
        };
        self.0.insert(item.message.identity, Card { message: lesson.message, sender });
    }

    /// Those that have not been read, in order of arrival. What waits no more is forgotten.
    pub fn strangers(&mut self, waiting: &[Waiting]) -> Vec<Identity> {
        if self.0.len() > waiting.len() {
            let left: HashSet<Identity> = waiting.iter().map(|one| one.identity).collect();
            self.0.retain(|identity, _| left.contains(identity));
        }
        waiting.iter().map(|one| one.identity).filter(|identity| !self.0.contains_key(identity)).collect()
    }

    /// Those that others concern: what waits in a thread that has moved, and the newest of a sender that wrote again. A
    /// message does not concern itself.
    pub fn concerned(&self, waiting: &[Waiting], moved: &[Moved]) -> Vec<Identity> {
        let (mut threads, mut senders) = (HashMap::new(), HashMap::new());
        for one in moved {
            // Two are enough: one of them is another than whoever asks.
            let news = one.fresh.iter().map(|(message, _)| *message).take(2);
            for message in &one.thread {
                push(threads.entry(*message).or_default(), news.clone());
            }
            for (message, sender) in &one.fresh {
                sender.iter().for_each(|sender| push(senders.entry(*sender).or_default(), [*message]));
            }
        }
        let mut count: HashMap<SenderKey, usize> = HashMap::new();
        let by_sender = |card: &Card, count: &mut HashMap<SenderKey, usize>| {
            let news = card.sender.and_then(|sender| Some((sender, senders.get(&sender)?)));
            let Some((sender, _)) = news.filter(|(_, news)| news.iter().any(|news| *news != card.message)) else {
                return false;
            };
            let count = count.entry(sender).or_default();
            *count += 1;
            *count <= limits::hands::AGAIN_OF_SENDER
        };
        let concerned = waiting.iter().rev().filter(|one| {
            let Some(card) = self.0.get(&one.identity) else { return false };
            let moved = threads.get(&card.message).is_some_and(|news| news.iter().any(|news| *news != card.message));
            moved || by_sender(card, &mut count)
        });
        concerned.map(|one| one.identity).collect()
    }
}

fn push(news: &mut Vec<MessageKey>, messages: impl IntoIterator<Item = MessageKey>) {
    for message in messages {
        if news.len() < 2 && !news.contains(&message) {
            news.push(message);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use jiff::Timestamp;

    use super::{Card, Kin};
    use crate::limits;
    use crate::model::history::lesson::{MessageKey, SenderKey};
    use crate::model::identity::{Id, Identity};
    use crate::model::name::PersonName;
    use crate::model::verdict::{Then, Urgency};
    use crate::store::view::{Moved, Waiting};

    fn me() -> PersonName {
        PersonName::new("me")
    }

    fn message(name: &str) -> MessageKey {
        MessageKey::of(&me(), name)
    }

    fn sender(name: &str) -> SenderKey {
        SenderKey::of(&me(), name)
    }

    /// Messages that wait, each with its sender, in order of arrival.
    fn kin(messages: &[(&str, &str)]) -> (Kin, Vec<Waiting>) {
        let identity = |name: &str| Identity(Id::of(&[name.as_bytes()]));
        let card = |(name, from): &(&str, &str)| {
            (identity(name), Card { message: message(name), sender: (!from.is_empty()).then(|| sender(from)) })
        };
        let waiting = |(name, _): &(&str, &str)| Waiting {
            identity: identity(name),
            source: "".into(),
            urgency: Urgency::Normal,
            due_at: Timestamp::UNIX_EPOCH,
            then: Then::Pass,
            deliver_by: Timestamp::UNIX_EPOCH,
            accepted_at: Timestamp::UNIX_EPOCH,
            is_over: false,
            account: None,
        };
        (Kin(messages.iter().map(card).collect::<HashMap<_, _>>()), messages.iter().map(waiting).collect())
    }

    /// Messages with their senders, and the thread in which they are new.
    type News<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

    #[track_caller]
    fn check(waits: &[(&str, &str)], moved: &[News<'_>], expected: &[&str]) {
        let (kin, waiting) = kin(waits);
        let fresh = |(name, from): &(&str, &str)| (message(name), (!from.is_empty()).then(|| sender(from)));
        let moved: Vec<Moved> = moved
            .iter()
            .map(|(news, thread)| Moved {
                fresh: news.iter().map(fresh).collect(),
                thread: thread.iter().map(|name| message(name)).collect(),
            })
            .collect();
        let expected: Vec<Identity> = expected.iter().map(|name| Identity(Id::of(&[name.as_bytes()]))).collect();
        assert_eq!(kin.concerned(&waiting, &moved), expected);
    }

    #[test]
    fn a_thread_and_a_sender_concern_the_others() {
        let waits = [("a", "bob"), ("b", "eve"), ("c", "bob"), ("d", "")];
        check(&waits, &[(&[("n", "zoe")], &["a", "n"])], &["a"]);
        check(&waits, &[(&[("n", "")], &["a", "b"])], &["b", "a"]);
        check(&waits, &[(&[("n", "bob")], &["n"])], &["c", "a"]);
        check(&waits, &[(&[("n", "zoe")], &["n"])], &[]);
    }

    #[test]
    fn nobody_concerns_themselves() {
        check(&[("a", "bob")], &[(&[("a", "bob")], &["a"])], &[]);
        // Both came before anybody asked: each concerns the other.
        check(&[("a", "bob"), ("b", "eve")], &[(&[("a", "bob"), ("b", "eve")], &["a", "b"])], &["b", "a"]);
        check(&[("a", "bob"), ("b", "bob")], &[(&[("b", "bob")], &["b"])], &["a"]);
    }

    #[test]
    fn a_sender_of_thousands_concerns_the_newest() {
        let names: Vec<String> = (0..1_000).map(|n| n.to_string()).collect();
        let waits: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "bot")).collect();
        let newest: Vec<&str> = names.iter().rev().take(limits::hands::AGAIN_OF_SENDER).map(String::as_str).collect();
        check(&waits, &[(&[("n", "bot")], &["n"])], &newest);
    }
}
