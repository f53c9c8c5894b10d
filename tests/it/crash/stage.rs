//! A daemon that is driven to the end of all its work, whatever ends it on the way.

use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use tidings::store::handle::Store;

use crate::rig::daemon::{Daemon, Home};

use super::mails::{Digests, Mail, Mailboxes, check};

/// How long all work may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(60);
/// What divides the waits before something is tried again (`Clock::sooner`): a look comes after 3 s instead of 60.
pub const HURRY: (&str, &str) = ("TIDINGS_HURRY", "20");

/// What drives a daemon to the end.
pub struct Drive<'a> {
    /// The installation.
    pub home: &'a Home,
    /// The user's mail.
    pub mailboxes: &'a Mailboxes,
    /// What came in.
    pub mails: &'a [Mail],
    /// What is done again and again beside: letters are handed over.
    pub beside: &'a mut dyn FnMut(),
}

impl Drive<'_> {
    /// Starts the daemon as `first` says, starts it anew each time it crashes, seals a digest when all is filed, and returns
    /// when there is nothing more to be done and the daemon was stopped. How often it crashed.
    pub fn run_to_the_end<'h>(&mut self, first: impl FnOnce() -> Daemon<'h>) -> Result<usize, String> {
        let begun = Instant::now();
        let mut crashes = 0;
        let mut daemon: Daemon<'_> = first();
        loop {
            if begun.elapsed() > PATIENCE {
                let lie = ["INBOX", "Held", "Urgent", "Read"].map(|mailbox| self.mailboxes.count(mailbox));
                let status = self.home.run(&["status", "--json"]);
                return Err(format!("not done in time: mailboxes {lie:?}, {status:?}\n{}", self.home.log()));
            }
            if let Some(status) = daemon.child().try_wait().map_err(|error| error.to_string())? {
                if status.signal().is_none() {
                    return Err(format!("the daemon ended with {status}\n{}", self.home.log()));
                }
                crashes += 1;
                daemon = self.home.spawn();
            }
            (self.beside)();
            if self.is_done() {
                let status = daemon.terminate();
                match status.signal() {
                    None if status.success() => return Ok(crashes),
                    None => return Err(format!("the daemon ended with {status}\n{}", self.home.log())),
                    Some(_) => {
                        crashes += 1;
                        daemon = self.home.spawn();
                    }
                }
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn is_done(&self) -> bool {
        let [inbox, held, urgent, read] =
            ["INBOX", "Held", "Urgent", "Read"].map(|mailbox| self.mailboxes.count(mailbox));
        let waiting = self.mails.iter().filter(|mail| !mail.urgent).count();
        if inbox > 0 {
            return false;
        }
        if held > 0 && held + read == waiting {
            // Refused where all of it is in an edition already; not answered where the daemon is not there.
            let _ = self.home.run(&["digest", "now"]);
            return false;
        }
        if read < waiting || urgent <= self.mails.len() - waiting {
            return false;
        }
        let (code, out, _) = self.home.run(&["status", "--json"]);
        let status: serde_json::Value = serde_json::from_str(&out).unwrap_or_default();
        code == 0 && ["errands", "outbox", "held", "uncertain", "failed"].iter().all(|key| status[key] == 0)
    }

    /// The end is right: every message in its place, the digests, and a store whose books agree and in which nothing is
    /// left to be done.
    pub fn check(&self, digests: Digests) -> Result<(), String> {
        let mut wrong = check(self.mailboxes, self.mails, digests);
        wrong.extend(books(self.home));
        if wrong.is_empty() { Ok(()) } else { Err(format!("{}\n{}", wrong.join("\n"), self.home.log())) }
    }
}

fn books(home: &Home) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = match Store::open(&home.state(), jiff::Timestamp::now()) {
            Ok(opened) => opened.store,
            Err(error) => return vec![format!("the store cannot be opened: {error}")],
        };
        let mut wrong = Vec::new();
        let audit = store.audit().await.unwrap();
        if !audit.agrees() {
            wrong.push(format!("the books do not agree: {audit:?}"));
        }
        let counts = audit.counts;
        if counts.held + counts.sealed + counts.errands + counts.outbox + counts.uncertain + counts.failed > 0 {
            wrong.push(format!("something is left: {counts:?}"));
        }
        store.close().await.unwrap();
        wrong
    })
}
