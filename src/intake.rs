//! The desk where every message is judged, placed and accepted, and every edition is sealed.

pub mod accept;
pub mod again;
pub mod alarm;
pub mod alerting;
pub mod asking;
pub mod desk;
pub mod flaw;
pub mod forwarding;
pub mod history;
pub mod judge;
pub mod people;
pub mod place;
pub mod sealing;
pub mod slots;
pub mod volume;
