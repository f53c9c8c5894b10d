//! Bounds of the doors: IMAP, Maildir, SMTP, HTTP, the control socket.

use std::time::Duration;

// imap

/// The total deadline of an IMAP command, answer included: a server of 1 byte a second must not outlive it.
pub const IMAP_COMMAND: Duration = Duration::from_secs(60);
/// How much longer an APPEND may take for each MiB of its message: 32 KiB a second is the slowest line that is served.
pub const IMAP_APPEND_PER_MIB: Duration = Duration::from_secs(32);
/// How long one IDLE stands. RFC 2177 allows 29 minutes, but a NAT forgets a silent connection long before.
pub const IMAP_IDLE: Duration = Duration::from_secs(5 * 60);
/// How long the answer to DONE may take; with `IMAP_IDLE` this notices a dead connection within 5 min 30 s.
pub const IMAP_DONE: Duration = Duration::from_secs(15);
/// How long the farewell may take: nothing depends on it.
pub const IMAP_LOGOUT: Duration = Duration::from_secs(2);
/// How often in a row a server may end an IDLE at once before it is polled instead.
pub const IMAP_QUICK_IDLES: u32 = 3;
/// An IDLE that the server ends sooner than this was ended at once.
pub const IMAP_QUICK_IDLE: Duration = Duration::from_secs(10);
/// The longest line from a server, literals apart: a SEARCH over `IMAP_SEARCH_WINDOW` UIDs fits.
pub const IMAP_LINE: usize = 256 * 1024;
/// Opening parentheses in one answer, literals apart: 400 nested ones overflow the parser's stack, real answers have four.
pub const IMAP_PARENTHESES: usize = 32;
/// Literals in one answer: a header, a text and a few more.
pub const IMAP_LITERALS: usize = 16;
/// The largest literal where none was asked for (names in LIST).
pub const IMAP_LITERAL: usize = 64 * 1024;
/// What a literal may have beyond what was asked for: servers that count line ends otherwise, or ignore the range.
pub const IMAP_SLACK: usize = 64 * 1024;
/// Everything that a server may send in answer to one command: 200 headers of full length, and their lines.
pub const IMAP_ANSWER: usize = 96 * 1024 * 1024;
/// The part of a header block that is fetched: as much as is read of one.
pub const IMAP_HEADER: u32 = 256 * 1024;
/// The part of a message's text that is fetched to judge it.
pub const IMAP_TEXT: u32 = 64 * 1024;
/// The largest piece of a message that is asked for at once.
pub const IMAP_PIECE: u32 = 1024 * 1024;
/// Messages in one FETCH of headers, one MOVE, one STORE.
pub const IMAP_BATCH: usize = 200;
/// Messages in one FETCH of flags: with 500 UIDs a command stays below 8,000 octets (RFC 2683 section 3.2.1.5).
pub const IMAP_FLAGS: usize = 500;
/// Messages in one FETCH of texts, or of headers and texts at once: 5 MiB in the worst case.
pub const IMAP_TEXTS: usize = 16;
/// UIDs that are taken from one mailbox: 8 MiB. A fuller one is worked in parts.
pub const IMAP_UIDS: usize = 2_000_000;
/// UIDs over which one SEARCH runs, so that its answer is shorter than `IMAP_LINE`.
pub const IMAP_SEARCH_WINDOW: u32 = 20_000;
/// Messages that are looked at, the newest first, when a SEARCH by Message-ID or size finds many.
pub const IMAP_CANDIDATES: usize = 50;
/// Mailboxes that are taken from one LIST.
pub const IMAP_MAILBOXES: usize = 10_000;
/// Capabilities that are taken from a server.
pub const IMAP_CAPABILITIES: usize = 500;
/// Untagged NAMESPACE and CAPABILITY lines that are kept until they are read.
pub const IMAP_ASIDE: usize = 8;
/// Characters of a server's text that are shown.
pub const IMAP_SERVER_TEXT: usize = 200;
/// Lines before STARTTLS is answered, and octets in all: a greeting and a few warnings.
pub const IMAP_PRELUDE_LINES: usize = 20;
/// See `IMAP_PRELUDE_LINES`.
pub const IMAP_PRELUDE_BYTES: usize = 16 * 1024;

// maildir

/// The longest header block that is read, as for IMAP; longer ones are cut.
pub const MAILDIR_HEADER_BYTES: usize = 256 * 1024;
/// The largest file whose line ends are counted; of a larger one the size on disk is taken.
pub const MAILDIR_COUNT_BYTES: u64 = 512 * 1024 * 1024;
/// Entries of one folder that are taken, as for IMAP.
pub const MAILDIR_ENTRIES: usize = 2_000_000;
/// How often a folder is read again while other programs rename files in it: a file that is renamed during a reading may
/// be missed by it.
pub const MAILDIR_SCANS: usize = 4;
/// How often a file is looked for anew when it was renamed between finding and using it.
pub const MAILDIR_CHASES: usize = 16;
/// Names that are tried for a file whose own is taken by another.
pub const MAILDIR_NAMES: usize = 100;
/// Files that are opened to find a Message-ID, the newest first: about a second.
pub const MAILDIR_FIND: usize = 20_000;
/// The largest `tidings-listed` that is read.
pub const MAILDIR_LISTED_BYTES: u64 = 8 * 1024 * 1024;
/// Each time `tidings-listed` grows by so many lines, the names that are gone are taken out of it.
pub const MAILDIR_LISTED_LINES: usize = 2_000;
/// Lines of `tidings-listed` that are kept at most, the newest: with names of 80 octets half of `MAILDIR_LISTED_BYTES`.
pub const MAILDIR_LISTED_LINES_MAX: usize = 50_000;
/// The largest `subscriptions` that is added to.
pub const MAILDIR_SUBSCRIPTIONS_BYTES: u64 = 1024 * 1024;
/// How young a folder's time stamp may be for a second change to hide behind it: FAT and NFS keep times of 2 s.
pub const MAILDIR_TICK: Duration = Duration::from_secs(2);

/// How often a Maildir is looked at.
pub const MAILDIR_LOOK: Duration = Duration::from_secs(2);
/// How long a Maildir is waited on before the loop goes round, for the time of its last sync.
pub const MAILDIR_RENEW: Duration = Duration::from_secs(60);

// smtp

/// The greeting, from here on RFC 5321 section 4.5.3.2: too short makes duplicates, too long only waits.
pub const SMTP_GREETING: Duration = Duration::from_secs(300);
/// The reply to EHLO.
pub const SMTP_HELLO: Duration = Duration::from_secs(300);
/// The reply to STARTTLS, not in the RFC: nothing is lost with it, and Postfix answers at once.
pub const SMTP_START_TLS: Duration = Duration::from_secs(120);
/// A reply within AUTH: some servers answer a wrong password after a minute on purpose.
pub const SMTP_AUTH: Duration = Duration::from_secs(180);
/// The reply to MAIL.
pub const SMTP_MAIL: Duration = Duration::from_secs(300);
/// The reply to RCPT.
pub const SMTP_RCPT: Duration = Duration::from_secs(300);
/// The 354.
pub const SMTP_DATA: Duration = Duration::from_secs(120);
/// A block of the letter on its way.
pub const SMTP_BLOCK: Duration = Duration::from_secs(180);
/// How much of a letter may take one `SMTP_BLOCK`: 364 octets a second are slower than any line in use.
pub const SMTP_BLOCK_BYTES: usize = 64 * 1024;
/// The reply after the final dot: the server may be scanning and storing; giving up early is what makes duplicates.
pub const SMTP_END_OF_DATA: Duration = Duration::from_secs(600);
/// The reply to QUIT: it changes nothing.
pub const SMTP_QUIT: Duration = Duration::from_secs(5);
/// The longest command, without CRLF (RFC 5321 section 4.5.3.1.4): the words of a login that are longer go into a line of
/// their own (RFC 4954 section 4). Tokens of Microsoft 365 have 2,000 octets.
pub const SMTP_COMMAND_BYTES: usize = 510;
/// The longest line of a reply that is read to its end: eight times what RFC 5321 section 4.5.3.1.5 allows.
pub const SMTP_REPLY_LINE_BYTES: usize = 4096;
/// How much of a line's text is kept (RFC 5321 section 4.5.3.1.5).
pub const SMTP_REPLY_TEXT_BYTES: usize = 512;
/// The most lines of a reply: EHLO has about 15, a verbose refusal 5.
pub const SMTP_REPLY_LINES: usize = 128;
/// How much of a server's words is kept with a letter, in characters.
pub const SMTP_TEXT_CHARS: usize = 300;
/// The longest line of a letter, without CRLF (RFC 5321 section 4.5.3.1.6).
pub const SMTP_LINE_OF_LETTER_BYTES: usize = 998;
/// The longest envelope address (RFC 5321 section 4.5.3.1.3, without angle brackets).
pub const SMTP_ADDRESS_BYTES: usize = 254;
/// The longest domain (RFC 1035 section 2.3.4).
pub const SMTP_NAME_BYTES: usize = 253;
/// The longest label of a domain (RFC 1035 section 2.3.4).
pub const SMTP_LABEL_BYTES: usize = 63;
/// The longest file name of a letter, so that it fits with its hidden form into 255.
pub const SMTP_FILE_NAME_BYTES: usize = 200;

// hook

/// Connections that are open at a time; more wait in the socket's queue. Those that say nothing cost little.
pub const HOOK_CONNECTIONS: usize = 4_096;
/// Requests that are read whole and answered at a time.
pub const HOOK_AT_ONCE: usize = 256;
/// Octets of all bodies that are read at a time: what comes beyond is to be sent again.
pub const HOOK_BODIES: usize = 64 * 1024 * 1024;
/// Octets of each body that do not count there. Of as many connections as may be open these are as much again.
pub const HOOK_BODY_FREE: usize = HOOK_BODIES / HOOK_CONNECTIONS;
/// How long a body may take to arrive.
pub const HOOK_BODY: Duration = Duration::from_secs(10);
/// How much of a body is read at a time.
pub const HOOK_BODY_PIECE: usize = 8 * 1024;
/// How long a connection may say nothing between two requests.
pub const HOOK_IDLE: Duration = Duration::from_secs(30);
/// In how many seconds what could not be kept is to be sent again.
pub const HOOK_RETRY: u32 = 30;
/// The longest name of a hook, and the longest path below it, in octets.
pub const HOOK_PATH: usize = 2_048;
/// How long the head of a request may take to arrive: a proxy sends it at once, and who trickles it holds a place.
pub const HOOK_HEAD: Duration = Duration::from_secs(5);
/// The longest head; services send 2 KiB.
pub const HOOK_HEAD_BYTES: usize = 16 * 1024;
/// How much of a head is read at a time.
pub const HOOK_HEAD_PIECE: usize = 2 * 1024;
/// The most header fields; proxies and services together send 30.
pub const HOOK_FIELDS: usize = 64;
/// The largest body that is taken.
pub const HOOK_BODY_BYTES: u64 = 1024 * 1024;
/// How long a request may take from its head to the last byte of the answer.
pub const HOOK_REQUEST: Duration = Duration::from_secs(15);
/// How long what is still on its way may take once the daemon stops: what was sent arrives at once.
pub const HOOK_STOP: Duration = Duration::from_secs(1);
/// How much of what was refused is still read, so that the refusal arrives.
pub const HOOK_DRAIN_BYTES: usize = 256 * 1024;
/// How long a listener that fails rests before it is tried again.
pub const HOOK_BREATH: Duration = Duration::from_millis(200);
/// How long a question to a service's API may take, from its name's resolution to the last byte of the answer.
pub const ASK: Duration = Duration::from_secs(10);
/// The largest head of an answer.
pub const ASK_HEAD_BYTES: usize = 32 * 1024;
/// The largest body of an answer: a page of 64 KiB of text, twice with its markup.
pub const ASK_BODY_BYTES: usize = 256 * 1024;

// control

/// The longest path of a Unix socket: `sun_path` has 108 bytes, one for the end (unix(7)).
pub const SOCKET_PATH_BYTES: usize = 107;
/// Connections that are answered at a time; more wait in the socket's queue.
pub const CONTROL_CONNECTIONS: usize = 16;
/// The longest request: ids of some thousand items.
pub const CONTROL_REQUEST_BYTES: u64 = 256 * 1024;
/// The longest reply that the command line reads: a list of 100,000 items.
pub const CONTROL_REPLY_BYTES: u64 = 256 * 1024 * 1024;
/// How long a request may take to arrive.
pub const CONTROL_READ: Duration = Duration::from_secs(10);
/// How long a reply may take to be read.
pub const CONTROL_WRITE: Duration = Duration::from_secs(60);
/// How long a listener that fails rests before it is tried again.
pub const CONTROL_BREATH: Duration = Duration::from_millis(200);
/// Requests that wait for the operator.
pub const CONTROL_QUEUE: usize = 16;
