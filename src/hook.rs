//! The door for HTTP: a listener with limits, and the pages for those who watch.

pub mod bind;
pub mod head;
pub mod pages;
pub mod serve;
pub mod settings;
