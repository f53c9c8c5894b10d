//! That no two accounts, of one person or of two, work on the same mailbox.

use std::collections::HashMap;

use crate::model::mailbox::Mailbox;
use crate::model::name::AccountName;

/// One account that lays claim to its mailboxes.
#[derive(Clone, Debug)]
pub struct Claim {
    /// What tells one login from another. Two names of one server cannot be told here; the program finds them at start.
    pub login: String,
    /// The account.
    pub account: AccountName,
    /// What begins each message about it.
    pub prefix: String,
    /// Each watched mailbox with its byte offset in the file.
    pub watch: Vec<(Mailbox, usize)>,
    /// Where it holds mail, where that is no watched mailbox.
    pub hold_in: Option<Mailbox>,
    /// Where the account begins in the file.
    pub offset: usize,
}

/// Two claims that cannot both be: what is wrong with the later one, and where the earlier one stands.
#[derive(Debug)]
pub struct Clash {
    /// In which file the later one stands, by its number.
    pub file: usize,
    /// At which byte.
    pub offset: usize,
    /// What is wrong with it, up to where the earlier one is named.
    pub text: String,
    /// The file of the earlier one.
    pub other_file: usize,
    /// At which byte.
    pub other_offset: usize,
    /// What to do.
    pub advice: &'static str,
}

/// All clashes among the claims of each file.
pub fn clashes(files: &[&[Claim]]) -> Vec<Clash> {
    let mut clashes = Vec::new();
    let mut watched: HashMap<(&str, &Mailbox), (usize, &Claim, usize)> = HashMap::new();
    let claims = || files.iter().enumerate().flat_map(|(file, claims)| claims.iter().map(move |claim| (file, claim)));
    for (file, claim) in claims() {
        for (mailbox, offset) in &claim.watch {
            // Two that watch one mailbox would each file its mail away from the other.
            if let Some((other_file, other, other_offset)) = watched.get(&(claim.login.as_str(), mailbox)).copied() {
                let text = format!(
                    "{}\"{mailbox}\" of this login is watched by account \"{}\" already",
                    claim.prefix, other.account
                );
                let advice = "remove one";
                clashes.push(Clash { file, offset: *offset, text, other_file, other_offset, advice });
                continue;
            }
            watched.insert((&claim.login, mailbox), (file, claim, *offset));
        }
    }
    for (other_file, holder) in claims() {
        let Some(hold_in) = &holder.hold_in else { continue };
        // Mail that one account holds must not be new mail to another.
        if let Some((file, watcher, offset)) = watched.get(&(holder.login.as_str(), hold_in)).copied() {
            let text = format!(
                "account \"{}\": \"{hold_in}\" is where account \"{}\" holds mail",
                watcher.account, holder.account
            );
            let (other_offset, advice) = (holder.offset, "watch another mailbox");
            clashes.push(Clash { file, offset, text, other_file, other_offset, advice });
        }
    }
    clashes
}
