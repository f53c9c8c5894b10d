//! Zoom: team chat, meetings that begin, hosts who are waited for, missed calls.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::answer::{Answer, Handshake, Refusal};
use super::event::{Channel, Event, Reach, Sender, What};
use super::field;
use super::hook::Hook;
use super::request::Request;
use super::service::{Said, Service};
use super::setting::{Key, Need, Shape};
use super::sign::{self, Hash};
use crate::text;

/// Zoom.
pub struct Zoom;

/// Retries come for an hour and a half; whether their time is a new one is not said anywhere.
const WINDOW: SignedDuration = SignedDuration::from_hours(2);

const KEYS: &[Key] = &[Key {
    name: "tolerance",
    shape: Shape::Time,
    need: Need::May,
    about: "How far the signed time may be from now; default 2h, because Zoom retries for 90 minutes.",
}];

impl Service for Zoom {
    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        let stamp = request.header("x-zm-request-timestamp").ok_or(Refusal::Unproven("timestamp missing"))?;
        let tag = request.header("x-zm-signature").ok_or(Refusal::Unproven("signature missing"))?;
        let tag = tag.strip_prefix("v0=").and_then(sign::hex).ok_or(Refusal::Unproven("signature not readable"))?;
        sign::fresh(stamp, request.now, hook.settings.window("tolerance", WINDOW))?;
        sign::signed(Hash::Sha256, &hook.secrets, &[b"v0:", stamp.as_bytes(), b":", request.body], &tag)
    }

    fn read(&self, hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        let body = field::json(request.body)?;
        let kind = field::text(&body, "/event").unwrap_or_default();
        if kind == "endpoint.url_validation" {
            let token = field::text(&body, "/payload/plainToken").ok_or(Refusal::Unreadable("plainToken missing"))?;
            let secret = hook.secrets.first().ok_or(Refusal::Unproven("no secret is configured"))?;
            let tag = sign::hmac(Hash::Sha256, secret.reveal().as_bytes(), &[token.as_bytes()]);
            let answer = json!({"plainToken": token, "encryptedToken": text::hex(&tag)});
            let answer = Answer::json(200, answer.to_string());
            return Ok(Said::Handshake(Handshake { answer, secret: None }));
        }
        Ok(Said::Events(event(kind, &body).into_iter().collect()))
    }
}

fn event(kind: &str, body: &Value) -> Option<Event> {
    let told = body.pointer("/payload/object")?;
    match kind.split_once('.')? {
        ("team_chat" | "chat_message", action) => message(action, body, told),
        ("meeting", "started") => Some(meeting(What::MeetingStarted, kind, body)),
        ("meeting", "participant_jbh_waiting") => Some(meeting(What::WaitingForHost, kind, body)),
        ("meeting", "participant_phone_callout_missed") | ("phone", "callee_missed") => {
            let id = field::id(told, "/call_id").or_else(|| field::id(told, "/uuid"))?;
            let caller = field::id(told, "/caller/name").or_else(|| field::id(told, "/caller/phone_number"));
            Some(Event {
                what: What::MissedCall,
                dedupe: vec![kind.to_owned(), id.clone()],
                sender: Sender { id: field::id(told, "/caller/phone_number"), name: caller, ..Sender::default() },
                channel: Channel { reach: Reach::Direct, ..Channel::default() },
                at: field::since_1970(body, "/event_ts"),
                id,
                ..Event::default()
            })
        }
        _ => None,
    }
}

fn message(action: &str, body: &Value, told: &Value) -> Option<Event> {
    let id = field::id(told, "/message_id").or_else(|| field::id(told, "/id"))?;
    let stamp = field::id(body, "/event_ts").unwrap_or_default();
    let (what, dedupe) = match action.rsplit('_').next().unwrap_or_default() {
        "posted" | "sent" | "replied" | "mention" => (What::Message, vec![id.clone()]),
        "updated" => (What::Edit { of: id.clone() }, vec![id.clone(), stamp]),
        "deleted" => (What::Delete { of: id.clone() }, vec![id.clone(), stamp]),
        _ => return None,
    };
    let text = field::text(told, "/message").unwrap_or_default();
    let channel = field::id(told, "/channel_id");
    let direct = channel.is_none() && (action.starts_with("dm_") || told.get("contact_id").is_some());
    Some(Event {
        what,
        dedupe,
        sender: Sender {
            id: field::id(body, "/payload/operator_id"),
            name: field::id(body, "/payload/operator"),
            ..Sender::default()
        },
        channel: Channel {
            id: channel.or_else(|| field::id(told, "/contact_id")),
            name: field::id(told, "/channel_name"),
            reach: if direct { Reach::Direct } else { Reach::Several },
            ..Channel::default()
        },
        text: text.to_owned(),
        plain: text.to_owned(),
        thread: field::id(told, "/reply_main_message_id"),
        at: field::since_1970(told, "/timestamp").or_else(|| field::since_1970(body, "/event_ts")),
        attachments: field::list(told, "/files").len(),
        id,
        ..Event::default()
    })
}

fn meeting(what: What, kind: &str, body: &Value) -> Event {
    let at = |pointer: &str| field::id(body, &format!("/payload/object{pointer}"));
    let id = at("/uuid").or_else(|| at("/id")).unwrap_or_default();
    let topic = at("/topic").unwrap_or_default();
    let waits = (what == What::WaitingForHost).then(|| at("/participant/user_name")).flatten();
    let host = at("/host_id");
    Event {
        dedupe: std::iter::once(kind.to_owned()).chain([id.clone()]).chain(waits.clone()).collect(),
        sender: Sender { id: if waits.is_some() { None } else { host }, name: waits, ..Sender::default() },
        channel: Channel { reach: Reach::Direct, ..Channel::default() },
        subject: Some(topic.clone()).filter(|topic| !topic.is_empty()),
        plain: topic.clone(),
        text: topic,
        at: field::since_1970(body, "/event_ts"),
        what,
        id,
        ..Event::default()
    }
}
