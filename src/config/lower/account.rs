//! Accounts: how they are reached, how their mail is filed, and that no two of them work on the same mailbox.

use std::collections::{BTreeMap, HashMap};

use super::bench::{Bench, Choice};
use super::mailbox::{Storage, mailbox};
use super::server::{Protocol, door, username};
use super::times::{Bounds, duration};
use super::{secret, unique};
use crate::config::file::account::Account as Written;
use crate::config::reader::At;
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
    /// Whether any has a `trust`, be the rest of it right or wrong.
    pub trusts_somebody: bool,
}

/// `[[account]]`, all of them.
pub fn accounts(bench: &mut Bench<'_>, written: Vec<Written>) -> Accounts {
    let names = written.iter().map(|account| account.name.as_ref());
    unique::names(bench, "account", names);
    let trusts_somebody = written.iter().any(|account| account.trust.is_some());
    let mut accounts = Accounts { trusts_somebody, ..Accounts::default() };
    let mut claims = Claims::default();
    for written in written {
        let name = written.name.as_ref().and_then(|name| bench.name(&written.prefix, name)).map(AccountName::new);
        let watch_at = written.watch.as_ref().map(|watch| watch.iter().map(|entry| entry.offset).collect::<Vec<_>>());
        let offset = written.offset;
        let prefix = written.prefix.clone();
        let filing = filing(bench, &written);
        let way = reach(bench, written);
        let (Some(name), Some(filing), Some(way)) = (name, filing, way) else { continue };
        let places = watch_at.unwrap_or_else(|| vec![offset]);
        claims.claim(bench, &prefix, Claim { name: &name, filing: &filing, way: &way, places: &places });
        accounts.filing.insert(name.clone(), filing);
        accounts.doors.push(Account { name, way });
    }
    claims.held_and_watched(bench);
    accounts
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
    let trust = match &written.trust {
        Some(trust) => Some(authserv(bench, prefix, trust)?),
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
        mark_seen: written.mark_seen.as_ref().is_some_and(|mark| mark.value),
        classify_first,
        trust,
    })
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
        auth: imap::settings::Auth::Password,
        ca_file: way.ca_file,
        poll: poll?,
    }))
}

/// One account that lays claim to its mailboxes.
struct Claim<'a> {
    name: &'a AccountName,
    filing: &'a Filing,
    way: &'a Way,
    /// Where each watched mailbox stands in the file.
    places: &'a [usize],
}

/// Which account watches, and which holds in, each mailbox of a login.
#[derive(Default)]
struct Claims {
    watched: HashMap<(String, Mailbox), (AccountName, usize)>,
    held: Vec<((String, Mailbox), AccountName)>,
}

impl Claims {
    /// Two accounts that watch one mailbox would each file its mail away from the other.
    fn claim(&mut self, bench: &mut Bench<'_>, prefix: &str, claim: Claim<'_>) {
        let login = login(claim.way);
        for (index, mailbox) in claim.filing.watch.iter().enumerate() {
            let place = claim.places.get(index).or(claim.places.first()).copied().unwrap_or(0);
            let key = (login.clone(), mailbox.clone());
            match self.watched.get(&key) {
                Some((other, _)) => {
                    let text = format!(
                        "{prefix}\"{mailbox}\" of this login is watched by account \"{other}\" already; remove one"
                    );
                    bench.faults.error(place, text);
                }
                None => drop(self.watched.insert(key, (claim.name.clone(), place))),
            }
        }
        if !claim.filing.watch.contains(&claim.filing.hold_in) {
            self.held.push(((login, claim.filing.hold_in.clone()), claim.name.clone()));
        }
    }

    /// Mail that one account holds must not be new mail to another.
    fn held_and_watched(&self, bench: &mut Bench<'_>) {
        for (key, holder) in &self.held {
            if let Some((watcher, place)) = self.watched.get(key) {
                let mailbox = &key.1;
                let text = format!(
                    "account \"{watcher}\": \"{mailbox}\" is where account \"{holder}\" holds mail; watch another mailbox"
                );
                bench.faults.error(*place, text);
            }
        }
    }
}

/// What tells one login from another. Two names of one server cannot be told here; the program finds them at start.
fn login(way: &Way) -> String {
    match way {
        Way::Imap(server) => format!("imap:{}:{}:{}", server.host, server.port, server.username),
        Way::Maildir(maildir) => format!("maildir:{}", maildir.path.components().as_path().display()),
    }
}
