//! The work of a replay: messages are found, judged by one configuration or by two, and what was decided comes in order.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::deeds;
use super::outcome::{Author, Decided, Outcome, Trace};
use super::pool;
use crate::cli::judged::{self, AsOf, Judged, Sample};
use crate::cli::known::{self, Known, Order};
use crate::cli::walk::{self, Found};
use crate::config::ready::Person;
use crate::intake::desk::Desk;
use crate::intake::judge;
use crate::model::history::facts::History;
use crate::model::history::lesson::MessageKey;
use crate::model::item::{Item, Settled, Standing};
use crate::model::mailbox::Flags;
use crate::model::message::Message;
use crate::model::name::AccountName;
use crate::source::door::Way;

/// By what messages are judged, and as of when.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    /// Whose they are.
    pub person: &'a Person,
    /// The same person by other rules.
    pub other: Option<&'a Person>,
    /// As of when.
    pub as_of: AsOf,
    /// No mail came later than this.
    pub latest: Timestamp,
}

/// What is replayed.
pub enum Source<'a> {
    /// Maildirs, mbox files, files with one mail each; `-`: standard input.
    Paths(&'a [PathBuf], Option<Box<Known>>),
    /// What the daemon keeps: items and what was known around each, until there are no more.
    Ledger(&'a mut (dyn Iterator<Item = Result<Kept, String>> + Send)),
}

/// An item of the daemon's, and what was known around it.
pub type Kept = (Item, Option<History>);

/// What became of one message.
pub enum Told {
    /// It was judged.
    Judged(Box<Outcome>),
    /// It could not be read.
    Unreadable,
    /// A path could not be replayed to its end, and why.
    Failed(String),
}

/// What is to be done, with all that only the finder knows.
enum Job<'a> {
    Mail(Option<&'a AccountName>, Box<Found>, Option<History>),
    /// Judged already, because what is known grows mail by mail.
    Judged(Option<&'a AccountName>, Box<Found>, Box<Judged>, Option<History>),
    Kept(Box<Kept>),
    Unreadable,
    Failed(String),
}

/// Judges all of it, and shows what was decided in the order in which it was found.
///
/// # Errors
/// When no thread can be had.
pub fn replay<'a>(bench: &Bench<'a>, source: Source<'_>, threads: usize, sink: impl FnMut(Told)) -> io::Result<()> {
    let bench = *bench;
    let feed = move |give: &mut dyn FnMut(Job<'a>)| match source {
        Source::Paths(paths, mut known) => paths.iter().for_each(|path| find(&bench, path, &mut known, give)),
        Source::Ledger(kept) => kept.for_each(|kept| match kept {
            Ok(kept) => give(Job::Kept(Box::new(kept))),
            Err(why) => give(Job::Failed(why)),
        }),
    };
    // One mail must not end the run, as it must not end the daemon.
    let work = |job: Job<'a>| catch_unwind(AssertUnwindSafe(|| bench.told(job))).unwrap_or(Told::Unreadable);
    pool::ordered(threads, feed, work, sink)
}

fn find<'a>(bench: &Bench<'a>, path: &Path, known: &mut Option<Box<Known>>, give: &mut dyn FnMut(Job<'a>)) {
    let account = account_of(bench.person, path);
    let desk = &bench.person.desk;
    let is_stream = path == Path::new("-");
    let walked = walk::take(path, &mut |found| {
        let Some(found) = found.map(Box::new) else { return give(Job::Unreadable) };
        if !is_stream {
            let foreseen = known.as_deref_mut().and_then(Known::foreseen);
            return give(Job::Mail(account, found, foreseen));
        }
        // It can be read only once: what is known of a mail is what came before it, and whether that waits.
        let judged = catch_unwind(AssertUnwindSafe(|| {
            let message = judged::message(desk, &sample(account, &found));
            let around = known.as_deref_mut().and_then(|known| known.around(desk, &message, (Order::AsItComes, None)));
            (judged::judge(desk, message, around.as_ref(), bench.as_of), around)
        }));
        if let (Ok((judged, _)), Some(known)) = (&judged, known.as_deref_mut()) {
            known.note(judged);
        }
        give(match judged {
            Ok((judged, history)) => Job::Judged(account, found, Box::new(judged), history),
            Err(_) => Job::Unreadable,
        });
    });
    if let Err(error) = walked {
        give(Job::Failed(format!("\"{}\" cannot be replayed: {error}", path.display())));
    }
}

fn sample<'s>(account: Option<&'s AccountName>, found: &'s Found) -> Sample<'s> {
    Sample { account, cut: &found.cut, received_at: found.received_at }
}

impl Bench<'_> {
    fn told(&self, job: Job<'_>) -> Told {
        let desk = &self.person.desk;
        let (account, found, judged, history) = match job {
            Job::Unreadable => return Told::Unreadable,
            Job::Failed(why) => return Told::Failed(why),
            Job::Kept(kept) => return Told::Judged(Box::new(self.kept(*kept))),
            Job::Judged(account, found, judged, history) => (account, found, *judged, history),
            Job::Mail(account, found, foreseen) => {
                let message = judged::message(desk, &sample(account, &found));
                let lesson = known::lesson(desk, &message, self.latest);
                // Where it is not the mail that was gone through before, nothing is known.
                let is_it = |history: &History| lesson.is_some_and(|lesson| lesson.message == history.message);
                let history = foreseen.filter(is_it);
                let judged = judged::judge(desk, message, history.as_ref(), self.as_of);
                (account, found, judged, history)
            }
        };
        let other = self.other.map(|other| {
            // By its own settings from the first octet on: whom it trusts, which zone is its reader's. What came before it
            // is taken to wait as it does by the others.
            let message = judged::message(&other.desk, &sample(account, &found));
            Decided::of(&judged::judge(&other.desk, message, history.as_ref(), self.as_of))
        });
        let trace = trace(desk, &judged.message, (found.flags, self.latest));
        Told::Judged(Box::new(outcome(judged, other, trace)))
    }

    /// An item is judged as of the moment at which the daemon took it.
    fn kept(&self, (item, history): Kept) -> Outcome {
        let as_of = match self.as_of {
            AsOf::Moment(at) => AsOf::Moment(at),
            AsOf::Arrival(_) => AsOf::Moment(item.accepted_at),
        };
        let desk = &self.person.desk;
        let is_opened = matches!(item.standing, Standing::Settled { why: Settled::InOtherHands, .. });
        let flags = is_opened.then(|| Flags { seen: true, ..Flags::default() });
        let trace = trace(desk, &item.message, (flags, self.latest));
        let other = self
            .other
            .map(|other| Decided::of(&judged::judge(&other.desk, item.message.clone(), history.as_ref(), as_of)));
        outcome(judged::judge(desk, item.message, history.as_ref(), as_of), other, trace)
    }
}

fn trace(desk: &Desk, message: &Message, (flags, latest): (Option<Flags>, Timestamp)) -> Trace {
    let is_mine = judge::is_mine(desk, message);
    let answers = message.thread.in_reply_to.iter().filter(|_| is_mine);
    Trace {
        message: known::lesson(desk, message, latest).map(|lesson| lesson.message),
        flags: flags.or_else(|| deeds::flags(message)),
        answers: answers.map(|id| MessageKey::of(&desk.person, id)).collect(),
        author: if is_mine { Author::Me } else { Author::Others },
    }
}

fn outcome(judged: Judged, other: Option<Decided>, trace: Trace) -> Outcome {
    let decided = Decided::of(&judged);
    let Judged { message, verdict, at, .. } = judged;
    Outcome {
        identity: message.identity,
        at,
        from: message.sender.map(|sender| sender.address),
        subject: message.subject,
        decided,
        verdict,
        other,
        trace,
    }
}

/// The account whose Maildir this is, or lies in; else the first, as whose mail the rest is judged.
pub fn account_of<'a>(person: &'a Person, path: &Path) -> Option<&'a AccountName> {
    let real = path.canonicalize().ok();
    let lies_in = |root: &Path| {
        let root = root.canonicalize().ok();
        real.as_ref().zip(root).is_some_and(|(path, root)| path.starts_with(root))
    };
    let own = person.accounts.iter().find(|account| match &account.way {
        Way::Maildir(settings) => lies_in(&settings.path),
        Way::Imap(_) => false,
    });
    own.or_else(|| person.accounts.first()).map(|account| &account.name)
}
