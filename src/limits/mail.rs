//! Bounds of reading mail: what a message may cost, whoever wrote it.

// mail

/// The longest header block that is read; what follows is left out, with a note.
pub const MAIL_HEADER_BYTES: usize = 256 * 1024;
/// Header fields that are read: a hundred times what honest mail has.
pub const MAIL_HEADER_FIELDS: usize = 1_000;
/// The longest raw value of one header field that is read.
pub const MAIL_FIELD_BYTES: usize = 100 * 1024;
/// The longest encoded word that is looked for, so that words without an end cost linear time.
pub const MAIL_WORD_BYTES: usize = 2_048;
/// Addresses that are read of one field; beyond it a mail goes to a crowd, whoever else is in it.
pub const MAIL_ADDRESSES: usize = 1_000;
/// Message-IDs that are kept of In-Reply-To and of References: the oldest and the newest halves.
pub const MAIL_THREAD_IDS: usize = 100;
/// Characters of a display name, an address, a Message-ID or a file name that are kept.
pub const MAIL_NAME_CHARS: usize = 500;
/// MIME parts that are told apart.
pub const MAIL_PARTS: usize = 1_000;
/// How deep multiparts and messages in messages are opened. Real mail has 6 at most.
pub const MAIL_DEPTH: usize = 32;
/// Octets of one text part that are decoded: four times the text that judgement reads, to allow for markup.
pub const MAIL_PART_TEXT_BYTES: usize = 256 * 1024;
/// Octets of own text that are kept.
pub const MAIL_OWN_TEXT_BYTES: usize = 64 * 1024;
/// Open elements of an HTML part whose style is remembered; deeper ones inherit. Newsletters nest 60 to 100 deep.
pub const MAIL_HTML_DEPTH: usize = 256;
/// Octets of the address of a mail's page; a longer one is none.
pub const MAIL_PAGE_BYTES: usize = 1_000;
/// Parts of one type in which it is looked for.
pub const MAIL_PAGE_PARTS: usize = 3;
/// Notes of one message: each tells of a kind of fault, and there are not many kinds.
pub const MAIL_NOTES: usize = 20;
/// The longest calendar part that is read.
pub const MAIL_CALENDAR_BYTES: usize = 256 * 1024;
/// BEGIN lines of a calendar part: an invitation has 3 to 10, a whole season's fixtures some hundred.
pub const MAIL_CALENDAR_COMPONENTS: usize = 1_000;
/// How deep BEGIN lines nest; RFC 5545 needs 3.
pub const MAIL_CALENDAR_DEPTH: usize = 8;
/// Series that are expanded; a hostile rule costs milliseconds each.
pub const MAIL_CALENDAR_SERIES: usize = 5;
/// Years after its arrival in which an event's next occurrence is looked for: the 29th of February is 8 apart at most.
pub const MAIL_CALENDAR_YEARS: u16 = 12;
/// The longest file of holidays: the largest that public services give have some hundred KiB.
pub const HOLIDAYS_BYTES: usize = 2 * 1024 * 1024;
/// BEGIN lines of a file of holidays: ten years of those of all states of a country are 2,000.
pub const HOLIDAYS_COMPONENTS: usize = 5_000;
/// Series of a file of holidays: a country has some twenty, a hostile rule costs milliseconds each.
pub const HOLIDAYS_SERIES: usize = 200;
/// Days that a file of holidays may name, each as often as it does: two a week for a century are 10,400.
pub const HOLIDAYS_DAYS: usize = 20_000;
/// Occurrences of its series that are counted, those that an exception takes out included.
pub const HOLIDAYS_OCCURRENCES: usize = 2 * HOLIDAYS_DAYS;
/// Occurrences of series that are looked at in all: ten years of days.
pub const MAIL_CALENDAR_OCCURRENCES: usize = 4_000;

// bounces

/// Marks that are looked at in what a delivery report returns: a letter of ours has one, or a few where it was sent on.
pub const MAIL_REPORT_MARKS: usize = 8;
