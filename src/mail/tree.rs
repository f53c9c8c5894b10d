//! The parts of a mail: multiparts and messages in messages opened line by line, without recursion, within bounds.

use std::borrow::Cow;

use crate::limits;

use super::fields::{self, Field};
use super::notes::Notes;
use super::params::Structured;
use super::transfer::Encoding;

/// One part of a mail.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// The index of the multipart or message around it; `None` for the mail itself.
    pub parent: Option<usize>,
    /// What it is to its children.
    pub kind: Kind,
    /// Content-Type; never empty: `text/plain` where nothing better stands there.
    pub media: Structured,
    /// Content-Disposition; an empty value where there is none.
    pub disposition: Structured,
    /// Content-Transfer-Encoding.
    pub encoding: Encoding,
    /// Whether it has a Content-ID.
    pub has_id: bool,
    /// Its octets as they came, without the line end before the next boundary.
    pub body: Cow<'a, [u8]>,
    /// Whether its end was seen.
    pub is_whole: bool,
}

/// What a part is to its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It has none.
    Leaf,
    /// multipart/*.
    Multipart,
    /// message/rfc822, opened.
    Message,
}

/// Splits a body into parts; the first is the mail itself, children stand after their parents, in order. Never empty,
/// at most `limits::mail::MAIL_PARTS`.
pub fn parts<'a>(header: &[Field<'_>], body: &'a [u8], notes: &mut Notes) -> Vec<Part<'a>> {
    let mut walk = Walk { body, parts: Vec::new(), open: Vec::new(), at: At::Nowhere, is_full: false, is_deep: false };
    walk.begin(Head::of(header, "text/plain"), 0);
    let mut line_start = 0;
    for line in body.split_inclusive(|&b| b == b'\n') {
        walk.line(line, line_start);
        line_start += line.len();
    }
    walk.end();
    if walk.is_full {
        notes.add("more parts than are read");
    }
    if walk.is_deep {
        notes.add("parts nested deeper than are read");
    }
    keep_unparted(&mut walk.parts, notes);
    walk.parts
}

/// Whether a part stands in an attached message, at any depth.
pub fn is_in_message(parts: &[Part<'_>], index: usize) -> bool {
    let above = |index: usize| parts.get(index).and_then(|part| part.parent);
    let mut around = std::iter::successors(above(index), |index| above(*index)).filter_map(|index| parts.get(index));
    around.any(|around| around.kind == Kind::Message)
}

/// A multipart in which no boundary was found is text that would be lost.
fn keep_unparted(parts: &mut [Part<'_>], notes: &mut Notes) {
    let mut is_parent = vec![false; parts.len()];
    for part in parts.iter() {
        if let Some(flag) = part.parent.and_then(|parent| is_parent.get_mut(parent)) {
            *flag = true;
        }
    }
    for (part, is_parent) in parts.iter_mut().zip(is_parent) {
        let is_multipart = part.kind == Kind::Multipart || part.media.value.starts_with("multipart/");
        if is_multipart && !is_parent {
            part.kind = Kind::Leaf;
            part.media.value = "text/plain".to_owned();
            notes.add("parts without a boundary");
        }
    }
}

/// The fields of a part that count here.
struct Head {
    media: Structured,
    disposition: Structured,
    encoding: Encoding,
    has_id: bool,
}

impl Head {
    fn of(list: &[Field<'_>], default: &str) -> Self {
        let first = |name: &str| list.iter().find(|field| field.is(name)).map(|field| field.value);
        let mut media = Structured::parse(first("Content-Type").unwrap_or_default());
        // "text" alone is an old spelling; what is no type at all is text as well (RFC 2045 section 5.2).
        if !media.value.contains('/') || media.value.ends_with('/') {
            media.value = if media.value.is_empty() { default.to_owned() } else { "text/plain".to_owned() };
        }
        let encoding = first("Content-Transfer-Encoding").unwrap_or_default();
        Self {
            media,
            disposition: Structured::parse(first("Content-Disposition").unwrap_or_default()),
            encoding: Encoding::parse(String::from_utf8_lossy(encoding).trim()),
            has_id: first("Content-ID").is_some(),
        }
    }
}

/// A multipart or a message that is open.
struct Open {
    part: usize,
    /// Where its body starts.
    start: usize,
    /// `None` for a message: it ends where the part around it ends.
    boundary: Option<Vec<u8>>,
}

/// Where the walk stands.
enum At {
    /// Before the first boundary of a multipart, or after its last.
    Nowhere,
    /// In the header of a part that began here.
    Header { start: usize },
    /// In the body of a leaf.
    Body { part: usize, start: usize },
}

struct Walk<'a> {
    body: &'a [u8],
    parts: Vec<Part<'a>>,
    open: Vec<Open>,
    at: At,
    is_full: bool,
    is_deep: bool,
}

impl<'a> Walk<'a> {
    fn line(&mut self, line: &[u8], start: usize) {
        if line.starts_with(b"--") && self.boundary(line, start) {
            return;
        }
        let At::Header { start: header } = self.at else { return };
        let next = start + line.len();
        if line.trim_ascii().is_empty() && !line.starts_with(b" ") {
            self.header_ends(header, start, next);
        } else if header == start && !line.contains(&b':') && !line.starts_with(b"From ") {
            // No header at all, and its empty line forgotten: the text begins at once.
            self.header_ends(start, start, start);
        }
    }

    /// Whether this line is a boundary of an open multipart: the whole line, but for white space (RFC 2046 section
    /// 5.1.1). One boundary may be the beginning of another, and may stand in running text.
    fn boundary(&mut self, line: &[u8], start: usize) -> bool {
        let line = line.trim_ascii_end();
        let found = self.open.iter().enumerate().rev().find_map(|(level, open)| {
            let rest = line.strip_prefix(b"--")?.strip_prefix(open.boundary.as_deref()?)?;
            matches!(rest, b"" | b"--").then_some((level, !rest.is_empty()))
        });
        let Some((level, is_last)) = found else { return false };
        self.close_leaf(start, Close::Boundary);
        self.close_to(level + usize::from(!is_last), start, Close::Boundary);
        self.at = if is_last { At::Nowhere } else { At::Header { start: start + line_len(self.body, start) } };
        true
    }

    fn header_ends(&mut self, from: usize, to: usize, next: usize) {
        let block = self.body.get(from..to).unwrap_or_default();
        let list = fields::fields(block).list;
        let in_digest = self.open.last().and_then(|open| self.parts.get(open.part));
        let in_digest = in_digest.is_some_and(|part| part.media.value == "multipart/digest");
        self.begin(Head::of(&list, if in_digest { "message/rfc822" } else { "text/plain" }), next);
    }

    /// Begins a part whose body starts at `start`.
    fn begin(&mut self, mut head: Head, start: usize) {
        self.at = At::Nowhere;
        if self.parts.len() >= limits::mail::MAIL_PARTS {
            self.is_full = true;
            return;
        }
        let part = self.parts.len();
        let parent = self.open.last().map(|open| open.part);
        let may_open = self.open.len() < limits::mail::MAIL_DEPTH;
        let is_multipart = head.media.value.starts_with("multipart/");
        let is_message = matches!(head.media.value.as_str(), "message/rfc822" | "message/global" | "message/news");
        if !may_open && (is_multipart || is_message) {
            // What is not opened is shown as it came.
            self.is_deep = true;
            head.media.value = "text/plain".to_owned();
        }
        let boundary = is_multipart.then(|| self.boundary_of(&head, start)).flatten();
        let kind = match boundary {
            Some(boundary) if may_open => {
                self.open.push(Open { part, start, boundary: Some(boundary) });
                Kind::Multipart
            }
            _ if is_message && may_open && head.encoding == Encoding::Identity => {
                self.open.push(Open { part, start, boundary: None });
                self.at = At::Header { start };
                Kind::Message
            }
            _ => {
                self.at = At::Body { part, start };
                Kind::Leaf
            }
        };
        let Head { media, disposition, encoding, has_id } = head;
        // A leaf's octets are known at its end; what is opened keeps all that follows until then.
        let body = Cow::Borrowed(self.body.get(start..).unwrap_or_default());
        self.parts.push(Part { parent, kind, media, disposition, encoding, has_id, body, is_whole: false });
    }

    /// The boundary parameter. Where it is missing, or (in the mail itself) no line begins with it: the first line that
    /// looks like one.
    fn boundary_of(&self, head: &Head, start: usize) -> Option<Vec<u8>> {
        let named = head.media.raw("boundary").map(|raw| raw.trim_ascii_end().to_vec());
        let named = named.filter(|boundary| !boundary.is_empty());
        let mut lines = self.body.get(start..)?.split(|&b| b == b'\n').map(<[u8]>::trim_ascii_end);
        if let Some(boundary) = &named {
            let is_used = |line: &[u8]| line.strip_prefix(b"--").is_some_and(|line| line.starts_with(boundary));
            if !self.parts.is_empty() || lines.clone().any(is_used) {
                return named;
            }
        }
        let guessed = lines.by_ref().take(20).filter_map(|line| line.strip_prefix(b"--"));
        let guessed = guessed.filter(|mark| mark.len() >= 6 && !mark.contains(&b' ')).map(<[u8]>::to_vec).next();
        guessed.or(named)
    }

    fn close_leaf(&mut self, end: usize, by: Close) {
        match self.at {
            At::Body { part, start } => {
                if let Some(part) = self.parts.get_mut(part) {
                    let body = self.body.get(start..end).unwrap_or_default();
                    part.body = Cow::Borrowed(by.trim(body));
                    part.is_whole = by == Close::Boundary;
                }
            }
            // A part of a header only.
            At::Header { start } if start < end => {
                self.header_ends(start, end, end);
                if let At::Body { .. } = self.at {
                    self.close_leaf(end, by);
                }
            }
            At::Header { .. } | At::Nowhere => {}
        }
    }

    /// Closes what is open above a level: its octets end before `end`.
    fn close_to(&mut self, level: usize, end: usize, by: Close) {
        for open in self.open.drain(level.min(self.open.len())..) {
            if let Some(part) = self.parts.get_mut(open.part) {
                let body = self.body.get(open.start..end).unwrap_or_default();
                part.body = Cow::Borrowed(by.trim(body));
                part.is_whole = by == Close::Boundary;
            }
        }
    }

    fn end(&mut self) {
        let end = self.body.len();
        self.close_leaf(end, Close::EndOfMail);
        self.close_to(0, end, Close::EndOfMail);
        // The mail itself ends where it ends.
        if let [mail] = self.parts.as_mut_slice() {
            mail.is_whole = true;
        }
    }
}

/// What ends a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Close {
    /// A line with a boundary, to which the line end before it belongs (RFC 2046 section 5.1.1).
    Boundary,
    /// The end of what was fetched: more may follow.
    EndOfMail,
}

impl Close {
    fn trim(self, body: &[u8]) -> &[u8] {
        match self {
            Self::Boundary => without_line_end(body),
            Self::EndOfMail => body,
        }
    }
}

fn line_len(body: &[u8], start: usize) -> usize {
    let rest = body.get(start..).unwrap_or_default();
    rest.iter().position(|&b| b == b'\n').map_or(rest.len(), |at| at + 1)
}

fn without_line_end(body: &[u8]) -> &[u8] {
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    body.strip_suffix(b"\r").unwrap_or(body)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]
    use super::{Kind, Part, parts};
    use crate::mail::{fields, notes::Notes};

    fn read(mail: &str) -> Vec<Part<'_>> {
        let list = fields::fields(fields::header_block(mail.as_bytes())).list;
        parts(&list, fields::after_header(mail.as_bytes()), &mut Notes::default())
    }

    /// `media: body` of each leaf, indented by depth.
    fn check(mail: &str, expected: &[&str]) {
        let found = read(mail);
        let depth = |part: &Part<'_>| {
            let parents = std::iter::successors(part.parent, |parent| found[*parent].parent);
            parents.count()
        };
        let shown: Vec<String> = found
            .iter()
            .map(|part| {
                let body = if part.kind == Kind::Multipart { "*".into() } else { String::from_utf8_lossy(&part.body) };
                format!("{}{}: {}", ".".repeat(depth(part)), part.media.value, body.replace('\n', "|"))
            })
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn parts_are_told_apart() {
        let mail = "Content-Type: multipart/mixed; boundary=x\n\npre\n--x\n\none\n--x\nContent-Type: image/png\n\ntwo\n\n--x--\npost";
        check(mail, &["multipart/mixed: *", ".text/plain: one", ".image/png: two|"]);
        check("A: b\n\ntext\n--x\n", &["text/plain: text|--x|"]);
        check("Content-Type: text\n\nx", &["text/plain: x"]);
    }

    #[test]
    fn a_boundary_is_a_whole_line() {
        let mail =
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nuse --b\n--b or\n--bb\n--b--x\n--b \n\ntwo\n--b--\n";
        check(mail, &["multipart/mixed: *", ".text/plain: use --b|--b or|--bb|--b--x", ".text/plain: two"]);
        let inner = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; boundary=bb\n\n--bb\n\none\n--bb--\n--b\n\ntwo\n--b--";
        check(inner, &["multipart/mixed: *", ".multipart/alternative: *", "..text/plain: one", ".text/plain: two"]);
    }

    #[test]
    fn what_is_not_closed_ends_with_what_is_around_it() {
        let mail = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/related; boundary=c\n\n--c\n\none\n--b\n\ntwo";
        check(mail, &["multipart/mixed: *", ".multipart/related: *", "..text/plain: one", ".text/plain: two"]);
        assert!(!read(mail)[3].is_whole);
        assert!(read(mail)[2].is_whole);
    }

    #[test]
    fn messages_in_messages_are_opened() {
        let mail = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nSubject: s\n\ninner\n--b--";
        check(mail, &["multipart/mixed: *", ".message/rfc822: Subject: s||inner", "..text/plain: inner"]);
        let digest = "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: s\n\ninner\n--b--";
        check(digest, &["multipart/digest: *", ".message/rfc822: Subject: s||inner", "..text/plain: inner"]);
    }

    #[test]
    fn careless_parts_are_read() {
        check(
            "Content-Type: multipart/mixed\n\n--guessed\n\none\n--guessed--",
            &["multipart/mixed: *", ".text/plain: one"],
        );
        check(
            "Content-Type: multipart/mixed; boundary=wrong\n\n--other1\n\none\n--other1--",
            &["multipart/mixed: *", ".text/plain: one"],
        );
        check("Content-Type: multipart/mixed\n\nno parts", &["text/plain: no parts"]);
        check("Content-Type: multipart/mixed; boundary=b\n\nno parts", &["text/plain: no parts"]);
        let forgotten = "Content-Type: multipart/mixed; boundary=b\n\n--b\ntext at once\n\nmore\n--b--";
        check(forgotten, &["multipart/mixed: *", ".text/plain: text at once||more"]);
        let bare = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n--b--";
        check(bare, &["multipart/mixed: *", ".text/html: "]);
    }

    #[test]
    fn depth_and_number_are_bounded() {
        let nested = "Content-Type: message/rfc822\n\n".repeat(50_000);
        assert_eq!(read(&nested).len(), 33);
        let many = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(10_000));
        assert_eq!(read(&many).len(), 1_000);
    }
}
