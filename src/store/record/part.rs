//! The small parts that several records share, and how they are written.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::model::edition::SpoolName;
use crate::model::identity::Id;
use crate::model::mailbox::{Mailbox, Place, Spot, Uid, UidValidity};
use crate::model::name::AccountName;

/// A record that cannot be read; says what is wrong, without content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Damaged(pub &'static str);

/// Writes a part.
pub fn write<T: Serialize>(part: &T) -> Vec<u8> {
    // A `Vec` takes everything, and no mirror type has a fallible writer: there is nothing else that can fail. An empty
    // payload would be refused as damaged when it is read.
    postcard::to_stdvec(part).unwrap_or_default()
}

/// Reads a part, and nothing may follow.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Damaged> {
    match read_first(bytes)? {
        (part, []) => Ok(part),
        _ => Err(Damaged("record with something behind it")),
    }
}

/// Reads the part at the front.
pub fn read_first<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, &[u8]), Damaged> {
    postcard::take_from_bytes(bytes).map_err(|_| Damaged("record that cannot be read"))
}

/// An instant: seconds and nanoseconds, both of the same sign.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct InstantPart(i64, i32);

impl InstantPart {
    /// The part for an instant.
    pub fn of(instant: Timestamp) -> Self {
        Self(instant.as_second(), instant.subsec_nanosecond())
    }

    /// The instant.
    pub fn read(self) -> Result<Timestamp, Damaged> {
        Timestamp::new(self.0, self.1).map_err(|_| Damaged("instant out of range"))
    }
}

/// A duration: seconds and nanoseconds.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct DurationPart(u64, u32);

impl DurationPart {
    /// The part for a duration.
    pub fn of(duration: Duration) -> Self {
        Self(duration.as_secs(), duration.subsec_nanos())
    }

    /// The duration.
    pub fn read(self) -> Result<Duration, Damaged> {
        // `Duration::new` would carry, and panic at the very end.
        if self.1 >= 1_000_000_000 {
            return Err(Damaged("duration out of range"));
        }
        Ok(Duration::new(self.0, self.1))
    }
}

/// An id.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct IdPart([u8; 16]);

impl IdPart {
    /// The part for an id.
    pub fn of(id: Id) -> Self {
        Self(*id.as_bytes())
    }

    /// The id.
    pub fn read(self) -> Id {
        Id::from_bytes(self.0)
    }
}

/// Reads a spool name.
pub fn spool_name(hex: &str) -> Result<SpoolName, Damaged> {
    SpoolName::parse(hex).ok_or(Damaged("name that is none of the spool"))
}

/// A place.
#[derive(Serialize, Deserialize)]
pub struct PlacePart {
    account: String,
    mailbox: String,
    spot: Option<SpotPart>,
}

#[derive(Serialize, Deserialize)]
enum SpotPart {
    Uid(u32, u32),
    File(String),
}

impl PlacePart {
    /// The part for a place.
    pub fn of(place: &Place) -> Self {
        Self {
            account: place.account.as_str().to_owned(),
            mailbox: place.mailbox.as_str().to_owned(),
            spot: place.spot.as_ref().map(|spot| match spot {
                Spot::Uid(validity, uid) => SpotPart::Uid(validity.0, uid.0),
                Spot::File(name) => SpotPart::File(name.clone()),
            }),
        }
    }

    /// The place.
    pub fn read(self) -> Place {
        Place {
            account: AccountName::new(self.account),
            mailbox: Mailbox::new(self.mailbox),
            spot: self.spot.map(|spot| match spot {
                SpotPart::Uid(validity, uid) => Spot::Uid(UidValidity(validity), Uid(uid)),
                SpotPart::File(name) => Spot::File(name),
            }),
        }
    }
}
