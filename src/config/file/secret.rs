//! A secret as it is written: one of four tables, or a plain string.

use crate::config::reader::{At, Reader, Section, Value};
use crate::limits;
use crate::secret::Secret;

/// The forms of a secret.
#[derive(Debug)]
pub enum Written {
    /// The secret itself.
    Plain(Secret),
    /// `{ credential = NAME }`.
    Credential(At<String>),
    /// `{ file = PATH }`.
    File(At<String>),
    /// `{ env = NAME }`.
    Env(At<String>),
    /// `{ command = [...] }`, at least one word.
    Command(Vec<At<String>>),
}

const FORMS: &str =
    "one of { credential = \"NAME\" }, { file = \"PATH\" }, { env = \"NAME\" }, { command = [\"PROGRAM\", ...] }";

/// Reads the secret of a key.
pub fn read(reader: &mut Reader<'_, '_, '_>, key: &'static str) -> Option<At<Written>> {
    let value = reader.value(key)?;
    one(reader, key, &value)
}

/// Reads the secrets of a key: one, or a list of two while it is being changed. `None` when one of them is wrong.
pub fn read_some(reader: &mut Reader<'_, '_, '_>, key: &'static str) -> Option<Vec<At<Written>>> {
    let value = reader.value(key)?;
    let Some(list) = value.value.as_array() else { return one(reader, key, &value).map(|secret| vec![secret]) };
    if !(1..=limits::front::CONFIG_HOOK_SECRETS).contains(&list.len()) {
        let text = format!("{key:?} is a list of {}; write one secret, or two while it is being changed", list.len());
        reader.error(value.offset, text);
        return None;
    }
    let entries = list.iter().map(|entry| At::new(entry.span().start, entry.get_ref()));
    let secrets: Vec<_> = entries.map(|entry| one(reader, key, &entry)).collect();
    secrets.into_iter().collect()
}

fn one<'t, 'i>(reader: &mut Reader<'_, 'i, '_>, key: &str, value: &Value<'t, 'i>) -> Option<At<Written>> {
    if let Some(plain) = value.value.as_str() {
        return Some(At::new(value.offset, Written::Plain(Secret::new(plain.to_owned()))));
    }
    let Some(table) = value.value.as_table() else {
        return reader.wrong(key, value, FORMS);
    };
    let label = format!("{}{key:?}", reader.prefix());
    let section = Section { table, offset: value.offset };
    let mut form = Reader::new(section, label, reader.faults);
    let written = [
        form.text("credential").map(Written::Credential),
        form.text("file").map(Written::File),
        form.text("env").map(Written::Env),
        command(&mut form),
    ];
    let mut given = written.into_iter().flatten();
    let (first, second) = (given.next(), given.next());
    // With a key that is there and wrong, its own fault is enough.
    if table.len() != 1 || second.is_some() {
        form.error(value.offset, format!("a secret comes from one place; write {FORMS}"));
    }
    form.done();
    first.map(|written| At::new(value.offset, written))
}

fn command(form: &mut Reader<'_, '_, '_>) -> Option<Written> {
    let value = form.value("command")?;
    if let Some(line) = value.value.as_str() {
        let words: Vec<String> = line.split_whitespace().map(|word| format!("{word:?}")).collect();
        let list = words.join(", ");
        form.error(value.offset, format!("no shell reads the command; write a list, command = [{list}]"));
        return None;
    }
    let words = form.some_texts("command")?;
    if words.len() > limits::front::CONFIG_COMMAND_WORDS {
        let most = limits::front::CONFIG_COMMAND_WORDS;
        form.error(value.offset, format!("the command has more than {most} words; put them into a script"));
        return None;
    }
    Some(Written::Command(words))
}
