//! Bounds of the store and of lines to other machines.

use std::time::Duration;

// store

/// One value of the store. sled writes larger leaves to files of their own, which it never makes durable (measured:
/// 34 of 71 power cuts lost the store); 32 KiB values in 8 MiB segments never come near it.
pub const STORE_VALUE_BYTES: usize = 32 * 1024;
/// Segment of the store's file; fixed for the life of a store. Measured: 0 of 260 power cuts with 8 MiB.
pub const STORE_SEGMENT_BYTES: usize = 8 << 20;
/// Pages of the store kept in memory, beside those that sled has not counted yet; its own default of 1 GB would meet the
/// unit's memory limit.
pub const STORE_CACHE_BYTES: u64 = 16 << 20;
/// For so many octets of a value that is read or written its page is accessed `STORE_ACCESSES` times beside the access
/// itself: what is smaller is not worth counting.
pub const STORE_COUNTED_BYTES: usize = 1024;
/// sled counts a page at the 64th access of its shard, of which there are 256. A page of items has 12 records: with these, 40 MB
/// are not counted yet at worst, of items of any size. They take a tenth of what a read takes.
pub const STORE_ACCESSES: usize = 4;
/// The same where pages are scanned, one by one: at each of the keys that `STORE_SCAN_COUNTED` says.
pub const STORE_SCAN_ACCESSES: usize = 16;
/// Keys of a scan of which one's page is accessed so: a page holds 4 to 16.
pub const STORE_SCAN_COUNTED: usize = 8;
/// More accesses are of no use.
pub const STORE_ACCESSES_MOST: usize = 64;
/// Transitions that wait for the committer before their senders wait too.
pub const STORE_QUEUE: usize = 256;
/// Transitions that share one barrier: beyond 64 the rate no longer grows, only the wait.
pub const STORE_GROUP: usize = 64;
/// Bytes after which a group is closed: well below a segment, and short enough not to stall the next one.
pub const STORE_GROUP_BYTES: usize = 2 << 20;
/// Records that one transition may touch; a batch of 5,000 stalls every other writer for 76 ms.
pub const STORE_BATCH: usize = 256;
/// Records read from the engine at a time while it is scanned.
pub const STORE_SCAN: usize = 512;
/// Own text that an item keeps: enough for every digest and for judging again.
pub const ITEM_TEXT_BYTES: usize = 12 * 1024;
/// Header values that an item keeps in all.
pub const ITEM_HEADERS_BYTES: usize = 8 * 1024;
/// One header value that an item keeps; no rule of ours reads further.
pub const ITEM_HEADER_BYTES: usize = 512;
/// A header field whose name begins with `X-` and whose value is longer is left out: spam reports, trace blobs.
pub const ITEM_X_HEADER_BYTES: usize = 256;
/// Addresses, references, attachments, notes or phrases of evidence that an item keeps of each kind.
pub const ITEM_LIST: usize = 64;
/// Any other string that an item keeps: a subject, a name, an address.
pub const ITEM_STRING_BYTES: usize = 1024;
/// How often an item's limits are halved until it fits into a value; after so many, nothing but its names is left.
pub const ITEM_CUTS: u32 = 8;
/// Items that one call of `items` returns: 256 of at most 32 KiB are 8 MiB.
pub const VIEW_BATCH: usize = 256;
/// Ids that a prefix may match before the rest is left out: a person types more digits.
pub const ID_MATCHES: usize = 16;
/// Moves of a person's threads that are kept for whoever judges again: seconds of the busiest intake, half a megabyte.
pub const MOVES_KEPT: usize = 1_024;
/// Errands that one call of `errands` returns: a source works on one batch between two looks at IDLE.
pub const ERRAND_BATCH: usize = 200;
/// Records that one call of `expire` removes, so that no writer waits behind it.
pub const EXPIRE_BATCH: usize = 200;
/// Letters of one edition, parts times recipients: its record names each by 16 bytes, and must fit into a value.
pub const EDITION_LETTERS: usize = 1_000;
/// Items of one edition: the manifest is a file of 16 bytes an item.
pub const EDITION_ITEMS: usize = 1_000_000;
/// Threads that are kept of a person, those that moved last: half a year of 50 a day. Each is 2.1 KiB at most, usually
/// 150 octets, and 140 octets in memory.
pub const THREADS_MOST: usize = 10_000;
/// Senders, and people I wrote to, that are kept of a person, those that appeared last; 50 octets each.
pub const SENDERS_MOST: usize = 20_000;
/// One file of the spool: an edition's letter with its originals attached stays below what servers take.
pub const SPOOL_BYTES: u64 = 128 << 20;
/// A spool file that nothing names is removed at start when it is older: a run that is being rescued may still want it.
pub const SPOOL_ORPHAN: Duration = Duration::from_secs(24 * 60 * 60);
/// Free bytes below which nothing more is held: urgent mail passes, and the store keeps room for what it owes.
pub const ROOM_BYTES: u64 = 256 << 20;
/// Free inodes below which nothing more is held, where the filesystem counts them.
pub const ROOM_INODES: u64 = 1_000;
/// The reserve file, given up when the store cannot be opened because the disk is full (sled needs space to open).
pub const RESERVE_BYTES: u64 = 64 << 20;
/// How long the last holder of a lock may take to let go: sled's threads outlive its handle by moments.
pub const STORE_RELEASE: Duration = Duration::from_secs(5);
/// How long another process may take to let go of the state folder before it counts as running.
pub const STATE_LOCK: Duration = Duration::from_secs(1);
/// Between two looks at a lock.
pub const LOCK_LOOK: Duration = Duration::from_millis(10);
/// The longest small file of the state folder (marks, lease) that is read.
pub const STATE_FILE_BYTES: u64 = 4 * 1024;
/// Files of a folder that are looked at when it is cleaned up; far above what a store or a spool holds.
pub const FOLDER_FILES: usize = 1_000_000;

// backups

/// What may change while a backup reads the records: a busy mailbox writes 100 kB a second, a million records take 10 s.
pub const BACKUP_CHANGES_BYTES: usize = 64 << 20;
/// The first line of a backup.
pub const BACKUP_TITLE_BYTES: u64 = 200;
/// The longest key in a backup: names of person, account and mailbox, far below it.
pub const BACKUP_KEY_BYTES: u64 = 64 * 1024;

/// Parts of one issue that are sealed together.
pub const EDITION_PARTS: usize = 5;

// net

/// How long a name may take to resolve: glibc asks two servers twice for 5 s each.
pub const NET_RESOLVE: Duration = Duration::from_secs(20);
/// How long all addresses of a name together may take to connect: a SYN is sent five times in 30 s.
pub const NET_CONNECT: Duration = Duration::from_secs(30);
/// When the next address of a name is tried beside those that have not answered (RFC 8305 section 5).
pub const NET_NEXT_ADDRESS: Duration = Duration::from_millis(250);
/// How many addresses of a name are tried: the largest providers publish six.
pub const NET_ADDRESSES: usize = 8;
/// How many addresses of a name are looked at, whatever its zone lists.
pub const NET_ADDRESSES_READ: usize = 256;
/// How long a TLS handshake may take: two or three round trips, and a slow machine's signature.
pub const NET_HANDSHAKE: Duration = Duration::from_secs(30);
/// An idle line is probed after this.
pub const NET_KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
/// And again after each of these.
pub const NET_KEEPALIVE_BETWEEN: Duration = Duration::from_secs(15);
/// So many probes without an answer end it.
pub const NET_KEEPALIVE_PROBES: u32 = 4;
/// What was sent and not acknowledged for so long ends the line, too (RFC 5482).
pub const NET_UNACKNOWLEDGED: Duration = Duration::from_secs(60);
/// The longest file of trust anchors: four times Debian's whole bundle.
pub const NET_CA_FILE_BYTES: u64 = 1 << 20;
