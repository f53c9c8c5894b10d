//! Trello: what happens on a board, signed with the address that it is sent to.

use serde_json::Value;

use super::answer::{Answer, Handshake, Refusal};
use super::event::{Channel, Event, Nature, Sender, What};
use super::hook::Hook;
use super::request::Request;
use super::service::{Said, Service};
use super::setting::{Key, Need, Settings, Shape, Wrong};
use super::sign::{self, Hash};
use super::{field, mark};

/// Trello.
pub struct Trello;

const KEYS: &[Key] = &[Key {
    name: "callback_url",
    shape: Shape::Text,
    need: Need::Must,
    about: "The callbackURL of the webhook, exactly as it was registered: Trello signs it.",
}];

impl Service for Trello {
    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn covers_address(&self, _settings: &Settings) -> bool {
        true
    }

    fn called_at<'s>(&self, settings: &'s Settings) -> Option<(&'static str, &'s str)> {
        Some(("callback_url", settings.text("callback_url")?))
    }

    fn wrong(&self, _name: Option<&str>, settings: &Settings) -> Vec<Wrong> {
        let url = settings.text("callback_url").unwrap_or("https://");
        let text = "is no address; write the callbackURL of the webhook, exactly as it was registered";
        (!url.starts_with("https://") && !url.starts_with("http://"))
            .then(|| Wrong { key: "callback_url".to_owned(), text: text.to_owned() })
            .into_iter()
            .collect()
    }

    fn names_people(&self, _settings: &Settings) -> bool {
        true
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        if request.method == "HEAD" {
            return Ok(()); // asked when the webhook is made; nothing is taken from it
        }
        let tag = request.header("X-Trello-Webhook").ok_or(Refusal::Unproven("signature missing"))?;
        let tag = sign::base64(tag).ok_or(Refusal::Unproven("signature not readable"))?;
        let url = hook.settings.text("callback_url").ok_or(Refusal::Unproven("callback_url is not configured"))?;
        sign::signed(Hash::Sha1, &hook.secrets, &[request.body, url.as_bytes()], &tag)
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        if request.method == "HEAD" {
            return Ok(Said::Handshake(Handshake { answer: Answer::empty(200), secret: None }));
        }
        let body = field::json(request.body)?;
        Ok(Said::Events(body.pointer("/action").and_then(event).into_iter().collect()))
    }
}

fn event(action: &Value) -> Option<Event> {
    let delivery = field::id(action, "/id")?;
    let comment = field::id(action, "/data/action/id");
    let (what, id, text) = match field::text(action, "/type")? {
        "commentCard" => (What::Message, delivery.clone(), field::text(action, "/data/text")),
        "updateComment" => {
            let of = comment?;
            (What::Edit { of: of.clone() }, of, field::text(action, "/data/action/text"))
        }
        "deleteComment" => {
            let of = comment?;
            (What::Delete { of: of.clone() }, of, None)
        }
        "addMemberToCard" => (What::Assignment, delivery.clone(), None),
        "createCard" | "updateCard" | "deleteCard" => {
            (What::Task, delivery.clone(), field::text(action, "/data/card/desc"))
        }
        _ => return None,
    };
    let text = text.unwrap_or_default();
    let card = field::text(action, "/data/card/shortLink");
    let is_app = action.pointer("/appCreator").is_some_and(Value::is_object);
    Some(Event {
        what,
        id,
        dedupe: vec![delivery],
        sender: Sender {
            id: field::id(action, "/memberCreator/id").or_else(|| field::id(action, "/idMemberCreator")),
            name: field::id(action, "/memberCreator/fullName"),
            nature: if is_app { Nature::Bot } else { Nature::Person },
        },
        channel: Channel {
            id: field::id(action, "/data/board/id"),
            name: field::id(action, "/data/board/name"),
            ..Channel::default()
        },
        subject: field::id(action, "/data/card/name"),
        text: text.to_owned(),
        plain: mark::plain(text),
        thread: field::id(action, "/data/card/id"),
        at: field::instant(action, "/date"),
        mentions: mark::mentions(text, &["card", "board"]),
        permalink: card.map(|card| format!("https://trello.com/c/{card}")),
        ..Event::default()
    })
}
