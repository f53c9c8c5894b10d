//! Requests for the hooks of a test, what services read in them, and what that is for a reader.

use jiff::Timestamp;
use serde_json::Value;
use tidings::chat::answer::Refusal;
use tidings::chat::event::Event;
use tidings::chat::hook::Hook;
use tidings::chat::kind::Kind;
use tidings::chat::message::{Reader, message};
use tidings::chat::names::Names;
use tidings::chat::registry;
use tidings::chat::request::{Field, Request};
use tidings::chat::service::Said;
use tidings::chat::setting::Settings;
use tidings::model::message::Message;
use tidings::model::name::PersonName;
use tidings::secret::Secret;

/// When all requests come: 2027-01-13, ten o'clock.
pub const NOW: i64 = 1_799_834_400;

/// A hook of this kind, without settings.
pub fn hook(kind: &str, secrets: &[&str], me: &[&str]) -> Hook {
    let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    Hook {
        name: "team".to_owned(),
        kind: Kind::named(kind).unwrap_or_else(|| panic!("no kind {kind}")),
        secrets: own(secrets).into_iter().map(Secret::new).collect(),
        me: own(me),
        names: Names::default(),
        settings: Settings::default(),
    }
}

/// The instant at which requests come.
pub fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

/// Header fields.
pub fn fields(headers: &[(&str, &str)]) -> Vec<Field> {
    headers.iter().map(|(name, value)| Field { name: (*name).to_owned(), value: (*value).to_owned() }).collect()
}

/// A call of a hook, as its service makes it.
pub struct Call<'a> {
    /// `POST` ...
    pub method: &'a str,
    /// The whole URL.
    pub url: &'a str,
    /// What follows the hook's path.
    pub below: &'a str,
    /// Header fields.
    pub headers: &'a [(&'a str, &'a str)],
}

/// A plain one, with JSON.
pub const POST: Call<'_> = Call {
    method: "POST",
    url: "https://hooks.example.org/hook/team",
    below: "",
    headers: &[("Content-Type", "application/json")],
};

impl Call<'_> {
    /// What the service reads in the body, whoever sent it.
    pub fn read(&self, hook: &Hook, body: &[u8]) -> Vec<Event> {
        self.try_read(hook, body).unwrap_or_else(|refusal| panic!("{}: {refusal:?}", hook.kind.name()))
    }

    /// The same; a refusal where it cannot be read.
    pub fn try_read(&self, hook: &Hook, body: &[u8]) -> Result<Vec<Event>, Refusal> {
        let headers = fields(self.headers);
        let request =
            Request { method: self.method, url: self.url, below: self.below, headers: &headers, body, now: now() };
        match registry::service(hook.kind).read(hook, &request)? {
            Said::Events(events) => Ok(events),
            Said::Handshake(handshake) => panic!("{}: {handshake:?}", hook.kind.name()),
        }
    }

    /// The same of JSON.
    pub fn json(&self, hook: &Hook, body: &Value) -> Vec<Event> {
        self.read(hook, body.to_string().as_bytes())
    }
}

/// What an event is for the one reader whom the hook knows.
pub fn told(hook: &Hook, event: &Event) -> Message {
    let person = PersonName::new("ada");
    message(hook, event, Reader { person: &person, me: &hook.me }, (now(), 1))
}
