//! What a letter is made from, and what is made of it.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::link::Links;
use super::originals::Originals;
use super::settings::Settings;
use super::tier::Counts;
use crate::civil::Zone;
use crate::limits;
use crate::mark::MarkKey;
use crate::model::edition::{EditionKind, LetterId};
use crate::model::history::lesson::MessageKey;
use crate::model::identity::Identity;
use crate::model::item::Item;
use crate::model::name::PersonName;

/// Everything that an edition's letters are made from: equal orders give equal bytes.
#[derive(Debug)]
pub struct Order<'a> {
    /// `[me] name`.
    pub person_name: Option<&'a str>,
    /// The person's time zone: every time in the letter is in it.
    pub zone: &'a Zone,
    /// Who the letter is from: ours, never a sender's.
    pub from: &'a Sender,
    /// How this digest's letters are written, and to whom. For [`EditionKind::Overdue`] only `to` and `max_items` count.
    pub settings: &'a Settings,
    /// Where the links of an account's mail lead; to the mail itself (`mid:`) where the account has no webmail.
    pub links: Links<'a>,
    /// A digest, or what could wait no longer.
    pub kind: &'a EditionKind,
    /// For whom.
    pub person: &'a PersonName,
    /// The slot that the edition answers.
    pub slot: Timestamp,
    /// How often it was sealed anew. With person, kind, slot and part it makes the ids of editions and letters.
    pub revision: u32,
    /// When it is sealed: the letter's Date, and the day of its subject.
    pub now: Timestamp,
    /// What is to be listed, in any order; unique. More than fits is not taken: see [`Composed::held_back`].
    pub items: Vec<Item>,
    /// What the items that are over speak of.
    pub topics: Topics,
    /// Mail that its reader had in hand before this was sealed: only counted.
    pub seen_meanwhile: usize,
    /// Mail that a rule dropped since the last edition: only counted.
    pub dropped: usize,
    /// Items of each tier that wait and were not even brought here, beyond five parts: only counted.
    pub held_back: Counts,
    /// Since when its reader was on a vacation that this ends.
    pub away_since: Option<Timestamp>,
    /// What the last seven days were like; `None`: nothing to tell.
    pub week: Option<Week>,
    /// How much one letter may hold.
    pub caps: Caps,
    /// What is attached.
    pub originals: Originals,
    /// The key of `X-Tidings-Id`.
    pub mark: &'a MarkKey,
    /// What stands behind the `@` of our Message-IDs and in List-Id; a host name in ASCII.
    pub domain: &'a str,
}

/// The event or the alarm that an item speaks of, where it does.
pub type Topics = HashMap<Identity, MessageKey>;

/// What the seven days before a letter were like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Week {
    /// Messages that waited and have left.
    pub waited: usize,
    /// In how many letters.
    pub letters: usize,
    /// How long the longest waited.
    pub longest: SignedDuration,
    /// Messages that passed at once.
    pub passed: usize,
}

/// Who a letter is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The display name.
    pub name: Option<String>,
    /// The address, from the configuration.
    pub address: String,
}

/// How much one letter may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Items in one part, at least 1; the smaller of this and the settings' counts.
    pub max_items: usize,
    /// Octets of one letter as it is sent: the server's SIZE. `None`: no bound.
    pub max_bytes: Option<u64>,
}

impl Default for Caps {
    /// What the settings say, and no bound on octets.
    fn default() -> Self {
        Self { max_items: usize::MAX, max_bytes: None }
    }
}

/// The letters of an edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composed {
    /// Parts in order, and of each part one letter for each recipient, in the order of the settings. Never empty.
    pub drafts: Vec<Draft>,
    /// The items that are in the edition, in the order of the letters; unique, never empty.
    pub items: Vec<Identity>,
    /// How many items wait on because five parts do not hold them, the order's own included.
    pub held_back: usize,
    /// What is wrong with the person's own templates; ours were used instead. Empty where nothing is.
    pub faults: Vec<String>,
}

/// One letter, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// From 1.
    pub part: u32,
    /// Of how many.
    pub parts: u32,
    /// The one envelope recipient, as the settings write it.
    pub recipient: String,
    /// From edition, part and recipient.
    pub letter: LetterId,
    /// Message-ID without angle brackets.
    pub message_id: String,
    /// The letter: ASCII, CRLF line ends and no other CR or LF, no line over 998 octets.
    pub bytes: Vec<u8>,
    /// Its text part, for people to look at.
    pub text: String,
    /// Its HTML part, for people to look at; empty where it has none.
    pub html: String,
    /// The items that this part lists.
    pub items: Vec<Identity>,
}

/// Why no letter could be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// There is nothing to list.
    #[error("there is no item to make a letter of")]
    Empty,
    /// The settings name nobody.
    #[error("no recipient is set; give the digest a `to`")]
    NoRecipient,
    /// An address cannot stand in a header: not ASCII, no `@`, blanks or brackets in it.
    #[error("{0} is no plain ASCII mail address; write it as local@domain")]
    Address(String),
    /// Not even one item by itself fits the server's SIZE.
    #[error("a letter with a single item has {octets} octets and the server takes {most}; raise the server's limit")]
    TooLarge {
        /// What the smallest letter has.
        octets: u64,
        /// What may be.
        most: u64,
    },
    /// Our own template failed: a fault of ours.
    #[error("cannot render the letter: {0}")]
    Render(String),
    /// What was rendered may not be sent: a fault of ours.
    #[error("the letter that was made {0}")]
    Unsound(&'static str),
}

/// Whether an address can stand in a header and an envelope as it is (RFC 5321 section 4.1.2, ASCII only).
pub fn is_plain(address: &str) -> bool {
    let good = |b: u8| b.is_ascii_graphic() && !b"<>()[]\\,;:\"".contains(&b);
    address.len() <= limits::judgement::DIGEST_ADDRESS
        && address.bytes().all(good)
        && address
            .split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn only_plain_addresses_are_plain() {
        for good in ["ada@example.org", "a.b+c@localhost", "o'brien@example.org"] {
            assert!(is_plain(good), "{good}");
        }
        for bad in ["", "ada", "@", "a@", "@b", "a@b@c", "a b@c", "a@b\r\nBcc: x@y", "<a@b>", "a@b,c@d", "ä@b.de"] {
            assert!(!is_plain(bad), "{bad}");
        }
        assert!(!is_plain(&format!("a@{}", "b".repeat(300))));
    }
}
