//! The transitions themselves, each over few records.

pub mod audit;
pub mod editions;
pub mod errands;
pub mod forget;
pub mod history;
pub mod items;
pub mod small;
