//! The databases that the store can stand on, and what it asks of each.

pub mod contract;
pub mod local;
pub mod sled;
