//! Mattermost, outgoing webhooks: a token in the body, as a form or as JSON.

use serde_json::{Map, Value};

use super::answer::Refusal;
use super::event::{Channel, Event, Sender};
use super::hook::Hook;
use super::request::Request;
use super::service::{Said, Service};
use super::setting::Settings;
use super::{field, mark, sign};

/// Mattermost.
pub struct Mattermost;

impl Service for Mattermost {
    fn names_people(&self, _settings: &Settings) -> bool {
        true
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        let body = body(request)?;
        sign::token_in(&body, &hook.secrets)
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        let body = body(request)?;
        let id = field::id(&body, "/post_id").ok_or(Refusal::Unreadable("post without an id"))?;
        let text = field::text(&body, "/text").unwrap_or_default();
        let files = field::text(&body, "/file_ids").unwrap_or_default();
        Ok(Said::Events(vec![Event {
            dedupe: vec![id.clone()],
            id,
            sender: Sender {
                id: field::id(&body, "/user_id"),
                name: field::id(&body, "/user_name"),
                ..Sender::default()
            },
            channel: Channel {
                id: field::id(&body, "/channel_id"),
                name: field::id(&body, "/channel_name"),
                team_id: field::id(&body, "/team_id"),
                team: field::id(&body, "/team_domain"),
                ..Channel::default()
            },
            text: text.to_owned(),
            plain: mark::plain(text),
            // Seconds in forms, milliseconds in JSON.
            at: field::since_1970(&body, "/timestamp"),
            mentions: mark::mentions(text, &["channel", "here", "all"]),
            attachments: files.split(',').filter(|file| !file.is_empty()).count(),
            ..Event::default()
        }]))
    }
}

/// The body's fields, in whichever form it comes.
fn body(request: &Request<'_>) -> Result<Value, Refusal> {
    if request.is_media("application/json") {
        return field::json(request.body);
    }
    let fields: Map<String, Value> = request.fields().map(|(key, value)| (key, Value::String(value))).collect();
    Ok(Value::Object(fields))
}
