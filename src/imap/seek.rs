//! Finding messages by what they are: SEARCH narrows down, what was fetched decides.

use async_imap::imap_proto::{MailboxDatum, Response};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::fault::ImapError;
use super::gather::Head;
use super::session::{LISTED, Session};
use super::wire::Command;
use crate::limits;
use crate::model::identity::Identity;
use crate::model::mailbox::{Uid, UidValidity};
use crate::model::name::{AccountName, PersonName};

/// A message that is looked for.
#[derive(Clone, Debug)]
pub struct Sought<'a> {
    /// Part of its identity.
    pub person: &'a PersonName,
    /// Part of its identity.
    pub account: &'a AccountName,
    /// Who it is.
    pub identity: Identity,
    /// Its Message-ID without angle brackets, where it has one.
    pub message_id: Option<&'a str>,
    /// Its RFC822.SIZE.
    pub size: u64,
    /// Its INTERNALDATE: MOVE and COPY keep it.
    pub received_at: Timestamp,
}

/// A message that was found in the mailbox selected then. Only [`Session::locate`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    uid_validity: UidValidity,
    head: Head,
}

impl Found {
    /// Under which generation its UID counts.
    pub fn uid_validity(&self) -> UidValidity {
        self.uid_validity
    }

    /// Its UID.
    pub fn uid(&self) -> Uid {
        self.head.uid
    }

    /// Its head, flags included.
    pub fn head(&self) -> &Head {
        &self.head
    }
}

impl Session {
    /// The message with this identity in the selected mailbox, the newest copy of it; `None` when it is not there. Candidates
    /// come from its Message-ID, else from day and size; at most [`limits::doors::IMAP_CANDIDATES`] of the newest are looked at.
    ///
    /// # Errors
    /// `Refused`. Those that `is_lost`.
    pub async fn locate(&mut self, sought: &Sought<'_>) -> Result<Option<Found>, ImapError> {
        // It may have come since the mailbox was selected; what a SEARCH sees may be as old as the last answer.
        self.noop().await?;
        let candidates = match sought.message_id.and_then(searchable) {
            Some(part) => self.search(&format!("HEADER MESSAGE-ID \"{part}\"")).await?,
            None => self.search(&by_day_and_size(sought)).await?,
        };
        let heads = self.heads(newest(&candidates)).await?;
        let uid_validity = self.selected.and_then(|selected| selected.uid_validity).unwrap_or(UidValidity(0));
        let same = |head: &Head| head.identity(sought.person, sought.account) == sought.identity;
        Ok(heads.into_iter().rev().find(same).map(|head| Found { uid_validity, head }))
    }

    /// The messages of the selected mailbox whose Message-ID is exactly this one (without angle brackets), ascending. SEARCH
    /// finds every header that contains it (RFC 3501 section 6.4.4): the headers decide.
    ///
    /// # Errors
    /// `Refused`. Those that `is_lost`.
    pub async fn find(&mut self, message_id: &str) -> Result<Vec<Uid>, ImapError> {
        let Some(part) = searchable(message_id) else { return Ok(Vec::new()) };
        self.noop().await?;
        let candidates = self.search(&format!("HEADER MESSAGE-ID \"{part}\"")).await?;
        let heads = self.heads(newest(&candidates)).await?;
        let wanted = message_id.trim().as_bytes();
        let same = |head: &Head| message_ids(&head.header).any(|id| id == wanted);
        Ok(heads.iter().filter(|head| same(head)).map(|head| head.uid).collect())
    }

    /// The messages of the selected mailbox that came at this time or later and that no accepted digest has named, ascending.
    /// Days are the server's, so up to a day more may be among them.
    ///
    /// # Errors
    /// `Refused`. Those that `is_lost`.
    pub async fn unlisted_since(&mut self, since: Timestamp) -> Result<Vec<Uid>, ImapError> {
        self.search(&format!("UNKEYWORD {LISTED} SINCE {}", day(since, -24))).await
    }

    /// A plain SEARCH, ascending. In a large mailbox it runs over windows of UIDs, because its answer is a single line.
    pub(super) async fn search(&mut self, criteria: &str) -> Result<Vec<Uid>, ImapError> {
        let Some(selected) = self.selected else { return Ok(Vec::new()) };
        let window = limits::doors::IMAP_SEARCH_WINDOW;
        let next = selected.uid_next.map(|Uid(next)| next.saturating_add(self.wire.heard.grown));
        let windows = next.map_or(0, |next| next.div_ceil(window));
        let small = self.wire.heard.exists <= window || windows == 0;
        let mut found = Vec::new();
        if small
            || usize::try_from(windows).unwrap_or(usize::MAX).saturating_mul(window as usize) > limits::doors::IMAP_UIDS
        {
            self.search_once(criteria, &mut found).await?;
        } else {
            for at in 0..windows {
                let first = at.saturating_mul(window).saturating_add(1);
                // The last window is open: mail that came meanwhile belongs to it.
                let last = if at.saturating_add(1) == windows {
                    "*".to_owned()
                } else {
                    first.saturating_add(window - 1).to_string()
                };
                self.search_once(&format!("UID {first}:{last} {criteria}"), &mut found).await?;
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    async fn search_once(&mut self, criteria: &str, found: &mut Vec<Uid>) -> Result<(), ImapError> {
        let command = Command::new("UID SEARCH", format!("UID SEARCH {criteria}"));
        self.wire
            .run_ok(command, |response| {
                if let Response::MailboxData(MailboxDatum::Search(uids)) = response {
                    let room = limits::doors::IMAP_UIDS.saturating_sub(found.len());
                    found.extend(uids.iter().filter(|&&uid| uid > 0).take(room).map(|&uid| Uid(uid)));
                }
            })
            .await
    }
}

fn newest(candidates: &[Uid]) -> &[Uid] {
    candidates.get(candidates.len().saturating_sub(limits::doors::IMAP_CANDIDATES)..).unwrap_or_default()
}

/// The longest part of a Message-ID that needs no quoting: SEARCH looks for parts anyhow, and servers differ in what they make
/// of backslashes and of 8-bit text. `None` where there is none of 3 characters.
fn searchable(message_id: &str) -> Option<&str> {
    let fit = |c: char| c.is_ascii_graphic() && c != '"' && c != '\\';
    let part = message_id.split(|c| !fit(c)).max_by_key(|part| part.len())?;
    (part.len() >= 3).then(|| part.get(..part.len().min(500))).flatten()
}

/// Both days beside it too: days in a SEARCH are in the server's own zone.
fn by_day_and_size(sought: &Sought<'_>) -> String {
    let (from, to) = (day(sought.received_at, -24), day(sought.received_at, 48));
    let size = format!(" LARGER {} SMALLER {}", sought.size.saturating_sub(1), sought.size.saturating_add(1));
    format!("SINCE {from} BEFORE {to}{}", if sought.size == 0 { "" } else { &size })
}

/// `13-Jan-2027`, so many hours from this time (RFC 3501 section 9, date-text).
pub(super) fn day(time: Timestamp, hours: i64) -> String {
    let moved = time.checked_add(SignedDuration::from_hours(hours)).unwrap_or(time);
    moved.to_zoned_datetime(TimeZone::UTC).strftime("%-d-%b-%Y").to_string()
}

/// The values of Message-ID fields in a header block, without angle brackets.
fn message_ids(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    const NAME: &[u8] = b"message-id:";
    let mut rest = header;
    std::iter::from_fn(move || {
        // A field ends at a line end that no space or tab follows (RFC 5322 section 2.2.3).
        while !rest.is_empty() {
            let ends = |at: &usize| {
                rest.get(*at) == Some(&b'\n') && !matches!(rest.get(at.saturating_add(1)), Some(b' ' | b'\t'))
            };
            let end = (0..rest.len()).find(ends).map_or(rest.len(), |at| at.saturating_add(1));
            let (field, after) = rest.split_at(end);
            rest = after;
            if field.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)) {
                let value = field.get(NAME.len()..).unwrap_or_default().trim_ascii();
                return Some(value.strip_prefix(b"<").unwrap_or(value).strip_suffix(b">").unwrap_or(value));
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::{Sought, by_day_and_size, day, message_ids, searchable};
    use crate::model::identity::{Id, Identity};
    use crate::model::name::{AccountName, PersonName};

    #[test]
    fn message_ids_are_compared_whole() {
        let header =
            b"From: a\r\nMessage-Id:\r\n <c1@example.net>\r\nX: Message-ID: <no@x>\r\nMESSAGE-ID: bare\r\n\r\n";
        assert_eq!(message_ids(header).collect::<Vec<_>>(), [&b"c1@example.net"[..], b"bare"]);
        assert_eq!(message_ids(b"Message-ID:").collect::<Vec<_>>(), [&b""[..]]);
    }

    #[test]
    fn only_harmless_parts_are_searched_for() {
        assert_eq!(searchable("c1@example.net"), Some("c1@example.net"));
        assert_eq!(searchable("a\"b\\longest@x é"), Some("longest@x"));
        assert_eq!(searchable("\" \r\nab"), None);
    }

    #[test]
    fn days_are_wide_enough() {
        let time = "2027-01-01T00:30:00Z".parse().unwrap_or_default();
        assert_eq!(day(time, -24), "31-Dec-2026");
        let (person, account) = (&PersonName::new("me"), &AccountName::new("work"));
        let identity = Identity(Id::of(&[]));
        let sought = Sought { person, account, identity, message_id: None, size: 100, received_at: time };
        assert_eq!(by_day_and_size(&sought), "SINCE 31-Dec-2026 BEFORE 3-Jan-2027 LARGER 99 SMALLER 101");
    }
}
