//! Backups: whole or refused, of one instant, and restored without a loss, without anything sent twice.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tidings::model::edition::{EditionId, EditionKind, Fate, LetterId, Stage};
use tidings::model::errand::Task;
use tidings::model::mailbox::{Cursor, Mailbox, Uid, UidValidity};
use tidings::store::backup::fault::{ReadError, RestoreError, WriteError};
use tidings::store::backup::restore::{Over, restore};
use tidings::store::backup::{fetch, reader, standing};
use tidings::store::handle::Store;
use tidings::store::open::Found;
use tidings::store::view::{Pause, Reason};

use crate::rig::daemon::{Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::maildir;
use crate::rig::mails::text_of;
use crate::store_rig::*;

/// An open store with a little of everything.
async fn sample() -> (TempDir, Store) {
    let (folder, store) = fresh();
    for n in 0..20 {
        accept(&store, item(n), vec![file(n, "Held")]).await;
    }
    let (sealed, letters) = edition(&store, 1_000, &[1, 2, 3], 2).await;
    assert!(done(store.seal(vec![(sealed, letters)]).await));
    let cursor = Cursor { uid_validity: UidValidity(7), uid_next: Uid(21), last_sync: at(5) };
    store.advance((&me(), &work()), &Mailbox::new("INBOX"), cursor, &[]).await.unwrap();
    store.pause(&me(), Some(Pause { from: at(1), until: at(2), reason: Reason::Quiet })).await.unwrap();
    (folder, store)
}

async fn backup_of(store: &Store, to: &Path) -> PathBuf {
    let written = store.backup(at(3)).await.unwrap();
    assert_eq!(written.missing, 0);
    let file = to.join("tidings.backup");
    fetch::fetch(&written.path, &file).unwrap();
    assert!(!written.path.exists(), "it is taken away");
    file
}

#[tokio::test]
async fn everything_comes_back() {
    let (folder, store) = sample().await;
    let outer = tempfile::tempdir().unwrap();
    let mark = tidings::store::folder::mark_key(folder.path()).unwrap().mark(identity(1).0);
    let file = backup_of(&store, outer.path()).await;
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let before = store.counts();
    store.close().await.unwrap();

    let state = outer.path().join("state");
    restore(&state, &file, Over::Refuse, at(4)).unwrap();
    let (store, found) = open(&state);
    assert_eq!(found, Found::Restored);
    assert_eq!(store.counts(), before);
    assert_eq!(store.item(identity(7)).await.unwrap().unwrap(), item(7));
    assert_eq!(store.slot_mark(&me(), &evening()), Some(at(1_000)));
    assert_eq!(store.paused(&me()), Some(Pause { from: at(1), until: at(2), reason: Reason::Quiet }));
    assert_eq!(tidings::store::folder::mark_key(&state).unwrap().mark(identity(1).0), mark);
    assert!(store.audit().await.unwrap().agrees());

    // What may have happened since: the letters may have gone, the mailboxes are read from their beginning.
    assert_eq!(store.cursor((&me(), &work()), &Mailbox::new("INBOX")), None);
    let edition = EditionId::of(&me(), &EditionKind::Digest(evening()), at(1_000), 0, 1);
    let letter = store.letter(LetterId::of(edition, "me0@example.org")).await.unwrap().unwrap();
    assert_eq!(letter.stage, Stage::DataSent);
    assert!(!store.unspool(&letter.body).await.unwrap().is_empty());
    let errands = store.errands(&me(), &work(), at(1_000)).await.unwrap();
    assert_eq!(errands.len(), 20);
    assert!(errands.iter().all(|errand| errand.urgent && matches!(errand.task, Task::File { .. })));

    // Said until the mailboxes were read; then it is a store as any other.
    store.close().await.unwrap();
    let (store, found) = open(&state);
    assert_eq!(found, Found::Restored);
    store.rescued().await.unwrap();
    again(&state, store).await.close().await.unwrap();
}

/// A backup that is written while the store works holds what one instant held.
#[tokio::test]
async fn is_of_one_instant() {
    let (_folder, store) = fresh();
    let outer = tempfile::tempdir().unwrap();
    for n in 0..2_000 {
        accept(&store, item(n), vec![]).await;
    }
    let writes = async {
        // Each pair is written and taken away in order: a torn picture would show the second without the first.
        for n in 0..200 {
            accept(&store, item(10_000 + n), vec![file(10_000 + n, "Held")]).await;
            let (sealed, letters) = edition(&store, i64::from(2_000 + n), &[10_000 + n], 1).await;
            assert!(done(store.seal(vec![(sealed, letters)]).await));
        }
    };
    let (written, ()) = tokio::join!(store.backup(at(3)), writes);
    let file = outer.path().join("b");
    fetch::fetch(&written.unwrap().path, &file).unwrap();
    store.close().await.unwrap();
    let state = outer.path().join("state");
    restore(&state, &file, Over::Refuse, at(4)).unwrap();
    let (store, _) = open(&state);
    let counts = store.counts();
    let sealed = counts.sealed;
    assert_eq!(store.editions(Fate::Open).await.unwrap().len(), sealed, "an edition holds one item each");
    let later = counts.held + sealed - 2_000;
    assert!(later == sealed || later == sealed + 1, "{counts:?}");
    assert_eq!(counts.errands, later);
    assert!(store.audit().await.unwrap().agrees());
    store.close().await.unwrap();
}

#[tokio::test]
async fn one_at_a_time() {
    let (_folder, store) = sample().await;
    let (first, second) = tokio::join!(store.backup(at(3)), store.backup(at(3)));
    let refused = |end: &Result<_, WriteError>| matches!(end, Err(WriteError::Another));
    // Either they met, or one was over before the other began.
    assert!(!refused(&first) || !refused(&second), "{first:?} {second:?}");
    store.backup(at(4)).await.unwrap();
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_damaged_one_is_refused_whole() {
    let (_folder, store) = fresh();
    let outer = tempfile::tempdir().unwrap();
    accept(&store, item(1), vec![file(1, "Held")]).await;
    store.spool(b"unnamed".to_vec()).await.unwrap();
    let (sealed, letters) = edition(&store, 1_000, &[1], 1).await;
    assert!(done(store.seal(vec![(sealed, letters)]).await));
    let file = backup_of(&store, outer.path()).await;
    store.close().await.unwrap();
    let whole = fs::read(&file).unwrap();
    let state = outer.path().join("state");
    let refused = |bytes: &[u8], what: &str| {
        fs::write(&file, bytes).unwrap();
        assert!(reader::verify(&file).is_err(), "{what}");
    };
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        // The words of the first line are for people; the hash at the end covers them too.
        refused(&bytes, &format!("a bit of byte {at}"));
        refused(&whole[..at], &format!("cut at {at}"));
    }
    refused(&[&whole[..], b"x"].concat(), "something behind the end");
    refused(b"", "nothing");
    assert!(matches!(restore(&state, &file, Over::Refuse, at(4)), Err(RestoreError::Backup(ReadError::Other(_)))));
    assert!(!state.exists(), "nothing was begun");
    let text = String::from_utf8_lossy(&whole).replacen("tidings backup 1", "tidings backup 2", 1);
    fs::write(&file, text.as_bytes()).unwrap();
    assert!(matches!(reader::verify(&file), Err(ReadError::Newer { format: 2, .. })));
    fs::write(&file, &whole).unwrap();
    restore(&state, &file, Over::Refuse, at(4)).unwrap();
}

#[tokio::test]
async fn a_state_that_is_there_is_kept() {
    let (folder, store) = sample().await;
    let outer = tempfile::tempdir().unwrap();
    let file = backup_of(&store, outer.path()).await;
    let state = folder.path();
    assert!(matches!(restore(state, &file, Over::MoveAside, at(4)), Err(RestoreError::Running(_))));
    accept(&store, item(500), vec![]).await;
    store.close().await.unwrap();
    assert!(matches!(restore(state, &file, Over::Refuse, at(4)), Err(RestoreError::Occupied(_))));
    let restored = restore(state, &file, Over::MoveAside, at(4)).unwrap();
    let (store, found) = open(state);
    assert_eq!((found, store.item(identity(500)).await.unwrap()), (Found::Restored, None));
    store.close().await.unwrap();
    // What was moved aside is a whole state folder.
    let aside = restored.aside.unwrap();
    let (store, _) = open(&aside);
    assert!(store.item(identity(500)).await.unwrap().is_some());
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_stopped_store_is_backed_up_as_it_is() {
    let (folder, store) = sample().await;
    let outer = tempfile::tempdir().unwrap();
    let file = outer.path().join("b");
    assert!(matches!(standing::write(folder.path(), &file, at(3)), Err(WriteError::Open(_))), "it is in use");
    store.close().await.unwrap();
    standing::write(folder.path(), &file, at(3)).unwrap();
    let contents = reader::verify(&file).unwrap();
    assert_eq!(contents.files, 3, "a list of items and two letters");
    assert!(matches!(standing::write(outer.path(), &file, at(3)), Err(WriteError::Nothing(_))));
    assert_eq!(reader::verify(&file).unwrap(), contents, "the older one stays");
    let (store, found) = open(folder.path());
    assert_eq!(found, Found::Kept);
    store.close().await.unwrap();
}

const ACCOUNT: &str = "[[account]]\nname = \"home\"\nmaildir = \"Mail\"\nhold_in = \"Held\"\n";

/// How often each subject stands in the letters.
fn named(home: &Home, subject: &str) -> usize {
    home.letters().iter().filter(|letter| text_of(letter).contains(subject)).count()
}

/// The state folder is lost after more was held, sent and let through: nothing is lost, and nothing is sent twice.
#[test]
fn a_lost_state_comes_back_from_an_old_backup() {
    let home = Home::new();
    let folder = home.path().join("Mail");
    maildir::make(&folder);
    home.configure(&[PERSON, INTO_FOLDER, ACCOUNT, YEARLY]);
    let mail = |subject: &str| maildir::deliver(&folder, maildir::letter(subject).as_bytes());
    let daemon = home.start();
    let held = |count: u64| {
        daemon.until("all is held", |status| status["held"] == count && status["errands"] == 0);
    };
    mail("alpha was sent before");
    held(1);
    daemon.tell(&["digest", "now", "--wait"]);
    daemon.settled();
    mail("bravo is sent after");
    mail("charlie is released after");
    held(2);
    let said = daemon.json(&["backup", "tidings.backup"]);
    assert_eq!(said["missing"], 0);
    let id = |subject: &str| {
        let list = daemon.json(&["held"]);
        let found = list.as_array().unwrap().iter().find(|item| item["subject"] == subject).unwrap().clone();
        found["id"].as_str().unwrap().to_owned()
    };
    daemon.tell(&["held", "release", &id("charlie is released after")]);
    daemon.tell(&["digest", "now", "--wait"]);
    daemon.settled();
    mail("delta is held after");
    held(1);
    daemon.kill();
    fs::remove_dir_all(home.state()).unwrap();

    let (code, out, err) = home.run(&["restore", "tidings.backup"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    mail("echo comes after");
    let daemon = home.start();
    daemon.until("the mailboxes were read", |status| status["degraded"].is_null() && status["errands"] == 0);
    // What was sent or released since still waits, as far as the backup knows; the look before the digest finds out.
    daemon.tell(&["digest", "now", "--wait"]);
    daemon.settled();
    let waiting = daemon.json(&["held"]);
    assert_eq!(waiting.as_array().unwrap().len(), 0, "{waiting}");
    for subject in ["alpha was sent before", "bravo is sent after", "delta is held after"] {
        assert_eq!(named(&home, subject), 1, "{subject}");
    }
    assert_eq!(named(&home, "charlie is released after"), 0);
    let inbox = maildir::subjects(&folder, "");
    assert!(inbox.contains(&"charlie is released after".to_owned()), "{inbox:?}");
    assert!(
        inbox.contains(&"echo comes after".to_owned()) || named(&home, "echo comes after") == 1,
        "it passed, or was in the digest: {inbox:?}"
    );
    daemon.stop();
}

#[test]
fn the_commands_say_why_not() {
    let home = Home::new();
    maildir::make(&home.path().join("Mail"));
    home.configure(&[PERSON, INTO_FOLDER, ACCOUNT, YEARLY]);
    let check = |words: &[&str], code: i32, expected: &str| {
        let (found, out, err) = home.run(words);
        assert!(found == code && err.contains(expected), "{words:?}: {found} {out}{err}");
    };
    check(&["backup", "b"], 1, "there is no store in");
    check(&["forget", "ada@example.org"], 3, "the daemon is not running");
    check(&["restore", "b"], 1, "cannot read \"b\"");
    home.write("b", "something else\n");
    check(&["restore", "b"], 1, "\"b\" is no backup of tidings");
    home.write("b", "tidings backup 2, taken tomorrow\n");
    check(&["restore", "b"], 78, "install that version");
    let daemon = home.start();
    check(&["backup", "nowhere/b"], 1, "cannot write \"nowhere/b\"");
    check(&["backup", "b"], 0, "");
    check(&["restore", "b", "--replace"], 1, "stop it first");
    check(&["forget", "ada@example.org"], 1, "nothing is known of \"ada@example.org\"");
    check(&["forget", "00"], 1, "no item has an id that begins with \"00\"");
    daemon.stop();
    check(&["backup", "b"], 0, "");
    check(&["restore", "b"], 1, "there is a store in");
    check(&["restore", "b", "--replace"], 0, "");
    let text = fs::read(home.path().join("b")).unwrap();
    fs::write(home.path().join("b"), &text[..text.len() / 2]).unwrap();
    check(&["restore", "b", "--replace"], 1, "nothing of it is used");
    home.start().stop();
}

/// Whether this stands anywhere in a folder's files, those of the database left out, which uses its space again.
fn stands_in(folder: &Path, text: &str) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            path.file_name().is_some_and(|name| name != "store") && stands_in(&path, text)
        } else {
            String::from_utf8_lossy(&fs::read(path).unwrap()).contains(text)
        }
    })
}

#[test]
fn what_is_forgotten_leaves_no_trace() {
    let home = Home::new();
    let folder = home.path().join("Mail");
    maildir::make(&folder);
    home.configure(&[PERSON, INTO_FOLDER, ACCOUNT, YEARLY]);
    let daemon = home.start();
    let mail = |subject: &str| maildir::deliver(&folder, maildir::letter(subject).as_bytes());
    mail("xylophone");
    daemon.until("it is held", |status| status["held"] == 1 && status["errands"] == 0);
    let id = daemon.json(&["held"])[0]["id"].as_str().unwrap().to_owned();
    let (code, _, err) = home.run(&["forget", &id]);
    assert!(code == 1 && err.contains("1 is not delivered yet"), "{err}");
    let (code, _, err) = home.run(&["forget", "Bob@Example.net"]);
    assert!(code == 1 && err.contains("1 is not delivered yet"), "{err}");
    daemon.tell(&["digest", "now", "--wait"]);
    daemon.settled();
    assert!(stands_in(&home.state(), "xylophone"), "the letter is in the spool");
    mail("yarrow");
    daemon.until("it is held", |status| status["held"] == 1 && status["errands"] == 0);

    let (code, _, err) = home.run(&["forget", "bob@example.net"]);
    assert!(code == 1 && err.contains("1 item is forgotten") && err.contains("1 is not delivered"), "{err}");
    assert!(!stands_in(&home.state(), "xylophone"));
    assert_eq!(home.run(&["held", "show", &id]).0, 1, "the item is not known");
    assert_eq!(daemon.count("held"), 1);
    let id = daemon.json(&["held"])[0]["id"].as_str().unwrap().to_owned();
    daemon.tell(&["held", "drop", &id[..8]]);
    let said = daemon.tell(&["forget", &id[..8]]);
    assert!(said.contains("1 item is forgotten"), "{said}");
    assert_eq!(maildir::subjects(&folder, "Held"), ["xylophone", "yarrow"], "the mail stays");
    daemon.settled();
    daemon.stop();
    let (code, _, _) = home.run(&["backup", "b"]);
    assert_eq!(code, 0);
    let backup = fs::read(home.path().join("b")).unwrap();
    assert!(!String::from_utf8_lossy(&backup).contains("xylophone"));
}
