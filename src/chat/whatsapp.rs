//! WhatsApp Business, Cloud API: messages to a number of mine.

use serde_json::Value;

use super::answer::Refusal;
use super::event::{Channel, Event, Reach, Sender};
use super::hook::Hook;
use super::request::Request;
use super::service::{Said, Service};
use super::setting::Key;
use super::{field, meta};

/// WhatsApp.
pub struct WhatsApp;

impl Service for WhatsApp {
    fn keys(&self) -> &'static [Key] {
        meta::KEYS
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        meta::verify(hook, request)
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        if let Some(handshake) = meta::handshake(request)? {
            return Ok(Said::Handshake(handshake));
        }
        let body = field::json(request.body)?;
        let changes = field::list(&body, "/entry").iter().flat_map(|entry| field::list(entry, "/changes"));
        let values = changes.filter(|change| field::text(change, "/field") == Some("messages"));
        let values = values.filter_map(|change| change.get("value"));
        let events = values.flat_map(|value| field::list(value, "/messages").iter().map(move |told| (value, told)));
        Ok(Said::Events(events.filter_map(|(value, told)| event(value, told)).collect()))
    }
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
    let caption = format!("/{kind}/caption");
    let text = texts.iter().copied().chain([caption.as_str()]).find_map(|at| field::text(told, at));
    let text = text.unwrap_or_default();
    let is_file = matches!(kind, "image" | "audio" | "video" | "document" | "sticker" | "voice");
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
