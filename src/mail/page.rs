//! Where a program's mail says that the thing it is about can be seen on the web.

use mail_parser::decoders::html::html_to_text;

use super::automation::Headers;
use super::notes::Notes;
use super::tree::{self, Kind, Part};
use super::{charset, transfer};
use crate::limits;

/// The address that a mail gives for itself: Archived-At (RFC 5064), the action "view" of its HTML (schema.org), or behind
/// the words by which trackers point to it. As it stands there, `http` or `https`; at most `limits::mail::MAIL_PAGE_BYTES`.
///
/// Meant for what programs send: what a person forwards has all of this, too.
pub fn of(headers: Headers<'_>, parts: &[Part<'_>]) -> Option<String> {
    let archived = headers.first("Archived-At").and_then(first_url);
    archived.map(str::to_owned).or_else(|| read(parts, "text/html", action)).or_else(|| read(parts, "text/plain", told))
}

/// What is found in the parts of this type that are the mail's own.
fn read(parts: &[Part<'_>], media: &str, find: fn(&str) -> Option<String>) -> Option<String> {
    let own = parts.iter().enumerate().filter(|(index, part)| {
        part.kind == Kind::Leaf && part.media.value == media && !tree::is_in_message(parts, *index)
    });
    own.take(limits::mail::MAIL_PAGE_PARTS).find_map(|(_, part)| {
        let label = part.media.raw("charset").map(|label| String::from_utf8_lossy(label).into_owned());
        let body = part.body.get(..limits::mail::MAIL_PART_TEXT_BYTES).unwrap_or(&part.body);
        // What cannot be read of it is noted where its text is read.
        find(&charset::decode(&transfer::decode(body, part.encoding), label.as_deref(), &mut Notes::default()))
    })
}

/// The target of the last `ViewAction`, as microdata or JSON-LD: it stands behind the name of its type. What the sender's
/// program adds stands behind what others wrote.
fn action(html: &str) -> Option<String> {
    let (_, after) = html.rsplit_once("ViewAction")?;
    let near = after.get(..after.floor_char_boundary(NEAR)).unwrap_or(after);
    // JSON may write `\/`, HTML `&amp;`.
    let url = first_url(&near.replace("\\/", "/")).map(html_to_text)?;
    first_url(&url).map(str::to_owned)
}

/// The address behind the last "view it on", on the same line or the next.
fn told(text: &str) -> Option<String> {
    let folded = text.to_ascii_lowercase();
    let pointed = POINTERS.iter().filter_map(|pointer| folded.rfind(pointer)).max()?;
    let near = text.get(pointed..)?;
    let near = near.get(..near.floor_char_boundary(NEAR)).unwrap_or(near);
    first_url(near).map(str::to_owned)
}

/// How trackers point to what they write about.
const POINTERS: &[&str] = &["view it on ", "view this issue", "view issue", "view this incident", "view incident"];
/// Within how many octets behind them the address stands.
const NEAR: usize = 600;

/// The first address in a text, without the punctuation around it.
fn first_url(text: &str) -> Option<&str> {
    let begin = ["https://", "http://"].iter().filter_map(|scheme| text.find(scheme)).min()?;
    let rest = text.get(begin..)?;
    let end = rest.find(|c: char| c.is_whitespace() || c.is_control() || "\"'<>\\".contains(c)).unwrap_or(rest.len());
    let url = rest.get(..end)?.trim_end_matches(['.', ',', ')', ';', ']']);
    (url.len() <= limits::mail::MAIL_PAGE_BYTES).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::{action, first_url, told};

    #[track_caller]
    fn check(found: Option<String>, expected: &str) {
        assert_eq!(found.as_deref(), Some(expected));
    }

    #[test]
    fn the_action_of_a_mail() {
        let microdata = "<div itemscope itemtype=\"http://schema.org/EmailMessage\"><div itemprop=\"potentialAction\" \
                         itemscope itemtype=\"http://schema.org/ViewAction\"><link itemprop=\"target\" \
                         href=\"https://t.example/a/issues/1?x=1&amp;y=2#c-7\"/><meta itemprop=\"name\" content=\"x\"/>";
        check(action(microdata), "https://t.example/a/issues/1?x=1&y=2#c-7");
        let json = r#"<script type="application/ld+json">{"@type":"EmailMessage","action":{"@type":"ViewAction",
                      "name":"View Issue","url":"https:\/\/t.example\/a\/-\/issues\/1#note_7"}}</script>"#;
        check(action(json), "https://t.example/a/-/issues/1#note_7");
        check(
            action(&format!("<p>ViewAction https://t.example/other</p>{json}")),
            "https://t.example/a/-/issues/1#note_7",
        );
        assert_eq!(action("<a href=\"https://t.example/\">View</a>"), None);
        assert_eq!(action(&format!("ViewAction{}https://t.example/", " ".repeat(700))), None, "far from it");
    }

    #[test]
    fn the_words_of_trackers() {
        let hub = "Nice.\n\n-- \nReply to this email directly or view it on Hub:\nhttps://t.example/a/1#c-7\nYou are";
        check(told(hub), "https://t.example/a/1#c-7");
        check(told("View it on Lab: https://t.example/x/-/issues/3#note_9."), "https://t.example/x/-/issues/3#note_9");
        let quoted = format!("You can view it on https://t.example/other\n{hub}");
        check(told(&quoted), "https://t.example/a/1#c-7");
        assert_eq!(told("See https://t.example/a/1"), None);
        assert_eq!(told("view it on the wall"), None);
    }

    #[test]
    fn an_address_is_one() {
        assert_eq!(first_url("<http://a.example/x>, <https://b.example/>"), Some("http://a.example/x"));
        assert_eq!(first_url("javascript:alert(1)"), None);
        assert_eq!(first_url("(https://a.example/x)."), Some("https://a.example/x"));
        assert_eq!(first_url(&format!("https://a.example/{}", "x".repeat(3_000))), None);
    }
}
