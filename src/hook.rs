//! The door for HTTP: a listener with limits, the hooks, and the pages for those who watch.

pub mod bind;
pub mod call;
pub mod calls;
pub mod framing;
pub mod head;
pub mod pages;
pub mod serve;
pub mod settings;
