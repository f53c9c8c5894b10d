//! What is kept of a thread and of a sender, and how a lesson changes it.

use std::time::Duration;

use jiff::Timestamp;

use super::lesson::{By, Lesson, MessageKey, Says, SenderKey, Version};
use crate::limits;
use crate::model::identity::Identity;

/// What is known of a thread. It goes by the key of the message that began it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadFacts {
    /// Whether I wrote the message that began it.
    pub begun_by_me: bool,
    /// What others wrote, by its time, the newest `limits::ground::THREAD_ARRIVALS`; each message once.
    pub arrivals: Vec<Arrival>,
    /// What I wrote, by its time, the newest `limits::ground::THREAD_MINE`; each message once.
    pub mine: Vec<Written>,
    /// The events and alarms that it speaks of, the latest to be learned `limits::ground::THREAD_TOPICS`; unique.
    pub topics: Vec<MessageKey>,
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
    /// What it says.
    pub says: Says,
    /// Which word on an event it is.
    pub version: Option<Version>,
    /// The item that it is, where it is one.
    pub item: Option<Identity>,
}

/// A message of mine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Which.
    pub message: MessageKey,
    /// When it was sent, to the second.
    pub at: Timestamp,
    /// What it says.
    pub says: Says,
}

impl ThreadFacts {
    /// Learns of a message of this thread, `thread` being its key.
    pub fn learn(&mut self, thread: MessageKey, lesson: &Lesson) {
        if let Some(topic) = lesson.topic.filter(|topic| !self.topics.contains(topic)) {
            self.topics.push(topic);
            self.topics.drain(..self.topics.len().saturating_sub(limits::ground::THREAD_TOPICS));
        }
        match &lesson.by {
            By::Me(_) => self.learn_mine(thread, lesson),
            By::Sender(sender) => self.learn_arrival(Some(*sender), lesson),
            By::Nobody => self.learn_arrival(None, lesson),
        }
    }

    fn learn_mine(&mut self, thread: MessageKey, lesson: &Lesson) {
        let Lesson { message, at, says, .. } = *lesson;
        self.begun_by_me |= message == thread;
        if let Some(known) = self.mine.iter_mut().find(|known| known.message == message) {
            known.says = known.says.max(says);
            return;
        }
        let place = self.mine.partition_point(|known| known.at <= at);
        self.mine.insert(place, Written { message, at, says });
        self.mine.drain(..self.mine.len().saturating_sub(limits::ground::THREAD_MINE));
    }

    /// What was known by its header alone is known better when the whole of it comes.
    fn learn_arrival(&mut self, sender: Option<SenderKey>, lesson: &Lesson) {
        let Lesson { message, at, says, version, item, .. } = *lesson;
        if let Some(known) = self.arrivals.iter_mut().find(|known| known.message == message) {
            (known.says, known.item) = (known.says.max(says), known.item.or(item));
            known.version = known.version.or(version);
            return;
        }
        let place = self.arrivals.partition_point(|known| known.at <= at);
        self.arrivals.insert(place, Arrival { message, sender, at, says, version, item });
        self.arrivals.drain(..self.arrivals.len().saturating_sub(limits::ground::THREAD_ARRIVALS));
    }

    /// When a later message said that what this one is about is over, and nobody has said more since.
    ///
    /// Nobody closes another's thing from outside: its own sender does, or I, or somebody who had a word in the thread
    /// before; and what somebody asks nobody else can call answered.
    pub fn closed_at(&self, message: MessageKey) -> Option<Timestamp> {
        let open = self.arrivals.iter().find(|arrival| arrival.message == message)?;
        let last = self.arrivals.iter().rev().find(|arrival| arrival.says != Says::Nods);
        let mine = self.mine.last().filter(|mine| mine.says == Says::Closes && mine.at > open.at);
        if let Some(mine) = mine.filter(|mine| last.is_none_or(|last| last.at <= mine.at)) {
            return Some(mine.at);
        }
        let last = last.filter(|last| last.says == Says::Closes && last.at > open.at)?;
        // A cancellation that was under way for long is of an older version.
        let is_stale = open.version.zip(last.version).is_some_and(|(open, last)| open.supersedes(&last));
        let sender = last.sender.filter(|_| !is_stale)?;
        let was_there = || {
            let before = self.arrivals.iter().filter(|arrival| arrival.at < last.at);
            before.filter(|arrival| arrival.sender == Some(sender)).count() > 0
        };
        let may_close = open.sender == Some(sender) || open.says != Says::Asks && was_there();
        may_close.then_some(last.at)
    }

    /// When its sender said anew what this one says of an event; before this one came, where mail did not come in order.
    /// Whatever else is said in the thread, and by whom, the older word counts no more.
    pub fn superseded_at(&self, message: MessageKey) -> Option<Timestamp> {
        let open = self.arrivals.iter().find(|arrival| arrival.message == message)?;
        let (version, sender) = (open.version?, open.sender?);
        let is_newer = |arrival: &&Arrival| arrival.version.is_some_and(|newer| newer.supersedes(&version));
        let theirs = self.arrivals.iter().filter(|arrival| arrival.sender == Some(sender));
        theirs.filter(is_newer).map(|arrival| arrival.at).min()
    }

    /// The items that belong to it, by the order of their arrival.
    pub fn items(&self) -> impl Iterator<Item = (MessageKey, Identity)> {
        self.arrivals.iter().filter_map(|arrival| Some((arrival.message, arrival.item?)))
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

    /// By what the thread is found: `key`, which began it, all messages that are kept, and what they speak of.
    pub fn members(&self, key: MessageKey) -> impl Iterator<Item = (MessageKey, Member)> {
        let member = move |mine| Member { thread: key, mine };
        let others = self.arrivals.iter().map(move |arrival| (arrival.message, member(false)));
        let mine = self.mine.iter().map(move |written| (written.message, member(true)));
        let root = (key, member(self.begun_by_me));
        let topics = self.topics.iter().map(move |topic| (*topic, member(false)));
        // What was written by me and by somebody who says the same Message-ID is mine.
        topics.chain(others).filter(move |(message, _)| *message != key).chain([root]).chain(mine)
    }

    /// Forgets what this sender wrote, and with it of what they spoke.
    pub fn forget(&mut self, sender: SenderKey) {
        let known = self.arrivals.len();
        self.arrivals.retain(|arrival| arrival.sender != Some(sender));
        if self.arrivals.len() < known {
            self.topics.clear();
        }
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
    /// When they wrote last and before that, to the second; what I wrote to them does not count.
    pub wrote: [Option<Timestamp>; 2],
}

impl SenderFacts {
    /// What is known after this message, too.
    pub fn after(known: Option<Self>, lesson: &Lesson) -> Self {
        let Lesson { message, at, .. } = *lesson;
        let mut facts = match known {
            Some(known) if at >= known.first_at => Self { latest_at: known.latest_at.max(at), ..known },
            Some(known) => Self { first_at: at, first: message, ..known },
            None => Self { first_at: at, first: message, latest_at: at, wrote: [None; 2] },
        };
        if matches!(lesson.by, By::Sender(_)) && !facts.wrote.contains(&Some(at)) {
            let [last, before] = facts.wrote;
            facts.wrote = if last < Some(at) { [Some(at), last] } else { [last, before.max(Some(at))] };
        }
        facts
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
    /// What of its thread is waiting in a digest.
    pub held: Held,
}

impl History {
    /// The message itself, where its thread still has it.
    pub fn arrival(&self) -> Option<&Arrival> {
        self.thread.arrivals.iter().find(|arrival| arrival.message == self.message)
    }

    /// What others wrote in its thread before it, the latest first.
    pub fn earlier(&self) -> impl Iterator<Item = &Arrival> {
        let earlier = self.thread.arrivals.iter().rev();
        earlier.filter(|arrival| arrival.message != self.message && arrival.at <= self.at)
    }

    /// What I wrote last in its thread before it came.
    pub fn mine_before(&self) -> Option<&Written> {
        self.thread.mine.iter().rev().find(|mine| mine.at <= self.at)
    }

    /// What I wrote before it, where nobody had written since: this message is the answer.
    pub fn awaited(&self) -> Option<&Written> {
        let mine = self.mine_before()?;
        self.earlier().all(|arrival| arrival.at < mine.at).then_some(mine)
    }

    /// When its sender had written last before, in this thread or any other.
    pub fn sender_before(&self) -> Option<Timestamp> {
        let sender = self.arrival().and_then(|arrival| arrival.sender);
        let here = self.earlier().filter(|_| sender.is_some()).find(|arrival| arrival.sender == sender);
        let anywhere = self.sender.into_iter().flat_map(|sender| sender.wrote).flatten();
        anywhere.filter(|at| *at < self.at).chain(here.map(|arrival| arrival.at)).max()
    }

    /// When a later message said that what it is about is over ([`ThreadFacts::closed_at`]).
    pub fn closed_at(&self) -> Option<Timestamp> {
        self.thread.closed_at(self.message)
    }

    /// When its sender said it anew ([`ThreadFacts::superseded_at`]).
    pub fn superseded_at(&self) -> Option<Timestamp> {
        self.thread.superseded_at(self.message)
    }

    /// The times between the messages of its thread up to itself, mine among them, the latest first.
    pub fn gaps(&self) -> Vec<Duration> {
        let mine = self.thread.mine.iter().map(|mine| mine.at);
        let mut times: Vec<Timestamp> = self.earlier().map(|arrival| arrival.at).chain(mine).collect();
        times.retain(|at| *at <= self.at);
        times.push(self.at);
        times.sort_unstable_by(|a, b| b.cmp(a));
        let pairs = times.iter().zip(times.iter().skip(1));
        pairs.map(|(later, earlier)| Duration::try_from(later.duration_since(*earlier)).unwrap_or_default()).collect()
    }
}

/// What of a message's thread is waiting in a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Nothing, or nobody can tell.
    Nothing,
    /// A message before it.
    Thread,
    /// The very message that it answers.
    Parent,
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
    use crate::model::history::lesson::{By, Lesson, MessageKey, Says, SenderKey};
    use crate::model::identity::{Id, Identity};
    use crate::model::name::PersonName;

    fn me() -> PersonName {
        PersonName::new("me")
    }

    fn key(id: &str) -> MessageKey {
        MessageKey::of(&me(), id)
    }

    fn lesson(id: &str, second: i64, by: By) -> Lesson {
        let at = Timestamp::from_second(second).unwrap_or_default();
        Lesson::plain(me(), (key(id), at), by)
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
        let wrote = [Some(late.at), Some(early.at)];
        let expected = SenderFacts { first_at: early.at, first: early.message, latest_at: late.at, wrote };
        for order in [[&early, &late, &early], [&late, &early, &late]] {
            let known = order.into_iter().fold(None, |known, lesson| Some(SenderFacts::after(known, lesson)));
            assert_eq!(known, Some(expected));
        }
    }

    /// Who says what, and when: learned in both orders, then whether the first of them is closed, and since when.
    #[track_caller]
    fn closed(words: &[(&str, Says, i64)], expected: Option<i64>) {
        let by = |who: &str| match who {
            "me" => By::Me(Vec::new()),
            "" => By::Nobody,
            who => By::Sender(SenderKey::of(&me(), who)),
        };
        let lessons = words.iter().enumerate().map(|(number, (who, says, second))| Lesson {
            says: *says,
            ..lesson(&number.to_string(), *second, by(who))
        });
        let lessons: Vec<Lesson> = lessons.collect();
        let (mut forth, mut back) = (ThreadFacts::default(), ThreadFacts::default());
        lessons.iter().for_each(|lesson| forth.learn(key("0"), lesson));
        lessons.iter().rev().for_each(|lesson| back.learn(key("0"), lesson));
        assert_eq!(forth, back);
        assert_eq!(forth.closed_at(key("0")).map(|at| at.as_second()), expected, "{words:?}");
    }

    #[test]
    fn nobody_closes_anothers_thing_from_outside() {
        use Says::{Asks, Closes, More, Nods};
        closed(&[("bob", More, 10)], None);
        closed(&[("bob", More, 10), ("bob", Closes, 20)], Some(20));
        closed(&[("bob", Closes, 10)], None);
        closed(&[("bob", More, 10), ("eve", Closes, 20)], None);
        closed(&[("bob", More, 10), ("", Closes, 20)], None);
        closed(&[("", More, 10), ("", Closes, 20)], None);
        closed(&[("bob", More, 10), ("eve", More, 15), ("eve", Closes, 20)], Some(20));
        closed(&[("bob", More, 10), ("eve", Closes, 15), ("eve", Closes, 20)], Some(20));
        // What is asked nobody else can call answered.
        closed(&[("bob", Asks, 10), ("eve", More, 15), ("eve", Closes, 20)], None);
        closed(&[("bob", Asks, 10), ("bob", Closes, 20)], Some(20));
        closed(&[("bob", Asks, 10), ("me", Closes, 20)], Some(20));
        // Thanks leave it closed, more to say opens it.
        closed(&[("bob", More, 10), ("bob", Closes, 20), ("eve", Nods, 30)], Some(20));
        closed(&[("bob", More, 10), ("bob", Closes, 20), ("eve", More, 30)], None);
        closed(&[("bob", More, 10), ("me", Closes, 20), ("eve", More, 30)], None);
        closed(&[("bob", More, 10), ("bob", Closes, 20), ("bob", More, 30), ("bob", Closes, 40)], Some(40));
        // The alarm that rings again is another one.
        closed(&[("bob", More, 30), ("bob", Closes, 20)], None);
    }

    /// A header came first, then the whole message.
    #[test]
    fn what_is_known_gets_better() {
        let item = Identity(Id::of(&[b"item"]));
        let (header, whole) = (lesson("a", 10, bob()), lesson("a", 10, bob()));
        let whole = Lesson { says: Says::Closes, item: Some(item), ..whole };
        for order in [[&header, &whole], [&whole, &header]] {
            let mut thread = ThreadFacts::default();
            order.into_iter().for_each(|lesson| thread.learn(key("a"), lesson));
            assert_eq!(thread.items().collect::<Vec<_>>(), [(key("a"), item)]);
            assert_eq!(thread.arrivals[0].says, Says::Closes);
        }
    }

    #[test]
    fn topics_are_few_and_go_with_whoever_spoke_of_them() {
        let mut thread = ThreadFacts::default();
        for n in 0..10 {
            let topic = Some(MessageKey::of_event(&me(), &n.to_string()));
            thread.learn(key("a"), &Lesson { topic, ..lesson(&n.to_string(), n, bob()) });
        }
        assert_eq!(thread.topics.len(), limits::ground::THREAD_TOPICS);
        thread.forget(SenderKey::of(&me(), "bob@example.net"));
        assert!(thread.topics.is_empty());
    }

    #[test]
    fn what_i_wrote_to_them_they_did_not_write() {
        let to_bob = By::Me(vec![SenderKey::of(&me(), "bob@example.net")]);
        let lessons = [lesson("1", 10, bob()), lesson("2", 20, to_bob), lesson("3", 5, bob()), lesson("1", 10, bob())];
        let known = lessons.iter().fold(None, |known, lesson| Some(SenderFacts::after(known, lesson)));
        let seconds = known.map(|facts| facts.wrote.map(|at| at.map(|at| at.as_second())));
        assert_eq!(seconds, Some([Some(10), Some(5)]));
        assert_eq!(known.map(|facts| facts.latest_at.as_second()), Some(20));
    }
}
