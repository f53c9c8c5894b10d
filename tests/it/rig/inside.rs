//! A person's home in a temporary folder: a Maildir, a configuration, and the daemon in this process on a clock of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, UNIX_EPOCH};

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tidings::app::{self, App, AppError};
use tidings::civil::Zone;
use tidings::clock::Clock;
use tidings::config;
use tidings::config::environment::Environment;
use tidings::control::client;
use tidings::control::wire::{Asked, Held, ItemDetail, OutboxLetter, Reply, Request, SourceStatus, Status};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Longer than anything takes on a busy machine; only a fault waits so long.
pub const LONG: Duration = Duration::from_secs(60);

/// The folder with everything.
pub struct House {
    folder: TempDir,
    count: AtomicUsize,
}

impl House {
    /// With an empty Maildir "Mail".
    pub fn new() -> Self {
        let house = Self { folder: tempfile::tempdir().unwrap(), count: AtomicUsize::new(0) };
        house.make_maildir("Mail");
        fs::create_dir(house.path("run")).unwrap();
        house
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// An empty Maildir.
    pub fn make_maildir(&self, name: &str) {
        for sub in ["cur", "new", "tmp"] {
            fs::create_dir_all(self.path(name).join(sub)).unwrap();
        }
    }

    /// Writes the configuration.
    pub fn configure(&self, text: &str) {
        fs::write(self.path("tidings.toml"), text).unwrap();
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(self.path("tidings.toml"), fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Writes the file of a person.
    pub fn configure_person(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path("people")).unwrap();
        fs::write(self.path("people").join(format!("{name}.toml")), text).unwrap();
    }

    /// Delivers a mail into the INBOX of "Mail".
    pub fn mail(&self, subject: &str, at: Timestamp) {
        self.deliver("Mail", letter(subject, at).as_bytes(), at);
    }

    /// Delivers these bytes into a Maildir, as a delivery agent does: written aside, then moved.
    pub fn deliver(&self, maildir: &str, bytes: &[u8], at: Timestamp) {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}.M{number}P1.rig", at.as_second());
        let aside = self.path(maildir).join("tmp").join(&name);
        fs::write(&aside, bytes).unwrap();
        File::options()
            .write(true)
            .open(&aside)
            .unwrap()
            .set_modified(UNIX_EPOCH + at.as_duration().unsigned_abs())
            .unwrap();
        fs::rename(&aside, self.path(maildir).join("new").join(&name)).unwrap();
    }

    /// The subjects of the mails in a Maildir's mailbox (`""`: INBOX), sorted.
    pub fn subjects(&self, maildir: &str, mailbox: &str) -> Vec<String> {
        let mut subjects: Vec<String> = self
            .files(maildir, mailbox)
            .iter()
            .map(|file| field(&fs::read(file).unwrap_or_default(), "Subject"))
            .collect();
        subjects.sort();
        subjects
    }

    /// The files of the mails in a mailbox.
    pub fn files(&self, maildir: &str, mailbox: &str) -> Vec<PathBuf> {
        let folder = self.path(maildir);
        let folder = if mailbox.is_empty() { folder } else { folder.join(format!(".{mailbox}")) };
        let in_sub = |sub: &str| -> Vec<PathBuf> {
            let Ok(entries) = fs::read_dir(folder.join(sub)) else { return Vec::new() };
            entries.map(|entry| entry.unwrap().path()).collect()
        };
        [in_sub("new"), in_sub("cur")].concat()
    }

    /// Marks the only mail with this subject in a mailbox as seen, as a mail reader does.
    pub fn read_mail(&self, mailbox: &str, subject: &str) {
        let file =
            self.files("Mail", mailbox).into_iter().find(|file| field(&fs::read(file).unwrap(), "Subject") == subject);
        let file = file.unwrap();
        let name = file.file_name().unwrap().to_str().unwrap().split(':').next().unwrap().to_owned();
        let folder = file.parent().unwrap().parent().unwrap();
        fs::rename(&file, folder.join("cur").join(format!("{name}:2,S"))).unwrap();
    }

    /// Starts the daemon in this process; returns once the control socket answers.
    pub async fn start(&self, now: Timestamp) -> Running {
        let environment = Environment { runtime_directory: Some(self.path("run")), ..Environment::default() };
        let file = self.path("tidings.toml");
        let config = config::load(&file, &environment).unwrap_or_else(|faults| panic!("{faults:?}"));
        let (clock, stop) = (Clock::manual(now), CancellationToken::new());
        let accounts: usize = config.people.iter().map(|person| person.accounts.len()).sum();
        let app = App { config, config_file: Some(file), clock: clock.clone() };
        let task = tokio::spawn(app::run(app, stop.clone()));
        let running = Running { clock, stop, task: Some(task), socket: self.path("run").join("control.sock") };
        // The socket answers before there is any account: what is delivered then would be old.
        let watching = |status: &Status| status.sources.len() == accounts && status.sources.iter().all(is_at_rest);
        running.status_is("every account is watched", watching).await;
        running
    }
}

/// A mail that nobody has read, with a Message-ID made from its subject.
pub fn letter(subject: &str, at: Timestamp) -> String {
    let id: String = subject.chars().filter(char::is_ascii_alphanumeric).collect();
    let date = at.strftime("%a, %d %b %Y %H:%M:%S +0000");
    format!(
        "From: Bob <bob@example.net>\r\nTo: ada@example.org\r\nSubject: {subject}\r\nDate: {date}\r\nMessage-ID: <{id}@example.net>\r\n\r\nHello,\r\nthis is about {subject}.\r\n"
    )
}

/// A header field of a mail, unfolded; empty where there is none.
pub fn field(mail: &[u8], name: &str) -> String {
    let text = String::from_utf8_lossy(mail).replace("\r\n", "\n");
    let head = text.split("\n\n").next().unwrap_or_default().replace("\n ", " ").replace("\n\t", " ");
    let begin = format!("{}:", name.to_ascii_lowercase());
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&begin));
    line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

/// When a letter says that it was written.
pub fn date(letter: &[u8]) -> Timestamp {
    let date = mail_parser::DateTime::parse_rfc822(&field(letter, "Date")).unwrap();
    Timestamp::from_second(date.to_timestamp()).unwrap()
}

/// Waits for a condition, looking every 10 ms.
pub async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + LONG;
    while !condition().await {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Whether an account is watched, and its past read as far as it can be: else a mail that comes now is taken beside that
/// work, and a clock that is set now is not waited on yet.
fn is_at_rest(source: &SourceStatus) -> bool {
    let reading = source.note.as_ref().is_some_and(|note| note.starts_with("past mail is being read"));
    source.state == "watching" && !reading
}

/// The daemon in this process; stopped when it is dropped.
pub struct Running {
    clock: Clock,
    stop: CancellationToken,
    task: Option<JoinHandle<Result<(), AppError>>>,
    socket: PathBuf,
}

impl Running {
    /// What time it is for the daemon.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Sets its clock and waits until it has done what is due then.
    pub async fn at(&self, now: Timestamp) {
        self.clock.set(now);
        self.settled().await;
    }

    /// Sets its clock, and no more.
    pub fn set(&self, now: Timestamp) {
        self.clock.set(now);
    }

    /// Lets its clock go on by this much.
    pub async fn on(&self, by: SignedDuration) {
        self.at(self.now() + by).await;
    }

    /// Asks over the control socket.
    pub async fn ask(&self, request: Request) -> Reply {
        client::call(&self.socket, &request).await.expect("the daemon answers")
    }

    /// Asks about one person.
    pub async fn ask_about(&self, person: &str, request: Request) -> Reply {
        let asked = Asked { person: Some(person.to_owned()), request };
        client::ask(&self.socket, &asked).await.expect("the daemon answers")
    }

    /// How it is.
    pub async fn status(&self) -> Status {
        match self.ask(Request::Status).await {
            Reply::Status(status) => status,
            other => panic!("{other:?}"),
        }
    }

    /// What waits.
    pub async fn held(&self) -> Vec<Held> {
        match self.ask(Request::Held).await {
            Reply::Held { items } => items,
            other => panic!("{other:?}"),
        }
    }

    /// The subjects of what waits, sorted.
    pub async fn held_subjects(&self) -> Vec<String> {
        let mut subjects: Vec<String> = self.held().await.into_iter().map(|held| held.subject).collect();
        subjects.sort();
        subjects
    }

    /// The letters that are not final or have failed.
    pub async fn outbox(&self) -> Vec<OutboxLetter> {
        match self.ask(Request::Outbox).await {
            Reply::Outbox { letters } => letters,
            other => panic!("{other:?}"),
        }
    }

    /// One item.
    pub async fn item(&self, id: &str) -> ItemDetail {
        match self.ask(Request::Item { id: id.to_owned() }).await {
            Reply::Item(item) => *item,
            other => panic!("{other:?}"),
        }
    }

    /// Waits for a state.
    pub async fn status_is(&self, what: &str, condition: impl Fn(&Status) -> bool) {
        let deadline = Instant::now() + LONG;
        let mut last = None;
        loop {
            if let Ok(Reply::Status(status)) = client::call(&self.socket, &Request::Status).await {
                if condition(&status) {
                    return;
                }
                last = Some(status);
            }
            let ended = self.task.as_ref().is_none_or(JoinHandle::is_finished);
            assert!(!ended, "the daemon ended before {what}");
            assert!(Instant::now() < deadline, "waited in vain until {what}: {last:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until nothing more happens at this moment: every hand waits for a later time, no letter is due, and several
    /// looks in a row see the same.
    pub async fn settled(&self) {
        let deadline = Instant::now() + LONG;
        let mut before = None;
        let mut same = 0;
        while same < 8 {
            assert!(Instant::now() < deadline, "it does not come to rest: {before:?}");
            tokio::time::sleep(Duration::from_millis(15)).await;
            let letters = self.outbox().await;
            let under_way = letters.iter().any(|letter| {
                let due = letter.next_try.as_ref().is_some_and(|at| at.parse::<Timestamp>().unwrap() <= self.now());
                matches!(letter.stage.as_str(), "sending" | "sent, no answer yet") || due
            });
            let status = self.status().await;
            // Two couriers and the janitor, each person's timekeeper, and each account.
            let mut people: BTreeSet<&str> = status.sources.iter().map(|source| source.person.as_str()).collect();
            // Whoever has chat alone has a digest.
            people.extend(status.due.iter().map(|due| due.person.as_str()));
            let resting = self.clock.waiting() >= 3 + people.len() + status.sources.len();
            let view = (status, letters, self.held().await);
            same = if resting && !under_way && before.as_ref() == Some(&view) { same + 1 } else { 0 };
            before = Some(view);
        }
    }

    /// Stops it as SIGTERM does, and waits for its end.
    pub async fn stop(mut self) -> Result<(), AppError> {
        self.stop.cancel();
        let task = self.task.take().unwrap();
        tokio::time::timeout(LONG, task).await.expect("stops in time").unwrap()
    }

    /// Tells it to stop, and returns at once.
    pub fn begin_to_stop(&self) {
        self.stop.cancel();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// A time in a zone: `2024-05-06T09:00[Europe/Berlin]`.
pub fn local(text: &str) -> Timestamp {
    let (civil, zone) = text.trim_end_matches(']').split_once('[').unwrap();
    Zone::parse(zone).unwrap().resolve(civil.parse().unwrap()).instant
}
