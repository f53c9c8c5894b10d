//! Requests of chat services: proven, read, judged and kept before they are answered; then what they only refer to.

pub mod fetch;
pub mod hooks;
pub mod kit;
pub mod plan;
pub mod receive;
pub mod settings;
