//! Basecamp: what happens in a project, proven by nothing but the path that it is sent to.

use serde_json::Value;

use super::answer::Refusal;
use super::event::{Channel, Event, Mentions, Sender, What};
use super::hook::Hook;
use super::proof::{self, Proof};
use super::request::Request;
use super::service::{Said, Service};
use super::setting::{Key, Need, Settings, Shape};
use super::{field, mark, page, sign};
use crate::limits;
use crate::text;

/// Basecamp.
pub struct Basecamp;

const KEYS: &[Key] = &[Key {
    name: "path_secret",
    shape: Shape::Secrets,
    need: Need::Must,
    about: "The last part of the address that is given to Basecamp: long and random, because nothing else proves a request.",
}];

impl Service for Basecamp {
    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn proof(&self, _settings: &Settings) -> Proof {
        Proof::Other("\"path_secret\"")
    }

    fn names_people(&self, _settings: &Settings) -> bool {
        true
    }

    fn calls(&self) -> (&'static str, &'static str) {
        ("POST", "/PATH_SECRET")
    }

    fn unfit(&self, secret: &str) -> Option<&'static str> {
        proof::unfit_for_address(secret)
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        let last = request.last_segment().ok_or(Refusal::Unproven("secret missing"))?;
        let is_known = sign::is_token(hook.settings.secrets("path_secret"), last);
        if is_known { Ok(()) } else { Err(Refusal::Unproven("secret wrong")) }
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        let body = field::json(request.body)?;
        Ok(Said::Events(event(&body).into_iter().collect()))
    }
}

fn event(body: &Value) -> Option<Event> {
    let kind = field::text(body, "/kind")?;
    let told = body.pointer("/recording")?;
    let id = field::id(told, "/id")?;
    let is_todo = kind.starts_with("todo_");
    let what = match kind.rsplit_once('_').map(|(_, action)| action)? {
        "created" | "active" if is_todo => What::Task,
        "created" | "active" => What::Message,
        "updated" if kind.ends_with("content_updated") => What::Edit { of: id.clone() },
        "trashed" | "deleted" => What::Delete { of: id.clone() },
        "completed" | "uncompleted" => What::Task,
        _ => return None,
    };
    let html = field::text(told, "/content").unwrap_or_default();
    let html = text::first_bytes(html, limits::judgement::SIGNAL_OCTETS);
    let own = mark::without_blockquotes(html);
    // Who was notified is the service's own answer to whom it concerns.
    let notified = field::list(body, "/details/notified_recipient_ids").iter().filter_map(|one| field::id(one, ""));
    Some(Event {
        what,
        dedupe: vec![field::id(body, "/id")?],
        sender: Sender {
            id: field::id(body, "/creator/id"),
            name: field::id(body, "/creator/name"),
            ..Sender::default()
        },
        channel: Channel {
            id: field::id(told, "/bucket/id"),
            name: field::id(told, "/bucket/name"),
            ..Channel::default()
        },
        subject: field::id(told, "/title"),
        text: html.to_owned(),
        plain: page::text(if own.trim().is_empty() { html } else { &own }),
        thread: field::id(told, "/parent/id"),
        at: field::instant(body, "/created_at"),
        mentions: Mentions { users: notified.collect(), ..Mentions::default() },
        permalink: field::id(told, "/app_url").filter(|url| url.starts_with("http")),
        id,
        ..Event::default()
    })
}
