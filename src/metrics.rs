//! What is measured of the running program: counters, readings of a moment, and both as OpenMetrics text. No content in any.

pub mod counters;
pub mod readings;
pub mod text;
pub mod words;
