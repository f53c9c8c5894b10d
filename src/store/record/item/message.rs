//! How an item's message is written.

use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use crate::model::identity::Identity;
use crate::model::message::{
    Address, Attachment, Authenticity, Event, Header, Importance, Kind, Message, SentAt, Thread,
};
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

impl MessagePart {
    /// The part for a message.
    pub fn of(message: &Message) -> Self {
        Self {
            kind: match message.kind {
                Kind::Mail => KindPart::Mail,
            },
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
            kind: match self.kind {
                KindPart::Mail => Kind::Mail,
            },
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
            method: self.method,
            summary: self.summary,
            starts: self.starts.read()?,
            ends: self.ends.map(InstantPart::read).transpose()?,
            all_day: self.all_day,
            cancelled: self.cancelled,
        })
    }
}
