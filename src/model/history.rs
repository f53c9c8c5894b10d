//! What is kept of threads and senders: hashes and instants in bounded lists, never an address, a subject or a text.

pub mod facts;
pub mod lesson;
pub mod memory;
pub mod study;
