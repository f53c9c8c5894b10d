//! Canaries: words that stand only in mail, addresses and secrets, while everything goes wrong that can; then everything that
//! somebody else could see of the daemon is searched for them.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde_json::Value;

use crate::rig::certificates::{Authority, Leaf};
use crate::rig::daemon::{Daemon, Home, PERSON, YEARLY};
use crate::rig::dialogue::{Dialogue, Say, Server};
use crate::rig::dovecot::Dovecot;
use crate::rig::smtp_server::{Fault, Setup, SmtpServer, Step, base64};
use crate::rig::wait::{PATIENCE, until_true};

/// Stands in every part of every mail, and in every address.
const MAIL: &str = "canarymail7f3a";
/// Stands in every secret.
const SECRET: &str = "canarysecret7f3a";
const SMTP_LOGIN: (&str, &str) = ("canarymail7f3a-sender", "canarysecret7f3a-smtp");
const FIELDS: &str =
    "From: canarymail7f3a-name <canarymail7f3a@example.net>\r\nTo: canarymail7f3a-list@example.net\r\n";

/// Mail of many kinds, whole and broken.
fn mails() -> Vec<Vec<u8>> {
    let plain = |id: usize, rest: &str| {
        format!("{FIELDS}Message-ID: <{MAIL}-{id}@example.net>\r\nSubject: {MAIL}-subject-{id}\r\n{rest}").into_bytes()
    };
    let mixed = "Content-Type: multipart/mixed; boundary=\"canarymail7f3a-b\"\r\n\r\n--canarymail7f3a-b\r\n";
    let deep = format!("Content-Type: message/rfc822\r\n\r\n{FIELDS}").repeat(60);
    let mut mails = vec![
        plain(0, &format!("List-Id: <{MAIL}-list.example.net>\r\n\r\n{MAIL}-body\r\n")),
        plain(1, &format!("{mixed}Content-Disposition: attachment; filename=\"../{MAIL}.txt\"\r\n\r\nx\r\n")),
        plain(
            2,
            &format!(
                "Content-Type: text/html; charset=\"{MAIL}\"\r\n\r\n<p title='{MAIL}'>{MAIL}<a href=\"https://{MAIL}.example"
            ),
        ),
        plain(3, &format!("Content-Transfer-Encoding: base64\r\n\r\n{MAIL}!!!!")),
        plain(4, &format!("Date: {MAIL}\r\nContent-Type: {MAIL}/\"\r\nReferences: <{MAIL}\r\n\r\n=?{MAIL}?q?=")),
        plain(
            5,
            &format!(
                "Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:{MAIL}\r\nRRULE:{MAIL}\r\n"
            ),
        ),
        plain(6, &deep),
        plain(7, &format!("X-{MAIL}: {}\r\n\r\n", MAIL.repeat(20_000))),
        format!("{MAIL}: no field of a mail at all\r\n").into_bytes(),
    ];
    let mut eight_bit = plain(8, "\r\n");
    eight_bit.extend([0xff, 0xfe, 0x00, b'\r', b'\n']);
    mails.push(eight_bit);
    mails
}

/// A server that repeats in its complaints what it was told, and speaks no IMAP in between.
async fn rude() -> Server {
    let raw = |bytes: String| vec![Say::Raw(bytes.into_bytes()), Say::Close];
    Server::start(vec![
        Dialogue::with("").lines("LOGIN", &[&format!("T NO {MAIL}@example.net may not, with {SECRET}-imap")]),
        Dialogue::with("").on("SELECT", raw(format!("* {MAIL} EXISTS (((\"{MAIL}\r\n"))),
        Dialogue::with("").on("UID FETCH", raw(format!("* 1 FETCH (UID 7 BODY[HEADER] \"{MAIL}-subject\" oops\r\n"))),
        Dialogue::greeting(raw(format!("* BYE {MAIL}@example.net goes away\r\n"))),
    ])
    .await
}

fn account(name: &str, port: u16, user: &str) -> String {
    format!(
        "[[account]]\nname = \"{name}\"\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"plain\"\n\
         username = \"{user}\"\npassword = {{ file = \"imap-secret\" }}\nhold_in = \"Held\"\n"
    )
}

/// The names of all files below a folder, a line each.
fn names(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        text.push_str(&format!("{}\n", entry.path().display()));
        if entry.file_type().unwrap().is_dir() {
            text.push_str(&names(&entry.path()));
        }
    }
    text
}

/// The bytes of all files below a folder, but for the reserve, which is empty and large.
fn contents(folder: &Path) -> Vec<u8> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let entries = entries.filter(|path| !path.ends_with("reserve"));
    entries.flat_map(|path| if path.is_dir() { contents(&path) } else { fs::read(path).unwrap() }).collect()
}

fn find(place: &str, text: &str, words: &[String]) {
    for line in text.lines() {
        let found = words.iter().any(|word| line.contains(word) || line.to_ascii_lowercase().contains(word));
        assert!(!found, "in {place}: {line}");
    }
}

/// Looks everywhere where others can look.
fn search(daemon: &Daemon<'_>) {
    // Both as they are, and as they go over the wire at a login.
    let secrets =
        vec![SECRET.to_owned(), base64(&format!("\0{}\0{}", SMTP_LOGIN.0, SMTP_LOGIN.1)), base64(SMTP_LOGIN.1)];
    let all = [secrets.clone(), vec![MAIL.to_owned()]].concat();
    let home = daemon.home;
    find("the log", &home.log(), &all);
    find("what systemd hears", &daemon.said().join("\n"), &all);
    find("status", &daemon.tell(&["status"]), &all);
    find("status --json", &daemon.json(&["status"]).to_string(), &all);
    find("the names of files", &(names(&home.state()) + &names(&home.path().join("run"))), &all);
    for file in ["environ", "cmdline", "comm", "status"] {
        match fs::read(format!("/proc/{}/{file}", daemon.pid())) {
            // What nobody but root can read tells nothing.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {}
            read => find(file, &String::from_utf8_lossy(&read.unwrap()), &all),
        }
    }
    find("held", &daemon.json(&["held"]).to_string(), &secrets);
    find("outbox", &daemon.json(&["outbox"]).to_string(), &secrets);
    find("check", &daemon.tell(&["check"]), &secrets);
    let state = contents(&home.state());
    for secret in &secrets {
        assert!(!state.windows(secret.len()).any(|window| window == secret.as_bytes()), "in the state: {secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_goes_wrong_nobody_is_told_what_mail_says() {
    let (dovecot, authority, rude) = (Dovecot::start(), Authority::new(), rude().await);
    let offer = vec!["SIZE 1000000", "8BITMIME", "AUTH PLAIN LOGIN"];
    let tls = Some(authority.server(Leaf::Good));
    let smtp = SmtpServer::start(Setup { tls, implicit: true, offer, login: SMTP_LOGIN }).await;
    let home = Home::new().with_variable("TIDINGS_LOG", "trace");
    home.secret("imap-secret", &format!("{SECRET}-imap"));
    let printed = home.write("smtp-secret", SMTP_LOGIN.1);
    let way_out = format!(
        "[smtp]\nhost = \"localhost\"\nport = {}\nca_file = \"{}\"\nusername = \"{}\"\nfrom = \"{MAIL}@example.org\"\n\
         password = {{ command = [\"cat\", \"{}\"] }}\n",
        smtp.port,
        authority.ca_file().display(),
        SMTP_LOGIN.0,
        printed.display()
    );
    let person = PERSON.replace("u0@", &format!("{MAIL}@"));
    let good = dovecot.account(&home, "u0", "hold_in = \"Held\"");
    let refused = account("refused", dovecot.imap, &format!("{MAIL}-user"));
    let rudely = account("rude", rude.port, &format!("{MAIL}-user"));
    home.configure(&[&person, &way_out, &good, &refused, &rudely, YEARLY]);

    // Every step of a letter is refused once, in words that repeat what was said.
    let words = |code: &str| format!("{code} <{MAIL}@example.org>: no, {MAIL}@example.net");
    smtp.fault(Step::Auth, Fault::Reply(words("454") + ", with " + SMTP_LOGIN.1), 1);
    smtp.fault(Step::Mail, Fault::Reply(words("451")), 1);
    smtp.fault(Step::Rcpt, Fault::Reply(words("550 5.1.1")), 1);
    let daemon = home.start();
    let mails = mails();
    for mail in &mails {
        dovecot.client("u0").append("INBOX", ("", None), mail);
    }
    daemon.until("all is held", |status| status["held"] == mails.len() && status["errands"] == 0);
    let failed = |status: &Value, name: &str| {
        let sources = status["sources"].as_array().unwrap();
        sources.iter().any(|source| source["name"] == name && source["error"].is_string())
    };
    daemon.until("both logins were refused", |status| failed(status, "refused") && failed(status, "rude"));
    let held = daemon.json(&["held"]).to_string();
    assert!(held.contains(MAIL), "what is searched for is there: {held}");
    daemon.tell(&["digest", "now"]);
    for _ in 0..3 {
        let tried = |letters: &Value| letters.as_array().unwrap().iter().any(|letter| letter["error"].is_string());
        until_true(PATIENCE, "an attempt has failed", || tried(&daemon.json(&["outbox"])));
        search(&daemon);
        let id = daemon.json(&["outbox"])[0]["id"].as_str().unwrap().to_owned();
        let _ = home.run(&["outbox", "retry", &id]);
    }
    assert_eq!(smtp.faults_to_come(), 0);
    // What people ask for by the wrong words, and a configuration that has a secret where none belongs.
    for words in [["held", "show", MAIL], ["held", "drop", MAIL], ["digest", "preview", MAIL]] {
        assert_ne!(home.run(&words).0, 0);
    }
    for wrong in [
        format!("pasword = \"{SECRET}\""),
        format!("password = [\"{SECRET}\"]"),
        format!("password = {{ plain = \"{SECRET}\" }}"),
        format!("password = \"{SECRET}"),
        format!("password = {SECRET}"),
    ] {
        home.write("wrong.toml", &format!("{person}{way_out}{wrong}\n{YEARLY}"));
        let checked =
            home.command(&["check"]).env("TIDINGS_LOG", "trace").args(["--config", "wrong.toml"]).output().unwrap();
        let said = [checked.stdout, checked.stderr].concat();
        find("check", &String::from_utf8_lossy(&said), &[SECRET.to_owned()]);
    }
    search(&daemon);
    daemon.stop();
}
