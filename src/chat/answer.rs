//! What is answered to a request, and what came of it.

use super::event::Event;
use crate::secret::Secret;

/// An HTTP answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Header fields.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// With this status, and nothing else.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// Plain text that no browser takes for anything else.
    pub fn text(status: u16, text: &str) -> Self {
        Self { body: text.as_bytes().to_vec(), ..Self::empty(status) }
            .with("Content-Type", "text/plain; charset=utf-8")
            .with("X-Content-Type-Options", "nosniff")
    }

    /// JSON, as it is written.
    pub fn json(status: u16, json: String) -> Self {
        Self { body: json.into_bytes(), ..Self::empty(status) }.with("Content-Type", "application/json")
    }

    /// With this header field, too.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// What came of a request.
#[derive(Clone, Debug)]
pub enum Taken {
    /// It is proven and read: the answer goes out once what it says is durable.
    Events {
        /// What it says; empty: nothing for us.
        events: Vec<Event>,
        /// The answer then.
        answer: Answer,
    },
    /// It sets up the hook.
    Handshake(Handshake),
    /// It is not believed, or not understood; it leaves no trace.
    Refused {
        /// Why.
        refusal: Refusal,
        /// The answer.
        answer: Answer,
    },
}

/// A handshake and its answer.
#[derive(Clone, Debug)]
pub struct Handshake {
    /// The answer.
    pub answer: Answer,
    /// A secret that the service sends with it: taken only while a handshake is expected, and the answer given only then.
    pub secret: Option<Secret>,
}

/// Why a request is refused; says nothing of its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is not proven to come from the service: `signature missing`, `signature wrong`, `too old`.
    Unproven(&'static str),
    /// It is proven, and cannot be read: `not JSON`, `event without an id`.
    Unreadable(&'static str),
    /// Its method or path is none of the service's.
    Elsewhere,
    /// It is not proven, and the service wants this JSON as the answer.
    Answered(&'static str, String),
}

impl Refusal {
    /// Why, as a phrase.
    pub fn why(&self) -> &'static str {
        match self {
            Self::Unproven(why) | Self::Unreadable(why) | Self::Answered(why, _) => why,
            Self::Elsewhere => "method or path of no such service",
        }
    }
}
