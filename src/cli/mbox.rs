//! Taking an mbox apart, message by message, in bounded memory (RFC 4155, and what mail programs made of it).

use std::io::{self, BufRead};

use super::cut::Cut;
use crate::limits;

/// What every message of an mbox begins with.
pub const FROM: &[u8] = b"From ";
const DAYS: [&[u8]; 7] = [b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"];
const MONTHS: [&[u8]; 12] =
    [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];

/// An mbox that is read once, from its beginning.
pub struct Mbox<R> {
    reader: R,
    piece: Vec<u8>,
    /// Whether the next piece begins a line.
    starts_line: bool,
    /// Whether the line before was empty, as before the very first one.
    after_empty: bool,
    /// Whether a separator was read whose message was not given yet.
    open: bool,
}

impl<R: BufRead> Mbox<R> {
    /// Reads from here.
    pub fn new(reader: R) -> Self {
        Self { reader, piece: Vec::new(), starts_line: true, after_empty: true, open: false }
    }

    /// The next message, `None` at the end. The separator, the empty line before it, and one `>` before each quoted
    /// `From ` are taken off. What stands before the first separator is no message.
    ///
    /// # Errors
    /// When the reader fails.
    pub fn message(&mut self) -> io::Result<Option<Cut>> {
        let mut cut = Cut::default();
        // The empty line that may belong to the separator behind it.
        let mut empty: Vec<u8> = Vec::new();
        while self.read_piece()? {
            let starts = std::mem::replace(&mut self.starts_line, self.piece.ends_with(b"\n"));
            if starts && self.is_separator() {
                self.after_empty = false;
                if std::mem::replace(&mut self.open, true) {
                    return Ok(Some(cut));
                }
                continue;
            }
            cut.push(&empty);
            empty.clear();
            self.after_empty = starts && matches!(self.piece.as_slice(), b"\n" | b"\r\n");
            if self.after_empty && !cut.in_header() {
                empty.extend_from_slice(&self.piece);
                continue;
            }
            if self.open {
                cut.push(if starts { unquoted(&self.piece) } else { &self.piece });
            }
        }
        Ok(std::mem::take(&mut self.open).then_some(cut))
    }

    /// `From ada@example.org Wed Jan 13 09:41:00 2027`. Programs differ in all but the word and a time of day behind an
    /// empty line; some leave the empty line out, and then the date must be as RFC 4155 has it. Anything else is a
    /// sentence that somebody forgot to quote.
    fn is_separator(&self) -> bool {
        let line = self.piece.as_slice();
        let is_it = if self.after_empty { has_time } else { has_date };
        line.starts_with(FROM) && line.len() <= limits::front::REPLAY_SEPARATOR_BYTES && is_it(line)
    }

    /// A line, or a piece of one that is very long. False at the end.
    fn read_piece(&mut self) -> io::Result<bool> {
        self.piece.clear();
        while self.piece.len() < limits::front::REPLAY_PIECE_BYTES && !self.piece.ends_with(b"\n") {
            let buffer = match self.reader.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                buffer => buffer?,
            };
            let room = limits::front::REPLAY_PIECE_BYTES - self.piece.len();
            let line = buffer.iter().position(|&byte| byte == b'\n').map_or(buffer.len(), |at| at + 1).min(room);
            if line == 0 {
                break;
            }
            self.piece.extend_from_slice(buffer.get(..line).unwrap_or_default());
            self.reader.consume(line);
        }
        Ok(!self.piece.is_empty())
    }
}

/// `09:41`.
fn has_time(line: &[u8]) -> bool {
    let is_time = |four: &[u8]| matches!(four, [a, b':', b, c] if [a, b, c].iter().all(|byte| byte.is_ascii_digit()));
    line.windows(4).any(is_time)
}

/// `Wed Jan 13 09:41:00`, as asctime(3) begins.
fn has_date(line: &[u8]) -> bool {
    let is_one_of = |names: &[&[u8]], word: &[u8]| names.iter().any(|name| name.eq_ignore_ascii_case(word));
    let words: Vec<&[u8]> = line
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .take(limits::front::REPLAY_SEPARATOR_WORDS)
        .collect();
    words.windows(4).any(|four| match four {
        [day, month, number, time] => {
            is_one_of(&DAYS, day)
                && is_one_of(&MONTHS, month)
                && number.iter().all(u8::is_ascii_digit)
                && has_time(time)
        }
        _ => false,
    })
}

/// A line without the one `>` that was put before its `From `, or before the `>` of one (mboxrd).
fn unquoted(line: &[u8]) -> &[u8] {
    let quotes = line.iter().take_while(|&&byte| byte == b'>').count();
    match line.split_at_checked(quotes.min(1)) {
        Some((_, rest)) if line.get(quotes..).is_some_and(|text| text.starts_with(FROM)) => rest,
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::string_slice)]

    use std::io::{self, BufReader, Read};

    use super::Mbox;
    use crate::limits;

    fn check(mbox: &str, expected: &[&str]) {
        // Every size of buffer, so that each line end falls on a border once.
        for capacity in [1, 2, 3, 7, 4096] {
            let mut reader = Mbox::new(BufReader::with_capacity(capacity, mbox.as_bytes()));
            let mut found = Vec::new();
            while let Some(cut) = reader.message().unwrap() {
                found.push(String::from_utf8(cut.bytes().to_vec()).unwrap());
            }
            assert_eq!(found, expected, "{mbox:?} by {capacity}");
        }
    }

    #[test]
    fn messages_are_parted() {
        check("", &[]);
        check("From a Wed Jan 13 09:41:00 2027\nA: b\n\none\n\n", &["A: b\n\none\n"]);
        check(
            "From a Wed Jan 13 09:41:00 2027\nA: b\n\none\n\nFrom - 09:41 2027\nC: d\n\ntwo\n",
            &["A: b\n\none\n", "C: d\n\ntwo\n"],
        );
        check(
            "From a 09:41 2027\r\nA: b\r\n\r\none\r\n\r\nFrom b 09:41 2027\r\nC: d\r\n\r\n",
            &["A: b\r\n\r\none\r\n", "C: d\r\n\r\n"],
        );
        // Of the empty lines at the end one belongs to the separator.
        check("From a 09:41 2027\nA: b\n\n\n\n\nFrom b 09:41 2027\nC: d\n", &["A: b\n\n\n\n", "C: d\n"]);
        // Some write no empty line; then the whole date tells.
        check(
            "From a Wed Jan 13 09:41:00 2027\nA: b\n\none\nFrom b Wed Jan 13 09:42:00 2027\nC: d\n\ntwo\n",
            &["A: b\n\none\n", "C: d\n\ntwo\n"],
        );
        // A header alone ends at the separator too, and so does nothing at all.
        check("From a 09:41 2027\nA: b\n\nFrom b 09:41 2027\nC: d", &["A: b\n\n", "C: d"]);
        check("From a 09:41 2027\n\nFrom b 09:41 2027\n", &["\n", ""]);
        check("From a 09:41 2027", &[""]);
    }

    #[test]
    fn text_is_no_separator() {
        check("From a 09:41 2027\nA: b\n\nx\nFrom c 09:41 2027\n", &["A: b\n\nx\nFrom c 09:41 2027\n"]);
        check("From a 09:41 2027\nA: b\n\n\nFrom here on\n", &["A: b\n\n\nFrom here on\n"]);
        check("From a 09:41 2027\nA: b\n\n>From x\n>>From y\n> From z\n", &["A: b\n\nFrom x\n>From y\n> From z\n"]);
        let long = format!("From {}09:41 2027\n", "x".repeat(100_000));
        check(&format!("From a 09:41 2027\nA: b\n\n\n{long}"), &[&format!("A: b\n\n\n{long}")[..65536 + 6]]);
        check("junk\n\nFrom a 09:41 2027\nA: b\n", &["A: b\n"]);
    }

    #[test]
    fn an_endless_line_stays_small() {
        let head: &[u8] = b"From a 09:41 2027\nA: b\n\n";
        let mut mbox = Mbox::new(BufReader::new(head.chain(io::repeat(b'x').take(20_000_000))));
        let cut = mbox.message().unwrap().unwrap();
        assert_eq!((cut.size(), cut.bytes().len()), (20_000_008, 6 + limits::hands::JUDGED_TEXT_BYTES as usize));
        assert!(mbox.piece.capacity() <= 2 * limits::front::REPLAY_PIECE_BYTES);
    }
}
