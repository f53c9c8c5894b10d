//! Fetching: headers and sizes first, then the beginning of texts, always by PEEK and always in bounded pieces.

use super::fault::ImapError;
use super::gather::{Asked, Gather, Head, Mail, Partial};
use super::session::Session;
use super::wire::Command;
use crate::limits;
use crate::model::mailbox::{Flags, Uid};

/// New mail of the selected mailbox.
#[derive(Debug, Default)]
pub struct Fresh {
    /// The newest of it, ascending.
    pub mails: Vec<Mail>,
    /// The rest, older or for which there was no room, ascending: to be taken by [`Session::heads`] and [`Session::texts`].
    pub left: Vec<Uid>,
}

impl Fresh {
    /// The highest UID of all of it.
    pub fn highest(&self) -> Option<Uid> {
        self.mails.iter().map(|mail| mail.head.uid).chain(self.left.iter().copied()).max()
    }
}

impl Session {
    /// Everything from this UID on: heads and the beginning of texts in one command when a few messages are expected, else
    /// the newest [`limits::doors::IMAP_TEXTS`] and the UIDs of the rest. News that comes meanwhile is news again.
    ///
    /// # Errors
    /// `Refused`. Those that `is_lost`.
    pub async fn fresh(&mut self, from: Uid) -> Result<Fresh, ImapError> {
        let grown = self.wire.heard.grown;
        // No more than there were, however far apart their UIDs lie.
        let known = self
            .selected
            .and_then(|selected| selected.uid_next.map(|Uid(next)| next.saturating_sub(from.0).min(selected.exists)));
        let expected = grown.saturating_add(known.unwrap_or(if grown == 0 { u32::MAX } else { 0 }));
        let room = limits::doors::IMAP_TEXTS;
        if usize::try_from(expected).unwrap_or(usize::MAX) <= room {
            self.wire.heard.grown = 0;
            let what = self.mail_items();
            let (found, mut left) =
                self.gather(&format!("{}:*", from.0), &what, Gather::new(Asked::From(from), room)).await?;
            left.sort_unstable();
            return Ok(Fresh {
                mails: found.into_iter().filter_map(|(uid, partial)| partial.mail(uid)).collect(),
                left,
            });
        }
        let mut left = self.uids(from).await?;
        let newest = left.split_off(left.len().saturating_sub(room));
        let mails = self.mails(&newest).await?;
        Ok(Fresh { mails, left })
    }

    /// The UIDs from this one on, ascending; at most [`limits::doors::IMAP_UIDS`].
    ///
    /// # Errors
    /// `Refused`. Those that `is_lost`.
    pub async fn uids(&mut self, from: Uid) -> Result<Vec<Uid>, ImapError> {
        self.wire.heard.grown = 0;
        // One line a message: a SEARCH would answer in a single line of any length.
        let gather = Gather::new(Asked::From(from), 0);
        let (_, mut uids) = self.gather(&format!("{}:*", from.0), "UID", gather).await?;
        uids.sort_unstable();
        uids.dedup();
        Ok(uids)
    }

    /// The heads of these messages, ascending. A UID that has none is gone.
    ///
    /// # Errors
    /// `Refused`, where the server could not read one of them: ask for fewer. Those that `is_lost`.
    pub async fn heads(&mut self, uids: &[Uid]) -> Result<Vec<Head>, ImapError> {
        let what = self.head_items();
        let found = self.gather_these(uids, limits::doors::IMAP_BATCH, &what).await?;
        Ok(found.into_iter().filter_map(|(uid, mut partial)| partial.head(uid)).collect())
    }

    /// Heads and the beginning of texts of these messages, ascending. A UID that has none is gone.
    ///
    /// # Errors
    /// Those of [`Session::heads`].
    pub async fn mails(&mut self, uids: &[Uid]) -> Result<Vec<Mail>, ImapError> {
        let what = self.mail_items();
        let found = self.gather_these(uids, limits::doors::IMAP_TEXTS, &what).await?;
        Ok(found.into_iter().filter_map(|(uid, partial)| partial.mail(uid)).collect())
    }

    /// The first [`limits::doors::IMAP_TEXT`] octets of the bodies of these messages, ascending. A UID that has none is gone.
    ///
    /// # Errors
    /// Those of [`Session::heads`].
    pub async fn texts(&mut self, uids: &[Uid]) -> Result<Vec<(Uid, Vec<u8>)>, ImapError> {
        let what = format!("UID BODY.PEEK[TEXT]<0.{}>", limits::doors::IMAP_TEXT);
        let found = self.gather_these(uids, limits::doors::IMAP_TEXTS, &what).await?;
        Ok(found.into_iter().filter_map(|(uid, partial)| Some((uid, partial.text?))).collect())
    }

    /// The flags of these messages, ascending. A UID that has none is gone.
    ///
    /// # Errors
    /// Those of [`Session::heads`].
    pub async fn flags(&mut self, uids: &[Uid]) -> Result<Vec<(Uid, Flags)>, ImapError> {
        let found = self.gather_these(uids, limits::doors::IMAP_FLAGS, "UID FLAGS").await?;
        Ok(found.into_iter().filter_map(|(uid, partial)| Some((uid, partial.flags?))).collect())
    }

    /// Octets `from..from + octets` of a whole message as it stands on the wire, at most [`limits::doors::IMAP_PIECE`]; fewer at its
    /// end, none beyond it. `None`: it is gone.
    ///
    /// # Errors
    /// Those of [`Session::heads`].
    pub async fn piece(&mut self, uid: Uid, from: u32, octets: u32) -> Result<Option<Vec<u8>>, ImapError> {
        let octets = octets.min(limits::doors::IMAP_PIECE);
        let what = format!("UID BODY.PEEK[]<{from}.{octets}>");
        let found = self.gather_these(&[uid], 1, &what).await?;
        Ok(found.into_iter().find_map(|(_, partial)| partial.text))
    }

    pub(super) async fn gather_these(
        &mut self,
        uids: &[Uid],
        batch: usize,
        what: &str,
    ) -> Result<Vec<(Uid, Partial)>, ImapError> {
        let mut all = Vec::new();
        let mut sorted = uids.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        for chunk in sorted.chunks(batch) {
            let gather = Gather::new(Asked::These(chunk.to_vec()), chunk.len());
            all.extend(self.gather(&uid_set(chunk), what, gather).await?.0);
        }
        Ok(all)
    }

    async fn gather(
        &mut self,
        set: &str,
        what: &str,
        mut gather: Gather,
    ) -> Result<(Vec<(Uid, Partial)>, Vec<Uid>), ImapError> {
        let line = format!("UID FETCH {set} ({what})");
        let literal = limits::doors::IMAP_HEADER.max(if what.contains("[]<") { limits::doors::IMAP_PIECE } else { 0 });
        let command = Command::new("UID FETCH", line).with_literals(literal);
        match self.wire.run(command, |response| gather.take(response)).await? {
            Ok(()) => {}
            // Some were expunged by another client; the others have come (RFC 2180 section 4.1.2, RFC 5530).
            Err(refusal) if refusal.is("EXPUNGEISSUED") => {}
            Err(refusal) => return Err(ImapError::Refused { command: "UID FETCH", refusal }),
        }
        let (found, left) = gather.finish();
        Ok((found.collect(), left))
    }

    fn head_items(&self) -> String {
        // X-GM-MSGID and EMAILID only where they are known: others answer BAD (Dovecot 2.3.19, 2026).
        let id = if self.can("OBJECTID") {
            " EMAILID"
        } else if self.can("X-GM-EXT-1") {
            " X-GM-MSGID"
        } else {
            ""
        };
        format!("UID RFC822.SIZE FLAGS INTERNALDATE{id} BODY.PEEK[HEADER]<0.{}>", limits::doors::IMAP_HEADER)
    }

    fn mail_items(&self) -> String {
        format!("{} BODY.PEEK[TEXT]<0.{}>", self.head_items(), limits::doors::IMAP_TEXT)
    }
}

/// UIDs, ascending, as a sequence set: only neighbours are written as a range, so that it names these and no other.
pub fn uid_set(uids: &[Uid]) -> String {
    let runs = uids.chunk_by(|Uid(a), Uid(b)| a.checked_add(1) == Some(*b));
    let ranges = runs.filter_map(|run| match (run.first()?.0, run.last()?.0) {
        (first, last) if first == last => Some(first.to_string()),
        (first, last) => Some(format!("{first}:{last}")),
    });
    ranges.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::uid_set;
    use crate::model::mailbox::Uid;

    fn check(uids: &[u32], expected: &str) {
        assert_eq!(uid_set(&uids.iter().copied().map(Uid).collect::<Vec<_>>()), expected);
    }

    #[test]
    fn sets_name_these_and_no_other() {
        check(&[9], "9");
        check(&[1, 2, 3, 5, 7, 8], "1:3,5,7:8");
        check(&[u32::MAX - 1, u32::MAX], "4294967294:4294967295");
        check(&[], "");
    }
}
