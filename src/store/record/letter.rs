//! How a letter is written.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::part::{self, Damaged, IdPart, InstantPart, spool_name};
use crate::model::edition::{EditionId, Letter, LetterId, Stage};
use crate::model::name::PersonName;
use crate::store::fact::{Course, LetterFact};

/// A letter as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The letter.
    pub letter: Letter,
}

#[derive(Serialize, Deserialize)]
struct LetterRecord {
    edition: IdPart,
    recipient: String,
    message_id: String,
    body: String,
    size: u64,
    stage: StagePart,
    attempts: u32,
    sealed_at: InstantPart,
    uncertain: u32,
}

#[derive(Serialize, Deserialize)]
enum StagePart {
    Ready { not_before: InstantPart, last_error: Option<String> },
    Sending,
    DataSent,
    Uncertain { resend_at: InstantPart, looking: bool },
    Accepted { at: InstantPart },
    Failed { at: InstantPart, why: String },
    Doubted { not_before: InstantPart, why: String },
    Refused { at: InstantPart, why: String },
}

/// Writes a letter.
pub fn write(kept: &Kept) -> Vec<u8> {
    let letter = &kept.letter;
    part::write(&LetterRecord {
        edition: IdPart::of(letter.edition.0),
        recipient: letter.recipient.clone(),
        message_id: letter.message_id.clone(),
        body: letter.body.as_str().to_owned(),
        size: letter.size,
        stage: match &letter.stage {
            Stage::Ready { not_before, last_error } => {
                StagePart::Ready { not_before: InstantPart::of(*not_before), last_error: last_error.clone() }
            }
            Stage::Sending => StagePart::Sending,
            Stage::DataSent => StagePart::DataSent,
            Stage::Uncertain { resend_at, looking, .. } => {
                StagePart::Uncertain { resend_at: InstantPart::of(*resend_at), looking: *looking }
            }
            Stage::Accepted { at } => StagePart::Accepted { at: InstantPart::of(*at) },
            Stage::Failed { at, why } => StagePart::Failed { at: InstantPart::of(*at), why: why.clone() },
            Stage::Doubted { not_before, why } => {
                StagePart::Doubted { not_before: InstantPart::of(*not_before), why: why.clone() }
            }
            Stage::Refused { at, why } => StagePart::Refused { at: InstantPart::of(*at), why: why.clone() },
        },
        attempts: letter.attempts,
        sealed_at: InstantPart::of(letter.sealed_at),
        uncertain: letter.uncertain,
    })
}

/// Reads a letter.
pub fn read(person: PersonName, id: LetterId, payload: &[u8]) -> Result<Kept, Damaged> {
    let record: LetterRecord = part::read(payload)?;
    let letter = Letter {
        id,
        edition: EditionId(record.edition.read()),
        person,
        recipient: record.recipient,
        message_id: record.message_id,
        body: spool_name(&record.body)?,
        size: record.size,
        stage: match record.stage {
            StagePart::Ready { not_before, last_error } => Stage::Ready { not_before: not_before.read()?, last_error },
            StagePart::Sending => Stage::Sending,
            StagePart::DataSent => Stage::DataSent,
            StagePart::Uncertain { resend_at, looking } => Stage::Uncertain { resend_at: resend_at.read()?, looking },
            StagePart::Accepted { at } => Stage::Accepted { at: at.read()? },
            StagePart::Failed { at, why } => Stage::Failed { at: at.read()?, why },
            StagePart::Doubted { not_before, why } => Stage::Doubted { not_before: not_before.read()?, why },
            StagePart::Refused { at, why } => Stage::Refused { at: at.read()?, why },
        },
        attempts: record.attempts,
        uncertain: record.uncertain,
        sealed_at: record.sealed_at.read()?,
    };
    Ok(Kept { letter })
}

/// What the index knows of a letter.
pub fn fact_of(letter: &Letter) -> LetterFact {
    LetterFact {
        id: letter.id,
        person: letter.person.clone(),
        edition: letter.edition,
        recipient: letter.recipient.clone(),
        course: match letter.stage {
            Stage::Ready { .. } | Stage::Doubted { .. } | Stage::Sending | Stage::DataSent => Course::Open,
            Stage::Uncertain { .. } => Course::Uncertain,
            Stage::Accepted { .. } => Course::Accepted,
            Stage::Failed { .. } | Stage::Refused { .. } => Course::Failed,
        },
        refused_at: match letter.stage {
            Stage::Refused { at, .. } => Some(at),
            _ => None,
        },
        body: letter.body.clone(),
    }
}

/// What a record says to the index.
pub fn fact(person: PersonName, id: LetterId, payload: &[u8]) -> Result<LetterFact, Damaged> {
    read(person, id, payload).map(|kept| fact_of(&kept.letter))
}

impl Kept {
    /// A letter that was just sealed.
    pub fn new(letter: Letter) -> Self {
        Self { letter }
    }

    /// The letter becomes uncertain once more.
    pub fn doubt(&mut self, resend_at: Timestamp, looks: usize) {
        self.letter.uncertain = self.letter.uncertain.saturating_add(1);
        self.letter.stage = Stage::Uncertain { resend_at, looking: looks > 0 };
    }
}
