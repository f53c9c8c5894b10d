//! How an item's message is written.

use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use crate::model::identity::Identity;
use crate::model::message::{
    Address, Alarm, Attachment, Audience, Authenticity, Chat, Event, Header, Importance, Kind, Mention, Message, Post,
    Revision, SentAt, Thread,
};
use crate::model::verdict::Urgency;
use crate::store::record::part::{Damaged, InstantPart};

/// A message; its identity is in the key, its source in the head.
#[derive(Serialize, Deserialize)]
pub struct MessagePart {
    kind: KindPart,
    message_id: Option<String>,
    in_reply_to: Vec<String>,
    references: Vec<String>,
    sender: Option<AddressPart>,
    reply_to: Option<AddressPart>,
    to: Vec<AddressPart>,
    cc: Vec<AddressPart>,
    subject: String,
    own_text: String,
    headers: Vec<(String, String)>,
    list_id: Option<String>,
    automated: bool,
    importance: Option<ImportancePart>,
    attachments: Vec<AttachmentPart>,
    event: Option<EventPart>,
    authenticity: AuthenticityPart,
    sent_at: Option<(InstantPart, i32)>,
    received_at: InstantPart,
    size: u64,
    notes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
enum KindPart {
    Mail,
    Chat(AudiencePart, MentionPart),
}

#[derive(Serialize, Deserialize)]
enum AudiencePart {
    Direct,
    Channel,
}

#[derive(Serialize, Deserialize)]
enum MentionPart {
    Me,
    Group,
    Everyone,
    Nobody,
}

#[derive(Serialize, Deserialize)]
struct AddressPart {
    name: Option<String>,
    address: String,
}

#[derive(Serialize, Deserialize)]
enum ImportancePart {
    Low,
    High,
}

#[derive(Serialize, Deserialize)]
enum AuthenticityPart {
    Passed,
    Failed,
    Unknown,
}

#[derive(Serialize, Deserialize)]
struct AttachmentPart {
    name: String,
    media_type: String,
    size: u64,
}

#[derive(Serialize, Deserialize)]
struct EventPart {
    method: String,
    summary: String,
    starts: InstantPart,
    ends: Option<InstantPart>,
    all_day: bool,
    cancelled: bool,
}

/// What of a message came to be known later than the rest.
#[derive(Default, Serialize, Deserialize)]
pub struct MorePart {
    event: Option<(String, usize)>,
    post: Option<PostPart>,
}

/// What of a message came to be known after [`MorePart`]. The first two are together what one structure was, octet by octet:
/// the mark of its optional occurrence is the number of the variant.
#[derive(Serialize, Deserialize)]
pub enum LaterPart {
    /// Which word on its event it is: SEQUENCE, DTSTAMP.
    Word(u32, Option<InstantPart>),
    /// Which word on one occurrence of its event: RECURRENCE-ID, SEQUENCE, DTSTAMP.
    WordOnOccurrence(InstantPart, u32, Option<InstantPart>),
    /// Where it can be seen.
    Page(String),
}

impl LaterPart {
    /// The parts for a message; mostly none.
    pub fn of(message: &Message) -> impl Iterator<Item = Self> {
        let revision = message.event.as_ref().and_then(|event| event.revision);
        let word = revision.map(|Revision { occurrence, sequence, stamp }| {
            let stamp = stamp.map(InstantPart::of);
            match occurrence.map(InstantPart::of) {
                None => Self::Word(sequence, stamp),
                Some(occurrence) => Self::WordOnOccurrence(occurrence, sequence, stamp),
            }
        });
        word.into_iter().chain(message.page.clone().map(Self::Page))
    }

    /// Adds it to the message.
    pub fn complete(self, message: &mut Message) -> Result<(), Damaged> {
        let (occurrence, sequence, stamp) = match self {
            Self::Word(sequence, stamp) => (None, sequence, stamp),
            Self::WordOnOccurrence(occurrence, sequence, stamp) => (Some(occurrence), sequence, stamp),
            Self::Page(page) => {
                message.page = Some(page);
                return Ok(());
            }
        };
        let instant = |part: Option<InstantPart>| part.map(InstantPart::read).transpose();
        let revision = Revision { occurrence: instant(occurrence)?, sequence, stamp: instant(stamp)? };
        message.event.iter_mut().for_each(|event| event.revision = Some(revision));
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
struct PostPart {
    service: String,
    channel: String,
    channel_name: Option<String>,
    permalink: Option<String>,
    edited_at: Option<InstantPart>,
    alarm: Option<AlarmPart>,
    level: Option<LevelPart>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum AlarmPart {
    Firing,
    Acknowledged,
    Resolved,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum LevelPart {
    Low,
    Normal,
    Urgent,
    Critical,
}

impl PostPart {
    fn of(post: &Post) -> Self {
        Self {
            service: post.service.clone(),
            channel: post.channel.clone(),
            channel_name: post.channel_name.clone(),
            permalink: post.permalink.clone(),
            edited_at: post.edited_at.map(InstantPart::of),
            alarm: post.alarm.map(|alarm| match alarm {
                Alarm::Firing => AlarmPart::Firing,
                Alarm::Acknowledged => AlarmPart::Acknowledged,
                Alarm::Resolved => AlarmPart::Resolved,
            }),
            level: post.level.map(|level| match level {
                Urgency::Low => LevelPart::Low,
                Urgency::Normal => LevelPart::Normal,
                Urgency::Urgent => LevelPart::Urgent,
                Urgency::Critical => LevelPart::Critical,
            }),
        }
    }

    fn read(self) -> Result<Post, Damaged> {
        Ok(Post {
            service: self.service,
            channel: self.channel,
            channel_name: self.channel_name,
            permalink: self.permalink,
            edited_at: self.edited_at.map(InstantPart::read).transpose()?,
            alarm: self.alarm.map(|alarm| match alarm {
                AlarmPart::Firing => Alarm::Firing,
                AlarmPart::Acknowledged => Alarm::Acknowledged,
                AlarmPart::Resolved => Alarm::Resolved,
            }),
            level: self.level.map(|level| match level {
                LevelPart::Low => Urgency::Low,
                LevelPart::Normal => Urgency::Normal,
                LevelPart::Urgent => Urgency::Urgent,
                LevelPart::Critical => Urgency::Critical,
            }),
        })
    }
}

impl MorePart {
    /// The part for a message.
    pub fn of(message: &Message) -> Self {
        Self {
            event: message.event.as_ref().map(|event| (event.uid.clone(), event.people)),
            post: message.post.as_ref().map(PostPart::of),
        }
    }

    /// The message with it.
    pub fn complete(self, mut message: Message) -> Result<Message, Damaged> {
        if let (Some(event), Some((uid, people))) = (&mut message.event, self.event) {
            (event.uid, event.people) = (uid, people);
        }
        message.post = self.post.map(PostPart::read).transpose()?;
        Ok(message)
    }
}

impl KindPart {
    fn of(kind: Kind) -> Self {
        let Kind::Chat(Chat { audience, mention }) = kind else { return Self::Mail };
        let audience = match audience {
            Audience::Direct => AudiencePart::Direct,
            Audience::Channel => AudiencePart::Channel,
        };
        let mention = match mention {
            Mention::Me => MentionPart::Me,
            Mention::Group => MentionPart::Group,
            Mention::Everyone => MentionPart::Everyone,
            Mention::Nobody => MentionPart::Nobody,
        };
        Self::Chat(audience, mention)
    }

    fn read(self) -> Kind {
        let Self::Chat(audience, mention) = self else { return Kind::Mail };
        let audience = match audience {
            AudiencePart::Direct => Audience::Direct,
            AudiencePart::Channel => Audience::Channel,
        };
        let mention = match mention {
            MentionPart::Me => Mention::Me,
            MentionPart::Group => Mention::Group,
            MentionPart::Everyone => Mention::Everyone,
            MentionPart::Nobody => Mention::Nobody,
        };
        Kind::Chat(Chat { audience, mention })
    }
}

impl MessagePart {
    /// The part for a message.
    pub fn of(message: &Message) -> Self {
        Self {
            kind: KindPart::of(message.kind),
            message_id: message.message_id.clone(),
            in_reply_to: message.thread.in_reply_to.clone(),
            references: message.thread.references.clone(),
            sender: message.sender.as_ref().map(AddressPart::of),
            reply_to: message.reply_to.as_ref().map(AddressPart::of),
            to: message.to.iter().map(AddressPart::of).collect(),
            cc: message.cc.iter().map(AddressPart::of).collect(),
            subject: message.subject.clone(),
            own_text: message.own_text.clone(),
            headers: message.headers.iter().map(|field| (field.name.clone(), field.value.clone())).collect(),
            list_id: message.list_id.clone(),
            automated: message.automated,
            importance: message.importance.map(|importance| match importance {
                Importance::Low => ImportancePart::Low,
                Importance::High => ImportancePart::High,
            }),
            attachments: message.attachments.iter().map(AttachmentPart::of).collect(),
            event: message.event.as_ref().map(EventPart::of),
            authenticity: match message.authenticity {
                Authenticity::Passed => AuthenticityPart::Passed,
                Authenticity::Failed => AuthenticityPart::Failed,
                Authenticity::Unknown => AuthenticityPart::Unknown,
            },
            sent_at: message.sent_at.map(|sent| (InstantPart::of(sent.instant), sent.offset.seconds())),
            received_at: InstantPart::of(message.received_at),
            size: message.size,
            notes: message.notes.clone(),
        }
    }

    /// The message.
    pub fn read(self, identity: Identity, source: String) -> Result<Message, Damaged> {
        Ok(Message {
            identity,
            source,
            kind: self.kind.read(),
            message_id: self.message_id,
            thread: Thread { in_reply_to: self.in_reply_to, references: self.references },
            sender: self.sender.map(AddressPart::read),
            reply_to: self.reply_to.map(AddressPart::read),
            to: self.to.into_iter().map(AddressPart::read).collect(),
            cc: self.cc.into_iter().map(AddressPart::read).collect(),
            subject: self.subject,
            own_text: self.own_text,
            headers: self.headers.into_iter().map(|(name, value)| Header { name, value }).collect(),
            list_id: self.list_id,
            automated: self.automated,
            importance: self.importance.map(|importance| match importance {
                ImportancePart::Low => Importance::Low,
                ImportancePart::High => Importance::High,
            }),
            attachments: self.attachments.into_iter().map(AttachmentPart::read).collect(),
            event: self.event.map(EventPart::read).transpose()?,
            authenticity: match self.authenticity {
                AuthenticityPart::Passed => Authenticity::Passed,
                AuthenticityPart::Failed => Authenticity::Failed,
                AuthenticityPart::Unknown => Authenticity::Unknown,
            },
            sent_at: self.sent_at.map(|(instant, offset)| sent_at(instant, offset)).transpose()?,
            received_at: self.received_at.read()?,
            size: self.size,
            post: None,
            page: None,
            notes: self.notes,
        })
    }
}

fn sent_at(instant: InstantPart, offset: i32) -> Result<SentAt, Damaged> {
    let offset = Offset::from_seconds(offset).map_err(|_| Damaged("offset out of range"))?;
    Ok(SentAt { instant: instant.read()?, offset })
}

impl AddressPart {
    fn of(address: &Address) -> Self {
        Self { name: address.name.clone(), address: address.address.clone() }
    }

    fn read(self) -> Address {
        Address { name: self.name, address: self.address }
    }
}

impl AttachmentPart {
    fn of(attachment: &Attachment) -> Self {
        let Attachment { name, media_type, size } = attachment.clone();
        Self { name, media_type, size }
    }

    fn read(self) -> Attachment {
        Attachment { name: self.name, media_type: self.media_type, size: self.size }
    }
}

impl EventPart {
    fn of(event: &Event) -> Self {
        Self {
            method: event.method.clone(),
            summary: event.summary.clone(),
            starts: InstantPart::of(event.starts),
            ends: event.ends.map(InstantPart::of),
            all_day: event.all_day,
            cancelled: event.cancelled,
        }
    }

    fn read(self) -> Result<Event, Damaged> {
        Ok(Event {
            uid: String::new(),
            people: 0,
            revision: None,
            method: self.method,
            summary: self.summary,
            starts: self.starts.read()?,
            ends: self.ends.map(InstantPart::read).transpose()?,
            all_day: self.all_day,
            cancelled: self.cancelled,
        })
    }
}
