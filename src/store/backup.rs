//! Backups: the whole store, its spool and the key of our letters in one file, and back again.

pub mod fault;
pub mod fetch;
pub mod frame;
pub mod part;
pub mod reader;
pub mod restore;
pub mod standing;
pub mod write;
pub mod writer;
