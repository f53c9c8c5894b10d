//! Hours that take their day from their sentence.

use super::Rows;

#[rustfmt::skip]
pub const ROWS: Rows = &[
    ("The meeting today with her will be at 10:30.", "today = At 2027-01-13 00:00..2027-01-14 00:00 Day; at 10:30 = At 2027-01-13 10:30 Minute"),
    ("Hearings begin today, January 20 @ 1:30 pm in the big room.", "today = At 2027-01-13 00:00..2027-01-14 00:00 Day; january 20 @ 1:30 pm = At 2027-01-20 13:30 Minute"),
    ("We start at 2pm, 3pm or 4pm tomorrow.", "at 2pm = At 2027-01-14 14:00 Minute; 3pm = At 2027-01-14 15:00 Minute; 4pm tomorrow = At 2027-01-14 16:00 Minute"),
    ("Tomorrow works. See you at 5pm.", "tomorrow = At 2027-01-14 00:00..2027-01-15 00:00 Day; at 5pm = At 2027-01-13 17:00 Minute"),
    ("On friday the doors open at 9 am and close at 5 pm.", "on friday = At 2027-01-15 00:00..2027-01-16 00:00 Day; at 9 am = At 2027-01-15 09:00 Minute; at 5 pm = At 2027-01-15 17:00 Minute"),
    ("Wir treffen uns morgen, und zwar um 14 Uhr am Eingang.", "morgen = At 2027-01-14 00:00..2027-01-15 00:00 Day; um 14 uhr = At 2027-01-14 14:00 Minute"),
];
