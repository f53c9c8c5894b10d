//! The door for people: a Unix socket in the runtime folder, one request and one reply a connection, a line of JSON each.

pub mod client;
pub mod length;
pub mod server;
pub mod wire;

use std::path::{Path, PathBuf};

/// Where the socket lies in a runtime folder.
pub fn socket(runtime: &Path) -> PathBuf {
    runtime.join("control.sock")
}
