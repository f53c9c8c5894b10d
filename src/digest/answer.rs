//! The link by which a mail is answered from the letter, as if from itself (RFC 6068).

use super::link::percent_encoded;
use super::order::is_plain;
use super::subject;
use crate::limits;
use crate::model::message::Message;
use crate::text;

/// A `mailto:` URL to whom an answer goes, with the subject and the fields that keep it in its conversation. Everything but
/// letters, digits and `-._~@` is percent-encoded. `None` for chat, for what machines send, and where nobody can be answered.
pub fn url(message: &Message) -> Option<String> {
    let to = message.reply_to.as_ref().or(message.sender.as_ref())?;
    if message.post.is_some() || message.automated || !is_plain(&to.address) {
        return None;
    }
    let mut url = format!("mailto:{}?subject=", encoded(&to.address));
    url.push_str(&encoded(&format!("Re: {}", text::excerpt(subject::bare(&message.subject), MOST_SUBJECT))));
    let Some(id) = message.message_id.as_deref().filter(|id| is_id(id)) else { return Some(url) };
    url.push_str(&format!("&In-Reply-To={}", encoded(&format!("<{id}>"))));
    // The oldest names the conversation; of the others the newest.
    let known: Vec<&str> = message.thread.references.iter().map(String::as_str).filter(|id| is_id(id)).collect();
    let newest = known.iter().skip(known.len().saturating_sub(MOST_REFERENCES).max(1));
    let references = known.first().into_iter().chain(newest).copied().chain([id]);
    let references = references.map(|id| format!("<{id}>")).collect::<Vec<_>>().join(" ");
    let field = format!("&References={}", encoded(&references));
    if url.len() + field.len() <= limits::judgement::DIGEST_ANSWER {
        url.push_str(&field);
    }
    Some(url).filter(|url| url.len() <= limits::judgement::DIGEST_ANSWER)
}

/// The characters of a subject that stand in the link.
const MOST_SUBJECT: usize = 120;
/// References beside the oldest one and the mail itself.
const MOST_REFERENCES: usize = 4;

/// Whether an id can stand between angle brackets.
fn is_id(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= limits::judgement::DIGEST_MID
        && id.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>".contains(&byte))
}

fn encoded(text: &str) -> String {
    percent_encoded(text, b"-._~@")
}

#[cfg(test)]
mod tests {
    use super::url;
    use crate::digest::sample::{With, item};
    use crate::limits;
    use crate::model::message::{Address, Message};

    fn mail(subject: &str, change: impl FnOnce(&mut Message)) -> Option<String> {
        let mut item = item("Ben <ben@example.net>", subject, 5);
        item.message.message_id = Some("2@example.net".to_owned());
        change(&mut item.message);
        url(&item.message)
    }

    #[test]
    fn an_answer_goes_on_with_its_conversation() {
        let first = mail("Lunch & more?", |_| {});
        let expected = "mailto:ben@example.net?subject=Re%3A%20Lunch%20%26%20more%3F&In-Reply-To=%3C2@example.net%3E\
                        &References=%3C2@example.net%3E";
        assert_eq!(first.as_deref(), Some(expected));
        let answer = mail("AW: Re: Lunch", |mail| {
            mail.thread.references = (0..9).map(|n| format!("{n}@a")).collect();
            mail.reply_to = Some(Address { name: None, address: "team@example.net".to_owned() });
        });
        let answer = answer.unwrap_or_default();
        assert!(answer.starts_with("mailto:team@example.net?subject=Re%3A%20Lunch&"), "{answer}");
        assert!(
            answer.ends_with(
                "&References=%3C0@a%3E%20%3C5@a%3E%20%3C6@a%3E%20%3C7@a%3E%20%3C8@a%3E%20%3C2@example.net%3E"
            )
        );
    }

    #[test]
    fn nothing_that_is_sent_becomes_more_than_a_value() {
        let hostile = mail("x&bcc=eve@example.net\"><script>", |mail| {
            mail.message_id = Some("2@example.net>&bcc=eve@example.net".to_owned());
            mail.thread.references = vec!["<script>".to_owned(), "x".repeat(9_000)];
        });
        let hostile = hostile.unwrap_or_default();
        assert_eq!(hostile.matches('&').count(), 0, "{hostile}");
        assert!(!hostile.contains(['<', '>', '"', '\'']), "{hostile}");
        let long =
            mail(&"語".repeat(500), |mail| mail.thread.references = (0..9).map(|n| "y".repeat(200 + n)).collect());
        assert!(long.is_none_or(|url| url.len() <= limits::judgement::DIGEST_ANSWER));
    }

    #[test]
    fn who_cannot_be_answered_is_not() {
        assert_eq!(mail("x", |mail| mail.sender = None), None);
        assert_eq!(mail("x", |mail| mail.automated = true), None);
        let odd = Address { name: None, address: "a\r\nBcc: b@c".to_owned() };
        assert_eq!(mail("x", |mail| mail.sender = Some(odd)), None);
        assert_eq!(url(&item("Ben <ben@example.net>", "x", 1).automated().message), None);
    }
}
