//! Bounds of the desk and the hands.

use std::time::Duration;

// intake

/// How long before a mailbox's last complete sync a mail's INTERNALDATE must lie for it to have been put there by hand.
pub const PUT_THERE_GRACE: Duration = Duration::from_secs(600);
/// Ancestors of a message that are looked for, the nearest ones and the one that began its thread.
pub const LESSON_ANCESTORS: usize = 24;
/// People that a message of mine makes known: a mail to more is to a crowd.
pub const LESSON_PEOPLE: usize = 32;
/// The longest that anything is held, whatever `[hold] max` says: beyond a year it is an archive.
pub const HOLD_MAX: Duration = Duration::from_secs(366 * 24 * 3600);

// hands

/// How long one step of a visit to an account may take: a batch, a login, an errand. Above the longest command.
pub const SOURCE_VISIT_STEP: Duration = Duration::from_secs(600);
/// How long an account may wait for news: IDLE is renewed every 5 minutes, and a dead line noticed 30 s later.
pub const SOURCE_IDLE_STEP: Duration = Duration::from_secs(400);
/// How often mailboxes that cannot be waited on are looked at.
pub const LOOK_AT_OTHERS: Duration = Duration::from_secs(60);
/// How often a cursor that did not move is written all the same, for the time of its last sync.
pub const LAST_SYNC_STEP: Duration = Duration::from_secs(60);
/// Octets of a body that are judged.
pub const JUDGED_TEXT_BYTES: u32 = 64 * 1024;
/// Messages taken by one command: 64 times 64 KiB of text and their headers fit into memory easily.
pub const TAKE_BATCH: usize = 64;
/// How long judging one message may take before it passes unjudged.
pub const JUDGE_TIME: Duration = Duration::from_secs(1);
/// How far back the past is read, when an account is first seen: a quarter of a year knows who writes at all.
pub const PAST_TIME: Duration = Duration::from_secs(90 * 24 * 3600);
/// Mails of one mailbox whose headers are read for it, the newest: 200 a day.
pub const PAST_MAILS: usize = 20_000;
/// Headers read between two looks for new mail: about 100 kB, so that what is urgent waits for less than a second.
pub const PAST_BATCH: usize = 64;
/// Items that wait for one barrier together: what the committer takes at a time.
pub const ACCEPT_AT_ONCE: usize = 64;
/// How soon a mail that was found nowhere is looked for again; one more step with each attempt.
pub const ERRAND_LOOK_AGAIN: Duration = Duration::from_secs(15);
/// After so many attempts the wait between two looks grows no more.
pub const ERRAND_BACKOFF_STEPS: u32 = 20;
/// After so many attempts, about a day, a mail that passes and that its mailbox does not take stays where it is.
pub const ERRAND_REFUSED_MOST: u32 = 300;
/// How long after the first look for an uncertain letter the second and last one comes (60 s, then 5 minutes).
pub const LETTER_SECOND_LOOK: Duration = Duration::from_secs(240);
/// Mail in the hold mailbox that is older than anything can be held by this much is not ours to release.
pub const RELEASE_SLACK: Duration = Duration::from_secs(24 * 3600);

/// How long a reload gives the held mail of a removed account back before what is left is named in a letter.
pub const FAREWELL: Duration = Duration::from_secs(60);
// forwarding

/// The largest mail that is sent on whole: what a server of default settings takes in all (Postfix: 10,240,000 octets).
pub const FORWARD_BYTES: u64 = 10 * 1024 * 1024;
/// Received fields beyond which a mail goes round in circles (Postfix and chasquid: 50; RFC 5321 section 6.3).
pub const FORWARD_RECEIVED: usize = 50;
/// Marks of Tidings that a mail may bear and still be sent on: one for each that has sent it on already.
pub const FORWARD_MARKS: usize = 8;
/// Urgent letters of a person, mail sent on and alerts of chat, that leave within a minute: more is a storm that no phone is
/// wanted for.
pub const URGENT_A_MINUTE: usize = 60;
/// And within a day.
pub const URGENT_A_DAY: usize = 600;
/// What is beyond is told of in one letter at the next full five minutes.
pub const URGENT_SUM_UP: Duration = Duration::from_secs(300);
/// Attempts to fetch a mail that is to be sent on, before the letter goes without it: what breaks the connection each time,
/// or was never found again, must not keep the account from its other mail.
pub const FORWARD_ATTEMPTS: u32 = 3;
/// Digests beyond those of the schedule that a recipient gets within a day: full ones, and what could wait no longer.
pub const UNASKED_A_DAY: usize = 3;
/// So many issues that a recipient refused for good stop the sending.
pub const BREAKER_REFUSALS: usize = 3;
/// Refusals that count.
pub const BREAKER_WINDOW: Duration = Duration::from_secs(7 * 24 * 3600);
/// After the last refusal so long nothing is sent to the recipient; then one more issue tries it.
pub const BREAKER_REST: Duration = Duration::from_secs(24 * 3600);

/// Letters of a hook's name that the log shows where the name is the secret.
pub const SECRET_NAME_SHOWN: usize = 4;
/// How long the handshake of a service is awaited once somebody has asked for it.
pub const HANDSHAKE_AWAITED: Duration = Duration::from_secs(600);
/// Texts of references that are asked for at once: services count requests of one client in parallel (Asana: 50 reads).
pub const FETCH_AT_ONCE: usize = 4;
/// References that wait for their text, 4 KiB each at most; what is beyond stays without.
pub const FETCH_QUEUE: usize = 256;
/// When a service that puts a question off, or does not answer, is asked once more, unless it says when.
pub const FETCH_LATER: Duration = Duration::from_secs(30);
/// The longest that this is waited for; services name a minute.
pub const FETCH_LATER_MOST: Duration = Duration::from_secs(300);
/// Urgent chat of one conversation within this time goes in one letter.
pub const ALERT_TOGETHER: Duration = Duration::from_secs(60);
/// Messages in one alert; more are in the next.
pub const ALERT_ITEMS: usize = 50;
/// What was said before in the conversation of an alert: so many messages are shown.
pub const ALERT_BEFORE: usize = 5;

// operator

/// Letters of an item's text that `held show` prints.
pub const SHOWN_EXCERPT: usize = 600;
/// Letters of a chat message that lists show for its subject.
pub const SHOWN_TITLE: usize = 100;
/// How long `digest now --wait` waits for the letters.
pub const DIGEST_NOW_WAIT: Duration = Duration::from_secs(3_600);
/// How often `digest now` looks whether what it waits for has come.
pub const DIGEST_NOW_LOOK: Duration = Duration::from_millis(50);

// timekeeper, courier, janitor

/// How long one turn of the timekeeper, courier or janitor may take. Above SMTP's ten minutes for the end of data.
pub const TIMEKEEPER_STEP: Duration = Duration::from_secs(900);
/// After a look the timekeeper rests so many times as long as that took: it uses an eighth of a core at most, however fast
/// news come.
pub const TIMEKEEPER_REST: u32 = 7;
/// But no longer than this: an alert of chat waits for it.
pub const TIMEKEEPER_REST_MOST: Duration = Duration::from_millis(200);
/// The longest that the timekeeper waits without looking at the clock and the list again.
pub const TIMEKEEPER_LONGEST_WAIT: Duration = Duration::from_secs(300);
/// A digest's mark so far in the future is of a clock that ran ahead: longer than a change of zone or of summer time is.
pub const CLOCK_RAN_AHEAD: Duration = Duration::from_secs(36 * 3600);
/// How long after an issue that was refused for good the next one that no slot asks for is sealed.
pub const SEAL_AGAIN: Duration = Duration::from_secs(3600);
/// How long what waits is judged again in one go before what is due is looked at.
pub const REVIEW_SLICE: Duration = Duration::from_secs(1);
/// Waiting items of one sender that are judged again when the sender writes again, the newest ones.
pub const AGAIN_OF_SENDER: usize = 16;
/// How long an account has to say what is in other hands before a digest is sealed without it.
pub const LOOK_PATIENCE: Duration = Duration::from_secs(120);
/// The longest that anything waits for the end of a vacation, and the longest vacation.
pub const VACATION_MAX: Duration = Duration::from_secs(60 * 24 * 3600);
/// How long after the end of a vacation what waited for it must have left: the look at its mail, and a server that is away.
pub const VACATION_GRACE: Duration = Duration::from_secs(3600);
/// How long after it was asked an account goes on fetching mails for a digest, so that it answers within that time.
pub const ORIGINALS_PATIENCE: Duration = Duration::from_secs(100);
/// How long before its last moment an overdue item's letter is begun: the time for a look, and for a slow server.
pub const OVERDUE_LEAD: Duration = Duration::from_secs(180);
/// Items in one part of a letter of what could wait no longer, where no digest is set.
pub const OVERDUE_MAX_ITEMS: usize = 200;
/// What is due within this time goes with an overdue item.
pub const OVERDUE_WITH: Duration = Duration::from_secs(900);
/// Revisions of an edition's parts are kept apart by this factor; above the number of parts.
pub const REVISION_STEP: u32 = 8;
/// Persons whose letters are on their way at once, a connection each: servers take so many from one client.
pub const COURIER_ROUNDS: usize = 8;
/// After so long a person's letters no longer count among them: a server that stalls at one recipient stalls no other's.
pub const COURIER_PLACE: Duration = Duration::from_secs(10);
/// How long sending one letter may take: the sum of SMTP's limits.
pub const COURIER_STEP: Duration = Duration::from_secs(1_800);
/// How much later than its last look a letter is sent again when no account has answered any.
pub const RESEND_READ: Duration = Duration::from_secs(24 * 3600);
/// The same of an urgent letter: two of them are better than one that comes late.
pub const RESEND_URGENT_READ: Duration = Duration::from_secs(60);
/// Failed attempts in a row before an absent server is said in the INBOX: about a quarter of an hour.
pub const NOTICE_AFTER_FAILURES: u32 = 3;
/// Items of a sent edition that are settled in one step.
pub const DELIVER_BATCH: usize = 50;
/// How often the janitor looks at lease and disk.
pub const JANITOR_STEP: Duration = Duration::from_secs(30);
/// How often the janitor removes what is old and checks the books.
pub const JANITOR_CLEANS: Duration = Duration::from_secs(3_600);
/// How long a settled item of a person whom the configuration no longer has stays known: `[hold] retention` by default.
pub const RETENTION_OF_THE_GONE: Duration = Duration::from_secs(30 * 24 * 3_600);
/// Batches of old records removed in one cleaning.
pub const EXPIRE_ROUNDS: usize = 100;
