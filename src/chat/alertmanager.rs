//! Prometheus Alertmanager: a group of alarms in one request, each with a state of its own. Grafana sends the same.

use ring::digest;
use serde_json::Value;

use super::answer::Refusal;
use super::event::{AlertState, Channel, Event, Nature, Sender, What};
use super::hook::Hook;
use super::proof::{Origin, Proof};
use super::request::Request;
use super::service::{Said, Service};
use super::setting::Settings;
use super::{authorization, field};
use crate::text;

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
        Ok(Said::Events(alerts(&body)?))
    }
}

/// The alarms of a group: who is resolved in it is resolved, though the group still rings.
///
/// # Errors
/// As [`field::events`].
pub fn alerts(body: &Value) -> Result<Vec<Event>, Refusal> {
    let group = Group {
        key: field::id(body, "/groupKey").unwrap_or_default(),
        receiver: field::id(body, "/receiver"),
        status: field::id(body, "/status"),
    };
    Ok(field::events(body, "/alerts")?.iter().filter_map(|alert| one(alert, &group)).collect())
}

/// What stands above the alarms.
struct Group {
    key: String,
    receiver: Option<String>,
    status: Option<String>,
}

fn one(alert: &Value, group: &Group) -> Option<Event> {
    // What says nothing of its own state is in its group's.
    let status = field::text(alert, "/status").or(group.status.as_deref())?;
    let state = if status == "resolved" { AlertState::Resolved } else { AlertState::Firing };
    let began = field::text(alert, "/startsAt").unwrap_or_default();
    let id = field::id(alert, "/fingerprint").or_else(|| fingerprint(alert))?;
    let first = |pointers: &[&str]| pointers.iter().find_map(|pointer| field::id(alert, pointer));
    let texts = ["/annotations/summary", "/annotations/description", "/annotations/message"];
    let text = texts.iter().find_map(|pointer| field::words(alert, pointer)).unwrap_or_default();
    let weight = first(&["/labels/severity"]).map(|severity| ("severity", severity));
    let link = first(&["/panelURL", "/dashboardURL", "/generatorURL"]).filter(|url| url.starts_with("http"));
    Some(Event {
        what: What::Alert { status: status.to_owned(), state },
        dedupe: vec![group.key.clone(), id.clone(), status.to_owned(), began.to_owned()],
        // Both states of one alarm are one thread.
        thread: Some(id.clone()),
        id,
        sender: Sender { nature: Nature::Bot, name: first(&["/labels/instance", "/labels/job"]), id: None },
        channel: Channel { name: group.receiver.clone(), ..Channel::default() },
        subject: first(&["/labels/alertname"]),
        plain: text.clone(),
        text,
        at: began.parse().ok(),
        weight: weight.into_iter().collect(),
        permalink: link,
        ..Event::default()
    })
}

/// An alarm is its labels, where nothing shorter says which one it is.
fn fingerprint(alert: &Value) -> Option<String> {
    let labels = alert.get("labels").filter(|labels| labels.as_object().is_some_and(|labels| !labels.is_empty()))?;
    Some(text::hex(digest::digest(&digest::SHA256, labels.to_string().as_bytes()).as_ref()))
}
