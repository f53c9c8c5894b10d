//! A person as they are written: who they are, their groups, rules, quiet hours, and the bounds of holding.

use super::condition::{self, Condition};
use super::range::{A_TIME, Range, range};
use crate::config::fault::Faults;
use crate::config::reader::{At, Reader, Section, shortened};
use crate::limits;

/// `[me]`.
#[derive(Debug)]
pub struct Me {
    /// Where it begins.
    pub offset: usize,
    /// `id`.
    pub id: Option<At<String>>,
    /// `name`.
    pub name: Option<At<String>>,
    /// `addresses`, at least one.
    pub addresses: Option<Vec<At<String>>>,
    /// `alert_to`.
    pub alert_to: Option<Vec<At<String>>>,
}

/// One line of `[groups]`.
#[derive(Debug)]
pub struct Group {
    /// Its name, without `@`.
    pub name: At<String>,
    /// Its entries, at least one; `None`: they are wrong and noted.
    pub entries: Option<Vec<At<String>>>,
}

/// `[hold]`.
#[derive(Debug, Default)]
pub struct Hold {
    /// `max`.
    pub max: Option<At<String>>,
    /// `retention`.
    pub retention: Option<At<String>>,
    /// `lease`.
    pub lease: Option<At<String>>,
}

/// `[[quiet]]`.
#[derive(Debug)]
pub struct Quiet {
    /// What begins each message about it.
    pub prefix: String,
    /// `name`.
    pub name: Option<At<String>>,
    /// When.
    pub range: Option<Range>,
    /// `pass`.
    pub pass: Option<At<String>>,
}

/// `[[rule]]`.
#[derive(Debug)]
pub struct Rule {
    /// What begins each message about it.
    pub prefix: String,
    /// Where it begins.
    pub offset: usize,
    /// `name`.
    pub name: Option<At<String>>,
    /// Its conditions in the order of the file.
    pub when: Vec<At<Condition>>,
    /// `urgency`; just one of it and `score` is there where nothing is noted.
    pub urgency: Option<At<String>>,
    /// `score`, a number as [`Reader::decimal`] gives it.
    pub score: Option<At<String>>,
    /// `digest`.
    pub digest: Option<At<String>>,
    /// `max_hold`.
    pub max_hold: Option<At<String>>,
    /// `note`.
    pub note: Option<At<String>>,
}

/// Reads `[me]`.
pub fn read_me(section: Section<'_, '_>, faults: &mut Faults) -> Me {
    let mut reader = Reader::new(section, "[me]", faults);
    reader.require("addresses", "addresses = [\"ada@example.org\"], every address that is yours");
    let me = Me {
        offset: section.offset,
        id: reader.text("id"),
        name: reader.text("name"),
        addresses: reader.some_texts("addresses"),
        alert_to: reader.some_texts("alert_to"),
    };
    reader.done();
    me
}

/// Reads `[groups]`, whose keys are names of the user's own.
pub fn read_groups(section: Section<'_, '_>, faults: &mut Faults) -> Vec<Group> {
    let mut groups = Vec::new();
    if section.table.len() > limits::front::CONFIG_TABLES {
        let (count, most) = (section.table.len(), limits::front::CONFIG_TABLES);
        faults.error(section.offset, format!("[groups]: there are {count} groups; write at most {most}"));
        return groups;
    }
    for (key, value) in section.table.iter() {
        let name = At::new(key.span().start, key.get_ref().to_string());
        let mut reader = Reader::new(section, "[groups]", faults);
        let value = At::new(value.span().start, value.get_ref());
        let mut entries = reader.texts_of(&shortened(&name.value), &value);
        if entries.as_ref().is_some_and(Vec::is_empty) {
            let text = format!("{:?} has no entry; name at least one, or remove it", shortened(&name.value));
            reader.error(value.offset, text);
            entries = None;
        }
        groups.push(Group { name, entries });
    }
    groups.sort_by_key(|group| group.name.offset);
    groups
}

/// Reads `[hold]`.
pub fn read_hold(section: Section<'_, '_>, faults: &mut Faults) -> Hold {
    let mut reader = Reader::new(section, "[hold]", faults);
    let hold = Hold {
        max: reader.text_such_as("max", A_TIME),
        retention: reader.text_such_as("retention", A_TIME),
        lease: reader.text_such_as("lease", A_TIME),
    };
    reader.done();
    hold
}

/// Reads one `[[quiet]]`.
pub fn read_quiet(section: Section<'_, '_>, index: usize, faults: &mut Faults) -> Quiet {
    let mut reader = Reader::named(section, ("quiet", index), faults);
    let quiet = Quiet {
        prefix: reader.prefix(),
        name: reader.need_text("name", "name = \"nights\""),
        range: range(&mut reader),
        pass: reader.text("pass"),
    };
    reader.done();
    quiet
}

/// Reads one `[[rule]]`.
pub fn read_rule(section: Section<'_, '_>, index: usize, faults: &mut Faults) -> Rule {
    let mut reader = Reader::named(section, ("rule", index), faults);
    let name = reader.need_text("name", "name = \"managers\", shown wherever the rule decides");
    if reader.value("score").is_none() {
        reader.require(
            "urgency",
            "urgency = \"urgent\" or another level, \"drop\" or \"ignore\"; or score = 2 to add points and go on",
        );
    } else {
        // It decides nothing, so that nothing follows from it alone.
        reader.refuse_beside(&["urgency", "digest", "max_hold", "note"], "score");
    }
    let rule = Rule {
        prefix: reader.prefix(),
        offset: section.offset,
        name,
        urgency: reader.text("urgency"),
        score: reader.decimal("score"),
        digest: reader.text("digest"),
        max_hold: reader.text_such_as("max_hold", A_TIME),
        note: reader.text("note"),
        when: condition::read(&mut reader, 0),
    };
    reader.done();
    rule
}
