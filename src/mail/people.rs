//! Address fields: names, addresses, groups and comments, as they really come (RFC 5322 section 3.4).

use crate::limits;
use crate::model::message::Address;

use super::notes::Notes;
use super::{clean, words};

/// Reads an address field: in order, groups opened, at most `limits::mail::MAIL_ADDRESSES`. Encoded words are decoded in
/// names, in comments and (against the standard, as senders do) between quotation marks; an encoded word never makes
/// an address.
pub fn addresses(raw: &[u8], hint: Option<&str>, notes: &mut Notes) -> Vec<Address> {
    let mut reader = Reader { hint, notes, found: Vec::new(), entry: Entry::default() };
    let mut rest = raw;
    while let Some(&b) = rest.first() {
        let used = reader.take(b, rest);
        rest = rest.get(used.max(1)..).unwrap_or_default();
        if reader.found.len() >= limits::mail::MAIL_ADDRESSES {
            reader.notes.add("more addresses than are read");
            return reader.found;
        }
    }
    reader.finish();
    reader.found
}

/// The domain of an address, lower case; `None` where there is none.
pub fn domain(address: &str) -> Option<String> {
    let (_, domain) = address.rsplit_once('@')?;
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    (!domain.is_empty()).then_some(domain)
}

/// One address that is being read.
#[derive(Default)]
struct Entry {
    phrase: Vec<u8>,
    comment: Vec<u8>,
    angle: Option<Vec<u8>>,
    /// Whether something stood between quotation marks: such a phrase is a name, whatever is in it.
    is_quoted: bool,
}

struct Reader<'a> {
    hint: Option<&'a str>,
    notes: &'a mut Notes,
    found: Vec<Address>,
    entry: Entry,
}

impl Reader<'_> {
    /// Takes what begins with this octet; returns how many octets that was.
    fn take(&mut self, b: u8, rest: &[u8]) -> usize {
        let inner = rest.get(1..).unwrap_or_default();
        match b {
            b'"' => {
                let (text, used) = quoted(inner);
                self.entry.is_quoted = true;
                self.entry.phrase.extend(text);
                used + 1
            }
            b'(' => {
                let (text, used) = comment(inner);
                if !self.entry.comment.is_empty() {
                    self.entry.comment.push(b' ');
                }
                self.entry.comment.extend(text);
                used + 1
            }
            b'<' => {
                let (text, used) = angle(inner);
                self.entry.angle = Some(text);
                used + 1
            }
            // Commas stand in encoded words of senders that do not know better.
            b'=' if words::word(rest).is_some() => {
                let len = words::word(rest).map_or(1, |word| word.len);
                self.entry.phrase.extend(rest.iter().take(len));
                len
            }
            b',' | b';' => {
                self.finish();
                1
            }
            // What closes a bracket that was never opened, or twice.
            b'>' => 1,
            // The name of a group; "mailto:" is none, and neither is what follows an at sign (domain literals).
            b':' if self.entry.angle.is_none() && !self.entry.phrase.contains(&b'@') => {
                self.entry = Entry::default();
                1
            }
            _ => {
                self.entry.phrase.push(b);
                1
            }
        }
    }

    fn finish(&mut self) {
        let Entry { phrase, comment, angle, is_quoted } = std::mem::take(&mut self.entry);
        let mut name = self.text(&phrase);
        let comment = self.text(&comment);
        let address = match angle {
            Some(angle) => clean_address(&angle),
            None if phrase.contains(&b'@') && !is_quoted => {
                let bare = String::from_utf8_lossy(&phrase).into_owned();
                let at = bare.split_whitespace().find(|word| word.contains('@')).unwrap_or_default().to_owned();
                name = name.replacen(&at, "", 1).trim().to_owned();
                clean_address(at.as_bytes())
            }
            None if is_quoted && phrase.contains(&b'@') => {
                name.clear();
                clean_address(&phrase)
            }
            // No address at all: whatever stood there, so that it is seen.
            None => clean::line(&std::mem::take(&mut name), limits::mail::MAIL_NAME_CHARS),
        };
        if name.is_empty() {
            name = comment;
        }
        if !address.is_empty() {
            self.found.push(Address { name: Some(name).filter(|name| !name.is_empty()), address });
        } else if !name.is_empty() {
            self.found.push(Address { name: None, address: name });
        }
    }

    fn text(&mut self, raw: &[u8]) -> String {
        clean::line(&words::decode(raw, self.hint, self.notes), limits::mail::MAIL_NAME_CHARS)
    }
}

/// Up to the closing quotation mark, escapes undone; what is never closed ends at the end.
fn quoted(rest: &[u8]) -> (Vec<u8>, usize) {
    let mut out = Vec::new();
    let mut octets = rest.iter().copied().enumerate();
    while let Some((at, b)) = octets.next() {
        match b {
            b'"' => return (out, at + 1),
            b'\\' => out.extend(octets.next().map(|(_, b)| b)),
            _ => out.push(b),
        }
    }
    (out, rest.len())
}

/// Up to the closing parenthesis; comments nest.
fn comment(rest: &[u8]) -> (Vec<u8>, usize) {
    let mut out = Vec::new();
    let mut depth = 0usize;
    let mut octets = rest.iter().copied().enumerate();
    while let Some((at, b)) = octets.next() {
        match b {
            b')' if depth == 0 => return (out, at + 1),
            b')' => depth -= 1,
            b'(' => depth += 1,
            b'\\' => {
                out.extend(octets.next().map(|(_, b)| b));
                continue;
            }
            _ => {}
        }
        out.push(b);
    }
    (out, rest.len())
}

/// Up to the closing bracket outside quotation marks.
fn angle(rest: &[u8]) -> (Vec<u8>, usize) {
    let mut is_quoted = false;
    for (at, &b) in rest.iter().enumerate() {
        match b {
            b'"' => is_quoted = !is_quoted,
            b'>' if !is_quoted => return (rest.get(..at).unwrap_or_default().to_vec(), at + 1),
            _ => {}
        }
    }
    (rest.to_vec(), rest.len())
}

/// Without white space, route (RFC 5322 section 4.4) or `mailto:`; the domain in lower case.
fn clean_address(raw: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(raw)
        .chars()
        .filter(|&c| !c.is_whitespace() && !clean::is_invisible(c))
        .take(limits::mail::MAIL_NAME_CHARS)
        .collect();
    let text = text.rsplit('<').next().unwrap_or_default().trim_end_matches('>');
    let text = match text.strip_prefix('@') {
        Some(route) => route.split_once(':').map_or(text, |(_, address)| address),
        None => text,
    };
    let text = text.strip_prefix("mailto:").unwrap_or(text);
    match text.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", domain.to_lowercase()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{addresses, domain};
    use crate::mail::notes::Notes;

    fn check(raw: &str, expected: &[(&str, &str)]) {
        let found = addresses(raw.as_bytes(), None, &mut Notes::default());
        let found: Vec<(&str, &str)> =
            found.iter().map(|a| (a.name.as_deref().unwrap_or_default(), a.address.as_str())).collect();
        assert_eq!(found, expected, "{raw}");
    }

    #[test]
    fn addresses_are_read_as_the_standard_says() {
        check("ada@Example.ORG", &[("", "ada@example.org")]);
        check("Ada Lovelace <ada@example.org>, b@c", &[("Ada Lovelace", "ada@example.org"), ("", "b@c")]);
        check("\"Lovelace, Ada\" <Ada@example.org>", &[("Lovelace, Ada", "Ada@example.org")]);
        check("ada@example.org (Ada (the first))", &[("Ada (the first)", "ada@example.org")]);
        check("Team: a@b, C <c@d>;, e@f", &[("", "a@b"), ("C", "c@d"), ("", "e@f")]);
        check("undisclosed-recipients:;", &[]);
        check("<@a,@b:c@d>", &[("", "c@d")]);
        check("\"a\\\"b\" <x@y>", &[("a\"b", "x@y")]);
        check("\"strange local\"@x.org", &[("", "strangelocal@x.org")]);
        check("", &[]);
    }

    #[test]
    fn names_are_decoded() {
        check("=?utf-8?Q?S=C3?= =?utf-8?Q?=B6ren?= <s@x>", &[("Sören", "s@x")]);
        check("\"=?utf-8?Q?S=C3=B6ren?=\" <s@x>", &[("Sören", "s@x")]);
        check("=?utf-8?Q?Lovelace,_Ada?= <a@x>", &[("Lovelace, Ada", "a@x")]);
    }

    #[test]
    fn an_encoded_word_makes_no_address() {
        check("=?utf-8?Q?boss=40work.example?= <evil@x>", &[("boss@work.example", "evil@x")]);
        check("\"boss@work.example\" <evil@x>", &[("boss@work.example", "evil@x")]);
    }

    #[test]
    fn careless_fields_are_read() {
        check("Ada ada@example.org", &[("Ada", "ada@example.org")]);
        check("Ada <ada@example.org", &[("Ada", "ada@example.org")]);
        check("<Ada <ada@example.org>>", &[("", "ada@example.org")]);
        check("MAILER-DAEMON", &[("", "MAILER-DAEMON")]);
        check("a@b;c@d", &[("", "a@b"), ("", "c@d")]);
        check("\"never closed <a@b>", &[("", "a@b")]);
    }

    #[test]
    fn domains() {
        assert_eq!(domain("a@B.org."), Some("b.org".to_owned()));
        assert_eq!(domain("a"), None);
    }
}
