//! Reads a table key by key, notes every fault with its place, and knows in the end which keys nobody asked for.

use toml::de::{DeArray, DeTable, DeValue};

use super::fault::{self, Faults};
use crate::limits;

/// A value and the byte offset at which it stands. Two are equal when their values are, wherever they stand.
#[derive(Clone, Debug)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Its byte offset in the file.
    pub offset: usize,
}

impl<T> At<T> {
    /// A value that stands at this offset.
    pub fn new(offset: usize, value: T) -> Self {
        Self { value, offset }
    }
}

impl<T: PartialEq> PartialEq for At<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// A table with the offset of its header, and of what it is called in messages.
#[derive(Clone, Copy, Debug)]
pub struct Section<'t, 'i> {
    /// Its keys.
    pub table: &'t DeTable<'i>,
    /// Where it begins.
    pub offset: usize,
}

/// One value of a table with its offset.
pub type Value<'t, 'i> = At<&'t DeValue<'i>>;

/// Keys that stand at the top of the file, before the first table; for those who wrote them below one.
const TOP: [&str; 8] =
    ["state_dir", "timezone", "working_hours", "listen", "public_url", "people", "holidays", "groups"];

/// Reads one table. Each key that is asked for is known; `done` complains of all others.
#[derive(Debug)]
pub struct Reader<'t, 'i, 'f> {
    section: Section<'t, 'i>,
    label: String,
    known: Vec<&'static str>,
    /// Where faults go.
    pub faults: &'f mut Faults,
}

impl<'t, 'i, 'f> Reader<'t, 'i, 'f> {
    /// A reader of this table; `label` (`[smtp]`, `digest "evening"`, or nothing for the file itself) begins each message.
    pub fn new(section: Section<'t, 'i>, label: impl Into<String>, faults: &'f mut Faults) -> Self {
        Self { section, label: label.into(), known: Vec::new(), faults }
    }

    /// A reader of one of several tables of a kind, labelled by its name: `account "work"`, or `account 2` without one.
    pub fn named(section: Section<'t, 'i>, (kind, index): (&str, usize), faults: &'f mut Faults) -> Self {
        let label = match section.table.get("name").and_then(|name| name.get_ref().as_str()) {
            Some(name) => format!("{kind} {:?}", shortened(name)),
            None => format!("{kind} {}", index.saturating_add(1)),
        };
        Self::new(section, label, faults)
    }

    /// What begins each message: the label and a colon, or nothing.
    pub fn prefix(&self) -> String {
        if self.label.is_empty() { String::new() } else { format!("{}: ", self.label) }
    }

    /// Where the table begins.
    pub fn offset(&self) -> usize {
        self.section.offset
    }

    /// Notes an error of this table.
    pub fn error(&mut self, offset: usize, text: impl AsRef<str>) {
        let text = format!("{}{}", self.prefix(), text.as_ref());
        self.faults.error(offset, text);
    }

    /// The value of a key, whatever it is.
    pub fn value(&mut self, key: &'static str) -> Option<Value<'t, 'i>> {
        self.known.push(key);
        let value = self.section.table.get(key)?;
        Some(At::new(value.span().start, value.get_ref()))
    }

    /// Where a key itself stands.
    pub fn key_offset(&self, key: &str) -> usize {
        self.section.table.get_key_value(key).map_or(self.section.offset, |(key, _)| key.span().start)
    }

    /// A string.
    pub fn text(&mut self, key: &'static str) -> Option<At<String>> {
        self.text_such_as(key, "a string in quotes")
    }

    /// A string; `wanted` says what one should be written where there is none.
    pub fn text_such_as(&mut self, key: &'static str, wanted: &str) -> Option<At<String>> {
        let value = self.value(key)?;
        match value.value.as_str() {
            Some(text) => Some(At::new(value.offset, text.to_owned())),
            None => self.wrong(key, &value, wanted),
        }
    }

    /// A string that must be there; `example` says what to write.
    pub fn need_text(&mut self, key: &'static str, example: &str) -> Option<At<String>> {
        self.require(key, example);
        self.text(key)
    }

    /// Complains when a key is missing.
    pub fn require(&mut self, key: &'static str, example: &str) {
        self.known.push(key);
        if !self.section.table.contains_key(key) {
            let offset = self.section.offset;
            self.error(offset, format!("{key:?} is missing; write {example}"));
        }
    }

    /// A whole number.
    pub fn number(&mut self, key: &'static str) -> Option<At<i64>> {
        let value = self.value(key)?;
        let Some(number) = value.value.as_integer() else {
            return self.wrong(key, &value, "a whole number without quotes");
        };
        match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Some(At::new(value.offset, number)),
            Err(_) => {
                self.error(value.offset, format!("{key:?} is too large; write a smaller number"));
                None
            }
        }
    }

    /// A number with or without a fraction, as it stands there but for `_` between digits: `3`, `-1.5`, also `1e3`, `inf`.
    pub fn decimal(&mut self, key: &'static str) -> Option<At<String>> {
        let value = self.value(key)?;
        self.decimal_of(key, &value)
    }

    /// The number that a value holds, as [`Reader::decimal`] gives it.
    pub fn decimal_of(&mut self, key: &str, value: &Value<'t, 'i>) -> Option<At<String>> {
        match value.value {
            DeValue::Float(number) => Some(At::new(value.offset, number.as_str().to_owned())),
            DeValue::Integer(number) => {
                // What does not fit is too large for anything that is asked for; its digits say so.
                let decimal = i64::from_str_radix(number.as_str(), number.radix()).map(|number| number.to_string());
                Some(At::new(value.offset, decimal.unwrap_or_else(|_| number.as_str().to_owned())))
            }
            _ => self.wrong(&shortened(key), value, "a number without quotes, such as 2.5"),
        }
    }

    /// `true` or `false`.
    pub fn truth(&mut self, key: &'static str) -> Option<At<bool>> {
        let value = self.value(key)?;
        match value.value.as_bool() {
            Some(truth) => Some(At::new(value.offset, truth)),
            None => self.wrong(key, &value, "true or false without quotes"),
        }
    }

    /// A string or a list of strings; `Some` of an empty list where that stands there.
    pub fn texts(&mut self, key: &'static str) -> Option<Vec<At<String>>> {
        let value = self.value(key)?;
        self.texts_of(key, &value)
    }

    /// A string or a list of strings that must hold at least one.
    pub fn some_texts(&mut self, key: &'static str) -> Option<Vec<At<String>>> {
        let offset = self.key_offset(key);
        let texts = self.texts(key)?;
        if texts.is_empty() {
            self.error(offset, format!("{key:?} is an empty list; name at least one, or remove it"));
            return None;
        }
        Some(texts)
    }

    /// What a value holds as a string or a list of strings. Values of a wrong type are noted and left out.
    pub fn texts_of(&mut self, key: &str, value: &Value<'t, 'i>) -> Option<Vec<At<String>>> {
        if let Some(text) = value.value.as_str() {
            return Some(vec![At::new(value.offset, text.to_owned())]);
        }
        let Some(list) = value.value.as_array() else {
            return self.wrong(key, value, "a string in quotes, or a list of them");
        };
        let mut texts = Vec::new();
        for entry in list.iter() {
            let entry = At::new(entry.span().start, entry.get_ref());
            match entry.value.as_str() {
                Some(text) => texts.push(At::new(entry.offset, text.to_owned())),
                None => self.complain(key, &entry, "only strings in this list"),
            }
        }
        // An empty list is one that was written so.
        (list.is_empty() || !texts.is_empty()).then_some(texts)
    }

    /// A table.
    pub fn section(&mut self, key: &'static str) -> Option<Section<'t, 'i>> {
        let value = self.value(key)?;
        match value.value {
            DeValue::Table(table) => Some(Section { table, offset: value.offset }),
            DeValue::Array(list) if list.iter().all(|entry| entry.get_ref().is_table()) => {
                self.error(value.offset, format!("there is only one [{key}]; write [{key}] once, in single brackets"));
                None
            }
            _ => self.wrong(key, &value, &format!("a table, [{key}]")),
        }
    }

    /// Tables of a kind, `[[key]]`; at most `limits::front::CONFIG_TABLES`.
    pub fn sections(&mut self, key: &'static str) -> Vec<Section<'t, 'i>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let sections = value.value.as_array().and_then(tables);
        match sections {
            Some(sections) if sections.len() > limits::front::CONFIG_TABLES => {
                let most = limits::front::CONFIG_TABLES;
                let count = sections.len();
                self.error(value.offset, format!("there are {count} [[{key}]]; write at most {most}"));
                Vec::new()
            }
            Some(sections) => sections,
            None if value.value.is_table() => {
                self.error(value.offset, format!("[{key}] stands in single brackets; write [[{key}]] for each one"));
                Vec::new()
            }
            None => {
                self.complain(key, &value, &format!("tables, [[{key}]]"));
                Vec::new()
            }
        }
    }

    /// Notes keys that stand in the wrong file; says where they belong.
    pub fn refuse_elsewhere(&mut self, keys: &[&'static str], where_to: &str) {
        for key in keys {
            if self.value(key).is_some() {
                let offset = self.key_offset(key);
                self.error(offset, format!("{key:?} {where_to}"));
            }
        }
    }

    /// Notes keys that have no meaning beside another.
    pub fn refuse_beside(&mut self, keys: &[&'static str], other: &str) {
        for key in keys {
            if self.value(key).is_some() {
                let offset = self.key_offset(key);
                self.error(offset, format!("{key:?} has no meaning beside {other:?}; remove one of the two"));
            }
        }
    }

    /// Notes a value of a wrong type; says what is wanted.
    pub fn complain(&mut self, key: &str, value: &Value<'_, '_>, wanted: &str) {
        let found = type_name(value.value);
        self.error(value.offset, format!("{key:?} holds {found}; write {wanted}"));
    }

    /// Notes a value of a wrong type, where another was to be returned. Always `None`.
    pub fn wrong<T>(&mut self, key: &str, value: &Value<'_, '_>, wanted: &str) -> Option<T> {
        self.complain(key, value, wanted);
        None
    }

    /// Notes every key that nobody asked for.
    pub fn done(self) {
        let known = self.known();
        let advice = match known.len() {
            1..=limits::front::CONFIG_KEYS_SHOWN => format!("write {}, or remove it", fault::alternatives(&known)),
            _ => "remove it".to_owned(),
        };
        self.unknown(&advice);
    }

    /// The same where `what`, whose keys others of its kind do not have, says in full what it takes.
    pub fn done_of(self, what: &str) {
        let advice = format!("{what} takes {}", fault::alternatives(&self.known()).replace(" or ", " and "));
        self.unknown(&advice);
    }

    fn unknown(mut self, otherwise: &str) {
        let table = self.section.table;
        for (key, _) in table.iter() {
            let (name, offset) = (key.get_ref().as_ref(), key.span().start);
            if !self.known.contains(&name) {
                let advice = match fault::nearest(name, self.known.iter().copied()) {
                    Some(near) => format!("did you mean {near:?}?"),
                    None if !self.label.is_empty() && TOP.contains(&name) => {
                        "write it at the top of the file, before the first [table]".to_owned()
                    }
                    None => otherwise.to_owned(),
                };
                self.error(offset, format!("unknown key {:?}; {advice}", shortened(name)));
            }
        }
    }

    fn known(&self) -> Vec<&'static str> {
        let mut known = self.known.clone();
        known.sort_unstable();
        known.dedup();
        known
    }
}

fn tables<'t, 'i>(list: &'t DeArray<'i>) -> Option<Vec<Section<'t, 'i>>> {
    list.iter()
        .map(|entry| {
            let table = entry.get_ref().as_table()?;
            Some(Section { table, offset: entry.span().start })
        })
        .collect()
}

/// The tables of a value: one, or a list of them; `None` where anything else stands.
pub fn tables_of<'t, 'i>(value: &Value<'t, 'i>) -> Option<Vec<Section<'t, 'i>>> {
    match value.value {
        DeValue::Table(table) => Some(vec![Section { table, offset: value.offset }]),
        DeValue::Array(list) => tables(list),
        _ => None,
    }
}

/// What stands there, for messages.
pub fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a time without quotes",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// A text that fits into a message.
pub fn shortened(text: &str) -> String {
    match text.char_indices().nth(limits::front::CONFIG_QUOTED_CHARS) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
