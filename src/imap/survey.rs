//! What only a person wants to know of a server: rights in a mailbox, and how full the account is.

use super::fault::ImapError;
use super::names::quote;
use super::session::Session;
use super::wire::Command;
use crate::model::mailbox::Mailbox;

/// How full an account is, in KiB (RFC 9208 section 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// In use.
    pub used: u64,
    /// The most that may be.
    pub limit: u64,
}

impl Session {
    /// The rights that we have in a mailbox, a letter each (RFC 4314 section 2.1); `None` where the server does not say.
    ///
    /// # Errors
    /// `Name`. Those that `is_lost`.
    pub async fn rights(&mut self, mailbox: &Mailbox) -> Result<Option<String>, ImapError> {
        if !self.can("ACL") {
            return Ok(None);
        }
        let name = quote(&self.server_name(mailbox).await?);
        self.wire.heard.rights = None;
        let end = self.wire.run(Command::new("MYRIGHTS", format!("MYRIGHTS {name}")), |_| {}).await?;
        let line = self.wire.heard.rights.take().filter(|_| end.is_ok());
        // The name may hold spaces, and is not ours to read.
        Ok(line.and_then(|line| line.rsplit_once(' ').map(|(_, rights)| rights.trim_matches('"').to_owned())))
    }

    /// How full the account of INBOX is; `None` where the server does not say, or has no limit. Of several roots the last.
    ///
    /// # Errors
    /// Those that `is_lost`.
    pub async fn quota(&mut self) -> Result<Option<Quota>, ImapError> {
        if !self.can("QUOTA") {
            return Ok(None);
        }
        self.wire.heard.quota = None;
        let end = self.wire.run(Command::new("GETQUOTAROOT", "GETQUOTAROOT \"INBOX\""), |_| {}).await?;
        Ok(self.wire.heard.quota.take().filter(|_| end.is_ok()).and_then(|line| storage(&line)))
    }
}

/// `STORAGE 10 512` of a QUOTA line.
fn storage(line: &str) -> Option<Quota> {
    let (_, resources) = line.rsplit_once('(')?;
    let words: Vec<&str> = resources.split([' ', ')']).filter(|word| !word.is_empty()).collect();
    let triples = words.as_chunks::<3>().0;
    let [_, used, limit] = triples.iter().find(|[name, ..]| name.eq_ignore_ascii_case("STORAGE"))?;
    let quota = Quota { used: used.parse().ok()?, limit: limit.parse().ok()? };
    (quota.limit > 0).then_some(quota)
}

#[cfg(test)]
mod tests {
    use super::{Quota, storage};

    #[test]
    fn storage_is_found_among_resources() {
        let check = |line: &str, expected: Option<(u64, u64)>| {
            assert_eq!(storage(line), expected.map(|(used, limit)| Quota { used, limit }), "{line}");
        };
        check("* QUOTA \"\" (STORAGE 10 512)", Some((10, 512)));
        check("* QUOTA \"user (x)\" (MESSAGE 1 2 storage 3 4)", Some((3, 4)));
        check("* QUOTA \"\" (MESSAGE 1 2)", None);
        check("* QUOTA \"\" (STORAGE 10 0)", None);
        check("* QUOTA \"\" ()", None);
        check("* QUOTA \"\" (STORAGE 10", None);
        check("* QUOTA STORAGE 99999999999999999999 1", None);
    }
}
