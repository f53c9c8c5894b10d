//! Bounds of the configuration, the daemon as a whole, and the command line.

use std::time::Duration;

// app

/// How long READY waits for accounts that neither connect nor fail.
pub const READY_WAIT: Duration = Duration::from_secs(20);
/// How often READY looks at the accounts.
pub const READY_LOOK: Duration = Duration::from_millis(20);
/// How often systemd's status line is renewed, and the longest that the watchdog waits to be fed.
pub const STATUS_EVERY: Duration = Duration::from_secs(10);
/// How long a stop waits for an outstanding answer to the end of data.
pub const STOP_WAIT: Duration = Duration::from_secs(60);
/// How long a source may take to stop.
pub const SOURCE_STOP: Duration = Duration::from_secs(10);
/// How long after a panic a source is begun again.
pub const SOURCE_BEGIN_AGAIN: Duration = Duration::from_secs(5);

// config

/// The longest configuration file: 1,000 rules of a screen each; beyond it somebody named the wrong file.
pub const CONFIG_BYTES: u64 = 1024 * 1024;
/// Octets of a digest's own template: ten times and more what is built in.
pub const CONFIG_TEMPLATE_BYTES: u64 = 64 * 1024;
/// Files that `people` may name: a service for more persons wants a database of them.
pub const CONFIG_PEOPLE: usize = 1_000;
/// Names in the folder of these files that are looked at.
pub const CONFIG_PEOPLE_LOOKED_AT: usize = 10_000;
/// All these files together: a thousand of a few pages each.
pub const CONFIG_PEOPLE_BYTES: usize = 16 * 1024 * 1024;
/// Faults of one file that are printed: more than that come from one cause, and nobody reads them.
pub const CONFIG_FAULTS_SHOWN: usize = 100;
/// Keys that an error about an unknown one lists; longer lists hide the message.
pub const CONFIG_KEYS_SHOWN: usize = 8;
/// Characters of a value that a message quotes: one line of a terminal.
pub const CONFIG_QUOTED_CHARS: usize = 80;
/// Characters in the name of an account, rule, digest, group: it must fit in a line of `status`.
pub const CONFIG_NAME_CHARS: usize = 100;
/// Tables of one kind (`[[rule]]`, `[[account]]`, ...): every message is held against every rule.
pub const CONFIG_TABLES: usize = 1_000;
/// How deep `any`, `all` and `not` may nest: reading and judging recurse, and nobody reads deeper logic.
pub const CONFIG_RULE_NESTING: usize = 8;
/// How deep groups may stand in groups.
pub const CONFIG_GROUP_NESTING: usize = 8;
/// Patterns in a group once the groups inside it are expanded: nested groups multiply.
pub const CONFIG_GROUP_PATTERNS: usize = 10_000;
/// Bytes in a mailbox name: what file names may have (Maildir), and more than servers take.
pub const CONFIG_MAILBOX_BYTES: usize = 255;
/// Recipients of one digest: it is never a relay.
pub const CONFIG_RECIPIENTS: usize = 20;
/// Characters in a subject's template.
pub const CONFIG_SUBJECT_CHARS: usize = 500;
/// Items in one part of a digest: more make a letter that no reader scrolls.
pub const CONFIG_DIGEST_ITEMS: i64 = 1_000;
/// Items in all five parts of a digest: `flush_at` and `min_items` beyond it would never be met in one letter.
pub const CONFIG_DIGEST_WAITING: i64 = 5_000;
/// Shortest time that anything may be held: below it holding means nothing.
pub const CONFIG_HOLD_SHORTEST: Duration = Duration::from_secs(60);
/// Longest time that anything may be held: a year and a day, so that a yearly digest fits.
pub const CONFIG_HOLD_LONGEST: Duration = Duration::from_secs(366 * 86_400);
/// Shortest time that a settled item stays known: `explain` asks about yesterday.
pub const CONFIG_RETENTION_SHORTEST: Duration = Duration::from_secs(86_400);
/// Longest time that a settled item stays known: ten years.
pub const CONFIG_RETENTION_LONGEST: Duration = Duration::from_secs(3_653 * 86_400);
/// Shortest lease: a restart, a reboot or a long retry must fit in it.
pub const CONFIG_LEASE_SHORTEST: Duration = Duration::from_secs(10 * 60);
/// Longest lease: held mail would stay lost for longer than a week when the daemon is gone.
pub const CONFIG_LEASE_LONGEST: Duration = Duration::from_secs(7 * 86_400);
/// How often a server without IDLE may be asked at most.
pub const CONFIG_POLL_SHORTEST: Duration = Duration::from_secs(1);
/// How seldom it may be asked: urgent mail waits that long.
pub const CONFIG_POLL_LONGEST: Duration = Duration::from_secs(3_600);
/// How far ahead `starts_within` may look: calendars beyond a year are not urgent.
pub const CONFIG_STARTS_WITHIN_LONGEST: Duration = Duration::from_secs(366 * 86_400);
/// The longest time in which a `burst` may count: what takes longer is a slow conversation.
pub const CONFIG_BURST_LONGEST: Duration = Duration::from_secs(7 * 86_400);
/// Slots of all digests that are held against quiet hours: a week of minutes for four digests, a year of days for a hundred.
pub const LINT_SLOTS: usize = 40_000;
/// Secrets of one hook: the old and the new one while it is being changed.
pub const CONFIG_HOOK_SECRETS: usize = 2;
/// How deep tables may stand in the tables of a hook's kind: `urgency` in `mapping` is the deepest that any has.
pub const CONFIG_HOOK_NESTING: usize = 3;
/// A file that a hook names: keys of a service, of which the longest known have 30 KiB.
pub const CONFIG_HOOK_FILE_BYTES: u64 = 1024 * 1024;
/// Files of `holidays`: a few countries and a school.
pub const CONFIG_HOLIDAY_FILES: usize = 20;
/// How far the signed time of a hook's request may be allowed to be from now.
pub const CONFIG_TOLERANCE_LONGEST: Duration = Duration::from_secs(86_400);
/// Characters of `public_url`: with a hook's path it must fit into what services take for an address.
pub const CONFIG_PUBLIC_URL_CHARS: usize = 500;
/// Words of a secret's command line.
pub const CONFIG_COMMAND_WORDS: usize = 64;

// cli

/// How long `check --connect` tries one server: longer than any that works takes, and as long as a person waits.
pub const CONNECT_WAIT: Duration = Duration::from_secs(30);
/// Per cent of an account's quota from which `check --connect` warns.
pub const CONNECT_QUOTA: u64 = 95;
/// Threads of the runtime: the work is waiting; two let one judge while the other serves.
pub const WORKER_THREADS: usize = 2;
/// Threads for files, the store's reads and the parsers.
pub const BLOCKING_THREADS: usize = 16;
/// Stack of each thread: parsers of mail recurse, within bounds that were measured against this.
pub const THREAD_STACK_BYTES: usize = 8 * 1024 * 1024;
/// How long the end of the program waits for threads that are busy.
pub const RUNTIME_STOP: Duration = Duration::from_secs(2);
/// Octets of a file that `explain` and `replay` hold at a time, and the longest piece of a line.
pub const REPLAY_PIECE_BYTES: usize = 64 * 1024;
/// The longest line that parts two messages of an mbox: a return path (RFC 5321 section 4.5.3.1.3) and a date.
pub const REPLAY_SEPARATOR_BYTES: usize = 1_000;
/// Words of such a line that are looked at for its date.
pub const REPLAY_SEPARATOR_WORDS: usize = 32;
/// Threads that judge at once in a replay: more wait for the disk.
pub const REPLAY_THREADS: usize = 8;
/// Mails that a thread takes at a time: enough that handing them on costs nothing beside judging them.
pub const REPLAY_BATCH: usize = 16;
/// Batches for each thread that are under way: a slow mail holds the others up no sooner.
pub const REPLAY_AHEAD: usize = 4;
/// Octets of mails that `replay` keeps for earlier ones of their threads, where they lie in no order: one that finds no
/// room is taken to wait for nothing.
pub const REPLAY_KEPT_BYTES: usize = 64 * 1024 * 1024;
/// How long after a message its answer shows that it was wanted at once.
pub const ANSWERED_SOON: Duration = Duration::from_secs(15 * 60);
/// Ways in which outcomes change that are printed for people; JSON has all.
pub const REPLAY_CHANGES_SHOWN: usize = 30;
/// Columns of the bar that shows how far long work is.
pub const PROGRESS_COLUMNS: usize = 20;
/// The longest line of a file of labelled messages: a text of some pages, escaped, with its headers.
pub const LABELLED_BYTES: u64 = 1024 * 1024;
/// Labelled messages of one file: nobody labels more by hand.
pub const LABELLED_ITEMS: usize = 100_000;
/// From which confidence of its label on a message counts: below it a second reader might say the opposite.
pub const LABELLED_CONFIDENCE: f64 = 0.6;
/// Lines before a labelled message that are looked at.
pub const LABELLED_LINES: usize = 1_000;
/// How long work must take for its progress to be shown: what is over at once needs none.
pub const PROGRESS_AFTER: Duration = Duration::from_millis(500);
/// How often progress is written: faster than that nobody reads.
pub const PROGRESS_EVERY: Duration = Duration::from_millis(100);
/// Letters of the judged text that `explain` prints.
pub const EXPLAIN_EXCERPT: usize = 2_000;
/// Slots of one digest that `schedule` prints.
pub const SCHEDULE_SHOWN: usize = 1_000;
/// How long the demo waits for the daemon to sort its mailbox.
pub const DEMO_WAIT: Duration = Duration::from_secs(30);
/// How often the demo looks.
pub const DEMO_LOOK: Duration = Duration::from_millis(50);
/// Columns of the demo's lines: most terminals have them, and longer lines are not read.
pub const DEMO_COLUMNS: usize = 100;
/// Temporary folders that demos may have left behind.
pub const DEMO_FOLDERS: u32 = 1_000;
/// Reasons that the demo prints of one message.
pub const DEMO_REASONS: usize = 3;
