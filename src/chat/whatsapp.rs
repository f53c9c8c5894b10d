//! WhatsApp Business, Cloud API: messages to a number of mine.

use serde_json::Value;

use super::event::{Channel, Event, Reach, Sender};
use super::field;
use super::meta::Meta;
use crate::limits;

/// WhatsApp.
pub const WHATSAPP: Meta = Meta { events };

fn events(body: &Value) -> Vec<Event> {
    let changes = field::list(body, "/entry").iter().flat_map(|entry| field::list(entry, "/changes"));
    let values = changes.filter(|change| field::text(change, "/field") == Some("messages"));
    let values = values.filter_map(|change| change.get("value"));
    let events = values.flat_map(|value| field::list(value, "/messages").iter().map(move |told| (value, told)));
    let events = events.filter_map(|(value, told)| event(value, told)).take(limits::judgement::HOOK_LIST);
    events.collect()
}

fn event(value: &Value, told: &Value) -> Option<Event> {
    let id = field::id(told, "/id")?;
    let kind = field::text(told, "/type").unwrap_or_default();
    if matches!(kind, "reaction" | "system" | "unsupported") {
        return None;
    }
    let from = field::id(told, "/from")?;
    let contacts = field::list(value, "/contacts").iter();
    let mut known = contacts.filter(|contact| field::text(contact, "/wa_id") == Some(from.as_str()));
    let name = known.next().and_then(|contact| field::id(contact, "/profile/name"));
    let texts = ["/text/body", "/button/text", "/interactive/button_reply/title", "/interactive/list_reply/title"];
    let cards = ["/location/name", "/location/address", "/contacts/0/name/formatted_name", "/order/text"];
    let caption = format!("/{kind}/caption");
    let text = texts.iter().chain(&[caption.as_str()]).chain(&cards).find_map(|at| field::text(told, at));
    let text = text.unwrap_or_default();
    let is_file =
        matches!(kind, "image" | "audio" | "video" | "document" | "sticker" | "voice" | "location" | "contacts");
    Some(Event {
        dedupe: vec![id.clone()],
        sender: Sender { id: Some(from), name, ..Sender::default() },
        channel: Channel {
            id: field::id(value, "/metadata/phone_number_id"),
            reach: Reach::Direct,
            ..Channel::default()
        },
        text: text.to_owned(),
        plain: text.to_owned(),
        reply_to: field::id(told, "/context/id"),
        at: field::since_1970(told, "/timestamp"),
        attachments: usize::from(is_file),
        id,
        ..Event::default()
    })
}
