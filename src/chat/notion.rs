//! Notion: references to pages and comments; its secret comes in a handshake, and the texts are to be fetched.

use super::answer::{Answer, Handshake, Refusal};
use super::event::{Channel, Event, Nature, Sender, What};
use super::hook::Hook;
use super::proof::Proof;
use super::request::Request;
use super::service::{Said, Service};
use super::setting::Settings;
use super::{field, sign};
use crate::secret::Secret;

/// Notion.
pub struct Notion;

impl Service for Notion {
    fn proof(&self, _settings: &Settings) -> Proof {
        Proof::Handshake
    }

    fn sends_references(&self) -> bool {
        true
    }

    /// A handshake is proven by nothing: it is taken only where there is no secret yet, and while one is expected.
    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        if request.header("X-Notion-Signature").is_none() && hook.secrets.is_empty() {
            let body = field::json(request.body)?;
            let asked = field::text(&body, "/verification_token").is_some();
            return if asked { Ok(()) } else { Err(Refusal::Unproven("signature missing")) };
        }
        sign::hub(&hook.secrets, request, "X-Notion-Signature")
    }

    fn read(&self, hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        let body = field::json(request.body)?;
        if let Some(token) = field::text(&body, "/verification_token") {
            // Signed with a known secret it is only repeated.
            let secret = hook.secrets.is_empty().then(|| Secret::new(token.to_owned()));
            return Ok(Said::Handshake(Handshake { answer: Answer::empty(200), secret }));
        }
        let (Some(id), Some(change)) = (field::id(&body, "/entity/id"), field::text(&body, "/type")) else {
            return Ok(Said::Events(Vec::new()));
        };
        let delivery = field::id(&body, "/id").ok_or(Refusal::Unreadable("event without an id"))?;
        let kind = field::text(&body, "/entity/type").unwrap_or_default();
        let page = field::id(&body, "/data/page_id").or_else(|| (kind == "page").then(|| id.clone()));
        let bot = field::text(&body, "/authors/0/type") == Some("bot");
        let permalink = page.as_ref().map(|page| format!("https://www.notion.so/{}", page.replace('-', "")));
        Ok(Said::Events(vec![Event {
            what: What::Thin { resource: format!("{kind}/{id}"), change: change.to_owned() },
            dedupe: vec![delivery],
            sender: Sender {
                id: field::id(&body, "/authors/0/id"),
                name: None,
                nature: if bot { Nature::Bot } else { Nature::Person },
            },
            channel: Channel {
                team_id: field::id(&body, "/workspace_id"),
                team: field::id(&body, "/workspace_name"),
                ..Channel::default()
            },
            thread: page,
            at: field::instant(&body, "/timestamp"),
            permalink,
            id,
            ..Event::default()
        }]))
    }
}
