//! How what is known of threads, of senders and of a mailbox's past is written: instants in full seconds.
//!
//! What came to be known later stands behind the rest, where there is any: a record of an older program has none of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::part::{self, Damaged, IdPart};
use crate::model::history::facts::{Arrival, SenderFacts, ThreadFacts, Written};
use crate::model::history::lesson::{MessageKey, Says, SenderKey, Version};
use crate::model::history::study::Study;
use crate::model::identity::Identity;

#[derive(Serialize, Deserialize)]
struct ThreadRecord {
    begun_by_me: bool,
    arrivals: Vec<(IdPart, Option<IdPart>, i64)>,
    mine: Vec<(IdPart, i64)>,
}

const NOWHERE: Damaged = Damaged("thread that tells of a message it does not have");

/// Numbers are places in the thread's two lists.
#[derive(Default, Serialize, Deserialize)]
struct ThreadMore {
    topics: Vec<IdPart>,
    items: Vec<(u8, IdPart)>,
    others_say: Vec<(u8, SaysPart)>,
    mine_say: Vec<(u8, SaysPart)>,
}

/// What came to be known of a thread after [`ThreadMore`].
#[derive(Default, Serialize, Deserialize)]
struct ThreadVersions(Vec<(u8, VersionPart)>);

#[derive(Clone, Copy, Serialize, Deserialize)]
struct VersionPart {
    of: IdPart,
    sequence: u32,
    stamp: Option<i64>,
}

impl VersionPart {
    fn of(version: Version) -> Self {
        let Version { of, sequence, stamp } = version;
        Self { of: IdPart::of(of.0), sequence, stamp: stamp.map(Timestamp::as_second) }
    }

    fn read(self) -> Result<Version, Damaged> {
        let Self { of, sequence, stamp } = self;
        Ok(Version { of: MessageKey(of.read()), sequence, stamp: stamp.map(instant).transpose()? })
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum SaysPart {
    Nods,
    Asks,
    Closes,
}

impl SaysPart {
    fn of(says: Says) -> Option<Self> {
        match says {
            Says::More => None,
            Says::Nods => Some(Self::Nods),
            Says::Asks => Some(Self::Asks),
            Says::Closes => Some(Self::Closes),
        }
    }

    fn read(self) -> Says {
        match self {
            Self::Nods => Says::Nods,
            Self::Asks => Says::Asks,
            Self::Closes => Says::Closes,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct SenderRecord {
    first_at: i64,
    first: IdPart,
    latest_at: i64,
}

#[derive(Default, Serialize, Deserialize)]
struct SenderMore {
    wrote: [Option<i64>; 2],
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
    let mut payload = part::write(&ThreadRecord {
        begun_by_me: facts.begun_by_me,
        arrivals: facts.arrivals.iter().map(arrival).collect(),
        mine: facts.mine.iter().map(|mine| (IdPart::of(mine.message.0), mine.at.as_second())).collect(),
    });
    let more = ThreadMore {
        topics: facts.topics.iter().map(|topic| IdPart::of(topic.0)).collect(),
        items: numbered(&facts.arrivals, |arrival| Some(IdPart::of(arrival.item?.0))),
        others_say: numbered(&facts.arrivals, |arrival| SaysPart::of(arrival.says)),
        mine_say: numbered(&facts.mine, |mine| SaysPart::of(mine.says)),
    };
    let lengths = [more.topics.len(), more.items.len(), more.others_say.len(), more.mine_say.len()];
    let versions = numbered(&facts.arrivals, |arrival| arrival.version.map(VersionPart::of));
    if lengths != [0; 4] || !versions.is_empty() {
        payload.extend(part::write(&more));
    }
    if !versions.is_empty() {
        payload.extend(part::write(&ThreadVersions(versions)));
    }
    payload
}

/// What there is to say of some in a list; the lists of a thread are shorter than 256.
fn numbered<T, P>(list: &[T], say: impl Fn(&T) -> Option<P>) -> Vec<(u8, P)> {
    (0..=u8::MAX).zip(list).filter_map(|(number, one)| Some((number, say(one)?))).collect()
}

/// Reads a thread.
pub fn read_thread(payload: &[u8]) -> Result<ThreadFacts, Damaged> {
    let (record, rest): (ThreadRecord, &[u8]) = part::read_first(payload)?;
    let (more, rest): (ThreadMore, &[u8]) =
        if rest.is_empty() { (ThreadMore::default(), rest) } else { part::read_first(rest)? };
    let versions: ThreadVersions = if rest.is_empty() { ThreadVersions::default() } else { part::read(rest)? };
    let arrival = |(message, sender, at): (IdPart, Option<IdPart>, i64)| {
        let (message, sender) = (MessageKey(message.read()), sender.map(|sender| SenderKey(sender.read())));
        Ok(Arrival { message, sender, at: instant(at)?, says: Says::More, version: None, item: None })
    };
    let written = |(message, at): (IdPart, i64)| {
        Ok(Written { message: MessageKey(message.read()), at: instant(at)?, says: Says::More })
    };
    let mut facts = ThreadFacts {
        begun_by_me: record.begun_by_me,
        arrivals: record.arrivals.into_iter().map(arrival).collect::<Result<_, _>>()?,
        mine: record.mine.into_iter().map(written).collect::<Result<_, _>>()?,
        topics: more.topics.into_iter().map(|topic| MessageKey(topic.read())).collect(),
    };
    for (number, item) in more.items {
        facts.arrivals.get_mut(usize::from(number)).ok_or(NOWHERE)?.item = Some(Identity(item.read()));
    }
    for (number, says) in more.others_say {
        facts.arrivals.get_mut(usize::from(number)).ok_or(NOWHERE)?.says = says.read();
    }
    for (number, version) in versions.0 {
        facts.arrivals.get_mut(usize::from(number)).ok_or(NOWHERE)?.version = Some(version.read()?);
    }
    for (number, says) in more.mine_say {
        facts.mine.get_mut(usize::from(number)).ok_or(NOWHERE)?.says = says.read();
    }
    Ok(facts)
}

/// Writes a sender.
pub fn write_sender(facts: &SenderFacts) -> Vec<u8> {
    let mut payload = part::write(&SenderRecord {
        first_at: facts.first_at.as_second(),
        first: IdPart::of(facts.first.0),
        latest_at: facts.latest_at.as_second(),
    });
    if facts.wrote != [None; 2] {
        let wrote = facts.wrote.map(|at| at.map(Timestamp::as_second));
        payload.extend(part::write(&SenderMore { wrote }));
    }
    payload
}

/// Reads a sender.
pub fn read_sender(payload: &[u8]) -> Result<SenderFacts, Damaged> {
    let (record, rest): (SenderRecord, &[u8]) = part::read_first(payload)?;
    let more: SenderMore = if rest.is_empty() { SenderMore::default() } else { part::read(rest)? };
    let [last, before] = more.wrote;
    Ok(SenderFacts {
        first_at: instant(record.first_at)?,
        first: MessageKey(record.first.read()),
        latest_at: instant(record.latest_at)?,
        wrote: [last.map(instant).transpose()?, before.map(instant).transpose()?],
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
