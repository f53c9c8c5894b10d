//! X: direct messages and mentions, by the X Activity API and by the older Account Activity API.

use serde_json::{Value, json};

use super::answer::{Answer, Handshake, Refusal};
use super::event::{Channel, Event, Mentions, Reach, Sender, What};
use super::field;
use super::hook::Hook;
use super::request::Request;
use super::service::{Said, Service};
use super::setting::Settings;
use super::sign::{self, Hash};

/// X.
pub struct X;

impl Service for X {
    fn names_people(&self, _settings: &Settings) -> bool {
        true
    }

    /// The challenge is proven by nothing; its answer shows only that the secret is known here.
    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        if request.method == "GET" {
            return Ok(());
        }
        let tag = request.header("x-twitter-webhooks-signature").ok_or(Refusal::Unproven("signature missing"))?;
        let tag =
            tag.strip_prefix("sha256=").and_then(sign::base64).ok_or(Refusal::Unproven("signature not readable"))?;
        sign::signed(Hash::Sha256, &hook.secrets, &[request.body], &tag)
    }

    fn read(&self, hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        if request.method == "GET" {
            let token = request.query("crc_token").filter(|token| !token.is_empty());
            let token = token.ok_or(Refusal::Unreadable("crc_token missing"))?;
            let secret = hook.secrets.first().ok_or(Refusal::Unproven("no secret is configured"))?;
            let tag = sign::hmac(Hash::Sha256, secret.reveal().as_bytes(), &[token.as_bytes()]);
            let answer = json!({"response_token": format!("sha256={}", sign::to_base64(&tag))});
            let answer = Answer::json(200, answer.to_string());
            return Ok(Said::Handshake(Handshake { answer, secret: None }));
        }
        let body = field::json(request.body)?;
        Ok(Said::Events(events(&body)))
    }
}

fn events(body: &Value) -> Vec<Event> {
    let Some(data) = body.get("data") else {
        let me = field::id(body, "/for_user_id");
        let all = field::list(body, "/direct_message_events").iter();
        return all.filter_map(|told| direct(told, (body, me.as_deref(), None))).collect();
    };
    let (me, delivery) = (field::id(data, "/filter/user_id"), field::id(data, "/event_uuid"));
    let Some(payload) = data.get("payload") else { return Vec::new() };
    match field::text(data, "/event_type").unwrap_or_default() {
        "dm.received" => {
            let all = field::list(payload, "/direct_message_events").iter();
            all.filter_map(|told| direct(told, (payload, me.as_deref(), delivery.as_deref()))).collect()
        }
        "post.mention.create" | "post.delete" => post(data, payload, delivery).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn direct(told: &Value, (around, me, delivery): (&Value, Option<&str>, Option<&str>)) -> Option<Event> {
    let id = field::id(told, "/id")?;
    let sender = field::id(told, "/message_create/sender_id")?;
    // My own words come, too.
    if Some(sender.as_str()) == me {
        return None;
    }
    let text = field::text(told, "/message_create/message_data/text").unwrap_or_default();
    let user = around.pointer("/users").and_then(|users| users.get(&sender));
    let user = user.map(|user| user.get("data").unwrap_or(user));
    let attachment = told.pointer("/message_create/message_data/attachment").is_some();
    Some(Event {
        dedupe: vec![delivery.unwrap_or(&id).to_owned()],
        sender: Sender { name: user.and_then(|user| field::id(user, "/name")), id: Some(sender), ..Sender::default() },
        channel: Channel { reach: Reach::Direct, ..Channel::default() },
        text: text.to_owned(),
        plain: text.to_owned(),
        at: field::since_1970(told, "/created_timestamp"),
        attachments: usize::from(attachment),
        id,
        ..Event::default()
    })
}

fn post(data: &Value, told: &Value, delivery: Option<String>) -> Option<Event> {
    let id = field::id(told, "/id")?;
    let author = field::id(told, "/author_id");
    if author.is_some() && author == field::id(data, "/filter/user_id") {
        return None;
    }
    let is_gone = field::text(data, "/event_type") == Some("post.delete");
    let text = field::text(told, "/text").unwrap_or_default();
    let users = field::list(data, "/includes/users").iter().chain(field::list(told, "/includes/users"));
    let mut users = users.filter(|user| author.is_some() && field::id(user, "/id") == author);
    let user = users.next();
    let handle = user.and_then(|user| field::id(user, "/username"));
    let named = field::list(told, "/entities/mentions").iter().filter_map(|mention| field::id(mention, "/id"));
    Some(Event {
        what: if is_gone { What::Delete { of: id.clone() } } else { What::Message },
        dedupe: vec![delivery.unwrap_or_else(|| id.clone())],
        sender: Sender { id: author, name: user.and_then(|user| field::id(user, "/name")), ..Sender::default() },
        text: text.to_owned(),
        plain: text.to_owned(),
        thread: field::id(told, "/conversation_id"),
        at: field::instant(told, "/created_at"),
        mentions: Mentions { users: named.collect(), ..Mentions::default() },
        permalink: handle.map(|handle| format!("https://x.com/{handle}/status/{id}")),
        id,
        ..Event::default()
    })
}
