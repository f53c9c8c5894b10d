//! `[[chat]]` as it is written: a hook, and what its kind wants to know.

use std::collections::BTreeMap;

use super::secret;
use super::setting;
use crate::chat::kind::{KINDS, Kind};
use crate::chat::registry;
use crate::config::fault::{Faults, meant};
use crate::config::reader::{At, Reader, Section, shortened};

/// `[[chat]]`.
#[derive(Debug)]
pub struct Chat {
    /// What begins each message about it.
    pub prefix: String,
    /// Where it begins.
    pub offset: usize,
    /// `name`.
    pub name: Option<At<String>>,
    /// `kind`.
    pub kind: Option<Kind>,
    /// `secret`, one or two.
    pub secrets: Option<Vec<At<secret::Written>>>,
    /// Where `secret` stands, be it right or wrong.
    pub secret_at: Option<usize>,
    /// `me`.
    pub me: Option<Vec<At<String>>>,
    /// `channels`, at least one.
    pub channels: Option<Vec<At<String>>>,
    /// `token`.
    pub token: Option<At<secret::Written>>,
    /// `names`: each id and its name.
    pub names: Vec<(At<String>, At<String>)>,
    /// `for`, at least one.
    pub readers: Option<Vec<At<String>>>,
    /// Where `for` stands, be it right or wrong.
    pub readers_at: Option<usize>,
    /// The keys of its kind.
    pub own: BTreeMap<&'static str, setting::Written>,
}

/// One line of `[chat_ids]`.
#[derive(Debug)]
pub struct Ids {
    /// The hook.
    pub hook: At<String>,
    /// By what its service mentions the person.
    pub ids: Vec<At<String>>,
}

/// Reads one `[[chat]]`.
pub fn read(section: Section<'_, '_>, index: usize, faults: &mut Faults) -> Chat {
    let mut reader = Reader::named(section, ("chat", index), faults);
    let name = reader.need_text("name", "name = \"team\", which makes its address /hook/team");
    let written = reader.need_text("kind", "kind = \"slack\" or that of another service");
    let kind = written.as_ref().and_then(|written| kind(&mut reader, written));
    let place = |reader: &mut Reader<'_, '_, '_>, key| reader.value(key).map(|_| reader.key_offset(key));
    let chat = Chat {
        prefix: reader.prefix(),
        offset: section.offset,
        name,
        kind,
        secrets: secret::read_some(&mut reader, "secret"),
        secret_at: place(&mut reader, "secret"),
        me: reader.texts("me"),
        channels: reader.some_texts("channels"),
        token: secret::read(&mut reader, "token"),
        names: names(&mut reader),
        readers: reader.some_texts("for"),
        readers_at: place(&mut reader, "for"),
        own: kind.map(|kind| setting::read(&mut reader, registry::service(kind).keys())).unwrap_or_default(),
    };
    // Which other keys there may be, its kind says.
    if let Some(kind) = kind {
        reader.done_of(&format!("a hook of kind {:?}", kind.name()));
    }
    chat
}

fn kind(reader: &mut Reader<'_, '_, '_>, written: &At<String>) -> Option<Kind> {
    let kind = Kind::named(&written.value);
    if kind.is_none() {
        let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
        let advice = meant(&written.value, names.iter().copied(), format!("write one of {}", names.join(", ")));
        reader.error(written.offset, format!("there is no kind {:?}; {advice}", shortened(&written.value)));
    }
    kind
}

/// `names`, whose keys are ids of the service's own.
fn names(reader: &mut Reader<'_, '_, '_>) -> Vec<(At<String>, At<String>)> {
    let Some(value) = reader.value("names") else { return Vec::new() };
    let Some(table) = value.value.as_table() else {
        reader.complain("names", &value, "a table, { U024BE7LH = \"Ada\" }");
        return Vec::new();
    };
    let mut names = Vec::new();
    for (id, name) in table.iter() {
        let entry = At::new(name.span().start, name.get_ref());
        match entry.value.as_str() {
            Some(name) => {
                names.push((At::new(id.span().start, id.get_ref().to_string()), At::new(entry.offset, name.to_owned())))
            }
            None => reader.complain(&format!("names.{}", shortened(id.get_ref())), &entry, "a string in quotes"),
        }
    }
    names
}

/// Reads `[chat_ids]`, whose keys are names of hooks.
pub fn read_ids(section: Section<'_, '_>, faults: &mut Faults) -> Vec<Ids> {
    let mut reader = Reader::new(section, "[chat_ids]", faults);
    let mut all = Vec::new();
    for (key, value) in section.table.iter() {
        let hook = At::new(key.span().start, key.get_ref().to_string());
        let value = At::new(value.span().start, value.get_ref());
        if let Some(ids) = reader.texts_of(&shortened(&hook.value), &value) {
            all.push(Ids { hook, ids });
        }
    }
    all.sort_by_key(|ids| ids.hook.offset);
    all
}
