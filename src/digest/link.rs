//! Where the link of a mail leads: into the person's webmail.

use std::collections::BTreeMap;

use crate::limits;

/// The webmail of each account that has one, by the account's name.
pub type Links<'a> = BTreeMap<&'a str, &'a Webmail>;

/// What stands for the Message-ID in a template.
const PLACEHOLDER: &str = "{message_id}";

/// The address under which a webmail shows a mail, with one place for the Message-ID behind its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webmail {
    before: String,
    after: String,
}

impl Webmail {
    /// Takes a template apart; `None` unless it has one place for the Message-ID, and that not in scheme or host. What else
    /// may stand in it is the configuration's to say.
    pub fn parse(template: &str) -> Option<Self> {
        let (before, after) = template.split_once(PLACEHOLDER)?;
        let (_, rest) = before.split_once("://")?;
        let is_whole = !after.contains(PLACEHOLDER) && rest.contains(['/', '?', '#']);
        is_whole.then(|| Self { before: before.to_owned(), after: after.to_owned() })
    }

    /// As it was written.
    pub fn as_written(&self) -> String {
        format!("{}{PLACEHOLDER}{}", self.before, self.after)
    }

    /// The address of a mail: of its Message-ID all but what is unreserved (RFC 3986 section 2.3) is percent-encoded, so that it
    /// stays where the template has it. `None` for an id that is empty or far too long, and for one of dots alone, which a
    /// browser would take for a step up, encoded or not.
    pub fn url(&self, message_id: &str) -> Option<String> {
        if message_id.bytes().all(|byte| byte == b'.') {
            return None;
        }
        let encoded = percent_encoded(message_id, b"-._~");
        (encoded.len() <= limits::judgement::DIGEST_MID).then(|| format!("{}{encoded}{}", self.before, self.after))
    }
}

/// A text in which all is percent-encoded but ASCII letters, digits and these signs (RFC 3986 section 2.1).
pub fn percent_encoded(text: &str, signs: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || signs.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::Webmail;

    #[test]
    fn a_template_has_one_place_behind_the_host() {
        for good in ["https://m.example/{message_id}", "https://m.example/#s/rfc822msgid:{message_id}?x"] {
            assert_eq!(Webmail::parse(good).unwrap().as_written(), good);
        }
        for bad in [
            "",
            "https://m.example/",
            "https://{message_id}",
            "https://{message_id}.example/",
            "{message_id}://m.example/",
            "https://m.example/{message_id}/{message_id}",
        ] {
            assert_eq!(Webmail::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn no_id_leaves_its_place() {
        let webmail = Webmail::parse("https://m.example/#s/{message_id}/x").unwrap();
        let check = |id: &str, expected: Option<&str>| {
            let expected = expected.map(|id| format!("https://m.example/#s/{id}/x"));
            assert_eq!(webmail.url(id), expected, "{id}");
        };
        check("a.b-c@example.org", Some("a.b-c%40example.org"));
        check("../../x?y=1&z#w@d\" onclick=x", Some("..%2F..%2Fx%3Fy%3D1%26z%23w%40d%22%20onclick%3Dx"));
        check("{message_id}", Some("%7Bmessage_id%7D"));
        check("é\r\n%41@x", Some("%C3%A9%0D%0A%2541%40x"));
        check("", None);
        check(".", None);
        check("..", None);
        check(&"x".repeat(300), None);
    }
}
