//! GitLab: notes, issues and merge requests, proven by a token or by a signature.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::answer::Refusal;
use super::event::{Channel, Event, Nature, Sender, What};
use super::hook::Hook;
use super::proof::{Origin, Proof};
use super::request::Request;
use super::service::{Said, Service};
use super::setting::Settings;
use super::{field, mark, sign, standard_webhooks};
use crate::secret::Secret;

/// GitLab.
pub struct GitLab;

impl Service for GitLab {
    fn proof(&self, _settings: &Settings) -> Proof {
        Proof::Secret(Origin::User)
    }

    fn names_people(&self, _settings: &Settings) -> bool {
        true
    }

    fn unfit(&self, secret: &str) -> Option<&'static str> {
        secret.starts_with("whsec_").then(|| standard_webhooks::unfit(secret)).flatten()
    }

    /// A signing token begins with `whsec_`: it signs, and is never taken as a plain token.
    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        let is_signing = |secret: &&Secret| secret.reveal().starts_with("whsec_");
        let signing: Vec<Secret> = hook.secrets.iter().filter(is_signing).cloned().collect();
        if !signing.is_empty() {
            return standard_webhooks::verify(&signing, request);
        }
        let token = request.header("X-Gitlab-Token").ok_or(Refusal::Unproven("token missing"))?;
        if sign::is_token(&hook.secrets, token) { Ok(()) } else { Err(Refusal::Unproven("token wrong")) }
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        let body = field::json(request.body)?;
        let delivery = request.header("Idempotency-Key").or_else(|| request.header("X-Gitlab-Event-UUID"));
        Ok(Said::Events(event(&body, delivery.unwrap_or_default()).into_iter().collect()))
    }
}

fn event(body: &Value, delivery: &str) -> Option<Event> {
    let told = body.pointer("/object_attributes")?;
    let id = field::id(told, "/id")?;
    if field::is_true(told, "/system") {
        return None;
    }
    let action = field::text(told, "/action").unwrap_or_default();
    let kind = field::text(body, "/object_kind").unwrap_or_default();
    let (what, text) = match (kind, action) {
        ("note", "update") => (What::Edit { of: id.clone() }, field::text(told, "/note")),
        ("note", _) => (What::Message, field::text(told, "/note")),
        ("issue" | "merge_request" | "work_item", "open" | "close" | "reopen" | "merge") => {
            (What::Task, field::text(told, "/description"))
        }
        ("issue" | "merge_request" | "work_item", "update") if body.pointer("/changes/assignees").is_some() => {
            (What::Assignment, field::text(told, "/description"))
        }
        _ => return None,
    };
    let text = text.unwrap_or_default();
    let first = |pointers: &[&str]| pointers.iter().find_map(|pointer| field::id(body, pointer));
    let user = field::text(body, "/user/username").unwrap_or_default();
    let bot = (user.starts_with("project_") || user.starts_with("group_")) && user.contains("_bot");
    let mut mentions = mark::mentions(text, &["all"]);
    (mentions.groups, mentions.users) = mentions.users.into_iter().partition(|name| name.contains('/'));
    let thread = ["/object_attributes/discussion_id", "/issue/iid", "/merge_request/iid", "/object_attributes/iid"];
    Some(Event {
        dedupe: vec![if delivery.is_empty() { id.clone() } else { delivery.to_owned() }],
        sender: Sender {
            id: first(&["/user/id"]),
            name: first(&["/user/name", "/user/username"]),
            nature: if bot { Nature::Bot } else { Nature::Person },
        },
        channel: Channel {
            id: first(&["/project/id"]),
            name: first(&["/project/path_with_namespace"]),
            ..Channel::default()
        },
        subject: first(&["/issue/title", "/merge_request/title", "/object_attributes/title"]),
        text: text.to_owned(),
        plain: mark::plain(text),
        thread: first(&thread),
        at: instant(told, if matches!(what, What::Edit { .. }) { "/updated_at" } else { "/created_at" }),
        mentions,
        permalink: field::id(told, "/url"),
        what,
        id,
        ..Event::default()
    })
}

/// `2015-05-17 18:08:09 UTC`, or RFC 3339.
fn instant(value: &Value, pointer: &str) -> Option<Timestamp> {
    let written = field::text(value, pointer)?;
    let civil = written.strip_suffix(" UTC").and_then(|civil| civil.parse::<DateTime>().ok());
    match civil {
        Some(civil) => TimeZone::UTC.to_timestamp(civil).ok(),
        None => written.parse().ok(),
    }
}
