//! Every bound in one place, each with its reason. A queue, loop, wait or size without a line here is a fault.

pub mod doors;
pub mod front;
pub mod ground;
pub mod hands;
pub mod judgement;
pub mod mail;
pub mod memory;
