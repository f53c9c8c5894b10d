//! Prometheus Alertmanager: a group of alarms in one request, each with a state of its own. Grafana sends the same.

use serde_json::Value;

use super::answer::Refusal;
use super::event::{AlertState, Channel, Event, Nature, Sender, What};
use super::hook::Hook;
use super::proof::{Origin, Proof};
use super::request::Request;
use super::service::{Said, Service};
use super::setting::Settings;
use super::{authorization, field};

/// Alertmanager.
pub struct Alertmanager;

impl Service for Alertmanager {
    fn proof(&self, _settings: &Settings) -> Proof {
        Proof::Secret(Origin::User)
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        authorization::verify(&hook.secrets, request)
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        let body = field::json(request.body)?;
        Ok(Said::Events(alerts(&body)))
    }
}

/// The alarms of a group: who is resolved in it is resolved, though the group still rings.
pub fn alerts(body: &Value) -> Vec<Event> {
    let group = field::id(body, "/groupKey").unwrap_or_default();
    let receiver = field::id(body, "/receiver");
    field::list(body, "/alerts").iter().filter_map(|alert| one(alert, (&group, receiver.clone()))).collect()
}

fn one(alert: &Value, (group, receiver): (&str, Option<String>)) -> Option<Event> {
    let status = field::text(alert, "/status")?;
    let state = if status == "resolved" { AlertState::Resolved } else { AlertState::Firing };
    let began = field::text(alert, "/startsAt").unwrap_or_default();
    let id = field::id(alert, "/fingerprint")?;
    let first = |pointers: &[&str]| pointers.iter().find_map(|pointer| field::id(alert, pointer));
    let text = first(&["/annotations/summary", "/annotations/description", "/annotations/message"]);
    let text = text.unwrap_or_default();
    let weight = first(&["/labels/severity"]).map(|severity| ("severity", severity));
    let link = first(&["/panelURL", "/dashboardURL", "/generatorURL"]).filter(|url| url.starts_with("http"));
    Some(Event {
        what: What::Alert { status: status.to_owned(), state },
        dedupe: vec![group.to_owned(), id.clone(), status.to_owned(), began.to_owned()],
        // Both states of one alarm are one thread.
        thread: Some(id.clone()),
        id,
        sender: Sender { nature: Nature::Bot, name: first(&["/labels/instance", "/labels/job"]), id: None },
        channel: Channel { name: receiver, ..Channel::default() },
        subject: first(&["/labels/alertname"]),
        plain: text.clone(),
        text,
        at: began.parse().ok(),
        weight: weight.into_iter().collect(),
        permalink: link,
        ..Event::default()
    })
}
