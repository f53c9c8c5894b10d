//! Grafana alerting: the alarms of Alertmanager behind an HMAC or an `Authorization` header field.

use super::answer::Refusal;
use super::hook::Hook;
use super::proof::{Origin, Proof};
use super::request::Request;
use super::service::{Said, Service};
use super::setting::{Key, Need, Settings, Shape, Wrong};
use super::sign::{self, Hash};
use super::{alertmanager, authorization, field};
use crate::limits;

/// Grafana.
pub struct Grafana;

const KEYS: &[Key] = &[
    Key {
        name: "header",
        shape: Shape::Text,
        need: Need::May,
        about: "The header field with the HMAC; default X-Grafana-Alerting-Signature.",
    },
    Key {
        name: "timestamp_header",
        shape: Shape::Text,
        need: Need::May,
        about: "The header field with the time, where Grafana is told to sign one.",
    },
    Key {
        name: "tolerance",
        shape: Shape::Time,
        need: Need::May,
        about: "How far that time may be from now; default 5m.",
    },
];

impl Service for Grafana {
    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn proof(&self, _settings: &Settings) -> Proof {
        Proof::Secret(Origin::User)
    }

    fn wrong(&self, _name: Option<&str>, settings: &Settings) -> Vec<Wrong> {
        let idle = settings.0.contains_key("tolerance") && settings.text("timestamp_header").is_none();
        let text = "has no meaning without \"timestamp_header\"; remove it, or name that field";
        idle.then(|| Wrong { key: "tolerance".to_owned(), text: text.to_owned() }).into_iter().collect()
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        let name = hook.settings.text("header").unwrap_or("X-Grafana-Alerting-Signature");
        let Some(tag) = request.header(name) else {
            // Without a signature an `Authorization` proves it, but not where a signed time is asked for.
            return match hook.settings.text("timestamp_header") {
                None => authorization::verify(&hook.secrets, request),
                Some(_) => Err(Refusal::Unproven("signature missing")),
            };
        };
        let tag = sign::hex(tag).ok_or(Refusal::Unproven("signature not readable"))?;
        match hook.settings.text("timestamp_header") {
            None => sign::signed(Hash::Sha256, &hook.secrets, &[request.body], &tag),
            Some(name) => {
                let stamp = request.header(name).ok_or(Refusal::Unproven("timestamp missing"))?;
                let window = hook.settings.window("tolerance", limits::judgement::HOOK_WINDOW);
                sign::fresh(stamp, request.now, window)?;
                sign::signed(Hash::Sha256, &hook.secrets, &[stamp.as_bytes(), b":", request.body], &tag)
            }
        }
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        Ok(Said::Events(alertmanager::alerts(&field::json(request.body)?)?))
    }
}
