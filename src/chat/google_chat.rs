//! Google Chat, HTTP endpoint apps: messages that mention the app or are sent to it.

use serde_json::Value;

use super::answer::{Answer, Refusal};
use super::event::{Channel, Event, Mentions, Nature, Reach, Sender};
use super::hook::Hook;
use super::proof::Proof;
use super::request::Request;
use super::service::{Said, Service};
use super::setting::{Key, Need, Settings, Shape, Wrong};
use super::{card, field, jwt};

/// Google Chat.
pub struct GoogleChat;

/// Who signs, where nothing else is configured.
const CHAT: &str = "chat@system.gserviceaccount.com";
const ACCOUNTS: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];

const fn key(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, shape, need: Need::May, about }
}

const KEYS: &[Key] = &[
    Key {
        name: "audience",
        shape: Shape::Text,
        need: Need::Must,
        about: "The project number, or the address of this hook, as the app's settings say.",
    },
    key("audience_mode", Shape::Word(&["project_number", "endpoint_url"]), "Which of the two; default project_number."),
    key("issuer", Shape::Text, "Who signs by project number; default chat@system.gserviceaccount.com."),
    key("issuers", Shape::List, "Who signs by address; default accounts.google.com."),
    key("emails", Shape::List, "Whose tokens by address are believed; default chat@system.gserviceaccount.com."),
    key("certs_file", Shape::File, "The certificates of the signer by project number, as Google publishes them."),
    key("jwks_file", Shape::File, "The keys of the signer by address, as Google publishes them."),
];

fn is_by_url(settings: &Settings) -> bool {
    settings.text("audience_mode") == Some("endpoint_url")
}

/// The key that names the keys of whoever signs.
fn keys_key(settings: &Settings) -> &'static str {
    if is_by_url(settings) { "jwks_file" } else { "certs_file" }
}

impl Service for GoogleChat {
    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn proof(&self, _settings: &Settings) -> Proof {
        Proof::Other("tokens that Google signs")
    }

    fn called_at<'s>(&self, settings: &'s Settings) -> Option<(&'static str, &'s str)> {
        Some(("audience", settings.text("audience").filter(|_| is_by_url(settings))?))
    }

    fn wrong(&self, _name: Option<&str>, settings: &Settings) -> Vec<Wrong> {
        let (key, known) = (keys_key(settings), settings.file(keys_key(settings)));
        match known {
            None => {
                let signer = if is_by_url(settings) { "the address" } else { "the project number" };
                let text = format!(
                    "is missing; write the file with the keys of the signer by {signer}, as Google publishes them"
                );
                vec![Wrong { key: key.to_owned(), text }]
            }
            Some(keys) if !jwt::are_keys(keys) => {
                vec![Wrong { key: key.to_owned(), text: jwt::NO_KEYS.to_owned() }]
            }
            Some(_) => Vec::new(),
        }
    }

    fn names_people(&self, _settings: &Settings) -> bool {
        true
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        let field = request.header("Authorization").ok_or(Refusal::Unproven("Authorization missing"))?;
        let token = field.strip_prefix("Bearer ").ok_or(Refusal::Unproven("Authorization not readable"))?;
        let settings = &hook.settings;
        let (by_url, keys) = (is_by_url(settings), settings.file(keys_key(settings)));
        let claims = jwt::claims(token, keys.ok_or(Refusal::Unproven("no keys are configured"))?, request.now)?;
        let audience = settings.text("audience").ok_or(Refusal::Unproven("audience is not configured"))?;
        let list = |name: &str, default: &[&'static str]| -> Vec<String> {
            let given = settings.list(name);
            if given.is_empty() { default.iter().map(|&one| one.to_owned()).collect() } else { given.to_vec() }
        };
        let is_in = |claim: &str, wanted: Vec<String>| {
            jwt::is_one_of(&claims, claim, &wanted.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let by_whom = if by_url {
            is_in("/iss", list("issuers", &ACCOUNTS))
                && is_in("/email", list("emails", &[CHAT]))
                && field::is_true(&claims, "/email_verified")
        } else {
            is_in("/iss", vec![settings.text("issuer").unwrap_or(CHAT).to_owned()])
        };
        if by_whom && jwt::is_one_of(&claims, "/aud", &[audience]) {
            Ok(())
        } else {
            Err(Refusal::Unproven("token of another issuer or audience"))
        }
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        let body = field::json(request.body)?;
        // As a Workspace add-on the same stands in an envelope.
        let (told, space) = match body.pointer("/chat/messagePayload") {
            Some(payload) => (payload.get("message"), payload.get("space")),
            None if field::text(&body, "/type") == Some("MESSAGE") => (body.get("message"), body.get("space")),
            None => (None, None),
        };
        let Some(told) = told else { return Ok(Said::Events(Vec::new())) };
        let space = space.or_else(|| told.get("space")).unwrap_or(&Value::Null);
        Ok(Said::Events(event(told, space).into_iter().collect()))
    }

    /// An empty object posts nothing.
    fn thanks(&self, _hook: &Hook) -> Answer {
        Answer::json(200, "{}".to_owned())
    }

    fn refuse(&self, _hook: &Hook, refusal: &Refusal) -> Answer {
        Answer::empty(if matches!(refusal, Refusal::Unreadable(_)) { 400 } else { 401 })
    }
}

/// What cards show.
const SHOWN: [&str; 13] = [
    "cardsV2",
    "cards",
    "card",
    "header",
    "title",
    "subtitle",
    "sections",
    "widgets",
    "textParagraph",
    "decoratedText",
    "topLabel",
    "text",
    "bottomLabel",
];

fn event(told: &Value, space: &Value) -> Option<Event> {
    let id = field::id(told, "/name")?;
    let marks = field::list(told, "/annotations").iter();
    let named = marks.filter(|mark| field::text(mark, "/type") == Some("USER_MENTION"));
    let named: Vec<String> = named.filter_map(|mark| field::id(mark, "/userMention/user/name")).collect();
    let (broadcast, users) = named.into_iter().partition(|name| name == "users/all");
    let kind = field::text(space, "/type").or_else(|| field::text(space, "/spaceType"));
    let text = field::text(told, "/text").map_or_else(|| card::texts(told, &SHOWN), str::to_owned);
    let bot = field::text(told, "/sender/type") == Some("BOT");
    Some(Event {
        dedupe: vec![id.clone()],
        id,
        sender: Sender {
            id: field::id(told, "/sender/name"),
            name: field::id(told, "/sender/displayName"),
            nature: if bot { Nature::Bot } else { Nature::Person },
        },
        channel: Channel {
            id: field::id(space, "/name"),
            name: field::id(space, "/displayName"),
            reach: if matches!(kind, Some("DM" | "DIRECT_MESSAGE")) { Reach::Direct } else { Reach::Several },
            sort: kind.map(str::to_owned),
            ..Channel::default()
        },
        // The service takes the app's own name off.
        plain: field::text(told, "/argumentText").unwrap_or(&text).to_owned(),
        text,
        thread: field::id(told, "/thread/name"),
        at: field::instant(told, "/createTime"),
        mentions: Mentions { users, groups: Vec::new(), broadcast },
        attachments: field::list(told, "/attachment").len(),
        ..Event::default()
    })
}
