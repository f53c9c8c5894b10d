//! `tidings replay`: mail that is there already, held against the rules by the real binary.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use expect_test::{Expect, expect};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tidings::cli::judged::AsOf;
use tidings::cli::known::Known;
use tidings::cli::replay::engine::{self, Bench, Source, Told};
use tidings::cli::replay::ledger;
use tidings::config;
use tidings::config::environment::Environment;
use tidings::config::ready::Config;
use tidings::model::identity::Identity;
use tidings::model::verdict::{Reason, Urgency, Verdict};
use tokio::runtime::Handle;

use crate::rig::daemon::{Home, INTO_FOLDER, YEARLY};
use crate::rig::inside::House;

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

/// What is counted of these mails, whatever the signals say of those that no rule decides.
#[track_caller]
fn is_expected(told: &Value) {
    let expected = json!({
        "messages": 7, "urgent": 2, "held": 2, "dropped": 1, "passed": 1, "ignored": 1, "unreadable": 0,
        "rules": {"sirens": 2, "lists": 1, "at night": 1, "not mine": 1},
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&told[key], value, "{key}");
    }
}

/// As files, as an mbox and as a Maildir the same mail is judged the same, each as of its own date.
#[test]
fn mail_of_every_form_is_counted() {
    let home = home();
    home.write("box.mbox", &mbox(&mails()));
    maildir(&home.path().join("Mail"), &mails());
    let files: Vec<String> = (0..7).map(|number| format!("{number}.eml")).collect();
    files.iter().zip(mails()).for_each(|(file, mail)| drop(home.write(file, &mail)));
    is_expected(&counts(&home, &["box.mbox"]));
    is_expected(&counts(&home, &["Mail"]));
    is_expected(&counts(&home, &files.iter().map(String::as_str).collect::<Vec<_>>()));
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
    is_expected(&serde_json::from_slice(&output.stdout).unwrap());
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
    // What the signals say is not what is asked here.
    let out = out.split("\nSIGNAL").next().unwrap();
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
    // The items, and then the same summary.
    let (summary, both) = (home.run(&["replay", "box.mbox"]).1, home.run(&["replay", "--items", "box.mbox"]).1);
    expect![[r#"
        urgent    bfd7580b  "sirens"  tom@test.example: fire
        urgent    b94ea036  "sirens"  tom@test.example: fire again
        normal    79111367  no rule  tom@test.example: lunch
        low       d0045122  "at night"  tom@test.example: stars
        drop      223fdc35  "lists"  tom@test.example: news
        ignore    7ade32f3  "not mine"  tom@test.example: robot
        pass      30e978d7  no rule  ada@test.example: mine
    "#]]
    .assert_eq(both.strip_suffix(&summary).unwrap());
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
        &["replay", "--at", "noon", "box.mbox"],
        2,
        &expect![[r#"
        error: invalid value 'noon' for '--at <TIME>': write an RFC 3339 time such as 2027-01-13T09:41:00Z

        For more information, try '--help'.
    "#]],
    );
}

/// A thousand mails through all threads: in the order in which they lie there, and each the same as by itself.
#[test]
fn many_are_judged_in_order() {
    let home = home();
    let subject =
        |number: usize| if number.is_multiple_of(3) { format!("fire {number}") } else { format!("lunch {number}") };
    let mails: Vec<String> =
        (0..1_000).map(|number| mail(&subject(number), "12:00", &"X-Long: x\n".repeat(number % 50))).collect();
    home.write("box.mbox", &mbox(&mails));
    let told = counts(&home, &["--items", "box.mbox"]);
    let subjects: Vec<&str> =
        told["items"].as_array().unwrap().iter().map(|item| item["subject"].as_str().unwrap()).collect();
    assert_eq!(subjects, (0..1_000).map(subject).collect::<Vec<_>>());
    assert_eq!(
        (&told["messages"], &told["urgent"], &told["rules"]["sirens"]),
        (&json!(1_000), &json!(334), &json!(334))
    );
    home.write("one.eml", &mails[500]);
    assert_eq!(counts(&home, &["--items", "one.eml"])["items"][0], told["items"][500]);
}

/// Two configurations: what ends otherwise, both ways, and by what.
#[test]
fn other_rules_are_compared() {
    let home = home();
    home.write("box.mbox", &mbox(&mails()));
    let first = fs::read_to_string(home.path().join("tidings.toml")).unwrap();
    let other = first.replace("subject = \"fire\"", "subject = \"lunch\"").replace("\"drop\"", "\"low\"");
    home.write("other.toml", &other);
    let told = counts(&home, &["--items", "--rules", "other.toml", "box.mbox"]);
    is_expected(&told);
    let compared = &told["compared"];
    let numbers =
        ["messages", "urgent", "held", "changed", "to_urgent", "from_urgent"].map(|key| compared[key].clone());
    assert_eq!(json!(numbers), json!([7, 1, 4, 4, 1, 2]));
    assert_eq!(told["items"][2]["compared"]["rule"], "sirens");
    assert_eq!(told["items"][0]["compared"]["urgency"], "normal");
    let changes: Vec<&Value> = compared["changes"].as_array().unwrap().iter().collect();
    assert!(changes.contains(&&json!({
        "was": "dropped by rule \"lists\"", "becomes": "held for \"all\" by rule \"lists\"", "messages": 1,
    })));
    let total: u64 = changes.iter().map(|change| change["messages"].as_u64().unwrap()).sum();
    assert_eq!(total, 4);
    let (_, out, _) = home.run(&["replay", "--rules", "other.toml", "box.mbox"]);
    assert!(out.contains("4 messages end otherwise: 1 would be urgent, 2 not any more"), "{out}");
    let (code, _, err) = home.run(&["replay", "--rules", "none.toml", "box.mbox"]);
    assert!(code == 2 && err.contains("none.toml"), "{err}");
}

/// Flags, and answers found among the same mails, say what was wanted at once and what nobody opened.
#[test]
fn what_people_did_is_counted() {
    let home = home();
    for sub in ["cur", "new", "tmp"] {
        fs::create_dir_all(home.path().join("Mail").join(sub)).unwrap();
    }
    let answer = |to: &str, time: &str| {
        mail(&format!("answer-to-{to}"), time, &format!("In-Reply-To: <{to}@test.example>\n")).replace("tom@", "ada@")
    };
    let files = [
        ("new/1", mail("fire", "12:00", "")),
        ("cur/2:2,S", mail("fire-drill", "12:00", "")),
        ("cur/3:2,RS", mail("lunch", "12:00", "")),
        ("cur/4:2,S", mail("dinner", "12:00", "")),
        ("new/5", mail("news", "12:00", "List-Id: <news.test.example>\n")),
        ("cur/6:2,FS", mail("plan", "12:00", "")),
        // Before what it answers, and too late.
        ("cur/0:2,S", answer("lunch", "12:15")),
        ("cur/7:2,S", answer("dinner", "12:16")),
        ("cur/8:2,S", answer("fire-drill", "12:03")),
    ];
    files.iter().for_each(|(name, text)| drop(home.write(&format!("Mail/{name}"), text)));
    let people = counts(&home, &["Mail"])["people"].clone();
    let deeds = |which: &str| {
        ["messages", "answered_soon", "answered", "flagged", "opened", "never_opened", "unknown"]
            .map(|key| people[which][key].as_u64().unwrap())
    };
    assert_eq!((deeds("urgent"), deeds("held")), ([2, 1, 1, 0, 1, 1, 0], [4, 1, 2, 1, 3, 1, 0]));
    // Without flags nobody knows; an mbox has them in fields.
    home.write("box.mbox", &mbox(&[mail("fire", "12:00", ""), mail("lunch", "12:00", "Status: RO\nX-Status: A\n")]));
    let people = counts(&home, &["box.mbox"])["people"].clone();
    assert_eq!((&people["urgent"]["unknown"], &people["held"]["answered"]), (&json!(1), &json!(1)));
}

/// The daemon's ledger is copied, whether the daemon runs or not, and judged as of the moment at which it was taken.
#[test]
fn the_ledger_is_replayed() {
    let home = home();
    // It runs at any hour.
    let by_night = fs::read_to_string(home.path().join("tidings.toml")).unwrap();
    let by_day = by_night.split("[[quiet]]").next().unwrap();
    let rules =
        by_night.split("until = \"06:00\"").nth(1).unwrap().replace("during = \"quiet\"", "subject = \"night\"");
    home.configure(&[by_day, &rules]);
    for sub in ["cur", "new", "tmp"] {
        fs::create_dir_all(home.path().join("Mail").join(sub)).unwrap();
    }
    let (code, _, err) = home.run(&["replay", "--ledger"]);
    assert!(code == 1 && err.contains("the ledger cannot be replayed"), "{err}");
    let mut daemon = home.start();
    daemon.ready();
    let today = |subject: &str| mail(subject, "12:00", "").replace("Date: Wed, 10 Jan 2024 12:00:00 +0000\n", "");
    ["fire", "lunch", "robot"].iter().for_each(|subject| {
        home.write(&format!("Mail/new/{subject}"), &today(subject));
    });
    daemon.until("all are taken", |status| status["held"] == 1);
    daemon.settled();
    let running = counts(&home, &["--ledger", "--items"]);
    let numbers = ["messages", "urgent", "held", "ignored"].map(|key| running[key].clone());
    assert_eq!(json!(numbers), json!([3, 1, 1, 1]));
    let held = daemon.json(&["held"]);
    let id = held[0]["id"].clone();
    assert!(running["items"].as_array().unwrap().iter().any(|item| item["id"] == id && item["outcome"] == "hold"));
    daemon.stop();
    assert_eq!(counts(&home, &["--ledger", "--items"]), running);
}

/// Without `--config`.
fn measured(home: &Home, words: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
    let output = command.args(["replay", "--json"]).args(words).current_dir(home.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What was sent is judged by default settings, without any configuration, and held against its labels.
#[test]
fn labels_are_measured() {
    let home = Home::new();
    let item = |id: &str, label: &str, source: &str, confidence: f64, channel: &str| {
        json!({
            "id": id, "label": label, "label_source": source, "confidence": confidence, "channel": channel, "sample": "natural",
            "from": "tom@test.example", "to": "ada@test.example", "subject": "", "text": "Hello.", "date": "", "headers": {},
        })
        .to_string()
    };
    let lines = [
        item("1", "wait", "hand (me)", 0.6, "email"),
        item("2", "urgent", "hand (me)", 0.9, "sms"),
        item("3", "urgent", "hand (me)", 0.59, "sms"),
        item("4", "urgent", "a machine", 1.0, "email"),
    ];
    home.write("labels.jsonl", &(lines.join("\n") + "\n\n"));
    let told = measured(&home, &["--labels", "labels.jsonl"]);
    let numbers = ["items", "urgent", "let_through", "recall", "through", "f1"].map(|key| told[key].clone());
    assert_eq!(json!(numbers), json!([2, 1, 0, 0.0, 0.0, 0.0]));
    assert_eq!((&told["precision"], &told["by_source"]["a machine"]["items"]), (&Value::Null, &json!(1)));
    assert_eq!((&told["by_channel"]["sms"]["items"], &told["by_sample"]["natural"]["items"]), (&json!(1), &json!(2)));
    let wrong = &told["wrong"][0];
    assert_eq!((&wrong["id"], &wrong["label"], &wrong["got"]), (&json!("2"), &json!("urgent"), &json!("wait")));
    assert!(wrong["score"].is_number() && wrong["signals"].is_array() && told.get("judged").is_none());
    let items = measured(&home, &["--items", "--labels", "labels.jsonl"]);
    assert_eq!(items["judged"].as_array().unwrap().len(), 3);

    // By a configuration, rules come first.
    home.configure(&[
        "timezone = \"Etc/UTC\"\n[me]\naddresses = [\"eve@test.example\"]\n",
        INTO_FOLDER,
        YEARLY,
        "[[rule]]\nname = \"all\"\nurgency = \"urgent\"\n",
    ]);
    let told = counts(&home, &["--labels", "labels.jsonl"]);
    assert_eq!((&told["precision"], &told["recall"], &told["through"]), (&json!(0.5), &json!(1.0), &json!(1.0)));

    home.write("labels.jsonl", "{\"label\": \"wait\"}\n{\"label\": \"perhaps\"}\n");
    check(
        &home,
        &["replay", "--labels", "labels.jsonl"],
        1,
        &expect![[r#"
        tidings: "labels.jsonl" cannot be measured: line 2: the label must be "urgent" or "wait"
    "#]],
    );
}

/// A stream of mails as a daemon takes them, one every few minutes: replayed, each gets the same verdict, to the last point
/// and word of evidence, on one thread and on several.
#[tokio::test(flavor = "multi_thread")]
async fn a_replay_judges_as_the_daemon_did() {
    let house = House::new();
    house.configure(STREAM);
    let environment = Environment { runtime_directory: Some(house.path("run")), ..Environment::default() };
    let config = config::load(&house.path("tidings.toml"), &environment).unwrap();
    let began: Timestamp = "2024-05-06T09:00:00Z".parse().unwrap();
    let stream = stream(began);
    let daemon = house.start(began).await;
    let mut taken = BTreeMap::new();
    for (at, mail) in &stream {
        house.deliver("Mail", mail.as_bytes(), *at);
        // The folder is looked at when the clock moves: the mail is taken as it comes.
        daemon.at(*at).await;
        // Time may change a verdict later: the first one is what a replay gives.
        for (identity, verdict) in verdicts(&config, *at).await {
            taken.entry(identity).or_insert(verdict);
        }
    }
    daemon.stop().await.unwrap();
    assert_eq!(taken.len(), stream.len());

    let (person, desk) = (&config.people[0], &config.people[0].desk);
    let paths = [house.path("replayed")];
    lay(&house, "replayed", &stream);
    let latest = stream.last().unwrap().0;
    for threads in [1, 4] {
        let account = person.accounts.first().map(|account| &account.name);
        let known = Known::of(desk, paths.iter().map(|path| (path.as_path(), account)), AsOf::Arrival(latest), latest);
        let bench = Bench { person, other: None, as_of: AsOf::Arrival(latest), latest };
        let mut replayed = BTreeMap::new();
        let sink = |told| {
            let Told::Judged(outcome) = told else { panic!("a mail is not readable") };
            let mut verdict = outcome.verdict;
            // What does not wait is not judged again.
            verdict.again_at = verdict.again_at.filter(|_| outcome.decided.outcome == "hold");
            replayed.insert(outcome.identity, (outcome.subject, verdict));
        };
        engine::replay(&bench, Source::Paths(&paths, Some(Box::new(known))), threads, sink).unwrap();
        assert_eq!(replayed.len(), stream.len());
        for (identity, (subject, verdict)) in &replayed {
            assert_eq!(verdict, &taken[identity], "{subject}");
        }
    }
    let replies = taken.values().filter(|verdict| says(verdict, "reply_to_held")).count();
    assert_eq!(replies, 2, "to what waits");
    // The stream asks for more than one answer.
    let urgent = |verdict: &&Verdict| verdict.decision.level().is_some_and(Urgency::is_synchronous);
    assert!((2..8).contains(&taken.values().filter(urgent).count()));
    let rule = |verdict: &&Verdict| matches!(verdict.reason, Reason::Rule { .. });
    assert_eq!(taken.values().filter(rule).count(), 1);
}

fn says(verdict: &Verdict, signal: &str) -> bool {
    matches!(&verdict.reason, Reason::Signals(tally) if tally.fired.iter().any(|fired| fired.name() == signal))
}

/// A reply says so while what it answers waits: until the slot of its digest, wherever and in whatever order they lie.
#[test]
fn a_reply_is_heard_to_what_waits() {
    let home = Home::new();
    let me = "timezone = \"Etc/UTC\"\n[me]\naddresses = [\"ada@test.example\"]\n";
    let daily = "[[digest]]\nname = \"daily\"\nschedule = \"0 15 * * *\"\ntakes = [\"normal\", \"low\"]\n";
    let rules = "[[rule]]\nname = \"sirens\"\nsubject = \"fire\"\nurgency = \"urgent\"\n";
    home.configure(&[me, INTO_FOLDER, "[signals.weights]\nreply_to_held = -10\n", rules, daily]);
    // Each of somebody else.
    let mail = |subject: &str, time: &str, answers: &str| {
        let answers = match answers {
            "" => String::new(),
            id => format!("In-Reply-To: <{id}@test.example>\nReferences: <{id}@test.example>\n"),
        };
        mail(subject, time, &answers).replace("<tom@", &format!("<{subject}@"))
    };
    let mails = [
        mail("fire", "12:00", ""),
        mail("lunch", "12:00", ""),
        mail("mine", "12:00", "").replace("<mine@test.example>\nTo", "<ada@test.example>\nTo"),
        mail("smoke", "12:01", "fire"),
        mail("yours", "12:01", "mine"),
        // What it answers has passed, and one of its thread waits.
        mail("ashes", "12:02", "fire"),
        mail("soon", "14:59", "lunch"),
        mail("late", "15:01", "lunch"),
        // What it answers waits for the digest of the next day.
        mail("later", "15:02", "late"),
    ];
    let expected = [("ashes", -6.0), ("later", -10.0), ("soon", -10.0)];
    let turned: Vec<String> = mails.iter().rev().cloned().collect();
    maildir(&home.path().join("Turned"), &turned);
    home.write("forth", &mbox(&mails));
    home.write("back", &mbox(&turned));
    let check = |arguments: &[&str], from: &str, expected: &[(&str, f64)]| {
        let mut command = home.command(&[&["replay", "--items", "--json"], arguments].concat());
        let from = fs::File::open(home.path().join(from)).unwrap();
        let output = command.stdin(from).output().unwrap();
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        let mut found = Vec::new();
        for item in told["items"].as_array().unwrap() {
            let fired = item["signals"].as_array().unwrap().iter().find(|signal| signal["name"] == "reply_to_held");
            found.extend(fired.map(|fired| (item["subject"].as_str().unwrap(), fired["points"].as_f64().unwrap())));
        }
        found.sort_unstable_by_key(|(subject, _)| *subject);
        assert_eq!(found, expected, "{arguments:?}");
    };
    for path in ["forth", "back", "Turned", "-"] {
        check(&[path], "forth", &expected);
    }
    // All of it at once: no slot comes between.
    let at_once = [("ashes", -6.0), ("late", -10.0), ("later", -10.0), ("soon", -10.0)];
    check(&["--at", "2024-01-10T16:00:00Z", "back"], "forth", &at_once);
}

/// What the running daemon's ledger says of each item.
async fn verdicts(config: &Config, now: Timestamp) -> Vec<(Identity, Verdict)> {
    let ledger = ledger::copy(config, now).await.unwrap();
    let (desk, runtime) = (config.people[0].desk.clone(), Handle::current());
    let read = move || {
        let items = ledger.items(&desk, &runtime).map(Result::unwrap);
        items.map(|(item, _)| (item.message.identity, item.verdict)).collect()
    };
    tokio::task::spawn_blocking(read).await.unwrap()
}

/// A Maildir with these mails, as old as they are, in another order than they came.
fn lay(house: &House, maildir: &str, stream: &[(Timestamp, String)]) {
    house.make_maildir(maildir);
    stream.iter().rev().for_each(|(at, mail)| house.deliver(maildir, mail.as_bytes(), *at));
}

const STREAM: &str = r#"
timezone = "Europe/Madrid"
state_dir = "state"
working_hours = { days = "mon-fri", from = "09:00", until = "18:00" }
[me]
name = "Ada"
addresses = ["ada@x.example"]
[smtp]
folder = "out"
from = "tidings@x.example"
[[account]]
name = "home"
maildir = "Mail"
[[digest]]
name = "all"
schedule = "0 3 1 1 *"
[[rule]]
name = "boss"
from = "boss@x.example"
subject = "figures"
urgency = "urgent"
[[rule]]
name = "burst"
burst = { count = 3, within = "10m" }
score = 1.5
"#;

/// Each with the moment at which it came.
fn stream(began: Timestamp) -> Vec<(Timestamp, String)> {
    let mails = [
        ("bob", "a lunch", "Shall we have lunch at 12:30 today? I am at the gate.", ""),
        ("boss", "b figures", "I need the figures by noon.", ""),
        ("robot", "c Your code is 493028", "Your login code is 493028. It expires in 10 minutes.", ""),
        (
            "news",
            "d weekly news",
            "All that happened this week.\r\nUnsubscribe here.",
            "List-Id: <news.x.example>\r\nPrecedence: bulk\r\n",
        ),
        (
            "monitor",
            "e [FIRING] database is down",
            "Alert: the database is down since 11:05.",
            "Auto-Submitted: auto-generated\r\n",
        ),
        (
            "eve",
            "f Re: plan",
            "FYI, no rush. Thanks!",
            "In-Reply-To: <plan@x.example>\r\nReferences: <plan@x.example>\r\n",
        ),
        ("eve", "g hello", "Are you there??", ""),
        ("carl", "h Besprechung", "Können wir uns um 15 Uhr treffen? Bitte bis 14 Uhr antworten.", ""),
        ("zoe", "i URGENT!!!", "Please call me now, it is an emergency.", "X-Priority: 1\r\n"),
        // What the first answers has passed, what the second answers waits, and of the last its thread does.
        ("bob", "j Re: Besprechung", "I shall bring the plan.", "In-Reply-To: <7@x.example>\r\n"),
        ("carl", "k Re: plan", "It has three rooms.", "In-Reply-To: <5@x.example>\r\nReferences: <plan@x.example>\r\n"),
        ("eve", "l Re: plan", "And a garden.", "In-Reply-To: <unknown@x.example>\r\nReferences: <plan@x.example>\r\n"),
    ];
    let with_date = |(number, (from, subject, text, more)): (i64, (&str, &str, &str, &str))| {
        let at = began + SignedDuration::from_mins(3 + 4 * number);
        let date = (at + SignedDuration::from_hours(2)).strftime("%a, %d %b %Y %H:%M:%S +0200");
        let mail = format!(
            "From: {from} <{from}@x.example>\r\nTo: ada@x.example\r\nSubject: {subject}\r\nDate: {date}\r\n\
             Message-ID: <{number}@x.example>\r\nContent-Type: text/plain; charset=utf-8\r\n{more}\r\n{text}\r\n"
        );
        (at, mail)
    };
    (0..).zip(mails).map(with_date).collect()
}
