//! Bounds of the ground floor: clock, secrets, texts, patterns, times.

use std::time::Duration;

// clock

/// How long a wait may trust tokio's timer before the wall clock is read again (suspend, a clock that was set).
pub const CLOCK_READ_AGAIN: Duration = Duration::from_secs(30);

// secret

/// The longest file that is taken for a secret.
pub const SECRET_BYTES: u64 = 16 * 1024;
/// How long a secret command may run.
pub const SECRET_COMMAND: Duration = Duration::from_secs(10);

// text

/// The most combining marks kept on one character: no living script writes more than six, a pile of them covers the
/// lines around it and makes normalising slow.
pub const COMBINING_RUN: usize = 8;
/// How much of a value a pattern looks at.
pub const HAYSTACK_BYTES: usize = 64 * 1024;
/// How much of a value a big regex looks at, one that needs more than `REGEX_SMALL_BYTES`: linear time is text times
/// states, and `[ab]*a[ab]{5000}c` takes 4 s for 64 KiB, but 1 s for 16 KiB (measured in release).
pub const HAYSTACK_BYTES_BIG_REGEX: usize = 16 * 1024;
/// What a regex that looks at the whole haystack may take: `[ab]*a[ab]{800}c` is near it and takes 0.5 s for 64 KiB.
pub const REGEX_SMALL_BYTES: usize = 1 << 17;
/// The longest pattern that is accepted, in characters.
pub const PATTERN_CHARS: usize = 4_096;
/// What one regex may take when it is compiled: a bomb like `(((a{99}){99}){99})` is refused in 50 ms.
pub const REGEX_COMPILED_BYTES: usize = 1 << 20;
/// How deep the brackets of one regex may nest.
pub const REGEX_NESTING: u32 = 64;

// civil and schedule

/// The longest name of a time zone that is looked at; the database's longest has 32 characters.
pub const ZONE_NAME_CHARS: usize = 64;
/// The longest duration that the configuration may write, in days: ten years are a mistake of the unit.
pub const DURATION_DAYS: u64 = 3_660;
/// The longest crontab expression, in bytes: five fields with every value listed have 480.
pub const CRONTAB_BYTES: usize = 1_024;
/// How many civil minutes may pass before the next slot must be a new instant: zones have skipped and repeated whole days
/// (1,440 minutes), and both beside each other are twice that.
pub const SLOT_STEPS: usize = 3_000;
/// Days from two before an instant on whose ranges may hold it: two more, because zones have skipped and repeated whole days.
pub const RANGE_DAYS: usize = 5;
/// The last year in which anything is scheduled: the crate `cron` ends there.
pub const SCHEDULE_YEAR: i16 = 2_100;
/// How many quiet ranges are joined to find their end; a range lasts a day at most, so a week that is always quiet is
/// followed for some time and then given up.
pub const QUIET_STEPS: usize = 1_000;

// metrics

/// Where the times of a barrier are told apart, in seconds: 0.3 ms on an idle SSD (measured), above a second the disk is the
/// trouble.
pub const BARRIER_BUCKETS: [f64; 12] = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0];
/// Where the times of judging a message are told apart, in seconds: after a second it passes unjudged.
pub const JUDGE_BUCKETS: [f64; 9] = [0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0];

// history

/// Messages of others that are kept of one thread: what a `burst` can count. 58 octets each.
pub const THREAD_ARRIVALS: usize = 24;
/// Messages of mine that are kept of one thread, so that an answer to one of them is known as such.
pub const THREAD_MINE: usize = 16;
/// Events and alarms by which one thread is found beside its messages.
pub const THREAD_TOPICS: usize = 4;
/// A refusal of a hook that is repeated within this time is not said again in the log.
pub const REFUSAL_SAID: Duration = Duration::from_secs(60);
