//! How an item is written: first what the index wants, then the rest.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::part::{self, Damaged, DurationPart, IdPart, InstantPart, PlacePart};
use crate::model::edition::EditionId;
use crate::model::identity::Identity;
use crate::model::item::{Item, Settled, Standing};
use crate::model::mailbox::Mailbox;
use crate::model::name::{DigestName, PersonName, RuleName};
use crate::model::verdict::{Decision, NeverHeld, Over, Placement, Reason, Then, Urgency, Verdict, Wishes};
use crate::store::fact::ItemFact;
use message::{LaterPart, MessagePart, MorePart};
use verdict::{OverPart, TallyPart};

pub mod message;
pub mod verdict;

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

/// What came to be known later than the rest; not there in a record that an older program wrote.
#[derive(Default, Serialize, Deserialize)]
struct More {
    over: Option<OverPart>,
    message: MorePart,
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
    Hold {
        due_at: InstantPart,
        digest: Option<String>,
        deliver_by: InstantPart,
    },
    Drop,
    Ignore,
    HoldAgain {
        due_at: InstantPart,
        digest: Option<String>,
        deliver_by: InstantPart,
        again_at: InstantPart,
    },
    HoldOver {
        due_at: InstantPart,
        digest: Option<String>,
        deliver_by: InstantPart,
        again_at: Option<InstantPart>,
        over: OverPart,
    },
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
    TakenBack,
}

#[derive(Serialize, Deserialize)]
enum ReasonPart {
    Rule { rule: String, evidence: Vec<String> },
    NoRule,
    InOtherHands,
    Mine,
    OwnLetter,
    PutThere,
    // No longer written; read as `PutThere`.
    BeforeFirstRun,
    Unjudged(String),
    Bounce,
    Signals(TallyPart),
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
        placement: PlacementPart::of(&item.placement, (item.verdict.again_at, item.verdict.over)),
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
        .extend(part::write(&More { over: item.verdict.over.map(OverPart::of), message: MorePart::of(&item.message) }));
    LaterPart::of(&item.message).for_each(|later| payload.extend(part::write(&later)));
    payload
}

/// Reads an item and its order of arrival.
pub fn read(person: PersonName, identity: Identity, payload: &[u8]) -> Result<(u64, Item), Damaged> {
    let (head, rest): (Head, &[u8]) = part::read_first(payload)?;
    let (rest, more): (Rest, &[u8]) = part::read_first(rest)?;
    let (more, mut later): (More, &[u8]) =
        if more.is_empty() { (More::default(), more) } else { part::read_first(more)? };
    let Placed { placement, again_at, .. } = head.placement.read()?;
    let mut message = more.message.complete(rest.message.read(identity, head.source)?)?;
    while !later.is_empty() {
        let (part, rest): (LaterPart, &[u8]) = part::read_first(later)?;
        part.complete(&mut message)?;
        later = rest;
    }
    let item = Item {
        person,
        message,
        verdict: Verdict {
            decision: head.decision.read(),
            reason: rest.reason.read(),
            wishes: Wishes {
                digest: rest.wishes.digest.map(DigestName::new),
                max_hold: rest.wishes.max_hold.map(DurationPart::read).transpose()?,
                note: rest.wishes.note,
            },
            judged_at: rest.judged_at.read()?,
            again_at,
            over: more.over.map(OverPart::read),
        },
        placement,
        place: head.place.map(PlacePart::read),
        wanted: rest.wanted.map(Mailbox::new),
        standing: head.standing.read()?,
        accepted_at: head.accepted_at.read()?,
    };
    Ok((head.seq, item))
}

/// What the index knows of an item.
pub fn fact_of(seq: u64, item: &Item) -> ItemFact {
    let holds = matches!(item.placement, Placement::Hold { .. });
    ItemFact {
        identity: item.message.identity,
        person: item.person.clone(),
        seq,
        source: item.message.source.clone(),
        urgency: urgency(item.verdict.decision),
        placement: item.placement.clone(),
        again_at: item.verdict.again_at.filter(|_| holds),
        over: item.verdict.over.filter(|_| holds),
        place: item.place.clone(),
        standing: item.standing,
        accepted_at: item.accepted_at,
    }
}

/// What a record says to the index; its message is not read, the frame's checksum has proven it.
pub fn fact(person: PersonName, identity: Identity, payload: &[u8]) -> Result<ItemFact, Damaged> {
    let (head, _): (Head, &[u8]) = part::read_first(payload)?;
    let Placed { placement, again_at, over } = head.placement.read()?;
    Ok(ItemFact {
        identity,
        person,
        seq: head.seq,
        source: head.source,
        urgency: urgency(head.decision.read()),
        placement,
        again_at,
        over,
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

/// A placement, with what of the verdict the due list wants to know.
struct Placed {
    placement: Placement,
    again_at: Option<Timestamp>,
    over: Option<Over>,
}

impl PlacementPart {
    /// Of an item that does not wait nobody asks when it is judged again, or whether it is shown.
    fn of(placement: &Placement, (again_at, over): (Option<Timestamp>, Option<Over>)) -> Self {
        match placement {
            Placement::Pass => Self::Pass,
            Placement::Hold { due_at, then, deliver_by } => {
                let digest = match then {
                    Then::Pass => None,
                    Then::Digest(name) => Some(name.as_str().to_owned()),
                };
                let (due_at, deliver_by) = (InstantPart::of(*due_at), InstantPart::of(*deliver_by));
                match (again_at.map(InstantPart::of), over.map(OverPart::of)) {
                    (None, None) => Self::Hold { due_at, digest, deliver_by },
                    (Some(again_at), None) => Self::HoldAgain { due_at, digest, deliver_by, again_at },
                    (again_at, Some(over)) => Self::HoldOver { due_at, digest, deliver_by, again_at, over },
                }
            }
            Placement::Drop => Self::Drop,
            Placement::Ignore => Self::Ignore,
        }
    }

    fn read(self) -> Result<Placed, Damaged> {
        let alone = |placement| Placed { placement, again_at: None, over: None };
        let (due_at, digest, deliver_by, again_at, over) = match self {
            Self::Hold { due_at, digest, deliver_by } => (due_at, digest, deliver_by, None, None),
            Self::HoldAgain { due_at, digest, deliver_by, again_at } => {
                (due_at, digest, deliver_by, Some(again_at), None)
            }
            Self::HoldOver { due_at, digest, deliver_by, again_at, over } => {
                (due_at, digest, deliver_by, again_at, Some(over))
            }
            Self::Pass => return Ok(alone(Placement::Pass)),
            Self::Drop => return Ok(alone(Placement::Drop)),
            Self::Ignore => return Ok(alone(Placement::Ignore)),
        };
        let then = digest.map_or(Then::Pass, |name| Then::Digest(DigestName::new(name)));
        let placement = Placement::Hold { due_at: due_at.read()?, then, deliver_by: deliver_by.read()? };
        let again_at = again_at.map(InstantPart::read).transpose()?;
        Ok(Placed { placement, again_at, over: over.map(OverPart::read) })
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
                    Settled::TakenBack => SettledPart::TakenBack,
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
                    SettledPart::TakenBack => Settled::TakenBack,
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
            Reason::Signals(tally) => Self::Signals(TallyPart::of(tally)),
            Reason::NeverHeld(NeverHeld::InOtherHands) => Self::InOtherHands,
            Reason::NeverHeld(NeverHeld::Mine) => Self::Mine,
            Reason::NeverHeld(NeverHeld::OwnLetter) => Self::OwnLetter,
            Reason::NeverHeld(NeverHeld::PutThere) => Self::PutThere,
            Reason::NeverHeld(NeverHeld::Bounce) => Self::Bounce,
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
            Self::PutThere | Self::BeforeFirstRun => Reason::NeverHeld(NeverHeld::PutThere),
            Self::Bounce => Reason::NeverHeld(NeverHeld::Bounce),
            Self::Unjudged(why) => Reason::Unjudged(why),
            Self::Signals(tally) => Reason::Signals(tally.read()),
        }
    }
}
