//! Meta's services: the subscription's handshake, and signed JSON. Each says what its own events are.

use serde_json::Value;

use super::answer::{Answer, Handshake, Refusal};
use super::event::Event;
use super::hook::Hook;
use super::request::Request;
use super::service::{Said, Service};
use super::setting::{Key, Need, Shape};
use super::{field, sign};

/// One of them.
pub struct Meta {
    /// The events of a body.
    pub events: fn(&Value) -> Vec<Event>,
}

/// One token: it is asked for when the address is entered, and never again, so that there is no time in which two would do.
const KEYS: &[Key] = &[Key {
    name: "verify_token",
    shape: Shape::Secret,
    need: Need::Must,
    about: "The verify token that was entered beside the callback URL.",
}];

impl Service for Meta {
    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        if request.method == "GET" {
            return subscription(hook, request);
        }
        sign::hub(&hook.secrets, request, "X-Hub-Signature-256")
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        if request.method == "GET" {
            let challenge = request.query("hub.challenge").ok_or(Refusal::Unreadable("challenge missing"))?;
            return Ok(Said::Handshake(Handshake { answer: Answer::text(200, &challenge), secret: None }));
        }
        Ok(Said::Events((self.events)(&field::json(request.body)?)))
    }
}

/// A subscription is proven by its token.
fn subscription(hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
    let token = request.query("hub.verify_token").ok_or(Refusal::Unproven("verify token missing"))?;
    let is_subscription = request.query("hub.mode").as_deref() == Some("subscribe");
    if is_subscription && sign::is_token(hook.settings.secrets("verify_token"), &token) {
        Ok(())
    } else {
        Err(Refusal::Unproven("verify token wrong"))
    }
}
