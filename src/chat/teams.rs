//! Microsoft Teams, outgoing webhooks: what mentions the webhook in a channel.

use serde_json::Value;

use super::answer::{Answer, Refusal};
use super::event::{Channel, Event, Mentions, Sender};
use super::hook::Hook;
use super::request::Request;
use super::service::{Said, Service};
use super::setting::Settings;
use super::sign::{self, Hash};
use super::{card, field, mark};

/// Teams.
pub struct Teams;

impl Service for Teams {
    fn names_people(&self, _settings: &Settings) -> bool {
        true
    }

    fn unfit(&self, secret: &str) -> Option<&'static str> {
        let is_key = sign::base64(secret).is_some_and(|key| !key.is_empty());
        (!is_key).then_some("is no base64; write the security token as Teams has shown it")
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        let tag = request.header("Authorization").ok_or(Refusal::Unproven("Authorization missing"))?;
        let tag =
            tag.strip_prefix("HMAC ").and_then(sign::base64).ok_or(Refusal::Unproven("signature not readable"))?;
        let keys = hook.secrets.iter().filter_map(|secret| sign::base64(secret.reveal()));
        let mut keys = keys.filter(|key| !key.is_empty());
        if keys.any(|key| sign::is_signed_by(Hash::Sha256, &key, &[request.body], &tag)) {
            Ok(())
        } else {
            Err(Refusal::Unproven("signature wrong"))
        }
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        let body = field::json(request.body)?;
        if field::text(&body, "/type") != Some("message") {
            return Ok(Said::Events(Vec::new()));
        }
        let id = field::id(&body, "/id").ok_or(Refusal::Unreadable("message without an id"))?;
        let text = field::text(&body, "/text").unwrap_or_default();
        let own = mark::without_blockquotes(text);
        let entities = field::list(&body, "/entities").iter();
        let named: Vec<String> = entities
            .filter(|entity| field::text(entity, "/type") == Some("mention"))
            .filter_map(|entity| field::id(entity, "/mentioned/id").or_else(|| field::id(entity, "/mentioned/name")))
            .collect();
        let users = if named.is_empty() { spans(&own).map(|(name, _)| name.to_owned()).collect() } else { named };
        let conversation = field::text(&body, "/conversation/id").unwrap_or_default();
        let root = conversation.split_once(";messageid=").map(|(_, root)| root.to_owned());
        Ok(Said::Events(vec![Event {
            dedupe: vec![id.clone()],
            sender: Sender {
                id: field::id(&body, "/from/aadObjectId").or_else(|| field::id(&body, "/from/id")),
                name: field::id(&body, "/from/name"),
                ..Sender::default()
            },
            channel: Channel {
                id: field::id(&body, "/channelData/channel/id"),
                name: field::id(&body, "/channelData/channel/name"),
                team_id: field::id(&body, "/channelData/team/id"),
                ..Channel::default()
            },
            text: text.to_owned(),
            plain: shown(&own, &body),
            thread: root,
            reply_to: field::id(&body, "/replyToId"),
            at: field::instant(&body, "/timestamp"),
            mentions: Mentions { users, ..Mentions::default() },
            attachments: files(&body),
            id,
            ..Event::default()
        }]))
    }

    /// There is no silent answer: without one an error is shown to the sender.
    fn thanks(&self, _hook: &Hook) -> Answer {
        Answer::json(200, r#"{"type":"message","text":"Noted."}"#.to_owned())
    }
}

/// The names between `<at>` and `</at>`, with what follows each.
fn spans(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("<at>").skip(1).filter_map(|rest| rest.split_once("</at>"))
}

/// The text without the webhook's own name, with which every message to it begins.
fn unmarked(text: &str) -> String {
    let Some((before, rest)) = text.split_once("<at>") else { return text.to_owned() };
    let (_, after) = rest.split_once("</at>").unwrap_or(("", rest));
    format!("{before}{}", after.replace("<at>", "").replace("</at>", ""))
}

/// What was written beside the webhook's name; else what cards show.
fn shown(own: &str, body: &Value) -> String {
    let plain = mark::plain(&unmarked(own));
    let cards = || body.get("attachments").map(|all| card::texts(all, &["content", "title", "body", "items", "text"]));
    if plain.is_empty() { cards().unwrap_or_default() } else { plain }
}

/// The first attachment is the text again, as HTML.
fn files(body: &Value) -> usize {
    let attachments = field::list(body, "/attachments").iter();
    attachments.filter(|one| field::text(one, "/contentType") != Some("text/html")).count()
}
