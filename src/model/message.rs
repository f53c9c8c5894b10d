//! A message: what every source is turned into before it is judged.

use std::fmt;

use jiff::{Timestamp, tz::Offset};

use super::identity::Identity;
use super::verdict::Urgency;
use crate::limits;

/// A message as judgement sees it. Every string is decoded, bounded (`limits::mail`) and free of control characters
/// other than line feed in `own_text`.
#[derive(Clone, PartialEq)]
pub struct Message {
    /// Who it is.
    pub identity: Identity,
    /// The account's or hook's name.
    pub source: String,
    /// Mail or chat.
    pub kind: Kind,
    /// Message-ID without its angle brackets.
    pub message_id: Option<String>,
    /// What it answers and belongs to.
    pub thread: Thread,
    /// The first From address; `None` where there is none that can be read.
    pub sender: Option<Address>,
    /// Where an answer goes, where that is not the sender.
    pub reply_to: Option<Address>,
    /// In the order of the header.
    pub to: Vec<Address>,
    /// In the order of the header.
    pub cc: Vec<Address>,
    /// The decoded subject on one line; empty where there is none.
    pub subject: String,
    /// What the sender wrote in this very message: no quotation, signature or footer; forwarded parts kept. May be empty.
    pub own_text: String,
    /// Every header field in order: name as it stands, decoded value on one line.
    pub headers: Vec<Header>,
    /// The id inside the angle brackets of List-Id.
    pub list_id: Option<String>,
    /// Auto-Submitted, Precedence, bots, no-reply senders.
    pub automated: bool,
    /// What the sender says of its importance.
    pub importance: Option<Importance>,
    /// In order of appearance.
    pub attachments: Vec<Attachment>,
    /// The calendar part, where there is one that can be read.
    pub event: Option<Event>,
    /// Whether the sender is who they claim to be.
    pub authenticity: Authenticity,
    /// The message's own Date, with the offset it was written in.
    pub sent_at: Option<SentAt>,
    /// INTERNALDATE, or when the request came in.
    pub received_at: Timestamp,
    /// Octets of the whole message as the server counts them.
    pub size: u64,
    /// Where a chat message was said; `None` for mail.
    pub post: Option<Post>,
    /// Of a mail: where it says that what it is about can be seen (`http` or `https`), as it stands there. Whoever sent it
    /// chose it.
    pub page: Option<String>,
    /// What could not be read, one phrase each, without any content: "date missing", "charset x-nope unknown".
    pub notes: Vec<String>,
}

impl Message {
    /// A mail of which nothing is known but who it is, where it came from, when, and its size.
    pub fn bare(identity: Identity, source: &str, received_at: Timestamp, size: u64) -> Self {
        Self {
            identity,
            source: source.to_owned(),
            kind: Kind::Mail,
            message_id: None,
            thread: Thread::default(),
            sender: None,
            reply_to: None,
            to: Vec::new(),
            cc: Vec::new(),
            subject: String::new(),
            own_text: String::new(),
            headers: Vec::new(),
            list_id: None,
            automated: false,
            importance: None,
            attachments: Vec::new(),
            event: None,
            authenticity: Authenticity::Unknown,
            sent_at: None,
            received_at,
            size,
            post: None,
            page: None,
            notes: Vec::new(),
        }
    }
}

impl Message {
    /// Whether it was said in a channel, in no thread, and answers nothing. The name of a channel's own conversation ends
    /// where that of a thread would go on.
    pub fn is_said_by_itself(&self) -> bool {
        let in_channel = self.thread.references.iter().all(|root| root.ends_with(':'));
        self.post.is_some() && in_channel && self.thread.in_reply_to.is_empty()
    }

    /// Whether it ends with a question: one of its last lines, or its subject where there is no text.
    pub fn ends_with_a_question(&self) -> bool {
        let is_question = |line: &str| line.trim_end_matches([' ', ')', '"', '!', '*']).ends_with(['?', '？', '؟']);
        let lines = self.own_text.lines().rev().map(str::trim).filter(|line| !line.is_empty());
        let mut last = lines.take(limits::judgement::QUESTION_LINES).peekable();
        if last.peek().is_none() { is_question(self.subject.trim()) } else { last.any(is_question) }
    }
}

/// Prints lengths only, so that a log that prints a message cannot leak it.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("identity", &self.identity)
            .field("subject_len", &self.subject.len())
            .field("own_text_len", &self.own_text.len())
            .field("headers", &self.headers.len())
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// Through which kind of channel a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A mail, by IMAP or from a Maildir.
    Mail,
    /// A chat message.
    Chat(Chat),
}

/// How a chat message reached me.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chat {
    /// To whom it was said.
    pub audience: Audience,
    /// Whom it names.
    pub mention: Mention,
}

/// Where a chat message was said. Strings are the service's own, bounded and clean.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Post {
    /// The kind of its hook: `slack`, `github` ...
    pub service: String,
    /// The channel's id; empty where the service names none.
    pub channel: String,
    /// The channel's name, where it is known.
    pub channel_name: Option<String>,
    /// Where a person finds it (`http` or `https`).
    pub permalink: Option<String>,
    /// When its sender last changed it, where that is said.
    pub edited_at: Option<Timestamp>,
    /// Of an alarm: whether it rings.
    pub alarm: Option<Alarm>,
    /// The level that the configuration of its hook gives it.
    pub level: Option<Urgency>,
}

impl Post {
    /// What the channel is called: its name, the name as people write it (`#ops`), and its id. May be empty.
    pub fn channel_names(&self) -> Vec<String> {
        let name = self.channel_name.clone();
        let marked = name.as_ref().filter(|name| !name.starts_with('#')).map(|name| format!("#{name}"));
        let id = Some(self.channel.clone()).filter(|id| !id.is_empty());
        name.into_iter().chain(marked).chain(id).collect()
    }
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post").field("service", &self.service).finish_non_exhaustive()
    }
}

/// Whether an alarm rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// It rings.
    Firing,
    /// Somebody has taken it over.
    Acknowledged,
    /// It is over.
    Resolved,
}

/// To whom a chat message was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// To me, in a conversation of two.
    Direct,
    /// To the members of a channel or group.
    Channel,
}

/// Whom a chat message names, by the service's own mark and not by its text: the most direct one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mention {
    /// Me.
    Me,
    /// A group that I am in.
    Group,
    /// Everybody: @here, @channel, @everyone.
    Everyone,
    /// Nobody, or others.
    Nobody,
}

impl Mention {
    /// The word of the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Me => "me",
            Self::Group => "group",
            Self::Everyone => "everyone",
            Self::Nobody => "none",
        }
    }
}

/// A mail address with its display name. The address is lower case in its domain and as written in its local part.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// The display name; says nothing about who it really is.
    pub name: Option<String>,
    /// `local@domain`, or whatever stood there.
    pub address: String,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({} bytes)", self.address.len())
    }
}

/// What a message answers: Message-IDs without angle brackets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// In-Reply-To.
    pub in_reply_to: Vec<String>,
    /// References, the oldest first.
    pub references: Vec<String>,
}

impl Thread {
    /// The Message-ID that names the conversation: its oldest known ancestor.
    pub fn root(&self) -> Option<&str> {
        self.references.first().or(self.in_reply_to.first()).map(String::as_str)
    }
}

/// One header field.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// Its name as it stands.
    pub name: String,
    /// Its decoded, unfolded value.
    pub value: String,
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Header({}: {} bytes)", self.name, self.value.len())
    }
}

/// What Importance, X-Priority or Priority say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Importance {
    /// Low, or X-Priority 4 and 5.
    Low,
    /// High, or X-Priority 1 and 2.
    High,
}

/// A part that is not text to be read in line.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The decoded file name without any path; empty where it has none.
    pub name: String,
    /// `type/subtype`, lower case.
    pub media_type: String,
    /// Octets, decoded, of what was fetched of it.
    pub size: u64,
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attachment({}, {} bytes)", self.media_type, self.size)
    }
}

/// The next occurrence that a calendar part speaks of.
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    /// The iTIP method, upper case: REQUEST, CANCEL, REPLY, PUBLISH ... (RFC 5546 section 1.4).
    pub method: String,
    /// UID: the same in every later word on this event; empty where there is none.
    pub uid: String,
    /// SUMMARY.
    pub summary: String,
    /// When it starts.
    pub starts: Timestamp,
    /// When it ends, where that is said.
    pub ends: Option<Timestamp>,
    /// Whether it fills whole days.
    pub all_day: bool,
    /// STATUS:CANCELLED, or method CANCEL.
    pub cancelled: bool,
    /// How many people it names: ATTENDEE and ORGANIZER, each once.
    pub people: usize,
    /// Which word on it this is; `None`: it speaks of several occurrences, or an older program read it.
    pub revision: Option<Revision>,
}

/// Which word on an event a calendar part is, among all of its organiser's (RFC 5546 section 2.1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision {
    /// RECURRENCE-ID: the one occurrence of a series of which it speaks; `None`: the event, or the whole series.
    pub occurrence: Option<Timestamp>,
    /// SEQUENCE: grows with every change that matters; 0 where there is none.
    pub sequence: u32,
    /// DTSTAMP, to the second: when it was said.
    pub stamp: Option<Timestamp>,
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event({} at {})", self.method, self.starts)
    }
}

/// Whether the sender is who they claim to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authenticity {
    /// DKIM aligned or DMARC passed for the one From domain, said by the trusted server.
    Passed,
    /// The trusted server says that it did not pass, or the From field cannot be one sender.
    Failed,
    /// Nobody trusted says anything.
    Unknown,
}

/// The Date of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentAt {
    /// The instant.
    pub instant: Timestamp,
    /// The offset it was written in.
    pub offset: Offset,
}
