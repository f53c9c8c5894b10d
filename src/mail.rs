//! Mail: the bytes of a mail to a `Message`. It never fails; what could not be read is noted.
//!
//! The frame (fields, parts, parameters, encoded words) is read here, without recursion and with every bound named;
//! mail-parser serves the leaves: character sets, dates, HTML entities.

pub mod authenticity;
pub mod automation;
pub mod body;
pub mod bounce;
pub mod calendar;
pub mod charset;
pub mod clean;
pub mod colour;
pub mod date;
pub mod fields;
pub mod flowed;
pub mod footer;
pub mod holidays;
pub mod html;
pub mod notes;
pub mod own;
pub mod page;
pub mod params;
pub mod people;
pub mod phrases;
pub mod read;
pub mod style;
pub mod transfer;
pub mod tree;
pub mod windows_zones;
pub mod words;
pub mod zone;
