//! Filing and marking: what is done to mail in a mailbox, never without proof and never more than to the messages named.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use async_imap::imap_proto::rfc4315::UidSetMember;
use async_imap::imap_proto::{Outcome, Response, ResponseCode};

use super::fault::ImapError;
use super::fetch::uid_set;
use super::names::quote;
use super::refusal::Refusal;
use super::seek::Found;
use super::session::{LISTED, Session};
use super::wire::Command;
use crate::limits;
use crate::model::mailbox::{Mailbox, Uid, UidValidity};

/// What came of filing messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filed {
    /// Proven to lie in the target: the UID here, and the place there.
    pub moved: Vec<(Uid, UidValidity, Uid)>,
    /// Gone from here without a proof that we moved them (another client was quicker, or the server gives no COPYUID): to be
    /// looked for in the target by identity before they are called taken.
    pub missing: Vec<Uid>,
    /// Still here.
    pub stayed: Vec<Uid>,
    /// Why the server would not, where it said so.
    pub refused: Option<Refusal>,
}

/// Which flags are set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// [`LISTED`]: left out where the mailbox keeps no keywords.
    pub listed: bool,
    /// `\Seen`.
    pub seen: bool,
}

impl Session {
    /// Files messages of the selected mailbox in another one, which is created when it is missing: by UID MOVE (RFC 6851),
    /// else by UID COPY, its proof, `\Deleted` and UID EXPUNGE of just these (RFC 4315). With neither MOVE nor UIDPLUS they
    /// stay, and `refused` says so. OK proves nothing (a MOVE of a missing UID is OK): COPYUID does.
    ///
    /// # Errors
    /// Those that `is_lost`: it is then not known which were moved, and the caller looks by identity. `Name`; `Refused` only
    /// where the flags of what is left could not be asked.
    pub async fn file(&mut self, uids: &[Uid], to: &Mailbox) -> Result<Filed, ImapError> {
        let name = quote(&self.server_name(to).await?);
        let mut sorted = uids.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let mut filed = Filed::default();
        for chunk in sorted.chunks(limits::doors::IMAP_BATCH) {
            if filed.refused.is_some() {
                filed.stayed.extend(chunk);
            } else if self.can("MOVE") {
                self.move_chunk(chunk, &name, &mut filed).await?;
            } else {
                self.copy_chunk(chunk, &name, &mut filed).await?;
            }
        }
        Ok(filed)
    }

    async fn move_chunk(&mut self, chunk: &[Uid], name: &str, filed: &mut Filed) -> Result<(), ImapError> {
        let (proof, end) = self.transfer("UID MOVE", chunk, name).await?;
        match end {
            Ok(()) => {}
            // It says that it can, and does not know the command.
            Err(refusal) if refusal.bad && proof.pairs.is_empty() => {
                self.can.disbelieve("MOVE");
                return self.copy_chunk(chunk, name, filed).await;
            }
            Err(refusal) => filed.refused = Some(refusal),
        }
        // A NO can have moved some of them (RFC 6851 section 3.3), each with its proof.
        let open: Vec<Uid> = chunk.iter().copied().filter(|uid| !proof.pairs.contains_key(uid)).collect();
        filed.moved.extend(proof.places());
        self.sort_out(&open, filed).await
    }

    async fn copy_chunk(&mut self, chunk: &[Uid], name: &str, filed: &mut Filed) -> Result<(), ImapError> {
        if !self.can("UIDPLUS") {
            filed.refused = Some(Refusal::of_text("it has neither MOVE nor UIDPLUS"));
            filed.stayed.extend(chunk);
            return Ok(());
        }
        let (proof, end) = self.transfer("UID COPY", chunk, name).await?;
        let open: Vec<Uid> = chunk.iter().copied().filter(|uid| !proof.pairs.contains_key(uid)).collect();
        let copied: Vec<Uid> = proof.pairs.keys().copied().collect();
        match end {
            Ok(()) => {}
            // All or nothing (RFC 3501 section 6.4.7): whatever a proof beside a NO may mean, nothing is deleted.
            Err(refusal) => {
                filed.refused = Some(refusal);
                filed.stayed.extend(chunk);
                return Ok(());
            }
        }
        filed.moved.extend(proof.places());
        if !copied.is_empty()
            && let Err(refusal) = self.remove(&copied).await?
        {
            // They lie there and here: the same message twice, which its identity settles.
            filed.refused = Some(refusal);
        }
        let before = filed.stayed.len();
        self.sort_out(&open, filed).await?;
        if filed.stayed.len() > before && filed.refused.is_none() {
            // Copied perhaps, but unproven (UIDNOTSTICKY): trying again would make another copy each time.
            filed.refused = Some(Refusal::of_text("it gives no proof of a copy"));
        }
        Ok(())
    }

    /// MOVE or COPY, after creating the target if that is what the server lacks.
    async fn transfer<'a>(
        &mut self,
        verb: &'static str,
        chunk: &'a [Uid],
        name: &str,
    ) -> Result<(Proof<'a>, Result<(), Refusal>), ImapError> {
        let line = format!("{verb} {} {name}", uid_set(chunk));
        let mut proof = Proof::new(chunk);
        let end = self.wire.run(Command::new(verb, line.as_str()), |response| proof.take(response)).await?;
        match end {
            Err(refusal) if refusal.is("TRYCREATE") || refusal.is("NONEXISTENT") => {
                if let Err(error) = self.create(name).await {
                    // The server's words about CREATE say more than those about the move.
                    let Some(refusal) = error.refusal().cloned() else { return Err(error) };
                    return Ok((proof, Err(refusal)));
                }
                let again = self.wire.run(Command::new(verb, line.as_str()), |response| proof.take(response)).await?;
                Ok((proof, again))
            }
            end => Ok((proof, end)),
        }
    }

    /// Which of these are still here.
    async fn sort_out(&mut self, open: &[Uid], filed: &mut Filed) -> Result<(), ImapError> {
        if open.is_empty() {
            return Ok(());
        }
        let here: Vec<Uid> = self.flags(open).await?.into_iter().map(|(uid, _)| uid).collect();
        for &uid in open {
            if here.contains(&uid) { filed.stayed.push(uid) } else { filed.missing.push(uid) }
        }
        Ok(())
    }

    /// `\Deleted` and UID EXPUNGE of just these: never EXPUNGE, which would remove what others marked. Only for what is
    /// proven to lie elsewhere.
    async fn remove(&mut self, copied: &[Uid]) -> Result<Result<(), Refusal>, ImapError> {
        let set = uid_set(copied);
        let store = Command::new("UID STORE", format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)"));
        if let Err(refusal) = self.wire.run(store, |_| {}).await? {
            return Ok(Err(refusal));
        }
        self.wire.run(Command::new("UID EXPUNGE", format!("UID EXPUNGE {set}")), |_| {}).await
    }

    /// Ends a COPY whose answer was lost, where the message was found in both mailboxes: removes the one message here of
    /// which [`Session::locate`] has found the copy.
    ///
    /// # Errors
    /// `Refused`, and without UIDPLUS. Those that `is_lost`.
    pub async fn finish_copy(&mut self, uid: Uid, copy: &Found) -> Result<(), ImapError> {
        let refused = |refusal| ImapError::Refused { command: "UID EXPUNGE", refusal };
        let here = self.selected.and_then(|selected| selected.uid_validity);
        if !self.can("UIDPLUS") || Some((copy.uid_validity(), copy.uid())) == here.map(|validity| (validity, uid)) {
            return Err(refused(Refusal::of_text("one message cannot be removed here")));
        }
        self.remove(&[uid]).await?.map_err(refused)
    }

    /// Sets flags, and takes none away. A UID that is gone is no error.
    ///
    /// # Errors
    /// `Refused`. Those that `is_lost`.
    pub async fn mark(&mut self, uids: &[Uid], marks: Marks) -> Result<(), ImapError> {
        let keeps_keywords = self.selected.is_some_and(|selected| selected.keeps_keywords);
        let flags: Vec<&str> = [(marks.listed && keeps_keywords).then_some(LISTED), marks.seen.then_some("\\Seen")]
            .into_iter()
            .flatten()
            .collect();
        let mut sorted = uids.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        if flags.is_empty() {
            return Ok(());
        }
        for chunk in sorted.chunks(limits::doors::IMAP_BATCH) {
            let line = format!("UID STORE {} +FLAGS.SILENT ({})", uid_set(chunk), flags.join(" "));
            self.wire.run_ok(Command::new("UID STORE", line), |_| {}).await?;
        }
        Ok(())
    }
}

/// What COPYUID says, untagged or tagged, of the UIDs that were named.
struct Proof<'a> {
    named: &'a [Uid],
    validity: UidValidity,
    pairs: BTreeMap<Uid, Uid>,
}

impl<'a> Proof<'a> {
    fn new(named: &'a [Uid]) -> Self {
        Self { named, validity: UidValidity(0), pairs: BTreeMap::new() }
    }

    fn take(&mut self, response: &Response<'_>) {
        let (Response::Data { outcome: Outcome { code: Some(code), .. }, .. }
        | Response::Done { outcome: Outcome { code: Some(code), .. }, .. }) = response
        else {
            return;
        };
        let ResponseCode::CopyUid(validity, from, to) = code else { return };
        self.validity = UidValidity(*validity);
        let count = |members: &[UidSetMember]| members.iter().map(length).fold(0_u64, u64::saturating_add);
        // Sets of different lengths pair nothing with certainty; longer ones than were named cannot be true.
        if count(from) != count(to) || count(from) > self.named.len() as u64 {
            return;
        }
        for (from, to) in from.iter().flat_map(members).zip(to.iter().flat_map(members)) {
            if self.named.binary_search(&Uid(from)).is_ok() && to > 0 {
                self.pairs.insert(Uid(from), Uid(to));
            }
        }
    }

    fn places(&self) -> impl Iterator<Item = (Uid, UidValidity, Uid)> {
        self.pairs.iter().map(|(&from, &to)| (from, self.validity, to))
    }
}

fn members(member: &UidSetMember) -> RangeInclusive<u32> {
    match member {
        UidSetMember::Uid(uid) => *uid..=*uid,
        UidSetMember::UidRange(range) => range.clone(),
    }
}

fn length(member: &UidSetMember) -> u64 {
    let range = members(member);
    u64::from(range.end().saturating_sub(*range.start())).saturating_add(1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use async_imap::imap_proto::Response;

    use super::Proof;
    use crate::model::mailbox::Uid;

    fn check(named: &[u32], line: &str, expected: &[(u32, u32)]) {
        let named: Vec<Uid> = named.iter().copied().map(Uid).collect();
        let mut proof = Proof::new(&named);
        let (_, response) = Response::parse(line.as_bytes()).unwrap();
        proof.take(&response);
        assert_eq!(proof.pairs.iter().map(|(from, to)| (from.0, to.0)).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn only_what_was_named_is_proven() {
        check(&[9], "* OK [COPYUID 1701 9 1] Moved\r\n", &[(9, 1)]);
        check(&[4, 5, 9], "T1 OK [COPYUID 1701 4:5,9 7,9:8] done\r\n", &[(4, 7), (5, 8), (9, 9)]);
        check(&[4, 5], "T1 OK [COPYUID 1701 4:5 7] done\r\n", &[]);
        check(&[4, 5], "T1 OK [COPYUID 1701 6 7] done\r\n", &[]);
        check(&[4], "T1 OK [COPYUID 1 1:4294967295 1:4294967295] done\r\n", &[]);
        check(&[4], "T1 OK done\r\n", &[]);
    }
}
