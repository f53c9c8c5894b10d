//! How an errand is written.

use serde::{Deserialize, Serialize};

use super::part::{self, Damaged, IdPart, InstantPart, spool_name};
use crate::model::edition::LetterId;
use crate::model::errand::{Errand, ErrandId, Task};
use crate::model::identity::Identity;
use crate::model::mailbox::Mailbox;
use crate::model::name::{AccountName, DigestName, PersonName};
use crate::store::fact::{ErrandFact, ErrandKind, Order};

#[derive(Serialize, Deserialize)]
struct ErrandRecord {
    seq: u64,
    account: String,
    task: TaskPart,
    urgent: bool,
    posted_at: InstantPart,
    not_before: InstantPart,
    attempts: u32,
}

#[derive(Serialize, Deserialize)]
enum TaskPart {
    File { item: IdPart, to: String },
    Release { item: IdPart, to: Option<String>, mark_seen: bool },
    Look { digest: Option<String> },
    Find { letter: IdPart, message_id: String },
    Append { to: String, body: String, message_id: String },
    Forward { item: IdPart },
    Mention { item: IdPart },
    Fetch { digest: String },
}

/// Writes an errand with its order of posting.
pub fn write(seq: u64, errand: &Errand) -> Vec<u8> {
    part::write(&ErrandRecord {
        seq,
        account: errand.account.as_str().to_owned(),
        task: match &errand.task {
            Task::File { item, to } => TaskPart::File { item: IdPart::of(item.0), to: to.as_str().to_owned() },
            Task::Release { item, to, mark_seen } => TaskPart::Release {
                item: IdPart::of(item.0),
                to: to.as_ref().map(|to| to.as_str().to_owned()),
                mark_seen: *mark_seen,
            },
            Task::Forward { item } => TaskPart::Forward { item: IdPart::of(item.0) },
            Task::Mention { item } => TaskPart::Mention { item: IdPart::of(item.0) },
            Task::Look { digest } => TaskPart::Look { digest: digest.as_ref().map(|name| name.as_str().to_owned()) },
            Task::Fetch { digest } => TaskPart::Fetch { digest: digest.as_str().to_owned() },
            Task::Find { letter, message_id } => {
                TaskPart::Find { letter: IdPart::of(letter.0), message_id: message_id.clone() }
            }
            Task::Append { to, body, message_id } => TaskPart::Append {
                to: to.as_str().to_owned(),
                body: body.as_str().to_owned(),
                message_id: message_id.clone(),
            },
        },
        urgent: errand.urgent,
        posted_at: InstantPart::of(errand.posted_at),
        not_before: InstantPart::of(errand.not_before),
        attempts: errand.attempts,
    })
}

/// Reads an errand and its order of posting.
pub fn read(person: PersonName, id: ErrandId, payload: &[u8]) -> Result<(u64, Errand), Damaged> {
    let record: ErrandRecord = part::read(payload)?;
    let errand = Errand {
        id,
        person,
        account: AccountName::new(record.account),
        task: match record.task {
            TaskPart::File { item, to } => Task::File { item: Identity(item.read()), to: Mailbox::new(to) },
            TaskPart::Release { item, to, mark_seen } => {
                Task::Release { item: Identity(item.read()), to: to.map(Mailbox::new), mark_seen }
            }
            TaskPart::Forward { item } => Task::Forward { item: Identity(item.read()) },
            TaskPart::Mention { item } => Task::Mention { item: Identity(item.read()) },
            TaskPart::Look { digest } => Task::Look { digest: digest.map(DigestName::new) },
            TaskPart::Fetch { digest } => Task::Fetch { digest: DigestName::new(digest) },
            TaskPart::Find { letter, message_id } => Task::Find { letter: LetterId(letter.read()), message_id },
            TaskPart::Append { to, body, message_id } => {
                Task::Append { to: Mailbox::new(to), body: spool_name(&body)?, message_id }
            }
        },
        urgent: record.urgent,
        posted_at: record.posted_at.read()?,
        not_before: record.not_before.read()?,
        attempts: record.attempts,
    };
    Ok((record.seq, errand))
}

/// What the index knows of an errand.
pub fn fact_of(seq: u64, errand: &Errand) -> ErrandFact {
    let (kind, subject, body) = match &errand.task {
        Task::File { item, .. } => (ErrandKind::File, Some(item.0), None),
        Task::Release { item, .. } => (ErrandKind::Release, Some(item.0), None),
        Task::Forward { item } => (ErrandKind::Forward, Some(item.0), None),
        Task::Mention { item } => (ErrandKind::Mention, Some(item.0), None),
        Task::Look { .. } => (ErrandKind::Look, None, None),
        Task::Fetch { .. } => (ErrandKind::Fetch, None, None),
        Task::Find { letter, .. } => (ErrandKind::Find, Some(letter.0), None),
        Task::Append { body, .. } => (ErrandKind::Append, None, Some(body.clone())),
    };
    ErrandFact {
        id: errand.id,
        person: errand.person.clone(),
        account: errand.account.clone(),
        seq,
        order: if errand.urgent { Order::Urgent } else { Order::InTurn },
        not_before: errand.not_before,
        kind,
        subject,
        body,
    }
}

/// What a record says to the index.
pub fn fact(person: PersonName, id: ErrandId, payload: &[u8]) -> Result<ErrandFact, Damaged> {
    read(person, id, payload).map(|(seq, errand)| fact_of(seq, &errand))
}
