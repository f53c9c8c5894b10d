//! How an item is written: first what the index wants, then the rest.

use serde::{Deserialize, Serialize};

use super::part::{self, Damaged, DurationPart, IdPart, InstantPart, PlacePart};
use crate::model::edition::EditionId;
use crate::model::identity::Identity;
use crate::model::item::{Item, Settled, Standing};
use crate::model::mailbox::Mailbox;
use crate::model::name::{DigestName, PersonName, RuleName};
use crate::model::verdict::{Decision, NeverHeld, Placement, Reason, Then, Urgency, Verdict, Wishes};
use crate::store::fact::ItemFact;
use message::MessagePart;

pub mod message;

/// What a scan reads of each item.
#[derive(Serialize, Deserialize)]
struct Head {
    seq: u64,
    source: String,
    decision: DecisionPart,
    placement: PlacementPart,
    place: Option<PlacePart>,
    standing: StandingPart,
    accepted_at: InstantPart,
}

/// What only a look at the item reads.
#[derive(Serialize, Deserialize)]
struct Rest {
    wanted: Option<String>,
    reason: ReasonPart,
    wishes: WishesPart,
    judged_at: InstantPart,
    message: MessagePart,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum DecisionPart {
    Low,
    Normal,
    Urgent,
    Critical,
    Drop,
    Ignore,
    LetThrough,
}

#[derive(Serialize, Deserialize)]
enum PlacementPart {
    Pass,
    Hold { due_at: InstantPart, digest: Option<String>, deliver_by: InstantPart },
    Drop,
    Ignore,
}

#[derive(Serialize, Deserialize)]
enum StandingPart {
    Waiting,
    Passed(InstantPart),
    Settled(InstantPart, SettledPart),
}

#[derive(Serialize, Deserialize)]
enum SettledPart {
    Delivered(IdPart),
    InOtherHands,
    Dropped,
    LeftAlone,
    ReleasedByHand,
    DroppedByHand,
}

#[derive(Serialize, Deserialize)]
enum ReasonPart {
    Rule { rule: String, evidence: Vec<String> },
    NoRule,
    InOtherHands,
    Mine,
    OwnLetter,
    PutThere,
    BeforeFirstRun,
    Unjudged(String),
    Bounce,
}

#[derive(Serialize, Deserialize)]
struct WishesPart {
    digest: Option<String>,
    max_hold: Option<DurationPart>,
    note: Option<String>,
}

/// Writes an item with its order of arrival.
pub fn write(seq: u64, item: &Item) -> Vec<u8> {
    let mut payload = part::write(&Head {
        seq,
        source: item.message.source.clone(),
        decision: DecisionPart::of(item.verdict.decision),
        placement: PlacementPart::of(&item.placement),
        place: item.place.as_ref().map(PlacePart::of),
        standing: StandingPart::of(item.standing),
        accepted_at: InstantPart::of(item.accepted_at),
    });
    payload.extend(part::write(&Rest {
        wanted: item.wanted.as_ref().map(|mailbox| mailbox.as_str().to_owned()),
        reason: ReasonPart::of(&item.verdict.reason),
        wishes: WishesPart {
            digest: item.verdict.wishes.digest.as_ref().map(|name| name.as_str().to_owned()),
            max_hold: item.verdict.wishes.max_hold.map(DurationPart::of),
            note: item.verdict.wishes.note.clone(),
        },
        judged_at: InstantPart::of(item.verdict.judged_at),
        message: MessagePart::of(&item.message),
    }));
    payload
}

/// Reads an item and its order of arrival.
pub fn read(person: PersonName, identity: Identity, payload: &[u8]) -> Result<(u64, Item), Damaged> {
    let (head, rest): (Head, &[u8]) = part::read_first(payload)?;
    let rest: Rest = part::read(rest)?;
    let item = Item {
        person,
        message: rest.message.read(identity, head.source)?,
        verdict: Verdict {
            decision: head.decision.read(),
            reason: rest.reason.read(),
            wishes: Wishes {
                digest: rest.wishes.digest.map(DigestName::new),
                max_hold: rest.wishes.max_hold.map(DurationPart::read).transpose()?,
                note: rest.wishes.note,
            },
            judged_at: rest.judged_at.read()?,
        },
        placement: head.placement.read()?,
        place: head.place.map(PlacePart::read),
        wanted: rest.wanted.map(Mailbox::new),
        standing: head.standing.read()?,
        accepted_at: head.accepted_at.read()?,
    };
    Ok((head.seq, item))
}

/// What the index knows of an item.
pub fn fact_of(seq: u64, item: &Item) -> ItemFact {
    ItemFact {
        identity: item.message.identity,
        person: item.person.clone(),
        seq,
        source: item.message.source.clone(),
        urgency: urgency(item.verdict.decision),
        placement: item.placement.clone(),
        place: item.place.clone(),
        standing: item.standing,
        accepted_at: item.accepted_at,
    }
}

/// What a record says to the index; its message is not read, the frame's checksum has proven it.
pub fn fact(person: PersonName, identity: Identity, payload: &[u8]) -> Result<ItemFact, Damaged> {
    let (head, _): (Head, &[u8]) = part::read_first(payload)?;
    Ok(ItemFact {
        identity,
        person,
        seq: head.seq,
        source: head.source,
        urgency: urgency(head.decision.read()),
        placement: head.placement.read()?,
        place: head.place.map(PlacePart::read),
        standing: head.standing.read()?,
        accepted_at: head.accepted_at.read()?,
    })
}

fn urgency(decision: Decision) -> Urgency {
    match decision {
        Decision::Level(level) => level,
        Decision::Drop | Decision::Ignore | Decision::LetThrough => Urgency::Low,
    }
}

impl DecisionPart {
    fn of(decision: Decision) -> Self {
        match decision {
            Decision::Level(Urgency::Low) => Self::Low,
            Decision::Level(Urgency::Normal) => Self::Normal,
            Decision::Level(Urgency::Urgent) => Self::Urgent,
            Decision::Level(Urgency::Critical) => Self::Critical,
            Decision::Drop => Self::Drop,
            Decision::Ignore => Self::Ignore,
            Decision::LetThrough => Self::LetThrough,
        }
    }

    fn read(self) -> Decision {
        match self {
            Self::Low => Decision::Level(Urgency::Low),
            Self::Normal => Decision::Level(Urgency::Normal),
            Self::Urgent => Decision::Level(Urgency::Urgent),
            Self::Critical => Decision::Level(Urgency::Critical),
            Self::Drop => Decision::Drop,
            Self::Ignore => Decision::Ignore,
            Self::LetThrough => Decision::LetThrough,
        }
    }
}

impl PlacementPart {
    fn of(placement: &Placement) -> Self {
        match placement {
            Placement::Pass => Self::Pass,
            Placement::Hold { due_at, then, deliver_by } => Self::Hold {
                due_at: InstantPart::of(*due_at),
                digest: match then {
                    Then::Pass => None,
                    Then::Digest(name) => Some(name.as_str().to_owned()),
                },
                deliver_by: InstantPart::of(*deliver_by),
            },
            Placement::Drop => Self::Drop,
            Placement::Ignore => Self::Ignore,
        }
    }

    fn read(self) -> Result<Placement, Damaged> {
        Ok(match self {
            Self::Pass => Placement::Pass,
            Self::Hold { due_at, digest, deliver_by } => Placement::Hold {
                due_at: due_at.read()?,
                then: digest.map_or(Then::Pass, |name| Then::Digest(DigestName::new(name))),
                deliver_by: deliver_by.read()?,
            },
            Self::Drop => Placement::Drop,
            Self::Ignore => Placement::Ignore,
        })
    }
}

impl StandingPart {
    fn of(standing: Standing) -> Self {
        match standing {
            Standing::Waiting => Self::Waiting,
            Standing::Passed { at } => Self::Passed(InstantPart::of(at)),
            Standing::Settled { at, why } => Self::Settled(
                InstantPart::of(at),
                match why {
                    Settled::Delivered(edition) => SettledPart::Delivered(IdPart::of(edition.0)),
                    Settled::InOtherHands => SettledPart::InOtherHands,
                    Settled::Dropped => SettledPart::Dropped,
                    Settled::LeftAlone => SettledPart::LeftAlone,
                    Settled::ReleasedByHand => SettledPart::ReleasedByHand,
                    Settled::DroppedByHand => SettledPart::DroppedByHand,
                },
            ),
        }
    }

    fn read(self) -> Result<Standing, Damaged> {
        Ok(match self {
            Self::Waiting => Standing::Waiting,
            Self::Passed(at) => Standing::Passed { at: at.read()? },
            Self::Settled(at, why) => Standing::Settled {
                at: at.read()?,
                why: match why {
                    SettledPart::Delivered(edition) => Settled::Delivered(EditionId(edition.read())),
                    SettledPart::InOtherHands => Settled::InOtherHands,
                    SettledPart::Dropped => Settled::Dropped,
                    SettledPart::LeftAlone => Settled::LeftAlone,
                    SettledPart::ReleasedByHand => Settled::ReleasedByHand,
                    SettledPart::DroppedByHand => Settled::DroppedByHand,
                },
            },
        })
    }
}

impl ReasonPart {
    fn of(reason: &Reason) -> Self {
        match reason {
            Reason::Rule { rule, evidence } => {
                Self::Rule { rule: rule.as_str().to_owned(), evidence: evidence.clone() }
            }
            Reason::NoRule => Self::NoRule,
            Reason::NeverHeld(NeverHeld::InOtherHands) => Self::InOtherHands,
            Reason::NeverHeld(NeverHeld::Mine) => Self::Mine,
            Reason::NeverHeld(NeverHeld::OwnLetter) => Self::OwnLetter,
            Reason::NeverHeld(NeverHeld::PutThere) => Self::PutThere,
            Reason::NeverHeld(NeverHeld::Bounce) => Self::Bounce,
            Reason::NeverHeld(NeverHeld::BeforeFirstRun) => Self::BeforeFirstRun,
            Reason::Unjudged(why) => Self::Unjudged(why.clone()),
        }
    }

    fn read(self) -> Reason {
        match self {
            Self::Rule { rule, evidence } => Reason::Rule { rule: RuleName::new(rule), evidence },
            Self::NoRule => Reason::NoRule,
            Self::InOtherHands => Reason::NeverHeld(NeverHeld::InOtherHands),
            Self::Mine => Reason::NeverHeld(NeverHeld::Mine),
            Self::OwnLetter => Reason::NeverHeld(NeverHeld::OwnLetter),
            Self::PutThere => Reason::NeverHeld(NeverHeld::PutThere),
            Self::Bounce => Reason::NeverHeld(NeverHeld::Bounce),
            Self::BeforeFirstRun => Reason::NeverHeld(NeverHeld::BeforeFirstRun),
            Self::Unjudged(why) => Reason::Unjudged(why),
        }
    }
}
