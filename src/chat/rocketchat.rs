//! Rocket.Chat, outgoing integrations: JSON with a token in it.

use super::answer::{Answer, Refusal};
use super::event::{Channel, Event, Nature, Reach, Sender, What};
use super::hook::Hook;
use super::request::Request;
use super::service::{Said, Service};
use super::setting::Settings;
use super::{field, mark, sign};

/// Rocket.Chat.
pub struct RocketChat;

impl Service for RocketChat {
    fn names_people(&self, _settings: &Settings) -> bool {
        true
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        let body = field::json(request.body)?;
        sign::token_in(&body, &hook.secrets)
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        let body = field::json(request.body)?;
        // Rooms that come and go have no message.
        let Some(id) = field::id(&body, "/message_id") else { return Ok(Said::Events(Vec::new())) };
        let texts = ["/text", "/message/attachments/0/description", "/message/file/name"];
        let text = texts.iter().find_map(|at| field::text(&body, at)).unwrap_or_default();
        let is_bot = body.pointer("/bot").is_some_and(|bot| bot.is_object() || bot.as_bool() == Some(true));
        let edited = field::is_true(&body, "/isEdited");
        let channel = field::id(&body, "/channel_id");
        let name = field::id(&body, "/channel_name");
        let site = field::text(&body, "/siteUrl").unwrap_or_default().trim_end_matches('/');
        let permalink = name.as_ref().filter(|_| site.starts_with("http"));
        let permalink = permalink.map(|name| format!("{site}/channel/{name}?msg={id}"));
        Ok(Said::Events(vec![Event {
            what: if edited { What::Edit { of: id.clone() } } else { What::Message },
            dedupe: if edited { vec![id.clone(), text.to_owned()] } else { vec![id.clone()] },
            sender: Sender {
                id: field::id(&body, "/user_id"),
                name: field::id(&body, "/alias").or_else(|| field::id(&body, "/user_name")),
                nature: if is_bot { Nature::Bot } else { Nature::Person },
            },
            channel: Channel {
                // A direct conversation has no name.
                reach: if name.is_none() { Reach::Direct } else { Reach::Several },
                id: channel,
                name,
                ..Channel::default()
            },
            text: text.to_owned(),
            plain: mark::plain(text),
            thread: field::id(&body, "/tmid"),
            at: field::instant(&body, "/timestamp"),
            mentions: mark::mentions(text, &["all", "here"]),
            permalink,
            attachments: body.pointer("/message/file").map_or(0, |_| field::list(&body, "/message/files").len().max(1)),
            id,
            ..Event::default()
        }]))
    }

    /// An empty body counts as a failure, and `text` would be published.
    fn thanks(&self, _hook: &Hook) -> Answer {
        Answer::json(200, "{}".to_owned())
    }
}
