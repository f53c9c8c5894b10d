//! Telegram, bot webhooks: JSON behind a secret in a header.

use serde_json::Value;

use super::answer::Refusal;
use super::event::{Channel, Event, Mentions, Nature, Reach, Sender, What};
use super::hook::Hook;
use super::proof::{Origin, Proof};
use super::request::Request;
use super::service::{Said, Service};
use super::setting::Settings;
use super::{field, sign};

/// Telegram.
pub struct Telegram;

/// The updates that are new messages, and those that change one.
const NEW: [&str; 3] = ["message", "channel_post", "business_message"];
const EDITED: [&str; 3] = ["edited_message", "edited_channel_post", "edited_business_message"];

impl Service for Telegram {
    fn proof(&self, _settings: &Settings) -> Proof {
        Proof::Secret(Origin::User)
    }

    fn names_people(&self, _settings: &Settings) -> bool {
        true
    }

    fn unfit(&self, secret: &str) -> Option<&'static str> {
        let is_token = secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        (!is_token || secret.len() > 256)
            .then_some("is none that Telegram takes; write at most 256 letters, digits, \"_\" and \"-\"")
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        let token = request.header("X-Telegram-Bot-Api-Secret-Token").ok_or(Refusal::Unproven("secret missing"))?;
        if sign::is_token(&hook.secrets, token) { Ok(()) } else { Err(Refusal::Unproven("secret wrong")) }
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        let body = field::json(request.body)?;
        let update = field::id(&body, "/update_id").ok_or(Refusal::Unreadable("update without an id"))?;
        let first =
            |kinds: &[&str]| kinds.iter().find_map(|kind| body.get(*kind)).and_then(|told| event(&update, told));
        let edited = || first(&EDITED).map(|event| Event { what: What::Edit { of: event.id.clone() }, ..event });
        Ok(Said::Events(first(&NEW).or_else(edited).into_iter().collect()))
    }
}

fn event(update: &str, message: &Value) -> Option<Event> {
    let id = field::id(message, "/message_id")?;
    let from = message.get("from").or_else(|| message.get("sender_chat")).unwrap_or(&Value::Null);
    let (text, marks) = match field::text(message, "/text") {
        Some(text) => (text, field::list(message, "/entities")),
        None => (field::text(message, "/caption").unwrap_or_default(), field::list(message, "/caption_entities")),
    };
    let files = ["photo", "document", "voice", "audio", "video", "video_note", "animation", "sticker"];
    let attachments = files.iter().filter(|kind| message.get(**kind).is_some()).count();
    // Who came, who left, what was pinned: nobody said anything.
    if text.is_empty() && attachments == 0 {
        return None;
    }
    let bot = field::is_true(from, "/is_bot");
    Some(Event {
        dedupe: vec![update.to_owned()],
        sender: Sender {
            id: field::id(from, "/id"),
            name: field::id(from, "/first_name").or_else(|| field::id(from, "/title")),
            nature: if bot { Nature::Bot } else { Nature::Person },
        },
        channel: Channel {
            id: field::id(message, "/chat/id"),
            name: field::id(message, "/chat/title"),
            reach: if field::text(message, "/chat/type") == Some("private") { Reach::Direct } else { Reach::Several },
            sort: field::id(message, "/chat/type"),
            ..Channel::default()
        },
        text: text.to_owned(),
        plain: plain(text, marks),
        thread: field::id(message, "/message_thread_id"),
        reply_to: field::id(message, "/reply_to_message/message_id"),
        at: field::since_1970(message, "/date"),
        mentions: mentions(text, marks),
        permalink: permalink(message, &id),
        attachments,
        id,
        ..Event::default()
    })
}

/// The part of a text that a mark covers: offsets count UTF-16 code units.
fn covered<'t>(text: &'t str, mark: &Value) -> Option<&'t str> {
    let number = |key: &str| mark.get(key)?.as_u64().and_then(|number| usize::try_from(number).ok());
    let (start, length) = (number("offset")?, number("length")?);
    let octet = |units: usize| {
        let mut passed = 0;
        let mut places = text.char_indices().map(|(at, c)| {
            let here = passed;
            passed += c.len_utf16();
            (at, here)
        });
        places.find(|(_, here)| *here == units).map_or(text.len(), |(at, _)| at)
    };
    text.get(octet(start)..octet(start.checked_add(length)?))
}

fn is_code(mark: &Value) -> bool {
    matches!(field::text(mark, "/type"), Some("code" | "pre"))
}

fn mentions(text: &str, marks: &[Value]) -> Mentions {
    let users = marks.iter().filter_map(|mark| match field::text(mark, "/type")? {
        "mention" => covered(text, mark).map(|name| name.trim_start_matches('@').to_owned()),
        "text_mention" => field::id(mark, "/user/id"),
        _ => None,
    });
    Mentions { users: users.collect(), ..Mentions::default() }
}

fn plain(text: &str, marks: &[Value]) -> String {
    let code = marks.iter().filter(|mark| is_code(mark) || field::text(mark, "/type") == Some("blockquote"));
    let code: Vec<&str> = code.filter_map(|mark| covered(text, mark)).filter(|piece| !piece.is_empty()).collect();
    let plain = code.iter().fold(text.to_owned(), |text, piece| text.replacen(piece, " ", 1));
    plain.trim().to_owned()
}

/// Supergroups and channels have addresses: by their public name, else by their id without its first four characters.
fn permalink(message: &Value, id: &str) -> Option<String> {
    if !matches!(field::text(message, "/chat/type"), Some("supergroup" | "channel")) {
        return None;
    }
    if let Some(name) = field::text(message, "/chat/username") {
        return Some(format!("https://t.me/{name}/{id}"));
    }
    let chat = field::id(message, "/chat/id")?;
    Some(format!("https://t.me/c/{}/{id}", chat.strip_prefix("-100")?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{mentions, plain};

    #[test]
    fn marks_count_in_utf_16() {
        let text = "😀 @ana and `x`";
        let marks = [
            json!({"type": "mention", "offset": 3, "length": 4}),
            json!({"type": "code", "offset": 12, "length": 3}),
            json!({"type": "mention", "offset": 900, "length": 4}),
            json!({"type": "mention", "offset": -1, "length": 18_446_744_073_709_551_615_u64}),
        ];
        assert_eq!(mentions(text, &marks).users.first().map(String::as_str), Some("ana"));
        assert_eq!(plain(text, &marks), "😀 @ana and");
    }
}
