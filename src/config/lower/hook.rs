//! `[[chat]]`: hooks, as far as their own file tells.

use std::collections::BTreeMap;

use super::bench::Bench;
use super::groups::Groups;
use super::secret;
use super::setting::{self, Own};
use crate::chat::kind::Kind;
use crate::chat::proof::{Origin, Proof};
use crate::chat::reference::Api;
use crate::chat::registry;
use crate::chat::setting::Wrong;
use crate::config::file::chat::Chat as Written;
use crate::config::reader::{At, shortened};
use crate::config::ready::Proves;
use crate::model::name::{HookName, PersonName};
use crate::pattern::{Field, Pattern};
use crate::receiver::settings::HookSettings;
use crate::secret::SecretSource;

/// A hook of a file. For whom it is, all files together say.
#[derive(Clone, Debug)]
pub struct Hook {
    /// What begins each message about it.
    pub prefix: String,
    /// Where it begins.
    pub offset: usize,
    /// Its name, be the rest right or wrong.
    pub name: Option<At<HookName>>,
    /// `for`; `None`: left out, or wrong.
    pub readers: Option<Vec<At<String>>>,
    /// Where `for` stands, be it right or wrong.
    pub readers_at: Option<usize>,
    /// `me`, and where the first of it stands.
    pub me: Vec<At<String>>,
    /// Whether `me` stands there, be it empty, or right or wrong.
    pub me_given: bool,
    /// Whether its service signs the address that it calls.
    pub covers_address: bool,
    /// The address under which its service was told to call it, the key that says so, and where it stands.
    pub called_at: Option<(&'static str, At<String>)>,
    /// Whether its messages name people by marks.
    pub names_people: bool,
    /// The hook without readers; `None`: an error is noted.
    pub settings: Option<HookSettings>,
}

/// All hooks of a file.
pub fn hooks(bench: &mut Bench<'_>, written: Vec<Written>, groups: &Groups<'_>) -> Vec<Hook> {
    written.into_iter().map(|written| hook(bench, written, groups)).collect()
}

/// Those of them that a person hears: of a file that is theirs, and of one that is for all.
pub fn heard<'h>(own: &'h [Hook], shared: &'h [Hook], person: Option<&PersonName>) -> Vec<&'h Hook> {
    let is_for = |hook: &&Hook| {
        let mut names = hook.readers.iter().flatten().map(|name| name.value.as_str());
        person.is_some_and(|person| names.any(|name| name == person.as_str()))
    };
    let own = own.iter().filter(|hook| hook.readers_at.is_none() || is_for(hook));
    own.chain(shared.iter().filter(is_for)).collect()
}

fn hook(bench: &mut Bench<'_>, mut written: Written, groups: &Groups<'_>) -> Hook {
    let prefix = written.prefix.clone();
    let name = written.name.as_ref().and_then(|name| self::name(bench, &prefix, name));
    let me_given = written.me.is_some();
    let (readers, me) = (written.readers.take(), written.me.take().unwrap_or_default());
    let mut hook = Hook {
        prefix,
        offset: written.offset,
        name,
        readers,
        readers_at: written.readers_at,
        me,
        me_given,
        covers_address: false,
        called_at: None,
        names_people: false,
        settings: None,
    };
    let me_is_right = ids(bench, &hook.prefix, &hook.me);
    let channels = channels(bench, &written, groups);
    let names = names(bench, &written);
    let token_at = written.token.as_ref().map(|token| token.offset);
    let token = written.token.take().map(|token| {
        let prefix = format!("{}\"token\": ", hook.prefix);
        secret::source(bench, &prefix, token)
    });
    let Some(kind) = written.kind else { return hook };
    let Some(own) = own(bench, (kind, hook.name.as_ref()), &mut written) else { return hook };
    let is_asked = asks(bench, (kind, &hook), (token_at, &own));
    // What is fetched names people, whatever its references do.
    hook.names_people = registry::service(kind).names_people(&own.settings) || is_asked;
    hook.called_at = registry::service(kind)
        .called_at(&own.settings)
        .map(|(key, url)| (key, At::new(own.places.get(key).copied().unwrap_or(hook.offset), url.to_owned())));
    hook.covers_address = registry::service(kind).covers_address(&own.settings);
    let secrets = secrets(bench, (kind, registry::service(kind).proof(&own.settings)), written);
    hook.settings =
        settings((kind, hook.name.as_ref(), own), (secrets, token, channels, names)).filter(|_| me_is_right);
    hook
}

/// Whether its service is asked for texts; notes a `token` that is of no use or does not know where, and an `api` that
/// nobody asks.
fn asks(bench: &mut Bench<'_>, (kind, hook): (Kind, &Hook), (token_at, own): (Option<usize>, &Own)) -> bool {
    let (prefix, named) = (&hook.prefix, own.places.get("api"));
    let Some(place) = token_at else {
        if let Some(place) = named {
            let text = format!("{prefix}\"api\" is asked for nothing without \"token\"; write that too, or remove it");
            bench.faults.warn(*place, text);
        }
        return false;
    };
    match (registry::service(kind).api(), named) {
        (None, _) => {
            let text = format!("{prefix}\"token\" fetches nothing: {} sends its texts itself; remove it", kind.name());
            bench.faults.warn(place, text);
            false
        }
        (Some(Api::OfSite), None) => {
            let text = format!(
                "{prefix}\"token\" does not say which site is to be asked; write api = \"https://...\", its address"
            );
            bench.faults.error(place, text);
            false
        }
        (Some(_), _) => true,
    }
}

type Read =
    (Option<Vec<SecretSource>>, Option<Option<SecretSource>>, Option<Vec<Pattern>>, Option<BTreeMap<String, String>>);

fn settings(
    (kind, name, own): (Kind, Option<&At<HookName>>, Own),
    (secrets, token, channels, names): Read,
) -> Option<HookSettings> {
    Some(HookSettings {
        name: name?.value.clone(),
        kind,
        secrets: secrets?,
        token: token.map_or(Some(None), |token| token.map(Some))?,
        channels: channels?,
        names: names?,
        settings: own.settings,
        secret_settings: own.secrets,
        readers: Vec::new(),
    })
}

/// A name that can be typed, and that stands in an address as it is: the unreserved characters of RFC 3986 section 2.3.
fn name(bench: &mut Bench<'_>, prefix: &str, written: &At<String>) -> Option<At<HookName>> {
    let name = bench.name(prefix, written)?;
    let unreserved = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
    if name.chars().all(unreserved) && name.chars().any(|c| c != '.') {
        return Some(At::new(written.offset, HookName::new(name)));
    }
    let shown = shortened(&name);
    let text = format!(
        "{prefix}the name {shown:?} cannot stand in an address as it is; write letters of a to z, digits, \"-\", \"_\" and \".\" alone"
    );
    bench.faults.error(written.offset, text);
    None
}

/// Ids and names of a person. An at sign is the mark before a name; in an id of Matrix it is part of it.
pub fn ids(bench: &mut Bench<'_>, prefix: &str, written: &[At<String>]) -> bool {
    let mut whole = true;
    for id in written {
        let text = id.value.as_str();
        let fault = if text.trim().is_empty() {
            "is empty; write an id or a name as the service sends it"
        } else if text.trim() != text || text.chars().any(char::is_control) {
            "has spaces around it or is more than a line; write it without"
        } else if text.starts_with('@') && !text.contains(':') {
            "begins with the mark of a mention; write it without @"
        } else {
            continue;
        };
        bench.faults.error(id.offset, format!("{prefix}the id {:?} {fault}", shortened(text)));
        whole = false;
    }
    whole
}

fn channels(bench: &mut Bench<'_>, written: &Written, groups: &Groups<'_>) -> Option<Vec<Pattern>> {
    let Some(texts) = &written.channels else { return Some(Vec::new()) };
    groups.patterns(bench, &written.prefix, (texts, Field::Value))
}

fn names(bench: &mut Bench<'_>, written: &Written) -> Option<BTreeMap<String, String>> {
    let mut names = BTreeMap::new();
    for (id, name) in &written.names {
        if let Some(name) = bench.name(&format!("{}\"names\": ", written.prefix), name) {
            names.insert(id.value.clone(), name);
        }
    }
    (names.len() == written.names.len()).then_some(names)
}

/// The keys of its kind; `None`: one is wrong and noted.
fn own(bench: &mut Bench<'_>, (kind, name): (Kind, Option<&At<HookName>>), written: &mut Written) -> Option<Own> {
    let prefix = written.prefix.as_str();
    let own = setting::own(bench, prefix, (kind, std::mem::take(&mut written.own)))?;
    let name = name.map_or("", |name| name.value.as_str());
    let wrong = registry::service(kind).wrong(Some(name).filter(|_| written.secret_at.is_none()), &own.settings);
    for Wrong { key, text } in &wrong {
        // What is missing is told where the table begins in which it is.
        let mut path = key.as_str();
        let place = loop {
            match (own.places.get(path), path.rsplit_once('.')) {
                (Some(place), _) => break *place,
                (None, Some((around, _))) => path = around,
                (None, None) => break written.offset,
            }
        };
        bench.faults.error(place, format!("{prefix}{key:?} {text}"));
    }
    wrong.is_empty().then_some(own)
}

fn secrets(bench: &mut Bench<'_>, (kind, proof): (Kind, Proof), written: Written) -> Option<Vec<SecretSource>> {
    let prefix = written.prefix.as_str();
    match (proof, written.secret_at) {
        (Proof::Other(what), Some(place)) => {
            let text = format!("{prefix}\"secret\" would prove nothing: requests are proven by {what}; remove it");
            bench.faults.error(place, text);
            None
        }
        (Proof::Secret(_), None) => {
            let text = format!(
                "{prefix}\"secret\" is missing, and nothing else proves a request; write secret = {{ credential = \"NAME\" }} or another form of a secret"
            );
            bench.faults.error(written.offset, text);
            None
        }
        (Proof::Other(_) | Proof::Handshake | Proof::Address, None) => Some(Vec::new()),
        (Proof::Secret(_) | Proof::Handshake | Proof::Address, Some(_)) => {
            let origin = match proof {
                Proof::Secret(origin) => origin,
                Proof::Address => Origin::Address,
                Proof::Handshake | Proof::Other(_) => Origin::Service,
            };
            let proves = Proves { kind, origin };
            let sources = written.secrets?.into_iter().map(|secret| secret::of_hook(bench, prefix, secret, proves));
            sources.collect::<Vec<_>>().into_iter().collect()
        }
    }
}
