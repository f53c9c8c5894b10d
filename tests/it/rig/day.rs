//! A house with an SMTP server in this process and the daemon in it, whose clock the test moves.

use jiff::{SignedDuration, Timestamp};

use super::inside::{House, Running, date, local};
use super::smtp_server::{Received, Setup, SmtpServer};

const HEAD: &str = r#"
timezone = "Europe/Berlin"
state_dir = "state"
[me]
addresses = ["ada@example.org"]
[[account]]
name = "home"
maildir = "Mail"
hold_in = "Held"
"#;

const RULES: &str = r#"
[[rule]]
name = "first"
subject = "critical"
urgency = "critical"
[[rule]]
name = "second"
subject = "urgent"
urgency = "urgent"
"#;

/// A digest a day.
pub const AT_NINE: &str = "[[digest]]\nname = \"daily\"\nschedule = \"0 9 * * *\"\n";

/// The house, the server and the daemon.
pub struct Day {
    /// Where the mail lies.
    pub house: House,
    /// Where letters go.
    pub smtp: SmtpServer,
    /// Who brings them.
    pub daemon: Running,
}

impl Day {
    /// Starts both at this time; the pieces are added to the configuration.
    pub async fn begin(now: Timestamp, pieces: &[&str]) -> Self {
        Self::begin_with(Setup::default(), now, pieces).await
    }

    /// As `begin`, with another SMTP server.
    pub async fn begin_with(setup: Setup, now: Timestamp, pieces: &[&str]) -> Self {
        Self::begin_prepared(setup, now, pieces, |_| {}).await
    }

    /// As `begin_with`, in a house that was made ready for more.
    pub async fn begin_prepared(setup: Setup, now: Timestamp, pieces: &[&str], prepare: impl FnOnce(&House)) -> Self {
        let (house, smtp) = (House::new(), SmtpServer::start(setup).await);
        prepare(&house);
        house.configure(&configuration(smtp.port, pieces));
        let daemon = house.start(now).await;
        Self { house, smtp, daemon }
    }

    /// Stops the daemon and starts it again at this time.
    pub async fn again(self, now: Timestamp) -> Self {
        let Self { house, smtp, daemon } = self;
        daemon.stop().await.unwrap();
        let daemon = house.start(now).await;
        daemon.settled().await;
        Self { house, smtp, daemon }
    }

    /// As `again`, with other pieces of the configuration.
    pub async fn configured_again(self, pieces: &[&str], now: Timestamp) -> Self {
        self.house.configure(&configuration(self.smtp.port, pieces));
        self.again(now).await
    }

    /// Delivers mails now, and waits until the daemon has put each where it belongs.
    pub async fn mails(&self, subjects: &[&str]) {
        for subject in subjects {
            self.house.mail(subject, self.daemon.now());
        }
        // The folder is looked at every two seconds.
        self.daemon.on(seconds(3)).await;
    }

    /// The subjects in the INBOX.
    pub fn inbox(&self) -> Vec<String> {
        self.house.subjects("Mail", "")
    }

    /// The subjects in the hold mailbox.
    pub fn held(&self) -> Vec<String> {
        self.house.subjects("Mail", "Held")
    }

    /// When each letter was written, with how many of these subjects it names.
    pub fn letters(&self, subjects: &[&str]) -> Vec<(Timestamp, usize)> {
        self.smtp.letters().iter().map(|letter| (date(&letter.bytes), named(letter, subjects))).collect()
    }
}

/// The configuration of a day.
pub fn configuration(smtp_port: u16, pieces: &[&str]) -> String {
    let smtp = format!(
        "[smtp]\nhost = \"127.0.0.1\"\nport = {smtp_port}\nsecurity = \"plain\"\nfrom = \"Tidings <tidings@example.org>\"\n",
    );
    // Keys of the top stand before the first table.
    let is_of_top = |piece: &&&str| ["holidays =", "working_hours ="].iter().any(|key| piece.starts_with(key));
    let top: String = pieces.iter().filter(is_of_top).copied().collect();
    let rest: String = pieces.iter().filter(|piece| !is_of_top(piece)).copied().collect();
    format!("{top}{HEAD}{smtp}{RULES}{rest}")
}

/// How many of these subjects stand in the text of a letter.
pub fn named(letter: &Received, subjects: &[&str]) -> usize {
    let letter = mail_parser::MessageParser::new().parse(&letter.bytes).unwrap();
    let text = letter.body_text(0).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    subjects.iter().filter(|subject| text.contains(**subject)).count()
}

/// A day in May 2024, at this time in Berlin.
pub fn berlin(day_and_time: &str) -> Timestamp {
    local(&format!("2024-05-{day_and_time}[Europe/Berlin]"))
}

/// So many seconds.
pub fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}
