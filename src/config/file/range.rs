//! Times of the week and durations as they are written.

use crate::config::fault::Faults;
use crate::config::reader::{At, Reader, Section};

/// What a duration looks like.
pub const A_TIME: &str = "a time in quotes with its unit, such as \"8d\" or \"1h30m\"";

/// `days`, `from` and `until`, wherever they stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// What begins each message about it.
    pub prefix: String,
    /// `days`; left out: every day.
    pub days: Option<At<String>>,
    /// `from`.
    pub from: At<String>,
    /// `until`.
    pub until: At<String>,
}

/// Reads a table of `days`, `from` and `until`.
pub fn read_range(section: Section<'_, '_>, label: &str, faults: &mut Faults) -> Option<Range> {
    let mut reader = Reader::new(section, label, faults);
    let range = range(&mut reader);
    reader.done();
    range
}

/// Reads `days`, `from` and `until` among the keys of a table.
pub fn range(reader: &mut Reader<'_, '_, '_>) -> Option<Range> {
    let days = reader.text("days");
    reader.require("from", "from = \"20:00\"");
    reader.require("until", "until = \"08:00\"");
    let from = reader.text_such_as("from", "a time of day in quotes, \"20:00\"");
    let until = reader.text_such_as("until", "a time of day in quotes, \"08:00\"");
    Some(Range { prefix: reader.prefix(), days, from: from?, until: until? })
}
