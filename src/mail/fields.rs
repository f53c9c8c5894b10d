//! The header block: where it ends, and its fields in order, raw.

use std::borrow::Cow;

use crate::limits;

/// One field as it stands in the header block.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// What stands before the colon, without white space around it (RFC 5322 section 4.5.8 allows it there).
    pub name: &'a [u8],
    /// What follows the colon, folds and all, without the last line end.
    pub value: &'a [u8],
}

impl Field<'_> {
    /// Whether this is the field of that name, whatever the case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// The fields of a header block.
#[derive(Clone, Debug, Default)]
pub struct Fields<'a> {
    /// In order, at most `limits::mail::MAIL_HEADER_FIELDS`.
    pub list: Vec<Field<'a>>,
    /// Whether there were more, or the block or a field was longer than is read.
    pub was_cut: bool,
    /// Whether some line was neither a field nor the continuation of one.
    pub has_odd_lines: bool,
}

impl<'a> Fields<'a> {
    /// The first field of this name: of duplicates it is the one that readers see.
    pub fn first(&self, name: &str) -> Option<&'a [u8]> {
        self.list.iter().find(|field| field.is(name)).map(|field| field.value)
    }

    /// How many fields have this name.
    pub fn count(&self, name: &str) -> usize {
        self.list.iter().filter(|field| field.is(name)).count()
    }
}

/// The bytes up to and without the empty line, whatever the line ends; all of them where there is no empty line.
pub fn header_block(bytes: &[u8]) -> &[u8] {
    bytes.get(..split(bytes).0).unwrap_or_default()
}

/// What follows the empty line; empty where there is none.
pub fn after_header(bytes: &[u8]) -> &[u8] {
    bytes.get(split(bytes).1..).unwrap_or_default()
}

/// The decoded-by-nobody value of the first field of this name in the header of `bytes`, trimmed and still folded.
pub fn first_header<'a>(bytes: &'a [u8], name: &str) -> Option<&'a [u8]> {
    fields(header_block(bytes)).first(name).map(<[u8]>::trim_ascii)
}

/// How many fields of this name the header of `bytes` has, up to `limits::mail::MAIL_HEADER_FIELDS`.
pub fn count_headers(bytes: &[u8], name: &str) -> usize {
    fields(header_block(bytes)).count(name)
}

/// Makes bare carriage returns line feeds where there is no line feed at all (old Macintosh mail).
pub fn with_line_feeds(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.contains(&b'\n') || !bytes.contains(&b'\r') {
        return Cow::Borrowed(bytes);
    }
    Cow::Owned(bytes.iter().map(|&b| if b == b'\r' { b'\n' } else { b }).collect())
}

/// Where the header block ends and where the body begins.
fn split(bytes: &[u8]) -> (usize, usize) {
    let end = if bytes.contains(&b'\n') { b'\n' } else { b'\r' };
    let mut at = 0;
    for line in bytes.split_inclusive(|&b| b == end) {
        // "\r\r\n" is what a careless gateway makes of an empty line.
        if line.iter().all(|b| matches!(b, b'\r' | b'\n')) {
            return (at, at + line.len());
        }
        at += line.len();
    }
    (bytes.len(), bytes.len())
}

/// Reads the fields of a block. Lines that are no fields are left out; the `From ` line of an mbox is not even odd.
pub fn fields(block: &[u8]) -> Fields<'_> {
    let mut found = Fields { was_cut: block.len() > limits::mail::MAIL_HEADER_BYTES, ..Fields::default() };
    let block = block.get(..limits::mail::MAIL_HEADER_BYTES).unwrap_or(block);
    let (mut at, mut open) = (0, None::<Open<'_>>);
    let mut is_first = true;
    for line in block.split_inclusive(|&b| b == b'\n') {
        let start = at;
        at += line.len();
        if matches!(line.first(), Some(b' ' | b'\t')) && open.is_some() {
            continue;
        }
        close(block, open.take(), start, &mut found);
        match name_of(line) {
            Some((name, value)) => open = Some(Open { name, value: start + value }),
            None if is_first && (line.starts_with(b"From ") || line.starts_with(b">From ")) => {}
            None => found.has_odd_lines |= !line.trim_ascii().is_empty(),
        }
        is_first = false;
    }
    close(block, open, at, &mut found);
    found
}

/// A field whose continuation lines are still being read.
struct Open<'a> {
    name: &'a [u8],
    value: usize,
}

fn close<'a>(block: &'a [u8], open: Option<Open<'a>>, end: usize, found: &mut Fields<'a>) {
    let Some(Open { name, value }) = open else { return };
    if found.list.len() >= limits::mail::MAIL_HEADER_FIELDS {
        found.was_cut = true;
        return;
    }
    let value = block.get(value..end).unwrap_or_default();
    found.was_cut |= value.len() > limits::mail::MAIL_FIELD_BYTES;
    let value = value.get(..limits::mail::MAIL_FIELD_BYTES).unwrap_or(value);
    found.list.push(Field { name, value: value.trim_ascii_end() });
}

/// The name of the field that begins in this line, and the offset of its value.
fn name_of(line: &[u8]) -> Option<(&[u8], usize)> {
    let colon = line.iter().position(|&b| b == b':')?;
    let name = line.get(..colon)?.trim_ascii_end();
    let good = !name.is_empty() && name.len() <= 200 && name.iter().all(|&b| b > b' ' && b != 0x7f);
    // A name with white space inside is no field to any verifier of signatures.
    good.then_some((name, colon + 1))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::{after_header, count_headers, fields, first_header, header_block, with_line_feeds};

    #[test]
    fn the_block_ends_at_the_empty_line_whatever_the_line_ends() {
        let check = |bytes: &[u8], block: &[u8], body: &[u8]| {
            assert_eq!(header_block(bytes), block);
            assert_eq!(after_header(bytes), body);
        };
        check(b"A: b\r\n\r\nbody", b"A: b\r\n", b"body");
        check(b"A: b\n\nbody", b"A: b\n", b"body");
        check(b"A: b\n\r\nbody", b"A: b\n", b"body");
        check(b"A: b\r\rbody", b"A: b\r", b"body");
        check(b"A: b\r\n\r\r\nbody", b"A: b\r\n", b"body");
        check(b"A: b\r\n", b"A: b\r\n", b"");
        check(b"\r\nbody", b"", b"body");
        check(b"", b"", b"");
    }

    #[test]
    fn fields_keep_their_order_and_the_first_wins() {
        let found = fields(b"From a@b Mon\nFrom: one\n two\nfrom : three\nnonsense\nX y: z\nSubject:\n");
        let names: Vec<_> = found.list.iter().map(|f| String::from_utf8_lossy(f.name).into_owned()).collect();
        assert_eq!(names, ["From", "from", "Subject"]);
        assert_eq!(found.first("FROM").unwrap(), b" one\n two");
        assert_eq!(found.count("from"), 2);
        assert!(found.has_odd_lines);
    }

    #[test]
    fn others_ask_for_single_fields() {
        let mail = b"Received: x\r\nMessage-ID: <a@b>\r\nReceived: y\r\n\r\nMessage-ID: no";
        assert_eq!(first_header(mail, "message-id"), Some(b"<a@b>".as_slice()));
        assert_eq!(first_header(mail, "x-tidings-id"), None);
        assert_eq!(count_headers(mail, "received"), 2);
    }

    #[test]
    fn too_much_is_cut() {
        let many = "A: b\n".repeat(1_001);
        let found = fields(many.as_bytes());
        assert!(found.was_cut);
        assert_eq!(found.list.len(), 1_000);
        let long = format!("A: {}\n", "b".repeat(1 << 20));
        let found = fields(long.as_bytes());
        assert!(found.was_cut);
        assert_eq!(found.list[0].value.len(), 100 * 1024);
    }

    #[test]
    fn bare_carriage_returns_end_lines_too() {
        assert_eq!(with_line_feeds(b"a\rb").as_ref(), b"a\nb");
        assert_eq!(with_line_feeds(b"a\r\nb\r").as_ref(), b"a\r\nb\r");
    }
}
