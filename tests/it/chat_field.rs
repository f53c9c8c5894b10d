//! The field cases about chat, as far as one request says it: proven, read, and seen as its reader sees it.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use regex::Regex;
use serde_json::Value;
use tidings::chat;
use tidings::chat::answer::{Answer, Taken};
use tidings::chat::hook::Hook;
use tidings::chat::request::{Field, Request};
use tidings::model::message::{Alarm, Kind, Mention, Message};

use crate::chat_rig::{hook, told};

/// Where the public address of case 16 begins.
const PUBLIC: &str = "https://hooks.example.org/tidings";

/// The folder of a case; `None`, with a line that says so, where it is missing.
pub fn folder(name: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("TIDINGS_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let folder = shared.join("field").join(name);
    if !folder.is_dir() {
        println!("not run: the field case {name}, because there is no folder \"{}\"", folder.display());
        return None;
    }
    Some(folder)
}

pub fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The hook of the case's configuration.
fn configured(folder: &Path) -> Hook {
    let toml: toml::Table = fs::read_to_string(folder.join("tidings.toml")).unwrap().parse().unwrap();
    let chat = &toml["chat"][0];
    let me = chat.get("me").and_then(toml::Value::as_array).into_iter().flatten();
    let me: Vec<&str> = me.map(|one| one.as_str().unwrap()).collect();
    hook(chat["kind"].as_str().unwrap(), &[&secret(folder)], &me)
}

/// What `FIELD_SECRET` holds.
pub fn secret(folder: &Path) -> String {
    let about = fs::read_to_string(folder.join("case.md")).unwrap();
    Regex::new(r"FIELD_SECRET=([^\s,]+)\.").unwrap().captures(&about).unwrap()[1].to_owned()
}

/// What is in the case's requests for the reader, held against what is expected of each.
fn messages(folder: &Path) -> Vec<Message> {
    let hook = configured(folder);
    let mut messages = Vec::new();
    for expected in json(&folder.join("expect.json"))["hook"].as_array().unwrap() {
        let name = expected["request"].as_str().unwrap();
        let recorded = json(&folder.join(name));
        let fields = recorded["headers"].as_object().unwrap().iter();
        let headers: Vec<Field> = fields
            .map(|(name, value)| Field { name: name.clone(), value: value.as_str().unwrap().to_owned() })
            .collect();
        let path = recorded["path"].as_str().unwrap();
        let below =
            path.strip_prefix("/hook/").and_then(|rest| rest.find('/').map(|at| &rest[at..])).unwrap_or_default();
        let body = fs::read(folder.join(recorded["body_file"].as_str().unwrap())).unwrap();
        let request = Request {
            method: recorded["method"].as_str().unwrap(),
            url: &format!("{PUBLIC}{path}"),
            below,
            headers: &headers,
            body: &body,
            now: Timestamp::from_second(recorded["now"].as_i64().unwrap()).unwrap(),
        };
        let (is_taken, answer) = match chat::take(&hook, &request) {
            Taken::Events { events, answer } => {
                messages.extend(events.iter().map(|event| told(&hook, event)));
                (true, answer)
            }
            Taken::Handshake(handshake) => (true, handshake.answer),
            Taken::Refused { answer, .. } => (false, answer),
        };
        assert_eq!(Value::from(is_taken), expected["accepted"], "{name}");
        answered(name, &answer, expected);
    }
    messages
}

fn answered(name: &str, answer: &Answer, expected: &Value) {
    assert!(expected["status"].as_array().unwrap().contains(&answer.status.into()), "{name}: {}", answer.status);
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    for key in expected["json_lacks_keys"].as_array().into_iter().flatten() {
        assert!(body.get(key.as_str().unwrap()).is_none(), "{name}: {body}");
    }
    if let Some(json) = expected.get("json") {
        assert_eq!(&body, json, "{name}");
    }
    let is_plain = answer.headers.iter().any(|(name, value)| name == "Content-Type" && value.starts_with("text/plain"));
    assert!(answer.body.is_empty() || !is_plain, "{name}: it would be sent back");
}

/// The message with these words.
fn with<'m>(messages: &'m [Message], words: &str) -> &'m Message {
    messages.iter().find(|message| message.own_text.contains(words)).unwrap_or_else(|| panic!("no {words:?}"))
}

fn is_for_me(message: &Message) -> bool {
    matches!(message.kind, Kind::Chat(chat) if chat.mention == Mention::Me)
}

#[test]
fn silent_and_quoted_names_call_nobody() {
    let Some(folder) = folder("15-zulip-silent-mention") else { return };
    let messages = messages(&folder);
    assert_eq!(messages.len(), 3);
    let called = |words: &str| is_for_me(with(&messages, words));
    assert_eq!(
        (called("the gate sticks"), called("done an hour ago"), called("please come down")),
        (false, false, true)
    );
}

#[test]
fn the_signed_address_is_the_public_one() {
    let Some(folder) = folder("16-signed-url-behind-proxy") else { return };
    assert_eq!(messages(&folder).len(), 2);
}

#[test]
fn a_card_without_a_text_is_read() {
    let Some(folder) = folder("17-slack-text-in-blocks") else { return };
    let messages = messages(&folder);
    let sender = with(&messages, "disk full on /var & /srv").sender.as_ref();
    assert_eq!(sender.and_then(|sender| sender.name.as_deref()), Some("disks"));
    assert_eq!(messages.len(), 1);
}

#[test]
fn each_alarm_of_a_group_is_judged_by_itself() {
    let Some(folder) = folder("18-alertmanager-mixed-group") else { return };
    let messages = messages(&folder);
    let alarm = |words: &str| with(&messages, words).post.as_ref().and_then(|post| post.alarm);
    assert_eq!(messages.len(), 2);
    assert_eq!(alarm("disk full on alpha"), Some(Alarm::Resolved));
    assert_eq!(alarm("disk full on beta"), Some(Alarm::Firing));
}

#[test]
fn an_answer_names_nobody_whom_it_only_quotes() {
    let Some(folder) = folder("19-matrix-reply-fallback") else { return };
    let messages = messages(&folder);
    assert_eq!(with(&messages, "all fine again").own_text, "all fine again");
    assert!(!messages.iter().any(is_for_me));
    assert!(
        !messages.iter().any(|message| message.own_text.contains("it is urgent") || message.own_text.contains("* the"))
    );
}
