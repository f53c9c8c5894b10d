//! What every service does, each in its own way.

use serde_json::Value;

use super::answer::{Answer, Handshake, Refusal};
use super::event::Event;
use super::hook::Hook;
use super::names::Introduction;
use super::proof::{Origin, Proof};
use super::reference::{Api, Question};
use super::request::Request;
use super::setting::{Key, Settings, Wrong};

/// What a proven request says.
#[derive(Clone, Debug)]
pub enum Said {
    /// These things happened; none: nothing for us.
    Events(Vec<Event>),
    /// It sets up the hook.
    Handshake(Handshake),
}

/// A service. All of it is pure, and the time it takes is linear in the request.
pub trait Service: Sync {
    /// The keys it has beside those of every hook.
    fn keys(&self) -> &'static [Key] {
        &[]
    }

    /// What proves its requests, where its own keys say this.
    fn proof(&self, _settings: &Settings) -> Proof {
        Proof::Secret(Origin::Service)
    }

    /// Whether what it signs covers the address that it calls.
    fn covers_address(&self, _settings: &Settings) -> bool {
        false
    }

    /// The address under which its service was told to call it, and the key that says so; `None`: none of its own keys does.
    fn called_at<'s>(&self, _settings: &'s Settings) -> Option<(&'static str, &'s str)> {
        None
    }

    /// Why this can be none of its secrets; `None`: it may be.
    fn unfit(&self, _secret: &str) -> Option<&'static str> {
        None
    }

    /// Whether its messages name people by marks, so that somebody has to say which of them is me.
    fn names_people(&self, _settings: &Settings) -> bool {
        false
    }

    /// Where its API is that has the texts of what it sends as a mere reference; `None`: it sends whole messages.
    fn api(&self) -> Option<Api> {
        None
    }

    /// What its API is asked for the text of a reference; `None`: it has none, or what names it may not stand in a URL.
    fn question(&self, _reference: &Event) -> Option<Question> {
        None
    }

    /// What happened, now that its API has answered 200 with this; `None`: the answer says nothing more. Whatever stands
    /// there, it is read without a fault; what does not fit is as good as absent.
    fn told(&self, _reference: &Event, _answer: &Value) -> Option<Event> {
        None
    }

    /// By which method its requests come, and where below the hook's own path, in words.
    fn calls(&self) -> (&'static str, &'static str) {
        ("POST", "")
    }

    /// What is wrong with what its own keys say, beyond the shape of each; `name` is the hook's, where it has no `secret` beside
    /// it. Secrets are not in `settings`: they are read when they are used.
    fn wrong(&self, _name: Option<&str>, _settings: &Settings) -> Vec<Wrong> {
        Vec::new()
    }

    /// Proves that the request comes from the service, before anything of it is parsed; compares in constant time. A
    /// handshake that no service signs passes here, and `read` answers it.
    ///
    /// # Errors
    /// When it does not.
    fn verify(&self, hook: &Hook, request: &Request<'_>) -> Result<(), Refusal>;

    /// Reads a proven request. What is no message to anybody is no event, and no error: services repeat or give up what is
    /// refused.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read(&self, hook: &Hook, request: &Request<'_>) -> Result<Said, Refusal>;

    /// Whom and what a proven request names, beside the senders and channels of its events. Pure, and bounded as they are.
    fn introduces(&self, _request: &Request<'_>) -> Vec<Introduction> {
        Vec::new()
    }

    /// The answer once everything is durable: what the service takes for "received", and publishes nowhere.
    fn thanks(&self, _hook: &Hook) -> Answer {
        Answer::empty(200)
    }

    /// The answer to a refused request.
    fn refuse(&self, _hook: &Hook, refusal: &Refusal) -> Answer {
        Answer::empty(match refusal {
            Refusal::Unproven(_) | Refusal::Answered(..) => 401,
            Refusal::Unreadable(_) => 400,
            Refusal::Elsewhere => 404,
        })
    }
}
