//! The door to an IMAP server.
//!
//! A [`session::Session`] is one logged-in connection without a task of its own. async-imap reads its stream, but through
//! [`guard::Guard`], which bounds what a server may send before a parser sees it, and every command goes through the one
//! runner in [`wire`]: its own command layer takes NO, BAD and the end of the stream for success.

pub mod append;
pub mod capability;
pub mod connect;
pub mod errand;
pub mod fault;
pub mod fetch;
pub mod frame;
pub mod gather;
pub mod guard;
pub mod idle;
pub mod names;
pub mod past;
pub mod plan;
pub mod refusal;
pub mod seek;
pub mod session;
pub mod settings;
pub mod survey;
pub mod wire;
