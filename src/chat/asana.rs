//! Asana: references to what happened; its secret comes in a handshake, and the texts are to be fetched.

use serde_json::Value;

use super::answer::{Answer, Handshake, Refusal};
use super::event::{Channel, Event, Sender, What};
use super::field;
use super::hook::Hook;
use super::proof::Proof;
use super::request::Request;
use super::service::{Said, Service};
use super::setting::Settings;
use super::sign::{self, Hash};
use crate::secret::Secret;

/// Asana.
pub struct Asana;

impl Service for Asana {
    fn proof(&self, _settings: &Settings) -> Proof {
        Proof::Handshake
    }

    fn sends_references(&self) -> bool {
        true
    }

    /// A handshake is proven by nothing: it is taken only where there is no secret yet, and while one is expected.
    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        if request.header("X-Hook-Secret").is_some() {
            return if hook.secrets.is_empty() { Ok(()) } else { Err(Refusal::Unproven("there is a secret already")) };
        }
        let tag = request.header("X-Hook-Signature").ok_or(Refusal::Unproven("signature missing"))?;
        let tag = sign::hex(tag).ok_or(Refusal::Unproven("signature not readable"))?;
        sign::signed(Hash::Sha256, &hook.secrets, &[request.body], &tag)
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        if let Some(secret) = request.header("X-Hook-Secret") {
            if secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(Refusal::Unreadable("secret not readable"));
            }
            let answer = Answer::empty(200).with("X-Hook-Secret", secret);
            return Ok(Said::Handshake(Handshake { answer, secret: Some(Secret::new(secret.to_owned())) }));
        }
        let body = field::json(request.body)?;
        Ok(Said::Events(field::events(&body, "/events")?.iter().filter_map(event).collect()))
    }
}

fn event(told: &Value) -> Option<Event> {
    let id = field::id(told, "/resource/gid")?;
    let kind = field::text(told, "/resource/resource_type").unwrap_or_default();
    let action = field::text(told, "/action")?;
    let changed = field::text(told, "/change/field").unwrap_or_default();
    let stamp = field::text(told, "/created_at").unwrap_or_default();
    let user = field::id(told, "/user/gid");
    let dedupe = [action, kind, &id, changed, stamp, user.as_deref().unwrap_or_default()];
    Some(Event {
        what: What::Thin { resource: format!("{kind}/{id}"), change: action.to_owned() },
        dedupe: dedupe.map(str::to_owned).to_vec(),
        sender: Sender { id: user, ..Sender::default() },
        channel: Channel::default(),
        thread: field::id(told, "/parent/gid"),
        at: stamp.parse().ok(),
        id,
        ..Event::default()
    })
}
