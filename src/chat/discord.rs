//! Discord, webhook events: messages of lobbies and games; those of servers come by no webhook.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::answer::{Answer, Handshake, Refusal};
use super::event::{Channel, Event, Mentions, Nature, Reach, Sender, What};
use super::hook::Hook;
use super::proof::{Origin, Proof};
use super::request::Request;
use super::service::{Said, Service};
use super::setting::{Key, Need, Settings, Shape};
use super::{field, mark, sign};

/// Discord.
pub struct Discord;

const KEYS: &[Key] = &[Key {
    name: "endpoint",
    shape: Shape::Word(&["webhook_events", "interactions"]),
    need: Need::May,
    about: "Which of the two addresses of an application this is; default webhook_events.",
}];

impl Service for Discord {
    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn proof(&self, _settings: &Settings) -> Proof {
        Proof::Secret(Origin::Public)
    }

    fn names_people(&self, _settings: &Settings) -> bool {
        true
    }

    fn unfit(&self, secret: &str) -> Option<&'static str> {
        let is_key = sign::hex(secret).is_some_and(|key| key.len() == 32);
        (!is_key).then_some("is no public key; write the 64 hexadecimal digits that the application's settings show")
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        let stamp = request.header("X-Signature-Timestamp").ok_or(Refusal::Unproven("timestamp missing"))?;
        let tag = request.header("X-Signature-Ed25519").ok_or(Refusal::Unproven("signature missing"))?;
        let tag = sign::hex(tag).ok_or(Refusal::Unproven("signature not readable"))?;
        let mut keys = hook.secrets.iter().filter_map(|secret| sign::hex(secret.reveal()));
        if keys.any(|key| sign::is_signed_by_key(&key, &[stamp.as_bytes(), request.body], &tag)) {
            Ok(())
        } else {
            Err(Refusal::Unproven("signature wrong"))
        }
    }

    fn read(&self, hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        let body = field::json(request.body)?;
        let kind = body.get("type").and_then(Value::as_u64);
        if hook.settings.text("endpoint") == Some("interactions") {
            let answer =
                if kind == Some(1) { Answer::json(200, r#"{"type":1}"#.to_owned()) } else { Answer::empty(400) };
            return Ok(Said::Handshake(Handshake { answer, secret: None }));
        }
        if kind == Some(0) {
            let answer = Answer::empty(204).with("Content-Type", "application/json");
            return Ok(Said::Handshake(Handshake { answer, secret: None }));
        }
        Ok(Said::Events(body.pointer("/event").and_then(event).into_iter().collect()))
    }

    fn thanks(&self, _hook: &Hook) -> Answer {
        Answer::empty(204).with("Content-Type", "application/json")
    }

    /// What is not 401 has the address taken away: Discord tries with signatures that are wrong.
    fn refuse(&self, _hook: &Hook, refusal: &Refusal) -> Answer {
        Answer::empty(if matches!(refusal, Refusal::Unproven(_)) { 401 } else { 400 })
    }
}

fn event(told: &Value) -> Option<Event> {
    let (place, action) = field::text(told, "/type")?.split_once("_MESSAGE_")?;
    let data = told.get("data")?;
    let id = field::id(data, "/id")?;
    let edited = field::id(data, "/edited_timestamp");
    let what = match action {
        "CREATE" => What::Message,
        "UPDATE" => What::Edit { of: id.clone() },
        "DELETE" => What::Delete { of: id.clone() },
        _ => return None,
    };
    let text = field::text(data, "/content").unwrap_or_default();
    let bot = field::is_true(data, "/author/bot") || data.get("webhook_id").is_some();
    let ids = |pointer: &str| {
        field::list(data, pointer).iter().filter_map(|one| field::id(one, "/id").or_else(|| field::id(one, "")))
    };
    let everyone = field::is_true(data, "/mention_everyone").then(|| "everyone".to_owned());
    Some(Event {
        dedupe: match (&what, edited) {
            (What::Message, _) => vec![id.clone()],
            (_, edited) => [Some(action.to_owned()), Some(id.clone()), edited].into_iter().flatten().collect(),
        },
        what,
        sender: Sender {
            id: field::id(data, "/author/id"),
            name: field::id(data, "/author/username"),
            nature: if bot { Nature::Bot } else { Nature::Person },
        },
        channel: Channel {
            id: field::id(data, "/channel_id"),
            reach: if place == "GAME_DIRECT" { Reach::Direct } else { Reach::Several },
            ..Channel::default()
        },
        text: text.to_owned(),
        plain: mark::without_code(text).trim().to_owned(),
        reply_to: field::id(data, "/message_reference/message_id"),
        at: instant(told, "/timestamp"),
        mentions: Mentions {
            users: ids("/mentions").collect(),
            groups: ids("/mention_roles").collect(),
            broadcast: everyone.into_iter().collect(),
        },
        attachments: field::list(data, "/attachments").len(),
        id,
        ..Event::default()
    })
}

/// An instant of an event has no offset: it is UTC.
fn instant(value: &Value, pointer: &str) -> Option<Timestamp> {
    let written = field::text(value, pointer)?;
    written.parse().ok().or_else(|| TimeZone::UTC.to_timestamp(written.parse::<DateTime>().ok()?).ok())
}
