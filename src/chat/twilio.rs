//! SMS and WhatsApp by Twilio: forms, signed with the address that they are sent to.

use ring::digest;

use super::answer::{Answer, Refusal};
use super::event::{Channel, Event, Reach, Sender};
use super::hook::Hook;
use super::request::Request;
use super::service::{Said, Service};
use super::setting::Settings;
use super::sign::{self, Hash};

/// Twilio.
pub struct Twilio;

impl Service for Twilio {
    fn covers_address(&self, _settings: &Settings) -> bool {
        true
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        let tag = request.header("X-Twilio-Signature").ok_or(Refusal::Unproven("signature missing"))?;
        let tag = sign::base64(tag).ok_or(Refusal::Unproven("signature not readable"))?;
        let signed =
            if request.is_media("application/x-www-form-urlencoded") { signed_fields(request) } else { String::new() };
        if signed.is_empty() && !request.body.is_empty() {
            // A body that is no form is covered by its hash in the address, which is signed.
            let hash = digest::digest(&digest::SHA256, request.body);
            let named = request.query("bodySHA256").and_then(|named| sign::hex(&named));
            if named.as_deref() != Some(hash.as_ref()) {
                return Err(Refusal::Unproven("body not covered"));
            }
        }
        let mut urls = urls(request.url).into_iter();
        let by = |url: String| sign::is_signed(Hash::Sha1, &hook.secrets, &[url.as_bytes(), signed.as_bytes()], &tag);
        if urls.any(by) { Ok(()) } else { Err(Refusal::Unproven("signature wrong")) }
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        // Where the number is set to GET, the fields stand in the address.
        let field = |name: &str| {
            let value = if request.method == "GET" { request.query(name) } else { request.form(name) };
            value.filter(|value| !value.is_empty())
        };
        // Calls and receipts of delivery have no text.
        let (Some(id), Some(from)) = (field("MessageSid"), field("From")) else { return Ok(Said::Events(Vec::new())) };
        if field("SmsStatus").or_else(|| field("MessageStatus")).is_some_and(|status| status != "received") {
            return Ok(Said::Events(Vec::new()));
        }
        let text = ["Body", "ButtonText", "Label", "Address"].iter().find_map(|name| field(name)).unwrap_or_default();
        Ok(Said::Events(vec![Event {
            dedupe: vec![id.clone()],
            id,
            sender: Sender { id: Some(from), name: field("ProfileName"), ..Sender::default() },
            channel: Channel { id: field("To"), reach: Reach::Direct, ..Channel::default() },
            plain: text.clone(),
            text,
            attachments: field("NumMedia").and_then(|count| count.parse().ok()).unwrap_or(0),
            ..Event::default()
        }]))
    }

    /// Plain text would be sent back as an SMS.
    fn thanks(&self, _hook: &Hook) -> Answer {
        Answer { body: b"<Response></Response>".to_vec(), ..Answer::empty(200) }.with("Content-Type", "text/xml")
    }
}

/// The fields of a form as they are signed: sorted by name, then value, each pair once, nothing between.
fn signed_fields(request: &Request<'_>) -> String {
    let mut fields: Vec<(String, String)> = request.fields().collect();
    fields.sort();
    fields.dedup();
    fields.into_iter().map(|(name, value)| name + &value).collect()
}

/// An address with and without its port: Twilio signs now the one, now the other.
fn urls(url: &str) -> Vec<String> {
    let mut urls = vec![url.to_owned()];
    let Some((scheme, rest)) = url.split_once("://") else { return urls };
    let (host, path) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    match host.rsplit_once(':') {
        Some((name, port)) if is_port(port) => urls.push(format!("{scheme}://{name}{path}")),
        _ => {
            let port = if scheme == "https" { 443 } else { 80 };
            urls.push(format!("{scheme}://{host}:{port}{path}"));
        }
    }
    urls
}
