//! The conditions of a rule as they are written, nested as deep as is allowed.

use super::range::{A_TIME, Range, read_range};
use crate::config::fault::alternatives;
use crate::config::reader::{At, Reader, Section, Value, tables_of};
use crate::limits;

/// Keys that hold patterns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternKey {
    /// `from`.
    From,
    /// `to`.
    To,
    /// `cc`.
    Cc,
    /// `anyone`.
    Anyone,
    /// `from_name`.
    FromName,
    /// `subject`.
    Subject,
    /// `body`.
    Body,
    /// `text`.
    Text,
    /// `source`.
    Source,
    /// `channel`.
    Channel,
}

/// Keys that hold words of a fixed set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordKey {
    /// `kind`.
    Kind,
    /// `to_me`.
    ToMe,
    /// `importance`.
    Importance,
    /// `signal`.
    Signal,
    /// `mention`.
    Mention,
}

/// Keys that hold true or false.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TruthKey {
    /// `automated`.
    Automated,
    /// `authenticated`.
    Authenticated,
    /// `attachment`, as a truth.
    Attachment,
    /// `first_contact`.
    FirstContact,
    /// `replies_to_me`.
    RepliesToMe,
}

/// Keys that hold a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeKey {
    /// `larger_than`.
    LargerThan,
    /// `smaller_than`.
    SmallerThan,
}

/// Keys that hold conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NestKey {
    /// `any`.
    Any,
    /// `all`.
    All,
    /// `not`.
    Not,
}

/// One key of a rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// A field matches any of these.
    Patterns(PatternKey, Vec<At<String>>),
    /// A header; `None`: it is there.
    Header(String, Option<Vec<At<String>>>),
    /// Any of these words.
    Words(WordKey, Vec<At<String>>),
    /// True or false.
    Truth(TruthKey, bool),
    /// `list`; `None`: true.
    List(Option<Vec<At<String>>>),
    /// `attachment` by name.
    Attachment(Vec<At<String>>),
    /// `starts_within`.
    StartsWithin(At<String>),
    /// `burst`.
    Burst(Burst),
    /// `during`, any of these.
    During(Vec<At<During>>),
    /// A size.
    Size(SizeKey, At<String>),
    /// Conditions in conditions; each list has at least one.
    Nest(NestKey, Vec<Vec<At<Condition>>>),
}

/// `burst`.
#[derive(Clone, Debug, PartialEq)]
pub struct Burst {
    /// What begins each message about it.
    pub prefix: String,
    /// `count`.
    pub count: At<i64>,
    /// `within`.
    pub within: At<String>,
}

/// `during`.
#[derive(Clone, Debug, PartialEq)]
pub enum During {
    /// A word.
    Word(String),
    /// A range.
    Range(Range),
}

type Source<'a, 't, 'i, 'f> = &'a mut Reader<'t, 'i, 'f>;

/// Reads all conditions of a table, in the order of the file.
pub fn read(reader: Source<'_, '_, '_, '_>, depth: usize) -> Vec<At<Condition>> {
    let mut when = Vec::new();
    patterns(reader, &mut when);
    plain(reader, &mut when);
    headers(reader, &mut when);
    for (key, nest) in [("any", NestKey::Any), ("all", NestKey::All), ("not", NestKey::Not)] {
        let offset = reader.key_offset(key);
        if let Some(lists) = nested(reader, key, depth) {
            when.push(At::new(offset, Condition::Nest(nest, lists)));
        }
    }
    when.sort_by_key(|condition| condition.offset);
    when
}

fn patterns(reader: Source<'_, '_, '_, '_>, when: &mut Vec<At<Condition>>) {
    for (key, field) in [
        ("from", PatternKey::From),
        ("to", PatternKey::To),
        ("cc", PatternKey::Cc),
        ("anyone", PatternKey::Anyone),
        ("from_name", PatternKey::FromName),
        ("subject", PatternKey::Subject),
        ("body", PatternKey::Body),
        ("text", PatternKey::Text),
        ("source", PatternKey::Source),
        ("channel", PatternKey::Channel),
    ] {
        let offset = reader.key_offset(key);
        if let Some(texts) = reader.some_texts(key) {
            when.push(At::new(offset, Condition::Patterns(field, texts)));
        }
    }
}

fn plain(reader: Source<'_, '_, '_, '_>, when: &mut Vec<At<Condition>>) {
    let mut push = |offset, condition: Option<Condition>| {
        when.extend(condition.map(|condition| At::new(offset, condition)));
    };
    for (key, word) in [
        ("kind", WordKey::Kind),
        ("to_me", WordKey::ToMe),
        ("importance", WordKey::Importance),
        ("signal", WordKey::Signal),
        ("mention", WordKey::Mention),
    ] {
        push(reader.key_offset(key), reader.some_texts(key).map(|texts| Condition::Words(word, texts)));
    }
    for (key, truth) in [
        ("automated", TruthKey::Automated),
        ("authenticated", TruthKey::Authenticated),
        ("first_contact", TruthKey::FirstContact),
        ("replies_to_me", TruthKey::RepliesToMe),
    ] {
        push(reader.key_offset(key), reader.truth(key).map(|value| Condition::Truth(truth, value.value)));
    }
    for (key, size) in [("larger_than", SizeKey::LargerThan), ("smaller_than", SizeKey::SmallerThan)] {
        push(
            reader.key_offset(key),
            reader
                .text_such_as(key, "a size in quotes with its unit, such as \"2MiB\"")
                .map(|value| Condition::Size(size, value)),
        );
    }
    push(reader.key_offset("starts_within"), reader.text_such_as("starts_within", A_TIME).map(Condition::StartsWithin));
    push(reader.key_offset("list"), present_or(reader, "list").map(Condition::List));
    push(reader.key_offset("attachment"), attachment(reader));
    push(reader.key_offset("burst"), burst(reader).map(Condition::Burst));
    push(reader.key_offset("during"), during(reader).map(Condition::During));
}

/// `true`, or patterns. `false` is refused: `not` says it, and says it in one way only.
fn present_or(reader: Source<'_, '_, '_, '_>, key: &'static str) -> Option<Option<Vec<At<String>>>> {
    let value = reader.value(key)?;
    present_or_of(reader, key, &value)
}

fn present_or_of<'t, 'i>(
    reader: Source<'_, 't, 'i, '_>,
    key: &str,
    value: &Value<'t, 'i>,
) -> Option<Option<Vec<At<String>>>> {
    match value.value.as_bool() {
        Some(true) => return Some(None),
        Some(false) => {
            reader.error(value.offset, format!("{key:?} cannot be false; write not = {{ {key} = true }}"));
            return None;
        }
        None => {}
    }
    let texts = match value.value.as_str().is_some() || value.value.is_array() {
        true => reader.texts_of(key, value)?,
        false => return reader.wrong(key, value, "true, a pattern in quotes, or a list of patterns"),
    };
    if texts.is_empty() {
        reader.error(value.offset, format!("{key:?} is an empty list; name at least one, or remove it"));
        return None;
    }
    Some(Some(texts))
}

fn attachment(reader: Source<'_, '_, '_, '_>) -> Option<Condition> {
    let value = reader.value("attachment")?;
    if let Some(truth) = value.value.as_bool() {
        return Some(Condition::Truth(TruthKey::Attachment, truth));
    }
    reader.some_texts("attachment").map(Condition::Attachment)
}

fn burst(reader: Source<'_, '_, '_, '_>) -> Option<Burst> {
    let value = reader.value("burst")?;
    let Some(table) = value.value.as_table() else {
        return reader.wrong("burst", &value, "{ count = 3, within = \"10m\" }");
    };
    let label = format!("{}\"burst\"", reader.prefix());
    let mut inner = Reader::new(Section { table, offset: value.offset }, &label, reader.faults);
    inner.require("count", "count = 3");
    inner.require("within", "within = \"10m\"");
    let (count, within) = (inner.number("count"), inner.text_such_as("within", A_TIME));
    let prefix = inner.prefix();
    inner.done();
    Some(Burst { prefix, count: count?, within: within? })
}

fn during(reader: Source<'_, '_, '_, '_>) -> Option<Vec<At<During>>> {
    let value = reader.value("during")?;
    let entries: Vec<Value<'_, '_>> = match value.value.as_array() {
        Some(list) if list.is_empty() => {
            reader.error(value.offset, "\"during\" is an empty list; name at least one, or remove it");
            return None;
        }
        Some(list) => list.iter().map(|entry| At::new(entry.span().start, entry.get_ref())).collect(),
        None => vec![value],
    };
    let mut during = Vec::new();
    for entry in entries {
        if let Some(word) = entry.value.as_str() {
            during.push(At::new(entry.offset, During::Word(word.to_owned())));
        } else if let Some(table) = entry.value.as_table() {
            let label = format!("{}\"during\"", reader.prefix());
            let range = read_range(Section { table, offset: entry.offset }, &label, reader.faults);
            during.extend(range.map(|range| At::new(entry.offset, During::Range(range))));
        } else {
            let words = alternatives(&["working", "quiet"]);
            let wanted = format!("{words}, or {{ days = \"mon-fri\", from = \"09:00\", until = \"18:00\" }}");
            reader.complain("during", &entry, &wanted);
        }
    }
    Some(during)
}

fn headers(reader: Source<'_, '_, '_, '_>, when: &mut Vec<At<Condition>>) {
    let Some(value) = reader.value("header") else { return };
    let Some(table) = value.value.as_table() else {
        let wanted = "header.NAME = a pattern, or true where it is enough that it is there";
        reader.complain("header", &value, wanted);
        return;
    };
    if table.is_empty() {
        reader.error(value.offset, "\"header\" names no header; write header.NAME = true or a pattern");
    }
    for (name, value) in table.iter() {
        let (offset, name) = (name.span().start, name.get_ref().as_ref());
        // RFC 5322 section 2.2: printable ASCII except the colon.
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_graphic() && b != b':') {
            reader.error(offset, format!("{name:?} is no name of a header field; write it without a colon or spaces"));
            continue;
        }
        let value = At::new(value.span().start, value.get_ref());
        let key = format!("header.{name}");
        if let Some(texts) = present_or_of(reader, &key, &value) {
            when.push(At::new(offset, Condition::Header(name.to_owned(), texts)));
        }
    }
}

fn nested(reader: Source<'_, '_, '_, '_>, key: &'static str, depth: usize) -> Option<Vec<Vec<At<Condition>>>> {
    let value = reader.value(key)?;
    let Some(tables) = tables_of(&value) else {
        return reader.wrong(key, &value, &format!("a list of tables, {key} = [{{ list = true }}, ...]"));
    };
    if tables.is_empty() {
        reader.error(value.offset, format!("{key:?} is an empty list; name at least one, or remove it"));
        return None;
    }
    if depth >= limits::front::CONFIG_RULE_NESTING {
        let most = limits::front::CONFIG_RULE_NESTING;
        reader.error(value.offset, format!("{key:?} stands deeper than {most} levels; write several rules"));
        return None;
    }
    let label = reader.prefix();
    let label = label.strip_suffix(": ").unwrap_or_default();
    let mut lists = Vec::new();
    for table in tables {
        let mut inner = Reader::new(table, label, reader.faults);
        let when = read(&mut inner, depth.saturating_add(1));
        if table.table.is_empty() {
            inner.error(
                table.offset,
                format!("an empty table in {key:?} matches everything; write a condition into it"),
            );
        }
        inner.done();
        lists.push(when);
    }
    Some(lists)
}
