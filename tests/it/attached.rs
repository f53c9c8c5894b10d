//! A digest that carries the mails of an IMAP account: fetched whole, within bounds, and not waited for without end.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::rig::daemon::{Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::day::{AT_NINE, Day, berlin, seconds};
use crate::rig::dovecot::Dovecot;
use crate::rig::gate::Gate;
use crate::rig::inside::{self, until};
use crate::rig::maildir;
use crate::rig::mails::text_of;
use crate::rig::smtp_server::Setup;

/// The text of a letter on one line.
fn said(letter: &[u8]) -> String {
    text_of(letter).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn carries(letter: &[u8], mail: &str) -> bool {
    letter.windows(mail.len()).any(|some| some == mail.as_bytes())
}

#[test]
fn the_mails_of_an_account_are_fetched_whole() {
    let (dovecot, home) = (Dovecot::start(), Home::new());
    let account = dovecot.account(&home, "u0", "");
    home.configure(&[PERSON, INTO_FOLDER, &account, YEARLY, "originals = \"attach\"\n"]);
    let daemon = home.start();
    let lines = |count: usize| "0123456789\r\n".repeat(count);
    let [small, large, huge] =
        [("small", 0), ("large", 20_000), ("huge", 200_000)].map(|(name, count)| maildir::letter(name) + &lines(count));
    let mut reader = dovecot.client("u0");
    for mail in [&small, &large, &huge] {
        reader.append("INBOX", ("", None), mail.as_bytes());
    }
    daemon.until("all are held", |status| status["held"] == 3 && status["errands"] == 0);
    daemon.tell(&["digest", "now", "--wait"]);
    let letters = home.letters();
    assert_eq!(letters.len(), 1);
    assert!(carries(&letters[0], &small) && carries(&letters[0], &large), "byte for byte");
    assert!(letters[0].len() < 600_000, "{} octets", letters[0].len());
    let said = said(&letters[0]);
    assert!(said.contains("2 mails are attached as they came") && said.contains("Bob: huge (too large)"), "{said}");
    daemon.stop();
}

/// The letter of the day waits for nobody: what a server does not give in time is named, and lies where it lay.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_has_become_slow_stops_no_digest() {
    let dovecot = Dovecot::start();
    let gate = Gate::before(dovecot.imap).await;
    let account = format!(
        "[[account]]\nname = \"slow\"\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"plain\"\nusername = \"u0\"\n\
         password = {{ file = \"password\" }}\n",
        gate.port
    );
    let day = Day::begin_prepared(
        Setup::default(),
        berlin("06T08:00"),
        &[&account, AT_NINE, "originals = \"attach\"\n"],
        |house| {
            fs::write(house.path("password"), "pw\n").unwrap();
            fs::set_permissions(house.path("password"), fs::Permissions::from_mode(0o600)).unwrap();
        },
    )
    .await;
    let now = day.daemon.now();
    let (near, far) = (inside::letter("near", now), inside::letter("far", now));
    let mut reader = dovecot.client("u0");
    reader.append("INBOX", ("", Some("06-May-2024 08:00:00 +0200")), far.as_bytes());
    day.house.deliver("Mail", near.as_bytes(), now);
    day.daemon.on(seconds(3)).await;
    day.daemon.status_is("both are held", |status| status.held == 2 && status.errands == 0).await;
    gate.close();
    day.daemon.set(berlin("06T09:00"));
    // Each is asked for a look and for its mails.
    day.daemon.status_is("one account has answered", |status| status.errands == 2).await;
    assert_eq!(day.smtp.letters().len(), 0);
    day.daemon.set(berlin("06T09:00") + seconds(121));
    until("the letter is there", async || !day.smtp.letters().is_empty()).await;
    let letter = &day.smtp.letters()[0].bytes;
    assert!(carries(letter, &near) && !carries(letter, &far));
    let said = said(letter);
    assert!(said.contains("Bob: far (could not be fetched)"), "{said}");
    // What it says too late changes nothing.
    gate.open();
    day.daemon.settled().await;
    assert_eq!((day.smtp.letters().len(), day.daemon.status().await.held), (1, 0));
    assert_eq!(reader.count("Held"), Some(1), "the mail lies where it lay");
}
