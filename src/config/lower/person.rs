//! The person: who they are, and the bounds of holding.

use std::time::Duration;

use super::address::{address, recipients};
use super::bench::Bench;
use super::times::{Bounds, duration};
use crate::config::file::person::{Hold as WrittenHold, Me as Written};
use crate::config::reader::At;
use crate::intake::desk::Hold;
use crate::limits;
use crate::model::name::PersonName;

const DAY: u64 = 86_400;
/// What `[hold]` says when nothing is written.
const MAX: Duration = Duration::from_secs(8 * DAY);
const RETENTION: Duration = Duration::from_secs(30 * DAY);
const LEASE: Duration = Duration::from_secs(2 * 3_600);

/// `[me]`.
#[derive(Debug)]
pub struct Me {
    /// `name`.
    pub name: Option<String>,
    /// `addresses`, at least one, as they are written.
    pub addresses: Vec<String>,
    /// `alert_to`, or the first of `addresses`.
    pub alert_to: Vec<String>,
}

const PREFIX: &str = "[me]: ";

/// What the person is called: the stem of a file that is theirs alone, else `[me] id` or its default.
pub fn id(bench: &mut Bench<'_>, written: Option<&Written>, stem: Option<&str>) -> Option<At<PersonName>> {
    let id = written.and_then(|me| me.id.as_ref());
    let offset = id.map_or_else(|| written.map_or(0, |me| me.offset), |id| id.offset);
    let name = match (id, stem) {
        (Some(id), Some(stem)) if id.value != stem => {
            let text = format!("{PREFIX}\"id\" {:?} is not the file's name; remove it, or rename the file", id.value);
            bench.faults.error(id.offset, text);
            None
        }
        (_, Some(stem)) => bench.name("the file is named after a person: ", &At::new(0, stem.to_owned())),
        // A person's name is the stem of a file where there are several.
        (Some(id), None) if id.value.contains('/') || id.value.starts_with('.') => {
            let text =
                format!("{PREFIX}\"id\" {:?} cannot be a file's name; write a short name such as \"ada\"", id.value);
            bench.faults.error(id.offset, text);
            None
        }
        (Some(id), None) => bench.name(PREFIX, id),
        (None, None) => Some("me".to_owned()),
    };
    Some(At::new(offset, PersonName::new(name?)))
}

/// Reads who the person is.
pub fn me(bench: &mut Bench<'_>, written: &Written) -> Option<Me> {
    let name = written.name.as_ref().map(|name| bench.name(PREFIX, name));
    let mut addresses = Vec::new();
    for entry in written.addresses.iter().flatten() {
        addresses.extend(address(bench, PREFIX, entry));
    }
    let alert_to = match &written.alert_to {
        Some(alert_to) => recipients(bench, PREFIX, alert_to),
        None => addresses.first().map(|first| vec![first.clone()]),
    };
    if addresses.is_empty() {
        return None;
    }
    Some(Me { name: name.map_or(Some(None), |name| name.map(Some))?, addresses, alert_to: alert_to? })
}

/// The bounds of holding; each `None` is wrong and noted.
#[derive(Clone, Copy, Debug)]
pub struct Bounded {
    /// `max`.
    pub max: Option<Duration>,
    /// `retention`.
    pub retention: Option<Duration>,
    /// `lease`.
    pub lease: Option<Duration>,
}

impl Bounded {
    /// All three, where all are right.
    pub fn hold(self) -> Option<Hold> {
        Some(Hold { max: self.max?, retention: self.retention?, lease: self.lease? })
    }
}

/// `[hold]`.
pub fn hold(bench: &mut Bench<'_>, written: &WrittenHold) -> Bounded {
    let mut read = |written: &Option<_>, default, (key, least, most)| match written {
        Some(text) => duration(bench, "[hold]: ", text, Bounds { key, least, most }),
        None => Some(default),
    };
    Bounded {
        max: read(&written.max, MAX, ("max", limits::front::CONFIG_HOLD_SHORTEST, limits::front::CONFIG_HOLD_LONGEST)),
        retention: read(
            &written.retention,
            RETENTION,
            ("retention", limits::front::CONFIG_RETENTION_SHORTEST, limits::front::CONFIG_RETENTION_LONGEST),
        ),
        lease: read(
            &written.lease,
            LEASE,
            ("lease", limits::front::CONFIG_LEASE_SHORTEST, limits::front::CONFIG_LEASE_LONGEST),
        ),
    }
}
