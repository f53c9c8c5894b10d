//! Chat and work tools: from the bytes of one webhook request to what it says. One file a service, all alike.

pub mod alertmanager;
pub mod answer;
pub mod asana;
pub mod authorization;
pub mod basecamp;
pub mod card;
pub mod confluence;
pub mod discord;
pub mod event;
pub mod field;
pub mod generic;
pub mod github;
pub mod gitlab;
pub mod google_chat;
pub mod grafana;
pub mod hook;
pub mod jira;
pub mod jwt;
pub mod kind;
pub mod linear;
pub mod mark;
pub mod matrix;
pub mod matrix_push;
pub mod mattermost;
pub mod message;
pub mod messenger;
pub mod meta;
pub mod names;
pub mod notion;
pub mod page;
pub mod pagerduty;
pub mod proof;
pub mod reference;
pub mod registry;
pub mod request;
pub mod rocketchat;
pub mod sealed;
pub mod service;
pub mod setting;
pub mod sign;
pub mod slack;
pub mod standard_webhooks;
pub mod teams;
pub mod teams_graph;
pub mod telegram;
pub mod trello;
pub mod twilio;
pub mod whatsapp;
pub mod x;
pub mod zoom;
pub mod zulip;

use answer::Taken;
use event::Event;
use hook::Hook;
use kind::Kind;
use reference::{Api, Question};
use request::Request;
use service::Said;
use setting::Settings;

use crate::limits;

/// Takes one request: proves who sent it, then reads it. Pure: nothing is stored, fetched or sent; nothing in the answer
/// comes from the message, but for what a handshake asks to be echoed.
pub fn take(hook: &Hook, request: &Request<'_>) -> Taken {
    let service = registry::service(hook.kind);
    let said = service.verify(hook, request).and_then(|()| service.read(hook, request));
    match said {
        Ok(Said::Events(events)) => Taken::Events { events, answer: service.thanks(hook) },
        Ok(Said::Handshake(handshake)) => Taken::Handshake(handshake),
        Err(refusal) => {
            let answer = service.refuse(hook, &refusal);
            Taken::Refused { refusal, answer }
        }
    }
}

/// Where the API is asked for the texts of references, as a URL without a slash at its end. Never taken from a message: the
/// configuration names it, or the service has it everywhere.
pub fn api(kind: Kind, settings: &Settings) -> Option<&str> {
    match registry::service(kind).api()? {
        Api::At(url) => Some(settings.text("api").unwrap_or(url)),
        Api::OfSite => settings.text("api"),
    }
}

/// What the API is asked for the text of an event that is a mere reference, and no larger than one is.
pub fn question(kind: Kind, event: &Event) -> Option<Question> {
    let question = registry::service(kind).question(event)?;
    (reference::weight(event) <= limits::judgement::REFERENCE_OCTETS).then_some(question)
}

/// What happened, as the API tells it; `None`: nothing more than is known.
pub fn told(kind: Kind, reference: &Event, answer: &[u8]) -> Option<Event> {
    registry::service(kind).told(reference, &field::json(answer).ok()?)
}
