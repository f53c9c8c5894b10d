//! Requests of chat services: proven, read, judged and kept before they are answered.

pub mod hooks;
pub mod plan;
pub mod receive;
pub mod settings;
