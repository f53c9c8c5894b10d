//! Linear: comments and issues of a workspace.

use jiff::SignedDuration;
use serde_json::Value;

use super::answer::Refusal;
use super::event::{Channel, Event, Nature, Sender, What};
use super::hook::Hook;
use super::request::Request;
use super::service::{Said, Service};
use super::setting::Settings;
use super::sign::{self, Hash};
use super::{field, mark};

/// Linear.
pub struct Linear;

/// How far the time in a signed body may be from now.
const WINDOW: SignedDuration = SignedDuration::from_secs(60);

impl Service for Linear {
    fn names_people(&self, _settings: &Settings) -> bool {
        true
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        let tag = request.header("Linear-Signature").ok_or(Refusal::Unproven("signature missing"))?;
        let tag = sign::hex(tag).ok_or(Refusal::Unproven("signature not readable"))?;
        sign::signed(Hash::Sha256, &hook.secrets, &[request.body], &tag)?;
        // The time is part of what is signed; the header field of that name is not.
        let body = field::json(request.body)?;
        sign::near(field::since_1970(&body, "/webhookTimestamp"), request.now, WINDOW)
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        let body = field::json(request.body)?;
        let delivery = request.header("Linear-Delivery").unwrap_or_default();
        Ok(Said::Events(event(&body, delivery).into_iter().collect()))
    }
}

fn event(body: &Value, delivery: &str) -> Option<Event> {
    let data = body.pointer("/data")?;
    let id = field::id(data, "/id")?;
    let action = field::text(body, "/action").unwrap_or_default();
    let what = match (field::text(body, "/type").unwrap_or_default(), action) {
        ("Comment", "create") => What::Message,
        ("Comment", "update") => What::Edit { of: id.clone() },
        ("Comment", "remove") => What::Delete { of: id.clone() },
        ("Issue", "update") if body.pointer("/updatedFrom/assigneeId").is_some() => What::Assignment,
        ("Issue", _) => What::Task,
        _ => return None,
    };
    let first = |pointers: &[&str]| pointers.iter().find_map(|pointer| field::id(body, pointer));
    let text = ["/data/body", "/data/description"].iter().find_map(|at| field::text(body, at)).unwrap_or_default();
    let is_person = field::text(body, "/actor/type").is_none_or(|kind| kind == "user");
    let mentions = mark::mentions(text, &[]);
    Some(Event {
        dedupe: vec![if delivery.is_empty() { id.clone() } else { delivery.to_owned() }],
        sender: Sender {
            id: first(&["/actor/id", "/data/userId", "/data/user/id"]),
            name: first(&["/actor/name", "/data/user/name"]),
            nature: if is_person { Nature::Person } else { Nature::Bot },
        },
        channel: Channel {
            id: first(&["/data/team/id", "/data/issue/team/id"]),
            name: first(&["/data/team/name", "/data/issue/team/name"]),
            ..Channel::default()
        },
        subject: first(&["/data/title", "/data/issue/title"]),
        plain: mark::plain(text),
        text: text.to_owned(),
        thread: first(&["/data/issueId"]).or_else(|| Some(id.clone())),
        at: first(&["/createdAt"]).and_then(|at| at.parse().ok()),
        mentions,
        weight: first(&["/data/priorityLabel"]).map(|label| ("priority", label)).into_iter().collect(),
        permalink: first(&["/url"]).filter(|url| url.starts_with("http")),
        what,
        id,
        ..Event::default()
    })
}
