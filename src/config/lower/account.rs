//! Accounts: how they are reached, and how their mail is filed.

use std::collections::BTreeMap;

use super::address::address;
use super::bench::{Bench, Choice};
use super::claims::Claim;
use super::mailbox::{Storage, mailbox};
use super::server::{Protocol, door, username};
use super::times::{Bounds, duration};
use super::{public, secret, unique};
use crate::config::file::account::Account as Written;
use crate::config::reader::{At, shortened};
use crate::config::ready::Account;
use crate::intake::desk::Filing;
use crate::limits;
use crate::model::mailbox::Mailbox;
use crate::model::name::AccountName;
use crate::source::door::Way;
use crate::{imap, maildir};

/// How often a server without IDLE is asked when nothing else is said.
const POLL: std::time::Duration = std::time::Duration::from_secs(60);

/// All accounts with their filing.
#[derive(Debug, Default)]
pub struct Accounts {
    /// How they are reached, in the order of the file.
    pub doors: Vec<Account>,
    /// How their mail is filed.
    pub filing: BTreeMap<AccountName, Filing>,
    /// What they lay claim to.
    pub claims: Vec<Claim>,
    /// Each `forward_urgent_to`: what begins a message about it, and where it stands.
    pub forwards: Vec<(String, usize)>,
    /// Whether any has a `trust`, be the rest of it right or wrong.
    pub trusts_somebody: bool,
}

/// `[[account]]`, all of them.
pub fn accounts(bench: &mut Bench<'_>, written: Vec<Written>) -> Accounts {
    let names = written.iter().map(|account| account.name.as_ref());
    unique::names(bench, "account", names);
    let trusts_somebody = written.iter().any(|account| account.trust.is_some());
    let mut accounts = Accounts { trusts_somebody, ..Accounts::default() };
    for written in written {
        let name = written.name.as_ref().and_then(|name| bench.name(&written.prefix, name)).map(AccountName::new);
        let watch_at = written.watch.as_ref().map(|watch| watch.iter().map(|entry| entry.offset).collect::<Vec<_>>());
        let offset = written.offset;
        let prefix = written.prefix.clone();
        accounts.forwards.extend(written.forward_urgent_to.as_ref().map(|to| (prefix.clone(), to.offset)));
        let filing = filing(bench, &written);
        let way = reach(bench, written);
        let (Some(name), Some(filing), Some(way)) = (name, filing, way) else { continue };
        let at = |index: usize| watch_at.as_ref().and_then(|at| at.get(index).copied()).unwrap_or(offset);
        let watch = filing.watch.iter().enumerate().map(|(index, mailbox)| (mailbox.clone(), at(index))).collect();
        let hold_in = (!filing.watch.contains(&filing.hold_in)).then(|| filing.hold_in.clone());
        accounts.claims.push(Claim { login: way.login(), account: name.clone(), prefix, watch, hold_in, offset });
        accounts.filing.insert(name.clone(), filing);
        accounts.doors.push(Account { name, way });
    }
    accounts
}

/// Where every account forwards, what goes to an address of mine comes into one that would forward it again.
pub fn come_back(bench: &mut Bench<'_>, accounts: &Accounts, mine: &[String]) {
    if accounts.filing.len() != accounts.forwards.len() {
        return;
    }
    let targets = accounts.doors.iter().filter_map(|door| accounts.filing.get(&door.name)?.forward_urgent_to.as_ref());
    for (target, (prefix, offset)) in targets.zip(&accounts.forwards) {
        if mine.iter().any(|mine| mine.eq_ignore_ascii_case(target)) {
            let text = format!(
                "{prefix}\"forward_urgent_to\" is an address of yours: what comes back into an account that forwards is not \
                 forwarded again; write one that no [[account]] watches"
            );
            bench.faults.warn(*offset, text);
        }
    }
}

fn filing(bench: &mut Bench<'_>, written: &Written) -> Option<Filing> {
    let prefix = written.prefix.as_str();
    let storage = if written.maildir.is_some() { Storage::Maildir } else { Storage::Server };
    let watch = match &written.watch {
        None => Some(vec![Mailbox::new("INBOX")]),
        Some(names) => watched(bench, prefix, names, storage),
    };
    let mut named = |key: &Option<At<String>>| key.as_ref().map(|name| mailbox(bench, prefix, name, storage));
    let hold_in = named(&written.hold_in).unwrap_or_else(|| Some(Mailbox::new("Held")));
    let urgent_to = named(&written.urgent_to);
    let release_to = named(&written.release_to);
    let choice = Choice { key: "first_run", words: &[("leave", false), ("classify", true)], default: Some(false) };
    let classify_first = bench.word(prefix, written.first_run.as_ref(), &choice);
    let forward_urgent_to = match &written.forward_urgent_to {
        Some(to) => Some(forward(bench, written, to)?),
        None => None,
    };
    let trust = match &written.trust {
        Some(trust) => Some(authserv(bench, prefix, trust)?),
        None => None,
    };
    let sent = sent(bench, prefix, (written.sent.as_ref(), storage));
    let webmail = match &written.webmail {
        Some(written) => Some(public::webmail(bench, prefix, written)?),
        None => None,
    };
    let (watch, hold_in, classify_first) = (watch?, hold_in?, classify_first?);
    let urgent_to = match urgent_to {
        Some(urgent_to) => urgent_to?,
        None => watch.first()?.clone(),
    };
    let release_to = match release_to {
        Some(release_to) => release_to.map(Some)?,
        None => None,
    };
    if hold_in == urgent_to && !watch.contains(&hold_in) {
        let place = written.hold_in.as_ref().or(written.urgent_to.as_ref()).map_or(written.offset, |name| name.offset);
        let text = format!(
            "{prefix}held and urgent mail would both be filed in \"{hold_in}\", where nobody could tell them apart; \
             name two mailboxes, or hold in a watched one"
        );
        bench.faults.error(place, text);
        return None;
    }
    Some(Filing {
        // Filing mail where it lies already is the same as leaving it.
        release_to: release_to.filter(|mailbox| *mailbox != hold_in),
        watch,
        hold_in,
        urgent_to,
        forward_urgent_to,
        mark_seen: written.mark_seen.as_ref().is_some_and(|mark| mark.value),
        classify_first,
        trust,
        sent: sent?,
        webmail,
    })
}

/// `sent`: the special use, a name, or nothing.
fn sent(
    bench: &mut Bench<'_>,
    prefix: &str,
    (written, storage): (Option<&At<String>>, Storage),
) -> Option<Option<Mailbox>> {
    let Some(written) = written else { return Some(Some(Mailbox::new(Mailbox::SENT))) };
    match written.value.as_str() {
        "" => Some(None),
        special if special.eq_ignore_ascii_case(Mailbox::SENT) => Some(Some(Mailbox::new(Mailbox::SENT))),
        special if special.starts_with('\\') => {
            let advice = r#"write "\\Sent", the name of a mailbox, or "" so that none is read"#;
            bench
                .faults
                .error(written.offset, format!("{prefix}\"sent\" cannot be {:?}; {advice}", shortened(special)));
            None
        }
        _ => mailbox(bench, prefix, written, storage).map(Some),
    }
}

fn watched(bench: &mut Bench<'_>, prefix: &str, names: &[At<String>], storage: Storage) -> Option<Vec<Mailbox>> {
    let mut watch: Vec<Mailbox> = Vec::new();
    let mut whole = true;
    for name in names {
        match mailbox(bench, prefix, name, storage) {
            Some(mailbox) if watch.contains(&mailbox) => {
                bench.faults.error(name.offset, format!("{prefix}\"{mailbox}\" is watched twice; remove one"));
                whole = false;
            }
            Some(mailbox) => watch.push(mailbox),
            None => whole = false,
        }
    }
    whole.then_some(watch)
}

/// Who gets urgent mail: not the mailbox that it came into. Under which other addresses that is reached only its reader knows.
fn forward(bench: &mut Bench<'_>, written: &Written, to: &At<String>) -> Option<String> {
    let prefix = written.prefix.as_str();
    let address = address(bench, prefix, to)?;
    let own = written.server.username.as_ref().is_some_and(|user| user.value.eq_ignore_ascii_case(&address));
    if own {
        let text = format!(
            "{prefix}\"forward_urgent_to\" is this account itself, to which its mail would come back; write another address"
        );
        bench.faults.error(to.offset, text);
        return None;
    }
    Some(address)
}

/// An authserv-id (RFC 8601 section 2.5), which is usually a host name.
fn authserv(bench: &mut Bench<'_>, prefix: &str, written: &At<String>) -> Option<String> {
    let id = written.value.as_str();
    if !id.is_empty() && !id.chars().any(|c| c.is_whitespace() || c.is_control() || ";,\"*".contains(c)) {
        return Some(id.to_owned());
    }
    let text =
        format!("{prefix}\"trust\" cannot be {id:?}; write the first word of the server's Authentication-Results");
    bench.faults.error(written.offset, text);
    None
}

fn reach(bench: &mut Bench<'_>, written: Written) -> Option<Way> {
    let prefix = written.prefix.as_str();
    if let Some(path) = &written.maildir {
        return bench.path(prefix, path).map(|path| Way::Maildir(maildir::settings::Settings { path }));
    }
    let bounds =
        Bounds { key: "poll", least: limits::front::CONFIG_POLL_SHORTEST, most: limits::front::CONFIG_POLL_LONGEST };
    let poll = written.poll.as_ref().map_or(Some(POLL), |poll| duration(bench, prefix, poll, bounds));
    let way = door(bench, prefix, &written.server, Protocol::Imap);
    let username = written.server.username.and_then(|name| username(bench, prefix, name));
    let password = written.server.password.and_then(|password| secret::source(bench, prefix, password));
    let way = way?;
    Some(Way::Imap(imap::settings::Settings {
        host: way.host,
        port: way.port,
        security: way.security,
        username: username?,
        password: password?,
        auth: way.auth,
        ca_file: way.ca_file,
        poll: poll?,
    }))
}
