//! What Meta's services have in common: the subscription's handshake, and signed JSON.

use super::answer::{Answer, Handshake, Refusal};
use super::hook::Hook;
use super::request::Request;
use super::setting::{Key, Need, Shape};
use super::sign;

/// The key of their handshake.
pub const KEYS: &[Key] = &[Key {
    name: "verify_token",
    shape: Shape::Secret,
    need: Need::Must,
    about: "The verify token that was entered beside the callback URL.",
}];

/// Proves a request: a subscription by its token, all else by its signature.
///
/// # Errors
/// When it is not proven.
pub fn verify(hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
    if request.method != "GET" {
        return sign::hub(&hook.secrets, request, "X-Hub-Signature-256");
    }
    let known = hook.settings.secret("verify_token").ok_or(Refusal::Unproven("verify_token is not configured"))?;
    let token = request.query("hub.verify_token").ok_or(Refusal::Unproven("verify token missing"))?;
    let is_subscription = request.query("hub.mode").as_deref() == Some("subscribe");
    if is_subscription && sign::is_same(known.reveal(), &token) {
        Ok(())
    } else {
        Err(Refusal::Unproven("verify token wrong"))
    }
}

/// The answer to a subscription; `None`: it is none.
///
/// # Errors
/// When it has no challenge.
pub fn handshake(request: &Request<'_>) -> Result<Option<Handshake>, Refusal> {
    if request.method != "GET" {
        return Ok(None);
    }
    let challenge = request.query("hub.challenge").ok_or(Refusal::Unreadable("challenge missing"))?;
    Ok(Some(Handshake { answer: Answer::text(200, &challenge), secret: None }))
}
