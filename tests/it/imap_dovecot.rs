//! The door to a real Dovecot.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::future::{pending, ready};

use jiff::Timestamp;
use tidings::imap::errand::Marks;
use tidings::imap::fault::ImapError;
use tidings::imap::idle::Idle;
use tidings::imap::seek::Sought;
use tidings::imap::session::Session;
use tidings::imap::settings::Settings;
use tidings::model::identity::{Id, Identity};
use tidings::model::mailbox::{Mailbox, Uid};
use tidings::model::name::{AccountName, PersonName};
use tidings::net::{NetError, Security};

use crate::rig::imap::{held, inbox, password, settings};
use crate::rig::imap_server::{Dovecot, mask};

async fn dovecot(server: &Dovecot, user: &str) -> Session {
    Session::open(&tls(server, user)).await.unwrap()
}

fn tls(server: &Dovecot, user: &str) -> Settings {
    Settings {
        host: "localhost".to_owned(),
        security: Security::Tls,
        username: user.to_owned(),
        password: password("pw"),
        ca_file: Some(server.ca_file()),
        ..settings(server.imaps_port())
    }
}

fn letter(number: u32) -> Vec<u8> {
    format!("From: a@example.net\r\nSubject: letter {number}\r\nMessage-ID: <m{number}@example.net>\r\n\r\nText {number}\r\n").into_bytes()
}

#[tokio::test]
async fn dovecot_lets_in_only_who_should_be() {
    let Some(server) = Dovecot::start(1) else { return };
    dovecot(&server, "u0").await.logout().await;
    let start_tls = Settings { security: Security::StartTls, port: server.imap_port(), ..tls(&server, "u0") };
    Session::open(&start_tls).await.unwrap().logout().await;
    let wrong = Settings { password: password("wrong"), ..tls(&server, "u0") };
    assert!(matches!(Session::open(&wrong).await.err(), Some(ImapError::Credentials(_))));
    let foreign = Settings { ca_file: None, ..tls(&server, "u0") };
    let error = Session::open(&foreign).await.err().unwrap();
    assert!(matches!(error, ImapError::Net(_)), "{error}");
    let closed = Settings { port: 1, ..tls(&server, "u0") };
    let _: NetError = match Session::open(&closed).await.err() {
        Some(ImapError::Net(error)) => error,
        other => panic!("{other:?}"),
    };
}

#[tokio::test]
async fn dovecot_fetches_files_and_finds() {
    let Some(server) = Dovecot::start(1) else { return };
    let mut session = dovecot(&server, "u0").await;
    let later = Mailbox::new("Später/a \"b\" & c");
    for number in 1..=4 {
        assert!(session.append(&inbox(), &letter(number)).await.unwrap().is_some());
    }
    let selected = session.select(&inbox()).await.unwrap();
    assert_eq!((selected.exists, selected.keeps_keywords, selected.read_only), (4, true, false));
    let fresh = session.fresh(Uid(1)).await.unwrap();
    assert_eq!(fresh.mails.len(), 4);
    let (person, account) = (PersonName::new("me"), AccountName::new("work"));
    let first = &fresh.mails[0];
    assert_eq!(first.text.0, b"Text 1\r\n");
    assert!(first.head.internal_date.is_some() && first.head.size == letter(1).len() as u64);
    let uids: Vec<Uid> = fresh.mails.iter().map(|mail| mail.head.uid).collect();
    assert_eq!(session.texts(&uids).await.unwrap()[1].1, b"Text 2\r\n");
    assert_eq!(session.piece(uids[2], 6, 13).await.unwrap().unwrap(), b"a@example.net");
    assert_eq!(session.piece(uids[2], 100_000, 10).await.unwrap(), Some(Vec::new()));
    assert_eq!(session.heads(&[Uid(999)]).await.unwrap(), vec![]);
    session.mark(&uids[..1], Marks { listed: true, seen: true }).await.unwrap();
    let flags = session.flags(&uids).await.unwrap();
    assert!(flags[0].1.listed && flags[0].1.seen && !flags[1].1.seen);
    assert_eq!(session.unlisted_since(Timestamp::now()).await.unwrap(), uids[1..]);
    // Filed into a mailbox that does not exist, with a name that needs everything; one of them is not there.
    let filed = session.file(&[uids[0], uids[2], uids[3], Uid(999)], &later).await.unwrap();
    assert_eq!(
        (filed.moved.len(), filed.missing.as_slice(), filed.refused.clone()),
        (3, &[Uid(999)][..], None),
        "{filed:?}"
    );
    assert_eq!(session.uids(Uid(1)).await.unwrap(), [uids[1]]);
    session.ensure(&later).await.unwrap();
    assert!(session.mailboxes().await.unwrap().iter().any(|listed| listed.mailbox == later));
    assert_eq!(session.special("\\sent").await.unwrap(), Some(Mailbox::new("Sent")));
    assert_eq!(session.uid_next(&later).await.unwrap(), Some(Uid(4)));
    // Found there by what it is, however its UID is called now.
    session.select(&later).await.unwrap();
    let received_at = first.head.internal_date.unwrap();
    let identity = first.head.identity(&person, &account);
    let mut sought = Sought {
        person: &person,
        account: &account,
        identity,
        message_id: Some("m1@example.net"),
        size: first.head.size,
        received_at,
    };
    let found = session.locate(&sought).await.unwrap().unwrap();
    assert_eq!((Uid(found.uid().0), found.uid_validity()), (filed.moved[0].2, filed.moved[0].1));
    sought.message_id = None;
    assert_eq!(session.locate(&sought).await.unwrap(), Some(found));
    sought.identity = Identity(Id::of(&[b"another"]));
    assert_eq!(session.locate(&sought).await.unwrap(), None);
    assert_eq!(session.find("m3@example.net").await.unwrap().len(), 1);
    assert_eq!(session.find("3@example.net").await.unwrap(), []);
    session.logout().await;
}

#[tokio::test]
async fn dovecot_without_move_copies_and_leaves_what_others_marked() {
    let Some(server) = Dovecot::start(1) else { return };
    let port = mask(server.imap_port(), b" MOVE", b" XOVE").await;
    let masked = Settings { security: Security::Plain, host: "127.0.0.1".to_owned(), port, ..tls(&server, "u0") };
    let mut session = Session::open(&masked).await.unwrap();
    assert!(!session.can("MOVE") && session.can("UIDPLUS"));
    for number in 1..=3 {
        session.append(&inbox(), &letter(number)).await.unwrap();
    }
    session.select(&inbox()).await.unwrap();
    server.doveadm(&["flags", "add", "-u", "u0", "\\Deleted", "mailbox", "INBOX", "uid", "2"]);
    let filed = session.file(&[Uid(1), Uid(3), Uid(9)], &held()).await.unwrap();
    assert_eq!((filed.moved.len(), filed.missing.as_slice(), &filed.refused), (2, &[Uid(9)][..], &None));
    let flags = session.flags(&[Uid(1), Uid(2), Uid(3)]).await.unwrap();
    assert!(flags.len() == 1 && flags[0].0 == Uid(2) && flags[0].1.deleted, "{flags:?}");
}

#[tokio::test]
async fn dovecot_ends_a_copy_that_lies_in_both() {
    let Some(server) = Dovecot::start(1) else { return };
    let mut session = dovecot(&server, "u0").await;
    session.append(&inbox(), &letter(1)).await.unwrap();
    session.append(&held(), &letter(1)).await.unwrap();
    session.select(&inbox()).await.unwrap();
    let here = session.heads(&[Uid(1)]).await.unwrap().remove(0);
    let (person, account) = (PersonName::new("me"), AccountName::new("work"));
    let sought = Sought {
        person: &person,
        account: &account,
        identity: here.identity(&person, &account),
        message_id: Some("m1@example.net"),
        size: here.size,
        received_at: here.internal_date.unwrap(),
    };
    let same = session.locate(&sought).await.unwrap().unwrap();
    assert!(session.finish_copy(Uid(1), &same).await.is_err(), "it would have removed the only one");
    session.select(&held()).await.unwrap();
    let copy = session.locate(&sought).await.unwrap().unwrap();
    session.select(&inbox()).await.unwrap();
    session.finish_copy(Uid(1), &copy).await.unwrap();
    assert_eq!(session.uids(Uid(1)).await.unwrap(), []);
}

#[tokio::test]
async fn dovecot_wakes_idle() {
    let Some(server) = Dovecot::start(1) else { return };
    let (mut watcher, mut other) = (dovecot(&server, "u0").await, dovecot(&server, "u0").await);
    watcher.select(&inbox()).await.unwrap();
    let (to, bytes) = (inbox(), letter(1));
    let (end, sent) = tokio::join!(watcher.idle(pending()), other.append(&to, &bytes));
    sent.unwrap();
    assert_eq!(end.unwrap(), Idle::News);
    assert_eq!(watcher.fresh(Uid(1)).await.unwrap().highest(), Some(Uid(1)));
    assert_eq!(watcher.idle(ready(())).await.unwrap(), Idle::Stopped);
}

#[tokio::test]
async fn dovecot_backlog_comes_newest_first() {
    let Some(server) = Dovecot::start(1) else { return };
    let mut session = dovecot(&server, "u0").await;
    for number in 1..=40 {
        session.append(&inbox(), &letter(number)).await.unwrap();
    }
    session.select(&inbox()).await.unwrap();
    let fresh = session.fresh(Uid(5)).await.unwrap();
    assert_eq!(fresh.mails.first().map(|mail| mail.head.uid), Some(Uid(25)));
    assert_eq!((fresh.highest(), fresh.left.len(), fresh.left[0]), (Some(Uid(40)), 20, Uid(5)));
    assert_eq!(session.heads(&fresh.left).await.unwrap().len(), 20);
}
