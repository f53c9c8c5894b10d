//! Mailbox names: the configuration's spelling to the server's and back.

use base64::Engine as _;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{GeneralPurpose, general_purpose::NO_PAD};

use super::fault::ImapError;
use crate::model::mailbox::Mailbox;

/// Modified base64 (RFC 3501 section 5.1.3). Decoders differ in whether stray bits matter; here they do.
const BASE64: GeneralPurpose = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);

/// How this server writes names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// What stands between levels; `None` where there are none.
    delimiter: Option<char>,
    /// What stands before every personal mailbox but INBOX: `INBOX.`, decoded; usually nothing.
    prefix: String,
    /// Prefixes of other users' and shared mailboxes, which are written out.
    others: Vec<String>,
}

impl Default for Names {
    /// What most servers do: `/`, no prefix.
    fn default() -> Self {
        Self { delimiter: Some('/'), prefix: String::new(), others: Vec::new() }
    }
}

impl Names {
    /// With this delimiter and no prefix.
    pub fn with_delimiter(delimiter: Option<char>) -> Self {
        Self { delimiter, ..Self::default() }
    }

    /// Reads an untagged NAMESPACE line (RFC 2342 section 5); `None` where there is no personal namespace in it.
    pub fn of_namespace(line: &str) -> Option<Self> {
        let mut groups = Groups::new(line.get(12..)?);
        let personal = groups.next_group()?;
        let (prefix, delimiter) = personal.into_iter().next()?;
        let mut others = Vec::new();
        while let Some(group) = groups.next_group() {
            others.extend(group.into_iter().map(|(prefix, _)| prefix).filter(|prefix| !prefix.is_empty()));
        }
        Some(Self { delimiter, prefix, others })
    }

    /// The name as it goes over the wire, not yet quoted: printable ASCII only.
    ///
    /// # Errors
    /// `Name` when a level holds the server's delimiter, or the server has no levels, or a level is empty.
    pub fn to_server(&self, mailbox: &Mailbox) -> Result<String, ImapError> {
        let fault = |why| ImapError::Name { mailbox: mailbox.to_string(), why };
        if mailbox.as_str() == "INBOX" {
            return Ok("INBOX".to_owned());
        }
        let levels: Vec<&str> = mailbox.as_str().split('/').collect();
        if levels.iter().any(|level| level.is_empty()) {
            return Err(fault("a level of its name is empty"));
        }
        let name = match self.delimiter {
            None if levels.len() > 1 => return Err(fault("the server has no mailboxes inside mailboxes")),
            None => mailbox.to_string(),
            Some(delimiter) => {
                if delimiter != '/' && mailbox.as_str().contains(delimiter) {
                    return Err(fault(
                        "it holds the character that this server writes between levels; write \"/\" for it",
                    ));
                }
                levels.join(&delimiter.to_string())
            }
        };
        let starts = |prefix: &String| !prefix.is_empty() && starts_no_case(&name, prefix);
        let whole = starts(&self.prefix) || self.others.iter().any(starts);
        Ok(encode(&if whole { name } else { format!("{}{name}", self.prefix) }))
    }

    /// A name as LIST gave it, quotes and backslashes undone; `None` where the configuration cannot write it.
    pub fn from_server(&self, raw: &str) -> Option<Mailbox> {
        let name = decode(raw);
        if name.eq_ignore_ascii_case("INBOX") {
            return Some(Mailbox::new("INBOX"));
        }
        let name = match name.get(..self.prefix.len()) {
            Some(start) if start.eq_ignore_ascii_case(&self.prefix) => name.get(self.prefix.len()..)?,
            _ => name.as_str(),
        };
        match self.delimiter {
            Some('/') => Some(Mailbox::new(name)),
            Some(_) | None if name.contains('/') => None,
            Some(delimiter) => Some(Mailbox::new(name.replace(delimiter, "/"))),
            None => Some(Mailbox::new(name)),
        }
    }
}

/// A quoted string (RFC 3501 section 4.3) of what is printable ASCII already.
pub fn quote(ascii: &str) -> String {
    format!("\"{}\"", ascii.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Undoes the backslashes that imap-proto leaves in quoted strings.
pub fn unescape(quoted: &str) -> String {
    let mut out = String::with_capacity(quoted.len());
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' { chars.next().unwrap_or('\\') } else { c });
    }
    out
}

/// UTF-8 to modified UTF-7 (RFC 3501 section 5.1.3). Control characters are encoded too, so nothing in it can end a line.
fn encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut foreign = String::new();
    let close = |foreign: &mut String, out: &mut String| {
        if !foreign.is_empty() {
            let utf16: Vec<u8> = foreign.encode_utf16().flat_map(u16::to_be_bytes).collect();
            out.push('&');
            out.push_str(&BASE64.encode(utf16));
            out.push('-');
            foreign.clear();
        }
    };
    for c in name.chars() {
        if !matches!(c, ' '..='~') {
            foreign.push(c);
            continue;
        }
        close(&mut foreign, &mut out);
        out.push(c);
        if c == '&' {
            out.push('-');
        }
    }
    close(&mut foreign, &mut out);
    out
}

/// Modified UTF-7 to UTF-8; what is none (servers with raw UTF-8 names were seen) stays as it stands.
fn decode(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let decoded = after.split_once('-').and_then(|(inside, left)| Some((decode_shift(inside)?, left)));
        match decoded {
            Some((text, left)) => {
                out.push_str(&text);
                rest = left;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn decode_shift(inside: &str) -> Option<String> {
    if inside.is_empty() {
        return Some("&".to_owned());
    }
    let bytes = BASE64.decode(inside).ok()?;
    let (pairs, []) = bytes.as_chunks::<2>() else { return None };
    String::from_utf16(&pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect::<Vec<_>>()).ok()
}

fn starts_no_case(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// The groups of a NAMESPACE line: `((prefix delimiter [extension])...)` or NIL, three times.
struct Groups<'a> {
    rest: &'a str,
}

impl<'a> Groups<'a> {
    fn new(rest: &'a str) -> Self {
        Self { rest }
    }

    /// The next group: decoded prefixes with their delimiters. `None` at the end, or where it cannot be read.
    fn next_group(&mut self) -> Option<Vec<(String, Option<char>)>> {
        match self.token()? {
            Token::Nil => return Some(Vec::new()),
            Token::Open => {}
            Token::Close | Token::Text(_) => return None,
        }
        let mut group = Vec::new();
        loop {
            match self.token()? {
                Token::Close => return Some(group),
                Token::Open => {}
                Token::Nil | Token::Text(_) => return None,
            }
            let Token::Text(prefix) = self.token()? else { return None };
            let delimiter = match self.token()? {
                Token::Text(text) => text.chars().next(),
                _ => None,
            };
            // Extensions (a name and a list each) are passed over.
            let mut depth = 1_u32;
            while depth > 0 {
                match self.token()? {
                    Token::Open => depth = depth.saturating_add(1),
                    Token::Close => depth = depth.saturating_sub(1),
                    Token::Nil | Token::Text(_) => {}
                }
            }
            group.push((decode(&prefix), delimiter));
        }
    }

    fn token(&mut self) -> Option<Token> {
        let text = self.rest.trim_start();
        let mut chars = text.char_indices();
        let (token, used) = match chars.next()?.1 {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '"' => {
                let mut escaped = false;
                let (end, _) = chars.find(|&(_, c)| {
                    let ends = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    ends
                })?;
                (Token::Text(unescape(text.get(1..end)?)), end.saturating_add(1))
            }
            _ => {
                let end = text.find([' ', '(', ')']).unwrap_or(text.len());
                let word = text.get(..end)?;
                (if word.eq_ignore_ascii_case("NIL") { Token::Nil } else { Token::Text(word.to_owned()) }, end)
            }
        };
        self.rest = text.get(used..)?;
        Some(token)
    }
}

enum Token {
    Open,
    Close,
    Nil,
    Text(String),
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::{Names, decode, encode, quote, unescape};
    use crate::model::mailbox::Mailbox;

    fn names(line: &str) -> Names {
        Names::of_namespace(line).unwrap()
    }

    fn check(names: &Names, ours: &str, theirs: &str) {
        assert_eq!(names.to_server(&Mailbox::new(ours)).unwrap(), theirs);
        assert_eq!(names.from_server(theirs), Some(Mailbox::new(ours)));
    }

    #[test]
    fn modified_utf7() {
        // The examples of RFC 3501 section 5.1.3.
        assert_eq!(decode("~peter/mail/&U,BTFw-/&ZeVnLIqe-"), "~peter/mail/台北/日本語");
        assert_eq!(encode("~peter/mail/台北/日本語"), "~peter/mail/&U,BTFw-/&ZeVnLIqe-");
        assert_eq!(encode("Grün & Blau"), "Gr&APw-n &- Blau");
        assert_eq!(encode("a\r\nb"), "a&AA0ACg-b");
        assert_eq!(encode("😀"), "&2D3eAA-");
        for odd in ["Grün", "&", "&x", "&AP-", "a&2D0-b"] {
            assert_eq!(decode(odd), odd);
        }
    }

    #[test]
    fn most_servers() {
        let plain = Names::default();
        check(&plain, "INBOX", "INBOX");
        check(&plain, "Held/Später", "Held/Sp&AOQ-ter");
        assert!(plain.to_server(&Mailbox::new("a//b")).is_err());
    }

    #[test]
    fn a_prefix_and_another_delimiter() {
        let courier = names("* NAMESPACE ((\"INBOX.\" \".\")) NIL ((\"shared.\" \".\"))");
        check(&courier, "Held/Work", "INBOX.Held.Work");
        check(&courier, "inbox", "INBOX");
        assert_eq!(courier.to_server(&Mailbox::new("INBOX/Held")).unwrap(), "INBOX.Held");
        assert_eq!(courier.to_server(&Mailbox::new("shared/Held")).unwrap(), "shared.Held");
        assert!(courier.to_server(&Mailbox::new("a.b")).is_err());
        assert_eq!(courier.from_server("INBOX.a/b"), None);
    }

    #[test]
    fn odd_namespaces() {
        let backslash = names("* NAMESPACE ((\"\" \"\\\\\" \"X-PARAM\" (\"a\" \"b\"))) NIL NIL");
        check(&backslash, "a/b", "a\\b");
        let flat = names("* NAMESPACE ((\"\" NIL)) NIL NIL");
        check(&flat, "Held", "Held");
        assert!(flat.to_server(&Mailbox::new("a/b")).is_err());
        for bad in ["* NAMESPACE NIL NIL NIL", "* NAMESPACE ((", "* NAMESPACE", "", "* NAMESPACE (\"\" \"/\")"] {
            assert_eq!(Names::of_namespace(bad), None);
        }
    }

    #[test]
    fn quoting() {
        assert_eq!(quote("a \"b\" \\"), "\"a \\\"b\\\" \\\\\"");
        assert_eq!(unescape("a \\\"b\\\" \\\\"), "a \"b\" \\");
    }

    proptest! {
        #[test]
        fn reads_what_it_writes(name in any::<String>()) {
            let wire = encode(&name);
            prop_assert!(wire.bytes().all(|b| matches!(b, b' '..=b'~')));
            prop_assert_eq!(decode(&wire), name);
        }

        #[test]
        fn survives_any_namespace(line in "\\* NAMESPACE [ ()\"\\\\NILa.é]{0,40}") {
            let _ = Names::of_namespace(&line);
        }
    }
}
