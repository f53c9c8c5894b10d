//! Discord, webhook events: messages of lobbies and games; those of servers come by no webhook.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::answer::{Answer, Handshake, Refusal};
use super::event::{Channel, Event, Mentions, Nature, Reach, Sender, What};
use super::hook::Hook;
use super::proof::{Origin, Proof};
use super::request::Request;
use super::service::{Said, Service};
use super::setting::{Key, Need, Settings, Shape};
use super::{card, field, mark, sign};

/// Discord.
pub struct Discord;

/// The flag of messages that ring nowhere, because their sender wanted it so.
const SILENT: u64 = 1 << 12;

/// What an embed shows.
const SHOWN: [&str; 5] = ["title", "description", "fields", "name", "value"];

const KEYS: &[Key] = &[Key {
    name: "endpoint",
    shape: Shape::Word(&["webhook_events", "interactions"]),
    need: Need::May,
    about: "Which of the two addresses of an application this is; default webhook_events.",
}];

impl Service for Discord {
    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn proof(&self, _settings: &Settings) -> Proof {
        Proof::Secret(Origin::Public)
    }

    fn names_people(&self, _settings: &Settings) -> bool {
        true
    }

    fn unfit(&self, secret: &str) -> Option<&'static str> {
        let is_key = sign::hex(secret).is_some_and(|key| key.len() == 32);
        (!is_key).then_some("is no public key; write the 64 hexadecimal digits that the application's settings show")
    }

    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        let stamp = request.header("X-Signature-Timestamp").ok_or(Refusal::Unproven("timestamp missing"))?;
        let tag = request.header("X-Signature-Ed25519").ok_or(Refusal::Unproven("signature missing"))?;
        let tag = sign::hex(tag).ok_or(Refusal::Unproven("signature not readable"))?;
        let mut keys = hook.secrets.iter().filter_map(|secret| sign::hex(secret.reveal()));
        if keys.any(|key| sign::is_signed_by_key(&key, &[stamp.as_bytes(), request.body], &tag)) {
            Ok(())
        } else {
            Err(Refusal::Unproven("signature wrong"))
        }
    }

    fn read(&self, hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        let body = field::json(request.body)?;
        let kind = body.get("type").and_then(Value::as_u64);
        if hook.settings.text("endpoint") == Some("interactions") {
            let answer =
                if kind == Some(1) { Answer::json(200, r#"{"type":1}"#.to_owned()) } else { Answer::empty(400) };
            return Ok(Said::Handshake(Handshake { answer, secret: None }));
        }
        if kind == Some(0) {
            let answer = Answer::empty(204).with("Content-Type", "application/json");
            return Ok(Said::Handshake(Handshake { answer, secret: None }));
        }
        Ok(Said::Events(body.pointer("/event").and_then(event).into_iter().collect()))
    }

    fn thanks(&self, _hook: &Hook) -> Answer {
        Answer::empty(204).with("Content-Type", "application/json")
    }

    /// What is not 401 has the address taken away: Discord tries with signatures that are wrong.
    fn refuse(&self, _hook: &Hook, refusal: &Refusal) -> Answer {
        Answer::empty(if matches!(refusal, Refusal::Unproven(_)) { 401 } else { 400 })
    }
}

fn event(told: &Value) -> Option<Event> {
    let (place, action) = field::text(told, "/type")?.split_once("_MESSAGE_")?;
    let data = told.get("data")?;
    let id = field::id(data, "/id")?;
    let edited = field::id(data, "/edited_timestamp");
    // A link that got its preview is no edit, nor is a change that has no text.
    if action == "UPDATE" && data.get("content").is_none() {
        return None;
    }
    let what = match action {
        "CREATE" => What::Message,
        "UPDATE" => What::Edit { of: id.clone() },
        "DELETE" => What::Delete { of: id.clone() },
        _ => return None,
    };
    // Programs write into embeds, and what is forwarded is a snapshot.
    let embedded = embedded(data);
    let written = field::text(data, "/content").map(str::to_owned);
    let whole = written.iter().cloned().chain(Some(embedded.clone()).filter(|text| !text.is_empty()));
    let whole = whole.collect::<Vec<_>>().join("\n");
    let shared = || field::text(data, "/message_snapshots/0/message/content").map(str::to_owned);
    let text = written.or(Some(embedded).filter(|text| !text.is_empty())).or_else(shared).unwrap_or_default();
    let bot = field::is_true(data, "/author/bot") || data.get("webhook_id").is_some();
    Some(Event {
        dedupe: match (&what, edited) {
            (What::Message, _) => vec![id.clone()],
            (_, edited) => [Some(action.to_owned()), Some(id.clone()), edited].into_iter().flatten().collect(),
        },
        what,
        sender: Sender {
            id: field::id(data, "/author/id"),
            name: field::id(data, "/author/username"),
            nature: if bot { Nature::Bot } else { Nature::Person },
        },
        channel: Channel {
            id: field::id(data, "/channel_id"),
            reach: if place == "GAME_DIRECT" { Reach::Direct } else { Reach::Several },
            ..Channel::default()
        },
        plain: plain(if whole.is_empty() { &text } else { &whole }),
        reply_to: field::id(data, "/message_reference/message_id"),
        at: instant(data, "/edited_timestamp").or_else(|| instant(told, "/timestamp")),
        mentions: mentions(data, &text),
        text,
        attachments: field::list(data, "/attachments").len() + field::list(data, "/sticker_items").len(),
        id,
        ..Event::default()
    })
}

/// What a program embeds; other embeds are previews of links.
fn embedded(data: &Value) -> String {
    let is_own = |one: &&Value| field::text(one, "/type").is_none_or(|kind| kind == "rich");
    let embeds = field::list(data, "/embeds").iter().filter(is_own);
    embeds.map(|one| card::texts(one, &SHOWN)).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

/// What stands before `>>>`, which quotes to the end.
fn before_quote(text: &str) -> &str {
    text.split("\n>>> ").next().filter(|own| !own.starts_with(">>> ")).unwrap_or_default()
}

fn plain(text: &str) -> String {
    let own = before_quote(text);
    mark::plain(if own.trim().is_empty() { text } else { own })
}

/// Whom the service names, but for those whose mark stands in quotations and code alone; who is answered has no mark at all.
fn mentions(data: &Value, text: &str) -> Mentions {
    if data.get("flags").and_then(Value::as_u64).is_some_and(|flags| flags & SILENT != 0) {
        return Mentions::default();
    }
    let own = mark::without_code(&mark::without_quotes(before_quote(text)));
    let (all, own_marks) = (marks(text), marks(&own));
    let rings = |id: &String| own_marks.contains(id.as_str()) || !all.contains(id.as_str());
    let ids = |pointer: &str| -> Vec<String> {
        let list = field::list(data, pointer).iter();
        list.filter_map(|one| field::id(one, "/id").or_else(|| field::id(one, ""))).filter(rings).collect()
    };
    let words = ["@everyone", "@here"];
    let has = |text: &str| words.iter().any(|word| text.contains(word));
    let everyone = field::is_true(data, "/mention_everyone") && (has(&own) || !has(text));
    Mentions {
        users: ids("/mentions"),
        groups: ids("/mention_roles"),
        broadcast: everyone.then(|| "everyone".to_owned()).into_iter().collect(),
    }
}

/// The ids behind `<@`, `<@!` and `<@&`.
fn marks(text: &str) -> BTreeSet<&str> {
    let marks = text.split("<@").skip(1).filter_map(|rest| rest.split_once('>'));
    marks.map(|(id, _)| id.trim_start_matches(['!', '&'])).collect()
}

/// An instant of an event has no offset: it is UTC.
fn instant(value: &Value, pointer: &str) -> Option<Timestamp> {
    let written = field::text(value, pointer)?;
    written.parse().ok().or_else(|| TimeZone::UTC.to_timestamp(written.parse::<DateTime>().ok()?).ok())
}
