//! When things happen: crontab(5) slots, quiet hours, pauses.

pub mod crontab;
pub mod days;
pub mod quiet;
pub mod timetable;
pub mod until;
