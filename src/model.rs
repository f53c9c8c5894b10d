//! The words of the house as types: pure data that every floor speaks.

pub mod edition;
pub mod errand;
pub mod history;
pub mod identity;
pub mod item;
pub mod mailbox;
pub mod mailing_list;
pub mod message;
pub mod name;
pub mod signal;
pub mod verdict;
