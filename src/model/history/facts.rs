//! What is kept of a thread and of a sender, and how a lesson changes it.

use std::time::Duration;

use jiff::Timestamp;

use super::lesson::{By, Lesson, MessageKey, SenderKey};
use crate::limits;

/// What is known of a thread. It goes by the key of the message that began it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadFacts {
    /// Whether I wrote the message that began it.
    pub begun_by_me: bool,
    /// What others wrote, by its time, the newest `limits::ground::THREAD_ARRIVALS`; each message once.
    pub arrivals: Vec<Arrival>,
    /// What I wrote, by its time, the newest `limits::ground::THREAD_MINE`; each message once.
    pub mine: Vec<Written>,
}

/// A message of somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Which.
    pub message: MessageKey,
    /// Whose; `None`: nobody can tell.
    pub sender: Option<SenderKey>,
    /// When it came, to the second.
    pub at: Timestamp,
}

/// A message of mine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Which.
    pub message: MessageKey,
    /// When it was sent, to the second.
    pub at: Timestamp,
}

impl ThreadFacts {
    /// Learns of a message of this thread, `thread` being its key.
    pub fn learn(&mut self, thread: MessageKey, lesson: &Lesson) {
        let Lesson { message, at, .. } = *lesson;
        let sender = match &lesson.by {
            By::Me(_) => {
                self.begun_by_me |= message == thread;
                if !self.mine.iter().any(|known| known.message == message) {
                    let place = self.mine.partition_point(|known| known.at <= at);
                    self.mine.insert(place, Written { message, at });
                    self.mine.drain(..self.mine.len().saturating_sub(limits::ground::THREAD_MINE));
                }
                return;
            }
            By::Sender(sender) => Some(*sender),
            By::Nobody => None,
        };
        if !self.arrivals.iter().any(|known| known.message == message) {
            let place = self.arrivals.partition_point(|known| known.at <= at);
            self.arrivals.insert(place, Arrival { message, sender, at });
            self.arrivals.drain(..self.arrivals.len().saturating_sub(limits::ground::THREAD_ARRIVALS));
        }
    }

    /// When it last moved; `None`: nothing is known of it any more.
    pub fn moved_at(&self) -> Option<Timestamp> {
        let (arrived, written) = (self.arrivals.last().map(|last| last.at), self.mine.last().map(|last| last.at));
        arrived.max(written)
    }

    /// When I wrote last, where nobody has written since.
    pub fn waits_since(&self) -> Option<Timestamp> {
        let written = self.mine.last()?.at;
        self.arrivals.last().is_none_or(|last| last.at < written).then_some(written)
    }

    /// How many messages of others came within this time up to a moment.
    pub fn burst(&self, until: Timestamp, within: Duration) -> usize {
        let age = |arrival: &&Arrival| Duration::try_from(until.duration_since(arrival.at));
        self.arrivals.iter().filter(|arrival| age(arrival).is_ok_and(|age| age <= within)).count()
    }

    /// The messages by which the thread is found: `key`, which began it, and all that are kept.
    pub fn members(&self, key: MessageKey) -> impl Iterator<Item = (MessageKey, Member)> {
        let member = move |mine| Member { thread: key, mine };
        let others = self.arrivals.iter().map(move |arrival| (arrival.message, member(false)));
        let mine = self.mine.iter().map(move |written| (written.message, member(true)));
        let root = (key, member(self.begun_by_me));
        // What was written by me and by somebody who says the same Message-ID is mine.
        others.filter(move |(message, _)| *message != key).chain([root]).chain(mine)
    }

    /// Forgets what this sender wrote.
    pub fn forget(&mut self, sender: SenderKey) {
        self.arrivals.retain(|arrival| arrival.sender != Some(sender));
    }
}

/// A message that is known, and the thread to which it belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The thread's key.
    pub thread: MessageKey,
    /// Whether I wrote it.
    pub mine: bool,
}

/// What is known of a sender, or of somebody I wrote to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderFacts {
    /// When they first appeared, to the second.
    pub first_at: Timestamp,
    /// In which message.
    pub first: MessageKey,
    /// When they appeared last, to the second.
    pub latest_at: Timestamp,
}

impl SenderFacts {
    /// What is known after this message, too.
    pub fn after(known: Option<Self>, lesson: &Lesson) -> Self {
        let Lesson { message, at, .. } = *lesson;
        match known {
            Some(Self { first_at, first, latest_at }) if at >= first_at => {
                Self { first_at, first, latest_at: latest_at.max(at) }
            }
            Some(known) => Self { first_at: at, first: message, ..known },
            None => Self { first_at: at, first: message, latest_at: at },
        }
    }
}

/// What is known around one message, when it is judged: the message itself is among it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Which message.
    pub message: MessageKey,
    /// When it came, to the second.
    pub at: Timestamp,
    /// Its thread.
    pub thread: ThreadFacts,
    /// Whether it answers a message that I wrote.
    pub answers_me: bool,
    /// Its sender; `None`: it has none that can be read.
    pub sender: Option<SenderFacts>,
    /// Whether what came before the first start is known.
    pub past: Past,
}

/// Whether what came before the first start is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Past {
    /// All of it.
    Read,
    /// It is still being read.
    BeingRead,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]

    use std::time::Duration;

    use jiff::Timestamp;

    use super::{SenderFacts, ThreadFacts};
    use crate::limits;
    use crate::model::history::lesson::{By, Lesson, MessageKey, SenderKey};
    use crate::model::name::PersonName;

    fn me() -> PersonName {
        PersonName::new("me")
    }

    fn key(id: &str) -> MessageKey {
        MessageKey::of(&me(), id)
    }

    fn lesson(id: &str, second: i64, by: By) -> Lesson {
        let at = Timestamp::from_second(second).unwrap_or_default();
        Lesson { person: me(), at, message: key(id), ancestors: Vec::new(), by }
    }

    fn bob() -> By {
        By::Sender(SenderKey::of(&me(), "Bob@example.net"))
    }

    #[test]
    fn a_message_counts_once_and_in_any_order() {
        let lessons = [
            lesson("a", 100, bob()),
            lesson("b", 160, bob()),
            lesson("c", 220, By::Nobody),
            lesson("m", 230, By::Me(Vec::new())),
        ];
        let (mut forth, mut back) = (ThreadFacts::default(), ThreadFacts::default());
        for _ in 0..2 {
            lessons.iter().for_each(|lesson| forth.learn(key("a"), lesson));
            lessons.iter().rev().for_each(|lesson| back.learn(key("a"), lesson));
        }
        assert_eq!(forth, back);
        let count =
            |until, within| forth.burst(Timestamp::from_second(until).unwrap_or_default(), Duration::from_secs(within));
        assert_eq!(
            (count(220, 120), count(220, 119), count(220, 59), count(219, 600), count(99, 600)),
            (3, 2, 1, 2, 0)
        );
        assert_eq!(forth.waits_since(), Timestamp::from_second(230).ok());
        assert!(!forth.begun_by_me);
        forth.learn(key("a"), &lesson("d", 240, bob()));
        assert_eq!(forth.waits_since(), None);
        assert_eq!(forth.moved_at(), Timestamp::from_second(240).ok());
    }

    #[test]
    fn lists_keep_the_newest() {
        let mut thread = ThreadFacts::default();
        for n in 0..200 {
            thread.learn(key("0"), &lesson(&n.to_string(), n, bob()));
            thread.learn(key("0"), &lesson(&format!("m{n}"), n, By::Me(Vec::new())));
        }
        thread.learn(key("0"), &lesson("too old", 1, bob()));
        assert_eq!(
            (thread.arrivals.len(), thread.mine.len()),
            (limits::ground::THREAD_ARRIVALS, limits::ground::THREAD_MINE)
        );
        assert_eq!(thread.arrivals[thread.arrivals.len() - 1].message, key("199"));
        thread.forget(SenderKey::of(&me(), "bob@EXAMPLE.net"));
        assert!(thread.arrivals.is_empty());
    }

    #[test]
    fn who_came_first_is_known_whatever_is_learned_first() {
        let (early, late) = (lesson("early", 10, bob()), lesson("late", 20, bob()));
        let expected = SenderFacts { first_at: early.at, first: early.message, latest_at: late.at };
        for order in [[&early, &late, &early], [&late, &early, &late]] {
            let known = order.into_iter().fold(None, |known, lesson| Some(SenderFacts::after(known, lesson)));
            assert_eq!(known, Some(expected));
        }
    }
}
