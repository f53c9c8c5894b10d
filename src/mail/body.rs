//! From the parts of a mail to its text: which parts are read, and how.

use super::flowed::{self, Space};
use super::notes::Notes;
use super::own::{self, Manner};
use super::tree::{Kind, Part};
use super::{charset, clean, html, phrases, transfer};
use crate::limits;

/// What was read of the parts.
#[derive(Clone, Debug, Default)]
pub struct Text {
    /// The sender's own text, at most `limits::mail::MAIL_OWN_TEXT_BYTES`.
    pub own: String,
    /// For each part, whether its text is in `own`, or another form of it is.
    pub is_read: Vec<bool>,
}

/// Reads the text of a mail: all inline text parts in order, of alternatives the plain one unless it says nothing.
pub fn read(parts: &[Part<'_>], manner: Manner, notes: &mut Notes) -> Text {
    let mut children = vec![Vec::new(); parts.len()];
    for (index, part) in parts.iter().enumerate() {
        if let Some(siblings) = part.parent.and_then(|parent| children.get_mut(parent)) {
            siblings.push(index);
        }
    }
    let is_read = vec![false; parts.len()];
    let mut reader = Reader { parts, children: &children, manner, notes, is_read, scope: Scope::ThisMessage };
    let mut own = reader.part(0);
    if !has_letters(&own) {
        // An attached message is all there is: what it says is better than nothing.
        reader.scope = Scope::MessagesInside;
        own = reader.part(0);
    }
    let is_read = reader.is_read;
    if clean::cut(&mut own, limits::mail::MAIL_OWN_TEXT_BYTES) {
        notes.add("text longer than is read");
    }
    if !has_letters(&own) {
        note_silence(parts, &is_read, notes);
    }
    Text { own, is_read }
}

/// Says why there is no text, where there should be one. A picture or an invitation alone needs none.
fn note_silence(parts: &[Part<'_>], is_read: &[bool], notes: &mut Notes) {
    const SECRET: &[&str] = &["application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"];
    if parts.iter().any(|part| SECRET.contains(&part.media.value.as_str())) {
        notes.add("encrypted or sealed: not read");
        return;
    }
    let mut texts = parts.iter().zip(is_read).filter(|(_, is_read)| **is_read);
    if texts.any(|(part, _)| !part.body.trim_ascii().is_empty()) {
        notes.add("no text found");
    }
}

/// How far the text reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    ThisMessage,
    MessagesInside,
}

struct Reader<'r, 'a> {
    parts: &'r [Part<'a>],
    children: &'r [Vec<usize>],
    manner: Manner,
    notes: &'r mut Notes,
    is_read: Vec<bool>,
    scope: Scope,
}

/// Octets up to which a plain form may be a mere pointer, and from which on the HTML form says much more.
const SHORT_TEXT: usize = 200;
const LONG_TEXT: usize = 2_000;

/// What a text is worth beside its alternatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    Nothing,
    Stub,
    Markup,
    Plain,
}

impl<'a> Reader<'_, 'a> {
    /// The own text of a part and all in it. Recursion is as deep as the tree, which is bounded.
    fn part(&mut self, index: usize) -> String {
        let parts = self.parts;
        let Some(part) = parts.get(index) else { return String::new() };
        match part.kind {
            Kind::Leaf if self.is_inline_text(index, part) => self.leaf(index, part),
            Kind::Leaf => String::new(),
            Kind::Message if self.scope == Scope::ThisMessage => String::new(),
            Kind::Multipart if part.media.value == "multipart/alternative" => self.alternative(index),
            Kind::Multipart | Kind::Message => {
                let children = self.children;
                let texts = children.get(index).into_iter().flatten().map(|child| self.part(*child));
                texts.collect::<Vec<_>>().iter().filter(|text| !text.is_empty()).fold(String::new(), |all, text| {
                    if all.is_empty() { text.clone() } else { format!("{all}\n\n{text}") }
                })
            }
        }
    }

    /// The form that says most: plain before HTML, and HTML before a plain part that only points to it.
    fn alternative(&mut self, index: usize) -> String {
        let children = self.children;
        let mut best = (Worth::Nothing, String::new());
        let (mut plain_len, mut markup_len) = (0, 0);
        let mut forms = Vec::new();
        for &child in children.get(index).into_iter().flatten() {
            let text = self.part(child);
            let said = words_only(&text).len();
            let is_plain = self.is_plain(child);
            *(if is_plain { &mut plain_len } else { &mut markup_len }) = said;
            forms.push((is_plain, text));
        }
        // "See our page for the newest stories" above a page of stories.
        let points_elsewhere = plain_len <= SHORT_TEXT && markup_len >= LONG_TEXT;
        for (is_plain, text) in forms {
            let worth = match () {
                () if !has_letters(&text) => Worth::Nothing,
                () if !is_plain => Worth::Markup,
                () if points_elsewhere || is_stub(&text) => Worth::Stub,
                () => Worth::Plain,
            };
            if worth > best.0 {
                best = (worth, text);
            }
        }
        best.1
    }

    /// Whether all text in a part is plain.
    fn is_plain(&self, index: usize) -> bool {
        let is_plain = self.parts.get(index).is_some_and(|part| match part.kind {
            Kind::Leaf => matches!(part.media.value.as_str(), "text/plain" | "text/markdown"),
            Kind::Multipart | Kind::Message => true,
        });
        let children = self.children.get(index).into_iter().flatten();
        is_plain && children.filter(|child| self.is_read.get(**child) == Some(&true)).all(|child| self.is_plain(*child))
    }

    /// Text that is shown in line: not an attachment, no file unless it says `inline`, and of a multipart/related only
    /// the root (RFC 2387). What is the whole mail is its text, whatever it calls itself.
    fn is_inline_text(&mut self, index: usize, part: &Part<'_>) -> bool {
        let is_text = match part.media.value.as_str() {
            "text/plain"
            | "text/html"
            | "text/enriched"
            | "text/richtext"
            | "text/markdown"
            | "text/x-markdown"
            | "application/xhtml+xml"
            | "message/delivery-status" => part.media.value != "message/delivery-status",
            "text/calendar"
            | "text/x-vcalendar"
            | "text/x-amp-html"
            | "text/watch-html"
            | "text/css"
            | "text/csv"
            | "text/vcard"
            | "text/x-vcard"
            | "text/directory"
            | "text/xml"
            | "text/rtf"
            | "text/rfc822-headers" => false,
            other => other.starts_with("text/"),
        };
        let Some(parent) = part.parent.and_then(|parent| self.parts.get(parent)) else { return is_text };
        if parent.kind == Kind::Message {
            return is_text;
        }
        let siblings = part.parent.and_then(|parent| self.children.get(parent));
        let is_first = siblings.and_then(|siblings| siblings.first()) == Some(&index);
        let disposition = part.disposition.value.as_str();
        let notes = &mut Notes::default();
        let has_name = part.media.get("name", notes).or_else(|| part.disposition.get("filename", notes)).is_some();
        let is_file = match disposition {
            "" => has_name && !is_first,
            "inline" => false,
            _ => true,
        };
        is_text && !is_file && (is_first || parent.media.value != "multipart/related" || !part.has_id)
    }

    fn leaf(&mut self, index: usize, part: &Part<'a>) -> String {
        if let Some(flag) = self.is_read.get_mut(index) {
            *flag = true;
        }
        let text = self.decoded(part);
        let is_html =
            matches!(part.media.value.as_str(), "text/html" | "application/xhtml+xml") || looks_like_html(&text);
        let text = if is_html {
            let page = html::read(&text);
            if page.is_all_hidden {
                self.notes.add("all text is hidden");
            }
            page.text
        } else if matches!(part.media.value.as_str(), "text/enriched" | "text/richtext") {
            // RFC 1896: a small markup of its own; its tags are dropped like HTML's, its line ends are in pairs.
            html::read(&text.replace("\n\n", "<br>").replace("<<", "&lt;")).text
        } else {
            text
        };
        own::own(&clean::lines(&text), self.manner)
    }

    /// The text of a part, decoded and with its flowed lines joined.
    fn decoded(&mut self, part: &Part<'_>) -> String {
        let body = part.body.get(..limits::mail::MAIL_PART_TEXT_BYTES).unwrap_or(&part.body);
        if body.len() < part.body.len() {
            self.notes.add("text longer than is read");
        }
        if part.encoding == transfer::Encoding::Unknown {
            self.notes.add("transfer encoding unknown");
        }
        let bytes = transfer::decode(body, part.encoding);
        let label = part.media.raw("charset").map(|label| String::from_utf8_lossy(label).into_owned());
        let label = label.or_else(|| part.media.get("charset", self.notes));
        let text = charset::decode(&bytes, label.as_deref(), self.notes);
        let is = |name: &str, value: &[u8]| part.media.raw(name).is_some_and(|raw| raw.eq_ignore_ascii_case(value));
        if part.media.value == "text/plain" && is("format", b"flowed") {
            let space = if is("delsp", b"yes") { Space::Deleted } else { Space::Kept };
            return flowed::unflow(&text, space);
        }
        text
    }
}

/// Some senders put their HTML into the plain part.
fn looks_like_html(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(15).collect::<String>().to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html") || start.starts_with("<head>")
}

/// Whether a plain text only says that there is another form, or only gives addresses of pages.
fn is_stub(text: &str) -> bool {
    let said = words_only(text).to_lowercase();
    if !has_letters(&said) {
        return true;
    }
    said.len() <= 300
        && phrases::STUBS.iter().any(|(word, with)| said.contains(word) && with.iter().any(|w| said.contains(w)))
}

/// The text without addresses of pages and rulers, on one line.
fn words_only(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| !word.contains("://") && has_letters(word));
    words.collect::<Vec<_>>().join(" ")
}

fn has_letters(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::{is_stub, read};
    use crate::mail::notes::Notes;
    use crate::mail::own::Manner;
    use crate::mail::{fields, tree};

    fn check(mail: &str, expected: &str, noted: &[&str]) {
        let mut notes = Notes::default();
        let list = fields::fields(fields::header_block(mail.as_bytes())).list;
        let parts = tree::parts(&list, fields::after_header(mail.as_bytes()), &mut notes);
        assert_eq!(read(&parts, Manner::Written, &mut notes).own, expected, "{mail}");
        assert_eq!(notes.into_phrases(), noted, "{mail}");
    }

    fn multipart(kind: &str, parts: &[&str]) -> String {
        let parts: String = parts.iter().map(|part| format!("--b\n{part}\n")).collect();
        format!("Content-Type: multipart/{kind}; boundary=b\n\n{parts}--b--\n")
    }

    const HTML: &str = "Content-Type: text/html\n\n<p>The pipe has burst</p>";

    #[test]
    fn the_plain_form_is_read_unless_it_says_nothing() {
        let check = |plain: &str, expected: &str| {
            check(
                &multipart("alternative", &[&format!("Content-Type: text/plain; charset=utf-8\n\n{plain}"), HTML]),
                expected,
                &[],
            );
        };
        check("Hello", "Hello");
        check(" \u{a0}\n\n", "The pipe has burst");
        check("Your email client does not support HTML messages.", "The pipe has burst");
        check("Ihr E-Mail-Programm kann kein HTML anzeigen.", "The pipe has burst");
        check("View this email in your browser: https://example.org/x", "The pipe has burst");
        check("https://example.org/only", "The pipe has burst");
        check("<html><body>In the wrong part</body></html>", "In the wrong part");
    }

    #[test]
    fn a_stub_is_short_and_says_so() {
        assert!(is_stub("This is a multi-part message in MIME format."));
        assert!(is_stub("Please view this message in an HTML capable reader"));
        assert!(!is_stub("Call me before noon"));
        assert!(!is_stub(&format!("We support HTML. {}", "And much more is to be told here. ".repeat(20))));
    }

    #[test]
    fn a_stub_alone_is_better_than_nothing() {
        let stub = "Content-Type: text/plain\n\nThis message needs an HTML viewer.";
        check(&multipart("alternative", &[stub]), "This message needs an HTML viewer.", &[]);
    }

    #[test]
    fn all_inline_texts_are_read_in_order() {
        let picture = "Content-Type: image/png\nContent-Disposition: inline; filename=a.png\n\nxx";
        let file = "Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nlog";
        check(&multipart("mixed", &["\none", picture, "\ntwo\n", file, HTML]), "one\n\ntwo\n\nThe pipe has burst", &[]);
        let named = "Content-Type: text/plain; name=a.txt\n\nlog";
        check(&multipart("mixed", &["\none", named]), "one", &[]);
    }

    #[test]
    fn each_text_loses_its_own_signature_only() {
        check(&multipart("mixed", &["\none\n-- \nAda", "\ntwo"]), "one\n\ntwo", &[]);
    }

    #[test]
    fn an_attached_message_is_read_where_there_is_nothing_else() {
        let inner = "Content-Type: message/rfc822\n\nSubject: s\n\ninner";
        check(&multipart("mixed", &[inner]), "inner", &[]);
        check(&multipart("mixed", &["\nouter", inner]), "outer", &[]);
    }

    #[test]
    fn what_has_no_text_says_so() {
        check("Content-Type: image/png\n\nxx", "", &[]);
        check("Content-Type: text/html\n\n<img src=x>", "", &["no text found"]);
        check("Content-Type: application/pkcs7-mime\n\nxx", "", &["encrypted or sealed: not read"]);
        check("Subject: x\n\n", "", &[]);
        check("Content-Type: text/plain; name=a.txt\nContent-Disposition: attachment\n\nx", "x", &[]);
    }

    #[test]
    fn flowed_lines_are_joined() {
        check("Content-Type: text/plain; format=flowed; delsp=yes\n\nStö \nrung\nDanke", "Störung\nDanke", &[]);
    }
}
