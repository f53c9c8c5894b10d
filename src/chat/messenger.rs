//! Facebook Messenger and Pages: messages to a page, and comments on it.

use serde_json::Value;

use super::event::{Channel, Event, Reach, Sender, What};
use super::field;
use super::meta::Meta;
use crate::limits;

/// Messenger.
pub const MESSENGER: Meta = Meta { events };

fn events(body: &Value) -> Vec<Event> {
    let entries = field::list(body, "/entry").iter();
    let events = entries.flat_map(|entry| {
        let messages = field::list(entry, "/messaging").iter().filter_map(message);
        messages.chain(field::list(entry, "/changes").iter().filter_map(move |change| comment(entry, change)))
    });
    events.take(limits::judgement::HOOK_LIST).collect()
}

fn message(told: &Value) -> Option<Event> {
    // What the page itself has sent comes back as an echo.
    if field::is_true(told, "/message/is_echo") {
        return None;
    }
    let id = field::id(told, "/message/mid")?;
    let texts = ["/message/text", "/message/attachments/0/payload/title", "/message/attachments/0/title"];
    let text = texts.iter().find_map(|at| field::text(told, at)).unwrap_or_default();
    Some(Event {
        dedupe: vec![id.clone()],
        sender: Sender { id: field::id(told, "/sender/id"), ..Sender::default() },
        channel: Channel { id: field::id(told, "/recipient/id"), reach: Reach::Direct, ..Channel::default() },
        text: text.to_owned(),
        plain: text.to_owned(),
        reply_to: field::id(told, "/message/reply_to/mid"),
        at: field::since_1970(told, "/timestamp"),
        attachments: field::list(told, "/message/attachments").len(),
        id,
        ..Event::default()
    })
}

fn comment(page: &Value, change: &Value) -> Option<Event> {
    let told = change.get("value").filter(|_| field::text(change, "/field") == Some("feed"))?;
    let id = match field::text(told, "/item")? {
        "comment" => field::id(told, "/comment_id")?,
        "post" | "status" => field::id(told, "/post_id")?,
        _ => return None,
    };
    let verb = field::text(told, "/verb")?;
    let what = match verb {
        "add" => What::Message,
        "edited" => What::Edit { of: id.clone() },
        "remove" => What::Delete { of: id.clone() },
        _ => return None,
    };
    // What the page says itself is nothing to it.
    let from = field::id(told, "/from/id");
    if from.is_some() && from == field::id(page, "/id") {
        return None;
    }
    let text = field::text(told, "/message").unwrap_or_default();
    Some(Event {
        what,
        dedupe: vec![id.clone(), verb.to_owned()],
        sender: Sender { id: from, name: field::id(told, "/from/name"), ..Sender::default() },
        channel: Channel { id: field::id(page, "/id"), ..Channel::default() },
        text: text.to_owned(),
        plain: text.to_owned(),
        thread: field::id(told, "/post_id"),
        at: field::since_1970(told, "/created_time"),
        id,
        ..Event::default()
    })
}
