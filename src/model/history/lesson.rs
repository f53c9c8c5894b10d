//! What one message teaches about its thread and its sender, named by hashes.

use jiff::Timestamp;

use crate::model::identity::{Id, Identity};
use crate::model::name::PersonName;

/// Which message, in what is kept: by its Message-ID, so that its copies are one.
///
/// This and [`SenderKey`] are 128 bits of a SHA-256 over the person and the value: nobody can find a second address or
/// Message-ID with the same key, so none can pass for a known one; it is the same on every machine and after every update;
/// and what two persons know of one sender cannot be joined. It is no secret from one who has the store and an address to
/// try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageKey(pub Id);

impl MessageKey {
    /// Of a Message-ID without its angle brackets.
    pub fn of(person: &PersonName, message_id: &str) -> Self {
        Self(Id::of(&[b"message", person.as_str().as_bytes(), message_id.as_bytes()]))
    }

    /// Of a message that has none: who sent it, and when it came.
    pub fn of_nameless(person: &PersonName, sender: &str, received_at: Timestamp) -> Self {
        let (sender, second) = (sender.as_bytes(), received_at.as_second().to_be_bytes());
        Self(Id::of(&[b"nameless", person.as_str().as_bytes(), sender, &second]))
    }

    /// Of an event, by its UID (RFC 5545 section 3.8.4.7): all that is said of it is one thread.
    pub fn of_event(person: &PersonName, uid: &str) -> Self {
        Self(Id::of(&[b"event", person.as_str().as_bytes(), uid.as_bytes()]))
    }

    /// Of one occurrence of a series, by its RECURRENCE-ID.
    pub fn of_occurrence(person: &PersonName, uid: &str, occurrence: Timestamp) -> Self {
        let second = occurrence.as_second().to_be_bytes();
        Self(Id::of(&[b"occurrence", person.as_str().as_bytes(), uid.as_bytes(), &second]))
    }

    /// Of an alarm, by its name and the address that rings it: a name alone could be guessed from outside.
    pub fn of_alarm(person: &PersonName, sender: &str, name: &str) -> Self {
        let sender = sender.to_lowercase();
        Self(Id::of(&[b"alarm", person.as_str().as_bytes(), sender.as_bytes(), name.as_bytes()]))
    }
}

/// Which sender: by the whole address, whatever its case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SenderKey(pub Id);

impl SenderKey {
    /// Of an address.
    pub fn of(person: &PersonName, address: &str) -> Self {
        Self(Id::of(&[b"sender", person.as_str().as_bytes(), address.to_lowercase().as_bytes()]))
    }
}

/// What one message teaches. To learn it twice is to learn it once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// Whose mail it is.
    pub person: PersonName,
    /// When it came, to the second.
    pub at: Timestamp,
    /// Which message.
    pub message: MessageKey,
    /// The messages that it answers, the nearest first; the last one began the thread.
    pub ancestors: Vec<MessageKey>,
    /// The event or the alarm that it speaks of: it joins messages that do not name one another.
    pub topic: Option<MessageKey>,
    /// Who wrote it.
    pub by: By,
    /// What it says to its thread.
    pub says: Says,
    /// Which word on an event it is, where it invites to one or calls one off.
    pub version: Option<Version>,
    /// The item that it is, where it is one.
    pub item: Option<Identity>,
}

impl Lesson {
    /// Of a message that begins a thread and says nothing in particular.
    pub fn plain(person: PersonName, (message, at): (MessageKey, Timestamp), by: By) -> Self {
        Self {
            person,
            at,
            message,
            ancestors: Vec::new(),
            topic: None,
            by,
            says: Says::More,
            version: None,
            item: None,
        }
    }

    /// By what its thread is found: itself, what it answers, what it speaks of.
    pub fn names(&self) -> impl Iterator<Item = MessageKey> {
        std::iter::once(self.message).chain(self.ancestors.iter().copied()).chain(self.topic)
    }
}

/// What a message says to its thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Says {
    /// Something, and there may be more to say.
    #[default]
    More,
    /// Thanks, and nothing else.
    Nods,
    /// It ends with a question.
    Asks,
    /// That the thing is over: solved, cancelled, recovered.
    Closes,
}

/// Which word on an event a message is: an organiser may say it anew, and then the older one counts no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// The event, or one occurrence of a series.
    pub of: MessageKey,
    /// SEQUENCE.
    pub sequence: u32,
    /// DTSTAMP, to the second.
    pub stamp: Option<Timestamp>,
}

impl Version {
    /// Whether it is a newer word on the same than another (RFC 5546 section 2.1.5).
    pub fn supersedes(&self, other: &Self) -> bool {
        let said_later = || self.stamp.zip(other.stamp).is_some_and(|(own, other)| own > other);
        let is_newer = self.sequence > other.sequence || self.sequence == other.sequence && said_later();
        self.of == other.of && is_newer
    }
}

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// I did, to these.
    Me(Vec<SenderKey>),
    /// Somebody else did.
    Sender(SenderKey),
    /// Nobody can tell.
    Nobody,
}

impl By {
    /// Everybody who is known from now on, me left out.
    pub fn people(&self) -> &[SenderKey] {
        match self {
            Self::Me(to) => to,
            Self::Sender(sender) => std::slice::from_ref(sender),
            Self::Nobody => &[],
        }
    }
}
