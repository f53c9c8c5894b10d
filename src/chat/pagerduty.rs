//! PagerDuty, V3 webhooks: incidents, each with its state and urgency.

use super::answer::{Answer, Refusal};
use super::event::{AlertState, Channel, Event, Nature, Sender, What};
use super::field;
use super::hook::Hook;
use super::request::Request;
use super::service::{Said, Service};
use super::sign::{self, Hash};
use crate::limits;

/// PagerDuty.
pub struct PagerDuty;

impl Service for PagerDuty {
    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        let field = request.header("X-PagerDuty-Signature").ok_or(Refusal::Unproven("signature missing"))?;
        let tags = field.split(',').take(limits::judgement::HOOK_SIGNATURES);
        let mut tags = tags.filter_map(|tag| tag.trim().strip_prefix("v1=").and_then(sign::hex));
        if tags.any(|tag| sign::is_signed(Hash::Sha256, &hook.secrets, &[request.body], &tag)) {
            Ok(())
        } else {
            Err(Refusal::Unproven("signature wrong"))
        }
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        let body = field::json(request.body)?;
        let event = body.pointer("/event").ok_or(Refusal::Unreadable("no event"))?;
        let kind = field::text(event, "/event_type").unwrap_or_default();
        let Some(name) = kind.strip_prefix("incident.") else { return Ok(Said::Events(Vec::new())) };
        // Notes and status updates hang below their incident.
        let incident = event.pointer("/data/incident").or_else(|| event.pointer("/data"));
        let incident = incident.ok_or(Refusal::Unreadable("no incident"))?;
        let Some(id) = field::id(incident, "/id") else { return Ok(Said::Events(Vec::new())) };
        let status = field::id(incident, "/status").unwrap_or_else(|| name.to_owned());
        let state = match status.as_str() {
            "resolved" => AlertState::Resolved,
            "acknowledged" => AlertState::Acknowledged,
            _ => AlertState::Firing,
        };
        let note = field::words(event, "/data/content").or_else(|| field::words(event, "/data/message"));
        let note = note.unwrap_or_default();
        let what = match name {
            "reassigned" | "delegated" => What::Assignment,
            "annotated" | "status_update_published" => What::Task,
            other if other.starts_with("responder") => What::Task,
            _ => What::Alert { status, state },
        };
        let delivery = field::id(event, "/id").ok_or(Refusal::Unreadable("event without an id"))?;
        let bot = field::text(event, "/agent/type").is_none_or(|agent| !agent.starts_with("user"));
        let weights = [("urgency", "/urgency"), ("priority", "/priority/summary")];
        Ok(Said::Events(vec![Event {
            what,
            dedupe: vec![delivery],
            sender: Sender {
                id: field::id(event, "/agent/id"),
                name: field::id(event, "/agent/summary"),
                nature: if bot { Nature::Bot } else { Nature::Person },
            },
            channel: Channel {
                id: field::id(incident, "/service/id"),
                name: field::id(incident, "/service/summary"),
                ..Channel::default()
            },
            subject: field::id(incident, "/title").or_else(|| field::id(incident, "/summary")),
            plain: note.clone(),
            text: note,
            thread: Some(id.clone()),
            at: field::instant(event, "/occurred_at"),
            weight: weights.iter().filter_map(|(name, at)| Some((*name, field::id(incident, at)?))).collect(),
            permalink: field::id(incident, "/html_url").filter(|url| url.starts_with("http")),
            id,
            ..Event::default()
        }]))
    }

    /// What is answered with these is not sent again.
    fn refuse(&self, _hook: &Hook, refusal: &Refusal) -> Answer {
        Answer::empty(match refusal {
            Refusal::Unproven(_) | Refusal::Answered(..) => 403,
            Refusal::Unreadable(_) => 400,
            Refusal::Elsewhere => 404,
        })
    }
}
