//! The forms of a digest's letters: where links lead.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use crate::rig::daemon::{Daemon, Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::maildir;

const ACCOUNT: &str = "[[account]]\nname = \"home\"\nmaildir = \"Mail\"\nhold_in = \"Held\"\n";

/// A home with an account of these keys and a digest of those.
fn home(account: &str, digest: &str) -> Home {
    let home = Home::new();
    maildir::make(&home.path().join("Mail"));
    home.configure(&[PERSON, INTO_FOLDER, ACCOUNT, account, YEARLY, digest]);
    home
}

/// Delivers mails and waits until all of them are held.
fn hold(daemon: &Daemon<'_>, mails: &[String]) {
    let folder = daemon.home.path().join("Mail");
    mails.iter().for_each(|mail| drop(maildir::deliver(&folder, mail.as_bytes())));
    let all = mails.len() as u64;
    daemon.until("the mails are held", |status| status["held"] == all && status["errands"] == 0);
}

/// The first part of the digest as it would be sealed now: text and HTML.
fn preview(daemon: &Daemon<'_>) -> (String, String) {
    let preview = daemon.json(&["digest", "preview"]);
    let first = |form: &str| preview[form][0].as_str().unwrap().to_owned();
    (first("text"), first("html"))
}

#[test]
fn links_lead_into_the_webmail_of_the_account() {
    let home = home("webmail = \"https://mail.example.org/#search/rfc822msgid:{message_id}\"\n", "");
    let daemon = home.start();
    let mail = maildir::letter("alpha");
    let hostile = maildir::letter("beta").replace("Message-ID: <", "Message-ID: <../\"?x=1&y#z");
    hold(&daemon, &[mail, hostile]);
    let (text, html) = preview(&daemon);
    let base = "https://mail.example.org/#search/rfc822msgid:";
    for part in [&text, &html] {
        assert_eq!(part.matches(base).count(), 2, "{part}");
        assert!(part.contains(&format!("{base}..%2F%22%3Fx%3D1%26y%23z")), "{part}");
        assert!(!part.contains("mid:") || part.contains("rfc822msgid:"), "{part}");
    }
    daemon.stop();
}
