//! Matrix, push gateway: what my own push rules pick, without an administrator of the homeserver.

use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::event::{Channel, Event, Sender};
use super::hook::Hook;
use super::proof::Proof;
use super::request::Request;
use super::service::{Said, Service};
use super::setting::{Key, Need, Settings, Shape, Wrong};
use super::{field, matrix, sign};
use crate::limits;

/// Matrix, as a push gateway.
pub struct MatrixPush;

/// The one path that homeservers call.
const PATH: &str = "/_matrix/push/v1/notify";

const KEYS: &[Key] = &[Key {
    name: "pushkeys",
    shape: Shape::List,
    need: Need::Must,
    about: "The push keys that were chosen for the pushers: long and random, because nothing else proves a request.",
}];

impl Service for MatrixPush {
    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn proof(&self, _settings: &Settings) -> Proof {
        Proof::Other("its push keys")
    }

    fn wrong(&self, _name: Option<&str>, settings: &Settings) -> Vec<Wrong> {
        let least = limits::judgement::HOOK_PATH_SECRET;
        let short = settings.list("pushkeys").iter().any(|key| key.chars().count() < least);
        let text = format!(
            "holds a key that is too short to prove a request; choose one of {least} random characters or more"
        );
        short.then(|| Wrong { key: "pushkeys".to_owned(), text }).into_iter().collect()
    }

    fn names_people(&self, _settings: &Settings) -> bool {
        true
    }

    fn calls(&self) -> (&'static str, &'static str) {
        ("POST", PATH)
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        if request.below != PATH || request.method != "POST" {
            return Err(Refusal::Elsewhere);
        }
        let body = field::json(request.body)?;
        let devices = devices(&body)?;
        let known = |device: &Value| {
            let key = field::text(device, "/pushkey").unwrap_or_default();
            hook.settings.list("pushkeys").iter().any(|known| sign::is_same(known, key))
        };
        if devices.iter().any(known) {
            return Ok(());
        }
        // The homeserver drops the pushers of keys that are named as rejected.
        let keys: Vec<String> = devices.iter().filter_map(|device| field::id(device, "/pushkey")).collect();
        Err(Refusal::Answered("pushkey wrong", json!({"rejected": keys}).to_string()))
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        let body = field::json(request.body)?;
        let told = body.pointer("/notification").ok_or(Refusal::Unreadable("no notification"))?;
        // Without an event only a count has changed.
        let Some(id) = field::id(told, "/event_id") else { return Ok(Said::Events(Vec::new())) };
        if field::text(told, "/type").is_some_and(|kind| kind != "m.room.message") {
            return Ok(Said::Events(Vec::new()));
        }
        let content = told.get("content").unwrap_or(&Value::Null);
        let Some(what) = matrix::what(content) else { return Ok(Said::Events(Vec::new())) };
        let event = Event {
            what,
            dedupe: vec![id.clone()],
            id,
            sender: Sender {
                id: field::id(told, "/sender"),
                name: field::id(told, "/sender_display_name"),
                ..Sender::default()
            },
            channel: Channel {
                id: field::id(told, "/room_id"),
                name: field::id(told, "/room_name").or_else(|| field::id(told, "/room_alias")),
                ..Channel::default()
            },
            weight: field::id(told, "/prio").map(|prio| ("priority", prio)).into_iter().collect(),
            ..Event::default()
        };
        Ok(Said::Events(vec![matrix::said(event, content)]))
    }

    fn thanks(&self, _hook: &Hook) -> Answer {
        Answer::json(200, r#"{"rejected":[]}"#.to_owned())
    }

    fn refuse(&self, _hook: &Hook, refusal: &Refusal) -> Answer {
        match refusal {
            Refusal::Answered(_, json) => Answer::json(200, json.clone()),
            Refusal::Elsewhere => Answer::json(404, r#"{"errcode":"M_UNRECOGNIZED"}"#.to_owned()),
            Refusal::Unproven(_) | Refusal::Unreadable(_) => Answer::empty(400),
        }
    }
}

fn devices(body: &Value) -> Result<&[Value], Refusal> {
    let devices = field::list(body, "/notification/devices");
    if devices.is_empty() { Err(Refusal::Unreadable("no devices")) } else { Ok(devices) }
}
