//! `[[digest]]` as it is written: when it runs, what it takes, how its letters look.

use crate::config::fault::Faults;
use crate::config::reader::{At, Reader, Section};

/// `[[digest]]`.
#[derive(Debug)]
pub struct Digest {
    /// What begins each message about it.
    pub prefix: String,
    /// Where it begins.
    pub offset: usize,
    /// `name`.
    pub name: Option<At<String>>,
    /// `schedule`.
    pub schedule: Option<At<String>>,
    /// `to`.
    pub to: Option<Vec<At<String>>>,
    /// `weeks`.
    pub weeks: Option<At<String>>,
    /// `days_of_month`.
    pub days_of_month: Option<At<String>>,
    /// `holidays`.
    pub holidays: Option<At<String>>,
    /// `takes`; may be an empty list: only what rules send there.
    pub takes: Option<Vec<At<String>>>,
    /// `sources`.
    pub sources: Option<Vec<At<String>>>,
    /// `subject`.
    pub subject: Option<At<String>>,
    /// `max_items`.
    pub max_items: Option<At<i64>>,
    /// `flush_at`.
    pub flush_at: Option<At<i64>>,
    /// `min_items`.
    pub min_items: Option<At<i64>>,
    /// `originals`.
    pub originals: Option<At<String>>,
    /// `format`.
    pub format: Option<At<String>>,
    /// `template`.
    pub template: Option<At<String>>,
    /// `text_template`.
    pub text_template: Option<At<String>>,
}

/// Reads one `[[digest]]`.
pub fn read(section: Section<'_, '_>, index: usize, faults: &mut Faults) -> Digest {
    let mut reader = Reader::named(section, ("digest", index), faults);
    let digest = Digest {
        prefix: reader.prefix(),
        offset: section.offset,
        name: reader.need_text("name", "name = \"daily\", by which rules and commands know the digest"),
        schedule: reader.need_text("schedule", "schedule = \"0 9 * * *\", five fields as in crontab(5)"),
        to: reader.some_texts("to"),
        weeks: reader.text("weeks"),
        days_of_month: reader.text("days_of_month"),
        holidays: reader.text("holidays"),
        takes: reader.texts("takes"),
        sources: reader.some_texts("sources"),
        subject: reader.text("subject"),
        max_items: reader.number("max_items"),
        flush_at: reader.number("flush_at"),
        min_items: reader.number("min_items"),
        originals: reader.text("originals"),
        format: reader.text("format"),
        template: reader.text("template"),
        text_template: reader.text("text_template"),
    };
    reader.done();
    digest
}
