//! The door to the SMTP server that takes our letters, or to the folder that takes them instead.
//!
//! One letter goes to one recipient in one transaction, stage by stage, so that the caller can write down how far it is
//! before the final dot: `announce` up to 354, `deliver` the rest. What went wrong says at which stage, and whether the
//! server can have the letter.

pub mod connection;
pub mod fault;
pub mod folder;
pub mod patience;
pub mod settings;

mod login;
mod meeting;
mod parcel;
mod wire;
