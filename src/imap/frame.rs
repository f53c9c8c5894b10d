//! Cuts a server's bytes into lines and literals, bounds them, and keeps from the parser what would harm it.

use crate::limits;

/// How much of what a server may send in answer to one command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Octets of one literal.
    pub literal: usize,
    /// Octets of everything.
    pub answer: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { literal: limits::doors::IMAP_LITERAL, answer: limits::doors::IMAP_ANSWER }
    }
}

impl Bounds {
    /// For an answer whose literals were asked for up to this length.
    pub fn for_literal(octets: u32) -> Self {
        let literal = usize::try_from(octets).unwrap_or(usize::MAX).saturating_add(limits::doors::IMAP_SLACK);
        Self { literal, ..Self::default() }
    }
}

/// Which bound a server broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trip {
    /// A literal is longer than what was asked for.
    #[error("a literal of {0} octets")]
    Literal(u64),
    /// A line has no end.
    #[error("a line of more than {} octets", limits::doors::IMAP_LINE)]
    Line,
    /// More parentheses than any answer needs; nested, they would overflow the stack.
    #[error("more than {} parentheses in one answer", limits::doors::IMAP_PARENTHESES)]
    Parentheses,
    /// More literals than any answer needs.
    #[error("more than {} literals in one answer", limits::doors::IMAP_LITERALS)]
    Literals,
    /// A literal at a place where the parser would not take it for one, or a structure that nobody asked for.
    #[error("an answer of a form that nobody asked for")]
    Form,
    /// More than any command needs.
    #[error("more than the command needs in all")]
    Answer,
}

/// What the bytes of a line are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Tagged, a continuation, or an untagged condition: text up to its end, no literals.
    Status,
    /// FETCH: attributes, literals at its top level.
    Fetch,
    /// Other data that the parser knows.
    Data,
    /// Not for the parser: put aside, where it is of use, or dropped.
    Aside,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Line,
    Literal { left: usize },
}

/// The state of cutting. Literal bytes are passed on as they come, a line only when it is whole: so the parser never
/// reads a growing line again and again, and never sees the beginning of what is refused at its end.
#[derive(Debug)]
pub struct Frame {
    bounds: Bounds,
    taken: usize,
    state: State,
    /// The line, or what follows a literal, as far as it has come.
    line: Vec<u8>,
    /// What the whole answer is; `None` before its first line has ended.
    kind: Option<Kind>,
    opened: usize,
    closed: usize,
    literals: usize,
    aside: Vec<String>,
}

impl Default for Frame {
    /// Before the first byte.
    fn default() -> Self {
        Self {
            bounds: Bounds::default(),
            taken: 0,
            state: State::Line,
            line: Vec::new(),
            kind: None,
            opened: 0,
            closed: 0,
            literals: 0,
            aside: Vec::new(),
        }
    }
}

impl Frame {
    /// Begins a new command: its bounds, and a new count.
    pub fn allow(&mut self, bounds: Bounds) {
        self.bounds = bounds;
        self.taken = 0;
    }

    /// The untagged NAMESPACE and CAPABILITY lines since the last call, without their line ends. The parser knows nothing
    /// of the first, and the second only where it names IMAP4rev1.
    pub fn take_aside(&mut self) -> Vec<String> {
        std::mem::take(&mut self.aside)
    }

    /// Takes bytes as they came and appends to `out` what the parser may see.
    ///
    /// # Errors
    /// The bound that was broken. The connection is then worth nothing more.
    pub fn push(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Trip> {
        self.taken = self.taken.saturating_add(bytes.len());
        if self.taken > self.bounds.answer {
            return Err(Trip::Answer);
        }
        while !bytes.is_empty() {
            bytes = match self.state {
                State::Literal { left } => {
                    let (now, rest) = bytes.split_at(left.min(bytes.len()));
                    if self.kind != Some(Kind::Aside) {
                        out.extend_from_slice(now);
                    }
                    let left = left.saturating_sub(now.len());
                    self.state = if left == 0 { State::Line } else { State::Literal { left } };
                    rest
                }
                State::Line => {
                    let end = bytes.iter().position(|&b| b == b'\n').map(|at| at.saturating_add(1));
                    let (now, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
                    self.line.extend_from_slice(now);
                    if self.line.len() > limits::doors::IMAP_LINE {
                        return Err(Trip::Line);
                    }
                    if end.is_some() {
                        self.end_of_line(out)?;
                    }
                    rest
                }
            };
        }
        Ok(())
    }

    fn end_of_line(&mut self, out: &mut Vec<u8>) -> Result<(), Trip> {
        let mut line = std::mem::take(&mut self.line);
        // Some servers end a line with LF alone; the parser wants CRLF.
        while matches!(line.last(), Some(b'\r' | b'\n')) {
            line.pop();
        }
        let kind = *self.kind.get_or_insert_with(|| kind(&line));
        let literal = match kind {
            Kind::Status => {
                mend_status(&mut line);
                None
            }
            Kind::Fetch | Kind::Data | Kind::Aside => self.check(kind, &mut line)?,
        };
        match kind {
            Kind::Aside => self.put_aside(&line),
            Kind::Status | Kind::Fetch | Kind::Data => {
                out.extend_from_slice(&line);
                out.extend_from_slice(b"\r\n");
            }
        }
        match literal {
            Some(0) => {}
            Some(left) => self.state = State::Literal { left },
            None => (self.kind, self.opened, self.closed, self.literals) = (None, 0, 0, 0),
        }
        // The room is used again, but not kept when it was large.
        line.clear();
        line.shrink_to(4096);
        self.line = line;
        Ok(())
    }

    /// Counts parentheses (quoted or not: a quotation mark in an attribute that the parser does not know would hide them)
    /// and finds the literal that begins at the end of this line.
    ///
    /// In a FETCH a literal is taken only behind a space and inside the outer parentheses alone. At any other place
    /// imap-proto 0.17 can take `{n}` for part of an unknown attribute's value, and would then read the literal's bytes
    /// as attributes, BODYSTRUCTURE with its unbounded recursion among them.
    fn check(&mut self, kind: Kind, line: &mut Vec<u8>) -> Result<Option<usize>, Trip> {
        if kind == Kind::Fetch {
            mend_fetch(line);
            if [&b"BODYSTRUCTURE"[..], b"ENVELOPE"].iter().any(|word| find_no_case(line, word).is_some()) {
                return Err(Trip::Form);
            }
        }
        let count = |wanted: u8| line.iter().filter(|&&b| b == wanted).count();
        self.opened = self.opened.saturating_add(count(b'('));
        self.closed = self.closed.saturating_add(count(b')'));
        if self.opened > limits::doors::IMAP_PARENTHESES {
            return Err(Trip::Parentheses);
        }
        let Some((octets, spaced)) = literal(line) else { return Ok(None) };
        self.literals = self.literals.saturating_add(1);
        if self.literals > limits::doors::IMAP_LITERALS {
            return Err(Trip::Literals);
        }
        let place = spaced && (kind != Kind::Fetch || self.opened == self.closed.saturating_add(1));
        if !place {
            return Err(Trip::Form);
        }
        match usize::try_from(octets) {
            Ok(octets) if octets <= self.bounds.literal => Ok(Some(octets)),
            _ => Err(Trip::Literal(octets)),
        }
    }

    fn put_aside(&mut self, line: &[u8]) {
        let begins = [&b"* NAMESPACE "[..], b"* CAPABILITY ", b"* MYRIGHTS ", b"* QUOTA "];
        let of_use = begins.iter().any(|begin| starts_no_case(line, begin));
        if of_use && self.aside.len() < limits::doors::IMAP_ASIDE {
            self.aside.push(String::from_utf8_lossy(line).into_owned());
        }
    }
}

/// What a first line begins. Only what Tidings asks for or must hear reaches the parser: in imap-proto 0.17 ID and METADATA
/// can panic, and a line that it does not know (NAMESPACE, ESEARCH, a vendor's own) ends the connection.
fn kind(line: &[u8]) -> Kind {
    let Some(rest) = line.strip_prefix(b"* ") else {
        // Blank lines between answers were seen; they mean nothing.
        return if line.is_empty() { Kind::Aside } else { Kind::Status };
    };
    let mut words = rest.split(|&b| b == b' ');
    let first = words.next().unwrap_or_default().to_ascii_uppercase();
    match first.as_slice() {
        b"OK" | b"NO" | b"BAD" | b"BYE" | b"PREAUTH" => Kind::Status,
        b"FLAGS" | b"LIST" | b"LSUB" | b"STATUS" | b"SEARCH" => Kind::Data,
        number if !number.is_empty() && number.iter().all(u8::is_ascii_digit) => {
            match words.next().unwrap_or_default().to_ascii_uppercase().as_slice() {
                b"FETCH" => Kind::Fetch,
                b"EXISTS" | b"RECENT" | b"EXPUNGE" => Kind::Data,
                _ => Kind::Aside,
            }
        }
        _ => Kind::Aside,
    }
}

/// imap-proto 0.17 cuts one byte off the text behind a response code and panics when that is half a character.
fn mend_status(line: &mut Vec<u8>) {
    let bare = |pair: &[u8]| matches!(pair, [b']', b] if !b.is_ascii());
    if line.windows(2).any(bare) {
        let mut mended = Vec::with_capacity(line.len().saturating_add(8));
        for (at, &byte) in line.iter().enumerate() {
            mended.push(byte);
            if line.get(at..at.saturating_add(2)).is_some_and(bare) {
                mended.push(b' ');
            }
        }
        *line = mended;
    }
}

/// imap-proto 0.17 panics at `INTERNALDATE NIL`.
fn mend_fetch(line: &mut Vec<u8>) {
    const NIL: &[u8] = b"INTERNALDATE NIL";
    if find_no_case(line, NIL).is_none() {
        return;
    }
    let mut mended = Vec::with_capacity(line.len());
    let mut rest = line.as_slice();
    while let Some((before, after)) = find_no_case(rest, NIL).and_then(|at| rest.split_at_checked(at)) {
        mended.extend_from_slice(before);
        mended.extend_from_slice(b"INTERNALDATE \"\"");
        rest = after.get(NIL.len()..).unwrap_or_default();
    }
    mended.extend_from_slice(rest);
    *line = mended;
}

/// The literal announced at the end of a line, and whether a space stands before it.
fn literal(line: &[u8]) -> Option<(u64, bool)> {
    let inner = line.strip_suffix(b"}")?;
    let brace = inner.iter().rposition(|&b| b == b'{')?;
    let (before, digits) = inner.split_at_checked(brace)?;
    let digits = digits.strip_prefix(b"{")?;
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // Too many digits for a number are too many octets for any bound.
    let octets = std::str::from_utf8(digits).ok()?.parse().unwrap_or(u64::MAX);
    Some((octets, before.ends_with(b" ")))
}

fn starts_no_case(line: &[u8], word: &[u8]) -> bool {
    line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

fn find_no_case(line: &[u8], word: &[u8]) -> Option<usize> {
    line.windows(word.len()).position(|window| window.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used)]

    use proptest::prelude::*;

    use super::{Bounds, Frame, Trip};

    /// Feeds the input whole, then byte by byte: both must give the same.
    fn feed(input: &[u8]) -> (Result<String, Trip>, Vec<String>) {
        let run = |size: usize| {
            let (mut frame, mut out) = (Frame::default(), Vec::new());
            frame.allow(Bounds { literal: 1000, answer: 2_000_000 });
            let end = input.chunks(size).try_for_each(|chunk| frame.push(chunk, &mut out));
            (end.map(|()| String::from_utf8_lossy(&out).into_owned()), frame.take_aside())
        };
        let whole = run(input.len().max(1));
        assert_eq!(whole, run(1));
        whole
    }

    fn check(input: &str, expected: &str) {
        assert_eq!(feed(input.as_bytes()).0.as_deref(), Ok(expected));
    }

    fn trips(input: &str, expected: Trip) {
        assert_eq!(feed(input.as_bytes()).0, Err(expected));
    }

    #[test]
    fn passes_on_what_the_parser_may_see() {
        for same in [
            "* OK [CAPABILITY IMAP4rev1] ready {5}\r\n",
            "* 2 FETCH (FLAGS () BODY[] {5}\r\nab(\r\n UID 9 INTERNALDATE \"13-Jan-2027 09:40:02 +0000\")\r\nA1 OK done\r\n",
            "* LIST (\\Noselect) \"/\" {3}\r\n((( \r\n+ idling\r\n",
            "* SEARCH 1 2 3\r\n* 5 EXISTS\r\n",
            "* 1 FETCH (UID 5 BODY[HEADER.FIELDS (MESSAGE-ID)] {0}\r\n)\r\n",
        ] {
            check(same, same);
        }
    }

    #[test]
    fn puts_aside_or_drops_the_rest() {
        check("* ID (\"a\" NIL)\r\n\r\n* METADATA \"\" (/x {3}\r\nabc)\r\nA1 OK\r\n", "A1 OK\r\n");
        let (out, aside) = feed(b"* namespace ((\"INBOX.\" \".\")) NIL NIL\r\n* CAPABILITY imap4rev2\r\n* XFOO\r\n");
        assert_eq!(out.as_deref(), Ok(""));
        assert_eq!(aside, ["* namespace ((\"INBOX.\" \".\")) NIL NIL", "* CAPABILITY imap4rev2"]);
    }

    #[test]
    fn mends_what_the_parser_panics_at() {
        check("A1 NO [ALERT]ü\r\n", "A1 NO [ALERT] ü\r\n");
        check("* 1 FETCH (internaldate nil UID 3)\r\n", "* 1 FETCH (INTERNALDATE \"\" UID 3)\r\n");
        check(
            "* 1 FETCH (INTERNALDATE NIL INTERNALDATE NIL)\r\n",
            "* 1 FETCH (INTERNALDATE \"\" INTERNALDATE \"\")\r\n",
        );
        check("* 5 EXISTS\n", "* 5 EXISTS\r\n");
    }

    #[test]
    fn trips_on_what_is_too_much() {
        trips("* 1 FETCH (BODY[] {500000000}\r\n", Trip::Literal(500_000_000));
        trips("* 1 FETCH (BODY[] {99999999999999999999999}\r\n", Trip::Literal(u64::MAX));
        trips(&format!("* SEARCH {}", "1 ".repeat(200_000)), Trip::Line);
        trips(&format!("* 1 FETCH {}\r\n", "(".repeat(20_000)), Trip::Parentheses);
        trips(&format!("* 1 FETCH ({}\r\n", "BODY[] {1}\r\nx ".repeat(20)), Trip::Literals);
        trips(&"* 1 EXISTS\r\n".repeat(200_000), Trip::Answer);
    }

    #[test]
    fn trips_where_the_parser_would_not_see_a_literal() {
        trips("* 1 FETCH (UID 1 BODYSTRUCTURE (\"text\" \"plain\"))\r\n", Trip::Form);
        trips("* 1 FETCH (X (a {90}\r\nz) BODY", Trip::Form);
        trips("* 1 FETCH (X y{90}\r\nz BODY", Trip::Form);
        trips("* 1 FETCH (X \"(\" BODY[] {90}\r\n", Trip::Form);
    }

    proptest! {
        /// Whatever comes: no panic, and nothing that the frame lets through makes imap-proto panic.
        #[test]
        fn survives_everything(parts in proptest::collection::vec(prop_oneof![
            Just("* ".to_owned()), Just("1 FETCH (".to_owned()), Just("BODY[] {3}\r\n".to_owned()), Just("\r\n".to_owned()),
            Just("INTERNALDATE NIL".to_owned()), Just("OK [ALERT]".to_owned()), Just("\"".to_owned()), Just("é".to_owned()),
            Just("LIST () \"/\" ".to_owned()), Just(") ".to_owned()), Just("A1 NO ".to_owned()), "\\PC{0,6}",
        ], 0..24)) {
            let (mut frame, mut out) = (Frame::default(), Vec::new());
            if frame.push(parts.concat().as_bytes(), &mut out).is_ok() {
                let mut rest = out.as_slice();
                while let Ok((left, _)) = async_imap::imap_proto::Response::parse(rest) {
                    rest = left;
                }
            }
        }
    }
}
