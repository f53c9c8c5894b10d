//! Slack as it calls a hook: events of its shapes, signed.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ring::hmac;
use serde_json::{Value, json};

use super::daemon::{Home, INTO_FOLDER, PERSON, YEARLY};
use super::http::{At, Caller, send, socket};

/// The signing secret.
pub const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
/// A secret that comes after `SECRET`.
pub const NEXT: &str = "1f742231b10e8888abcd99yyyzzz85a5";
/// The secret of another hook.
pub const OTHER: &str = "2f742231b10e8888abcd99yyyzzz85a5";
/// In base64, as Standard Webhooks have them.
pub const STANDARD: [&str; 2] = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_NfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"];
/// Me.
pub const ME: &str = "U024BE7LH";
/// Where the daemon listens for its hooks.
pub const ON_SOCKET: &str = "listen = \"unix:http.sock\"\n";
/// Within what a request is answered, whatever it is.
const AT_ONCE: Duration = Duration::from_secs(1);

/// A workspace that calls one hook.
pub struct Slack {
    caller: Caller,
    path: String,
}

/// A message: its `ts`, who says what and where.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    pub ts: &'a str,
    pub user: &'a str,
    pub channel: &'a str,
    pub text: &'a str,
    pub thread: Option<&'a str>,
}

impl Default for Said<'_> {
    fn default() -> Self {
        Self { ts: "1799830800.000100", user: "U1", channel: "C1", text: "Lunch is ready.", thread: None }
    }
}

impl Said<'_> {
    fn message(&self) -> Value {
        let kind = if self.channel.starts_with('D') { "im" } else { "channel" };
        json!({"type": "message", "channel": self.channel, "user": self.user, "text": self.text, "ts": self.ts,
            "event_ts": self.ts, "channel_type": kind, "thread_ts": self.thread})
    }
}

impl Slack {
    /// One that calls `/hook/NAME`.
    pub fn connect(at: &At, hook: &str) -> Self {
        Self { caller: Caller::connect(at).unwrap(), path: format!("/hook/{hook}") }
    }

    /// Somebody says something; what the hook answers.
    pub fn says(&mut self, said: Said<'_>) -> u16 {
        self.event(&format!("Ev{}{}", said.ts, said.channel), &said.message())
    }

    /// Somebody changes what they said.
    pub fn changes(&mut self, said: Said<'_>) -> u16 {
        let mut message = said.message();
        message["edited"] = json!({"user": said.user, "ts": "1799830900.000000"});
        let event = json!({"type": "message", "subtype": "message_changed", "channel": said.channel, "message": message,
            "ts": "1799830900.000100", "previous_message": {"ts": said.ts}});
        self.event(&format!("Ev{}changed", said.ts), &event)
    }

    /// Somebody takes back what they said.
    pub fn takes_back(&mut self, said: Said<'_>) -> u16 {
        let event = json!({"type": "message", "subtype": "message_deleted", "channel": said.channel,
            "deleted_ts": said.ts, "ts": "1799830900.000200", "previous_message": said.message()});
        self.event(&format!("Ev{}deleted", said.ts), &event)
    }

    /// An event, signed now.
    pub fn event(&mut self, id: &str, event: &Value) -> u16 {
        let body = json!({"type": "event_callback", "team_id": "T1", "event_id": id, "event": event}).to_string();
        self.call(&body, now(), SECRET)
    }

    /// A request with this body, signed with a secret for a time in Unix seconds.
    pub fn call(&mut self, body: &str, stamp: u64, secret: &str) -> u16 {
        self.caller.send(request(&self.path, body, stamp, secret).as_bytes());
        self.caller.answer().unwrap().status
    }
}

/// The request.
pub fn request(path: &str, body: &str, stamp: u64, secret: &str) -> String {
    let length = format!("Content-Length: {}", body.len());
    let head = head(&format!("POST {path}"), body.as_bytes(), (stamp, secret), &[JSON, &length]);
    format!("{head}{body}")
}

/// What Slack says of its bodies.
pub const JSON: &str = "Content-Type: application/json";

/// The head of a request with this body, whatever else stands in it.
pub fn head(begin: &str, body: &[u8], (stamp, secret): (u64, &str), fields: &[&str]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, &[format!("v0:{stamp}:").as_bytes(), body].concat());
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    format!(
        "{begin} HTTP/1.1\r\nHost: tidings\r\nX-Slack-Request-Timestamp: {stamp}\r\nX-Slack-Signature: v0={hex}\r\n\
         {fields}\r\n"
    )
}

/// Unix seconds.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Hooks "team" with two secrets, "other" with another, and "std" of Standard Webhooks.
pub fn home() -> Home {
    let home = Home::new();
    let secret = |name: &str, value: &str| home.secret(name, value);
    let chat = format!(
        "[[chat]]\nname = \"team\"\nkind = \"slack\"\nsecret = [{}, {}]\nme = [\"{ME}\"]\n\
         [[chat]]\nname = \"other\"\nkind = \"slack\"\nsecret = {}\nme = [\"{ME}\"]\n\
         [[chat]]\nname = \"std\"\nkind = \"standard-webhooks\"\nsecret = [{}, {}]\n",
        secret("first", SECRET),
        secret("next", NEXT),
        secret("third", OTHER),
        secret("std1", STANDARD[0]),
        secret("std2", STANDARD[1]),
    );
    let rest = "[[rule]]\nname = \"rest\"\nurgency = \"normal\"\n";
    home.configure(&[ON_SOCKET, PERSON, INTO_FOLDER, &chat, YEARLY, rest]);
    home
}

/// Where the daemon of this home listens.
pub fn at(home: &Home) -> At {
    socket(home.path())
}

/// A message with this text, as its JSON stands on the wire.
pub fn says(text: &str) -> String {
    message("1799830800.000100", text, "")
}

/// The same with a time of its own and something more in the event.
pub fn message(ts: &str, text: &str, more: &str) -> String {
    format!(
        r#"{{"type":"event_callback","event_id":"Ev{ts}","event":{{"type":"message","channel":"C1","user":"U1","ts":"{ts}","text":"{text}"{more}}}}}"#
    )
}

/// What a request is answered, which is answered at once.
///
/// # Panics
/// When it is not.
pub fn status(at: &At, bytes: &[u8], what: &str) -> u16 {
    let begun = Instant::now();
    let answer = send(at, bytes).unwrap_or_else(|| panic!("{what}: no answer"));
    assert!(begun.elapsed() < AT_ONCE, "{what}: {:?}", begun.elapsed());
    answer.status
}
