//! What stands in the file becomes what is meant: ready types, made once, every fault noted on the way.

pub mod account;
pub mod address;
pub mod bench;
pub mod claims;
pub mod condition;
pub mod digest;
pub mod groups;
pub mod mailbox;
pub mod person;
pub mod rule;
pub mod secret;
pub mod server;
pub mod service;
pub mod signals;
pub mod times;
pub mod unique;

use self::account::Accounts;
use self::bench::Bench;
use self::claims::Claim;
use self::condition::{Surroundings, Trust, Working};
use self::groups::Groups;
use self::service::Folders;
use super::file::{File, Person};
use super::lint;
use super::reader::At;
use super::ready::Account;
use crate::digest::order::Sender;
use crate::hook::settings::Listen;
use crate::intake::desk::Desk;
use crate::model::name::PersonName;
use crate::smtp::settings::Settings;

/// The service, ready.
#[derive(Debug)]
pub struct Service {
    /// The folders.
    pub folders: Folders,
    /// Where HTTP is answered.
    pub listen: Option<Listen>,
    /// The way out.
    pub way_out: Settings,
    /// Whom letters come from.
    pub from: Sender,
}

/// A person as far as they are ready.
#[derive(Debug)]
pub struct Lowered {
    /// Their desk; `None`: at least one error of their file is noted.
    pub desk: Option<Desk>,
    /// Their name and where it stands, be the rest right or wrong.
    pub id: Option<At<PersonName>>,
    /// How the accounts are reached: those that are right.
    pub accounts: Vec<Account>,
    /// What these accounts lay claim to.
    pub claims: Vec<Claim>,
}

/// Makes the service ready. `None`: at least one error is noted. Even then every part has been looked at.
pub fn service(bench: &mut Bench<'_>, file: &mut File) -> Option<Service> {
    let folders = service::folders(bench, file.state_dir.as_ref());
    let listen = file.listen.as_ref().map(|written| service::listen(bench, written));
    let smtp = file.smtp.take().and_then(|smtp| service::smtp(bench, smtp));
    let (folders, (way_out, from)) = (folders?, smtp?);
    Some(Service { folders, listen: listen.flatten(), way_out, from })
}

/// Makes a person ready; every part is looked at. `stem` is the name of a file that is theirs alone.
pub fn person(bench: &mut Bench<'_>, mut file: Person, stem: Option<&str>) -> Lowered {
    let id = person::id(bench, file.me.as_ref(), stem);
    let accounts = account::accounts(bench, std::mem::take(&mut file.accounts));
    let desk = desk(bench, &mut file, (id.as_ref(), &accounts));
    Lowered { desk, id, accounts: accounts.doors, claims: accounts.claims }
}

fn desk(
    bench: &mut Bench<'_>,
    file: &mut Person,
    (id, accounts): (Option<&At<PersonName>>, &Accounts),
) -> Option<Desk> {
    let me = file.me.as_ref().and_then(|me| person::me(bench, me));
    let zone = file.timezone.as_ref().and_then(|zone| times::zone(bench, zone));
    let working = file.working_hours.as_ref().map(|range| times::range(bench, range));
    let quiet: Vec<_> = file.quiet.iter().map(|quiet| times::quiet(bench, quiet)).collect();
    unique::names(bench, "quiet", file.quiet.iter().map(|quiet| quiet.name.as_ref()));
    let hold = person::hold(bench, &file.hold);
    account::come_back(bench, accounts, me.as_ref().map(|me| me.addresses.as_slice()).unwrap_or_default());
    let written_groups = std::mem::take(&mut file.groups);
    let groups = Groups::lower(bench, &written_groups);
    let my_address = me.as_ref().and_then(|me| me.addresses.first()).map(String::as_str);
    let digests = digest::digests(bench, &file.digests, (&groups, my_address));
    let around = Surroundings {
        groups: &groups,
        trust: if accounts.trusts_somebody { Trust::Somebody } else { Trust::Nobody },
        working: if file.working_given { Working::Known } else { Working::Unknown },
    };
    let scale = signals::scale(bench, &file.signals);
    let signals = if matches!(scale, Some(None)) { rule::Signals::Off } else { rule::Signals::On };
    let beside = rule::Beside { digests: &file.digests, max: hold.max, signals };
    let rules = rule::rules(bench, &file.rules, (around, beside));
    groups.warn_of_unused(bench);
    if bench.faults.refuse() {
        return None;
    }
    let me = me?;
    let desk = Desk {
        person: id?.value.clone(),
        name: me.name,
        addresses: me.addresses.iter().map(|address| address.to_lowercase()).collect(),
        alert_to: me.alert_to,
        zone: zone?,
        working: working.map_or(Some(None), |range| range.map(Some))?,
        quiet: quiet.into_iter().collect::<Option<_>>()?,
        rules: rules?,
        scale: scale?,
        digests: digests?,
        hold: hold.hold()?,
        accounts: accounts.filing.clone(),
    };
    lint::warn(bench.faults, file, &desk);
    Some(desk)
}
