//! How an edition is written; its items are a file of the spool, which the record names.

use serde::{Deserialize, Serialize};

use super::part::{self, Damaged, IdPart, InstantPart, spool_name};
use crate::model::edition::{Claim, Edition, EditionId, EditionKind, Fate, LetterId, SpoolName};
use crate::model::identity::Identity;
use crate::model::name::{DigestName, PersonName};
use crate::store::fact::EditionFact;

/// An edition as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The edition; its items are left out here.
    pub edition: Edition,
    /// The file that lists them.
    pub manifest: SpoolName,
}

#[derive(Serialize, Deserialize)]
struct EditionRecord {
    kind: KindPart,
    slot: InstantPart,
    revision: u32,
    part: u32,
    sealed_at: InstantPart,
    manifest: String,
    letters: Vec<IdPart>,
    fate: FatePart,
}

#[derive(Serialize, Deserialize)]
enum KindPart {
    Digest(String),
    Overdue,
    Forward(IdPart),
    DigestTold(String),
    OverdueTold,
    Alert(IdPart),
}

impl KindPart {
    fn of(edition: &Edition) -> Self {
        match (&edition.kind, edition.claim) {
            (EditionKind::Digest(name), Claim::Holds) => Self::Digest(name.as_str().to_owned()),
            (EditionKind::Digest(name), Claim::Tells) => Self::DigestTold(name.as_str().to_owned()),
            (EditionKind::Overdue, Claim::Holds) => Self::Overdue,
            (EditionKind::Overdue, Claim::Tells) => Self::OverdueTold,
            (EditionKind::Forward(item), _) => Self::Forward(IdPart::of(item.0)),
            (EditionKind::Alert(about), _) => Self::Alert(IdPart::of(*about)),
        }
    }

    fn read(self) -> (EditionKind, Claim) {
        match self {
            Self::Digest(name) => (EditionKind::Digest(DigestName::new(name)), Claim::Holds),
            Self::DigestTold(name) => (EditionKind::Digest(DigestName::new(name)), Claim::Tells),
            Self::Overdue => (EditionKind::Overdue, Claim::Holds),
            Self::OverdueTold => (EditionKind::Overdue, Claim::Tells),
            Self::Forward(item) => (EditionKind::Forward(Identity(item.read())), Claim::Tells),
            Self::Alert(about) => (EditionKind::Alert(about.read()), Claim::Holds),
        }
    }
}

#[derive(Serialize, Deserialize)]
enum FatePart {
    Open,
    Sent,
    Done,
    Failed,
}

/// Writes an edition.
pub fn write(kept: &Kept) -> Vec<u8> {
    let edition = &kept.edition;
    part::write(&EditionRecord {
        kind: KindPart::of(edition),
        slot: InstantPart::of(edition.slot),
        revision: edition.revision,
        part: edition.part,
        sealed_at: InstantPart::of(edition.sealed_at),
        manifest: kept.manifest.as_str().to_owned(),
        letters: edition.letters.iter().map(|letter| IdPart::of(letter.0)).collect(),
        fate: match edition.fate {
            Fate::Open => FatePart::Open,
            Fate::Sent => FatePart::Sent,
            Fate::Done => FatePart::Done,
            Fate::Failed => FatePart::Failed,
        },
    })
}

/// Reads an edition.
pub fn read(person: PersonName, id: EditionId, payload: &[u8]) -> Result<Kept, Damaged> {
    let record: EditionRecord = part::read(payload)?;
    let (kind, claim) = record.kind.read();
    let edition = Edition {
        id,
        person,
        kind,
        slot: record.slot.read()?,
        revision: record.revision,
        part: record.part,
        sealed_at: record.sealed_at.read()?,
        items: Vec::new(),
        claim,
        letters: record.letters.into_iter().map(|letter| LetterId(letter.read())).collect(),
        fate: match record.fate {
            FatePart::Open => Fate::Open,
            FatePart::Sent => Fate::Sent,
            FatePart::Done => Fate::Done,
            FatePart::Failed => Fate::Failed,
        },
    };
    Ok(Kept { edition, manifest: spool_name(&record.manifest)? })
}

/// What the index knows of an edition.
pub fn fact_of(kept: &Kept) -> EditionFact {
    EditionFact {
        id: kept.edition.id,
        person: kept.edition.person.clone(),
        kind: kept.edition.kind.clone(),
        slot: kept.edition.slot,
        claim: kept.edition.claim,
        fate: kept.edition.fate,
        sealed_at: kept.edition.sealed_at,
        manifest: kept.manifest.clone(),
        letters: kept.edition.letters.clone(),
    }
}

/// What a record says to the index.
pub fn fact(person: PersonName, id: EditionId, payload: &[u8]) -> Result<EditionFact, Damaged> {
    read(person, id, payload).map(|kept| fact_of(&kept))
}

impl Kept {
    /// The edition with its items.
    pub fn with(mut self, items: Vec<Identity>) -> Edition {
        self.edition.items = items;
        self.edition
    }
}
