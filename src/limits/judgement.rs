//! Bounds of judgement: rules, digests, retries.

use std::time::Duration;

// urgency

/// How deep `any`, `all` and `not` may nest in a rule. The configuration refuses more; judgement takes more as not met.
pub const RULE_DEPTH: usize = 16;
/// How much of a value is quoted in a reason, in characters.
pub const QUOTED_CHARS: usize = 80;
/// How many values or patterns a reason names before it counts the rest.
pub const QUOTED_MANY: usize = 3;
/// The longest reason, in characters; nested conditions can name many values.
pub const REASON_CHARS: usize = 400;
/// The most reasons of one rule.
pub const REASONS: usize = 32;
/// How much of a text is read for what it says to its thread, in octets: that something is over stands at the beginning.
pub const CLOSING_OCTETS: usize = 2_000;
/// A text that says that something is over, and says hardly anything else, in octets: three lines.
pub const CLOSING_BRIEF: usize = 300;
/// Thanks and nothing else are at most so many octets.
pub const THANKS_OCTETS: usize = 120;
/// How much of a subject is read for the state of an alarm, in octets.
pub const ALARM_OCTETS: usize = 400;
/// What is called off within this time is news and not over: people still have to learn it.
pub const CALLED_OFF_NEAR: Duration = Duration::from_secs(18 * 3_600);
/// People who answer one another within this time are there.
pub const LIVE_WITHIN: Duration = Duration::from_secs(15 * 60);
/// Who writes again within this time waits.
pub const BURST_WITHIN: Duration = Duration::from_secs(10 * 60);
/// A conversation whose messages lie at least so far apart is slow.
pub const SLOW_PACE: Duration = Duration::from_secs(3 * 3_600);
/// How many of the latest times between messages make the pace of a conversation.
pub const PACE_GAPS: usize = 5;
/// A mail to so many is to a group.
pub const MANY_RECIPIENTS: usize = 5;
/// A mail to so many is to a crowd.
pub const CROWD_RECIPIENTS: usize = 12;
/// A text of so many octets takes minutes to read: about 300 words.
pub const LONG_TEXT: usize = 2_000;
/// The same of a chat message.
pub const LONG_CHAT: usize = 1_000;
/// So many links are a collection of things to read.
pub const MANY_LINKS: usize = 5;
/// A line that greets somebody, in octets; a longer one is text.
pub const GREETING_LINE: usize = 80;
/// How many lines of a text are looked at for my name, from its beginning.
pub const NAMED_LINES: usize = 400;

/// How much of a message's own text the signals read, in octets: ten minutes of reading. What wants a reaction stands before.
pub const SIGNAL_OCTETS: usize = 16 * 1024;
/// The most phrases, and the most times, that are taken from one text: more say nothing more.
pub const SIGNAL_HITS: usize = 1_000;
/// The most phrases that one pattern of a table stands for: a table is written by hand, and read by people.
pub const PHRASE_FORMS: usize = 400;

/// How far ahead `explain` looks for an hour at which the outcome turns: a day has every hour once.
pub const TURN_HOURS: i64 = 24;
/// How many of the times at which a message asks to be judged again are looked at beside: each asks for the next.
pub const TURN_STEPS: usize = 4;

/// The most places in one text where a time is looked for: 64 KiB of ordinary text have a third of it, and each takes
/// some microseconds when it is made to.
pub const TIME_ANCHORS: usize = 4_000;

// chat

/// How far a signed timestamp may be from now, either way, where the service says nothing else.
pub const HOOK_WINDOW: jiff::SignedDuration = jiff::SignedDuration::from_secs(300);
/// The longest address of a message, in octets: what browsers open.
pub const HOOK_LINK: usize = 2_000;
/// The fewest characters of a hook's name that is its only secret: 16 random ones are 80 bits.
pub const HOOK_PATH_SECRET: usize = 16;
/// The most signatures of one request that are tried: services send two while a secret is being changed.
pub const HOOK_SIGNATURES: usize = 8;
/// People whom a chat message names and who are called by their names in it.
pub const HOOK_NAMED: usize = 20;
/// The names for ids that are kept of one hook's service; of more people and channels the ids are shown.
pub const HOOK_NAMES: usize = 2_000;
/// The octets of the name that a chat message has in threads: its hook, its channel, and its own id.
pub const HOOK_KEY: usize = 3_000;
/// The longest id or name of a payload, in octets; no service has any of a third of it. What is longer is cut.
pub const HOOK_ID: usize = 1_000;
/// The longest id that is asked for: a UUID has 36 characters, Asana's and Confluence's ids have 20 digits.
pub const REFERENCE_ID: usize = 64;
/// The longest address of a chat message in Graph: three ids, of which a channel's has 60 characters.
pub const REFERENCE_RESOURCE: usize = 512;
/// Octets of a reference that waits for its text; services send 500.
pub const REFERENCE_OCTETS: usize = 4 * 1024;
/// The most events of one request: of alarms, which are the smallest, no body that is taken has as many.
pub const HOOK_EVENTS: usize = 5_000;
/// The most entries of a list in a payload that are looked at.
pub const HOOK_LIST: usize = 1_000;
/// How many lists and objects may stand one in another in a JSON body: the deepest that a service sends is a card of Teams, of
/// some twenty.
pub const HOOK_DEPTH: usize = 64;
/// The most octets that a JSON body may take in memory, about. The largest body full of alarms takes 5 MB; one may be read before
/// it is proven, and what is 8 octets there, `{"a":0},`, takes 900.
pub const HOOK_VALUES: usize = 6 * 1024 * 1024;
/// The most fields of a form; services send 40.
pub const HOOK_FORM: usize = 1_000;

// digest

/// How long after an event's start it has surely begun: the step of what is waited for.
pub const EVENT_STARTED: Duration = Duration::from_secs(1);
/// Parts of one edition.
pub const DIGEST_PARTS: usize = 5;
/// The longest link by which a mail is answered, in octets: mail programs cut at two thousand.
pub const DIGEST_ANSWER: usize = 1_500;
/// How far the line at the foot of a digest looks back.
pub const DIGEST_WEEK: Duration = Duration::from_hours(7 * 24);
/// Items that a digest takes in beyond what it can show, before it looks which of them ask most.
pub const DIGEST_DRAW: usize = 1_024;
/// Characters that are kept of the last lines of a text, where a letter has no room for it.
pub const DIGEST_BRIEF: usize = 200;
/// The last lines of a message of which one is a question where it ends with one: a farewell and a name may follow.
pub const QUESTION_LINES: usize = 3;
/// How far apart a mail and a chat message of one page may come and be one thing.
pub const DIGEST_TWIN: jiff::SignedDuration = jiff::SignedDuration::from_mins(15);
/// Within what time somebody who says one thing after the other is named once.
pub const DIGEST_RUN: jiff::SignedDuration = jiff::SignedDuration::from_mins(15);
/// The characters of who says what, in what is seen of a letter before it is opened.
pub const DIGEST_HEADLINE: usize = 60;
/// How many items are named there.
pub const DIGEST_HEADLINES: usize = 3;
/// Octets of the HTML of one part, where parts are left to take more: Gmail cuts what is over 102 kB.
pub const DIGEST_HTML: usize = 100_000;
/// Characters of a subject, a name or an address that are shown.
pub const DIGEST_FIELD: usize = 200;
/// Octets of a mail address (RFC 5321 section 4.5.3.1.3, without its angle brackets).
pub const DIGEST_ADDRESS: usize = 254;
/// Characters of an excerpt: two or three lines.
pub const DIGEST_EXCERPT: usize = 280;
/// Characters of an excerpt where less is asked of the reader: lists and low mail.
pub const DIGEST_EXCERPT_SHORT: usize = 140;
/// Lines of a message that an excerpt looks at: what says nothing until then is not worth showing.
pub const DIGEST_EXCERPT_LINES: usize = 60;
/// Characters of one such line that an excerpt looks at.
pub const DIGEST_EXCERPT_LINE: usize = 600;
/// The longest URL that an excerpt shows; a longer one is a tracker's and shown by its host.
pub const DIGEST_URL: usize = 60;
/// Combining marks on one letter: Hebrew and Vietnamese need three; towers of them cover the lines above.
pub const DIGEST_MARKS: usize = 4;
/// Characters of a domain's label that are looked at: no real one has more than 63 (RFC 1035 section 2.3.4).
pub const DIGEST_LABEL: usize = 63;
/// Attachments named one by one; the rest is counted.
pub const DIGEST_ATTACHMENTS: usize = 4;
/// Characters of an attachment's name.
pub const DIGEST_FILE_NAME: usize = 60;
/// Characters of a message's text in a digest of RFC 1153 at most; halved until a letter fits.
pub const DIGEST_PLAIN: usize = 16_000;
/// Characters of one line of it.
pub const DIGEST_PLAIN_LINE: usize = 4_000;
/// The largest mail that a digest carries.
pub const DIGEST_ORIGINAL: usize = 2 * 1024 * 1024;
/// Octets of mails that all letters of an edition carry together: what a server of default settings takes of one.
pub const DIGEST_ORIGINALS: usize = 8 * 1024 * 1024;
/// Mails that are named when they could not be attached.
pub const DIGEST_ORIGINALS_NAMED: usize = 5;
/// Octets that a person's own template may make of one part: more is no letter.
pub const DIGEST_OWN_OCTETS: usize = 4 * 1024 * 1024;
/// Characters of a line of a person's own template that are shown where it is wrong.
pub const DIGEST_OWN_LINE: usize = 80;
/// Octets of a Message-ID that a `mid:` URL is made of: longer ones are no use to any reader's client.
pub const DIGEST_MID: usize = 250;
/// References of one message that are looked at, the newest ones.
pub const DIGEST_REFERENCES: usize = 50;
/// Characters of the subject of an alert: what a locked screen shows, and some.
pub const ALERT_SUBJECT: usize = 120;
/// Characters of an urgent chat message that its letter shows.
pub const ALERT_TEXT: usize = 1_500;
/// Characters of a link; longer ones are none.
pub const ALERT_LINK: usize = 2_000;
/// Columns of the text part (RFC 5322 section 2.1.1 wants 78 at most; quoting takes some).
pub const DIGEST_COLUMNS: usize = 72;
/// What a subject's template may burn: a thousand times what a sane one does.
pub const DIGEST_SUBJECT_FUEL: u64 = 20_000;
/// What our own templates may burn: 1,000 items in one part take a tenth of it.
pub const DIGEST_PAGE_FUEL: u64 = 20_000_000;
/// How late a digest must be to say so: less is a retry or a busy machine.
pub const DIGEST_LATE: jiff::SignedDuration = jiff::SignedDuration::from_mins(30);
/// Octets of a letter that are not its items: headers, masthead, styles, footer.
pub const DIGEST_FRAME: usize = 7_000;
/// How often parts may grow by a quarter so that all items fit five of them: 12 times is fourteenfold, more than 1,000
/// items in brief need.
pub const DIGEST_GROWTHS: usize = 12;
/// How often a letter that came out larger than reckoned is parted anew, each time with less room.
pub const DIGEST_TRIES: usize = 6;
/// Signals that the reason for which something waited names: it is one line.
pub const DIGEST_SIGNALS: usize = 2;
/// Things that are over that one edition takes along, shown by their number; the rest goes with the next one.
pub const DIGEST_FOLDED: usize = 1_000;
/// Of these, how many are named.
pub const DIGEST_FOLDED_NAMES: usize = 20;
/// Characters of such a name: one line.
pub const DIGEST_FOLDED_NAME: usize = 64;
/// Octets of its markup.
pub const DIGEST_FOLDED_FRAME: usize = 100;
/// Octets of a line with its CRLF left out (RFC 5321 section 4.5.3.1.6).
pub const DIGEST_LINE_OCTETS: usize = 998;

// retry

/// The pauses after the first attempts of a letter (chasquid has 1, 5, 10, 20).
pub const RETRY_STEPS: [Duration; 5] = [
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(20 * 60),
    Duration::from_secs(30 * 60),
];
/// The pause after all others.
pub const RETRY_EVERY: Duration = Duration::from_secs(60 * 60);
/// A pause grows by up to this share of itself: 3,600 s to the 4,000 s that Postfix has as its longest.
pub const RETRY_JITTER_SHARE: u32 = 9;
/// A letter is tried for so long (RFC 5321 section 4.5.4.1: at least 4 to 5 days).
pub const RETRY_FOR: Duration = Duration::from_secs(5 * 24 * 60 * 60);
/// And so often at least: about 8 hours of waking, for a laptop that sleeps.
pub const RETRY_ATTEMPTS_LEAST: u32 = 12;
/// The pause after a 550 5.5.0.
pub const RETRY_DOUBTFUL: Duration = Duration::from_secs(60 * 60);
/// The pause before an uncertain letter is sent again.
pub const RETRY_UNCERTAIN: Duration = Duration::from_secs(30 * 60);
/// The same of an urgent one.
pub const RETRY_UNCERTAIN_URGENT: Duration = Duration::from_secs(60);
/// How often a letter may be uncertain before it is given up: each time may have made a copy.
pub const RETRY_UNCERTAIN_MOST: u32 = 3;
/// When an uncertain letter is looked up, each after the other: servers deliver within seconds, or after a
/// queue run.
pub const RETRY_LOOKS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(5 * 60)];
/// The first pause before connecting again.
pub const RECONNECT_FIRST: Duration = Duration::from_secs(1);
/// The longest.
pub const RECONNECT_MOST: Duration = Duration::from_secs(60);
/// The longest wait before it is asked again whether a server can be reached at all: acting within 10 s of its return.
pub const REACH_MOST: Duration = Duration::from_secs(8);
/// After so many interruptions shortly after another the next login waits longer each time.
pub const INTERRUPTIONS_QUICK: u32 = 8;
/// An interruption is forgotten after this time: 8 logins in 10 minutes bother no provider.
pub const INTERRUPTION_FORGOTTEN: Duration = Duration::from_secs(75);
/// How often the first pause is doubled before the longest counts; keeps the number small.
pub const RECONNECT_DOUBLINGS: u32 = 6;
/// The pause after the first refusal of a password.
pub const LOGIN_AGAIN_FIRST: Duration = Duration::from_secs(60);
/// The pause after each further one.
pub const LOGIN_AGAIN: Duration = Duration::from_secs(10 * 60);
