//! Confluence Data Center: only what happened to which page or comment; its text is to be fetched.

use super::answer::Refusal;
use super::event::{Event, Sender, What};
use super::hook::Hook;
use super::proof::{Origin, Proof};
use super::request::Request;
use super::service::{Said, Service};
use super::setting::Settings;
use super::{field, sign};

/// Confluence.
pub struct Confluence;

impl Service for Confluence {
    fn proof(&self, _settings: &Settings) -> Proof {
        Proof::Secret(Origin::User)
    }

    fn sends_references(&self) -> bool {
        true
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        sign::hub(&hook.secrets, request, "X-Hub-Signature")
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        let body = field::json(request.body)?;
        let Some(change) = field::text(&body, "/event") else { return Ok(Said::Events(Vec::new())) };
        let kind = change.split('_').next().unwrap_or_default();
        let kind = if kind == "blog" { "blogpost" } else { kind };
        let Some(id) = field::id(&body, &format!("/{kind}/id")) else { return Ok(Said::Events(Vec::new())) };
        let stamp = field::id(&body, "/timestamp").unwrap_or_default();
        Ok(Said::Events(vec![Event {
            what: What::Thin { resource: format!("{kind}/{id}"), change: change.to_owned() },
            dedupe: vec![change.to_owned(), id.clone(), stamp],
            sender: Sender { id: field::id(&body, "/userKey"), ..Sender::default() },
            thread: field::id(&body, &format!("/{kind}/parent/id")),
            at: field::since_1970(&body, "/timestamp"),
            id,
            ..Event::default()
        }]))
    }
}
