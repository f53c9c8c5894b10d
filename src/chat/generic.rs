//! Any service that sends JSON or a form: what proves it, how it shakes hands, and where in it what stands, by configuration.

pub mod check;
pub mod mapping;
pub mod proof;

use serde_json::{Map, Value};

use super::answer::{Answer, Handshake, Refusal};
use super::field;
use super::hook::Hook;
use super::proof::{Origin, Proof};
use super::request::Request;
use super::service::{Said, Service};
use super::setting::{Key, Need, Setting, Settings, Shape, Wrong};
use proof::Asked;

/// The generic kind.
pub struct Generic;

const KEYS: &[Key] = &[
    Key {
        name: "auth",
        shape: Shape::Table,
        need: Need::Must,
        about: "What proves a request: type = hmac, header, bearer, basic, query, field, standard-webhooks or path, with its details.",
    },
    Key {
        name: "handshake",
        shape: Shape::WordOrTable(&["none", "ok"]),
        need: Need::May,
        about: "How the address is tried: none, ok (200 on HEAD and GET), or what is to be echoed; default none.",
    },
    Key {
        name: "mapping",
        shape: Shape::Table,
        need: Need::Must,
        about: "Where in the payload what stands: JSON pointers, or templates with {{ }} over it.",
    },
];

impl Service for Generic {
    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn proof(&self, settings: &Settings) -> Proof {
        match settings.table("auth").and_then(|auth| auth.text("type")) {
            Some("path") => Proof::Address,
            Some("standard-webhooks") => Proof::Secret(Origin::Service),
            _ => Proof::Secret(Origin::User),
        }
    }

    fn covers_address(&self, settings: &Settings) -> bool {
        let auth = settings.table("auth");
        auth.and_then(|auth| auth.text("signed")).is_some_and(|signed| signed.contains("{url}"))
    }

    fn wrong(&self, name: Option<&str>, settings: &Settings) -> Vec<Wrong> {
        check::wrong(name, settings)
    }

    fn names_people(&self, settings: &Settings) -> bool {
        settings.table("mapping").is_some_and(|mapping| mapping.text("mentions").is_some())
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        let auth = hook.settings.table("auth").ok_or(Refusal::Unproven("auth is not configured"))?;
        // What only tries the address has no body to sign; nothing is taken from it.
        if matches!(request.method, "HEAD" | "GET") && shakes_hands(hook) {
            return Ok(());
        }
        proof::verify(auth, (&hook.name, &hook.secrets), &Asked { request, payload })
    }

    fn read(&self, hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        if let Some(answer) = handshake(&hook.settings, request) {
            return Ok(Said::Handshake(Handshake { answer, secret: None }));
        }
        if request.method != "POST" && request.method != "PUT" {
            return Err(Refusal::Elsewhere);
        }
        let mapping = hook.settings.table("mapping").ok_or(Refusal::Unreadable("mapping is not configured"))?;
        let payload = payload(request)?;
        Ok(Said::Events(mapping::events(mapping, &payload)?))
    }

    fn thanks(&self, _hook: &Hook) -> Answer {
        Answer::empty(202)
    }
}

/// JSON; or a form, whose field `payload` is JSON, or whose fields are texts.
fn payload(request: &Request<'_>) -> Result<Value, Refusal> {
    if !request.is_media("application/x-www-form-urlencoded") {
        return field::json(request.body);
    }
    if let Some(json) = request.form("payload") {
        return field::json(json.as_bytes());
    }
    let fields: Map<String, Value> = request.fields().map(|(key, value)| (key, Value::String(value))).collect();
    Ok(Value::Object(fields))
}

fn shakes_hands(hook: &Hook) -> bool {
    match hook.settings.0.get("handshake") {
        Some(Setting::Text(word)) => word == "ok",
        Some(Setting::Table(table)) => table.text("echo_query").is_some() || table.text("echo_header").is_some(),
        _ => false,
    }
}

/// The answer to a handshake; `None`: it is none.
fn handshake(settings: &Settings, request: &Request<'_>) -> Option<Answer> {
    let is_look = matches!(request.method, "HEAD" | "GET");
    match settings.0.get("handshake")? {
        Setting::Text(word) if word == "ok" && is_look => Some(Answer::empty(200)),
        Setting::Table(table) => {
            let by_field = table.text("echo_field").filter(|_| !is_look).and_then(|pointer| {
                let body = field::json(request.body).ok()?;
                field::id(&body, pointer)
            });
            let by_query = || table.text("echo_query").filter(|_| is_look).and_then(|name| request.query(name));
            if let Some(text) = by_field.or_else(by_query) {
                return Some(Answer::text(200, &text));
            }
            let name = table.text("echo_header")?;
            let value = request.header(name)?;
            Some(Answer::empty(200).with(name, value))
        }
        _ => None,
    }
}
