//! One call of a hook, and what is answered: 2xx for what was to be kept only with the proof that it is.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use axum::body::Bytes;

use crate::chat::answer::Answer;
use crate::chat::request::Field;
use crate::store::committed::Committed;

/// How the path of every hook begins.
pub const PATH: &str = "/hook/";

/// A request to `/hook/NAME`, read whole within its limits.
pub struct Call {
    /// `NAME`, decoded.
    pub hook: String,
    /// What follows it in the path, with its slash, as it came; mostly empty.
    pub below: String,
    /// `POST`, `GET` ...
    pub method: String,
    /// Path and query as they came.
    pub target: String,
    /// The header fields in the order they came.
    pub headers: Vec<Field>,
    /// The body.
    pub body: Bytes,
}

/// Prints no content.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("method", &self.method).field("len", &self.body.len()).finish_non_exhaustive()
    }
}

/// What is answered to a call.
#[derive(Debug)]
pub enum Reply {
    /// What it says is kept, or was before.
    Kept(Answer, Vec<Committed<()>>),
    /// It says nothing that would be kept: a handshake, nothing for us, a refusal.
    Said(Answer),
    /// It cannot be kept now: to be sent again.
    Later,
}

/// Takes calls.
pub trait Receive: Send + Sync {
    /// A request to this hook was refused before it was read whole.
    fn refused(&self, hook: &str, why: &'static str);

    /// A request to this hook is to be sent again, since there is no room or no time to read it.
    fn put_off(&self, hook: &str);

    /// Takes one, and returns once it may be answered.
    fn receive(&self, call: Call) -> Pin<Box<dyn Future<Output = Reply> + Send + '_>>;
}
