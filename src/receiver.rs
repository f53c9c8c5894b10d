//! Requests of chat services: proven, read, judged and kept before they are answered.

pub mod settings;
