//! The hooks of all files together: each has a name of its own, a listener, and somebody for whom it is.

use std::collections::HashMap;

use super::fault::{Weight, meant};
use super::file::Given;
use super::file::chat::Ids;
use super::lower::hook::Hook;
use super::reader::{At, shortened};
use super::ready::Account;
use crate::model::name::PersonName;
use crate::receiver::settings::Reader;

/// Who is there.
#[derive(Debug)]
pub struct Everybody<'a> {
    /// Those whose name is right.
    pub people: Vec<Somebody<'a>>,
    /// The names of all files of people, be they right or wrong.
    pub stems: &'a [String],
    /// Whether the main file is somebody's, and names files of people.
    pub main: Main,
}

/// What the main file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Main {
    /// That of the one person there is.
    OnlyPerson,
    /// That of the first of several.
    FirstPerson,
    /// That of the service alone.
    Nobody,
}

/// A person.
#[derive(Debug)]
pub struct Somebody<'a> {
    /// The number of their file.
    pub file: usize,
    /// Their name.
    pub id: &'a PersonName,
    /// Their accounts.
    pub accounts: &'a [Account],
    /// `[chat_ids]`.
    pub ids: &'a [Ids],
}

/// What is wrong with a hook.
#[derive(Debug)]
pub struct Noted {
    /// In which file it stands, by its number.
    pub file: usize,
    /// At which byte.
    pub offset: usize,
    /// How much it matters.
    pub weight: Weight,
    /// What is wrong, up to where another place is named.
    pub text: String,
    /// That place: a file, and a byte of it.
    pub other: Option<(usize, usize)>,
    /// What to do.
    pub advice: String,
}

/// A hook with the number of its file.
pub type Numbered = (usize, Hook);

fn noted(file: usize, offset: usize, text: String, advice: impl Into<String>) -> Noted {
    Noted { file, offset, weight: Weight::Error, text, other: None, advice: advice.into() }
}

/// Notes what the listener lacks for these hooks, and which of them are called elsewhere than at its `public_url`.
pub fn listener(hooks: &[Numbered], given: Given, public_url: Option<&str>) -> Vec<Noted> {
    let mut all = Vec::new();
    if let Some((file, hook)) = hooks.first().filter(|_| !given.listen) {
        let text = format!("{}no request can come: the main file has no `listen`", hook.prefix);
        all.push(noted(*file, hook.offset, text, "write listen = \"127.0.0.1:8460\" at its top"));
    }
    for (file, hook) in hooks.iter().filter(|(_, hook)| hook.covers_address && !given.public_url) {
        let text =
            format!("{}its service signs the address that it calls, and the main file does not say it", hook.prefix);
        all.push(noted(*file, hook.offset, text, "write public_url = \"https://tidings.example.org\" at its top"));
    }
    let each = hooks.iter().filter_map(|(file, hook)| elsewhere(*file, hook, public_url?));
    all.extend(each);
    all
}

/// A hook whose service was told another address than ours. No error: a proxy may lead from there to here.
fn elsewhere(file: usize, hook: &Hook, public_url: &str) -> Option<Noted> {
    let (key, told) = hook.called_at.as_ref()?;
    let ours = format!("{public_url}/hook/{}", hook.name.as_ref()?.value);
    if told.value == ours {
        return None;
    }
    let text = format!("{}{key:?} is not the address of this hook, which is {ours:?} by `public_url`", hook.prefix);
    let advice = "write what the service was told, letter by letter, or mend `public_url`";
    Some(Noted { weight: Weight::Warning, ..noted(file, told.offset, text, advice) })
}

/// Gives each hook its readers, and notes names that are there twice and readers who are not there.
pub fn readers(hooks: &mut [Numbered], everybody: &Everybody<'_>) -> Vec<Noted> {
    let mut all = names(hooks);
    let readers: Vec<Vec<&Somebody<'_>>> =
        hooks.iter().map(|(file, hook)| readers_of(*file, hook, everybody, &mut all)).collect();
    for ((file, hook), readers) in hooks.iter().zip(&readers) {
        accounts(*file, hook, readers, &mut all);
        if let (Some(first), 2..) = (hook.me.first(), readers.len()) {
            let text = format!("{}\"me\" of a hook for several does not say whose ids these are", hook.prefix);
            let name = hook.name.as_ref().map_or("NAME", |name| name.value.as_str());
            all.push(noted(*file, first.offset, text, format!("write [chat_ids] {name} = [...] in the file of each")));
        }
    }
    for person in everybody.people.iter().filter(|person| !person.ids.is_empty()) {
        let heard = hooks.iter().zip(&readers).filter(|(_, readers)| is_among(person, readers));
        let names: Vec<&str> = heard.filter_map(|((_, hook), _)| Some(hook.name.as_ref()?.value.as_str())).collect();
        for Ids { hook, .. } in person.ids.iter().filter(|ids| !names.contains(&ids.hook.value.as_str())) {
            let text =
                format!("[chat_ids]: no hook of {:?} is called {:?}", person.id.as_str(), shortened(&hook.value));
            let advice =
                meant(&hook.value, names.iter().copied(), "write the name of a [[chat]] whose `for` names you");
            all.push(noted(person.file, hook.offset, text, advice));
        }
    }
    for ((file, hook), readers) in hooks.iter_mut().zip(&readers) {
        let (name, me) = (hook.name.as_ref(), values(&hook.me));
        let reader = |person: &&Somebody<'_>| {
            let own = person.ids.iter().filter(|ids| name.is_some_and(|name| name.value.as_str() == ids.hook.value));
            let mut me = me.clone();
            own.flat_map(|ids| values(&ids.ids)).for_each(|id| {
                if !me.contains(&id) {
                    me.push(id);
                }
            });
            Reader { person: person.id.clone(), me }
        };
        if let Some(settings) = &mut hook.settings {
            settings.readers = readers.iter().map(reader).collect();
            all.extend(unmentioned(*file, hook));
        }
    }
    all
}

/// Warns of readers whom no message can mention. Who writes me = [] wants that.
fn unmentioned(file: usize, hook: &Hook) -> Vec<Noted> {
    let Some(settings) = hook.settings.as_ref().filter(|_| hook.names_people && !hook.me_given) else {
        return Vec::new();
    };
    let unnamed = settings.readers.iter().filter(|reader| reader.me.is_empty());
    unnamed
        .map(|reader| {
            let (prefix, person, name) = (&hook.prefix, reader.person.as_str(), settings.name.as_str());
            let text =
                format!("{prefix}nothing says how {person:?} is mentioned there, so that no mention of them counts");
            let advice = match settings.readers.len() {
                1 => "write me = [...], their ids and names there".to_owned(),
                _ => format!("write [chat_ids] {name} = [...] in their file"),
            };
            Noted { weight: Weight::Warning, ..noted(file, hook.offset, text, advice) }
        })
        .collect()
}

fn values(written: &[At<String>]) -> Vec<String> {
    written.iter().map(|text| text.value.clone()).collect()
}

fn is_among(person: &Somebody<'_>, readers: &[&Somebody<'_>]) -> bool {
    readers.iter().any(|reader| reader.id == person.id)
}

/// Each hook has a name of its own. Case does not count: `source` does not regard it.
fn names(hooks: &[Numbered]) -> Vec<Noted> {
    let mut seen: HashMap<String, (usize, usize)> = HashMap::new();
    let mut all = Vec::new();
    for (file, hook) in hooks {
        let Some(name) = &hook.name else { continue };
        let folded = name.value.as_str().to_lowercase();
        match seen.get(&folded) {
            Some(first) => all.push(Noted {
                file: *file,
                offset: name.offset,
                weight: Weight::Error,
                text: format!("chat {:?} has the name of an earlier one", name.value.as_str()),
                other: Some(*first),
                advice: "give each a name of its own".to_owned(),
            }),
            None => drop(seen.insert(folded, (*file, name.offset))),
        }
    }
    all
}

/// A hook and an account of one person have two names: `source` names both.
fn accounts(file: usize, hook: &Hook, readers: &[&Somebody<'_>], all: &mut Vec<Noted>) {
    let Some(name) = &hook.name else { return };
    let is_same = |account: &Account| account.name.as_str().eq_ignore_ascii_case(name.value.as_str());
    for person in readers.iter().filter(|person| person.accounts.iter().any(is_same)) {
        let text = format!(
            "{}an account of {:?} has the same name, and `source` in a rule means either",
            hook.prefix,
            person.id.as_str()
        );
        all.push(noted(file, name.offset, text, "give the hook another"));
    }
}

/// For whom a hook is.
fn readers_of<'e, 'a>(
    file: usize,
    hook: &Hook,
    everybody: &'e Everybody<'a>,
    all: &mut Vec<Noted>,
) -> Vec<&'e Somebody<'a>> {
    let owner = || everybody.people.iter().filter(|person| person.file == file).collect();
    let prefix = &hook.prefix;
    match (hook.readers_at, everybody.main) {
        (Some(place), _) if file != 0 => {
            let text = format!("{prefix}\"for\" stands in a person's own file, whose hooks are for them alone");
            all.push(noted(file, place, text, "remove it, or write the [[chat]] in the main file"));
            owner()
        }
        (Some(place), Main::OnlyPerson) => {
            let text = format!("{prefix}\"for\" has no meaning where there is one person, for whom every hook is");
            all.push(noted(file, place, text, "remove it, or write `people` and a file for each other person"));
            owner()
        }
        (None, Main::Nobody) if file == 0 => {
            let text = format!("{prefix}\"for\" is missing, and the file is nobody's");
            let example = everybody.stems.first().map_or("ada", String::as_str);
            all.push(noted(file, hook.offset, text, format!("write for = [{example:?}], or who else it is for")));
            Vec::new()
        }
        (None, _) => owner(),
        (Some(_), _) => named(file, hook, everybody, all),
    }
}

fn named<'e, 'a>(
    file: usize,
    hook: &Hook,
    everybody: &'e Everybody<'a>,
    all: &mut Vec<Noted>,
) -> Vec<&'e Somebody<'a>> {
    let mut found: Vec<&Somebody<'_>> = Vec::new();
    for written in hook.readers.iter().flatten() {
        let name = written.value.as_str();
        match everybody.people.iter().find(|person| person.id.as_str() == name) {
            Some(person) if is_among(person, &found) => {
                let text = format!("{}{name:?} stands in \"for\" twice", hook.prefix);
                all.push(noted(file, written.offset, text, "remove one"));
            }
            Some(person) => found.push(person),
            // What is wrong with their file is noted there.
            None if everybody.stems.iter().any(|stem| stem == name) => {}
            None => {
                let text = format!("{}\"for\" names nobody: there is no person {:?}", hook.prefix, shortened(name));
                let names = everybody.people.iter().map(|person| person.id.as_str());
                let advice = meant(name, names, "write the name of a file of `people` without .toml");
                all.push(noted(file, written.offset, text, advice));
            }
        }
    }
    found
}
