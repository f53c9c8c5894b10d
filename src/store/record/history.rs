//! How what is known of threads, of senders and of a mailbox's past is written: instants in full seconds.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::part::{self, Damaged, IdPart};
use crate::model::history::facts::{Arrival, SenderFacts, ThreadFacts, Written};
use crate::model::history::lesson::{MessageKey, SenderKey};
use crate::model::history::study::Study;

#[derive(Serialize, Deserialize)]
struct ThreadRecord {
    begun_by_me: bool,
    arrivals: Vec<(IdPart, Option<IdPart>, i64)>,
    mine: Vec<(IdPart, i64)>,
}

#[derive(Serialize, Deserialize)]
struct SenderRecord {
    first_at: i64,
    first: IdPart,
    latest_at: i64,
}

#[derive(Serialize, Deserialize)]
struct StudyRecord {
    generation: u32,
    down_to: Option<i64>,
    next: i64,
}

fn instant(second: i64) -> Result<Timestamp, Damaged> {
    Timestamp::from_second(second).map_err(|_| Damaged("instant out of range"))
}

/// Writes a thread.
pub fn write_thread(facts: &ThreadFacts) -> Vec<u8> {
    let arrival = |arrival: &Arrival| {
        (IdPart::of(arrival.message.0), arrival.sender.map(|sender| IdPart::of(sender.0)), arrival.at.as_second())
    };
    part::write(&ThreadRecord {
        begun_by_me: facts.begun_by_me,
        arrivals: facts.arrivals.iter().map(arrival).collect(),
        mine: facts.mine.iter().map(|mine| (IdPart::of(mine.message.0), mine.at.as_second())).collect(),
    })
}

/// Reads a thread.
pub fn read_thread(payload: &[u8]) -> Result<ThreadFacts, Damaged> {
    let record: ThreadRecord = part::read(payload)?;
    let arrival = |(message, sender, at): (IdPart, Option<IdPart>, i64)| {
        let sender = sender.map(|sender| SenderKey(sender.read()));
        Ok(Arrival { message: MessageKey(message.read()), sender, at: instant(at)? })
    };
    let written = |(message, at): (IdPart, i64)| Ok(Written { message: MessageKey(message.read()), at: instant(at)? });
    Ok(ThreadFacts {
        begun_by_me: record.begun_by_me,
        arrivals: record.arrivals.into_iter().map(arrival).collect::<Result<_, _>>()?,
        mine: record.mine.into_iter().map(written).collect::<Result<_, _>>()?,
    })
}

/// Writes a sender.
pub fn write_sender(facts: &SenderFacts) -> Vec<u8> {
    part::write(&SenderRecord {
        first_at: facts.first_at.as_second(),
        first: IdPart::of(facts.first.0),
        latest_at: facts.latest_at.as_second(),
    })
}

/// Reads a sender.
pub fn read_sender(payload: &[u8]) -> Result<SenderFacts, Damaged> {
    let record: SenderRecord = part::read(payload)?;
    Ok(SenderFacts {
        first_at: instant(record.first_at)?,
        first: MessageKey(record.first.read()),
        latest_at: instant(record.latest_at)?,
    })
}

/// Writes how far a mailbox's past was read.
pub fn write_study(study: &Study) -> Vec<u8> {
    let Study { generation, down_to, next } = *study;
    part::write(&StudyRecord { generation, down_to, next })
}

/// Reads how far a mailbox's past was read.
pub fn read_study(payload: &[u8]) -> Result<Study, Damaged> {
    let StudyRecord { generation, down_to, next } = part::read(payload)?;
    Ok(Study { generation, down_to, next })
}
