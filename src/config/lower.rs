//! What stands in the file becomes what is meant: ready types, made once, every fault noted on the way.

pub mod account;
pub mod address;
pub mod bench;
pub mod condition;
pub mod digest;
pub mod groups;
pub mod mailbox;
pub mod person;
pub mod rule;
pub mod secret;
pub mod server;
pub mod service;
pub mod times;
pub mod unique;

use self::bench::Bench;
use self::condition::{Surroundings, Trust, Working};
use self::groups::Groups;
use self::service::Folders;
use super::file::File;
use super::lint;
use super::ready::Account;
use crate::digest::order::Sender;
use crate::intake::desk::Desk;
use crate::smtp::settings::Settings;

/// Everything ready, but for where the file lies.
#[derive(Debug)]
pub struct Lowered {
    /// The folders.
    pub folders: Folders,
    /// The way out.
    pub way_out: Settings,
    /// Whom letters come from.
    pub from: Sender,
    /// The person.
    pub person: Desk,
    /// How the accounts are reached.
    pub accounts: Vec<Account>,
}

/// Makes the file ready. `None`: at least one error is noted. Even then every part has been looked at.
pub fn lower(bench: &mut Bench<'_>, mut file: File) -> Option<Lowered> {
    let folders = service::folders(bench, file.state_dir.as_ref());
    let smtp = file.smtp.take().and_then(|smtp| service::smtp(bench, smtp));
    let me = file.me.as_ref().and_then(|me| person::me(bench, me));
    let zone = file.timezone.as_ref().and_then(|zone| times::zone(bench, zone));
    let working = file.working_hours.as_ref().map(|range| times::range(bench, range));
    let quiet: Vec<_> = file.quiet.iter().map(|quiet| times::quiet(bench, quiet)).collect();
    unique::names(bench, "quiet", file.quiet.iter().map(|quiet| quiet.name.as_ref()));
    let hold = person::hold(bench, &file.hold);
    let accounts = account::accounts(bench, std::mem::take(&mut file.accounts));
    let written_groups = std::mem::take(&mut file.groups);
    let groups = Groups::lower(bench, &written_groups);
    let my_address = me.as_ref().and_then(|me| me.addresses.first()).map(String::as_str);
    let digests = digest::digests(bench, &file.digests, (&groups, my_address));
    let around = Surroundings {
        groups: &groups,
        trust: if accounts.trusts_somebody { Trust::Somebody } else { Trust::Nobody },
        working: if file.working_given { Working::Known } else { Working::Unknown },
    };
    let beside = rule::Beside { digests: &file.digests, max: hold.max };
    let rules = rule::rules(bench, &file.rules, (around, beside));
    groups.warn_of_unused(bench);
    if bench.faults.refuse() {
        return None;
    }
    let (me, (way_out, from)) = (me?, smtp?);
    let person = Desk {
        person: me.id,
        name: me.name,
        addresses: me.addresses.iter().map(|address| address.to_lowercase()).collect(),
        zone: zone?,
        working: working.map_or(Some(None), |range| range.map(Some))?,
        quiet: quiet.into_iter().collect::<Option<_>>()?,
        rules: rules?,
        digests: digests?,
        hold: hold.hold()?,
        accounts: accounts.filing,
    };
    lint::warn(bench.faults, &file, &person);
    Some(Lowered { folders: folders?, way_out, from, person, accounts: accounts.doors })
}
