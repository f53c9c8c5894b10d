//! Telegram, bot webhooks: JSON behind a secret in a header.

use std::ops::Range;

use serde_json::Value;

use super::answer::Refusal;
use super::event::{Channel, Event, Mentions, Nature, Reach, Sender, What};
use super::hook::Hook;
use super::proof::{Origin, Proof};
use super::request::Request;
use super::service::{Said, Service};
use super::setting::Settings;
use super::{field, sign};
use crate::limits;

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
    let cards = ["/poll/question", "/venue/title", "/contact/first_name", "/game/title"];
    let text = Some(text).filter(|text| !text.is_empty());
    let text = text.or_else(|| cards.iter().find_map(|card| field::text(message, card))).unwrap_or_default();
    let files =
        ["photo", "document", "voice", "audio", "video", "video_note", "animation", "sticker", "location", "story"];
    let attachments = files.iter().filter(|kind| message.get(**kind).is_some()).count();
    // Who came, who left, what was pinned: nobody said anything.
    if text.is_empty() && attachments == 0 {
        return None;
    }
    let bot = field::is_true(from, "/is_bot");
    let covered = Covered::of(text, marks);
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
        plain: covered.plain(),
        thread: field::id(message, "/message_thread_id"),
        reply_to: field::id(message, "/reply_to_message/message_id"),
        at: field::since_1970(message, "/edit_date").or_else(|| field::since_1970(message, "/date")),
        mentions: covered.mentions(),
        permalink: permalink(message, &id),
        attachments,
        id,
        ..Event::default()
    })
}

/// A text and what its marks cover.
struct Covered<'t> {
    text: &'t str,
    /// Each mark with the octets that it covers.
    marks: Vec<(&'t Value, Range<usize>)>,
}

impl<'t> Covered<'t> {
    /// Offsets count UTF-16 code units. A mark that covers nothing, or leaves the text, is none.
    fn of(text: &'t str, marks: &'t [Value]) -> Self {
        let units = text.char_indices().flat_map(|(at, c)| std::iter::repeat_n(at, c.len_utf16()));
        let octets: Vec<usize> = units.chain([text.len()]).collect();
        let covered = marks.iter().filter_map(|mark| {
            let number = |key: &str| mark.get(key)?.as_u64().and_then(|number| usize::try_from(number).ok());
            let (start, length) = (number("offset")?, number("length")?);
            let range = *octets.get(start)?..*octets.get(start.checked_add(length)?)?;
            (!range.is_empty()).then_some((mark, range))
        });
        Self { text, marks: covered.collect() }
    }

    /// The pieces that are code or quotations, in order.
    fn of_others(&self) -> Vec<Range<usize>> {
        let is = |mark: &Value| {
            matches!(field::text(mark, "/type"), Some("code" | "pre" | "blockquote" | "expandable_blockquote"))
        };
        let mut pieces: Vec<_> =
            self.marks.iter().filter(|(mark, _)| is(mark)).map(|(_, range)| range.clone()).collect();
        pieces.sort_by_key(|range| range.start);
        pieces
    }

    fn mentions(&self) -> Mentions {
        let others = self.of_others();
        let is_own = |range: &Range<usize>| !others.iter().any(|other| other.contains(&range.start));
        let named = self.marks.iter().filter(|(_, range)| range.len() <= limits::judgement::HOOK_ID && is_own(range));
        let users = named.filter_map(|(mark, range)| match field::text(mark, "/type")? {
            "mention" => self.text.get(range.clone()).map(|name| name.trim_start_matches('@').to_owned()),
            "text_mention" => field::id(mark, "/user/id"),
            _ => None,
        });
        Mentions { users: users.collect(), ..Mentions::default() }
    }

    /// What is no code and no quotation; all of it, where it is nothing else.
    fn plain(&self) -> String {
        let (mut plain, mut end) = (String::with_capacity(self.text.len()), 0);
        for piece in self.of_others() {
            plain.push_str(self.text.get(end..piece.start).unwrap_or_default());
            plain.push(' ');
            end = end.max(piece.end);
        }
        plain.push_str(self.text.get(end..).unwrap_or_default());
        let own = plain.trim();
        if own.is_empty() { self.text.trim().to_owned() } else { own.to_owned() }
    }
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

    use super::Covered;

    #[test]
    fn marks_count_in_utf_16() {
        let text = "😀 @ana and `x`";
        let marks = [
            json!({"type": "mention", "offset": 3, "length": 4}),
            json!({"type": "code", "offset": 12, "length": 3}),
            json!({"type": "mention", "offset": 900, "length": 4}),
            json!({"type": "mention", "offset": -1, "length": 18_446_744_073_709_551_615_u64}),
        ];
        let covered = Covered::of(text, &marks);
        assert_eq!(covered.mentions().users, ["ana"]);
        assert_eq!(covered.plain(), "😀 @ana and");
    }

    #[test]
    fn what_is_quoted_is_taken_out_where_it_stands() {
        let text = "x @ana x\n@bob x";
        let mark = |kind: &str, offset: u64, length: u64| json!({"type": kind, "offset": offset, "length": length});
        let marks = [mark("mention", 2, 4), mark("blockquote", 0, 8), mark("mention", 9, 4), mark("code", 14, 1)];
        let covered = Covered::of(text, &marks);
        assert_eq!((covered.mentions().users, covered.plain()), (vec!["bob".to_owned()], "@bob".to_owned()));
        let whole = [mark("pre", 0, 15)];
        assert_eq!(Covered::of(text, &whole).plain(), text);
    }
}
