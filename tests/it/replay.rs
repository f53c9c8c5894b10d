//! `tidings replay`: mail that is there already, held against the rules by the real binary.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::rig::daemon::{Home, INTO_FOLDER, YEARLY};

const RULES: &str = r#"
[[quiet]]
name = "nights"
days = "mon-sun"
from = "22:00"
until = "06:00"

[[rule]]
name = "sirens"
subject = "fire"
urgency = "urgent"

[[rule]]
name = "lists"
list = true
urgency = "drop"

[[rule]]
name = "at night"
during = "quiet"
urgency = "low"

[[rule]]
name = "not mine"
subject = "robot"
urgency = "ignore"

[[rule]]
name = "never seen"
subject = "unicorn"
urgency = "critical"
"#;

fn home() -> Home {
    let home = Home::new();
    let account = "[[account]]\nname = \"local\"\nmaildir = \"Mail\"\n";
    home.configure(&[
        "timezone = \"Etc/UTC\"\n[me]\naddresses = [\"ada@test.example\"]\n",
        INTO_FOLDER,
        account,
        YEARLY,
        RULES,
    ]);
    home
}

/// A mail of 10 January 2024 at this time of day.
fn mail(subject: &str, time: &str, more: &str) -> String {
    format!(
        "From: Tom <tom@test.example>\nTo: ada@test.example\nSubject: {subject}\nDate: Wed, 10 Jan 2024 {time}:00 +0000\n\
         Message-ID: <{subject}@test.example>\n{more}\nText of it.\n"
    )
}

/// One of each kind.
fn mails() -> Vec<String> {
    vec![
        mail("fire", "12:00", ""),
        mail("fire again", "23:00", ""),
        mail("lunch", "12:00", ""),
        mail("stars", "23:30", ""),
        mail("news", "12:00", "List-Id: <news.test.example>\n"),
        mail("robot", "12:00", ""),
        mail("mine", "12:00", "").replace("tom@", "ada@"),
    ]
}

fn mbox(mails: &[String]) -> String {
    mails.iter().map(|mail| format!("From tom@test.example Wed Jan 10 09:41:00 2024\n{mail}\n")).collect()
}

fn maildir(path: &Path, mails: &[String]) {
    for sub in ["cur", "new", "tmp", "cur/.hidden"] {
        fs::create_dir_all(path.join(sub)).unwrap();
    }
    for (number, mail) in mails.iter().enumerate() {
        let name = if number % 2 == 0 { format!("new/{number}.x.y") } else { format!("cur/{number}.x.y:2,RS") };
        fs::write(path.join(name), mail).unwrap();
    }
}

fn counts(home: &Home, words: &[&str]) -> Value {
    let mut all = vec!["replay", "--json"];
    all.extend(words);
    let (code, out, err) = home.run(&all);
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

fn expected() -> Value {
    json!({
        "messages": 7, "urgent": 2, "held": 2, "dropped": 1, "passed": 1, "ignored": 1, "unreadable": 0,
        "rules": {"sirens": 2, "lists": 1, "at night": 1, "not mine": 1},
    })
}

/// As files, as an mbox and as a Maildir the same mail is judged the same, each as of its own date.
#[test]
fn mail_of_every_form_is_counted() {
    let home = home();
    home.write("box.mbox", &mbox(&mails()));
    maildir(&home.path().join("Mail"), &mails());
    let files: Vec<String> = (0..7).map(|number| format!("{number}.eml")).collect();
    files.iter().zip(mails()).for_each(|(file, mail)| drop(home.write(file, &mail)));
    assert_eq!(counts(&home, &["box.mbox"]), expected());
    assert_eq!(counts(&home, &["Mail"]), expected());
    assert_eq!(counts(&home, &files.iter().map(String::as_str).collect::<Vec<_>>()), expected());
    let both = counts(&home, &["Mail", "box.mbox", "0.eml"]);
    assert_eq!((&both["messages"], &both["urgent"]), (&json!(15), &json!(5)));
}

/// `--at` moves all of it: into the night, where the rule on quiet hours decides.
#[test]
fn one_moment_for_all() {
    let home = home();
    home.write("box.mbox", &mbox(&mails()));
    let told = counts(&home, &["--at", "2024-01-10T23:00:00Z", "box.mbox"]);
    assert_eq!((&told["urgent"], &told["rules"]["at night"], &told["ignored"]), (&json!(2), &json!(3), &json!(0)));
}

#[test]
fn standard_input_is_read() {
    let home = home();
    let mut command: Command = home.command(&["replay", "--json", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(mbox(&mails()).as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), expected());
}

/// Each message is told by the same id, level and rule that `explain` gives.
#[test]
fn items_are_what_explain_says() {
    let home = home();
    let mut told = 0;
    for mail in mails() {
        home.write("one.eml", &mail);
        let items = counts(&home, &["--items", "--at", "2024-01-10T12:00:00Z", "one.eml"]);
        let item = &items["items"][0];
        let (_, out, _) = home.run(&["explain", "--json", "--at", "2024-01-10T12:00:00Z", "one.eml"]);
        let explained: Value = serde_json::from_str(&out).unwrap();
        for key in ["id", "urgency", "rule", "score", "subject", "from", "outcome"] {
            assert_eq!(item.get(key), explained.get(key), "{key}");
        }
        told += 1;
    }
    assert_eq!(told, 7);
    home.write("box.mbox", &mbox(&mails()));
    assert_eq!(counts(&home, &["--items", "box.mbox"])["items"].as_array().unwrap().len(), 7);
    home.write("empty", "");
    assert_eq!(
        counts(&home, &["--items", "Mail", "box.mbox"].map(|one| if one == "Mail" { "empty" } else { one }))["messages"],
        8
    );
}

#[track_caller]
fn check(home: &Home, words: &[&str], code: i32, expected: &Expect) {
    let (found, out, err) = home.run(words);
    assert_eq!(found, code, "{err}");
    let place = home.path().display().to_string();
    expected.assert_eq(&format!("{out}{}", err.replace(&place, "HOME")));
}

#[test]
fn people_read_a_summary() {
    let home = home();
    home.write("box.mbox", &mbox(&mails()));
    check(
        &home,
        &["replay", "box.mbox"],
        0,
        &expect![[r#"
        7 messages
          urgent            2  pass at once, or when quiet hours end
          held              2  wait for a digest
          dropped           1  are filed, in no digest
          passed            1  pass because they are never held, or no digest takes them
          ignored           1  are left alone

        RULE        MESSAGES
        sirens             2
        lists              1
        at night           1
        not mine           1
        never seen         0  never matched
        (no rule)          2
    "#]],
    );
    check(
        &home,
        &["replay", "--items", "box.mbox"],
        0,
        &expect![[r#"
        urgent    bfd7580b  "sirens"  tom@test.example: fire
        urgent    b94ea036  "sirens"  tom@test.example: fire again
        normal    79111367  no rule  tom@test.example: lunch
        low       d0045122  "at night"  tom@test.example: stars
        drop      223fdc35  "lists"  tom@test.example: news
        ignore    7ade32f3  "not mine"  tom@test.example: robot
        pass      30e978d7  no rule  ada@test.example: mine
        7 messages
          urgent            2  pass at once, or when quiet hours end
          held              2  wait for a digest
          dropped           1  are filed, in no digest
          passed            1  pass because they are never held, or no digest takes them
          ignored           1  are left alone

        RULE        MESSAGES
        sirens             2
        lists              1
        at night           1
        not mine           1
        never seen         0  never matched
        (no rule)          2
    "#]],
    );
}

/// What cannot be read is said, and the rest is judged.
#[test]
fn what_is_no_mail_is_named() {
    let home = home();
    home.write("box.mbox", &mbox(&mails()[..1]));
    fs::create_dir(home.path().join("folder")).unwrap();
    check(
        &home,
        &["replay", "folder", "box.mbox", "absent", "/dev/null"],
        1,
        &expect![[r#"
        1 message
          urgent            1  pass at once, or when quiet hours end
          held              0  wait for a digest

        RULE        MESSAGES
        sirens             1
        lists              0  never matched
        at night           0  never matched
        not mine           0  never matched
        never seen         0  never matched
        (no rule)          0
        tidings: "folder" cannot be replayed: the folder is no Maildir: it has no "new" and "cur"; name the Maildirs below it
        tidings: "absent" cannot be replayed: No such file or directory (os error 2)
        tidings: "/dev/null" cannot be replayed: it is neither a Maildir nor a file
    "#]],
    );
    check(
        &home,
        &["replay"],
        2,
        &expect![[r#"
        error: the following required arguments were not provided:
          <MAILDIR|MBOX|FILE>...

        Usage: tidings replay <MAILDIR|MBOX|FILE>...

        For more information, try '--help'.
    "#]],
    );
    check(
        &home,
        &["replay", "--rules", "x", "box.mbox"],
        2,
        &expect![[r#"
        error: unexpected argument '--rules' found

          tip: to pass '--rules' as a value, use '-- --rules'

        Usage: tidings replay [OPTIONS] <MAILDIR|MBOX|FILE>...

        For more information, try '--help'.
    "#]],
    );
    check(
        &home,
        &["replay", "--at", "noon", "box.mbox"],
        2,
        &expect![[r#"
        error: invalid value 'noon' for '--at <TIME>': write an RFC 3339 time such as 2027-01-13T09:41:00Z

        For more information, try '--help'.
    "#]],
    );
}
