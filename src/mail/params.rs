//! Content-Type and Content-Disposition: a value and its parameters (RFC 2045 section 5.1, RFC 2231).

use super::{charset, clean, notes::Notes, transfer, words};
use crate::limits;

/// A structured value with parameters.
#[derive(Clone, Debug, Default)]
pub struct Structured {
    /// What stands before the first semicolon: lower case, no white space, no comments.
    pub value: String,
    params: Vec<Param>,
}

#[derive(Clone, Debug)]
struct Param {
    /// Lower case, without section and asterisk.
    name: String,
    /// The section of a continuation (RFC 2231 section 3).
    section: Option<u32>,
    /// Whether the value is percent encoded (section 4).
    is_extended: bool,
    value: Vec<u8>,
}

impl Structured {
    /// Reads a raw field value. Never fails: what is no parameter is left out.
    pub fn parse(raw: &[u8]) -> Self {
        let mut pieces = pieces(raw).into_iter();
        let head = pieces.next().unwrap_or_default();
        let head = String::from_utf8_lossy(head.trim_ascii()).to_ascii_lowercase();
        let mut value: String = head.split_whitespace().next().unwrap_or_default().trim_matches('"').to_owned();
        value.retain(|c| !c.is_control());
        Self { value, params: pieces.filter_map(|piece| Param::parse(&piece)).collect() }
    }

    /// A parameter, decoded: sections are joined as octets and decoded once, so that no letter breaks between them.
    pub fn get(&self, name: &str, notes: &mut Notes) -> Option<String> {
        let mut sections: Vec<&Param> = self.of(name).filter(|param| param.section.is_some()).collect();
        sections.sort_by_key(|param| param.section);
        if sections.first().is_some_and(|param| param.section == Some(0)) {
            let in_a_row = sections.iter().zip(0u32..).take_while(|(param, n)| param.section == Some(*n));
            return Some(joined(&in_a_row.map(|(param, _)| *param).collect::<Vec<_>>(), notes));
        }
        let plain = |extended: bool| self.of(name).find(|p| p.section.is_none() && p.is_extended == extended);
        if let Some(param) = plain(true) {
            return Some(joined(&[param], notes));
        }
        // Encoded words are not allowed here, and everybody sends them (RFC 2047 section 5).
        plain(false).map(|param| words::decode(&param.value, None, notes))
    }

    /// A parameter as it stands, for those that are ASCII by nature.
    pub fn raw(&self, name: &str) -> Option<&[u8]> {
        self.of(name).find(|param| param.section.is_none()).map(|param| param.value.as_slice())
    }

    fn of<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Param> {
        self.params.iter().filter(move |param| param.name == name)
    }
}

impl Param {
    fn parse(piece: &[u8]) -> Option<Self> {
        let equals = piece.iter().position(|&b| b == b'=')?;
        let (name, value) = (piece.get(..equals)?.trim_ascii(), piece.get(equals + 1..)?);
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        let (name, is_extended) = match name.strip_suffix('*') {
            Some(name) => (name.to_owned(), true),
            None => (name, false),
        };
        let (name, section) = match name.split_once('*') {
            Some((name, section)) => (name.to_owned(), Some(section.parse().ok()?)),
            None => (name, None),
        };
        Some(Self { name, section, is_extended, value: value.to_vec() })
    }
}

/// Sections to text: the character set stands in the first (`utf-8'en'...`).
fn joined(sections: &[&Param], notes: &mut Notes) -> String {
    let mut label = None;
    let mut bytes = Vec::new();
    for (index, param) in sections.iter().enumerate() {
        if !param.is_extended {
            bytes.extend_from_slice(&param.value);
            continue;
        }
        let mut text = param.value.as_slice();
        if index == 0 {
            let mut split = param.value.splitn(3, |&b| b == b'\'');
            if let (Some(set), Some(_language), Some(rest)) = (split.next(), split.next(), split.next()) {
                label = Some(String::from_utf8_lossy(set).into_owned());
                text = rest;
            }
        }
        bytes.extend(transfer::percent(text));
    }
    let text = charset::decode(&bytes, label.as_deref(), notes);
    // Some senders put encoded words into sections.
    if text.contains("=?") { words::decode(text.as_bytes(), None, notes) } else { text }
}

/// Splits at semicolons outside quotation marks; drops comments, quotation marks, escapes, folds, and white space
/// around an equals sign and at the end, unless it is quoted.
fn pieces(raw: &[u8]) -> Vec<Vec<u8>> {
    let (mut out, mut piece) = (Vec::new(), Vec::new());
    let (mut quoted, mut comment, mut quoted_to) = (false, 0usize, 0);
    let mut rest = raw.iter().copied().peekable();
    let end = |piece: &mut Vec<u8>, quoted_to: usize| {
        while piece.len() > quoted_to && piece.last().is_some_and(u8::is_ascii_whitespace) {
            piece.pop();
        }
        std::mem::take(piece)
    };
    while let Some(b) = rest.next() {
        match b {
            b'\r' | b'\n' => {}
            // Windows paths in quotation marks are not escapes: only quotation mark and backslash can be.
            b'\\' if quoted && matches!(rest.peek(), Some(b'"' | b'\\')) => piece.extend(rest.next()),
            b'"' if comment == 0 => {
                quoted = !quoted;
                quoted_to = piece.len();
            }
            _ if quoted => piece.push(b),
            b'(' if comment > 0 || piece.last().is_none_or(u8::is_ascii_whitespace) => comment += 1,
            b')' if comment > 0 => comment -= 1,
            _ if comment > 0 => {}
            b';' => {
                out.push(end(&mut piece, quoted_to));
                quoted_to = 0;
            }
            _ if b.is_ascii_whitespace() && piece.last() == Some(&b'=') => {}
            _ => piece.push(b),
        }
    }
    out.push(end(&mut piece, quoted_to));
    out
}

/// A file name without any path, controls or endless length; empty for `.` and `..`.
pub fn file_name(text: &str) -> String {
    let name = clean::line(text, limits::mail::MAIL_NAME_CHARS);
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    if name.chars().all(|c| c == '.') { String::new() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{Structured, file_name};
    use crate::mail::notes::Notes;

    fn check(raw: &str, name: &str, expected: Option<&str>) {
        let mut notes = Notes::default();
        assert_eq!(Structured::parse(raw.as_bytes()).get(name, &mut notes).as_deref(), expected);
        assert!(notes.is_empty(), "{notes:?}");
    }

    #[test]
    fn values_and_parameters_are_read() {
        let check_value = |raw: &str, expected: &str| assert_eq!(Structured::parse(raw.as_bytes()).value, expected);
        check_value(" Text/Plain; charset=utf-8", "text/plain");
        check_value("text/plain charset=utf-8", "text/plain");
        check_value("(c) text/html (d)", "text/html");
        check_value("", "");
        check("a/b; Charset = \"utf-8\" ; x", "charset", Some("utf-8"));
        check("a/b; boundary=\"a;b\\\"c\"", "boundary", Some("a;b\"c"));
        check("a; filename=My file.pdf", "filename", Some("My file.pdf"));
        check("a; filename=report(2).pdf", "filename", Some("report(2).pdf"));
        check("a; filename=\"C:\\temp\\x.doc\"", "filename", Some("C:\\temp\\x.doc"));
        check("a; b", "b", None);
    }

    #[test]
    fn sections_are_joined_before_they_are_decoded() {
        check("a; f*0*=utf-8''%C3%9C; f*1*=b%C3; f*2*=%BC.txt", "f", Some("Übü.txt"));
        check("a; f*1=b.txt; f*0*=iso-8859-1'de'%DC", "f", Some("Üb.txt"));
        check("a; f*0=\"a; \"; f*1=\"b\"", "f", Some("a; b"));
        check("a; f=plain; f*=utf-8''%e2%82%ac", "f", Some("€"));
        check("a; f*=%e2%82%ac", "f", Some("€"));
        check("a; f*0=a; f*2=c", "f", Some("a"));
        check("a; f*99999999999=a", "f", None);
    }

    #[test]
    fn encoded_words_and_raw_letters_are_read_too() {
        check("a; f=\"=?utf-8?Q?=C3?= =?utf-8?Q?=9C.pdf?=\"", "f", Some("Ü.pdf"));
        check("a; f=\"Ü.pdf\"", "f", Some("Ü.pdf"));
    }

    #[test]
    fn file_names_have_no_path() {
        let check = |text: &str, expected: &str| assert_eq!(file_name(text), expected);
        check("../../etc/passwd", "passwd");
        check("C:\\a\\b.doc", "b.doc");
        check("..", "");
        check("a\u{202e}fdp.exe\r\n", "afdp.exe");
    }
}
