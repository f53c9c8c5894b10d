//! What stands at the keys that the kind of a hook has beside those of every hook.

use std::collections::BTreeMap;

use toml::de::DeValue;

use super::range::A_TIME;
use super::secret;
use crate::chat::setting::{Key, Need, Setting, Settings, Shape};
use crate::config::fault::alternatives;
use crate::config::reader::{At, Reader, Section, Value, shortened};
use crate::limits;

/// What stands at one key.
#[derive(Debug)]
pub enum Written {
    /// A text: itself, a word, a path or a time.
    Text(At<String>),
    /// Texts, at least one.
    List(Vec<At<String>>),
    /// Secrets, at least one.
    Secrets(Vec<At<secret::Written>>),
    /// A table.
    Table(Table),
}

/// A table, of which its kind alone knows what may stand in it.
#[derive(Debug, Default)]
pub struct Table {
    /// What stands there; numbers and truths as texts.
    pub settings: Settings,
    /// Where each key stands, the keys of the tables around it before it: `mapping.urgency.pointer`.
    pub places: BTreeMap<String, usize>,
}

/// Reads the keys of a kind. What must be there and is not is noted.
pub fn read(reader: &mut Reader<'_, '_, '_>, keys: &'static [Key]) -> BTreeMap<&'static str, Written> {
    keys.iter().filter_map(|key| Some((key.name, read_one(reader, key)?))).collect()
}

fn read_one(reader: &mut Reader<'_, '_, '_>, key: &'static Key) -> Option<Written> {
    let name = key.name;
    let Some(value) = reader.value(name) else {
        if key.need == Need::Must {
            let offset = reader.offset();
            reader.error(offset, format!("{name:?} is missing; write {}", told(key)));
        }
        return None;
    };
    match key.shape {
        Shape::Text => reader.text(name).map(Written::Text),
        Shape::Url => {
            reader.text_such_as(name, "an address in quotes, such as \"https://api.example.org\"").map(Written::Text)
        }
        Shape::Word(words) => reader.text_such_as(name, &alternatives(words)).map(Written::Text),
        Shape::File | Shape::SecretFile => reader.text_such_as(name, "the path of a file in quotes").map(Written::Text),
        Shape::Time => reader.text_such_as(name, A_TIME).map(Written::Text),
        Shape::List => reader.some_texts(name).map(Written::List),
        Shape::Secret => secret::read(reader, name).map(|secret| Written::Secrets(vec![secret])),
        Shape::Secrets => secret::read_some(reader, name).map(Written::Secrets),
        Shape::WordOrTable(_) if value.value.is_str() => reader.text(name).map(Written::Text),
        Shape::Table => whole(reader, name, (&value, "a table, { ... }")),
        Shape::WordOrTable(words) => {
            whole(reader, name, (&value, &format!("{}, or a table, {{ ... }}", alternatives(words))))
        }
    }
}

/// What a key is, as the end of a sentence.
fn told(key: &Key) -> String {
    let mut rest = key.about.trim_end_matches('.').chars();
    rest.next().map(|first| first.to_lowercase().chain(rest).collect()).unwrap_or_default()
}

fn whole<'t, 'i>(
    reader: &mut Reader<'t, 'i, '_>,
    name: &'static str,
    (value, wanted): (&Value<'t, 'i>, &str),
) -> Option<Written> {
    let Some(table) = value.value.as_table() else { return reader.wrong(name, value, wanted) };
    let mut places = BTreeMap::from([(name.to_owned(), value.offset)]);
    let section = Section { table, offset: value.offset };
    let settings = inside(reader, (section, name, 1), &mut places)?;
    Some(Written::Table(Table { settings, places }))
}

/// The keys of a table; `None` when a value can be nothing that a kind wants.
fn inside<'t, 'i>(
    reader: &mut Reader<'t, 'i, '_>,
    (section, path, depth): (Section<'t, 'i>, &str, usize),
    places: &mut BTreeMap<String, usize>,
) -> Option<Settings> {
    let (mut settings, mut whole) = (Settings::default(), true);
    for (key, value) in section.table.iter() {
        let path = format!("{path}.{}", key.get_ref());
        let value = At::new(value.span().start, value.get_ref());
        places.insert(path.clone(), value.offset);
        let setting = match value.value {
            DeValue::String(text) => Some(Setting::Text(text.to_string())),
            DeValue::Boolean(truth) => Some(Setting::Text(truth.to_string())),
            DeValue::Integer(_) | DeValue::Float(_) => {
                reader.decimal_of(&path, &value).map(|number| Setting::Text(number.value))
            }
            DeValue::Array(_) => reader
                .texts_of(&shortened(&path), &value)
                .map(|texts| Setting::List(texts.into_iter().map(|text| text.value).collect())),
            DeValue::Table(table) if depth < limits::front::CONFIG_HOOK_NESTING => {
                let section = Section { table, offset: value.offset };
                inside(reader, (section, &path, depth.saturating_add(1)), places).map(Setting::Table)
            }
            DeValue::Table(_) | DeValue::Datetime(_) => {
                reader.wrong(&shortened(&path), &value, "a string in quotes, or a list of them")
            }
        };
        match setting {
            Some(setting) => drop(settings.0.insert(key.get_ref().to_string(), setting)),
            None => whole = false,
        }
    }
    whole.then_some(settings)
}
