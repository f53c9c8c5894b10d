//! The door to a Maildir: what other programs, crashes and hostile files may do to it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use tempfile::TempDir;
use tidings::maildir::fault::MaildirError;
use tidings::maildir::settings::Settings;
use tidings::maildir::{Filed, Maildir, Mark};
use tidings::model::identity::Identity;
use tidings::model::mailbox::{Flags, Mailbox};
use tidings::model::name::{AccountName, PersonName};

const MAIL: &str = "From: a@example.org\nMessage-ID: <1@example.org>\nSubject: hello\n\nline one\nline two\n";

struct Rig {
    folder: TempDir,
    door: Maildir,
}

impl Rig {
    /// A Maildir with INBOX and Held.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for part in ["cur", "new", "tmp"] {
            fs::create_dir(folder.path().join(part)).unwrap();
        }
        let door = Maildir::open(&Settings { path: folder.path().to_path_buf() }).unwrap();
        door.ensure(&held()).unwrap();
        Self { folder, door }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(file), content).unwrap();
    }

    fn has(&self, file: &str) -> bool {
        self.path(file).exists()
    }

    /// All mail of both mailboxes: file names below the Maildir, with their content.
    fn all(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for part in ["new", "cur", ".Held/new", ".Held/cur"] {
            for entry in fs::read_dir(self.path(part)).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(self.folder.path()).unwrap().to_str().unwrap().to_owned();
                all.push((name, fs::read_to_string(path).unwrap()));
            }
        }
        all.sort();
        all
    }

    fn files(&self, mailbox: &Mailbox) -> BTreeSet<String> {
        self.door.list(mailbox).unwrap().found.into_iter().map(|found| found.file).collect()
    }

    fn flags(&self, mailbox: &Mailbox, file: &str) -> Option<Flags> {
        self.door.flags(mailbox, &[file.to_owned()]).unwrap().remove(file)
    }
}

fn inbox() -> Mailbox {
    Mailbox::new("INBOX")
}

fn held() -> Mailbox {
    Mailbox::new("Held")
}

fn there(file: &str) -> Filed {
    Filed::There(file.to_owned())
}

fn open(path: &Path) -> Result<Maildir, MaildirError> {
    Maildir::open(&Settings { path: path.to_path_buf() })
}

#[test]
fn opening_says_what_is_missing() {
    let rig = Rig::new();
    let check = |path: &Path, words: &str| {
        let error = open(path).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    check(&rig.path("nothing"), "there is no folder");
    check(&rig.path("cur"), "is no Maildir: \"new\" is missing");
    fs::rename(rig.path("cur"), rig.path("elsewhere")).unwrap();
    symlink(rig.path("elsewhere"), rig.path("cur")).unwrap();
    check(rig.folder.path(), "\"cur\" is missing or is no folder");
    let error = rig.door.list(&Mailbox::new("No/Such")).unwrap_err();
    assert!(matches!(error, MaildirError::NoMailbox { .. }), "{error}");
}

#[test]
fn a_linked_root_is_followed_but_nothing_below() {
    let rig = Rig::new();
    let outside = tempfile::tempdir().unwrap();
    symlink(rig.folder.path(), outside.path().join("Mail")).unwrap();
    assert!(open(&outside.path().join("Mail")).is_ok());
    for part in ["x/cur", "x/new", "x/tmp"] {
        fs::create_dir_all(outside.path().join(part)).unwrap();
    }
    symlink(outside.path().join("x"), rig.path(".Linked")).unwrap();
    assert!(rig.door.list(&Mailbox::new("Linked")).is_err());
    assert!(rig.door.ensure(&Mailbox::new("Linked")).is_err());
}

#[test]
fn a_mailbox_is_made_once_and_subscribed() {
    let rig = Rig::new();
    let mailbox = Mailbox::new("Grün/Äpfel");
    rig.door.ensure(&mailbox).unwrap();
    rig.door.ensure(&mailbox).unwrap();
    rig.door.ensure(&inbox()).unwrap();
    for part in ["cur", "new", "tmp", "maildirfolder"] {
        assert!(rig.has(&format!(".Gr&APw-n.&AMQ-pfel/{part}")), "{part}");
    }
    let list = fs::read_to_string(rig.path("subscriptions")).unwrap();
    assert_eq!(list, "V\t2\n\nHeld\nGr&APw-n\t&AMQ-pfel\n");
    assert!(!rig.has("subscriptions.lock"));
    assert!(matches!(rig.door.ensure(&Mailbox::new("a.b")), Err(MaildirError::Name { .. })));
    assert!(matches!(rig.door.ensure(&Mailbox::new("../x")), Err(MaildirError::Name { .. })));
}

#[test]
fn another_programs_lock_is_left_alone() {
    let rig = Rig::new();
    rig.write("subscriptions.lock", "theirs");
    rig.door.ensure(&Mailbox::new("Other")).unwrap();
    assert_eq!(fs::read_to_string(rig.path("subscriptions.lock")).unwrap(), "theirs");
    assert!(rig.has(".Other/cur"));
}

#[test]
fn a_list_has_every_mail_and_nothing_else() {
    let rig = Rig::new();
    rig.write("new/1.a", MAIL);
    rig.write("cur/2.b,S=5:2,FS", "12345");
    rig.write("cur/3.c:2,DRTx", "");
    rig.write("cur/.hidden", "x");
    rig.write("cur/4.d\nInjected: yes:2,", "x");
    rig.write("tmp/5.e", "x");
    fs::create_dir(rig.path("cur/6.f")).unwrap();
    symlink("/etc/passwd", rig.path("new/7.g")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, rig.path("new/8.h"), rustix::fs::Mode::RUSR).unwrap();
    rig.write("new/9.i", "x");
    rig.write("cur/9.i:2,S", "x");
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::ffi::OsStrExt;
        fs::write(rig.path("new").join(std::ffi::OsStr::from_bytes(b"10.\xff")), "x").unwrap();
    }
    let listing = rig.door.list(&inbox()).unwrap();
    let mut found: Vec<_> =
        listing.found.iter().map(|f| (f.file.as_str(), f.bytes, f.flags.seen, f.flags.in_other_hands())).collect();
    found.sort_unstable();
    let expected = [
        ("1.a", MAIL.len() as u64, false, false),
        ("2.b,S=5", 5, true, true),
        ("3.c", 0, false, true),
        ("9.i", 1, true, true),
    ];
    assert_eq!(found, expected);
    let notes = [
        "entries with a name that no mail has: 2",
        "entries that are no regular files: 3",
        "entries twice under one name: 1",
    ];
    assert_eq!(listing.notes, notes);
    // Nothing odd can be read, and a pipe keeps nobody waiting.
    for odd in ["6.f", "7.g", "8.h", ".hidden", "../tmp/5.e", "4.d\nInjected: yes", "", "nothing"] {
        assert_eq!(rig.door.read_head(&inbox(), odd, 100).unwrap(), None, "{odd:?}");
        assert_eq!(rig.door.file(&inbox(), odd, &held()).unwrap(), Filed::Gone, "{odd:?}");
    }
}

#[test]
fn the_time_is_the_files_else_its_names() {
    let rig = Rig::new();
    let received = |name: &str, modified: SystemTime| {
        rig.write(&format!("new/{name}"), MAIL);
        fs::File::open(rig.path(&format!("new/{name}"))).unwrap().set_modified(modified).unwrap();
        let listing = rig.door.list(&inbox()).unwrap();
        listing.found.iter().find(|found| found.file == name).unwrap().received_at.as_second()
    };
    let epoch = SystemTime::UNIX_EPOCH;
    assert_eq!(received("1700000000.a", epoch + Duration::from_secs(1_800_000_000)), 1_800_000_000);
    assert_eq!(received("1700000000.b", epoch), 1_700_000_000);
    assert_eq!(received("none", epoch), 0);
    assert_eq!(received("99999999999999999999.c", epoch), 0);
}

#[test]
fn a_head_gives_the_identity_of_imap() {
    let rig = Rig::new();
    rig.write("new/unix", MAIL);
    rig.write("new/dos", MAIL.replace('\n', "\r\n"));
    let (person, account) = (PersonName::new("me"), AccountName::new("work"));
    let identity = |file: &str| {
        let head = rig.door.read_head(&inbox(), file, 8).unwrap().unwrap();
        assert_eq!(head.text, b"line one");
        Identity::of_content(&person, &account, &head.header, head.size)
    };
    let crlf = MAIL.replace('\n', "\r\n");
    let (header, _) = crlf.split_at(crlf.find("line one").unwrap());
    let by_imap = Identity::of_content(&person, &account, header.as_bytes(), crlf.len() as u64);
    assert_eq!(identity("unix"), by_imap);
    assert_eq!(identity("dos"), by_imap);
    let whole = rig.door.read_whole(&inbox(), "unix", 10).unwrap().unwrap();
    assert_eq!(whole, b"From: a@ex");
}

#[test]
fn filing_keeps_name_flags_and_content() {
    let rig = Rig::new();
    rig.write("new/1.a", "one");
    rig.write("cur/2.b:2,FRa", "two");
    assert_eq!(rig.door.file(&inbox(), "1.a", &held()).unwrap(), there("1.a"));
    assert_eq!(rig.door.file(&inbox(), "2.b", &held()).unwrap(), there("2.b"));
    let all = [(".Held/cur/1.a:2,", "one"), (".Held/cur/2.b:2,FRa", "two")];
    assert_eq!(rig.all(), all.map(|(name, text)| (name.to_owned(), text.to_owned())));
    // Again: an answer that was lost.
    assert_eq!(rig.door.file(&inbox(), "1.a", &held()).unwrap(), there("1.a"));
    assert_eq!(rig.door.file(&held(), "1.a", &held()).unwrap(), there("1.a"));
    assert_eq!(rig.door.file(&held(), "3.c", &held()).unwrap(), Filed::Gone);
    fs::remove_file(rig.path(".Held/cur/1.a:2,")).unwrap();
    assert_eq!(rig.door.file(&inbox(), "1.a", &held()).unwrap(), Filed::Gone);
    assert_eq!(rig.door.file(&held(), "2.b", &inbox()).unwrap(), there("2.b"));
}

#[test]
fn a_crash_between_link_and_unlink_is_mended() {
    let check = |here: &str, there_: &str, copy: fn(&Path, &Path)| {
        let rig = Rig::new();
        rig.write(here, MAIL);
        copy(&rig.path(here), &rig.path(there_));
        // Both copies are one mail: whoever looks meanwhile computes one identity.
        let head = |mailbox| rig.door.read_head(&mailbox, "1.a", 100).unwrap().unwrap();
        assert_eq!(head(inbox()), head(held()));
        assert_eq!(rig.door.file(&inbox(), "1.a", &held()).unwrap(), there("1.a"));
        assert_eq!(rig.all(), [(there_.to_owned(), MAIL.to_owned())]);
        assert_eq!(fs::read_dir(rig.path("tmp")).unwrap().count(), 0);
    };
    let link: fn(&Path, &Path) = |from, to| fs::hard_link(from, to).unwrap();
    let copy: fn(&Path, &Path) = |from, to| assert!(fs::copy(from, to).is_ok());
    check("new/1.a", ".Held/cur/1.a:2,", link);
    check("cur/1.a:2,S", ".Held/cur/1.a:2,", link);
    check("cur/1.a:2,S", ".Held/cur/1.a:2,FS", copy);
    check("new/1.a", ".Held/new/1.a", copy);
}

#[test]
fn another_mail_under_the_same_name_stays() {
    let rig = Rig::new();
    rig.write("cur/1.a,S=3:2,S", "one");
    rig.write(".Held/cur/1.a,S=3:2,", "two");
    rig.write(".Held/new/1.a.t1,S=3", "six");
    assert_eq!(rig.door.file(&inbox(), "1.a,S=3", &held()).unwrap(), there("1.a.t2,S=3"));
    let all = [(".Held/cur/1.a,S=3:2,", "two"), (".Held/cur/1.a.t2,S=3:2,S", "one"), (".Held/new/1.a.t1,S=3", "six")];
    assert_eq!(rig.all(), all.map(|(name, text)| (name.to_owned(), text.to_owned())));
}

#[test]
fn marks_stay_and_go_along() {
    let rig = Rig::new();
    rig.write("new/1.a", "one");
    rig.write("cur/2.b:2,FTx", "two");
    let both = ["1.a".to_owned(), "2.b".to_owned(), "gone".to_owned()];
    assert_eq!(rig.door.mark(&inbox(), &both, Mark::Seen).unwrap(), 2);
    assert_eq!(rig.door.mark(&inbox(), &both, Mark::Seen).unwrap(), 2);
    assert!(rig.has("cur/1.a:2,S"));
    assert!(rig.has("cur/2.b:2,FSTx"));
    assert_eq!(rig.door.mark(&inbox(), &both[..1], Mark::Listed).unwrap(), 1);
    assert_eq!(rig.door.mark(&inbox(), &both[..1], Mark::Listed).unwrap(), 1);
    assert_eq!(fs::read_to_string(rig.path("tidings-listed")).unwrap(), "1.a\n");
    let flags = rig.flags(&inbox(), "1.a").unwrap();
    assert!(flags.listed && flags.seen);
    assert!(!rig.flags(&inbox(), "2.b").unwrap().listed);
    rig.door.file(&inbox(), "1.a", &held()).unwrap();
    assert!(rig.flags(&held(), "1.a").unwrap().listed);
    assert_eq!(rig.flags(&inbox(), "1.a"), None);
    assert!(rig.door.list(&held()).unwrap().found[0].flags.listed);
}

/// Whether it could be guessed how a file is called or not, and of a mail that lies there twice what its reader made of it.
#[test]
fn flags_are_told_of_many_at_once() {
    let rig = Rig::new();
    for name in ["cur/1.new:2,", "cur/2.read:2,S", "cur/3.kept:2,FS", "new/4.fresh", "cur/5.twice:2,F", "new/5.twice"] {
        rig.write(name, name);
    }
    let asked = ["1.new", "2.read", "3.kept", "4.fresh", "5.twice", "6.gone"].map(str::to_owned);
    let told = rig.door.flags(&inbox(), &asked).unwrap();
    let told: Vec<_> = told.iter().map(|(file, flags)| (file.as_str(), flags.seen, flags.flagged)).collect();
    let expected = [
        ("1.new", false, false),
        ("2.read", true, false),
        ("3.kept", true, true),
        ("4.fresh", false, false),
        ("5.twice", false, true),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_torn_list_of_marks_harms_one_line() {
    let rig = Rig::new();
    for name in ["1.a", "2.b", "3.c"] {
        rig.write(&format!("new/{name}"), name);
    }
    rig.write("tidings-listed", "1.a\n2.");
    rig.door.mark(&inbox(), &["3.c".to_owned()], Mark::Listed).unwrap();
    let listed = |file: &str| rig.flags(&inbox(), file).unwrap().listed;
    assert_eq!(["1.a", "2.b", "3.c"].map(listed), [true, false, true]);
    rig.write("tidings-listed", [0xFF, b'\n', b'1', b'.', b'a', b'\n']);
    assert!(listed("1.a"));
    fs::remove_file(rig.path("tidings-listed")).unwrap();
    symlink("/etc/passwd", rig.path("tidings-listed")).unwrap();
    assert!(rig.door.mark(&inbox(), &["3.c".to_owned()], Mark::Listed).is_err());
}

#[test]
fn the_list_of_marks_stays_small() {
    let rig = Rig::new();
    rig.write("new/kept", "x");
    rig.write("new/added", "x");
    let old: String = (0..3_998).map(|n| format!("gone{n}\n")).collect();
    rig.write("tidings-listed", format!("kept\n{old}"));
    rig.door.mark(&inbox(), &["added".to_owned()], Mark::Listed).unwrap();
    assert_eq!(fs::read_to_string(rig.path("tidings-listed")).unwrap(), "kept\nadded\n");
}

#[test]
fn a_notice_is_appended_once_and_found() {
    let rig = Rig::new();
    let notice = b"Message-ID: <n@tidings>\r\nSubject: notice\r\n\r\nbody\r\n";
    let file = rig.door.append(&inbox(), notice, "n@tidings").unwrap();
    assert_eq!(rig.door.append(&inbox(), notice, "n@tidings").unwrap(), file);
    assert_eq!(rig.files(&inbox()), BTreeSet::from([file.clone()]));
    assert_eq!(
        fs::read(rig.path(&format!("new/{file}"))).unwrap(),
        b"Message-ID: <n@tidings>\nSubject: notice\n\nbody\n"
    );
    // Its reader has read it meanwhile.
    rig.door.mark(&inbox(), std::slice::from_ref(&file), Mark::Seen).unwrap();
    assert_eq!(rig.door.append(&inbox(), notice, "n@tidings").unwrap(), file);
    assert_eq!(rig.files(&inbox()).len(), 1);
    assert_eq!(rig.door.find(&inbox(), "n@tidings").unwrap(), Some(file));
    assert_eq!(rig.door.find(&inbox(), "@tidings").unwrap(), None);
    assert_eq!(fs::read_dir(rig.path("tmp")).unwrap().count(), 0);
}

#[test]
fn the_newest_of_two_is_found() {
    let rig = Rig::new();
    for (name, seconds) in [("old", 1_000), ("new", 2_000)] {
        rig.write(&format!("new/{name}"), MAIL);
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        fs::File::open(rig.path(&format!("new/{name}"))).unwrap().set_modified(time).unwrap();
    }
    assert_eq!(rig.door.find(&inbox(), "1@example.org").unwrap().as_deref(), Some("new"));
}

#[test]
fn a_young_stamp_proves_nothing() {
    let rig = Rig::new();
    let stamp = |now: Timestamp| rig.door.stamp(&inbox(), now).unwrap();
    let written: SystemTime = fs::metadata(rig.path("new")).unwrap().modified().unwrap();
    let since = Timestamp::try_from(written).unwrap();
    let later = since + Duration::from_secs(60);
    let (young, old) = (stamp(since + Duration::from_secs(1)), stamp(later));
    assert!(young.may_differ(&old));
    assert!(!old.may_differ(&stamp(later)));
    assert!(stamp(since - Duration::from_secs(60)).may_differ(&old), "a clock that was set back");
    // A change that the clock of the file system has seen.
    let changed = written + Duration::from_secs(65);
    rig.write("new/1.a", MAIL);
    fs::File::open(rig.path("new")).unwrap().set_modified(changed).unwrap();
    assert!(old.may_differ(&stamp(later + Duration::from_secs(60))));
}

#[test]
fn what_vanishes_after_the_list_is_gone() {
    let rig = Rig::new();
    rig.write("new/1.a", MAIL);
    assert_eq!(rig.files(&inbox()).len(), 1);
    fs::remove_file(rig.path("new/1.a")).unwrap();
    assert_eq!(rig.door.read_head(&inbox(), "1.a", 100).unwrap(), None);
    assert_eq!(rig.flags(&inbox(), "1.a"), None);
    assert_eq!(rig.door.mark(&inbox(), &["1.a".to_owned()], Mark::Seen).unwrap(), 0);
    assert_eq!(rig.door.file(&inbox(), "1.a", &held()).unwrap(), Filed::Gone);
}

#[test]
fn a_folder_that_may_not_be_read_says_so() {
    use std::os::unix::fs::PermissionsExt;
    if rustix::process::geteuid().is_root() {
        println!("not run: root may read everything");
        return;
    }
    let rig = Rig::new();
    fs::set_permissions(rig.path("new"), fs::Permissions::from_mode(0o000)).unwrap();
    let error = rig.door.list(&inbox()).unwrap_err().to_string();
    assert!(error.contains("needs to own it"), "{error}");
    fs::set_permissions(rig.path("new"), fs::Permissions::from_mode(0o700)).unwrap();
}

/// Two doors move the same mail to and fro while a third program changes flags, as mutt and Dovecot would.
#[test]
fn programs_that_move_at_once_lose_nothing() {
    let rig = Rig::new();
    let names: Vec<String> = (0..60).map(|n| format!("{n}.m")).collect();
    for name in &names {
        rig.write(&format!("new/{name}"), name);
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let mover = |from: Mailbox, to: Mailbox| {
            let (door, names) = (rig.door.clone(), &names);
            move || {
                for name in (0..4).flat_map(|_| names) {
                    match door.file(&from, name, &to) {
                        Ok(Filed::There(file)) => assert_eq!(&file, name),
                        Ok(Filed::Gone) | Err(MaildirError::Busy(_)) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        };
        let movers = [
            scope.spawn(mover(inbox(), held())),
            scope.spawn(mover(held(), inbox())),
            scope.spawn(mover(inbox(), held())),
        ];
        let (rig, done) = (&rig, &done);
        scope.spawn(move || {
            while !done.load(Ordering::Relaxed) {
                for part in ["cur", ".Held/cur"] {
                    for entry in fs::read_dir(rig.path(part)).unwrap() {
                        let path = entry.unwrap().path().to_str().unwrap().to_owned();
                        let flipped = match path.strip_suffix(":2,F") {
                            Some(plain) => format!("{plain}:2,"),
                            None => format!("{path}F"),
                        };
                        // It is gone by now: as with any two programs.
                        let _ = fs::rename(&path, flipped);
                    }
                }
            }
        });
        for mover in movers {
            mover.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
    let mut kept: Vec<String> = rig.all().into_iter().map(|(_, content)| content).collect();
    kept.sort();
    let mut expected = names.clone();
    expected.sort();
    assert_eq!(kept, expected);
}
