//! Matrix, application service: transactions of a homeserver, each with several events.

use serde_json::{Value, json};

use super::answer::{Answer, Handshake, Refusal};
use super::event::{Channel, Event, Mentions, Nature, Sender, What};
use super::hook::Hook;
use super::names::Introduction;
use super::proof::{Origin, Proof};
use super::request::Request;
use super::service::{Said, Service};
use super::setting::Settings;
use super::{field, mark, sign};
use crate::limits;
use crate::text;

/// Matrix, as an application service.
pub struct Matrix;

impl Service for Matrix {
    fn proof(&self, _settings: &Settings) -> Proof {
        Proof::Secret(Origin::User)
    }

    fn names_people(&self, _settings: &Settings) -> bool {
        true
    }

    fn calls(&self) -> (&'static str, &'static str) {
        ("PUT", "/_matrix/app/v1/transactions/ID")
    }

    /// The token stands in a header field, with older homeservers in the address; where both are there, both must be right.
    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal> {
        let field = request.header("Authorization");
        let bearer = match field {
            Some(field) => Some(field.strip_prefix("Bearer ").ok_or(Refusal::Unproven("Authorization not readable"))?),
            None => None,
        };
        let query = request.query("access_token");
        let tokens: Vec<&str> = bearer.into_iter().chain(query.as_deref()).collect();
        match tokens.as_slice() {
            [] => Err(Refusal::Unproven("token missing")),
            all if all.iter().all(|token| sign::is_token(&hook.secrets, token)) => Ok(()),
            _ => Err(Refusal::Unproven("token wrong")),
        }
    }

    fn read(&self, _hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal> {
        let path = request.below.strip_prefix("/_matrix/app/v1").unwrap_or(request.below);
        if path == "/ping" && request.method == "POST" {
            return Ok(Said::Handshake(Handshake { answer: Answer::json(200, "{}".to_owned()), secret: None }));
        }
        let transaction = path.strip_prefix("/transactions/").filter(|id| !id.is_empty() && !id.contains('/'));
        let transaction = transaction.filter(|_| request.method == "PUT").ok_or(Refusal::Elsewhere)?;
        let body = field::json(request.body)?;
        body.get("events").and_then(Value::as_array).ok_or(Refusal::Unreadable("no events"))?;
        let events = field::events(&body, "/events")?;
        Ok(Said::Events(events.iter().filter_map(|told| event(told, transaction)).collect()))
    }

    fn introduces(&self, request: &Request<'_>) -> Vec<Introduction> {
        let body = field::json(request.body).unwrap_or_default();
        let events = field::list(&body, "/events").iter().take(limits::judgement::HOOK_LIST);
        events.filter_map(introduction).collect()
    }

    fn thanks(&self, _hook: &Hook) -> Answer {
        Answer::json(200, "{}".to_owned())
    }

    fn refuse(&self, _hook: &Hook, refusal: &Refusal) -> Answer {
        let (status, code) = match refusal {
            Refusal::Unproven(_) | Refusal::Answered(..) => (403, "M_FORBIDDEN"),
            Refusal::Unreadable(_) => (400, "M_NOT_JSON"),
            Refusal::Elsewhere => (404, "M_UNRECOGNIZED"),
        };
        Answer::json(status, json!({"errcode": code, "error": refusal.why()}).to_string())
    }
}

fn event(told: &Value, transaction: &str) -> Option<Event> {
    // What has a state key tells of the room.
    if told.get("state_key").is_some() {
        return None;
    }
    let id = field::id(told, "/event_id")?;
    let content = told.get("content")?;
    let what = match field::text(told, "/type")? {
        "m.room.redaction" => {
            What::Delete { of: field::id(told, "/redacts").or_else(|| field::id(content, "/redacts"))? }
        }
        "m.room.message" => what(content)?,
        _ => return None,
    };
    let event = Event {
        what,
        dedupe: vec!["txn".to_owned(), transaction.to_owned()],
        sender: Sender { id: field::id(told, "/sender"), ..Sender::default() },
        channel: Channel { id: field::id(told, "/room_id"), ..Channel::default() },
        at: field::since_1970(told, "/origin_server_ts"),
        permalink: permalink(told, &id),
        id,
        ..Event::default()
    };
    Some(said(event, content))
}

/// What the state of a room says of names: its own, its alias where it has none, its members'.
fn introduction(told: &Value) -> Option<Introduction> {
    let state = told.get("state_key")?.as_str()?;
    let room = || field::id(told, "/room_id");
    let (id, name) = match field::text(told, "/type")? {
        "m.room.member" => (Some(state.to_owned()), "/content/displayname"),
        "m.room.name" => (room(), "/content/name"),
        "m.room.canonical_alias" => (room(), "/content/alias"),
        _ => return None,
    };
    Some(Introduction { id: id?, name: field::id(told, name)? })
}

/// What a message is by its content: one of its own, or a change of another; `None`: a change of nobody knows what.
pub fn what(content: &Value) -> Option<What> {
    if field::text(content, "/m.relates_to/rel_type") != Some("m.replace") {
        return Some(What::Message);
    }
    Some(What::Edit { of: field::id(content, "/m.relates_to/event_id")? })
}

/// An event with what its content says.
pub fn said(event: Event, content: &Value) -> Event {
    let new = content.get("m.new_content").unwrap_or(content);
    let text = field::text(new, "/body").unwrap_or_default();
    let kind = field::text(new, "/msgtype").unwrap_or_default();
    let is_thread = field::text(content, "/m.relates_to/rel_type") == Some("m.thread");
    let answers = field::id(content, "/m.relates_to/m.in_reply_to/event_id");
    let answers = answers.filter(|_| !field::is_true(content, "/m.relates_to/is_falling_back"));
    let nature = if kind == "m.notice" { Nature::Bot } else { event.sender.nature };
    Event {
        text: text.to_owned(),
        plain: if answers.is_some() { unquoted(text) } else { mark::plain(text) },
        thread: field::id(content, "/m.relates_to/event_id").filter(|_| is_thread),
        reply_to: answers,
        mentions: mentions(content, new),
        attachments: usize::from(matches!(kind, "m.image" | "m.file" | "m.audio" | "m.video")),
        sender: Sender { nature, ..event.sender },
        ..event
    }
}

/// Whom the sender says to name: an edit says whom it names anew. Where nothing is said, links to people in the page, or
/// their ids in the text.
fn mentions(content: &Value, new: &Value) -> Mentions {
    if let Some(said) = content.get("m.mentions").or_else(|| new.get("m.mentions")) {
        let named = field::list(said, "/user_ids").iter().filter_map(|user| field::id(user, ""));
        let room = field::is_true(said, "/room").then(|| "room".to_owned());
        return Mentions { users: named.collect(), groups: Vec::new(), broadcast: room.into_iter().collect() };
    }
    let page = mark::without_blockquotes(field::text(new, "/formatted_body").unwrap_or_default());
    let text = mark::without_code(&mark::without_quotes(field::text(new, "/body").unwrap_or_default()));
    let linked = page.split("https://matrix.to/#/@").skip(1).filter_map(|rest| rest.split(['"', '\'', '?']).next());
    let written =
        text.split_whitespace().filter_map(|word| word.trim_matches(|c| "(),;:!?.".contains(c)).strip_prefix('@'));
    let all = linked.chain(written.clone().filter(|name| name.contains(':')));
    let mut users: Vec<String> = Vec::new();
    for name in all.take(limits::judgement::HOOK_LIST) {
        let user = format!("@{}", text::first_bytes(name, limits::judgement::HOOK_ID));
        if !users.contains(&user) {
            users.push(user);
        }
    }
    let room = written.into_iter().any(|name| name == "room").then(|| "room".to_owned());
    Mentions { users, groups: Vec::new(), broadcast: room.into_iter().collect() }
}

/// An answer without the words that it answers: lines that begin with `>`, up to an empty one.
fn unquoted(text: &str) -> String {
    let lines = text.lines().skip_while(|line| line.starts_with('>')).skip_while(|line| line.is_empty());
    mark::plain(&lines.collect::<Vec<_>>().join("\n"))
}

fn permalink(told: &Value, id: &str) -> Option<String> {
    Some(format!("https://matrix.to/#/{}/{id}", field::text(told, "/room_id")?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{event, introduction};
    use crate::chat::event::What;

    #[test]
    fn an_answer_is_what_was_written_anew() {
        let told = json!({
            "type": "m.room.message", "event_id": "$2", "sender": "@ana:x", "room_id": "!r:x",
            "content": {
                "msgtype": "m.text", "body": "> <@bob:x> shall we?\n\nyes",
                "m.relates_to": {"m.in_reply_to": {"event_id": "$1"}}, "m.mentions": {"user_ids": ["@bob:x"]},
            },
        });
        let event = event(&told, "1").unwrap_or_default();
        assert_eq!((event.plain.as_str(), event.reply_to.as_deref()), ("yes", Some("$1")));
        assert_eq!(event.mentions.users, ["@bob:x"]);
    }

    #[test]
    fn the_state_of_a_room_introduces_its_people() {
        let introduced = |kind: &str, state: &str, content: serde_json::Value| {
            let told = json!({"type": kind, "state_key": state, "room_id": "!r:x", "content": content});
            introduction(&told).map(|one| (one.id, one.name))
        };
        let pair = |id: &str, name: &str| Some((id.to_owned(), name.to_owned()));
        let member = json!({"membership": "join", "displayname": "Ana"});
        assert_eq!(introduced("m.room.member", "@ana:x", member), pair("@ana:x", "Ana"));
        assert_eq!(introduced("m.room.name", "", json!({"name": "Ops"})), pair("!r:x", "Ops"));
        assert_eq!(introduced("m.room.canonical_alias", "", json!({"alias": "#ops:x"})), pair("!r:x", "#ops:x"));
        assert_eq!(introduced("m.room.member", "@ana:x", json!({"membership": "leave"})), None);
        let no_state = json!({"type": "m.room.name", "room_id": "!r:x", "content": {"name": "Ops"}});
        assert_eq!(introduction(&no_state), None);
    }

    #[test]
    fn edits_and_redactions_name_their_message() {
        let edit = json!({
            "type": "m.room.message", "event_id": "$3",
            "content": {
                "body": "* new", "m.new_content": {"msgtype": "m.text", "body": "new"},
                "m.relates_to": {"rel_type": "m.replace", "event_id": "$1"},
            },
        });
        let edit = event(&edit, "1").unwrap_or_default();
        assert_eq!((edit.what, edit.text.as_str()), (What::Edit { of: "$1".to_owned() }, "new"));
        let gone = json!({"type": "m.room.redaction", "event_id": "$4", "content": {"redacts": "$1"}});
        assert_eq!(event(&gone, "1").unwrap_or_default().what, What::Delete { of: "$1".to_owned() });
        let secret = json!({"type": "m.room.encrypted", "event_id": "$5", "content": {}});
        assert!(event(&secret, "1").is_none());
    }
}
