//! Texts that want to be more than text, and proof that a letter gave them no chance.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::expect_used)]

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use super::link::Webmail;
use super::sample::{Desk, With, compose, composed, day, in_order, item, one, read};
use crate::model::edition::EditionKind;
use crate::model::identity::{Id, Identity};
use crate::model::item::Item;
use crate::model::message::{Address, Attachment};
use crate::model::name::DigestName;
use crate::model::verdict::Urgency;

/// What senders have tried in subjects, names and texts.
pub const TEXTS: [&str; 44] = [
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "<img src=https://track.example/p.gif>",
    "<svg onload=alert(1)>",
    "<svg/onload=alert(1)//",
    "<a href=javascript:alert(1)>x</a>",
    "javascript:alert(1)",
    "\" onmouseover=\"alert(1)",
    "' onmouseover='alert(1)",
    "\"><form action=https://evil.example><input name=p>",
    "<style>@import url(https://evil.example/a.css)</style>",
    "<link rel=stylesheet href=https://evil.example/a.css>",
    "<meta http-equiv=refresh content=0;url=https://evil.example>",
    "<base href=https://evil.example/>",
    "<iframe src=https://evil.example></iframe>",
    "<object data=x></object><embed src=x>",
    "<table background=https://evil.example/x.png><td>",
    "<div style=background:url(https://evil.example)>",
    "</div></div></body></html>after",
    "<!-- comment",
    "--><b>x",
    "<![CDATA[x]]>",
    "<?php echo 1 ?>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "&amp;amp;",
    "</bdi><b>out of the isolate",
    "<plaintext>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<math><mi xlink:href=data:x,<script>alert(1)</script>>",
    "{{ 7 * 7 }}",
    "{% for i in range(1000000000) %}x{% endfor %}",
    "{{ self }}{{ loop }}{# ",
    "x\r\nBcc: evil@example.net\r\n\r\n<b>body",
    "x\nContent-Type: text/html\n\n<script>",
    "=?utf-8?Q?=3Cscript=3Ealert(1)=3C/script=3E?=",
    "\u{202e}gpj.exe\u{202c}",
    "\u{feff}\u{200b}<\u{200b}script>",
    "＜script＞alert(1)＜/script＞",
    "\0<scr\0ipt>",
    "\u{2028}<b>\u{2029}<i>\u{85}<u>",
    ".\r\n.\r\nMAIL FROM:<x@example.net>\r\n",
    "--=_tidings_00000000000000000000000000000000--",
];

/// Asserts that the HTML consists of our own tags only: each tag as our template writes it, to the letter, but for the
/// percent-encoded `mid:` URL of a link.
#[track_caller]
pub fn only_our_tags(html: &str, ours: &BTreeSet<String>) {
    for tag in tags(html) {
        assert!(ours.contains(&tag), "a tag that is not ours: {tag}");
    }
}

/// All tags of some HTML, the URL of a `mid:` link replaced by a star when it holds nothing but what we let stand.
pub fn tags(html: &str) -> BTreeSet<String> {
    // What stands in <style> is ours to the letter and holds no tag.
    let mut tags = BTreeSet::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let end = rest[at..].find('>').map(|end| at + end + 1).expect("a tag without end");
        let tag = &rest[at..end];
        assert!(!tag[1..].contains('<'), "a tag in a tag: {tag}");
        tags.insert(plain_link(tag));
        rest = &rest[end..];
    }
    tags
}

fn plain_link(tag: &str) -> String {
    let url = tag.strip_prefix("<a href=\"mid:").and_then(|rest| rest.strip_suffix("\">"));
    let harmless = |b: u8| b.is_ascii_alphanumeric() || b"-._~@+=$!*%".contains(&b);
    match url {
        Some(url) if url.bytes().all(harmless) => "<a href=\"mid:*\">".to_owned(),
        _ if is_answer(tag) => "<a href=\"mailto:*\">".to_owned(),
        _ => tag.to_owned(),
    }
}

/// Whether a tag is the link of an answer: an address, a subject and two fields, each with a value and nothing else.
fn is_answer(tag: &str) -> bool {
    let harmless = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~@%".contains(&b));
    let url = tag.strip_prefix("<a href=\"mailto:").and_then(|rest| rest.strip_suffix("\">"));
    let Some((address, fields)) = url.and_then(|url| url.split_once("?subject=")) else { return false };
    let mut fields = fields.split("&amp;");
    let names = ["", "In-Reply-To=", "References="];
    harmless(address)
        && names.iter().all(|name| fields.next().is_none_or(|field| field.strip_prefix(name).is_some_and(harmless)))
        && fields.next().is_none()
}

/// An item that says `text` wherever a sender can say something.
pub fn all_over(text: &str) -> Item {
    let mut hostile = item("x@example.net", text, 10).text(text).file(text, 10).rule(text);
    hostile.message.sender = Some(Address { name: Some(text.to_owned()), address: format!("{text}@{text}") });
    hostile.message.message_id = Some(text.to_owned());
    hostile.message.notes = vec![text.to_owned()];
    hostile.message.attachments.push(Attachment { name: String::new(), media_type: text.to_owned(), size: 1 });
    hostile.message.event = day().into_iter().find_map(|item| item.message.event);
    if let Some(event) = &mut hostile.message.event {
        event.summary = text.to_owned();
    }
    hostile
}

#[test]
fn no_text_becomes_more_than_text() {
    let benign = all_over("plain words");
    let answer = item("y@example.net", "plain words", 9).answers(&benign);
    let ours: BTreeSet<String> = [
        tags(&one(day()).html),
        tags(&one(vec![benign.clone()]).html),
        tags(&one(vec![benign.clone(), answer]).html),
        tags(&one(vec![benign.clone().list("a"), benign.clone().level(Urgency::Low)]).html),
    ]
    .into_iter()
    .flatten()
    .collect();
    for text in TEXTS {
        let lone = all_over(text);
        let answer = item(&format!("{text} <y@example.net>"), text, 9).answers(&lone);
        let sets = [
            vec![lone.clone()],
            vec![lone.clone(), answer],
            vec![lone.clone().list(text), lone.clone().level(Urgency::Low)],
        ];
        for items in sets {
            let composed = composed(items);
            let read = read(&composed.drafts[0].bytes);
            only_our_tags(&read.html, &ours);
            assert_eq!(read.headers.len(), 12, "a header that is not ours: {text:?}");
            assert!(read.text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
            assert!(!read.text.contains(['\u{202e}', '\u{200b}', '\u{2028}']), "{text:?}");
        }
    }
}

/// What another parser makes of letters: of the first, which is benign, it learns which elements there may be, with which
/// attributes; what the others have beside that it prints.
const SECOND_READER: &str = r#"
import sys
from html.parser import HTMLParser
class Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.found = set()
    def handle_starttag(self, tag, attributes):
        self.found.add(tag)
        for name, value in attributes:
            if name == "href" and value.split(":")[0] in ("mid", "mailto"):
                value = "*"
            self.found.add((tag, name, value))
    handle_startendtag = handle_starttag
    def handle_comment(self, data): self.found.add(("comment", data))
    def handle_pi(self, data): self.found.add(("pi", data))
    def unknown_decl(self, data): self.found.add(("decl", data))
def read(text):
    reader = Reader()
    reader.feed(text)
    reader.close()
    return reader.found
first, *others = sys.stdin.buffer.read().decode().split("\0")
known = read(first)
for other in others:
    for found in read(other) - known:
        print(found)
"#;

/// What else a sender might try: two of the texts cut and joined anywhere, doubled, escaped, with a piece of nothing in it.
fn mutation(dice: &mut impl FnMut(usize) -> usize) -> String {
    let cut = |dice: &mut dyn FnMut(usize) -> usize| {
        let chars: Vec<char> = TEXTS[dice(TEXTS.len())].chars().collect();
        let from = dice(chars.len());
        chars[from..=from + dice(chars.len() - from)].iter().collect::<String>()
    };
    let (mut one, other) = (cut(dice), cut(dice));
    match dice(7) {
        0 => one = one.repeat(2),
        1 => one = one.replace('<', "&lt;"),
        2 => one = one.replace('<', "<<").replace('>', "/>"),
        3 => one.push(['\0', '\u{200b}', '\u{feff}', '\u{ad}', '\u{1}', '\t', '`'][dice(7)]),
        4 => one = one.to_uppercase(),
        5 => one.push_str(["\"", "'", "-->", "]]>", "</", "&#x3c;", "&colon;"][dice(7)]),
        _ => {}
    }
    one + &other
}

#[test]
fn ten_thousand_mutations_make_no_element_for_two_parsers() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut dice = |most: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(most).unwrap()).unwrap()
    };
    let whole = |text: &str| {
        let lone = all_over(text);
        let answer = item(&format!("{text} <y@example.net>"), text, 9).text(text).answers(&lone);
        let other = item(&format!("{text} <z@example.net>"), text, 8).text(&format!("{text}\n\nwill you?"));
        vec![lone.clone(), answer, other, lone.clone().list(text), lone.level(Urgency::Urgent)]
    };
    let benign = one(whole("benign")).html;
    let mut ours = tags(&benign);
    ours.extend(tags(&one(day()).html));
    let mut all = format!("{benign}{}", one(day()).html);
    for _ in 0..10_000 / 50 {
        let mut items: Vec<Item> = Vec::new();
        for number in 0..50 {
            let text = mutation(&mut dice);
            let mut one = whole(&text).swap_remove(number % 5);
            one.message.identity = Identity(Id::of(&[&number.to_be_bytes()]));
            items.push(one);
        }
        for draft in composed(items).drafts {
            only_our_tags(&draft.html, &ours);
            all.push('\0');
            all.push_str(&draft.html);
        }
    }
    let mut reader = Command::new("python3")
        .args(["-c", SECOND_READER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is there: tests/run installs it");
    let mut stdin = reader.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(all.as_bytes()).unwrap());
    let output = reader.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
}

#[test]
fn no_message_id_leads_out_of_a_webmail() {
    let mut desk = Desk::new();
    let webmail = Webmail::parse("https://mail.example.org/#search/{message_id}?view&x=\"1").unwrap();
    desk.webmail.insert("work".to_owned(), webmail);
    let in_place = |url: &str| {
        let id = url
            .strip_prefix("https://mail.example.org/#search/")
            .and_then(|url| url.strip_suffix("?view&amp;x=&quot;1"));
        id.is_some_and(|id| id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)))
    };
    for text in TEXTS {
        let read = read(&compose(&desk.order(vec![all_over(text)])).unwrap().drafts[0].bytes);
        let links = read.html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let links: Vec<&str> = links.filter(|url| !url.starts_with("mailto:")).collect();
        assert!(!links.is_empty() && links.iter().all(|url| in_place(url)), "{text:?}: {links:?}");
        assert!(read.text.contains("\n  https://mail.example.org/#search/"), "{}", read.text);
    }
}

#[test]
fn nothing_from_the_configuration_adds_a_header() {
    for text in TEXTS {
        let mut desk = Desk::new();
        desk.kind = EditionKind::Digest(DigestName::new(text));
        desk.settings.subject = text.replace(['{', '}'], "");
        desk.zone.name = text.to_owned();
        desk.from.name = Some(text.to_owned());
        let mut order = desk.order(day());
        order.person_name = Some(text);
        order.domain = text;
        let read = read(&compose(&order).unwrap().drafts[0].bytes);
        assert_eq!(read.headers.len(), 12, "{text:?}");
        only_our_tags(&read.html, &tags(&one(day()).html));
    }
}

#[test]
fn ampersands_are_escaped_once_and_only_in_html() {
    let mut desk = Desk::new();
    desk.settings.subject = "{{ count }} & more: \"today\" <all>".to_owned();
    let subject = "R&D <b>offer</b> & \"quotes\" <a href=\"https://evil.example.com\">x</a>";
    let items = vec![item("Lena <lena@example.net>", subject, 5).text("nothing")];
    let read = read(&compose(&desk.order(items)).unwrap().drafts[0].bytes);
    assert_eq!(read.subject, "1 & more: \"today\" <all>");
    assert!(read.text.contains("R&D <b>offer</b> & \"quotes\""), "{}", read.text);
    for entity in ["&amp;", "&quot;", "&lt;"] {
        assert!(!read.text.contains(entity), "{entity}");
    }
    assert!(read.html.contains("R&amp;D &lt;b&gt;offer&lt;/b&gt; &amp; "));
    for bad in ["&amp;amp;", "<b>offer", "href=\"https://evil.example.com", "href='https://evil.example.com"] {
        assert!(!read.html.contains(bad), "{bad}");
    }
}

#[test]
fn a_line_of_thousands_of_characters_does_no_harm() {
    let url = format!("https://example.net/{}", "a".repeat(3_000));
    for text in ["word ".repeat(900), format!("{} {url}", "x".repeat(4_500)), "語".repeat(4_500), url] {
        let read = one(vec![item("Lena <lena@example.net>", &text, 5).text(&text)]);
        assert!(read.html.len() < 10_000);
    }
}

#[test]
fn a_stranger_cannot_slip_into_a_conversation() {
    let parent = item("a@example.net", "Budget", 30);
    let answer = item("b@example.net", "Re: Budget", 20).answers(&parent);
    let mut stranger = item("evil@example.net", "Pay this", 10).answers(&parent);
    stranger.message.thread.in_reply_to.clear();
    let text = one(vec![parent, answer, stranger]).text;
    in_order(&text, &["2 messages in this conversation", "* Pay this"]);
}
