//! One thing that a tracker tells by mail and by its hook is one item of the digest, with the real daemon.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use jiff::{Timestamp, tz::TimeZone};
use ring::hmac;
use serde_json::json;

use crate::rig::daemon::{Daemon, Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::http::{send, socket};
use crate::rig::maildir;
use crate::rig::slack::{ON_SOCKET, SECRET};

const PAGE: &str = "https://hub.example/octo/engine/issues/7";

/// A home with a mailbox and the hook of a tracker, in which all waits.
fn home() -> Home {
    let home = Home::new();
    let secret = home.secret("hub", SECRET);
    maildir::make(&home.path().join("Mail"));
    let account = "[[account]]\nname = \"home\"\nmaildir = \"Mail\"\nhold_in = \"Held\"\n";
    let chat = format!("[[chat]]\nname = \"code\"\nkind = \"github\"\nsecret = {secret}\n");
    let rest = "[[rule]]\nname = \"rest\"\nurgency = \"normal\"\n";
    home.configure(&[ON_SOCKET, PERSON, INTO_FOLDER, account, &chat, YEARLY, rest]);
    home
}

/// A comment, as the hook tells it.
fn told(daemon: &Daemon<'_>, id: u64, text: &str) {
    let body = json!({"action": "created", "repository": {"full_name": "octo/engine"},
        "sender": {"login": "ben", "id": 4, "type": "User"}, "issue": {"number": 7, "title": "Engine stalls"},
        "comment": {"id": id, "body": text, "html_url": format!("{PAGE}#issuecomment-{id}"),
            "user": {"login": "ben", "id": 4}, "created_at": Timestamp::now().to_string()}})
    .to_string();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), body.as_bytes());
    let tag: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let head = format!(
        "POST /hook/code HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-GitHub-Event: issue_comment\r\n\
         X-GitHub-Delivery: d{id}\r\nX-Hub-Signature-256: sha256={tag}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let at = socket(daemon.home.path());
    assert_eq!(send(&at, format!("{head}{body}").as_bytes()).unwrap().status, 200);
}

/// The same comment, as the tracker mails it.
fn mailed(id: u64, text: &str) -> String {
    let link = format!("{PAGE}?email_source=notifications&email_token=AB3D#issuecomment-{id}");
    let html = link.replace('&', "&amp;");
    format!(
        "From: ben <notifications@hub.example>\r\nTo: octo/engine <engine@noreply.hub.example>\r\n\
         Message-ID: <octo/engine/issues/7/{id}@hub.example>\r\nSubject: Re: [octo/engine] Engine stalls (Issue #7)\r\n\
         Date: {date}\r\nPrecedence: list\r\nList-ID: octo/engine <engine.octo.hub.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         {text}\r\n\r\n-- \r\nReply to this email directly or view it on Hub:\r\n{link}\r\n\r\n--b\r\n\
         Content-Type: text/html; charset=utf-8\r\n\r\n<p>{text}</p><p>Reply to this email directly</p>\r\n\
         <script type=\"application/ld+json\">[{{\"@type\": \"EmailMessage\", \"potentialAction\": {{\r\n\
         \"@type\": \"ViewAction\", \"target\": \"{html}\", \"name\": \"View Issue\" }}}}]</script>\r\n--b--\r\n",
        date = jiff::fmt::rfc2822::to_string(&Timestamp::now().to_zoned_datetime(TimeZone::UTC)).unwrap(),
    )
}

#[test]
fn the_mail_of_a_tracker_and_its_hook_are_one_item() {
    let home = home();
    let daemon = home.start();
    told(&daemon, 31, "The valve sticks, says the hook.");
    told(&daemon, 32, "Another comment, only by hook.");
    let folder = home.path().join("Mail");
    maildir::deliver(&folder, mailed(31, "The valve sticks, says the mail.").as_bytes());
    // A person who quotes the page writes something of their own.
    let asked = maildir::letter("Engine").replacen(
        "\r\n\r\n",
        &format!("\r\n\r\nview it on Hub: {PAGE}#issuecomment-32\r\n"),
        1,
    );
    maildir::deliver(&folder, asked.as_bytes());
    daemon.until("all is held", |status| status["held"] == 4 && status["errands"] == 0);
    let preview = daemon.json(&["digest", "preview"]);
    let (text, html) = (preview["text"][0].as_str().unwrap(), preview["html"][0].as_str().unwrap());
    for (words, times) in [
        ("3 messages waited", 1),
        ("The valve sticks, says the hook.", 1),
        ("The valve sticks, says the mail.", 0),
        ("Another comment, only by hook.", 1),
        ("Also by mail: mid:octo%2Fengine%2Fissues%2F7%2F31@hub.example", 1),
        ("1 message came by a second channel, too, and is shown once.", 1),
        ("* Engine", 1),
    ] {
        assert_eq!(text.matches(words).count(), times, "{words}\n{text}");
    }
    assert!(html.contains("also by mail</a>"), "{html}");
    // Both leave with the letter, and what is kept of the mail outlives a kill.
    daemon.kill();
    let daemon = home.start();
    assert!(daemon.json(&["digest", "preview"])["text"][0].as_str().unwrap().contains("Also by mail"));
    daemon.tell(&["digest", "now", "all", "--wait"]);
    daemon.until("nothing waits", |status| status["held"] == 0);
    assert_eq!(home.letters().len(), 1);
    daemon.stop();
}
