//! Standard Webhooks, and what Svix sends: an id, a time and signatures in header fields.

use super::answer::Refusal;
use super::event::{Channel, Event, Sender};
use super::field;
use super::hook::Hook;
use super::request::Request;
use super::service::{Said, Service};
use super::sign::{self, Hash};
use crate::limits;
use crate::secret::Secret;

/// Standard Webhooks.
pub struct StandardWebhooks;

impl Service for StandardWebhooks {
    fn unfit(&self, secret: &str) -> Option<&'static str> {
        unfit(secret)
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        verify(&hook.secrets, request)
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        let body = field::json(request.body)?;
        let first = |pointers: &[&str]| pointers.iter().find_map(|pointer| field::id(&body, pointer));
        let texts = ["/data/text", "/data/message", "/data/body", "/data/content", "/data/description"];
        let text = texts.iter().find_map(|pointer| field::words(&body, pointer));
        let subject = first(&["/data/subject", "/data/title", "/data/summary"]);
        let delivery = header(request, "id").unwrap_or_default().to_owned();
        if text.is_none() && subject.is_none() {
            return Ok(Said::Events(Vec::new()));
        }
        let text = text.unwrap_or_default();
        Ok(Said::Events(vec![Event {
            id: first(&["/data/id"]).unwrap_or_else(|| delivery.clone()),
            dedupe: vec![delivery],
            sender: Sender {
                id: first(&["/data/author/id", "/data/user/id", "/data/sender/id"]),
                name: first(&["/data/author/name", "/data/user/name", "/data/sender/name"]),
                ..Sender::default()
            },
            channel: Channel {
                id: first(&["/data/channel/id"]),
                name: first(&["/data/channel/name"]),
                ..Channel::default()
            },
            subject,
            plain: text.clone(),
            text,
            thread: first(&["/data/thread/id", "/data/thread_id"]),
            at: field::instant(&body, "/timestamp"),
            permalink: first(&["/data/url", "/data/html_url"]).filter(|url| url.starts_with("http")),
            ..Event::default()
        }]))
    }
}

/// Why this can be no secret: what `verify` would take for none.
pub fn unfit(secret: &str) -> Option<&'static str> {
    let is_key = match secret.strip_prefix("whpk_") {
        Some(key) => sign::base64(key).is_some_and(|key| key.len() == 32),
        None => sign::base64(secret.strip_prefix("whsec_").unwrap_or(secret)).is_some_and(|key| !key.is_empty()),
    };
    (!is_key).then_some("is none; write \"whsec_\" or \"whpk_\" and the base64 behind it, as the sender shows it")
}

/// Whether the request bears a signature of one of the secrets: `whsec_` for HMAC, `whpk_` for Ed25519.
///
/// # Errors
/// When it does not, or is too old or too young.
pub fn verify(secrets: &[Secret], request: &Request<'_>) -> Result<(), Refusal> {
    let id = header(request, "id").ok_or(Refusal::Unproven("id missing"))?;
    let stamp = header(request, "timestamp").ok_or(Refusal::Unproven("timestamp missing"))?;
    let signatures = header(request, "signature").ok_or(Refusal::Unproven("signature missing"))?;
    sign::fresh(stamp, request.now, limits::judgement::HOOK_WINDOW)?;
    let pieces = [id.as_bytes(), b".", stamp.as_bytes(), b".", request.body];
    let is_signed = signatures.split(' ').take(limits::judgement::HOOK_SIGNATURES).any(|entry| {
        let Some((version, tag)) = entry.split_once(',') else { return false };
        let Some(tag) = sign::base64(tag) else { return false };
        secrets.iter().map(Secret::reveal).any(|secret| match (version, secret.strip_prefix("whpk_")) {
            ("v1", None) => sign::base64(secret.strip_prefix("whsec_").unwrap_or(secret))
                .is_some_and(|key| !key.is_empty() && sign::is_signed_by(Hash::Sha256, &key, &pieces, &tag)),
            ("v1a", Some(key)) => sign::base64(key).is_some_and(|key| sign::is_signed_by_key(&key, &pieces, &tag)),
            _ => false,
        })
    });
    if is_signed { Ok(()) } else { Err(Refusal::Unproven("signature wrong")) }
}

fn header<'a>(request: &Request<'a>, name: &str) -> Option<&'a str> {
    let of = |sender: &str| request.header(&format!("{sender}-{name}"));
    of("webhook").or_else(|| of("svix")).filter(|value| !value.is_empty())
}
