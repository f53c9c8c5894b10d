//! What stands in the file becomes what is meant: ready types, made once, every fault noted on the way.

pub mod account;
pub mod address;
pub mod bench;
pub mod claims;
pub mod condition;
pub mod digest;
pub mod groups;
pub mod holidays;
pub mod hook;
pub mod mailbox;
pub mod person;
pub mod public;
pub mod rule;
pub mod secret;
pub mod server;
pub mod service;
pub mod setting;
pub mod signals;
pub mod template;
pub mod times;
pub mod timetable;
pub mod unique;

use self::account::Accounts;
use self::bench::Bench;
use self::claims::Claim;
use self::condition::{Surroundings, Trust, Working};
use self::groups::Groups;
use self::hook::Hook;
use self::service::Folders;
use super::file::chat::{Chat, Ids};
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
    /// What the outside calls it, without a slash at the end.
    pub public_url: Option<String>,
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
    /// The hooks of their file.
    pub hooks: Vec<Hook>,
    /// `[chat_ids]`.
    pub ids: Vec<Ids>,
}

/// Makes the service ready. `None`: at least one error is noted. Even then every part has been looked at.
pub fn service(bench: &mut Bench<'_>, file: &mut File) -> Option<Service> {
    let folders = service::folders(bench, file.state_dir.as_ref());
    let listen = file.listen.as_ref().map(|written| service::listen(bench, written));
    let public_url = file.public_url.as_ref().map(|written| public::url(bench, written));
    let smtp = file.smtp.take().and_then(|smtp| service::smtp(bench, smtp));
    let (folders, (way_out, from)) = (folders?, smtp?);
    Some(Service { folders, listen: listen.flatten(), public_url: public_url.flatten(), way_out, from })
}

/// Makes the hooks of a file ready that is nobody's, and so has no groups.
pub fn hooks(bench: &mut Bench<'_>, written: Vec<Chat>) -> Vec<Hook> {
    let groups = Groups::lower(bench, &[]);
    hook::hooks(bench, written, &groups)
}

/// Makes a person ready; every part is looked at. `stem` is the name of a file that is theirs alone; `shared` are the hooks
/// of the main file, where this is another.
pub fn person(bench: &mut Bench<'_>, mut file: Person, (stem, shared): (Option<&str>, &[Hook])) -> Lowered {
    let id = person::id(bench, file.me.as_ref(), stem);
    bench.almanac = holidays::almanac(bench, &file.holidays);
    let accounts = account::accounts(bench, std::mem::take(&mut file.accounts));
    let written_groups = std::mem::take(&mut file.groups);
    let groups = Groups::lower(bench, &written_groups);
    let hooks = hook::hooks(bench, std::mem::take(&mut file.chat), &groups);
    let ids = std::mem::take(&mut file.chat_ids);
    for Ids { ids, .. } in &ids {
        hook::ids(bench, "[chat_ids]: ", ids);
    }
    let heard = hook::heard(&hooks, shared, id.as_ref().map(|id| &id.value));
    let sources = Sources { accounts: &accounts, hooks: &heard };
    let desk = desk(bench, &mut file, (id.as_ref(), &sources, &groups));
    Lowered { desk, id, accounts: accounts.doors, claims: accounts.claims, hooks, ids }
}

/// Where a person's messages come from.
#[derive(Debug)]
struct Sources<'a> {
    accounts: &'a Accounts,
    hooks: &'a [&'a Hook],
}

fn desk(
    bench: &mut Bench<'_>,
    file: &mut Person,
    (id, sources, groups): (Option<&At<PersonName>>, &Sources<'_>, &Groups<'_>),
) -> Option<Desk> {
    let accounts = sources.accounts;
    let me = file.me.as_ref().and_then(|me| person::me(bench, me));
    let zone = file.timezone.as_ref().and_then(|zone| times::zone(bench, zone));
    let working = file.working_hours.as_ref().map(|range| times::working(bench, range));
    let quiet: Vec<_> = file.quiet.iter().map(|quiet| times::quiet(bench, quiet)).collect();
    unique::names(bench, "quiet", file.quiet.iter().map(|quiet| quiet.name.as_ref()));
    let hold = person::hold(bench, &file.hold);
    account::come_back(bench, accounts, me.as_ref().map(|me| me.addresses.as_slice()).unwrap_or_default());
    let my_address = me.as_ref().and_then(|me| me.addresses.first()).map(String::as_str);
    let around = digest::Around { groups, me: my_address, working: working.as_ref().and_then(Option::as_ref) };
    let digests = digest::digests(bench, &file.digests, &around);
    let around = Surroundings {
        groups,
        // What a hook brings is proven.
        trust: if accounts.trusts_somebody || !sources.hooks.is_empty() { Trust::Somebody } else { Trust::Nobody },
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
        almanac: std::mem::take(&mut bench.almanac),
        accounts: accounts.filing.clone(),
    };
    lint::warn(bench.faults, file, (&desk, sources.hooks));
    Some(desk)
}
