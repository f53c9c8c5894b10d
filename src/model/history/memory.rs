//! Facts in memory: what some messages teach on top of what is kept, or all of it where nothing is kept.

use std::collections::HashMap;

use super::facts::{Held, History, Member, Past, SenderFacts, ThreadFacts};
use super::lesson::{By, Lesson, MessageKey, SenderKey};

/// Threads and senders, as many as are learned.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    threads: HashMap<MessageKey, ThreadFacts>,
    members: HashMap<MessageKey, Member>,
    senders: HashMap<SenderKey, SenderFacts>,
}

/// What is kept about a lesson's thread and people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recalled {
    /// The message, its ancestors and what it speaks of, those that are known.
    pub members: Vec<(MessageKey, Member)>,
    /// Its thread, where it is known.
    pub thread: Option<(MessageKey, ThreadFacts)>,
    /// Its people, those that are known.
    pub senders: Vec<(SenderKey, SenderFacts)>,
}

/// The thread of a lesson: that of the message itself, seen again, else of its nearest known ancestor, else of what it
/// speaks of; else the one that its farthest ancestor began, or it began itself.
pub fn thread_of(lesson: &Lesson, known: impl Fn(MessageKey) -> Option<Member>) -> MessageKey {
    let member = lesson.names().find_map(known);
    member.map(|member| member.thread).or_else(|| lesson.ancestors.last().copied()).unwrap_or(lesson.message)
}

impl Memory {
    /// Takes what is kept; what was learned here already stays.
    pub fn take(&mut self, recalled: Recalled) {
        for (message, member) in recalled.members {
            self.members.entry(message).or_insert(member);
        }
        for (sender, facts) in recalled.senders {
            self.senders.entry(sender).or_insert(facts);
        }
        if let Some((key, facts)) = recalled.thread {
            self.take_thread(key, facts);
        }
    }

    /// Takes what is kept of a thread; what was learned here already stays.
    pub fn take_thread(&mut self, key: MessageKey, facts: ThreadFacts) {
        if !self.threads.contains_key(&key) {
            self.members.extend(facts.members(key));
            self.threads.insert(key, facts);
        }
    }

    /// Forgets a sender, and what they wrote.
    pub fn forget(&mut self, sender: SenderKey) {
        self.senders.remove(&sender);
        self.threads.values_mut().for_each(|thread| thread.forget(sender));
    }

    /// Learns, and returns the key of the thread.
    pub fn learn(&mut self, lesson: &Lesson) -> MessageKey {
        let key = thread_of(lesson, |message| self.member(message));
        let thread = self.threads.entry(key).or_default();
        thread.learn(key, lesson);
        self.members.extend(thread.members(key));
        for person in lesson.by.people() {
            let known = self.senders.get(person).copied();
            self.senders.insert(*person, SenderFacts::after(known, lesson));
        }
        key
    }

    /// What is known around a message that was learned.
    pub fn history(&self, lesson: &Lesson, past: Past) -> History {
        let key = thread_of(lesson, |message| self.member(message));
        let mine = |message: &MessageKey| self.member(*message).is_some_and(|member| member.mine);
        let sender = match &lesson.by {
            By::Sender(sender) => self.senders.get(sender).copied(),
            By::Me(_) | By::Nobody => None,
        };
        History {
            message: lesson.message,
            at: lesson.at,
            thread: self.threads.get(&key).cloned().unwrap_or_default(),
            answers_me: lesson.ancestors.iter().any(mine),
            sender,
            past,
            held: Held::Nothing,
        }
    }

    /// A known message.
    pub fn member(&self, message: MessageKey) -> Option<Member> {
        self.members.get(&message).copied()
    }

    /// A known thread.
    pub fn thread(&self, key: MessageKey) -> Option<&ThreadFacts> {
        self.threads.get(&key)
    }

    /// A known sender.
    pub fn sender(&self, key: SenderKey) -> Option<&SenderFacts> {
        self.senders.get(&key)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::Memory;
    use crate::model::history::facts::Past;
    use crate::model::history::lesson::{By, Lesson, MessageKey, SenderKey};
    use crate::model::name::PersonName;

    fn lesson(id: &str, ancestors: &[&str], by: By) -> Lesson {
        let me = PersonName::new("me");
        let key = |id: &str| MessageKey::of(&me, id);
        let ancestors = ancestors.iter().map(|id| key(id)).collect();
        Lesson { ancestors, ..Lesson::plain(me.clone(), (key(id), Timestamp::UNIX_EPOCH), by) }
    }

    fn bob() -> By {
        By::Sender(SenderKey::of(&PersonName::new("me"), "bob@example.net"))
    }

    #[test]
    fn a_thread_is_found_by_its_nearest_known_message() {
        let mut memory = Memory::default();
        let root = memory.learn(&lesson("a", &[], bob()));
        assert_eq!(memory.learn(&lesson("b", &["a"], bob())), root);
        assert_eq!(memory.learn(&lesson("c", &["b"], bob())), root, "it names no more than what it answers");
        assert_eq!(memory.learn(&lesson("d", &["lost", "a"], bob())), root);
        let other = memory.learn(&lesson("x", &["lost too", "lost root"], bob()));
        assert_ne!(other, root);
        assert_eq!(memory.learn(&lesson("y", &["another lost one", "lost root"], bob())), other);
        assert_eq!(memory.learn(&lesson("a", &["lost root"], bob())), root, "seen again, whatever it says now");
        let count = memory.history(&lesson("c", &["b"], bob()), Past::Read).thread.arrivals.len();
        assert_eq!(count, 4);
    }

    #[test]
    fn answers_are_known() {
        let mut memory = Memory::default();
        let me = || By::Me(vec![SenderKey::of(&PersonName::new("me"), "carl@example.net")]);
        memory.learn(&lesson("mine", &[], me()));
        memory.learn(&lesson("theirs", &[], bob()));
        let mut check = |id: &str, ancestors: &[&str], expected: (bool, bool)| {
            let lesson = lesson(id, ancestors, bob());
            memory.learn(&lesson);
            let history = memory.history(&lesson, Past::Read);
            assert_eq!((history.answers_me, history.thread.begun_by_me), expected, "{id}");
        };
        check("1", &["mine"], (true, true));
        check("2", &["1"], (false, true));
        check("3", &["theirs"], (false, false));
        check("4", &["theirs", "mine"], (true, false));
        check("mine", &[], (false, true));
        let carl = SenderKey::of(&PersonName::new("me"), "carl@example.net");
        assert!(memory.sender(carl).is_some(), "I wrote to him");
    }

    /// An alarm and its end, an invitation and its cancellation: they name one another by what they speak of alone.
    #[test]
    fn a_thread_is_found_by_what_it_speaks_of() {
        let mut memory = Memory::default();
        let me = PersonName::new("me");
        let about = |id: &str, ancestors: &[&str], uid: &str, by: By| Lesson {
            topic: Some(MessageKey::of_event(&me, uid)),
            ..lesson(id, ancestors, by)
        };
        let root = memory.learn(&about("invitation", &[], "u1", bob()));
        assert_eq!(memory.learn(&about("cancellation", &[], "u1", bob())), root);
        assert_eq!(memory.learn(&lesson("answer", &["cancellation"], bob())), root);
        assert_ne!(memory.learn(&about("other", &[], "u2", bob())), root);
        // What it answers tells more.
        let talk = memory.learn(&lesson("talk", &[], bob()));
        assert_eq!(memory.learn(&about("late", &["talk"], "u3", bob())), talk);
        assert_eq!(memory.learn(&about("later", &[], "u3", bob())), talk);
        // A thread that I begin is mine, whatever it speaks of; one that others began is not.
        let mine = about("mine", &[], "u4", By::Me(Vec::new()));
        memory.learn(&mine);
        let answer = about("yes", &[], "u4", bob());
        memory.learn(&answer);
        let history = memory.history(&answer, Past::Read);
        assert_eq!((history.answers_me, history.thread.begun_by_me), (false, true));
        let late = about("me too", &[], "u1", By::Me(Vec::new()));
        memory.learn(&late);
        assert!(!memory.history(&late, Past::Read).thread.begun_by_me);
    }
}
