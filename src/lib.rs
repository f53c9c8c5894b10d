//! Tidings holds the mail that can wait, lets the urgent through at once, and sends the rest as digests.
//!
//! 1. **Everything that is sent leaves as a letter, everything that is done in a mailbox as an errand.**
//!    One exit each, one retry rule, one place to look.
//! 2. **Hands meet only in the store.** No hand holds another. A wake-up carries no data and may be lost without harm.
//! 3. **The clock stops at the hands.** Judgement gets `now` as a value.
//! 4. **Nothing is acknowledged before it is durable.** A source advances its cursor, or a hook answers 2xx, only
//!    when it holds a `Committed<_>`, and only the store can make one.
//!
//! The floors, from the ground up; imports fall, and `tests/tidy.rs` holds the table:
//!
//! - ground: `model`, `text`, `civil`, `limits`, `clock`, `secret`, `health`, `metrics`, `mark`, `pattern`
//! - judgement, pure: `mail`, `chat`, `urgency`, `schedule`, `digest`, `retry`
//! - memory: `store`, and beside it `net` (TCP and TLS for the doors)
//! - doors, one outside thing each: `imap`, `maildir`, `smtp`, `hook`, `control`
//! - the desk: `intake`
//! - hands, the long-running tasks: `source`, `receiver`, `timekeeper`, `courier`, `janitor`, `operator`
//! - settings and telemetry: `config`, `telemetry`
//! - `app`, `cli`, and the front: `main`

pub mod civil;
pub mod clock;
pub mod health;
pub mod limits;
pub mod mark;
pub mod metrics;
pub mod model;
pub mod pattern;
pub mod secret;
pub mod text;

pub mod chat;
pub mod digest;
pub mod mail;
pub mod retry;
pub mod schedule;
pub mod urgency;

pub mod net;
pub mod store;

pub mod control;
pub mod hook;
pub mod imap;
pub mod maildir;
pub mod smtp;

pub mod intake;

pub mod courier;
pub mod janitor;
pub mod operator;
pub mod receiver;
pub mod source;
pub mod timekeeper;

pub mod config;
pub mod telemetry;

pub mod app;

pub mod cli;
