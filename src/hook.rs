//! The door for HTTP: a listener with limits, the hooks, the pages for those who watch, and what services are asked.

pub mod ask;
pub mod bind;
pub mod call;
pub mod calls;
pub mod framing;
pub mod head;
pub mod pages;
pub mod serve;
pub mod settings;
