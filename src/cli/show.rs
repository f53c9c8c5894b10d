//! How times, tables and long texts are shown to people.

use std::borrow::Cow;
use std::io::{self, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::civil::Zone;
use crate::clock::Clock;
use crate::digest::columns;
use crate::model::message::SentAt;

/// Columns of a line that wraps: what a terminal has that nobody has widened.
pub const LINE_WIDTH: usize = 80;
/// Columns of a key before its value.
const FIELD_WIDTH: usize = 12;
/// Columns of a sender in a table.
pub const FROM_WIDTH: usize = 26;
/// Columns of a subject or an error, the last in a table.
pub const SUBJECT_WIDTH: usize = 60;
/// Characters of an id that lists show; any unique beginning is taken.
pub const ID_CHARS: usize = 8;

/// The time that an argument names.
///
/// # Errors
/// When it is not RFC 3339.
pub fn time(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "write an RFC 3339 time such as 2027-01-13T09:41:00Z".to_owned())
}

/// What time it is.
pub fn now() -> Timestamp {
    Clock::system().now()
}

/// A time as a person in this zone reads it: `Wed 13 Jan 2027 09:41 WET`.
pub fn local(at: Timestamp, zone: &Zone) -> String {
    at.to_zoned_datetime(zone.rules.clone()).strftime("%a %d %b %Y %H:%M %Z").to_string()
}

/// A Date as its sender's clock showed it: `Wed 13 Jan 2027 09:41 +01:00`.
pub fn by_its_clock(sent: SentAt) -> String {
    sent.instant.to_zoned_datetime(TimeZone::fixed(sent.offset)).strftime("%a %d %b %Y %H:%M %:z").to_string()
}

/// The same without year and zone.
pub fn this_year(at: Timestamp, zone: &Zone) -> String {
    at.to_zoned_datetime(zone.rules.clone()).strftime("%a %d %b %H:%M").to_string()
}

/// The same with seconds.
pub fn to_the_second(at: Timestamp, zone: &Zone) -> String {
    at.to_zoned_datetime(zone.rules.clone()).strftime("%a %d %b %Y %H:%M:%S %Z").to_string()
}

/// A time of the daemon's as a person in this zone reads it.
pub fn when(at: &str, zone: &Zone) -> String {
    at.parse::<Timestamp>().map_or_else(|_| at.to_owned(), |at| local(at, zone))
}

/// The same with seconds: what is tried again is mostly tried again within a minute.
pub fn exactly(at: &str, zone: &Zone) -> String {
    at.parse::<Timestamp>().map_or_else(|_| at.to_owned(), |at| to_the_second(at, zone))
}

/// Prints to standard output; a reader that went away is no error. Control characters but line feed and tab are
/// shown as U+FFFD: what strangers wrote must not steer a terminal.
pub fn out(text: &str) {
    let _ = io::stdout().lock().write_all(safe(text).as_bytes());
}

/// Says on standard error why something was not done.
pub fn complain(text: &str) {
    say(&format!("tidings: {text}"));
}

fn safe(text: &str) -> Cow<'_, str> {
    let steers = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if text.contains(steers) { Cow::Owned(text.replace(steers, "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// A particular, its value wrapped under itself, line by line: `  subject      lunch`. Ends with a line feed.
pub fn field(key: &str, value: &str) -> String {
    let first = format!("  {key:<FIELD_WIDTH$} ");
    let prefix = " ".repeat(first.chars().count());
    let mut out = String::new();
    for (index, line) in value.split('\n').enumerate() {
        let before = if index == 0 { &first } else { &prefix };
        out.push_str(&columns::wrap(line, before, &prefix, LINE_WIDTH));
        out.push('\n');
    }
    out
}

/// `1 letter`, `2 letters`.
pub fn count(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The beginning of a cell, so that one stranger's address does not push a table off the screen.
pub fn cell(text: &str, most: usize) -> String {
    if columns::of(text) <= most {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += columns::of(c.encode_utf8(&mut [0; 4]));
        if used > most {
            break;
        }
        cut.push(c);
    }
    cut.push('…');
    cut
}

/// Prints a line to standard error, for people; as safe as `out`.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", safe(line));
}

/// A table with columns as wide as their widest cell; the last column is not padded.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let widths: Vec<usize> = (0..header.len())
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| columns::of(cell));
            cells.chain(header.get(column).map(|name| columns::of(name))).max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    let head: Vec<String> = header.iter().map(|name| (*name).to_owned()).collect();
    for row in std::iter::once(&head).chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width.saturating_sub(columns::of(cell)) + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{cell, field, safe, table, time};

    #[test]
    fn cells_are_cut_by_columns() {
        let check = |text: &str, most: usize, expected: &str| assert_eq!(cell(text, most), expected);
        check("short", 5, "short");
        check("longer", 5, "long…");
        check("会議の資料", 5, "会議…");
        check("会議", 4, "会議");
        check("", 0, "");
    }

    #[test]
    fn tables_align_wide_letters() {
        let rows = [vec!["会議".to_owned(), "a".to_owned()], vec!["x".to_owned(), "b".to_owned()]];
        assert_eq!(table(&["ONE", "TWO"], &rows), "ONE   TWO\n会議  a\nx     b\n");
    }

    #[test]
    fn long_values_stand_under_themselves() {
        let value = "word ".repeat(20);
        let expected =
            format!("  key          {}word\n{}{}\n", "word ".repeat(12), " ".repeat(15), "word ".repeat(7).trim_end());
        assert_eq!(field("key", &value), expected);
        assert_eq!(field("key", "one\n\ntwo"), format!("  key          one\n\n{}two\n", " ".repeat(15)));
    }

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(safe("a\u{1b}[2Jb\u{9b}c\rd\te\n"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d\te\n");
    }

    #[test]
    fn times_are_rfc_3339() {
        let check = |text: &str, good: bool| assert_eq!(time(text).is_ok(), good, "{text}");
        check("2027-01-13T09:41:00Z", true);
        check("2027-01-13T09:41:00+01:00", true);
        check("2027-01-13", false);
        check("tomorrow", false);
    }
}
